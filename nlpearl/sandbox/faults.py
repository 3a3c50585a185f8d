"""What may go wrong on demand: one fault, checked when it is made. Pure.

How a fault looks on the wire stands in server.py.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

#: How a response is lost: the connection is closed without one, reset, left open without a word, or
#: closed halfway through the body.
Lost = Literal["close", "reset", "silence", "cut"]

_WITHOUT_BODY = {204, 205, 304}  # RFC 9110, 15.3.5, 15.3.6 and 15.4.5


@dataclass(frozen=True)
class Fault:
    """What is done to one request; the fields are the arguments of `Sandbox.inject_fault`."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    delay: float = 0.0
    garbage: bool = False
    lost: Lost | None = None
    stored: bool = True

    @property
    def responds(self) -> bool:
        """Whether a whole response is sent."""
        return self.lost is None and not self.garbage


def make_fault(
    *,
    status: int | None,
    headers: Mapping[str, str] | None,
    body: str | bytes | None,
    delay: float,
    retry_after: int | str | None,
    garbage: bool,
    lost: Lost | None,
    stored: bool | None,
) -> Fault:
    """The fault of these arguments; ValueError, with the reason, where they make none."""
    fields = dict(headers or {})
    if retry_after is not None:
        if any(name.lower() == "retry-after" for name in fields):
            raise ValueError("Retry-After is in headers and in retry_after; give it once")
        fields["Retry-After"] = str(retry_after)
        status = 429 if status is None else status
    fault = Fault(
        status=status,
        headers=fields,
        body=body.encode() if isinstance(body, str) else body,
        delay=delay,
        garbage=garbage,
        lost=lost,
        stored=not _refuses(status) if stored is None else stored,
    )
    wrong = _complaint(fault)
    if wrong:
        raise ValueError(wrong)
    return fault


def _refuses(status: int | None) -> bool:
    return status is not None and 400 <= status < 500


def _complaint(fault: Fault) -> str | None:
    given = fault.status is not None or fault.headers or fault.body is not None
    if not (given or fault.delay or fault.garbage or fault.lost):
        return "nothing to do: give a status, a delay, garbage, lost, …"
    if fault.status is not None and not 200 <= fault.status <= 599:
        return f"status={fault.status} must be from 200 to 599"
    if not 0 <= fault.delay < math.inf:
        return f"delay={fault.delay} must be a finite number of seconds, 0 or more"
    if fault.garbage and (given or fault.lost):
        return "garbage is not a response: it has no status, headers, body or Retry-After"
    if fault.lost is not None and fault.lost not in get_args(Lost):
        return f"lost={fault.lost!r} must be one of {', '.join(get_args(Lost))}"
    if fault.lost not in (None, "cut") and given:
        return f"lost={fault.lost!r} sends no response, so it has no status, headers or body"
    if fault.body and fault.status in _WITHOUT_BODY:
        return f"a response with status {fault.status} has no body"
    if fault.stored and _refuses(fault.status) and fault.status != 408:  # 408 says nothing of it
        return f"a {fault.status} rejects the lead, so none is stored"
    return _header_complaint(fault.headers)


def _header_complaint(headers: Mapping[str, str]) -> str | None:
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            return f"{name!r} is not a valid header name"
        if not re.fullmatch(r"[\t -~\x80-\xff]*", value):
            return f"the value of {name} holds what no header can carry: {value!r}"
    return None
