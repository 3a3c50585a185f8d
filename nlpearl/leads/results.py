"""What callers get: a lead that was added, one that was found, and the result of each row."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, cast

import attrs

from ..errors import NLPearlError, Outcome
from ..privacy import masked
from .lead import Lead


@attrs.frozen
class AddedLead:
    """A lead that was added."""

    #: The platform's id of the lead.
    lead_id: str
    #: The lead as it was sent, or would have been sent now.
    lead: Lead
    #: Whether the ledger knew it: nothing was sent now.
    earlier: bool = False
    #: Which of external_id, time_zone and call_data differ from what was sent earlier.
    differs: tuple[str, ...] = ()
    #: False: it was added, but the ledger could not be told.
    recorded: bool = True


@attrs.frozen
class LeadResult:
    """The result of one row of `add_leads`: either `added` or `error`, the other is None."""

    #: The position of the row in the input, from 0.
    position: int
    #: The row as it was passed.
    row: object = attrs.field(repr=False)
    #: The lead; None if the row is invalid.
    lead: Lead | None
    #: The lead that was added, now or in an earlier run of the ledger.
    added: AddedLead | None
    #: Why it was not added, or may not have been: see `outcome`.
    error: NLPearlError | None

    @property
    def outcome(self) -> Outcome:
        """ADDED, or the outcome of the error."""
        return Outcome.ADDED if self.error is None else self.error.outcome

    @property
    def lead_id(self) -> str | None:
        """The platform's id of the lead, if it was added."""
        return None if self.added is None else self.added.lead_id


@attrs.frozen
class UnsettledLead:
    """A lead in the ledger whose outcome is unknown."""

    #: The campaign, by its id in the ledger's version of the API.
    campaign_id: str
    #: Your own id for this lead, if it has one.
    external_id: str | None
    #: When it was sent, in UTC (ISO 8601).
    sent: str
    #: What is known of it, in words.
    known: str


class LeadStatus(IntEnum):
    """The status of a lead on the platform, by the vendor's numbers (2026-11).

    The vendor names the numbers and does not explain them. It is that of the lead's last call.
    A number that is not in this list is kept: ``LeadStatus(42)`` is equal to 42 and has the name
    ``UNKNOWN_42``.
    """

    #: 1, the vendor's ``New``.
    NEW = 1
    #: 10, the vendor's ``NeedRetry``.
    NEED_RETRY = 10
    #: 20, the vendor's ``InCallQueue``.
    IN_CALL_QUEUE = 20
    #: 30, the vendor's ``WrongCountryCode``.
    WRONG_COUNTRY_CODE = 30
    #: 40, the vendor's ``OnCall``.
    ON_CALL = 40
    #: 70, the vendor's ``VoiceMailLeft``.
    VOICE_MAIL_LEFT = 70
    #: 100, the vendor's ``Success``.
    SUCCESS = 100
    #: 110, the vendor's ``NotSuccessfull``.
    NOT_SUCCESSFUL = 110
    #: 130, the vendor's ``Complete``.
    COMPLETE = 130
    #: 150, the vendor's ``Unreachable``.
    UNREACHABLE = 150
    #: 220, the vendor's ``Blacklisted``.
    BLACKLISTED = 220
    #: 300, the vendor's ``QueueAbandon``.
    QUEUE_ABANDON = 300
    #: 500, the vendor's ``Error``.
    ERROR = 500

    @classmethod
    def _missing_(cls, value: object) -> "LeadStatus | None":
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member


def _keys(call_data: dict[str, Any] | None) -> str:
    return repr(None if call_data is None else list(call_data))


@attrs.frozen
class FoundLead:
    """A lead as the platform shows it. What it leaves out, or writes in another form, is None."""

    #: The platform's id of the lead.
    lead_id: str
    #: Your own id for this lead.
    external_id: str | None
    #: As the platform has it; a repr shows its last digits only.
    phone_number: str | None = attrs.field(repr=lambda number: repr(number and masked(number)))
    #: What has been done with the lead.
    status: LeadStatus | None
    #: When it was added, with its offset from UTC; None also if the platform gave no offset.
    created: datetime | None
    #: The offset of the lead's time zone, as the platform gives it: hours, such as ``"-5.0"``.
    time_zone_offset: str | None
    #: The variables of the conversation by name; a repr shows the names only.
    call_data: dict[str, Any] | None = attrs.field(repr=_keys, hash=False)


@attrs.frozen
class SettledLead:
    """A lead of the ledger whose outcome was unknown, and what is known of it now."""

    #: The campaign, by its id in the ledger's version of the API.
    campaign_id: str
    #: Your own id for this lead, if it has one.
    external_id: str | None
    #: When it was sent, in UTC (ISO 8601).
    sent: str
    #: ADDED if a lookup has proven it, and the ledger knows that now; else UNKNOWN.
    outcome: Outcome
    #: What the lookup saw, in words.
    seen: str
    #: What the lookup found, also if that proves nothing.
    found: FoundLead | None = None

    @property
    def lead_id(self) -> str | None:
        """The platform's id of the lead, if it was added."""
        return self.found.lead_id if self.found and self.outcome is Outcome.ADDED else None


def to_found_lead(data: Mapping[str, object]) -> FoundLead | None:
    """The lead of a response; None if it has no id."""
    lead_id = _text(data.get("id"))
    if lead_id is None:
        return None
    status = data.get("status")
    call_data = data.get("callData")
    offset = data.get("timeZone")
    return FoundLead(
        lead_id=lead_id,
        external_id=_text(data.get("externalId")),
        phone_number=_text(data.get("phoneNumber")),
        status=LeadStatus(status) if isinstance(status, int) else None,
        created=_moment(data.get("created")),
        time_zone_offset=str(offset) if isinstance(offset, (int, float)) else _text(offset),
        call_data=cast(dict[str, Any], call_data) if isinstance(call_data, dict) else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None
