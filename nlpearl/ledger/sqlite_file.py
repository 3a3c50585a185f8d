"""What is in the file of a SQLite ledger: its tables, what is said to them, who has it open."""

import contextlib
import secrets
import sqlite3
from collections.abc import Generator, Iterable
from itertools import chain

from .machine import boot, is_gone
from .records import Record

#: PRAGMA application_id of a ledger: "NLPL".
APPLICATION_ID = 0x4E4C504C
#: PRAGMA user_version: raised whenever an older library could misread the file.
VERSION = 2

SCHEMA = """
CREATE TABLE ledger (
    salt BLOB NOT NULL,       -- keeps the digests of one ledger from being compared with another's
    base_url TEXT,            -- the API that it is bound to
    api_version TEXT
);
CREATE TABLE users (
    process TEXT PRIMARY KEY  -- who has it open; without its -wal file it is not to be trusted then
);
CREATE TABLE leads (
    id TEXT PRIMARY KEY,
    campaign TEXT NOT NULL,
    number TEXT NOT NULL,     -- digest of the phone number
    external TEXT,            -- digest of the external id
    external_id TEXT,         -- as it was given, until the lead is added
    content TEXT NOT NULL,    -- digests: external id, time zone, call data, as they were sent
    state TEXT NOT NULL,      -- 'claimed' (unknown, once the claim is over), 'added', 'unknown',
                              -- 'free' (certainly not added)
    owner TEXT,               -- the attempt that holds the claim
    process TEXT,             -- and its process
    epoch TEXT NOT NULL,      -- the boot of the machine that `since` and `until` are times of
    since REAL NOT NULL,
    until REAL NOT NULL,
    doubt REAL,               -- when the earliest send whose outcome is unknown began
    doubt_epoch TEXT,
    lead_id TEXT,             -- the platform's, if added
    sent TEXT NOT NULL,       -- when it was last about to be sent, in UTC
    changed TEXT NOT NULL     -- when the state became this, in UTC
) WITHOUT ROWID;
CREATE INDEX leads_number ON leads (number);
CREATE INDEX leads_external ON leads (external);
"""

BIND = "UPDATE ledger SET base_url = ?, api_version = ?"
HEAD = "SELECT salt, base_url, api_version FROM ledger"
ALL = f"SELECT {', '.join(Record._fields)} FROM leads"
ROW = f"({', '.join('?' * len(Record._fields))})"
INSERT = f"INSERT INTO leads VALUES {ROW}"
READ = f"""
{ALL} WHERE number IN (SELECT value FROM json_each(:keys))
UNION ALL {ALL} WHERE external IN (SELECT value FROM json_each(:keys))
"""
READ_UNCERTAIN = f"{ALL} WHERE state IN ('claimed', 'unknown')"
COUNT_CERTAIN = """
SELECT campaign, state, count(*) FROM leads
WHERE state NOT IN ('claimed', 'unknown') GROUP BY campaign, state
"""
#: A record keeps these: an index is not written again for nothing.
KEPT = ("id", "campaign", "number")
CHANGES = ", ".join(f"{name} = excluded.{name}" for name in Record._fields if name not in KEPT)
#: Records that one statement writes at most: SQLite before 3.32 takes 999 values.
MOST = 50


def write(connection: sqlite3.Connection, records: Iterable[Record]) -> None:
    """Write records, new ones and others. One step for many: each step lets go of the interpreter
    lock."""
    records = list(records)
    for start in range(0, len(records), MOST):
        some = records[start : start + MOST]
        connection.execute(
            f"INSERT INTO leads VALUES {', '.join([ROW] * len(some))} "
            f"ON CONFLICT (id) DO UPDATE SET {CHANGES}",
            list(chain.from_iterable(some)),
        )


def marks(connection: sqlite3.Connection) -> dict[str, bool | None]:
    """Who has the file open, by their marks, and whether that process is gone."""
    found: dict[str, bool | None] = {}
    for [mark] in connection.execute("SELECT process FROM users"):
        _, of_boot, name = mark.split(" ", 2)
        found[mark] = of_boot != boot() or is_gone(name)
    return found


def remove(connection: sqlite3.Connection, marks: dict[str, bool | None]) -> None:
    """Remove the marks of who is gone."""
    gone = [(mark,) for mark, is_gone in marks.items() if is_gone]
    connection.executemany("DELETE FROM users WHERE process = ?", gone)


def make_tables(connection: sqlite3.Connection) -> None:
    with immediate(connection):
        for statement in SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("INSERT INTO ledger VALUES (?, NULL, NULL)", (secrets.token_bytes(16),))


@contextlib.contextmanager
def immediate(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield
