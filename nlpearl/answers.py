"""What came back and what it means: status, headers and body → an error. Pure.

Once the status line is read it decides: a 4xx (but 408) is REFUSED however broken its body; any
other status but 2xx is UNKNOWN.
"""

import email.utils
import http
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from .errors import (
    UNKNOWN_HINT,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    Outcome,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
    complaint,
)
from .phone_numbers import mask_all

#: The API's names of what a caller passes, as ASP.NET may spell them, to ours.
ARGUMENTS = {
    "phonenumber": "phone_number",
    "externalid": "external_id",
    "timezoneid": "time_zone",
    "calldata": "call_data",
    "outboundid": "outbound_id",
}

_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ServerError,
    409: ConflictError,
    429: RateLimitError,
}

_HINTS = {
    401: "Check the key: it is AccountId:SecretKey, both of the workspace that owns the campaign.",
    403: "The key is known but may not do this. Use a key of the workspace that owns the campaign.",
    404: "Check the outbound id: it is not the pearl id that the platform's URL shows.",
    429: "The API limits the pace. Nothing was added; send fewer at a time.",
}

_SHORT = 300  # characters of a server's text in a message; the whole is in .body


def status_error(
    status: int,
    headers: Mapping[str, str],
    body: str,
    *,
    private: Mapping[str, str],
    why: str = "",
    unknown_hint: str = UNKNOWN_HINT,
) -> APIStatusError:
    """The error of an answer that is no success; `why` says what was wrong with a 2xx.

    `headers` have lower-case names. `private` maps texts of this call that no message may show
    to what stands in their place.
    """
    problem = _object(body)
    errors = _errors(problem)
    trace = problem.get("traceId") if problem else None
    kind = _kind(status)
    outcome = kind.outcome if kind is not APIStatusError or 400 <= status < 500 else Outcome.UNKNOWN
    said = complaint(errors) or why or _summary(status, problem, body)
    for secret, shown in private.items():
        said = said.replace(secret, shown)
    message = f"{status} {_shortened(mask_all(said))}"
    if isinstance(trace, str):
        message += f" (trace id {_shortened(trace)})"
    hint = unknown_hint if outcome is Outcome.UNKNOWN else _HINTS.get(status)
    if 300 <= status < 400:
        hint = f"Redirects are not followed: the body is personal data. {unknown_hint}"
    return kind(
        f"{message}\n{hint}" if hint else message,
        status_code=status,
        problem=problem,
        errors=errors,
        headers={name: value for name, value in headers.items() if "cookie" not in name},
        body=body,
        trace_id=trace if isinstance(trace, str) else None,
        retry_after=retry_after(headers),
        outcome=outcome,
    )


def _kind(status: int) -> type[APIStatusError]:
    if 200 <= status < 300:
        return UnexpectedResponseError
    if status >= 500:
        return ServerError
    return _BY_STATUS.get(status, APIStatusError)


def _object(text: str) -> dict[str, Any] | None:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def _errors(problem: dict[str, Any] | None) -> dict[str, list[str]]:
    found: object = problem.get("errors") if problem else None
    if not isinstance(found, dict):
        return {}
    errors: dict[str, list[str]] = {}
    for key, said in cast(dict[str, object], found).items():
        messages = cast(list[object], said) if isinstance(said, list) else [said]
        errors.setdefault(argument_name(key), []).extend(
            item if isinstance(item, str) else json.dumps(item) for item in messages
        )
    return errors


def argument_name(key: str) -> str:
    """``PhoneNumber``, ``$.callData.age``, ``$.callData['age']`` → our argument's name.

    What is not recognised stays as it is.
    """
    match = re.fullmatch(r"(?:\$\.)?(\w+)(.*)", key, re.DOTALL)
    ours = ARGUMENTS.get(match[1].lower()) if match else None
    if match is None or ours is None:
        return key
    return ours + re.sub(r"\[['\"]?(.*?)['\"]?\]", r".\1", match[2])


def _summary(status: int, problem: dict[str, Any] | None, text: str) -> str:
    """The best words for an answer without field errors: its own, else the status's."""
    if problem:
        for name in ("detail", "title", "message", "error"):
            if isinstance(problem.get(name), str) and problem[name].strip():
                return str(problem[name])
    page = re.search(r"<title[^>]*>(.*?)</title>", text, re.DOTALL | re.IGNORECASE)
    if page:
        from html import unescape  # its table of entities takes a millisecond or two to import

        text = unescape(page[1])
    elif "<html" in text.lower():
        text = "a page of HTML"
    if text.strip():
        return text
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "without a word of explanation"


def _shortened(text: str) -> str:
    """One line, without control characters: whatever a server wrote must not forge a log."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for (RFC 9110: a number or a date), None where it says nothing.

    A date is counted from the answer's own Date, so that a wrong clock here does no harm; one that
    is past means now. What is neither, a negative number included, says nothing.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return float(value)
    until = http_date(value)
    if until is None:
        return None
    now = http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def http_date(value: str) -> datetime | None:
    """What a header such as Date says; None if it is no date."""
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
