"""How jobs lie in their SQLite file.

A job is one row: ``waiting`` until a worker is to have it, ``taken`` until its outcome is known,
then ``done`` for as long as its bytes are kept, or ``late`` or ``failed`` for a while. What was to
be drawn is forgotten with the outcome: it may be somebody's name.
"""

from packager.stores.sqlite_file import Migrations

MIGRATIONS: Migrations = (
    (
        # Instants are seconds since 1970. `due_at` is the earliest deadline that anybody has, which
        # says what goes first; `late_at` the latest one, after which it is of no use to anybody.
        # `ends_at`: when a row that is settled is forgotten; NULL: when there is no room for it.
        """CREATE TABLE jobs (
            id TEXT PRIMARY KEY, work TEXT NOT NULL, megapixels REAL NOT NULL,
            private INTEGER NOT NULL, priority INTEGER NOT NULL, put_at REAL NOT NULL,
            due_at REAL NOT NULL, late_at REAL NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
            crashes INTEGER NOT NULL DEFAULT 0, taken_at REAL, reason TEXT NOT NULL DEFAULT '',
            bytes INTEGER NOT NULL DEFAULT 0, used_at REAL, ends_at REAL
        )""",
        "CREATE INDEX waiting ON jobs (priority, due_at, megapixels) WHERE state = 'waiting'",
        "CREATE INDEX taken ON jobs (taken_at, megapixels) WHERE state = 'taken'",
        "CREATE INDEX kept ON jobs (private, used_at, bytes) WHERE state = 'done'",
        "CREATE INDEX ending ON jobs (ends_at) WHERE ends_at IS NOT NULL",
        "CREATE INDEX asked ON jobs (put_at) WHERE private",
        # One row: the measure that admission goes by, of whichever process renders.
        "CREATE TABLE pace (s_per_megapixel REAL NOT NULL, measured_at REAL NOT NULL)",
    ),
)
