"""One call of `add_lead` from its first request to its end.

Shared by both colours, and by single calls and runs of many; what one request does is wire.py's,
when to send again is retries.py's.
"""

import asyncio
import logging
import threading
import time
from typing import TypeVar

from .errors import NLPearlError, RateLimitError
from .leads import AddedLead, Lead
from .phone_numbers import masked
from .retries import Deadline, wait_before_retry
from .transport import AsyncConnections, Connections
from .wire import AsyncAttempt, Attempt, SyncAttempt

logger = logging.getLogger("nlpearl")

AnyAttempt = TypeVar("AnyAttempt", bound=Attempt)

Ended = AddedLead | NLPearlError


class Call:
    """What one call has done so far. `paced`: a 429 is the business of whoever made the call."""

    def __init__(
        self,
        outbound_id: str,
        lead: Lead,
        timeout: float,
        max_retries: int,
        *,
        paced: bool = False,
    ) -> None:
        self.outbound_id = outbound_id
        self.lead = lead
        self.deadline = Deadline(timeout)
        self._max_retries = max_retries
        self._paced = paced
        self._began = time.monotonic()
        self._sent = 0
        self._attempt: Attempt | None = None
        self._result: str | NLPearlError | None = None

    def begin(self, attempt: AnyAttempt) -> AnyAttempt:
        """Another request is about to go on its way."""
        self._sent += 1
        self._attempt = attempt
        return attempt

    def judge(self, result: str | NLPearlError) -> float | None:
        """Take the end of a request; seconds until the next one, or None when the call is over."""
        self._result = result
        if isinstance(result, str) or (self._paced and isinstance(result, RateLimitError)):
            return None
        return wait_before_retry(
            result, self._sent, max_retries=self._max_retries, left=self.deadline.left()
        )

    def end(self) -> Ended:
        """The lead that was added, or the error."""
        result = self._result
        status = self._attempt.status if self._attempt else None
        logger.debug(
            "add_lead outbound=%s phone=%s status=%s requests=%d %.0f ms",
            self.outbound_id,
            masked(self.lead.phone_number),
            status if not isinstance(result, NLPearlError) or status else type(result).__name__,
            self._sent,
            (time.monotonic() - self._began) * 1000,
        )
        if isinstance(result, str):
            return AddedLead(result, self.lead)
        assert result is not None, "a call ends after it has been judged"
        if self._sent > 1:
            result.add_note(f"Sent {self._sent} times; none of the earlier tries added the lead.")
        return result

    def interrupted(self, stopped: BaseException) -> None:
        """Say on Ctrl-C and on a cancellation what is known of the lead."""
        known = self._attempt.hint() if self._attempt is not None else "Nothing was sent."
        stopped.add_note(f"nlpearl: {known}")


def play(call: Call, connections: Connections, closing: threading.Event) -> Ended:
    """Send until the call is over, or `closing` is set while it waits to send again."""
    try:
        again = True
        while again:
            attempt = call.begin(SyncAttempt(connections, call.lead, call.deadline))
            wait = call.judge(attempt.add(call.outbound_id))
            again = wait is not None and not closing.wait(wait)
        return call.end()
    except (KeyboardInterrupt, SystemExit) as stopped:
        call.interrupted(stopped)
        raise


async def play_async(call: Call, connections: AsyncConnections, closing: asyncio.Event) -> Ended:
    """As `play`."""
    try:
        again = True
        while again:
            attempt = call.begin(AsyncAttempt(connections, call.lead, call.deadline))
            wait = call.judge(await attempt.add(call.outbound_id))
            again = wait is not None and not await set_within(closing, wait)
        return call.end()
    except (asyncio.CancelledError, KeyboardInterrupt, SystemExit) as stopped:
        call.interrupted(stopped)
        raise


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event was set before the seconds were over."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
