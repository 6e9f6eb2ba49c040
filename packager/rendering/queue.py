"""The queue of jobs, in a SQLite file: single flight by id, bounded, and there after a restart.

The processes of one machine share the file. Any of them offers jobs; the one that renders takes
them, and lets what its predecessor had taken wait again.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from packager.clock import Clock
from packager.reasons import Reason
from packager.rendering import rows
from packager.rendering.admission import ready_in_s
from packager.rendering.jobs import Job
from packager.rendering.rows import Kept, Standing, Taken
from packager.rendering.schema import MIGRATIONS
from packager.stores.sqlite_file import open_file
from packager.stores.sqlite_thread import SqliteThread

CRASHES = 2  # after so many a job is poison
POISON_S = 3600.0  # for which it is not tried again
REFUSED_S = 3600.0  # the same of what cannot be overlaid: it never will
RETRY_S = 10.0  # the same of what another moment may mend: a source, a full disk

_BUDGET_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRules:
    """What is admitted, and what is kept."""

    workers: int = 1
    waiting: int = 4096  # jobs
    kept_bytes: int = 4 * 1024**3
    private_bytes: int = 256 * 1024**2
    private_s: float = 300.0  # for which a private result is kept
    private_per_minute: int = 60


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of an offer: the result is ready, or will be, or will not for a reason."""

    ready: bool = False
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be done next, and what not any more."""

    job: Taken | None
    dropped: list[tuple[str, Reason]]  # ids


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be done where a job was settled well."""

    in_time: bool
    gone: list[Kept]  # what had to make room


class Queue:
    """Jobs in a file. Made with `open`; belongs to one event loop. Every call may raise StoreError.

    `id` is the name of a job in URLs: its key, or in private what nobody can guess.
    """

    def __init__(
        self,
        thread: SqliteThread,
        clock: Clock,
        *,
        rules: QueueRules,
        has_room: Callable[[], bool],
    ) -> None:
        self._thread = thread
        self._clock = clock
        self._rules = rules
        self._has_room = has_room

    @classmethod
    async def open(
        cls, path: Path, *, clock: Clock, rules: QueueRules, has_room: Callable[[], bool]
    ) -> "Queue":
        """Open a file, made if it is not there.

        Args:
            path: Of the file.
            clock: Says the time.
            rules: What is admitted.
            has_room: Whether the disk may be written to; asked in a thread.

        Raises:
            StoreError: It cannot be opened, is no database, or is of a later release.
        """
        thread = SqliteThread()
        await thread.open(lambda: open_file(path, MIGRATIONS))
        return cls(thread, clock, rules=rules, has_room=has_room)

    async def close(self) -> None:
        """Finish what was asked so far and let go."""
        await self._thread.close()

    @property
    def _now(self) -> float:
        return self._clock.now().timestamp()

    async def offer(self, id: str, job: Job) -> Offered:
        """Queue a job if its result would be ready by its deadline."""
        return await self._thread.call(lambda c: self._offer(c, id, job), writes=True)

    def _offer(self, connection: sqlite3.Connection, id: str, job: Job) -> Offered:
        now, rules = self._now, self._rules
        found = rows.standing(connection, id, now=now)
        if found is not None and found.state == "done":
            rows.lengthen(connection, id, ends_at=now + rules.private_s)
            return Offered(ready=True)
        if found is not None and found.state == "failed":
            return Offered(reason=found.reason)
        if not self._has_room():
            return Offered(reason=Reason.MEDIA_WRITE_FAILED)
        is_new = found is None or found.state == "late"
        if is_new and job.private and self._spent(connection, now):
            return Offered(reason=Reason.OVERLAY_BUDGET)
        priority, due_at = int(job.priority), job.deadline.timestamp()
        pace = rows.read_pace(connection).at(now)
        before = rows.backlog(connection, id, priority, due_at, pace=pace, now=now)
        wait_s = ready_in_s(job.megapixels, before, s_per_megapixel=pace, workers=rules.workers)
        if now + wait_s > due_at:
            return Offered(reason=Reason.OVERLAY_BACKLOG)
        if is_new:
            rows.forget(connection, id)
            if not rows.make_place(connection, priority, limit=rules.waiting):
                return Offered(reason=Reason.OVERLAY_BACKLOG)
        rows.put(connection, id, job, now=now)
        return Offered()

    def _spent(self, connection: sqlite3.Connection, now: float) -> bool:
        return rows.private_since(connection, now - _BUDGET_S) >= self._rules.private_per_minute

    async def standing(self, id: str) -> Standing | None:
        """What became of a job; None for one that is not known, or not any more."""
        return await self._thread.call(lambda c: rows.standing(c, id, now=self._now), writes=False)

    async def take(self) -> Turn:
        """Take the most urgent job, if any; give up what is late, and all on a full disk."""

        def run(connection: sqlite3.Connection) -> Turn:
            now, dropped = self._now, []
            pace = rows.read_pace(connection).at(now)
            late = rows.drop_late(connection, pace=pace, now=now)
            while (job := rows.take(connection, now=now)) and not self._has_room():
                full = Reason.MEDIA_WRITE_FAILED
                rows.fail(connection, job.id, full, ends_at=now + RETRY_S)
                dropped.append((job.id, full))
            return Turn(job, [*((id, Reason.OVERLAY_LATE) for id in late), *dropped])

        return await self._thread.call(run, writes=True)

    async def done(self, job: Taken, size_bytes: int, seconds: float) -> Settled:
        """Settle a job whose bytes are kept, and learn what it cost."""

        def run(connection: sqlite3.Connection) -> Settled:
            now, rules = self._now, self._rules
            pace = rows.read_pace(connection).measured(job.megapixels, seconds, now)
            rows.write_pace(connection, pace)
            in_time = rows.done(connection, job.id, size_bytes, now=now, private_s=rules.private_s)
            limit = rules.private_bytes if job.private else rules.kept_bytes
            gone = rows.evict(connection, private=job.private, limit_bytes=limit)
            return Settled(in_time, gone)

        return await self._thread.call(run, writes=True)

    async def crashed(self, id: str) -> bool:
        """Count a crash; return whether the job is poison now, else it waits again."""

        def run(connection: sqlite3.Connection) -> bool:
            poison = rows.crashed(connection, id) >= CRASHES
            if poison:
                ends_at = self._now + POISON_S
                rows.fail(connection, id, Reason.OVERLAY_POISONED, ends_at=ends_at)
            return poison

        return await self._thread.call(run, writes=True)

    async def fail(self, id: str, reason: Reason, *, for_s: float) -> None:
        """Settle a job that is not tried again for some seconds."""
        ends_at = self._now + for_s
        await self._write(lambda c: rows.fail(c, id, reason, ends_at=ends_at))

    async def put_back(self, id: str) -> None:
        """Let a job that was taken wait again, none the worse."""
        await self._write(lambda c: rows.put_back_one(c, id))

    async def put_back_all(self, *, but: Collection[str] = (), older_s: float = 0.0) -> None:
        """Let all wait again that nobody works on any more.

        Args:
            but: What the caller works on.
            older_s: For how long others must have been taken.
        """
        alive = frozenset(but)

        def run(connection: sqlite3.Connection) -> None:
            rows.put_back(connection, but=alive, before=self._now - older_s)

        await self._write(run)

    async def touch(self, ids: Iterable[str]) -> None:
        """Take down that results were asked for."""
        asked = tuple(ids)
        await self._write(lambda c: rows.touch(c, asked, now=self._now))

    async def forget_ended(self) -> list[Kept]:
        """Forget what is past its time; return those whose bytes are to go, too."""
        return await self._thread.call(lambda c: rows.forget_ended(c, now=self._now), writes=True)

    async def kept(self) -> list[Kept]:
        """All results that should be there."""
        return await self._thread.call(rows.kept, writes=False)

    async def lose(self, ids: Iterable[str]) -> None:
        """Forget results whose bytes are not there."""
        lost = tuple(ids)

        def run(connection: sqlite3.Connection) -> None:
            for id in lost:
                rows.forget(connection, id)

        await self._write(run)

    async def counts(self) -> dict[str, int]:
        """How many jobs are ``waiting`` and ``taken``."""
        return await self._thread.call(rows.counts, writes=False)

    async def _write(self, run: Callable[[sqlite3.Connection], None]) -> None:
        await self._thread.call(run, writes=True)
