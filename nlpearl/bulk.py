"""Many leads: who pulls, who sends, who waits. What is decided is decided in `Flight`, for both
colours; how a call goes is calls.py's, how fast they go pace.py's, what the disk knows ledger.py's.

The consumer alone advances the caller's iterable, as long as fewer than `concurrency` rows are
read and not yet delivered; so a slow consumer slows the pulling, and memory is that of a few rows.
Nothing waits between rows: a thread (a task) is given one row, and is done with it.
"""

import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import attrs

from .calls import Call, Ended
from .errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    InvalidLeadError,
    LedgerError,
    NLPearlError,
    Outcome,
    PermissionDeniedError,
    RateLimitError,
)
from .leads import AddedLead, Lead
from .ledger import Entry, Note, Session, Verdict
from .pace import Pace


@attrs.frozen
class LeadResult:
    """What became of one input of `add_leads`: either `added` or `error`, the other is None."""

    #: The place of the row in the input, from 0.
    position: int
    #: The lead, None if the row was none.
    lead: Lead | None
    #: The lead that the API has taken, now or in an earlier run of the ledger.
    added: AddedLead | None
    #: Why it was not, or is perhaps not: its `outcome` says which.
    error: NLPearlError | None


@attrs.frozen
class Row:
    """A lead that was read and is to be sent."""

    position: int
    lead: Lead
    slot: float
    noted: Note | None

    def ends(self, ended: Ended) -> LeadResult:
        if isinstance(ended, AddedLead):
            return LeadResult(self.position, self.lead, ended, None)
        return LeadResult(self.position, self.lead, None, ended)


@attrs.frozen
class Plan:
    """What one run is to do."""

    concurrency: int
    rate: float | None
    to_lead: Callable[[object], Lead]
    to_call: Callable[[Lead], Call]
    session: Session | None


#: What the driver of `Flight.steps` is asked for: the answer of a note, the end of a call, or to
#: wait for seconds, or less if the flight is stopped.
Step = Note | Call | float

# Replaced by the tests that turn the clock.
monotonic = time.monotonic


class Flight:
    """What one run knows and decides. It waits for nothing; its drivers do.

    `wake` is called when the flight stops, for whoever waits.
    """

    def __init__(self, plan: Plan, wake: Callable[[], None]) -> None:
        self._plan = plan
        self._wake = wake
        self._pace = Pace(plan.rate)
        self._read = 0
        self._lock = threading.RLock()
        self.session = plan.session
        #: Rows that were read and whose results have not been delivered.
        self.pending = 0
        #: Nothing more is read.
        self.exhausted = False
        #: Nothing more is read or sent.
        self.stopped = False
        #: What ended the run before its time; raised once everything else has been delivered.
        self.fault: BaseException | None = None

    # What the consumer asks

    def wants(self, *, pulled: bool, ready: bool) -> bool:
        """Whether to read another row now: after one, a result that is ready goes first."""
        if not self._may_read() or (pulled and ready):
            return False
        return self._pace.left(monotonic()) == 0

    def wait(self) -> float | None:
        """Seconds until a row may be read that only the pace holds back; None: a result is next."""
        return self._pace.left(monotonic()) if self._may_read() else None

    def under_way(self) -> bool:
        """Whether there are rows to read, or results to come."""
        return self.pending > 0 or not (self.stopped or self.exhausted)

    def ending(self, regular: BaseException) -> BaseException:
        """What is raised once everything has been delivered: the fault, the first time."""
        fault, self.fault = self.fault, None
        return regular if fault is None else fault

    def _may_read(self) -> bool:
        return not self.stopped and not self.exhausted and self.pending < self._plan.concurrency

    def take(self, row: object) -> Row | LeadResult:
        """A row was read: what is to be sent, or the result of a row that is no lead."""
        position = self._read
        self._read += 1
        self.pending += 1
        try:
            lead = self._plan.to_lead(row)
        except InvalidLeadError as error:
            return LeadResult(position, None, None, error)
        noted = self.session.begin(lead) if self.session else None
        return Row(position, lead, self._pace.slot(monotonic()), noted)

    def stop(self) -> None:
        """Read and send nothing more."""
        self.stopped = True
        self._wake()

    def halt(self, fault: BaseException) -> None:
        """Stop because of this."""
        self.raise_in_the_end(fault)
        self.stop()

    def raise_in_the_end(self, fault: BaseException) -> None:
        """Read no more, and raise this once everything has been delivered; the first one counts."""
        self.exhausted = True
        with self._lock:
            if self.fault is None:
                self.fault = fault

    def cut_short(self) -> None:
        """The client is closed: say so, rather than that the leads were at an end."""
        if self._read and self.under_way() and not self.exhausted:
            self.halt(ConfigurationError("the client was closed before all leads were read"))

    # What becomes of one row

    def steps(self, row: Row) -> Generator[Step, Any, LeadResult]:
        """From the row to its result; each step asks the driver for something."""
        if row.noted is None:
            return row.ends((yield from self._send(row)))
        verdict: Verdict | LedgerError = yield row.noted
        if isinstance(verdict, LedgerError):
            self.halt(verdict)
        if not isinstance(verdict, Entry):
            return row.ends(verdict)
        assert self.session is not None
        ended = yield from self._send(row)
        fault: LedgerError | None = yield self.session.end(verdict, ended)
        if fault is not None:
            self.halt(fault)
        return row.ends(ended)

    def _send(self, row: Row) -> Generator[Step, Any, Ended]:
        slot = row.slot
        refused: RateLimitError | None = None
        while True:
            while not self.stopped:
                if self._pace.is_void(slot):
                    slot = self._pace.slot(monotonic())
                if (left := slot - monotonic()) <= 0:
                    break
                yield left
            if self.stopped:
                return refused or NLPearlError("the run ended before this lead was sent")
            sent = monotonic()
            ended: Ended = yield self._plan.to_call(row.lead)
            if not isinstance(ended, RateLimitError):
                self._judge(ended)
                return ended
            refused = ended
            if not self._pace.limited(refused, sent, monotonic()):
                self.halt(refused)
            slot = self._pace.slot(monotonic())

    def _judge(self, ended: Ended) -> None:
        if isinstance(ended, AddedLead | APIStatusError):
            self._pace.answered()
        if isinstance(ended, AuthenticationError | PermissionDeniedError):
            self.halt(ended)

    def broke(self, row: Row, bug: BaseException) -> LeadResult:
        """The driver itself failed, or was cancelled: the row is not lost, its end is not known."""
        if isinstance(bug, Exception):
            self.halt(bug)
        what = f"{type(bug).__name__} while this lead was being sent"
        return row.ends(APIConnectionError(what, outcome=Outcome.UNKNOWN))
