"""A SQLite file as Weft keeps one: its owner's alone, WAL, durable commits, schema up to date."""

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from packager.durable import sync
from packager.stores import StoreError

BUSY_TIMEOUT_S = 2.0  # for another process to commit; its groups take milliseconds

# Each entry takes the schema from the version of its index to the next; never edit one, add one.
Migrations = Sequence[Sequence[str]]


def open_file(path: Path, migrations: Migrations) -> sqlite3.Connection:
    """Open a file, for its owner only: what viewers send along may say who they are.

    Raises:
        sqlite3.Error, OSError: It cannot be opened or is no database.
        StoreError: It is of a later release.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    sync(path.parent)  # SQLite syncs its bytes, and the name only of files that it makes itself
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        _migrate(connection, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; that fails at once where another process is doing the same."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(connection: sqlite3.Connection, migrations: Migrations) -> None:
    """Bring the schema up to date, one process at a time.

    Where it is, nothing is written: a full disk keeps no server from reading what it has.
    """
    if _version(connection) == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)  # another process may have been first
    if version > len(migrations):
        raise StoreError(f"its schema is of a later release: version {version}")
    for migration in migrations[version:]:
        for statement in migration:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(migrations)}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
