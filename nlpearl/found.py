"""A lead that was looked up, and what it proves of a lead whose answer was lost. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, cast

import attrs

from .errors import BadRequestError, InvalidArgumentError, NLPearlError, NotFoundError
from .leads import Lead
from .phone_numbers import masked


class LeadStatus(IntEnum):
    """What became of a lead on the platform, by the vendor's numbers (2026-11).

    A number that is not in this list is kept: ``LeadStatus(42)`` is equal to 42 and has the name
    ``UNKNOWN_42``.
    """

    NEW = 1
    NEED_RETRY = 10
    IN_CALL_QUEUE = 20
    WRONG_COUNTRY_CODE = 30
    ON_CALL = 40
    VOICE_MAIL_LEFT = 70
    SUCCESS = 100
    NOT_SUCCESSFUL = 110
    COMPLETE = 130
    UNREACHABLE = 150
    BLACKLISTED = 220
    QUEUE_ABANDON = 300
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
    """A lead as the platform shows it. What it leaves out or gives in another form is None."""

    lead_id: str
    external_id: str | None
    phone_number: str | None = attrs.field(repr=lambda number: repr(number and masked(number)))
    status: LeadStatus | None
    #: When it was added, aware of its zone; None also where the platform gave no offset, so that
    #: the moment is not known.
    created: datetime | None
    #: The offset of the lead's time zone, as the platform gives it: hours, such as ``"-5.0"``.
    time_zone_offset: str | None
    call_data: dict[str, Any] | None = attrs.field(repr=_keys, hash=False)


def to_found_lead(data: Mapping[str, object]) -> FoundLead | None:
    """The lead of an answer; None for one without an id, which is none."""
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


def is_absent(error: NLPearlError) -> bool:
    """Whether an error of the look-up says that there is no such lead.

    Nowhere is it said how the API says so: 404, and a 400 that complains of nothing else.
    """
    if isinstance(error, BadRequestError):
        return not error.errors or set(error.errors) == {"external_id"}
    return isinstance(error, NotFoundError)


def can_be_looked_up(external_id: str | None) -> bool:
    """Whether a path can carry it."""
    return external_id not in (None, ".", "..")


def check_can_be_looked_up(external_id: str) -> str:
    """The external id as a part of the path; InvalidArgumentError if no path can carry it."""
    if not can_be_looked_up(external_id):
        raise InvalidArgumentError(
            f"external_id={external_id!r} cannot be looked up: in a path it means a folder, and no "
            "quoting changes that; use other external ids"
        )
    return external_id


def why_no_proof(found: FoundLead, lead: Lead, started: datetime | None) -> str | None:
    """Why this is not certainly the lead that was sent; None if it is.

    `started` is when the sending began, by the server's clock; None if that is not known.
    """
    if found.phone_number != lead.phone_number:
        return "found one with another phone number"
    if found.created is None:
        return "found one without a date that says when it was added"
    if started is None:
        return "found one, but the answer has no Date to compare its age with"
    if found.created <= started:
        return "found one that is older than this call"
    return None


def started_by(answered: datetime | None, seconds: float) -> datetime | None:
    """When something began, by the clock of a server whose answer has this Date and came so many
    seconds later."""
    return None if answered is None else answered - timedelta(seconds=seconds)
