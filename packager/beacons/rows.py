"""What is done with the rows of beacons: each function is a part of one transaction."""

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from packager.beacons.ledger import Entry, Ledger
from packager.beacons.schema import COUNT
from packager.beacons.values import Beacon
from packager.outbound.guard import MAX_URL_CHARS
from packager.reasons import Reason

Given = Counter[tuple[str, Reason]]  # how many of an event were given up, and why

MAX_HEADERS, MAX_HEADER_BYTES = 8, 2048  # of one beacon; what is more is not kept
ROW_BYTES = 200  # what a beacon takes beside its URL and headers, about
_STEP = 500  # rows settled or removed in one transaction
_HOSTS = 256  # looked at in one claim
_AHEAD = 32  # rows looked at for each that a host has room for
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_HOST = re.compile(r"(?i)https?://([^/?#\\]{1,253})")
_SENDABLE = re.compile(r"[ -~]*")
_REASONS = {str(reason): reason for reason in Reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be pending."""

    beacons: int = 1_000_000
    bytes: int = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many more may be on their way."""

    total: int
    per_host: int  # of a host that `left` does not have
    left: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A beacon that is to be sent now, by who claimed it and nobody else."""

    id: int
    key: bytes
    event: str
    host: str
    url: str
    headers: Mapping[str, str]
    tries: int  # this one among them


def ms(at: datetime) -> int:
    """An instant as it stands in the file."""
    return (at - _EPOCH) // _MS


def is_sendable(beacon: Beacon) -> bool:
    """Whether the URL can be one at all; where it may lead, the guard says when it is sent."""
    return len(beacon.url) <= MAX_URL_CHARS and beacon.url.isprintable()


def new_row(beacon: Beacon) -> dict[str, Any]:
    """A beacon as it is inserted."""
    host = _HOST.match(beacon.url)
    headers = orjson.dumps(dict(_kept(beacon.headers))).decode()
    return {
        "key": beacon.key,
        "event": beacon.kind,
        "lane": beacon.lane,
        "host": host[1].rpartition("@")[2].lower() if host else "",
        "url": beacon.url,
        "headers": headers,
        "bytes": ROW_BYTES + len(beacon.url) + len(headers),
        "owed_at": ms(beacon.owed_at),
        "expires_at": ms(beacon.expires_at),
    }


def _kept(headers: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    room = MAX_HEADER_BYTES
    for name, value in headers[:MAX_HEADERS]:
        room -= len(name) + len(value)
        if room >= 0 and _SENDABLE.fullmatch(value):
            yield name, value


_INSERT = """INSERT INTO beacons
    (key, event, lane, host, url, headers, bytes, owed_at, expires_at, due_at)
    VALUES (:key, :event, :lane, :host, :url, :headers, :bytes, :owed_at, :expires_at, :owed_at)
    ON CONFLICT DO NOTHING"""


def insert(
    connection: sqlite3.Connection, rows: Sequence[Mapping[str, Any]], limits: Limits
) -> Given:
    """Take on what is owed; what was owed before is passed over; return what is refused."""
    refused: Given = Counter()
    pending, size = connection.execute("SELECT beacons, bytes FROM pending").fetchone()
    for row in rows:
        if pending < limits.beacons and size + row["bytes"] <= limits.bytes:
            if connection.execute(_INSERT, row).rowcount:
                pending += 1
                size += row["bytes"]
        elif not connection.execute("SELECT 1 FROM beacons WHERE key = :key", row).fetchone():
            refused[row["event"], Reason.BEACON_LIMIT] += 1
    count_refused(connection, refused)
    return refused


def count_refused(connection: sqlite3.Connection, refused: Given) -> None:
    """Count what was owed and refused at once; it has no row."""
    for entry in refused_entries(refused):
        connection.execute(COUNT, (entry.event, entry.side, entry.reason, entry.beacons))


def refused_entries(refused: Given) -> Iterator[Entry]:
    """The two sides of what was owed and refused at once."""
    for (event, reason), beacons in refused.items():
        yield Entry(event, "owed", "", beacons)
        yield Entry(event, "refused", reason, beacons)


def claim(
    connection: sqlite3.Connection, room: Room, *, now: int, leased_until: int, after: str
) -> tuple[list[Claim], str]:
    """Claim what is due and there is room for.

    Args:
        connection: Inside a transaction that writes.
        room: How many there may be.
        now: Milliseconds since 1970, as all times here.
        leased_until: When whoever claims will have settled them.
        after: The host that was looked at last time; hosts take turns.

    Returns:
        The claims, and the host that was looked at last.
    """
    chosen: list[int] = []
    host = after
    for host in _hosts(connection, after):
        left = min(room.left.get(host, room.per_host), room.total - len(chosen))
        chosen += _due(connection, host, left, now)
        if len(chosen) >= room.total:
            break
    sql = """UPDATE beacons SET state = 'sending', tries = tries + 1, leased_until = ?
        WHERE id = ? RETURNING id, key, event, host, url, headers, tries"""
    claims = []
    for number in chosen:
        id, key, event, host_, url, headers, tries = connection.execute(
            sql, (leased_until, number)
        ).fetchone()
        claims.append(
            Claim(
                id=id,
                key=key,
                event=event,
                host=host_,
                url=url,
                headers=orjson.loads(headers),
                tries=tries,
            )
        )
    return claims, host


def _hosts(connection: sqlite3.Connection, after: str) -> Iterator[str]:
    """Hosts for which something waits, from the one behind `after` on and around."""
    sql = """SELECT host FROM beacons WHERE state = 'waiting' AND host > ?
        ORDER BY host LIMIT 1"""
    host, around = after, False
    for _ in range(_HOSTS):
        row = connection.execute(sql, (host,)).fetchone()
        if row is None and not around:
            around = True
            # The empty one is before all others: of URLs that have no host.
            sql_first = "SELECT min(host) FROM beacons WHERE state = 'waiting'"
            row = connection.execute(sql_first).fetchone()
        if row is None or row[0] is None:
            return
        host = row[0]
        if around and host > after:
            return
        yield host


def _due(connection: sqlite3.Connection, host: str, left: int, now: int) -> list[int]:
    """Ids of what is due for a host: of each lane the first, if none of it is on its way (E-02)."""
    if left <= 0:
        return []
    sql = """SELECT id, lane FROM beacons AS one
        WHERE state = 'waiting' AND host = ? AND due_at <= ? AND NOT EXISTS (
            SELECT 1 FROM beacons WHERE state = 'sending' AND lane = one.lane AND host = one.host
        ) ORDER BY due_at, id LIMIT ?"""
    chosen: dict[int, int] = {}
    for id, lane in connection.execute(sql, (host, now, left * _AHEAD)):
        if lane not in chosen:
            chosen[lane] = id
            if len(chosen) == left:
                break
    return list(chosen.values())


def settle(
    connection: sqlite3.Connection, one: Claim, outcome: str, reason: Reason | None, *, now: int
) -> bool:
    """Keep the outcome of a claim; return whether it was still to be settled."""
    sql = """UPDATE beacons SET state = ?, reason = ?, done_at = ?, leased_until = NULL,
        host = '', url = '', headers = '' WHERE id = ? AND state = 'sending' AND tries = ?"""
    values = (outcome, reason or "", now, one.id, one.tries)
    return connection.execute(sql, values).rowcount == 1


def put_back(
    connection: sqlite3.Connection, one: Claim, reason: Reason | None, *, due_at: int
) -> None:
    """Let a claim be claimed again from `due_at` on, if it was still to be settled."""
    sql = """UPDATE beacons SET state = 'waiting', reason = ?, due_at = ?, leased_until = NULL
        WHERE id = ? AND state = 'sending' AND tries = ?"""
    connection.execute(sql, (reason or "", due_at, one.id, one.tries))


def give_up_expired(connection: sqlite3.Connection, *, now: int) -> Given:
    """Give up what waited until its deadline, for the reason of its last failure if it had one."""
    sql = """UPDATE beacons SET state = 'expired', done_at = ?, host = '', url = '', headers = '',
        reason = coalesce(nullif(reason, ''), ?)
        WHERE id IN (SELECT id FROM beacons WHERE state = 'waiting' AND expires_at <= ? LIMIT ?)
        RETURNING event, reason"""
    return _given(connection, sql, (now, Reason.BEACON_OVERDUE, now, _STEP))


def lapsed(connection: sqlite3.Connection, *, now: int, alive: Collection[int]) -> list[int]:
    """Ids of what a process was sending when it died; `alive` are those of this one.

    This process knows what it is sending, also where the clock has made a leap.
    """
    sql = "SELECT id FROM beacons WHERE state = 'sending' AND leased_until <= ? LIMIT ?"
    found = connection.execute(sql, (now, _STEP + len(alive)))
    return [id for (id,) in found if id not in alive]


def give_up_lapsed(connection: sqlite3.Connection, ids: Sequence[int], *, now: int) -> Given:
    """Give up what was marked by who died: it may have been sent."""
    sql = """UPDATE beacons SET state = 'expired', done_at = ?, host = '', url = '', headers = '',
        reason = ?, leased_until = NULL WHERE id = ? RETURNING event, reason"""
    given: Given = Counter()
    for id in ids:
        given += _given(connection, sql, (now, Reason.BEACON_OUTCOME_UNKNOWN, id))
    return given


def put_back_lapsed(connection: sqlite3.Connection, ids: Sequence[int], *, now: int) -> None:
    """Let what was marked by who died be sent again."""
    sql = """UPDATE beacons SET state = 'waiting', due_at = ?, reason = ?, leased_until = NULL
        WHERE id = ?"""
    connection.executemany(sql, ((now, Reason.BEACON_OUTCOME_UNKNOWN, id) for id in ids))


def _given(connection: sqlite3.Connection, sql: str, values: Sequence[object]) -> Given:
    rows = connection.execute(sql, values).fetchall()
    return Counter((event, _REASONS[reason]) for event, reason in rows)


def forget(connection: sqlite3.Connection, *, before: int) -> int:
    """Remove rows that were settled before a time, some; return how many."""
    sql = """DELETE FROM beacons WHERE id IN
        (SELECT id FROM beacons WHERE done_at < ? LIMIT ?)"""
    return connection.execute(sql, (before, _STEP)).rowcount


def read_tally(connection: sqlite3.Connection) -> Ledger:
    """The ledger as it stands in the file."""
    sql = "SELECT event, side, reason, beacons FROM tally ORDER BY event, side, reason"
    entries = tuple(Entry(*row) for row in connection.execute(sql))
    sql = """SELECT owed_at FROM beacons WHERE state = 'waiting'
        ORDER BY expires_at LIMIT 1"""
    oldest = connection.execute(sql).fetchone()
    return Ledger(
        entries=entries, oldest_owed_at=None if oldest is None else _EPOCH + oldest[0] * _MS
    )
