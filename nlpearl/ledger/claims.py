"""What a row of the ledger means for a lead that is about to be sent. Pure."""

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ..errors import DuplicateLeadError, NLPearlError, Outcome, UnsettledLeadError
from ..leads.lead import Lead
from ..leads.results import AddedLead


class State(StrEnum):
    """The states of a row."""

    SENDING = "sending"
    ADDED = "added"
    UNKNOWN = "unknown"
    NOT_ADDED = "not added"


class Claim(NamedTuple):
    """A lead that may be sent now, as the ledger identifies it."""

    row: bytes
    content: bytes
    lead: Lead


class Unsettled(NamedTuple):
    """A lead that an earlier run sent, and whose outcome is unknown."""

    claim: Claim
    sent: datetime
    error: UnsettledLeadError


class Known(NamedTuple):
    """What the ledger has of a row."""

    content: bytes
    state: str
    lead_id: str
    sent: str
    #: Whether this run has read the row before.
    is_repeated: bool


#: What a ledger answers: that the lead may be sent, that it was added, or why it may not be sent.
Verdict = Claim | AddedLead | DuplicateLeadError | Unsettled


def claim(lead: Lead, salt: bytes, campaign: tuple[str, str]) -> Claim:
    """How the ledger identifies a lead: by its external id, else by its content."""

    def digest(*parts: object) -> bytes:
        return hashlib.sha256(salt + json.dumps(parts).encode()).digest()

    data = lead.call_data
    content = digest(
        lead.phone_number,
        lead.external_id,
        lead.time_zone,
        None if data is None else sorted(data.items()),
    )
    known_by = ["content", content.hex()]
    if lead.external_id is not None:
        known_by = ["external id", lead.external_id]
    return Claim(digest(*campaign, *known_by), content, lead)


def decide(asked: Claim, known: Known, *, resend: bool) -> Verdict:
    """What a row that is known means for the lead. `resend`: send it also if it is unknown."""
    same = known.content == asked.content
    if known.is_repeated:
        what = "row" if same else "external id, with other content,"
        return DuplicateLeadError(f"the same {what} came earlier in this input")
    if known.state == State.NOT_ADDED or (resend and known.state != State.ADDED):
        return asked
    if known.state != State.ADDED:
        return Unsettled(asked, datetime.fromisoformat(known.sent), _unsettled())
    if same:
        return AddedLead(known.lead_id, asked.lead)
    return DuplicateLeadError(
        f"an earlier run added this external id with other content (lead id {known.lead_id}); a "
        "second lead for the same person needs a different external id"
    )


def _unsettled() -> UnsettledLeadError:
    return UnsettledLeadError(
        "an earlier run sent this lead but never got a response, so it may exist. Look it up by "
        "its external id; resend_unknown=True sends all such leads again, and calls anyone who was "
        "added twice"
    )


def state_of(ended: AddedLead | NLPearlError) -> State:
    """The state of a row after its lead was sent, or not."""
    if isinstance(ended, AddedLead):
        return State.ADDED
    return State.UNKNOWN if ended.outcome is Outcome.UNKNOWN else State.NOT_ADDED
