"""The outbox: beacons in a SQLite file of their own, from being owed until their outcome is known.

What is owed together, by however many callers, is one transaction and one flush of the disk. The
file may be shared by the processes of one machine: to claim is to write, and the write lock makes
one of several processes the first.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import anyio

from packager.beacons import rows
from packager.beacons.ledger import Ledger
from packager.beacons.rows import Claim, Given, Limits, Room, ms
from packager.beacons.schema import MIGRATIONS
from packager.beacons.values import Beacon
from packager.beacons.verdicts import Verdict, wait_s
from packager.clock import Clock
from packager.disk_room import DiskRoom
from packager.log import report
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.stores import StoreError
from packager.stores.sqlite_file import open_file
from packager.stores.sqlite_thread import SqliteThread

LEASE = timedelta(seconds=30)  # longer than any call takes with all its redirects
RESERVE_BYTES = 64 * 1024 * 1024  # of the disk, for what becomes of pending beacons (row 33)


class Outbox:
    """Beacons in a file. Made with `open`; belongs to one event loop."""

    def __init__(
        self,
        thread: SqliteThread,
        clock: Clock,
        metrics: Metrics,
        *,
        limits: Limits,
        keep: timedelta,
        send_again: bool,
        has_room: Callable[[], bool],
    ) -> None:
        self._thread = thread
        self._clock = clock
        self._metrics = metrics
        self._limits = limits
        self._keep = keep
        self._send_again = send_again
        self._has_room = has_room
        self._unsaved: Given = Counter()  # refused because the file takes nothing
        self._claimed: set[int] = set()  # in this process, and not yet settled
        self._host = ""  # where the last claim ended
        self._tell_owed: Callable[[], None] = _nobody

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        metrics: Metrics,
        limits: Limits | None = None,
        keep: timedelta = timedelta(hours=25),
        send_again: bool = False,
        free_bytes: Callable[[], int] | None = None,
    ) -> "Outbox":
        """Open a file, made if it is not there, and bring its schema up to date.

        Args:
            path: Of the file.
            clock: Says the time.
            metrics: Counts what is refused or given up.
            limits: How much may be pending.
            keep: How long keys are known after a beacon was settled: at least as long as anybody
                could come to owe the same one again.
            send_again: Whether what may or may not have arrived is sent once more.
            free_bytes: How much room the disk has; None asks the system.

        Raises:
            StoreError: It cannot be opened, is no database, or is of a later release.
        """
        thread = SqliteThread()
        await thread.open(lambda: open_file(path, MIGRATIONS))
        return cls(
            thread,
            clock,
            metrics,
            limits=limits or Limits(),
            keep=keep,
            send_again=send_again,
            has_room=DiskRoom(
                path.parent, clock, reserve_bytes=RESERVE_BYTES, free_bytes=free_bytes
            ),
        )

    async def owe(self, beacons: Iterable[Beacon]) -> None:
        """Take beacons on; return when they are on the disk, in the order given (E-02).

        One that was owed before is still the one it was. What cannot be taken on is refused, with
        a reason, in the ledger: `beacon_limit`, `beacon_not_stored`, `beacon_refused`. It raises
        nothing for that: no viewer gets less for want of a beacon.
        """
        new, refused = [], Counter[tuple[str, Reason]]()
        for beacon in beacons:
            if rows.is_sendable(beacon):
                new.append(rows.new_row(beacon))
            else:
                refused[beacon.kind, Reason.BEACON_REFUSED] += 1
        if not new and not refused:
            return

        def run(connection: sqlite3.Connection) -> Given:
            rows.count_refused(connection, refused)
            if self._has_room():
                return rows.insert(connection, new, self._limits)
            full = Counter((row["event"], Reason.BEACON_NOT_STORED) for row in new)
            rows.count_refused(connection, full)
            return full

        # Shielded: a viewer that leaves meanwhile must not leave beacons uncounted.
        with anyio.CancelScope(shield=True):
            try:
                refused += await self._thread.call(run, writes=True)
            except StoreError as error:
                lost = Counter((row["event"], Reason.BEACON_NOT_STORED) for row in new)
                self._unsaved += lost + refused
                self._tell(lost + refused, detail=str(error))
                return
        self._tell(refused)
        self._tell_owed()

    def on_owed(self, tell: Callable[[], None]) -> None:
        """Have somebody told, from now on, when something was taken on in this process."""
        self._tell_owed = tell

    async def claim(self, room: Room) -> list[Claim]:
        """Claim what is due; each is marked on the disk as on its way before this returns.

        What nobody may send any more is settled first: what expired, and what a process was
        sending when it died.

        Raises:
            StoreError: The file does not take the marks; nothing is claimed.
        """
        alive = frozenset(self._claimed)

        def run(connection: sqlite3.Connection) -> tuple[Given, list[Claim], str]:
            now = self._clock.now()
            given = rows.give_up_expired(connection, now=ms(now))
            lapsed = rows.lapsed(connection, now=ms(now), alive=alive)
            if self._send_again:
                rows.put_back_lapsed(connection, lapsed, now=ms(now))
            else:
                given += rows.give_up_lapsed(connection, lapsed, now=ms(now))
            claims, host = rows.claim(
                connection, room, now=ms(now), leased_until=ms(now + LEASE), after=self._host
            )
            return given, claims, host

        given, claims, self._host = await self._thread.call(run, writes=True)
        self._claimed.update(one.id for one in claims)
        self._tell(given)
        return claims

    async def settle(self, one: Claim, verdict: Verdict) -> None:
        """Keep what became of a claim.

        Raises:
            StoreError: The file does not take it; it may be settled again.
        """
        now = self._clock.now()
        outcome, reason = verdict.outcome, verdict.reason
        if outcome == "again" or (outcome == "unknown" and self._send_again):
            due_at = ms(now + timedelta(seconds=wait_s(one.tries, one.key)))
            settled = False
            await self._thread.call(
                lambda connection: rows.put_back(connection, one, reason, due_at=due_at),
                writes=True,
            )
        else:
            side = "expired" if outcome == "unknown" else outcome
            settled = await self._thread.call(
                lambda connection: rows.settle(connection, one, side, reason, now=ms(now)),
                writes=True,
            )
        self._claimed.discard(one.id)
        if settled and reason is not None:
            self._tell(Counter({(one.event, reason): 1}), host=one.host)

    async def tend(self) -> None:
        """Write down what could only be counted in memory, and forget what is long settled.

        Raises:
            StoreError: The file takes nothing.
        """
        with anyio.CancelScope(shield=True):  # counted in memory or in the file, never in both
            unsaved = self._unsaved.copy()
            if unsaved:
                await self._thread.call(
                    lambda connection: rows.count_refused(connection, unsaved), writes=True
                )
                self._unsaved -= unsaved
        before = ms(self._clock.now() - self._keep)
        while await self._thread.call(lambda c: rows.forget(c, before=before), writes=True):
            pass

    async def ledger(self) -> Ledger:
        """What became of all that was ever owed, at this moment.

        Raises:
            StoreError: The file cannot be read.
        """
        saved = await self._thread.call(rows.read_tally, writes=False)
        return saved.plus(rows.refused_entries(self._unsaved))

    async def close(self) -> None:
        """Finish what was asked so far and let go."""
        with suppress(StoreError):
            await self.tend()
        await self._thread.close()

    def _tell(self, given: Given, **fields: str) -> None:
        for (event, reason), beacons in given.items():
            for _ in range(beacons):
                report(reason, "beacon_given_up", self._metrics, beacon_event=event, **fields)


def _nobody() -> None:
    pass


def read_ledger(path: Path) -> Ledger:
    """The ledger of a file that a server may have open; empty where there is no file.

    Raises:
        StoreError: It cannot be read, or is of another release.
    """
    if not path.exists():
        return Ledger()
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)) as connection:
            connection.execute("PRAGMA query_only = 1")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != len(MIGRATIONS):
                raise StoreError(f"{path}: its schema is of another release: version {version}")
            return rows.read_tally(connection)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
