"""The ledger, as one campaign asks it: a claim taken, waited for, given back, an outcome recorded.

What a claim means is decided in ledger/claims.py. Imported only where there is a ledger.
"""

import logging
import secrets
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

import attrs

from ..errors import LeadInProgressError, LedgerError, NLPearlError, Outcome, UnsettledLeadError
from ..http.lane import Lane
from ..leads.lead import Lead
from ..leads.results import AddedLead
from ..ledger.claims import Claim, Unsettled, Verdict
from ..ledger.ledger import HANGING, HANGS, PATIENCE, Ledger
from ..ledger.records import Doubt, Record

logger: logging.Logger = logging.getLogger("nlpearl")

Value = TypeVar("Value")

#: Seconds between two looks at a lead that somebody else is adding: the first, and the longest.
FIRST_LOOK, LONGEST_LOOK = 0.05, 1.0
#: The part of its timeout that a claimed lead may wait for a slot; then it is claimed again.
LONGEST_WAIT = 0.1


async def close(ledger: Ledger, lane: Lane) -> None:
    """Close a ledger; one that hangs is left alone."""
    with suppress(TimeoutError):
        await lane.wait_for(ledger.closing(), PATIENCE + HANGS)


async def doubts(
    lane: Lane, ledger: Ledger, api: tuple[str, str], campaign_id: str | None
) -> tuple[list[Doubt], float] | LedgerError:
    """The leads of a ledger whose outcome is unknown, and when that was said, by time.monotonic."""
    try:
        found = await _told(lane, ledger.doubts(api, campaign_id), PATIENCE)
    except LedgerError as error:
        return error
    return found, time.monotonic()


async def _told(lane: Lane, future: Future[Value], patience: float) -> Value:
    """What the ledger says; LedgerError if it hangs."""
    try:
        return await lane.wait_for(future, patience + HANGS)
    except TimeoutError:
        raise LedgerError(HANGING) from None


def not_recorded(added: AddedLead, error: LedgerError) -> AddedLead:
    """A lead that was added, although the ledger could not record it."""
    logger.warning(
        "A lead was added, but the ledger could not record it and will call it unknown: %s", error
    )
    return attrs.evolve(added, recorded=False)


@attrs.define
class Claims:
    """The claims of one campaign, for a call or a run."""

    ledger: Ledger
    #: Base URL and API version.
    api: tuple[str, str]
    campaign_id: str
    #: Seconds that an attempt takes at most.
    timeout: float
    #: Seconds to wait for somebody else who is adding the lead.
    wait: float
    allow_same_number: bool
    #: Whether the ledger is closed with the run.
    is_own: bool
    #: Why the ledger cannot be used.
    error: LedgerError | None = None

    async def open(self, lane: Lane) -> None:
        """See whether the ledger can be used; `error` says why not."""
        try:
            await _told(lane, self.ledger.ready(self.api), PATIENCE)
        except LedgerError as error:
            self.error = error

    async def close(self, lane: Lane) -> None:
        """Close the ledger, if it is of this run alone."""
        if self.is_own:
            await close(self.ledger, lane)

    def ask(self, lead: Lead, *, resend: bool = False) -> Future[Verdict]:
        """Ask whether the lead may be sent; whoever asks has the claim, if it is granted."""
        return self.ledger.claim(
            self.api,
            self.campaign_id,
            lead,
            # The time first: records that are new are beside each other, on few pages of a store.
            f"{time.time_ns() >> 20:011x}{secrets.token_hex(8)}",
            self.timeout,
            resend=resend,
            same_number=self.allow_same_number,
        )

    async def take(
        self, lane: Lane, lead: Lead, claiming: Future[Verdict]
    ) -> Claim | Unsettled | AddedLead | NLPearlError:
        """What the ledger says at last, after waiting for somebody else who is adding the lead."""
        until, pause = time.monotonic() + self.wait, FIRST_LOOK
        while True:
            try:
                claimed = await _told(lane, claiming, self.timeout)
            except LedgerError as error:
                self.error = self.error or error
                self.give_back(claiming)
                return error
            except BaseException:  # Ctrl-C, or a cancelled task: nobody is there to send
                self.give_back(claiming)
                raise
            left = until - time.monotonic()
            if not isinstance(claimed, LeadInProgressError) or left <= 0:
                return claimed
            if await lane.pause(min(pause, left)):
                return claimed
            pause = min(2 * pause, LONGEST_LOOK)
            claiming = self.ask(lead)

    def give_back(self, claiming: Future[Verdict]) -> None:
        """Give the claim back, once it is granted: nobody sends the lead."""

        def free(claiming: Future[Verdict]) -> None:
            if not claiming.exception() and isinstance(claimed := claiming.result(), Claim):
                self.finish(claimed, NLPearlError("interrupted before it was sent"))

        claiming.add_done_callback(free)

    def is_stale(self, claimed: float) -> bool:
        """Whether a lead that was claimed then has waited so long that its call may lack time."""
        return time.monotonic() - claimed > self.timeout * LONGEST_WAIT

    def finish(self, claim: Claim, ended: AddedLead | NLPearlError) -> Future[None]:
        """Record the outcome: a future of that."""
        return self.ledger.finish(self.api, claim, ended)

    async def prove(self, lane: Lane, record: Record, lead_id: str) -> LedgerError | None:
        """Record that a lookup has proven that a lead was added; why that failed."""
        try:
            await _told(lane, self.ledger.prove(self.api, record, lead_id), PATIENCE)
        except LedgerError as error:
            self.error = self.error or error
            return error
        return None

    async def record(
        self, lane: Lane, claim: Claim, ended: AddedLead | NLPearlError
    ) -> AddedLead | NLPearlError:
        """Record the outcome; what the caller is told of it."""
        try:
            await _told(lane, self.finish(claim, ended), PATIENCE)
        except LedgerError as error:
            self.error = self.error or error
            if isinstance(ended, AddedLead):
                return not_recorded(ended, error)
        if isinstance(ended, AddedLead) or claim.record.doubt is None:
            return ended
        if ended.outcome is Outcome.UNKNOWN:
            return ended
        # That it was not added now does not tell whether it was added then.
        again = "not sent again" if ended.outcome is Outcome.NOT_SENT else "sent again, not added"
        unsettled = UnsettledLeadError(
            "this lead was sent at an earlier time, and its outcome is unknown: it may exist. Look "
            f"it up: `client.settle()`. It was {again}: {ended}"
        )
        unsettled.__cause__ = ended
        return unsettled
