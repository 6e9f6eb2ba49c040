"""What is done with the rows of jobs: each function is a part of one transaction.

Instants are seconds since 1970. A row that is settled and past its time counts as gone, also before
anybody has removed it.
"""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import orjson

from packager.reasons import Reason
from packager.rendering.admission import Backlog, Pace, cost_s
from packager.rendering.jobs import Job, Priority, Work, work_from_json, work_to_json

State = Literal["waiting", "taken", "done", "late", "failed"]

_REASONS = {str(reason): reason for reason in Reason}
_STEP = 200  # rows settled or removed in one transaction
_LATE_S = 600.0  # for which it is known that a job came too late


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What became of a job so far."""

    state: State
    late_at: float
    reason: Reason | None = None  # of one that is late or failed

    @property
    def is_open(self) -> bool:
        """Whether it waits or is under way."""
        return self.state in ("waiting", "taken")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A job for a worker."""

    id: str
    work: Work
    megapixels: float
    private: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that is kept."""

    id: str
    private: bool
    size_bytes: int


def standing(connection: sqlite3.Connection, id: str, *, now: float) -> Standing | None:
    """What became of a job; None for one that is not known, or not any more."""
    sql = """SELECT state, late_at, reason FROM jobs
        WHERE id = ? AND (ends_at IS NULL OR ends_at > ?)"""
    row = connection.execute(sql, (id, now)).fetchone()
    if row is None:
        return None
    return Standing(state=row[0], late_at=row[1], reason=_REASONS.get(row[2]))


def backlog(
    connection: sqlite3.Connection,
    id: str,
    priority: int,
    due_at: float,
    *,
    pace: float,
    now: float,
) -> Backlog:
    """What is done before a job of this priority and deadline, itself not counted."""
    sql = """SELECT count(*), total(megapixels) FROM jobs WHERE state = 'waiting' AND id != ?
        AND (priority < ? OR (priority = ? AND due_at <= ?))"""
    waiting, megapixels = connection.execute(sql, (id, priority, priority, due_at)).fetchone()
    sql = "SELECT megapixels, taken_at FROM jobs WHERE state = 'taken' AND id != ?"
    running = sum(
        max(0.0, cost_s(size, pace) - (now - taken_at))
        for size, taken_at in connection.execute(sql, (id,))
    )
    return Backlog(waiting=waiting, megapixels=megapixels, running_s=running)


def put(connection: sqlite3.Connection, id: str, job: Job, *, now: float) -> None:
    """Queue a job; one that waits or is under way only becomes more urgent or of use for longer."""
    sql = """INSERT INTO jobs (id, work, megapixels, private, priority, put_at, due_at, late_at)
        VALUES (:id, :work, :megapixels, :private, :priority, :now, :due_at, :due_at)
        ON CONFLICT DO UPDATE SET priority = min(priority, excluded.priority),
            due_at = min(due_at, excluded.due_at), late_at = max(late_at, excluded.late_at)"""
    values = {
        "id": id,
        "work": orjson.dumps(work_to_json(job.work)).decode(),
        "megapixels": job.megapixels,
        "private": job.private,
        "priority": int(job.priority),
        "now": now,
        "due_at": job.deadline.timestamp(),
    }
    connection.execute(sql, values)


def forget(connection: sqlite3.Connection, id: str) -> None:
    """Remove a row that is settled, so that the job may be put anew."""
    sql = "DELETE FROM jobs WHERE id = ? AND state NOT IN ('waiting', 'taken')"
    connection.execute(sql, (id,))


def make_place(connection: sqlite3.Connection, priority: int, *, limit: int) -> bool:
    """Whether one more may wait; the least urgent gives way to one of a better priority."""
    (waiting,) = connection.execute("SELECT count(*) FROM jobs WHERE state = 'waiting'").fetchone()
    if waiting < limit:
        return True
    sql = """DELETE FROM jobs WHERE id = (SELECT id FROM jobs
        WHERE state = 'waiting' AND priority > ? ORDER BY priority DESC, due_at DESC LIMIT 1)"""
    return connection.execute(sql, (priority,)).rowcount == 1


def private_since(connection: sqlite3.Connection, since: float) -> int:
    """How many private jobs were put."""
    sql = "SELECT count(*) FROM jobs WHERE private AND put_at > ?"
    (count,) = connection.execute(sql, (since,)).fetchone()
    return int(count)


def drop_late(connection: sqlite3.Connection, *, pace: float, now: float) -> list[str]:
    """Give up what would not be ready in time if it were begun now; return what was counted on."""
    sql = """UPDATE jobs SET state = 'late', work = '', reason = ?, ends_at = ? WHERE id IN (
            SELECT id FROM jobs WHERE state = 'waiting' AND late_at < ? + ? + megapixels * ? LIMIT ?
        ) RETURNING id, priority"""
    values = (Reason.OVERLAY_LATE, now + _LATE_S, now, cost_s(0.0, pace), pace, _STEP)
    dropped = connection.execute(sql, values).fetchall()
    return [id for id, priority in dropped if priority == Priority.NEXT]


def take(connection: sqlite3.Connection, *, now: float) -> Taken | None:
    """Take the most urgent job; None where none waits."""
    sql = """UPDATE jobs SET state = 'taken', taken_at = ? WHERE id = (
            SELECT id FROM jobs WHERE state = 'waiting' ORDER BY priority, due_at, id LIMIT 1
        ) RETURNING id, work, megapixels, private"""
    while row := connection.execute(sql, (now,)).fetchone():
        id, text, megapixels, private = row
        try:
            work = work_from_json(orjson.loads(text))
        except (ValueError, KeyError, TypeError):  # of another release
            connection.execute("DELETE FROM jobs WHERE id = ?", (id,))
        else:
            return Taken(id=id, work=work, megapixels=megapixels, private=bool(private))
    return None


def put_back(connection: sqlite3.Connection, *, but: Collection[str], before: float) -> None:
    """Let all that was taken before an instant wait again, but for some."""
    sql = "SELECT id FROM jobs WHERE state = 'taken' AND taken_at <= ?"
    for (id,) in connection.execute(sql, (before,)).fetchall():
        if id not in but:
            put_back_one(connection, id)


def put_back_one(connection: sqlite3.Connection, id: str) -> None:
    """Let a job that was taken wait again, none the worse."""
    sql = "UPDATE jobs SET state = 'waiting', taken_at = NULL WHERE id = ? AND state = 'taken'"
    connection.execute(sql, (id,))


def crashed(connection: sqlite3.Connection, id: str) -> int:
    """Count a crash of a job, which waits again; return how many there were."""
    sql = """UPDATE jobs SET state = 'waiting', taken_at = NULL, crashes = crashes + 1
        WHERE id = ? AND state = 'taken' RETURNING crashes"""
    row = connection.execute(sql, (id,)).fetchone()
    return 0 if row is None else int(row[0])


def fail(connection: sqlite3.Connection, id: str, reason: Reason, *, ends_at: float) -> None:
    """Settle a job that is not tried again before `ends_at`."""
    sql = """UPDATE jobs SET state = 'failed', work = '', reason = ?, ends_at = ?, taken_at = NULL
        WHERE id = ?"""
    connection.execute(sql, (reason, ends_at, id))


def done(
    connection: sqlite3.Connection, id: str, size_bytes: int, *, now: float, private_s: float
) -> bool:
    """Settle a job whose bytes are kept; return whether nobody who counted on it was failed."""
    sql = """UPDATE jobs SET state = 'done', work = '', taken_at = NULL, bytes = ?, used_at = ?,
        ends_at = iif(private, ?, NULL) WHERE id = ? RETURNING late_at, priority"""
    row = connection.execute(sql, (size_bytes, now, now + private_s, id)).fetchone()
    return row is None or row[0] >= now or row[1] != Priority.NEXT


def evict(connection: sqlite3.Connection, *, private: bool, limit_bytes: int) -> list[Kept]:
    """Forget results, those asked for longest ago first, until the others fit."""
    sql = "SELECT total(bytes) FROM jobs WHERE state = 'done' AND private = ?"
    (size,) = connection.execute(sql, (private,)).fetchone()
    if size <= limit_bytes:
        return []
    gone = []
    sql = "SELECT id, bytes FROM jobs WHERE state = 'done' AND private = ? ORDER BY used_at LIMIT ?"
    for id, size_bytes in connection.execute(sql, (private, _STEP)).fetchall():
        if size <= limit_bytes:
            break
        connection.execute("DELETE FROM jobs WHERE id = ?", (id,))
        size -= size_bytes
        gone.append(Kept(id, private, size_bytes))
    return gone


def touch(connection: sqlite3.Connection, ids: Iterable[str], *, now: float) -> None:
    """Take down that results were asked for."""
    sql = "UPDATE jobs SET used_at = ? WHERE id = ? AND state = 'done'"
    connection.executemany(sql, ((now, id) for id in ids))


def lengthen(connection: sqlite3.Connection, id: str, *, ends_at: float) -> None:
    """Keep a private result until `ends_at` at least."""
    sql = "UPDATE jobs SET ends_at = max(ends_at, ?) WHERE id = ? AND state = 'done' AND private"
    connection.execute(sql, (ends_at, id))


def forget_ended(connection: sqlite3.Connection, *, now: float) -> list[Kept]:
    """Remove rows that are past their time; return those that had bytes."""
    sql = """DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE ends_at <= ? LIMIT ?)
        RETURNING id, private, bytes, state"""
    rows = connection.execute(sql, (now, _STEP)).fetchall()
    return [Kept(id, bool(private), size) for id, private, size, state in rows if state == "done"]


def kept(connection: sqlite3.Connection) -> list[Kept]:
    """All results that should be there."""
    sql = "SELECT id, private, bytes FROM jobs WHERE state = 'done'"
    return [Kept(id, bool(private), size) for id, private, size in connection.execute(sql)]


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many jobs wait, and how many are under way."""
    sql = """SELECT state, count(*) FROM jobs WHERE state IN ('waiting', 'taken')
        GROUP BY state"""
    return {"waiting": 0, "taken": 0, **dict(connection.execute(sql).fetchall())}


def read_pace(connection: sqlite3.Connection) -> Pace:
    """The measure that admission goes by."""
    row = connection.execute("SELECT s_per_megapixel, measured_at FROM pace").fetchone()
    return Pace() if row is None else Pace(*row)


def write_pace(connection: sqlite3.Connection, pace: Pace) -> None:
    """Keep the measure."""
    connection.execute("DELETE FROM pace")
    connection.execute("INSERT INTO pace VALUES (?, ?)", (pace.s_per_megapixel, pace.measured_at))
