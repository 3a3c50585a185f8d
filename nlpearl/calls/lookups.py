"""Looking up a lead whose outcome is unknown: once, or until it is proven or the time is over."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from ..errors import NLPearlError, Outcome, RateLimitError
from ..http.deadlines import Deadline
from ..http.lane import Lane
from ..leads.results import FoundLead
from .call import Call, Operation
from .proofs import is_absent, why_no_proof
from .retries import backoff

#: Of the timeout of a call that may have to look its lead up, the lookups keep this share.
LOOKUP_SHARE = 1 / 3
#: What is said where there is no such lead.
ABSENT = "not found, which proves nothing: it may appear later"
NO_DATE = "the response has no Date to compare its age with"


@attrs.frozen
class Sent:
    """A lead that was sent, as far as a lookup needs to know it."""

    #: Whether this is its phone number.
    is_number: Callable[[str], bool]
    #: Seconds since sending it began, now; None: nobody can tell.
    age: Callable[[], float | None]
    #: Why nobody can tell.
    why: str = ""


def since(age: float | None, read: float) -> Callable[[], float | None]:
    """How old something is that was so old when that was read, by time.monotonic."""
    return lambda: None if age is None else age + time.monotonic() - read


@attrs.frozen
class Seen:
    """What a lookup saw."""

    text: str
    found: FoundLead | None = None
    is_proven: bool = False


async def look_up(
    lane: Lane,
    find: Operation[FoundLead | None],
    sent: Sent,
    deadline: Deadline,
    turn: Callable[[], float] | None = None,
) -> Seen:
    """Look up until it is proven that the lead was added, or the deadline is over: a lead may be
    found late. `turn`: as that of a `Call`."""
    call = Call(lane, find, deadline, turn=turn)
    judge = _Judge(sent)
    times = 0
    seen = Seen("no time was left")
    while (wait := backoff(times)) < deadline.left():
        if await lane.pause(wait) or not await call.may_go():
            break
        times += 1
        found = await call.once()
        if isinstance(found, NLPearlError) and not is_absent(found):
            seen = Seen(_first_line(found)) if times == 1 else seen
            if found.outcome is Outcome.REJECTED and not isinstance(found, RateLimitError):
                break
            continue
        seen = judge.see(found, call)
        if seen.is_proven:
            call.log(seen.found, times)
            return seen
    return attrs.evolve(seen, text=f"Looked up {times} times by its external id: {seen.text}.")


async def look_up_once(
    lane: Lane,
    find: Operation[FoundLead | None],
    sent: Sent,
    deadline: Deadline,
    max_retries: int,
) -> Seen | NLPearlError:
    """Look up once, as every call is retried; the error if that would fail for any other lead."""
    call = Call(lane, find, deadline, max_retries)
    found = await call.result()
    if not isinstance(found, NLPearlError) or is_absent(found):
        return _Judge(sent).see(found, call)
    if found.outcome is Outcome.NOT_SENT or getattr(found, "status_code", 0) in (401, 403, 429):
        return found
    return Seen(f"the lookup failed: {_first_line(found)}")


class _Judge:
    """What the responses to the lookups of one lead prove."""

    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self._began: datetime | None = None

    def see(self, found: FoundLead | NLPearlError | None, call: Call[FoundLead | None]) -> Seen:
        """What the last response of the call tells."""
        sent, age, date = self._sent, self._sent.age(), call.server_time()
        # Each Date is cut to a second: the latest begin that any of them tells is the truest.
        if date is not None and age is not None:
            began = date - timedelta(seconds=age)
            self._began = began if self._began is None else max(began, self._began)
        if not isinstance(found, FoundLead):
            return Seen(ABSENT)
        why = NO_DATE if date is None else sent.why
        doubt = why_no_proof(found, sent.is_number, self._began, why)
        return Seen(doubt or "found", found, is_proven=doubt is None)


def _first_line(error: NLPearlError) -> str:
    return str(error).splitlines()[0]
