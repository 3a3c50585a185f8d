"""One campaign, and the one path of a lead through it: checked, claimed, sent, recorded.

`add_lead` and each row of `add_leads` take the same path. With a ledger the lead is claimed before
it is sent, and its outcome is recorded afterwards.
"""

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from ..errors import InvalidLeadError, NLPearlError, Outcome
from ..http.deadlines import Deadline
from ..http.lane import Lane
from ..leads.identifiers import can_be_looked_up, check_can_be_looked_up, to_external_id
from ..leads.lead import Lead, external_id_of, to_lead, to_lead_of_row
from ..leads.results import AddedLead, FoundLead, SettledLead
from .call import Call, Operation, Result, ask, explain, over
from .lookups import LOOKUP_SHARE, Sent, look_up, look_up_once, since
from .proofs import is_absent

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ..ledger.claims import Claim, Unsettled, Verdict
    from ..ledger.records import Doubt
    from .claiming import Claims


Ended = AddedLead | NLPearlError
#: Sends a lead, or looks it up, on a lane.
Send = Callable[[Lane], Coroutine[Any, Any, Ended]]


class Slot(Protocol):
    """A place among the requests of a run that are sent at once."""

    async def __call__(self, send: Send, claimed: float | None = None, /) -> Ended:
        """Send once there is one, or return an error in place of sending.

        `claimed`: when the lead was claimed, by time.monotonic.
        """
        ...


@attrs.frozen
class Settings:
    """How the leads of a campaign are added: what a client was told, and a call or a run."""

    #: Seconds for a whole call.
    timeout: float
    max_retries: int
    default_region: str | None
    reconcile: bool
    #: ``v1`` or ``v2``.
    api_version: str
    resend_unknown: bool = False
    allow_same_number: bool = False


class Campaign:
    """A campaign, for a call or a run."""

    def __init__(
        self, campaign_id: str, settings: Settings, claims: "Claims | None" = None
    ) -> None:
        self._id = campaign_id
        self._settings = settings
        #: The ledger, as this campaign asks it; None: there is none.
        self.claims = claims
        #: As that of a `Call`, in a run.
        self.turn: Callable[[], float] | None = None
        self._call: Call[AddedLead] | None = None

    # Check

    def lead(
        self, phone_number: object, external_id: object, time_zone: object, call_data: object
    ) -> Lead:
        """The lead of these arguments; InvalidLeadError with every problem."""
        region = self._settings.default_region
        try:
            lead = to_lead(phone_number, external_id, time_zone, call_data, region)
            return self._identified(lead)
        except InvalidLeadError as error:
            self._name(error, external_id)
            raise

    def lead_of_row(self, row: object) -> Lead:
        """The lead of one row of many; InvalidLeadError with every problem."""
        try:
            return self._identified(to_lead_of_row(row, self._settings.default_region))
        except InvalidLeadError as error:
            self._name(error, external_id_of(row))
            raise

    def _identified(self, lead: Lead) -> Lead:
        if self._settings.allow_same_number and lead.external_id is None:
            message = "it is missing: with allow_same_number only the external id tells leads apart"
            raise InvalidLeadError.of({"external_id": [message]})
        return lead

    def _name(self, error: NLPearlError, external_id: object) -> None:
        """Say which lead an error is about."""
        error.campaign_id = self._id
        if isinstance(external_id, str | int):
            error.external_id = str(external_id)

    # Add

    def claim(self, lead: Lead) -> "Future[Verdict] | None":
        """Ask the ledger whether the lead may be sent; None: there is no ledger."""
        return None if self.claims is None else self.claims.ask(lead)

    async def add(
        self,
        lane: Lane,
        lead: Lead,
        *,
        claiming: "Future[Verdict] | None" = None,
        slot: Slot | None = None,
    ) -> Ended:
        """Claim the lead, send it, record its outcome; an error is returned, not raised.

        `claiming`: what the ledger was asked already. `slot`: where it is sent, in a run.
        """

        async def at_once(send: Send, _: float | None = None, /) -> Ended:
            return await send(lane)

        slot = slot or at_once
        ended: Ended
        if self._settings.timeout <= 0:
            ended = over(self._settings.timeout)
        elif self.claims is None:
            ended = await slot(lambda lane: self._send(lane, lead, None))
        else:
            ended = await self._add(lane, lead, self.claims, claiming, slot)
        if isinstance(ended, NLPearlError):
            self._name(ended, lead.external_id)
        return ended

    async def _add(
        self,
        lane: Lane,
        lead: Lead,
        claims: "Claims",
        claiming: "Future[Verdict] | None",
        slot: Slot,
    ) -> Ended:
        from ..ledger.claims import Claim, Unsettled

        taken = await claims.take(lane, lead, claiming or claims.ask(lead))
        if isinstance(taken, Unsettled):
            taken = await self._settle(lane, lead, claims, taken, slot)
        if not isinstance(taken, Claim):
            return taken
        claim = taken
        ended = await slot(lambda lane: self._send(lane, lead, claim), claim.taken)
        return await claims.record(lane, claim, ended)

    async def _settle(
        self, lane: Lane, lead: Lead, claims: "Claims", unsettled: "Unsettled", slot: Slot
    ) -> "Claim | Ended":
        """A lead whose outcome is unknown is looked up, sent again, or reported."""
        from ..ledger.claims import Unsettled
        from .claiming import not_recorded

        if not unsettled.is_same:
            return unsettled.error
        if self._looks_up(lead) and unsettled.age is not None:
            age = since(unsettled.age, time.monotonic())
            ended = await slot(lambda lane: self._look_up(lane, lead, age, unsettled.error))
            if isinstance(ended, AddedLead):
                failed = await claims.prove(lane, unsettled.record, ended.lead_id)
                return ended if failed is None else not_recorded(ended, failed)
        if not self._settings.resend_unknown:
            return unsettled.error
        again = await claims.take(lane, lead, claims.ask(lead, resend=True))
        return again.error if isinstance(again, Unsettled) else again

    def _looks_up(self, lead: Lead) -> bool:
        return self._settings.reconcile and can_be_looked_up(lead.external_id)

    async def _send(self, lane: Lane, lead: Lead, claim: "Claim | None") -> Ended:
        from .operations import AddLead  # the generated client takes 8 ms to import (2026-11)

        deadline = Deadline(self._settings.timeout, claim.taken if claim else None)
        sending = deadline.part(1 - LOOKUP_SHARE) if self._looks_up(lead) else deadline
        retries = self._settings.max_retries
        operation = AddLead(self._id, lead, self._settings.api_version)
        self._call = call = Call(lane, operation, sending, retries, turn=self.turn)
        try:
            ended = await call.result()
            if isinstance(ended, AddedLead) or ended.outcome is not Outcome.UNKNOWN:
                return ended
            if self._looks_up(lead):
                return await self._look_up(lane, lead, call.age, ended, deadline)
        except BaseException as stopped:  # Ctrl-C, or a cancelled task
            call.explain(stopped)
            if claim is not None and self.claims is not None:
                self.claims.finish(claim, await call.interrupted())
            raise
        return ended

    def explain(self, stopped: BaseException) -> None:
        """Note on an exception that has ended `add` from outside what is known of the lead."""
        if self._call is None:
            explain(stopped, "Nothing was sent.")
        else:
            self._call.explain(stopped)

    async def _look_up(
        self,
        lane: Lane,
        lead: Lead,
        age: Callable[[], float | None],
        error: NLPearlError,
        deadline: Deadline | None = None,
    ) -> Ended:
        """The lead if lookups prove that it was added, else the error with what they saw."""
        deadline = deadline or Deadline(self._settings.timeout)
        find = self._finding(lead.external_id or "")
        sent = Sent(lead.phone_number.__eq__, age)
        seen = await look_up(lane, find, sent, deadline, self.turn)
        if seen.found and seen.is_proven:
            return AddedLead(seen.found.lead_id, lead)
        error.add_note(seen.text)
        return error

    async def settle(
        self, lane: Lane, doubt: "Doubt", read: float, *, even_old: bool
    ) -> SettledLead | NLPearlError:
        """Look a lead of the ledger up whose outcome is unknown, and record it if it is proven.

        `read`: when the ledger said so, by time.monotonic.
        """
        record, claims = doubt.record, self.claims
        assert claims is not None
        from ..ledger.records import RESTARTED

        settled = SettledLead(self._id, record.external_id, record.sent, Outcome.UNKNOWN, "")
        if record.external_id is None or not can_be_looked_up(record.external_id):
            return attrs.evolve(settled, seen="it has no external id to look it up by")
        if doubt.is_old and not even_old:
            why = "not looked up: it was sent more than a day ago; look_up_old=True looks it up"
            return attrs.evolve(settled, seen=why)
        sent = Sent(doubt.is_number, since(doubt.age, read), RESTARTED)
        deadline, retries = Deadline(self._settings.timeout), self._settings.max_retries
        find = self._finding(record.external_id)
        seen = await look_up_once(lane, find, sent, deadline, retries)
        if isinstance(seen, NLPearlError):
            self._name(seen, record.external_id)
            return seen
        if seen.found and seen.is_proven:
            failed = await claims.prove(lane, record, seen.found.lead_id)
            if failed is not None:
                return failed
            settled = attrs.evolve(settled, outcome=Outcome.ADDED)
        return attrs.evolve(settled, seen=seen.text, found=seen.found)

    # Other operations

    async def call(self, lane: Lane, operation: Operation[Result]) -> Result | NLPearlError:
        """The result of any operation of the campaign; an error is returned, not raised."""
        settings = self._settings
        result = await ask(lane, operation, settings.timeout, settings.max_retries)
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

        return FindLead(self._id, external_id, self._settings.api_version)
