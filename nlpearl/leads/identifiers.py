"""Identifiers: the caller's own id of a lead, and the id of a campaign."""

import re
from typing import TYPE_CHECKING, TypeAlias

from ..errors import InvalidArgumentError, InvalidLeadError
from ..privacy import mask_all
from .call_data import to_text
from .values import is_missing, to_builtin, type_name

if TYPE_CHECKING:
    from uuid import UUID

    ExternalId: TypeAlias = str | int | UUID


# As spreadsheets write a long number: 1.2021E+17.
_ROUNDED = re.compile(r"-?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}", re.IGNORECASE).fullmatch


def to_external_id(value: object) -> str:
    """The caller's own id of a lead: a string that is not empty, or the text of an int or a UUID.

    Raises InvalidLeadError for anything else, and for what a spreadsheet has rounded: two people
    would have one id.
    """
    try:
        text = to_text(_checked(value))
        if not text.strip():
            raise ValueError("it is empty; pass your own id of the lead, or None")
        if "\0" in text:
            raise ValueError("it contains a NUL character; remove it")
        if _ROUNDED(text.strip()):
            raise ValueError(
                "a spreadsheet has rounded it, as its exponent shows; make the column text there, "
                "and export it again"
            )
    except ValueError as fault:
        complaint = str(fault)
    else:
        return text
    raise InvalidLeadError.of({"external_id": [complaint]})


def _checked(value: object) -> object:
    """A str, an int or a UUID; ValueError for anything else."""
    identifier = to_builtin(value)
    if isinstance(identifier, str | int) and not isinstance(identifier, bool):
        return identifier
    from uuid import UUID

    if isinstance(identifier, UUID):
        return identifier
    if identifier is not None and is_missing(identifier):
        raise ValueError("it is missing; pass your own id of the lead, or None")
    hint = ", which rounds a long number; pass it as text" if isinstance(identifier, float) else ""
    raise ValueError(f"it is a str, an int or a UUID, not {type_name(value)}{hint}")


def can_be_looked_up(external_id: str | None) -> bool:
    """Whether a path can contain it."""
    return external_id not in (None, ".", "..")


def check_can_be_looked_up(external_id: str) -> str:
    """The external id as a part of a path; InvalidArgumentError if no path can contain it."""
    if not can_be_looked_up(external_id):
        raise InvalidArgumentError(
            f"external_id={external_id!r} cannot be looked up: in a path it means a folder, and no "
            "quoting changes that; use other external ids"
        )
    return external_id


def check_campaign_id(campaign_id: object) -> str:
    """The id of a campaign as a part of a path; InvalidArgumentError if no path can contain it.

    The generated client would send ``..`` to another operation and ``None`` as a word.
    """
    if not isinstance(campaign_id, str):
        raise InvalidArgumentError(
            f"campaign_id must be a string of 24 hex digits, not {type_name(campaign_id)}"
        )
    if (
        campaign_id in ("", ".", "..")
        or not campaign_id.isprintable()
        or {"/", " "} & {*campaign_id}
    ):
        raise InvalidArgumentError(
            "campaign_id must be the campaign's id, 24 hex digits from its settings, not "
            f"{mask_all(ascii(campaign_id[:60]))}: it is empty, a dot, or contains a slash, a "
            "space or an invisible character"
        )
    return campaign_id
