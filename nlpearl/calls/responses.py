"""What a response means: status, headers and body → an error. Pure.

The status alone decides: a 4xx other than 408 is REJECTED, however broken its body; any other
status that is not a 2xx is UNKNOWN. So is the 400 of an operation that writes several things: the
vendor documents that some of them may have been done.
"""

import email.utils
import http
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from ..errors import (
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
    summary,
)
from ..privacy import mask_all

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
    401: "Check the API key: AccountId:SecretKey, of the workspace that owns the campaign.",
    403: "The API key is valid but may not do this. Use one of the workspace that owns the "
    "campaign.",
    429: "The API limits the rate. Nothing was changed; send fewer requests at a time.",
}

_SHORT = 300  # characters of a server's text in an error; all of it is in .body


def status_error(
    status: int,
    headers: Mapping[str, str],
    body: str,
    *,
    private: Mapping[str, str],
    arguments: Mapping[str, str],
    unknown: str,
    not_found: str,
    is_batch: bool = False,
    why: str = "",
) -> APIStatusError:
    """The error of a response that is not a success, or of a 2xx that cannot be used: `why`.

    `headers` have lower-case names. `private`, `arguments`, `unknown`, `not_found` and
    `is_batch` are those of the `Operation`.
    """

    def shown(text: str) -> str:
        for secret, name in private.items():
            text = text.replace(secret, name)
        return _shortened(mask_all(text))

    problem = json_object(body)
    said = _errors(problem, arguments)
    errors = {shown(name): [shown(message) for message in said[name]] for name in said}
    trace = problem.get("traceId") if problem else None
    kind = _kind(status)
    outcome = kind.outcome if kind is not APIStatusError or 400 <= status < 500 else Outcome.UNKNOWN
    if is_batch and kind is BadRequestError:
        outcome = Outcome.UNKNOWN
    message = f"{status} {shown(summary(said) or why or _summary(status, problem, body))}"
    if isinstance(trace, str):
        trace = _shortened(trace)
        message += f" (trace id {trace})"
    hint = not_found if status == 404 else _HINTS.get(status)
    if outcome is Outcome.UNKNOWN:
        hint = unknown
    if 300 <= status < 400:
        hint = f"Redirects are not followed: a lead is personal data. {unknown}"
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


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object that the text is; None if it is anything else."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def _errors(problem: dict[str, Any] | None, arguments: Mapping[str, str]) -> dict[str, list[str]]:
    found: object = problem.get("errors") if problem else None
    if not isinstance(found, dict):
        return {}
    errors: dict[str, list[str]] = {}
    for key, said in cast(dict[str, object], found).items():
        messages = cast(list[object], said) if isinstance(said, list) else [said]
        errors.setdefault(argument_name(key, arguments), []).extend(
            item if isinstance(item, str) else json.dumps(item) for item in messages
        )
    return errors


def argument_name(key: str, arguments: Mapping[str, str]) -> str:
    """``PhoneNumber``, ``$.callData.age``, ``$.callData['age']`` → our argument's name.

    A name that is not known stays as it is.
    """
    match = re.fullmatch(r"(?:\$\.)?(\w+)(.*)", key, re.DOTALL)
    ours = arguments.get(match[1].lower()) if match else None
    if match is None or ours is None:
        return key
    return ours + re.sub(r"\[['\"]?(.*?)['\"]?\]", r".\1", match[2])


def _summary(status: int, problem: dict[str, Any] | None, text: str) -> str:
    """The best words for a response without field errors: its own, else those of the status."""
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
        return "no reason given"


def _shortened(text: str) -> str:
    """One line without control characters, so that no server can forge a line of a log."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for (RFC 9110: a number or a date), None if it is neither.

    A date is counted from the response's own Date, so that a wrong clock here does no harm; one
    that is past means now. A negative number counts as neither.
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
    """The time in a header such as Date; None if it is not a date."""
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
