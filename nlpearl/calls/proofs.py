"""What a lookup proves of a lead whose outcome is unknown. Pure."""

from datetime import datetime

from ..errors import BadRequestError, NLPearlError, NotFoundError
from ..leads.lead import Lead
from ..leads.results import FoundLead


def is_absent(error: NLPearlError) -> bool:
    """Whether an error of a lookup means that there is no such lead.

    The API does not document how it says so: a 404, and a 400 that names no other argument.
    """
    if isinstance(error, BadRequestError):
        return not error.errors or set(error.errors) == {"external_id"}
    return isinstance(error, NotFoundError)


def why_no_proof(found: FoundLead, lead: Lead, began: datetime | None) -> str | None:
    """Why this is not certainly the lead that was sent; None if it is.

    `began`: when sending it began, by the server's clock; None if that is not known.
    """
    if found.phone_number != lead.phone_number:
        return "found one with another phone number"
    if found.created is None:
        return "found one without a date that says when it was added"
    if began is None:
        return "found one, but the response has no Date to compare its age with"
    if found.created <= began:
        return "found one that is older than this call"
    return None
