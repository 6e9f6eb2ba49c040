"""How beacons lie in their SQLite file, and the counting that SQLite does beside every change.

A beacon is one row: ``waiting`` until it is claimed, ``sending`` until its outcome is known, then
``delivered``, ``expired`` or ``refused``, without its URL. The row stays for a while, so that what
is owed once more under the same key is recognised; the counts stay for good.
"""

from packager.stores.sqlite_file import Migrations

# Of what gets no row. Bound: event, side, reason, how many.
COUNT = """INSERT INTO tally VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET beacons = beacons + excluded.beacons"""

# The ledger is kept by triggers: no statement can change a beacon and not the counts.
MIGRATIONS: Migrations = (
    (
        # Times are milliseconds since 1970. `tries` counts the claims, and tells one from another.
        """CREATE TABLE beacons (
            id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, event TEXT NOT NULL,
            lane INTEGER NOT NULL, host TEXT NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL,
            bytes INTEGER NOT NULL, owed_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
            reason TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0,
            leased_until INTEGER, done_at INTEGER
        )""",
        "CREATE INDEX waiting ON beacons (host, due_at, id, lane) WHERE state = 'waiting'",
        "CREATE INDEX expiring ON beacons (expires_at, owed_at) WHERE state = 'waiting'",
        "CREATE INDEX sending ON beacons (lane, host) WHERE state = 'sending'",
        "CREATE INDEX leased ON beacons (leased_until) WHERE state = 'sending'",
        "CREATE INDEX done ON beacons (done_at) WHERE done_at IS NOT NULL",
        """CREATE TABLE tally (
            event TEXT NOT NULL, side TEXT NOT NULL, reason TEXT NOT NULL,
            beacons INTEGER NOT NULL, PRIMARY KEY (event, side, reason)
        ) WITHOUT ROWID""",
        "CREATE TABLE pending (beacons INTEGER NOT NULL, bytes INTEGER NOT NULL)",
        "INSERT INTO pending VALUES (0, 0)",
        """CREATE TRIGGER owed AFTER INSERT ON beacons BEGIN
            INSERT INTO tally VALUES (NEW.event, 'owed', '', 1), (NEW.event, 'pending', '', 1)
                ON CONFLICT DO UPDATE SET beacons = beacons + 1;
            UPDATE pending SET beacons = beacons + 1, bytes = bytes + NEW.bytes;
        END""",
        """CREATE TRIGGER settled AFTER UPDATE OF state ON beacons
            WHEN OLD.done_at IS NULL AND NEW.done_at IS NOT NULL BEGIN
            INSERT INTO tally VALUES (NEW.event, NEW.state, NEW.reason, 1)
                ON CONFLICT DO UPDATE SET beacons = beacons + 1;
            UPDATE tally SET beacons = beacons - 1
                WHERE event = NEW.event AND side = 'pending' AND reason = '';
            UPDATE pending SET beacons = beacons - 1, bytes = bytes - NEW.bytes;
        END""",
        """CREATE TRIGGER settled_once BEFORE UPDATE OF state ON beacons
            WHEN OLD.done_at IS NOT NULL BEGIN
            SELECT RAISE(ABORT, 'what became of a beacon does not change');
        END""",
        """CREATE TRIGGER never_lost BEFORE DELETE ON beacons WHEN OLD.done_at IS NULL BEGIN
            SELECT RAISE(ABORT, 'a pending beacon is not removed');
        END""",
    ),
)
