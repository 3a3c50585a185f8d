"""Looking up a lead whose outcome is unknown, until it is proven or the time is over."""

from collections.abc import Callable
from datetime import datetime, timedelta

from ..errors import NLPearlError, Outcome, RateLimitError
from ..http.deadlines import Deadline
from ..http.lane import Lane
from ..leads.lead import Lead
from ..leads.results import AddedLead, FoundLead
from .call import Call, Operation
from .proofs import is_absent, why_no_proof
from .retries import backoff

#: Of the timeout of a call that may have to look its lead up, the lookups keep this share.
LOOKUP_SHARE = 1 / 3


async def look_up(
    lane: Lane,
    find: Operation[FoundLead | None],
    lead: Lead,
    deadline: Deadline,
    age: Callable[[], float],
    turn: Callable[[], float] | None = None,
) -> AddedLead | str:
    """The lead, if lookups prove before the deadline that it was added; else what they saw.

    `age`: seconds since sending it began. `turn`: as that of a `Call`.
    """
    call = Call(lane, find, deadline, turn=turn)
    times = 0
    seen = "no time was left"
    began: datetime | None = None
    while (wait := backoff(times)) < deadline.left() and not await lane.pause(wait):
        if not await call.may_go():
            break
        times += 1
        found = await call.once()
        if isinstance(found, NLPearlError) and not is_absent(found):
            seen = str(found).splitlines()[0] if times == 1 else seen
            if found.outcome is Outcome.REJECTED and not isinstance(found, RateLimitError):
                break
            continue
        # Each Date is cut to a second: the latest begin that any of them tells is the truest.
        date = call.server_time()
        if date is not None:
            now = date - timedelta(seconds=age())
            began = now if began is None else max(began, now)
        seen = "not found, which proves nothing: it may appear later"
        if isinstance(found, FoundLead):
            doubt = why_no_proof(found, lead, began)
            if doubt is None:
                call.log(found, times)
                return AddedLead(found.lead_id, lead)
            seen = doubt
    return f"Looked up {times} times by its external id: {seen}."
