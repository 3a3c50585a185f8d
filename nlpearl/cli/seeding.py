"""Leads that are on the platform, entered in a ledger as added.

By the ledger's own claims, so that it knows of each what an import of this person would compute.
Not here: how they are read (pages.py), and the command (seed.py).
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from enum import StrEnum
from typing import Any, NamedTuple

import attrs

from ..errors import DuplicateLeadError, InvalidLeadError, LeadInProgressError
from ..leads.lead import Lead
from ..leads.results import AddedLead
from ..ledger.claims import Claim, Unsettled, Verdict
from ..ledger.ledger import PATIENCE, Ledger, told
from .reasons import in_words


class Kind(StrEnum):
    """The outcome of a lead, in the words of the summary."""

    ENTERED = "entered"
    KNOWN = "known already"
    #: Entered or known, but something else has its number or its external id.
    CONFLICT = "conflicting"
    BUSY = "being added"
    UNREADABLE = "not readable"


class Entry(NamedTuple):
    """A lead of the platform, and its outcome."""

    lead_id: str
    external_id: str
    kind: Kind
    said: str = ""


@attrs.frozen
class _Asked:
    """A lead that the ledger was asked for."""

    lead_id: str
    lead: Lead
    claiming: Future[Verdict]

    def entry(self, kind: Kind, said: str = "") -> Entry:
        return Entry(self.lead_id, self.lead.external_id or "", kind, said)


@attrs.frozen
class Seeding:
    """Enters leads of one campaign."""

    ledger: Ledger
    #: Base URL and API version.
    api: tuple[str, str]
    campaign_id: str
    #: Where numbers without a + are at home.
    region: str | None

    def enter(self, page: Iterable[dict[str, Any]]) -> Iterator[Entry]:
        """Enter the leads of a page; the outcome of each."""
        asked: list[_Asked] = []
        for found in page:
            lead_id, external_id = (str(found.get(name) or "") for name in ("id", "externalId"))
            lead = to_lead_of_platform(found, self.region)
            if isinstance(lead, Lead) and lead_id.strip():
                asked.append(_Asked(lead_id, lead, self._ask(lead)))
            else:
                said = "it has no lead id" if isinstance(lead, Lead) else in_words(lead)
                yield Entry(lead_id, external_id, Kind.UNREADABLE, said)
        verdicts = [(each, told(each.claiming)) for each in asked]
        ends = [self._finish(said, each) for each, said in verdicts if isinstance(said, Claim)]
        for end in ends:
            told(end)
        for each, verdict in verdicts:
            if isinstance(verdict, Claim):
                yield each.entry(Kind.ENTERED)
            else:
                yield self._other(each, verdict)

    def _other(self, asked: _Asked, verdict: Verdict) -> Entry:
        """The outcome of a lead that the ledger has, or something of it."""
        lead, why = asked.lead, ""
        if isinstance(verdict, LeadInProgressError):  # maybe by the same page
            verdict = told(self._ask(lead))
        # Where something of it is taken, as much is entered as can be: at least its number.
        others = iter([(lead, True), (Lead(lead.phone_number), False)])
        while isinstance(verdict, DuplicateLeadError) or (
            isinstance(verdict, Unsettled) and not verdict.is_same
        ):
            why = why or _taken(verdict)
            other, same_number = next(others)
            verdict = told(self._ask(other, same_number=same_number))
        if isinstance(verdict, LeadInProgressError):
            return asked.entry(Kind.BUSY, "somebody is adding it at this moment")
        if isinstance(verdict, AddedLead):
            if not why and verdict.lead_id != asked.lead_id:
                why = f"the ledger has this lead with the lead id {verdict.lead_id}"
            return asked.entry(Kind.CONFLICT if why else Kind.KNOWN, why)
        if isinstance(verdict, Claim):
            told(self._finish(verdict, asked))
        else:  # it was sent, and its outcome was unknown
            told(self.ledger.prove(self.api, verdict.record, asked.lead_id))
        return asked.entry(Kind.CONFLICT if why else Kind.ENTERED, why)

    def _ask(self, lead: Lead, *, same_number: bool = False) -> Future[Verdict]:
        return self.ledger.claim(
            self.api, self.campaign_id, lead, secrets.token_hex(8), PATIENCE,
            resend=False, same_number=same_number,
        )  # fmt: skip

    def _finish(self, claim: Claim, asked: _Asked) -> Future[None]:
        return self.ledger.finish(self.api, claim, AddedLead(asked.lead_id, asked.lead))


def _taken(verdict: DuplicateLeadError | Unsettled) -> str:
    """What of a lead is another's."""
    if isinstance(verdict, Unsettled):
        return "a lead with its number or its external id was sent, and its outcome is unknown"
    return str(verdict).partition(";")[0]


def to_lead_of_platform(found: Mapping[str, Any], region: str | None) -> Lead | InvalidLeadError:
    """The lead as it would be sent, without what could not be; why it has no number that could."""
    fields = {"external_id": found.get("externalId"), "call_data": found.get("callData")}
    fields = {name: value for name, value in fields.items() if value not in ("", {}, None)}
    number: Any = found.get("phoneNumber")
    try:
        return Lead(number, region=region, **fields)
    except InvalidLeadError as error:
        wrong = {name.partition(".")[0] for name in error.errors}
        if "phone_number" in wrong:
            return error
    fields = {name: value for name, value in fields.items() if name not in wrong}
    return Lead(number, region=region, **fields)
