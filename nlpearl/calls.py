"""One call from its first request to its end: send, send again, look up what became of it.

Shared by both colours, and by single calls and runs of many. What one request does is the matter of
attempts.py, when to send again that of retries.py, what a look-up proves that of found.py.
"""

import abc
import logging
import threading
import time
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from .answers import http_date
from .attempts import Attempt, Operation, SyncAttempt
from .deadlines import Deadline
from .errors import NLPearlError, Outcome, RateLimitError
from .found import FoundLead, can_be_looked_up, is_absent, started_by, why_no_proof
from .leads import AddedLead, Lead
from .retries import backoff, wait_before_retry
from .transport import Connections

logger: logging.Logger = logging.getLogger("nlpearl")

Ended = AddedLead | NLPearlError

Result = TypeVar("Result")

#: Of the whole timeout of a call that may have to look its lead up, the look-ups keep this share.
LOOK_UP_SHARE = 1 / 3


class Request:
    """One request that a call asks its driver for; `attempt` is how it went."""

    def __init__(self, operation: Operation, deadline: Deadline) -> None:
        self.operation = operation
        self.deadline = deadline
        self.attempt: Attempt | None = None

    def date(self) -> datetime | None:
        """The answer's Date."""
        return http_date(self.attempt.headers.get("date", "")) if self.attempt else None


#: What a driver of `Call.steps` is asked for: to send a request (its result), or to wait for so
#: many seconds (whether the client was closed meanwhile).
Step = Request | float


class Call(abc.ABC, Generic[Result]):
    """A call of any operation; of `add_lead` and `find_lead` there are kinds below."""

    def __init__(self, timeout: float, max_retries: int, *, paced: bool = False) -> None:
        self.deadline: Deadline = Deadline(timeout)
        self._max_retries = max_retries
        # A 429 is the business of whoever made the call.
        self._paced = paced
        self._began = time.monotonic()
        self._last: Request | None = None

    @abc.abstractmethod
    def steps(self) -> Generator[Step, Any, Result | NLPearlError]:
        """From the first request to the result, or the error as a value."""

    def _ask(self, operation: Operation, deadline: Deadline) -> Generator[Step, Any, Any]:
        """Send until there is nothing more to be gained by it."""
        sent = 0
        while True:
            self._last = request = Request(operation, deadline)
            result = yield request
            sent += 1
            if not isinstance(result, NLPearlError):
                break
            if self._paced and isinstance(result, RateLimitError):
                break
            wait = wait_before_retry(
                result,
                sent,
                max_retries=self._max_retries,
                left=deadline.left(),
                reads=operation.reads,
            )
            if wait is None or (yield wait):
                break
        self._log(request, result, sent)
        if isinstance(result, NLPearlError) and sent > 1 and not operation.reads:
            result.add_note(f"Sent {sent} times; none of the earlier tries added the lead.")
        return result

    def _log(self, request: Request, result: object, sent: int) -> None:
        status = request.attempt.status if request.attempt else None
        logger.debug(
            "%s status=%s requests=%d %.0f ms",
            request.operation,
            type(result).__name__ if status is None else status,
            sent,
            (time.monotonic() - self._began) * 1000,
        )

    def interrupted(self, stopped: BaseException) -> None:
        """Say on Ctrl-C and on a cancellation what is known of the lead."""
        attempt = self._last.attempt if self._last else None
        stopped.add_note(f"nlpearl: {attempt.hint() if attempt else 'Nothing was sent.'}")


class AddCall(Call[AddedLead]):
    """Add a lead; with `reconcile`, look it up where its end is not known."""

    def __init__(
        self,
        outbound_id: str,
        lead: Lead,
        timeout: float,
        max_retries: int,
        *,
        paced: bool = False,
        reconcile: bool = False,
    ) -> None:
        super().__init__(timeout, max_retries, paced=paced)
        # Here, since the generated client takes 8 ms to import (2026-11).
        from .wire import AddLead

        self.operation: AddLead = AddLead(outbound_id, lead)
        self._reconciles = reconcile and can_be_looked_up(lead.external_id)

    @property
    def lead(self) -> Lead:
        return self.operation.lead

    def steps(self) -> Generator[Step, Any, Ended]:
        deadline = self.deadline
        if self._reconciles:
            deadline = deadline.part(1 - LOOK_UP_SHARE)
        ended: Ended = yield from self._ask(self.operation, deadline)
        if isinstance(ended, AddedLead) or ended.outcome is not Outcome.UNKNOWN:
            return ended
        return (yield from self._look_up(ended)) if self._reconciles else ended

    def _look_up(self, error: NLPearlError) -> Generator[Step, Any, Ended]:
        """The lead, if look-ups prove before the deadline that it was added; else the error."""
        from .wire import FindLead

        operation = self.operation
        find = FindLead(operation.outbound_id, operation.lead.external_id or "")
        times = 0
        seen: str | None = None
        started: datetime | None = None
        while (wait := backoff(times)) < self.deadline.left() and not (yield wait):
            times += 1
            request = Request(find, self.deadline)
            found: FoundLead | NLPearlError | None = yield request
            if isinstance(found, NLPearlError) and not is_absent(found):
                seen = seen or str(found).splitlines()[0]
                if found.outcome is Outcome.REFUSED and not isinstance(found, RateLimitError):
                    break
                continue
            # Each Date is cut to a second: the latest start that any of them tells is the truest.
            started = max(filter(None, [started, self._started(request)]), default=None)
            seen = "not found, which proves nothing: it may appear later"
            if isinstance(found, FoundLead):
                seen = why_no_proof(found, operation.lead, started)
                if seen is None:
                    self._log(request, found, times)
                    return AddedLead(found.lead_id, operation.lead)
        error.add_note(f"Looked up {times} times by its external id: {seen or 'no time was left'}.")
        return error

    def _started(self, look_up: Request) -> datetime | None:
        """When the call began, by the clock of the server that has just answered."""
        return started_by(look_up.date(), time.monotonic() - self._began)


class SettleCall(AddCall):
    """Look up a lead that an earlier run has sent at this time (by our clock) to an unknown end."""

    def __init__(
        self,
        outbound_id: str,
        lead: Lead,
        timeout: float,
        max_retries: int,
        sent: datetime,
        error: NLPearlError,
    ) -> None:
        super().__init__(outbound_id, lead, timeout, max_retries, reconcile=True)
        self._sent = sent
        self._error = error

    def steps(self) -> Generator[Step, Any, Ended]:
        return (yield from self._look_up(self._error))

    def _started(self, look_up: Request) -> datetime | None:
        return started_by(look_up.date(), (datetime.now(UTC) - self._sent).total_seconds())


class FindCall(Call[FoundLead | None]):
    """Look a lead up: the FoundLead, or None."""

    def __init__(
        self, outbound_id: str, external_id: str, timeout: float, max_retries: int
    ) -> None:
        from .wire import FindLead

        super().__init__(timeout, max_retries)
        self._operation = FindLead(outbound_id, external_id)

    def steps(self) -> Generator[Step, Any, FoundLead | NLPearlError | None]:
        found: FoundLead | NLPearlError | None = yield from self._ask(
            self._operation, self.deadline
        )
        if isinstance(found, NLPearlError) and is_absent(found):
            return None
        return found


def play(
    call: Call[Result], connections: Connections, closing: threading.Event
) -> Result | NLPearlError:
    """Send until the call is over, or `closing` is set while it waits to send again."""
    steps = call.steps()
    answer: Any = None
    try:
        while True:
            step = steps.send(answer)
            if isinstance(step, Request):
                step.attempt = attempt = SyncAttempt(connections, step.operation, step.deadline)
                answer = attempt.send()
            else:
                answer = closing.wait(step)
    except StopIteration as done:
        result: Result | NLPearlError = done.value
        return result
    except (KeyboardInterrupt, SystemExit) as stopped:
        call.interrupted(stopped)
        raise
