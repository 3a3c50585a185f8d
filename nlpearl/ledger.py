"""What was sent, on disk, so that a crash repeats nothing.

A lead is noted durably before it is sent, and its end after. Whatever a run left behind without an
end was perhaps added: it is reported, not sent.
"""

import contextlib
import hashlib
import json
import os
import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from enum import StrEnum
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

from .errors import (
    DuplicateLeadError,
    LedgerError,
    NLPearlError,
    Outcome,
    UnsettledLeadError,
)
from .leads import AddedLead, Lead

#: PRAGMA application_id of a ledger: "NLPL".
APPLICATION_ID = 0x4E4C504C
#: PRAGMA user_version: raised whenever an older library could misread the file.
VERSION = 1

_SCHEMA = """
CREATE TABLE ledger (
    salt BLOB NOT NULL,      -- keeps the digests of one file from being compared with another's
    runs INTEGER NOT NULL    -- how many runs have opened it
);
CREATE TABLE leads (
    row BLOB PRIMARY KEY,    -- digest: base URL, outbound id, and external id or else content
    content BLOB NOT NULL,   -- digest: phone number, external id, time zone, call data
    outbound_id TEXT NOT NULL,
    external_id TEXT,        -- as the caller gave it, to look the lead up by
    state TEXT NOT NULL,     -- 'sending' (unknown, once the run is over), 'added', 'unknown',
                             -- 'not added' (the next run tries again)
    lead_id TEXT,            -- the platform's, if added
    run INTEGER NOT NULL,    -- the run that met it last
    sent TEXT NOT NULL,      -- when it was last about to be sent, in UTC
    changed TEXT NOT NULL    -- when the state became this, in UTC
) WITHOUT ROWID;
"""


class State(StrEnum):
    SENDING = "sending"
    ADDED = "added"
    UNKNOWN = "unknown"
    NOT_ADDED = "not added"


class Entry(NamedTuple):
    """One row of the input, as the ledger knows it."""

    row: bytes
    content: bytes
    lead: Lead


class Unsettled(NamedTuple):
    """A row that an earlier run sent, and never learnt the end of."""

    entry: Entry
    sent: datetime
    error: UnsettledLeadError


#: What a ledger says of a lead that is about to be sent: that it may be (the entry), its end, or
#: that its end is not known.
Verdict = Entry | AddedLead | DuplicateLeadError | Unsettled


class Ledger:
    """The file of an import, for `add_leads(…, ledger=Ledger("leads.ledger"))`.

    Killed at any instant and run again with the same file and the same input, an import adds what
    was not sent, yields `added` for what was, and yields an UnsettledLeadError for what is unknown.
    One ledger may serve many inputs and campaigns. One run at a time uses it.

    A row is known by base URL, outbound id and external id; without an external id, by its content.

    It is a SQLite file; ``.schema`` of the ``sqlite3`` command says what the columns mean, and
    ``SELECT state, count(*) FROM leads GROUP BY state`` how an import stands. While a run is under
    way there is a second file beside it, ``-wal``, which belongs to it.

    Of a person it holds the external id as you gave it, since an unknown lead is looked up by it,
    the lead id, and two salted SHA-256 digests. Phone numbers and call data are not in it; but who
    has the file can find out by trial which numbers were in the input.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path: Path = Path(fspath(path))

    def __repr__(self) -> str:
        return f"Ledger({str(self.path)!r})"


class Note:
    """Something that is queued to be written."""

    def __init__(self, session: "Session", change: "Callable[[sqlite3.Connection], Any]") -> None:
        self.change: Callable[[sqlite3.Connection], Any] = change
        self.is_written: bool = False
        self.answer: Any = LedgerError("the ledger could not be written")
        #: Held while it sleeps.
        self.turn: threading.Lock = threading.Lock()
        self._session = session

    def result(self) -> Any:
        """What the ledger says to it, or a LedgerError, once it is on the disk. Waits for that."""
        self._session.write(self)
        return self.answer


class Session:
    """One run's use of a ledger. `begin` and `end` only queue; the others wait for the disk, where
    many workers share one sync."""

    def __init__(self, ledger: Ledger, campaign: tuple[str, str]) -> None:
        self._path = ledger.path
        self._campaign = campaign
        self._waiting: deque[Note] = deque()
        self._lock = threading.Lock()
        self._is_writing = False
        self._sleeping: list[Note] = []
        self._connection: sqlite3.Connection | None = None

    def open(self) -> LedgerError | None:
        """Open and lock the file, made if there is none; or why it cannot be used."""
        try:
            self._connection, self._salt, self._run = _open(self._path)
        except (sqlite3.Error, OSError) as error:
            return _fault(self._path, error)
        except LedgerError as error:
            return error
        return None

    def begin(self, lead: Lead, *, again: bool = False, resend: bool = False) -> Note:
        """Note that this lead is about to be sent, unless the ledger knows better: a Verdict.

        `again`: this run has met the row before. `resend`: also if its end is unknown.
        """
        return self._queue(lambda connection: self._begin(connection, lead, again, resend))

    def end(self, entry: Entry, ended: AddedLead | NLPearlError) -> Note:
        """Note what became of it."""
        lead_id = None
        if isinstance(ended, AddedLead):
            state, lead_id = State.ADDED, ended.lead_id
        else:
            unknown = ended.outcome is Outcome.UNKNOWN
            state = State.UNKNOWN if unknown else State.NOT_ADDED

        def end(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE leads SET state = ?, lead_id = ?, changed = ? WHERE row = ?",
                (state, lead_id, _now(), entry.row),
            )

        return self._queue(end)

    def write(self, note: Note) -> None:
        """Return when the note is on the disk. Whoever comes while another writes sleeps; the first
        of them then writes all that has gathered."""
        if self._has_the_turn(note):
            try:
                self._write()
            finally:
                self._pass_on()

    def _has_the_turn(self, note: Note) -> bool:
        with self._lock:
            if note.is_written:
                return False
            if not self._is_writing:
                self._is_writing = True
                return True
            note.turn.acquire()
            self._sleeping.append(note)
        note.turn.acquire()  # until it is written, or the turn has come
        return not note.is_written

    def _pass_on(self) -> None:
        # Each sleeper is woken once. A condition wakes them all after every write: 6 % more CPU for
        # each lead at 50 and 200 workers.
        with self._lock:
            written = [note for note in self._sleeping if note.is_written]
            self._sleeping = [note for note in self._sleeping if not note.is_written]
            self._is_writing = bool(self._sleeping)
            if self._sleeping:
                written.append(self._sleeping.pop(0))
        for note in written:
            note.turn.release()

    def close(self) -> None:
        """Write what is queued and let go of the file."""
        if self._connection:
            self._write()
            self._connection.close()
            self._connection = None

    def _write(self) -> None:
        notes = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._commit(notes)
        except sqlite3.Error:
            # What needs no more room than there is may still pass alone: the end of a lead above
            # all.
            for note in notes:
                try:
                    self._commit([note])
                except sqlite3.Error as error:
                    note.answer = _fault(self._path, error)
        finally:
            for note in notes:
                note.is_written = True

    def _queue(self, change: "Callable[[sqlite3.Connection], Any]") -> Note:
        note = Note(self, change)
        self._waiting.append(note)
        return note

    def _commit(self, notes: list[Note]) -> None:
        if not notes:
            return
        assert self._connection is not None
        with _transaction(self._connection):
            answers = [note.change(self._connection) for note in notes]
        for note, answer in zip(notes, answers, strict=True):
            note.answer = answer

    def _begin(
        self, connection: sqlite3.Connection, lead: Lead, again: bool, resend: bool
    ) -> Verdict:
        entry, now = self._entry(lead), _now()
        inserted = connection.execute(
            "INSERT INTO leads VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?) ON CONFLICT DO NOTHING",
            (entry.row, entry.content, self._campaign[1], lead.external_id, State.SENDING,
             self._run, now, now),
        )  # fmt: skip
        if inserted.rowcount:
            return entry
        [content, state, lead_id, run, sent] = connection.execute(
            "SELECT content, state, lead_id, run, sent FROM leads WHERE row = ?", (entry.row,)
        ).fetchone()
        same = content == entry.content
        if run == self._run and not again:
            verdict: Verdict = _met(same)
        elif state == State.NOT_ADDED or (resend and state != State.ADDED):
            verdict = entry
        elif state == State.ADDED:
            verdict = AddedLead(lead_id, lead) if same else _other(lead_id)
        else:
            verdict = Unsettled(entry, datetime.fromisoformat(sent), _unsettled())
        connection.execute("UPDATE leads SET run = ? WHERE row = ?", (self._run, entry.row))
        if isinstance(verdict, Entry):
            connection.execute(
                "UPDATE leads SET content = ?, state = ?, sent = ?, changed = ? WHERE row = ?",
                (entry.content, State.SENDING, now, now, entry.row),
            )
        return verdict

    def _entry(self, lead: Lead) -> Entry:
        data = lead.call_data
        content = self._digest(
            lead.phone_number,
            lead.external_id,
            lead.time_zone,
            None if data is None else sorted(data.items()),
        )
        known_by = ["content", content.hex()]
        if lead.external_id is not None:
            known_by = ["external id", lead.external_id]
        return Entry(self._digest(*self._campaign, *known_by), content, lead)

    def _digest(self, *parts: object) -> bytes:
        return hashlib.sha256(self._salt + json.dumps(parts).encode()).digest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _met(same: bool) -> DuplicateLeadError:
    what = "row" if same else "external id, with other content,"
    return DuplicateLeadError(f"the same {what} came earlier in this input")


def _other(lead_id: str) -> DuplicateLeadError:
    return DuplicateLeadError(
        f"an earlier run added this external id with other content (lead id {lead_id}); a second "
        "lead for the same person needs an external id of its own"
    )


def _unsettled() -> UnsettledLeadError:
    return UnsettledLeadError(
        "an earlier run sent this row and never learnt its end: the lead may exist. Look it up by "
        "its external id; resend_unknown=True sends all such rows again, and phones a person twice "
        "where the lead was added"
    )


def _fault(path: Path, error: Exception) -> LedgerError:
    said = str(error)
    if "locked" in said:
        said = "it is in use by another run; wait for its end, or take another file"
    elif "not a database" in said:
        said = "it is no ledger; take another path"
    elif path.is_dir():
        said = "it is a folder; name a file in it"
    elif not path.parent.is_dir():
        said = f"there is no folder {str(path.parent)!r}; make it first"
    return LedgerError(f"ledger {str(path)!r}: {said}")


def _open(path: Path) -> tuple[sqlite3.Connection, bytes, int]:
    """The file, made if there is none, locked for us alone until it is closed; salt and run."""
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
        with _transaction(connection):
            if is_new:
                _make(connection)
            connection.execute("UPDATE ledger SET runs = runs + 1")
            [salt, run] = connection.execute("SELECT salt, runs FROM ledger").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection, salt, run


def _check(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether it is empty and may become a ledger; LedgerError if it is none that we can use."""
    [application] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables and not application:
        return True
    if application != APPLICATION_ID:
        raise LedgerError(f"ledger {str(path)!r}: it is another database; take another path")
    if version > VERSION:
        raise LedgerError(
            f"ledger {str(path)!r}: it is of version {version}, which a newer nlpearl-client "
            f"wrote; this one knows {VERSION}. Update nlpearl-client"
        )
    return False


def _make(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("INSERT INTO ledger VALUES (?, 0)", (secrets.token_bytes(16),))


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield
