"""One run's use of a ledger: changes are queued, and written by whoever has the turn."""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import LedgerError, NLPearlError
from ..leads.lead import Lead
from ..leads.results import AddedLead
from .claims import Claim, Known, State, Verdict, claim, decide, state_of
from .sqlite import ledger_error, open_ledger, transaction


class Change:
    """Something that is queued to be written."""

    def __init__(self, session: "Session", apply: "Callable[[sqlite3.Connection], Any]") -> None:
        self.apply: Callable[[sqlite3.Connection], Any] = apply
        self.is_written: bool = False
        self.answer: Any = LedgerError("the ledger could not be written")
        #: Held while it sleeps.
        self.turn: threading.Lock = threading.Lock()
        self._session = session

    def result(self) -> Any:
        """What the ledger answers, or a LedgerError, once it is on the disk. Waits for that."""
        self._session.write(self)
        return self.answer


class Session:
    """One run's use of a ledger. `begin` and `end` only queue; the others wait for the disk, where
    many workers share one sync."""

    def __init__(self, path: Path, campaign: tuple[str, str]) -> None:
        self._path = path
        self._campaign = campaign
        self._waiting: deque[Change] = deque()
        self._lock = threading.Lock()
        self._is_writing = False
        self._sleeping: list[Change] = []
        self._connection: sqlite3.Connection | None = None
        #: The first thing that could not be written.
        self.error: LedgerError | None = None

    def open(self) -> None:
        """Open and lock the file, made if there is none; `error` says why it cannot be used."""
        try:
            self._connection, self._salt, self._run = open_ledger(self._path)
        except (sqlite3.Error, OSError) as error:
            self.error = ledger_error(self._path, error)
        except LedgerError as error:
            self.error = error

    def begin(self, lead: Lead, *, again: bool = False, resend: bool = False) -> Change:
        """Record that this lead is about to be sent, unless the ledger knows better: a Verdict.

        `again`: this run has claimed the row before. `resend`: also if it is unknown.
        """
        return self._queue(lambda connection: self._begin(connection, lead, again, resend))

    def end(self, claim: Claim, ended: AddedLead | NLPearlError) -> Change:
        """Record its outcome."""
        lead_id = ended.lead_id if isinstance(ended, AddedLead) else None

        def end(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE leads SET state = ?, lead_id = ?, changed = ? WHERE row = ?",
                (state_of(ended), lead_id, _now(), claim.row),
            )

        return self._queue(end)

    def write(self, change: Change) -> None:
        """Return when the change is on the disk. Workers that come while another writes sleep; the
        first of them then writes all that has gathered."""
        if self._has_the_turn(change):
            try:
                self._write()
            finally:
                self._pass_on()

    def _has_the_turn(self, change: Change) -> bool:
        with self._lock:
            if change.is_written:
                return False
            if not self._is_writing:
                self._is_writing = True
                return True
            change.turn.acquire()
            self._sleeping.append(change)
        change.turn.acquire()  # until it is written, or the turn has come
        return not change.is_written

    def _pass_on(self) -> None:
        # Each sleeper is woken once. A condition wakes them all after every write: 6 % more CPU for
        # each lead at 50 and 200 workers.
        with self._lock:
            written = [change for change in self._sleeping if change.is_written]
            self._sleeping = [change for change in self._sleeping if not change.is_written]
            self._is_writing = bool(self._sleeping)
            if self._sleeping:
                written.append(self._sleeping.pop(0))
        for change in written:
            change.turn.release()

    def close(self) -> None:
        """Write what is queued and let go of the file."""
        if self._connection:
            self._write()
            self._connection.close()
            self._connection = None

    def _write(self) -> None:
        changes = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            self._commit(changes)
        except sqlite3.Error:
            # What needs no more room than there is may still pass alone: the outcome of a lead
            # above all.
            for change in changes:
                try:
                    self._commit([change])
                except sqlite3.Error as error:
                    change.answer = ledger_error(self._path, error)
                    self.error = self.error or change.answer
        finally:
            for change in changes:
                change.is_written = True

    def _queue(self, apply: "Callable[[sqlite3.Connection], Any]") -> Change:
        change = Change(self, apply)
        self._waiting.append(change)
        return change

    def _commit(self, changes: list[Change]) -> None:
        if not changes:
            return
        assert self._connection is not None
        with transaction(self._connection):
            answers = [change.apply(self._connection) for change in changes]
        for change, answer in zip(changes, answers, strict=True):
            change.answer = answer

    def _begin(
        self, connection: sqlite3.Connection, lead: Lead, again: bool, resend: bool
    ) -> Verdict:
        asked, now = claim(lead, self._salt, self._campaign), _now()
        inserted = connection.execute(
            "INSERT INTO leads VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?) ON CONFLICT DO NOTHING",
            (asked.row, asked.content, self._campaign[1], lead.external_id, State.SENDING,
             self._run, now, now),
        )  # fmt: skip
        if inserted.rowcount:
            return asked
        [content, state, lead_id, run, sent] = connection.execute(
            "SELECT content, state, lead_id, run, sent FROM leads WHERE row = ?", (asked.row,)
        ).fetchone()
        repeated = run == self._run and not again
        verdict = decide(asked, Known(content, state, lead_id, sent, repeated), resend=resend)
        connection.execute("UPDATE leads SET run = ? WHERE row = ?", (self._run, asked.row))
        if isinstance(verdict, Claim):
            connection.execute(
                "UPDATE leads SET content = ?, state = ?, sent = ?, changed = ? WHERE row = ?",
                (asked.content, State.SENDING, now, now, asked.row),
            )
        return verdict


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
