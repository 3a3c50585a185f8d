"""The errors that this library raises.

    NLPearlError                        .outcome: whether the lead was added
    ├── ConfigurationError              the API key, the base URL, a closed client       NOT_SENT
    ├── InvalidArgumentError            also a ValueError                                NOT_SENT
    │   └── InvalidLeadError            .errors: argument → messages
    │       └── InvalidTimeZoneError
    ├── LedgerError                     the ledger cannot be used                        NOT_SENT
    ├── DuplicateLeadError              the ledger has this lead                         NOT_SENT
    ├── LeadInProgressError             another worker or program is adding it now       UNKNOWN
    ├── UnsettledLeadError              it was sent earlier, outcome unknown             UNKNOWN
    ├── APIConnectionError              no response                          NOT_SENT or UNKNOWN
    │   └── APITimeoutError             timed out                            NOT_SENT or UNKNOWN
    └── APIStatusError                  a response; .status_code, .errors, .problem, …
        ├── BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403,
        │   NotFoundError 404, ConflictError 409, RateLimitError 429             REJECTED
        ├── ServerError                 408, 5xx and above                               UNKNOWN
        └── UnexpectedResponseError     a 2xx that cannot be read                        UNKNOWN

All have plain values only, so they pickle and copy; none contains the API key. What a response
means is decided in calls/responses.py.

Where only an error's class and `args` are kept, as in Celery's JSON result store, `cls(*args)` has
its message and what `CARRIED` lists. `args` hold no body and no headers.
"""

import enum
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

from .privacy import mask_all

#: The attributes that `args` carry, beside the message, as plain JSON values.
CARRIED = (
    "outcome",
    "retryable",
    "campaign_id",
    "external_id",
    "status_code",
    "errors",
    "trace_id",
    "retry_after",
)


class Outcome(enum.Enum):
    """Whether a lead was added; for `operation`, whether it was done."""

    #: The lead is in the campaign.
    ADDED = "added"
    #: Nothing of the request left this machine. Adding the lead again is safe.
    NOT_SENT = "not sent"
    #: The API rejected the lead. Fix the cause, then add it again.
    REJECTED = "rejected"
    #: The request, or a part of it, was sent, and no usable response came. The lead may exist.
    UNKNOWN = "unknown"


class NLPearlError(Exception):
    """Any error of this library.

    Its `args` are the message and, if it has more to say, a dict of that.
    """

    args: tuple[Any, ...]
    #: Whether the lead was added.
    outcome: Outcome = Outcome.NOT_SENT
    #: Whether adding the lead again, as it is, is safe and may succeed.
    retryable: bool = False
    #: The campaign, if the error is about a lead of one.
    campaign_id: str | None = None
    #: Your own id of the lead, if the error is about a lead that has one.
    external_id: str | None = None

    def __init__(self, message: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        for name, value in (details or {}).items():
            if name in CARRIED:
                super().__setattr__(name, Outcome(value) if name == "outcome" else value)
        self._carry()

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name in CARRIED:
            self._carry()

    def _carry(self) -> None:
        """Let `args` say what the attributes say."""
        details = {name: vars(self)[name] for name in CARRIED if name in vars(self)}
        details = {name: _plain(name, value) for name, value in details.items()}
        details = {name: value for name, value in details.items() if value not in (None, {})}
        self.args = (str(self), details) if details else (str(self),)


class ConfigurationError(NLPearlError):
    """The client cannot work as it is: the API key, the base URL, an extra, a closed client."""


class InvalidArgumentError(NLPearlError, ValueError):
    """An invalid argument; the message names it, its value and what to pass instead."""


class InvalidLeadError(InvalidArgumentError):
    """An invalid lead; `errors` lists every problem by field."""

    #: Argument name (``phone_number``, ``call_data.age``, …) to messages.
    errors: dict[str, list[str]]

    def __init__(
        self,
        message: str = "",
        details: Mapping[str, Any] | None = None,
        *,
        errors: Mapping[str, Sequence[str]] = {},
    ) -> None:
        self.errors = {name: list(messages) for name, messages in errors.items()}
        super().__init__(message, details)

    @classmethod
    def of(cls, errors: Mapping[str, Sequence[str]]) -> Self:
        """The error of these problems, with a message made of them."""
        return cls(summary(errors), errors=errors)


class InvalidTimeZoneError(InvalidLeadError):
    """A time zone without a Windows id, or not certainly one."""


class LedgerError(NLPearlError):
    """The ledger cannot be used: its file, its disk, its database. Nothing was sent."""

    retryable: bool = True


class DuplicateLeadError(NLPearlError):
    """The phone number or the external id was added as another lead. Nothing was sent."""


class LeadInProgressError(NLPearlError):
    """Another worker or program is adding this lead now; wait `retry_after` seconds."""

    outcome: Outcome = Outcome.UNKNOWN
    retryable: bool = True

    def __init__(
        self,
        message: str = "",
        details: Mapping[str, Any] | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        #: Seconds until the claim is over.
        self.retry_after: float | None = retry_after
        super().__init__(message, details)


class UnsettledLeadError(NLPearlError):
    """This lead was sent earlier, and its outcome is unknown."""

    outcome: Outcome = Outcome.UNKNOWN


class APIConnectionError(NLPearlError):
    """No response. `outcome` is NOT_SENT if no byte of the request can have left this machine."""

    #: Whether it stays so until somebody corrects what the message names: a certificate, a proxy
    #: that refuses, a host name that does not exist. Not retried.
    is_permanent: bool = False

    def __init__(
        self,
        message: str = "",
        details: Mapping[str, Any] | None = None,
        *,
        outcome: Outcome = Outcome.UNKNOWN,
    ) -> None:
        self.outcome = outcome
        self.retryable: bool = outcome is Outcome.NOT_SENT
        super().__init__(message, details)


class APITimeoutError(APIConnectionError):
    """The call timed out; the message says what it was doing."""


class APIStatusError(NLPearlError):
    """The API responded, but not with what was asked for."""

    outcome: Outcome = Outcome.REJECTED

    #: The status of the response.
    status_code: int
    #: The body, if it is a JSON object (problem details, RFC 9457), as the server wrote it.
    problem: dict[str, Any] | None
    #: Argument name to messages, in the shape of `InvalidLeadError.errors`.
    errors: dict[str, list[str]]
    #: The response's headers with lower-case names, without cookies.
    headers: dict[str, str]
    #: The response's body as text, up to 1 MiB of it.
    body: str
    #: The server's id of this request; quote it to the vendor's support.
    trace_id: str | None
    #: Seconds to wait before the next try, if the server said so.
    retry_after: float | None

    def __init__(
        self,
        message: str = "",
        details: Mapping[str, Any] | None = None,
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
        self.status_code = status_code
        self.problem = problem
        self.errors = errors or {}
        self.headers = headers or {}
        self.body = body
        self.trace_id = trace_id
        self.retry_after = retry_after
        if outcome is not None:
            self.outcome = outcome
        super().__init__(message, details)


class BadRequestError(APIStatusError):
    """400: the API rejected what was sent; `errors` says which argument and why."""


class AuthenticationError(APIStatusError):
    """401: the API key is not valid."""


class PermissionDeniedError(APIStatusError):
    """403: the API key is valid, but may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such campaign for this API key, or no such thing in it."""


class ConflictError(APIStatusError):
    """409: the lead conflicts with what the campaign has."""


class RateLimitError(APIStatusError):
    """429: too many requests; wait `retry_after` seconds, if the server said how long."""

    retryable: bool = True


class ServerError(APIStatusError):
    """408, 5xx or above: the server failed, before or after it added the lead."""

    outcome: Outcome = Outcome.UNKNOWN


class UnexpectedResponseError(APIStatusError):
    """A success that cannot be read, or has no lead id. The lead was probably added."""

    outcome: Outcome = Outcome.UNKNOWN


def _plain(name: str, value: Any) -> Any:
    """A value as JSON has it; None for what `args` must not show, and what JSON does not have."""
    if isinstance(value, Outcome):
        return value.value
    if name == "external_id" and value != mask_all(value or ""):  # it looks like a phone number
        return None
    return None if value == math.inf else value


def summary(errors: Mapping[str, Sequence[str]]) -> str:
    """All problems on one line, each after the name of its argument."""
    return "; ".join(
        f"{name}: {message}" if name else message
        for name, messages in errors.items()
        for message in messages
    )
