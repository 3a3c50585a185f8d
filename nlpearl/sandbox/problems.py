"""What a refusal looks like: the responses of ASP.NET Core, problem details (RFC 9457) mostly.

What is wrong with a body is read from jsonschema's errors; no rule about a lead is written here,
and no value of a lead gets into a response.
"""

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from werkzeug import Response

# Where RFC 9110 defines a status, as ProblemDetailsDefaults of ASP.NET Core 8 has it in "type".
_SECTIONS = {
    400: "15.5.1",
    403: "15.5.4",
    404: "15.5.5",
    405: "15.5.6",
    408: "15.5.9",
    409: "15.5.10",
    415: "15.5.16",
    422: "15.5.21",
    500: "15.6.1",
    502: "15.6.3",
    503: "15.6.4",
    504: "15.6.5",
}

# What System.Text.Json converts the types of JSON Schema to.
_SYSTEM_TYPES = {
    "string": "System.String",
    "integer": "System.Int32",
    "number": "System.Double",
    "boolean": "System.Boolean",
}


class SchemaError(Protocol):
    """What is read of a jsonschema.ValidationError: that package brings no types."""

    validator: str
    validator_value: Any
    absolute_path: Iterable[str | int]
    instance: Any
    schema: Any


NO_BODY = {"": ["A non-empty request body is required."]}
NO_JSON = {"$": ["The input is not valid JSON. Path: $ | LineNumber: 0 | BytePositionInLine: 0."]}


def empty(status: int, **headers: str) -> Response:
    """A response without a body."""
    response = Response(status=status, headers=headers)
    del response.headers["Content-Type"]
    return response


def unauthorized() -> Response:
    return empty(401, **{"WWW-Authenticate": "Bearer"})


def problem(status: int, errors: Mapping[str, Sequence[str]] | None = None) -> Response:
    """Problem details: with `errors` those of a validation, else those of the status alone."""
    details: dict[str, object] = {}
    if status in _SECTIONS:
        details["type"] = f"https://tools.ietf.org/html/rfc9110#section-{_SECTIONS[status]}"
    details["title"] = _title(status)
    details["status"] = status
    if errors is not None:
        details["title"] = "One or more validation errors occurred."
        details["errors"] = errors
    # W3C Trace Context, version 00, not sampled.
    details["traceId"] = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    return Response(json.dumps(details), status, content_type="application/problem+json")


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # 520 and its like
        return "Unknown"


def body_errors(found: Iterable[SchemaError]) -> dict[str, list[str]]:
    """The `errors` of a 400: keys and messages as ASP.NET Core writes them."""
    errors: dict[str, list[str]] = {}
    for error in found:
        for key, message in _messages(error):
            if message not in errors.setdefault(key, []):
                errors[key].append(message)
    return errors


def _messages(error: SchemaError) -> Iterator[tuple[str, str]]:
    path = list(error.absolute_path)
    value: object = error.instance
    match error.validator, error.validator_value:
        case "required", names:
            yield from (_required([*path, name]) for name in names if name not in error.instance)
        case "additionalProperties", _:
            known: Mapping[str, object] = error.schema.get("properties", {})
            for name in error.instance:
                if name not in known:
                    yield (
                        _json_path([*path, name]),
                        f"The JSON property '{name}' could not be mapped to any .NET member.",
                    )
        case "type", _ if value is None and not path:
            yield "", NO_BODY[""][0]
        case ("type", _) | ("minLength", 1) if value in (None, "") and len(path) == 1:
            # [Required], of which both follow: a string that is neither null nor empty.
            yield _required(path)
        case "type", kind:
            at = _json_path(path)
            yield (
                at,
                f"The JSON value could not be converted to "
                f"{_SYSTEM_TYPES.get(str(kind), 'System.Object')}. "
                f"Path: {at} | LineNumber: 0 | BytePositionInLine: 0.",
            )
        case _:
            yield _member(path), f"The field {_member(path)} is invalid."


def _required(path: Sequence[str | int]) -> tuple[str, str]:
    return _member(path), f"The {_member(path)} field is required."


def _member(path: Sequence[str | int]) -> str:
    """``PhoneNumber`` for a property of the body, a JSON path for what lies deeper."""
    if len(path) == 1 and isinstance(path[0], str):
        return path[0][:1].upper() + path[0][1:]
    return _json_path(path)


def _json_path(path: Sequence[str | int]) -> str:
    """``$.callData.age``, ``$.callData['first name']``, as System.Text.Json writes paths."""
    text = "$"
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.search(r"[. '/\"\[\]()\t\n\r\f\b\\\u0085\u2028\u2029]", part):
            text += f"['{part}']"
        else:
            text += f".{part}"
    return text
