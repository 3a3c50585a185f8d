"""Many leads: who pulls, who sends, who waits. What is decided is decided in `Flight`, for both
colours; how a call goes is calls.py's, how fast they go pace.py's, what the disk knows ledger.py's.

The consumer alone advances the caller's iterable, as long as fewer than `concurrency` rows are
read and not yet delivered; so a slow consumer slows the pulling, and memory is that of a few rows.
Nothing waits between rows: a thread (a task) is given one row, and is done with it.
"""

import abc
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

import attrs

from .calls import AddCall, Ended
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
from .found import can_be_looked_up
from .leads import AddedLead, Lead
from .ledger import Entry, Note, Session, Unsettled, Verdict
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
    noted: Note | None
    #: Why it was not added yet, of one that is to be sent again after a limit.
    refused: RateLimitError | None = None

    def ends(self, ended: Ended) -> LeadResult:
        if isinstance(ended, AddedLead):
            return LeadResult(self.position, self.lead, ended, None)
        return LeadResult(self.position, self.lead, None, ended)

    def unsent(self) -> NLPearlError:
        """The end of one that is not sent any more."""
        return self.refused or NLPearlError("the run ended before this lead was sent")


@attrs.frozen
class Plan:
    """What one run is to do."""

    concurrency: int
    rate: float | None
    to_lead: Callable[[object], Lead]
    to_call: Callable[[Lead], AddCall]
    #: Looks up what was sent then to an unknown end; None: nobody does.
    to_settle: Callable[[Lead, datetime, NLPearlError], AddCall] | None
    session: Session | None
    resend_unknown: bool


#: What the driver of `Flight.steps` is asked for: the answer of a note, or the end of a call.
Step = Note | AddCall

# Replaced by the tests that turn the clock.
monotonic: Callable[[], float] = time.monotonic


class Flight(abc.ABC):
    """What one run knows and decides. It waits for nothing; its drivers do."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._pace = Pace(plan.rate)
        self._read = 0
        self._held: deque[Row] = deque()
        self._lock = threading.Lock()
        self.session: Session | None = plan.session
        #: Rows that were read and whose results have not been delivered.
        self.pending: int = 0
        #: Nothing more is read.
        self.exhausted: bool = False
        #: Nothing more is read, or sent.
        self.stopped: bool = False
        #: What ended the run before its time; raised once everything else has been delivered.
        self.fault: BaseException | None = None

    # What the consumer asks

    def sends(self, *, sent: bool, ready: bool) -> bool:
        """Whether to send another lead now: after one, a result that is ready goes first."""
        return self._has_more() and not (sent and ready) and self._pace.left(monotonic()) == 0

    def wait(self) -> float | None:
        """Seconds until a lead may go that only the pace holds back; None: a result is next."""
        return self._pace.left(monotonic()) if self._has_more() else None

    def _has_more(self) -> bool:
        if self.stopped:
            return False
        return bool(self._held) or not (self.exhausted or self.pending >= self._plan.concurrency)

    def take_held(self) -> Row | None:
        """The next row that a limit held back."""
        if not self._held:
            return None
        row = self._held.popleft()
        noted = self.session.begin(row.lead, again=True) if self.session else None
        self._pace.goes(monotonic())
        return attrs.evolve(row, noted=noted)

    def take(self, row: object) -> Row | LeadResult:
        """A row was read: what is to be sent, or the result of a row that is no lead."""
        position = self._read
        self._read += 1
        try:
            lead = self._plan.to_lead(row)
        except InvalidLeadError as error:
            self.pending += 1
            return LeadResult(position, None, None, error)
        self.pending += 1
        self._pace.goes(monotonic())
        noted = self.session.begin(lead) if self.session else None
        return Row(position, lead, noted)

    def stranded(self) -> LeadResult | None:
        """The result of a row that was held back when the run stopped."""
        if not self.stopped or not self._held:
            return None
        row = self._held.popleft()
        return row.ends(row.unsent())

    def under_way(self) -> bool:
        """Whether there are rows to read, or results to come."""
        if self.stopped:  # not by the count of them: Ctrl-C may have come amid it
            return self.has_results() or bool(self._held)
        return self.pending > 0 or not self.exhausted

    def ending(self, regular: BaseException) -> BaseException:
        """What is raised once everything has been delivered: the fault, the first time."""
        fault, self.fault = self.fault, None
        return regular if fault is None else fault

    def stop(self) -> None:
        """Read and send nothing more."""
        self.stopped = True
        self.wake()

    @abc.abstractmethod
    def wake(self) -> None:
        """Let whoever waits look again: the flight has stopped."""

    @abc.abstractmethod
    def has_results(self) -> bool:
        """Whether there are results, or rows that will have one; when there are none, `wake`."""

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
        if not self.stopped and not self.exhausted:
            self.halt(ConfigurationError("the client was closed before all leads were read"))

    # What becomes of one row

    def steps(self, row: Row) -> Generator[Step, Any, LeadResult | None]:
        """From the row to its result; each step asks the driver for something.

        None: a limit holds it back, and the consumer sends it again.
        """
        entry: Entry | None = None
        if row.noted is not None:
            verdict: Verdict | LedgerError = yield row.noted
            if isinstance(verdict, Unsettled):
                verdict = yield from self._settle(row, verdict)
            if isinstance(verdict, LedgerError):
                self.halt(verdict)
            if not isinstance(verdict, Entry):
                return row.ends(verdict.error if isinstance(verdict, Unsettled) else verdict)
            entry = verdict
        ended: Ended = row.unsent()
        held = True
        if not self.stopped and not self._pace.is_paused(monotonic()):
            sent = monotonic()
            ended = yield self._plan.to_call(row.lead)
            held = self._judge(ended, sent)
        if entry is not None:
            yield from self._note(entry, ended)
        if not held:
            return row.ends(ended)
        refused = ended if isinstance(ended, RateLimitError) else row.refused
        self._held.append(attrs.evolve(row, refused=refused))
        return None

    def _settle(
        self, row: Row, unsettled: Unsettled
    ) -> Generator[Step, Any, "Verdict | LedgerError"]:
        """What holds for a row of unknown end: a look-up may tell, or it is sent again."""
        if self._plan.to_settle and can_be_looked_up(row.lead.external_id) and not self.stopped:
            call = self._plan.to_settle(row.lead, unsettled.sent, unsettled.error)
            ended: Ended = yield call
            if isinstance(ended, AddedLead):
                yield from self._note(unsettled.entry, ended)
                return ended
        if not self._plan.resend_unknown or self.session is None:
            return unsettled
        verdict: Verdict | LedgerError = yield self.session.begin(row.lead, again=True, resend=True)
        return verdict

    def _note(self, entry: Entry, ended: Ended) -> Generator[Step, Any, None]:
        assert self.session is not None
        fault: LedgerError | None = yield self.session.end(entry, ended)
        if fault is not None:
            self.halt(fault)

    def _judge(self, ended: Ended, sent: float) -> bool:
        """What the end of a call means for the run; whether a limit holds the lead back."""
        if isinstance(ended, RateLimitError):
            if self._pace.limited(ended, sent, monotonic()):
                return True
            self.halt(ended)
        elif isinstance(ended, AddedLead | APIStatusError):
            self._pace.answered()
        if isinstance(ended, AuthenticationError | PermissionDeniedError):
            self.halt(ended)
        return False

    def broke(self, row: Row, bug: BaseException) -> LeadResult:
        """The driver itself failed, or was cancelled: the row is not lost, its end is not known."""
        if isinstance(bug, Exception):
            self.halt(bug)
        what = f"{type(bug).__name__} while this lead was being sent"
        return row.ends(APIConnectionError(what, outcome=Outcome.UNKNOWN))
