"""What a row may come to, in the words of the results file and the terminal. Pure."""

from enum import StrEnum

from ..errors import InvalidLeadError, NLPearlError, Outcome
from ..leads.results import LeadResult


class Status(StrEnum):
    """In the order in which they are shown."""

    ADDED = "added"
    #: By an earlier run; nothing was sent now.
    EARLIER = "added earlier"
    INVALID = "invalid"
    NOT_SENT = "not sent"
    REJECTED = "rejected"
    #: It may have been added.
    UNKNOWN = "unknown"
    #: Not processed yet.
    PENDING = "pending"

    @property
    def is_added(self) -> bool:
        return self in (Status.ADDED, Status.EARLIER)


_STATUS = {
    Outcome.NOT_SENT: Status.NOT_SENT,
    Outcome.REJECTED: Status.REJECTED,
    Outcome.UNKNOWN: Status.UNKNOWN,
}


def status_of(result: LeadResult) -> Status:
    if result.added is not None:
        return Status.EARLIER if result.added.earlier else Status.ADDED
    assert result.error is not None
    return status_of_error(result.error)


def status_of_error(error: NLPearlError) -> Status:
    return Status.INVALID if isinstance(error, InvalidLeadError) else _STATUS[error.outcome]
