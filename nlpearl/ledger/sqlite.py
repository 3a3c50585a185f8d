"""The ledger as a SQLite file: its schema, how it is opened and locked, what is wrong with it."""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Generator
from pathlib import Path

from ..errors import LedgerError

#: PRAGMA application_id of a ledger: "NLPL".
APPLICATION_ID = 0x4E4C504C
#: PRAGMA user_version: raised whenever an older library could misread the file.
VERSION = 1

_SCHEMA = """
CREATE TABLE ledger (
    salt BLOB NOT NULL,      -- keeps the digests of one file from being compared with another's
    runs INTEGER NOT NULL    -- number of runs that have opened it
);
CREATE TABLE leads (
    row BLOB PRIMARY KEY,    -- digest: base URL, campaign id, and external id or else content
    content BLOB NOT NULL,   -- digest: phone number, external id, time zone, call data
    campaign_id TEXT NOT NULL,
    external_id TEXT,        -- as the caller gave it, to look the lead up by
    state TEXT NOT NULL,     -- 'sending' (unknown, once the run is over), 'added', 'unknown',
                             -- 'not added' (the next run sends it)
    lead_id TEXT,            -- the platform's, if added
    run INTEGER NOT NULL,    -- the run that read it last
    sent TEXT NOT NULL,      -- when it was last about to be sent, in UTC
    changed TEXT NOT NULL    -- when the state became this, in UTC
) WITHOUT ROWID;
"""


def ledger_error(path: Path, error: Exception) -> LedgerError:
    """What SQLite says, in words that help."""
    said = str(error)
    if "locked" in said:
        said = "it is in use by another run; wait for it, or use another ledger"
    elif "not a database" in said:
        said = "it is not a ledger; choose another path"
    elif path.is_dir():
        said = "it is a folder; name a file in it"
    elif not path.parent.is_dir():
        said = f"the folder {str(path.parent)!r} does not exist; make it first"
    return LedgerError(f"ledger {str(path)!r}: {said}")


def open_ledger(path: Path) -> tuple[sqlite3.Connection, bytes, int]:
    """The file, made if there is none, locked for us alone until it is closed; its salt, and the
    number of this run."""
    # SQLite would say "disk I/O error". Not tried by opening the file: closing it again would take
    # the lock of another run in this process away.
    effective = os.access in os.supports_effective_ids
    if path.exists() and not os.access(path, os.W_OK, effective_ids=effective):
        raise LedgerError(f"ledger {str(path)!r}: it is read-only")
    # absolute: a path such as ":memory:" has a meaning of its own for SQLite.
    connection = sqlite3.connect(
        path.absolute(), timeout=0, isolation_level=None, check_same_thread=False
    )
    try:
        # The lock is the system's and goes with the process, however that ends.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        is_new = _check(connection, path)
        # One sync to disk for a commit, where the older journals need two or three.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with transaction(connection):
            if is_new:
                _make(connection)
            connection.execute("UPDATE ledger SET runs = runs + 1")
            [salt, run] = connection.execute("SELECT salt, runs FROM ledger").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection, salt, run


def _check(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether it is empty and may become a ledger; LedgerError if we cannot use it."""
    [application] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables and not application:
        return True
    if application != APPLICATION_ID:
        raise LedgerError(f"ledger {str(path)!r}: it is another database; choose another path")
    if version > VERSION:
        raise LedgerError(
            f"ledger {str(path)!r}: it has version {version}, written by a newer "
            f"nlpearl-client; this one reads {VERSION}. Update nlpearl-client"
        )
    return False


def _make(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("INSERT INTO ledger VALUES (?, 0)", (secrets.token_bytes(16),))


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """One transaction, durable when it ends."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield
