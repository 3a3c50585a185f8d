"""What is said about a time zone that is refused: why, and what to use instead. Pure.

Imported only then. What is accepted is decided in names.py and labels.py, what is proposed in
proposals.py.
"""

import re
import reprlib
from collections.abc import Sequence
from datetime import tzinfo

from ..privacy import mask_all
from .abbreviations import ABBREVIATIONS
from .labels import read
from .names import find, fold
from .proposals import one_of_each_id, proposals
from .table import REFUSED_NAMES, WINDOWS_TIME_ZONES

_USE_A_NAME = (
    "use an IANA name ('America/New_York') or a Windows time zone id ('Eastern Standard Time')"
)
# "UTC-8", "+03:00", "GMT+1", "5.5": none is an id or an IANA name, those have been tried before.
_OFFSET = re.compile(
    r"(utc|gmt|z)?\s*[+\-\u2212\u2013]?\s*\d{1,2}([:.]?\d{1,2}){0,2}", re.IGNORECASE
)
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60


def refusal(value: object, name: str | None) -> str:
    """Why `value`, called `name`, is not a time zone that can be sent, and what to use instead."""
    if name is None:
        return _of_object(value)
    text = " ".join(name.split())
    shown = mask_all(_SHORT.repr(str.__str__(name)))
    if not isinstance(value, str):
        shown = f"the {_kind(value)} {shown}"
    if not text:
        return f"{shown} is blank; {_USE_A_NAME}, or None for the campaign's own time zone"
    # In any case, but "West" is a direction.
    meant = ABBREVIATIONS.get(text if text.lower() == "west" else text.upper())
    if meant:
        why = _reason(text) or "an abbreviation, which does not name one zone everywhere all year"
        return f"{shown} is {why}; {_use(meant.split())}"
    names = read(text).names
    if len(names) > 1:
        return f"{shown} contains several IANA names; {_use(one_of_each_id(names))}"
    reason = _reason(names[0] if names else text)
    if reason:
        return f"{shown} is refused: {reason}; use a zone that has the clock of the lead"
    if names:
        return (
            f"{shown} contradicts itself: the zone of its IANA name does not have its offset; "
            "use the name alone if it is the right one"
        )
    if _OFFSET.fullmatch(text):
        return f"{shown} is an offset, which does not say when clocks change; {_USE_A_NAME}"
    found = proposals(text)
    if re.search(r"\b(?:daylight|summer)\b", text, re.IGNORECASE):
        return f"{shown} is a daylight-saving name; ids cover the whole year: {_use(found)}"
    did_you_mean = f"did you mean {_either(found)}?" if found else f"{_USE_A_NAME}."
    if re.match(r"\( ?(?:UTC|GMT)\b", text, re.IGNORECASE):
        return f"{shown} is a display name, not an id (`tzutil /l` lists both); {did_you_mean}"
    return (
        f"{shown} is not a Windows time zone id or an IANA name; {did_you_mean} (An id that is "
        "newer than this library can be sent with `client.low_level`, which does not check it.)"
    )


def _of_object(value: object) -> str:
    if isinstance(value, tzinfo):
        return (
            f"{_SHORT.repr(value)} (a {_kind(value)}) is a fixed offset or the zone of this "
            "machine, which does not say when the clock of the lead changes; use "
            "zoneinfo.ZoneInfo('America/New_York') or that name"
        )
    return f"must be a string or a tzinfo, not {type(value).__name__}; {_USE_A_NAME}"


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _reason(name: str) -> str | None:
    """Why an IANA name is refused."""
    return {fold(key): why for key, why in REFUSED_NAMES.items()}.get(fold(name))


def _use(names: Sequence[str]) -> str:
    if not names:
        return _USE_A_NAME
    return f"use {'one of ' if len(names) > 1 else ''}{', '.join(map(_with_id, names))}"


def _either(names: Sequence[str]) -> str:
    *others, last = map(_with_id, names)
    return f"{', '.join(others)} or {last}" if others else last


def _with_id(name: str) -> str:
    return repr(name) if name in WINDOWS_TIME_ZONES else f"{name!r} ({find(name)})"
