"""One campaign, and the one path of a lead through it: checked, claimed, sent, recorded.

`add_lead` and each row of `add_leads` take the same path. With a ledger the lead is claimed before
it is sent, and its outcome is recorded afterwards.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs

from ..errors import InvalidLeadError, NLPearlError, Outcome
from ..http.deadlines import Deadline
from ..http.lane import Lane
from ..leads.identifiers import can_be_looked_up, check_can_be_looked_up, to_external_id
from ..leads.lead import Lead, external_id_of, to_lead, to_lead_of_row
from ..leads.results import AddedLead, FoundLead
from .call import Call, Operation, Result
from .lookups import LOOKUP_SHARE, look_up
from .proofs import is_absent

if TYPE_CHECKING:
    from ..ledger.claims import Claim
    from ..ledger.session import Change, Session


@attrs.define
class Defaults:
    """What a client was told about all its calls."""

    max_retries: int
    default_region: str | None
    reconcile: bool


class Campaign:
    """A campaign, for the calls of one client; with a `session` of the ledger for one run."""

    def __init__(
        self,
        campaign_id: str,
        timeout: float,
        defaults: Defaults,
        session: "Session | None" = None,
        *,
        resend_unknown: bool = False,
    ) -> None:
        self._id = campaign_id
        #: Seconds for a whole call.
        self._timeout = timeout
        self._defaults = defaults
        self.session = session
        self._resend_unknown = resend_unknown

    # Check

    def lead(
        self, phone_number: object, external_id: object, time_zone: object, call_data: object
    ) -> Lead:
        """The lead of these arguments; InvalidLeadError with every problem."""
        region = self._defaults.default_region
        try:
            lead = to_lead(phone_number, external_id, time_zone, call_data, region)
        except InvalidLeadError as error:
            self._name(error, external_id)
            raise
        return lead

    def lead_of_row(self, row: object) -> Lead:
        """The lead of one row of many; InvalidLeadError with every problem."""
        try:
            lead = to_lead_of_row(row, self._defaults.default_region)
        except InvalidLeadError as error:
            self._name(error, external_id_of(row))
            raise
        return lead

    def _name(self, error: NLPearlError, external_id: object) -> None:
        """Say which lead an error is about."""
        error.campaign_id = self._id
        if isinstance(external_id, str | int):
            error.external_id = str(external_id)

    # Add

    async def add(
        self,
        lane: Lane,
        lead: Lead,
        *,
        claiming: "Change | None" = None,
        held: Callable[[], NLPearlError | None] | None = None,
    ) -> AddedLead | NLPearlError:
        """Claim the lead, send it, record its outcome; an error is returned, not raised.

        `claiming`: the claim, if it is queued already. `held` is asked directly before the lead is
        sent for an error in place of sending it; with it a 429 is left to the caller.
        """
        claim: Claim | None = None
        if self.session is not None:
            claimed = await self._claim(lane, lead, claiming or self.session.begin(lead))
            if isinstance(claimed, NLPearlError):
                self._name(claimed, lead.external_id)
            if isinstance(claimed, AddedLead | NLPearlError):
                return claimed
            claim = claimed
        ended: AddedLead | NLPearlError | None = held and held()
        if ended is None:
            ended = await self._send(lane, lead, paced=held is not None)
        if claim is not None:
            await self._record(lane, claim, ended)
        if isinstance(ended, NLPearlError):
            self._name(ended, lead.external_id)
        return ended

    async def _claim(
        self, lane: Lane, lead: Lead, claiming: "Change"
    ) -> "Claim | AddedLead | NLPearlError":
        from ..ledger.claims import Unsettled

        assert self.session is not None
        claimed: Claim | Unsettled | AddedLead | NLPearlError = await lane.blocking(claiming.result)
        if not isinstance(claimed, Unsettled):
            return claimed
        if self._defaults.reconcile and can_be_looked_up(lead.external_id):
            sent, deadline = claimed.sent, Deadline(self._timeout)

            def age() -> float:
                return (datetime.now(UTC) - sent).total_seconds()

            settled = await self._reconcile(lane, lead, deadline, age, claimed.error)
            if isinstance(settled, AddedLead):
                await self._record(lane, claimed.claim, settled)
                return settled
        if not self._resend_unknown:
            return claimed.error
        again = self.session.begin(lead, again=True, resend=True)
        resent: Claim | AddedLead | NLPearlError = await lane.blocking(again.result)
        return resent

    async def _send(self, lane: Lane, lead: Lead, *, paced: bool) -> AddedLead | NLPearlError:
        from .operations import AddLead  # the generated client takes 8 ms to import (2026-11)

        defaults = self._defaults
        reconcile = defaults.reconcile and can_be_looked_up(lead.external_id)
        deadline = Deadline(self._timeout)
        sending = deadline.part(1 - LOOKUP_SHARE) if reconcile else deadline
        call = Call(lane, AddLead(self._id, lead), sending, defaults.max_retries, paced=paced)
        ended = await call.result()
        if not reconcile or isinstance(ended, AddedLead) or ended.outcome is not Outcome.UNKNOWN:
            return ended
        try:
            return await self._reconcile(lane, lead, deadline, call.age, ended)
        except BaseException as stopped:
            call.explain(stopped)
            raise

    async def _reconcile(
        self,
        lane: Lane,
        lead: Lead,
        deadline: Deadline,
        age: Callable[[], float],
        error: NLPearlError,
    ) -> AddedLead | NLPearlError:
        """The lead if lookups prove that it was added, else the error with what they saw."""
        found = await look_up(lane, self._finding(lead.external_id or ""), lead, deadline, age)
        if isinstance(found, AddedLead):
            return found
        error.add_note(found)
        return error

    async def _record(self, lane: Lane, claim: "Claim", ended: AddedLead | NLPearlError) -> None:
        assert self.session is not None
        await lane.blocking(self.session.end(claim, ended).result)

    # Other operations

    async def call(self, lane: Lane, operation: Operation[Result]) -> Result | NLPearlError:
        """The result of any operation of the campaign; an error is returned, not raised."""
        call = Call(lane, operation, Deadline(self._timeout), self._defaults.max_retries)
        result = await call.result()
        if isinstance(result, NLPearlError):
            self._name(result, None)
        return result

    async def find(self, lane: Lane, external_id: object) -> FoundLead | NLPearlError | None:
        """Look a lead up; None if there is no such lead."""
        text = check_can_be_looked_up(to_external_id(external_id))
        found = await self.call(lane, self._finding(text))
        if not isinstance(found, NLPearlError):
            return found
        self._name(found, text)
        return None if is_absent(found) else found

    def _finding(self, external_id: str) -> Operation[FoundLead | None]:
        from .operations import FindLead

        return FindLead(self._id, external_id)
