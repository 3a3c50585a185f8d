"""The errors that this library raises.

    NLPearlError                        .outcome says what became of the lead
    ├── ConfigurationError              the key, the base URL, a closed client           NOT_SENT
    ├── InvalidArgumentError            also a ValueError                                NOT_SENT
    │   └── InvalidLeadError            .errors: argument → messages
    │       └── InvalidTimeZoneError
    ├── LedgerError                     the ledger's file cannot be used                 NOT_SENT
    ├── DuplicateLeadError              the ledger has this row                          NOT_SENT
    ├── UnsettledLeadError              an earlier run never learnt this row's end       UNKNOWN
    ├── APIConnectionError              no answer came                       NOT_SENT or UNKNOWN
    │   └── APITimeoutError             the time was over                    NOT_SENT or UNKNOWN
    └── APIStatusError                  an answer came; .status_code, .errors, .problem, …
        ├── BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403,
        │   NotFoundError 404, ConflictError 409, RateLimitError 429             REFUSED
        ├── ServerError                 408, 5xx and above                               UNKNOWN
        └── UnexpectedResponseError     a 2xx that cannot be read                        UNKNOWN

All hold plain values only, so they pickle and copy; none holds the key. What an answer means is
decided in answers.py, not here.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Self


class Outcome(enum.Enum):
    """What an error says about the lead: whether it may stand in the campaign."""

    #: Nothing of the request left this machine. Adding the lead again is safe.
    NOT_SENT = "not sent"
    #: The API answered that it did not take the lead. Mend the cause, then add it again.
    REFUSED = "refused"
    #: The request, or a part of it, went out and no usable answer came. The lead may exist.
    UNKNOWN = "unknown"


UNKNOWN_HINT = (
    "The lead may exist. Look it up by its external id; if you find it, do not add it again; "
    "not finding it proves nothing."
)


class NLPearlError(Exception):
    """Any error of this library."""

    #: What became of the lead.
    outcome: Outcome = Outcome.NOT_SENT


class ConfigurationError(NLPearlError):
    """The client cannot work as it was set up: the key, the base URL, an extra, a closed client."""


class InvalidArgumentError(NLPearlError, ValueError):
    """An argument that cannot be sent; the message names it, its value and the way out."""


class InvalidLeadError(InvalidArgumentError):
    """A lead that cannot be sent, with every fault of it at once."""

    #: Argument name (``phone_number``, ``call_data.age``, …) to messages.
    errors: dict[str, list[str]]

    def __init__(self, message: str = "", *, errors: Mapping[str, Sequence[str]] = {}) -> None:
        super().__init__(message)
        self.errors = {name: list(messages) for name, messages in errors.items()}

    @classmethod
    def of(cls, errors: Mapping[str, Sequence[str]]) -> Self:
        """The error of these faults, its message put together from them."""
        return cls(complaint(errors), errors=errors)


class InvalidTimeZoneError(InvalidLeadError):
    """A time zone for which there is no Windows id, or none that is certain."""


class LedgerError(NLPearlError):
    """A ledger's file that cannot be used, is in use, or was written by a newer version."""


class DuplicateLeadError(NLPearlError):
    """The ledger has this row already, or this external id with other content."""


class UnsettledLeadError(NLPearlError):
    """An earlier run sent this row and never learnt its end."""

    outcome: Outcome = Outcome.UNKNOWN


class APIConnectionError(NLPearlError):
    """No answer came. `outcome` is NOT_SENT if no byte of the request can have left."""

    def __init__(self, message: str = "", *, outcome: Outcome = Outcome.UNKNOWN) -> None:
        super().__init__(message)
        self.outcome = outcome


class APITimeoutError(APIConnectionError):
    """The time of the call was over; the message says how far the call had come."""


class APIStatusError(NLPearlError):
    """The API answered, and not with a lead id."""

    outcome: Outcome = Outcome.REFUSED

    #: The status of the answer.
    status_code: int
    #: The body, if it is a JSON object (problem details, RFC 9457), as the server wrote it.
    problem: dict[str, Any] | None
    #: Argument name to messages, in the shape of `InvalidLeadError.errors`.
    errors: dict[str, list[str]]
    #: The answer's headers with lower-case names, without cookies.
    headers: dict[str, str]
    #: The answer's body as text, up to 1 MiB of it.
    body: str
    #: The server's name for this request; quote it to the vendor's support.
    trace_id: str | None
    #: Seconds after which the server wants to be asked again, if it said so.
    retry_after: float | None

    def __init__(
        self,
        message: str = "",
        *,
        status_code: int = 0,
        problem: dict[str, Any] | None = None,
        errors: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
        body: str = "",
        trace_id: str | None = None,
        retry_after: float | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.problem = problem
        self.errors = errors or {}
        self.headers = headers or {}
        self.body = body
        self.trace_id = trace_id
        self.retry_after = retry_after
        if outcome is not None:
            self.outcome = outcome


class BadRequestError(APIStatusError):
    """400: the API refused the lead; `errors` says which argument and why."""


class AuthenticationError(APIStatusError):
    """401: the API does not know this key."""


class PermissionDeniedError(APIStatusError):
    """403: the key is known and may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such outbound campaign for this key."""


class ConflictError(APIStatusError):
    """409: the lead contradicts what the campaign holds."""


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` says how long to wait, if the server did."""


class ServerError(APIStatusError):
    """408, 5xx or above: the server failed, before or after it added the lead."""

    outcome: Outcome = Outcome.UNKNOWN


class UnexpectedResponseError(APIStatusError):
    """A success that cannot be read, or has no lead id. The lead was probably added."""

    outcome: Outcome = Outcome.UNKNOWN


def complaint(errors: Mapping[str, Sequence[str]]) -> str:
    """All faults on one line, each behind the name of its argument."""
    return "; ".join(
        f"{name}: {message}" if name else message
        for name, messages in errors.items()
        for message in messages
    )
