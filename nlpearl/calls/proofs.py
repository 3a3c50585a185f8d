"""What a lookup proves of a lead whose outcome is unknown. Pure."""

from collections.abc import Callable
from datetime import datetime

from ..errors import BadRequestError, NLPearlError, NotFoundError
from ..leads.results import FoundLead


def is_absent(error: NLPearlError) -> bool:
    """Whether an error of a lookup means that there is no such lead.

    The API does not document how it says so: a 404, and a 400 that names no other argument.
    """
    if isinstance(error, BadRequestError):
        return not error.errors or set(error.errors) == {"external_id"}
    return isinstance(error, NotFoundError)


def why_no_proof(
    found: FoundLead, is_number: Callable[[str], bool], began: datetime | None, why: str
) -> str | None:
    """Why this is not certainly the lead that was sent; None if it is.

    `is_number`: whether it was sent with this phone number. `began`: when sending it began, by the
    server's clock; None if that is not known, and `why`.
    """
    if found.phone_number is None or not is_number(found.phone_number):
        return "found one with another phone number"
    if found.created is None:
        return "found one without a date that says when it was added"
    if began is None:
        return f"found one, which proves nothing: {why}"
    if found.created <= began:
        return "found one that was added before this one was sent"
    return None
