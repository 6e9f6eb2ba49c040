"""The store in one SQLite file: survives restarts, shared by the processes of one machine.

``synchronous=FULL``: a decision is on the disk before anyone sees it, so it outlives a power cut
and not only a crash; players that outlived it too would notice (A-02). Commits in groups make that
affordable. WAL lets processes read while another writes.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path

from packager.reasons import Reason
from packager.stores import (
    CHANNEL_LIMIT,
    CHOICES_LIMIT,
    DEFAULT_SESSION_LIMIT,
    MAX_CHANNEL_BYTES,
    StoreError,
    check_ads,
)
from packager.stores.fact_changes import Changed
from packager.stores.records import (
    Decision,
    RecordError,
    SessionRecord,
    Settle,
    StoredSession,
    change,
    read_decision,
    read_record,
    write_decision,
    write_record,
)
from packager.stores.sqlite_file import Migrations, open_file
from packager.stores.sqlite_thread import SqliteThread

_STEP = 500  # sessions touched or removed in one transaction

_MIGRATIONS: Migrations = (
    (
        """CREATE TABLE sessions (
            sid TEXT PRIMARY KEY, deadline INTEGER NOT NULL, record BLOB NOT NULL, edge TEXT
        ) WITHOUT ROWID""",
        "CREATE INDEX sessions_by_deadline ON sessions (deadline)",
        """CREATE TABLE decisions (
            sid TEXT NOT NULL, break_id TEXT NOT NULL, decision BLOB NOT NULL,
            PRIMARY KEY (sid, break_id)
        ) WITHOUT ROWID""",
        "CREATE TABLE channels (written INTEGER PRIMARY KEY, key TEXT UNIQUE, state BLOB NOT NULL)",
        # Counting a million rows at each start of a session would take longer than the start.
        "CREATE TABLE tally (sessions INTEGER NOT NULL)",
        "INSERT INTO tally VALUES (0)",
        """CREATE TRIGGER session_created AFTER INSERT ON sessions BEGIN
            UPDATE tally SET sessions = sessions + 1;
        END""",
        """CREATE TRIGGER session_removed AFTER DELETE ON sessions BEGIN
            DELETE FROM decisions WHERE sid = OLD.sid;
            UPDATE tally SET sessions = sessions - 1;
        END""",
    ),
    ("ALTER TABLE decisions ADD COLUMN ads BLOB NOT NULL DEFAULT x''",),
    (
        "ALTER TABLE tally ADD COLUMN changes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE sessions ADD COLUMN changed INTEGER",  # the number of its latest change
        "CREATE INDEX sessions_by_change ON sessions (changed) WHERE changed IS NOT NULL",
    ),
    (
        """CREATE TABLE listings (
            look TEXT NOT NULL, name TEXT NOT NULL, uri TEXT NOT NULL, deadline INTEGER NOT NULL,
            PRIMARY KEY (look, name)
        ) WITHOUT ROWID""",
        "CREATE INDEX listings_by_deadline ON listings (deadline)",
    ),
    (
        """CREATE TABLE choices (
            sid TEXT NOT NULL, number INTEGER NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (sid, number)
        ) WITHOUT ROWID""",
        """CREATE TRIGGER session_with_choices_removed AFTER DELETE ON sessions BEGIN
            DELETE FROM choices WHERE sid = OLD.sid;
        END""",
    ),
)


class SqliteStore:
    """Sessions in a file; see `packager.stores.Store`. Made with `open`."""

    def __init__(self, thread: SqliteThread, session_limit: int) -> None:
        self._thread = thread
        self._session_limit = session_limit

    @classmethod
    async def open(cls, path: Path, *, session_limit: int = DEFAULT_SESSION_LIMIT) -> "SqliteStore":
        """Open a file, made if it is not there, and bring its schema up to date.

        Raises:
            StoreError: It cannot be opened, is no database, or is of a later release.
        """
        thread = SqliteThread()
        await thread.open(lambda: open_file(path, _MIGRATIONS))
        return cls(thread, session_limit)

    async def create_session(
        self, record: SessionRecord, deadline: int, choices: bytes = b""
    ) -> None:
        """See `Store`; a full store refuses."""
        row = (record.sid, deadline, write_record(record))

        def run(connection: sqlite3.Connection) -> Reason | None:
            (sessions,) = connection.execute("SELECT sessions FROM tally").fetchone()
            if sessions >= self._session_limit:
                return Reason.SESSION_LIMIT
            sql = "INSERT OR IGNORE INTO sessions (sid, deadline, record) VALUES (?, ?, ?)"
            if not connection.execute(sql, row).rowcount:
                return Reason.STORE_FAILED
            if choices:
                _keep_choices(connection, record.sid, choices)
            return None

        refusal = await self._thread.call(run, writes=True)
        if refusal is not None:
            raise StoreError("the store is full or has a session of this id", refusal)

    async def load_session(self, sid: str) -> StoredSession | None:
        """See `Store`."""

        def run(
            connection: sqlite3.Connection,
        ) -> tuple[tuple[int, bytes, str | None], list[bytes]] | None:
            sql = "SELECT deadline, record, edge FROM sessions WHERE sid = ?"
            row = connection.execute(sql, (sid,)).fetchone()
            if row is None:
                return None
            sql = "SELECT decision FROM decisions WHERE sid = ?"
            return row, [decision for (decision,) in connection.execute(sql, (sid,))]

        found = await self._thread.call(run, writes=False)
        if found is None:
            return None
        (deadline, record, edge), decisions = found
        try:
            return StoredSession(
                record=read_record(sid, record),
                deadline=deadline,
                decisions=tuple(map(read_decision, decisions)),
                started_at_edge=None if edge is None else Decimal(edge),
            )
        except RecordError as error:
            raise StoreError(str(error)) from error

    async def settle(self, sid: str, decision: Decision, ads: bytes = b"") -> Decision:
        """See `Store`; the write lock makes one of several processes the first."""
        check_ads(ads)
        data = write_decision(decision)

        def run(connection: sqlite3.Connection) -> bytes | None:
            sql = """INSERT INTO decisions (sid, break_id, decision, ads) SELECT ?1, ?2, ?3, ?4
                WHERE EXISTS (SELECT 1 FROM sessions WHERE sid = ?1) ON CONFLICT DO NOTHING"""
            if connection.execute(sql, (sid, decision.break_id, data, ads)).rowcount:
                return data
            sql = "SELECT decision FROM decisions WHERE sid = ? AND break_id = ?"
            row = connection.execute(sql, (sid, decision.break_id)).fetchone()
            return None if row is None else bytes(row[0])

        standing = await self._thread.call(run, writes=True)
        if standing is None:
            raise StoreError("there is no such session", Reason.SESSION_UNKNOWN)
        if standing == data:
            return decision
        try:
            return read_decision(standing)
        except RecordError as error:
            raise StoreError(str(error)) from error

    async def load_ads(self, sid: str, break_id: str) -> bytes:
        """See `Store`."""

        def run(connection: sqlite3.Connection) -> bytes:
            sql = "SELECT ads FROM decisions WHERE sid = ? AND break_id = ?"
            row = connection.execute(sql, (sid, break_id)).fetchone()
            return b"" if row is None else bytes(row[0])

        return await self._thread.call(run, writes=False)

    async def settle_start(self, sid: str, edge: Decimal) -> Decimal:
        """See `Store`."""

        def run(connection: sqlite3.Connection) -> str | None:
            sql = "UPDATE sessions SET edge = coalesce(edge, ?) WHERE sid = ? RETURNING edge"
            row = connection.execute(sql, (str(edge), sid)).fetchone()
            return None if row is None else str(row[0])

        standing = await self._thread.call(run, writes=True)
        if standing is None:
            raise StoreError("there is no such session", Reason.SESSION_UNKNOWN)
        return Decimal(standing)

    async def settle_listing(
        self, look: str, listing: Mapping[str, str], deadline: int
    ) -> Mapping[str, str]:
        """See `Store`; the write lock makes one of several processes the first."""

        def run(connection: sqlite3.Connection) -> dict[str, str]:
            sql = "INSERT OR IGNORE INTO listings VALUES (?, ?, ?, ?)"
            rows = ((look, name, uri, deadline) for name, uri in listing.items())
            connection.executemany(sql, rows)
            sql = "SELECT uri FROM listings WHERE look = ? AND name = ?"
            return {name: connection.execute(sql, (look, name)).fetchone()[0] for name in listing}

        return await self._thread.call(run, writes=True)

    async def load_choices(self, sid: str) -> Sequence[bytes]:
        """See `Store`."""

        def run(connection: sqlite3.Connection) -> list[bytes]:
            sql = "SELECT record FROM choices WHERE sid = ? ORDER BY number"
            return [bytes(record) for (record,) in connection.execute(sql, (sid,))]

        return await self._thread.call(run, writes=False)

    async def change_facts(
        self, sid: str, facts: Changed, at_ms: int, settle: Settle | None = None
    ) -> SessionRecord:
        """See `Store`; the write lock puts changes by several processes one after the other."""

        def run(connection: sqlite3.Connection) -> SessionRecord | StoreError:
            sql = "SELECT record FROM sessions WHERE sid = ?"
            row = connection.execute(sql, (sid,)).fetchone()
            if row is None:
                return StoreError("there is no such session", Reason.SESSION_UNKNOWN)
            try:
                before = read_record(sid, row[0])
                record, choices = change(before, facts, at_ms, settle)
            except RecordError as error:
                return StoreError(str(error))
            if record is before:
                return record
            if choices:
                _keep_choices(connection, sid, choices)
            connection.execute("UPDATE tally SET changes = changes + 1")
            sql = """UPDATE sessions SET record = ?, changed = (SELECT changes FROM tally)
                WHERE sid = ?"""
            connection.execute(sql, (write_record(record), sid))
            return record

        found = await self._thread.call(run, writes=True)
        if isinstance(found, StoreError):
            raise found
        return found

    async def changed_since(self, mark: int) -> tuple[int, Sequence[str]]:
        """See `Store`."""

        def run(connection: sqlite3.Connection) -> tuple[int, list[str]]:
            (latest,) = connection.execute("SELECT changes FROM tally").fetchone()
            sql = "SELECT sid FROM sessions WHERE changed > ?"
            return latest, [sid for (sid,) in connection.execute(sql, (mark,))]

        return await self._thread.call(run, writes=False)

    async def touch(self, deadlines: Mapping[str, int]) -> None:
        """See `Store`; in steps, so that decisions need not wait for thousands of these."""
        rows = ((deadline, sid) for sid, deadline in deadlines.items())
        sql = "UPDATE sessions SET deadline = max(deadline, ?) WHERE sid = ?"
        while step := list(islice(rows, _STEP)):

            def run(
                connection: sqlite3.Connection, step: list[tuple[int, str]] = step
            ) -> sqlite3.Cursor:
                return connection.executemany(sql, step)

            await self._thread.call(run, writes=True)

    async def expire(self, now: int) -> int:
        """See `Store`."""

        def run(connection: sqlite3.Connection) -> int:
            sql = """DELETE FROM sessions WHERE sid IN
                (SELECT sid FROM sessions WHERE deadline <= ? LIMIT ?)"""
            return connection.execute(sql, (now, _STEP)).rowcount

        def forget(connection: sqlite3.Connection) -> int:
            sql = """DELETE FROM listings WHERE (look, name) IN
                (SELECT look, name FROM listings WHERE deadline <= ? LIMIT ?)"""
            return connection.execute(sql, (now, _STEP)).rowcount

        removed = 0
        while step := await self._thread.call(run, writes=True):
            removed += step
        while await self._thread.call(forget, writes=True):
            pass
        return removed

    async def put_channel(self, key: str, state: bytes) -> None:
        """See `Store`."""
        if len(state) > MAX_CHANNEL_BYTES:
            raise StoreError("the state of a channel is too large")

        def run(connection: sqlite3.Connection) -> None:
            known = connection.execute("SELECT 1 FROM channels WHERE key = ?", (key,)).fetchone()
            # Replacing a row gives it the highest number, so the lowest was written longest ago.
            sql = "INSERT OR REPLACE INTO channels (key, state) VALUES (?, ?)"
            connection.execute(sql, (key, state))
            if known is None:
                sql = """DELETE FROM channels WHERE written IN
                    (SELECT written FROM channels ORDER BY written DESC LIMIT -1 OFFSET ?)"""
                connection.execute(sql, (CHANNEL_LIMIT,))

        await self._thread.call(run, writes=True)

    async def get_channel(self, key: str) -> bytes | None:
        """See `Store`."""

        def run(connection: sqlite3.Connection) -> bytes | None:
            sql = "SELECT state FROM channels WHERE key = ?"
            row = connection.execute(sql, (key,)).fetchone()
            return None if row is None else bytes(row[0])

        return await self._thread.call(run, writes=False)

    async def close(self) -> None:
        """See `Store`."""
        await self._thread.close()


def _keep_choices(connection: sqlite3.Connection, sid: str, record: bytes) -> None:
    sql = """INSERT INTO choices
        SELECT ?1, coalesce(max(number) + 1, 0), ?2 FROM choices WHERE sid = ?1"""
    connection.execute(sql, (sid, record))
    sql = """DELETE FROM choices WHERE sid = ?1 AND number > 0
        AND number <= (SELECT max(number) FROM choices WHERE sid = ?1) - ?2"""
    connection.execute(sql, (sid, CHOICES_LIMIT - 1))
