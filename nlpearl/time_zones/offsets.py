"""Offsets from UTC in a text, and how far they are from a zone's own. Pure.

An offset never chooses a zone and never overrules a name: it changes with the season and with the
age of the data. It can only show that a text contradicts itself.
"""

import re
from functools import cache

from .windows_names import DISPLAY_NAMES

_NUMBER = r"([+–-]) ?(1[0-4]|0?\d)(?::([0-5]?\d)|([0-5]\d))?(?! ?\d)"
# "UTC-5", "GMT +05:30", "GMT-0500"; "-05:00" and "-0500" only where they are not part of a date.
_OFFSET = re.compile(
    rf"\b(?:UTC|GMT) ?{_NUMBER}|(?<![\w:+-])([+-])(\d\d):?([0-5]\d)(?! ?\d)", re.IGNORECASE
)
# Before or after a name: "(UTC-05:00) …", "(GMT) …", "UTC -05:00 …", "… (GMT-5)". Where brackets
# follow it, it is the end of a date in JavaScript: "GMT-0500 (EST)".
_BEFORE = re.compile(
    rf"(\( ?(?:UTC|GMT)(?: ?{_NUMBER})? ?\)|(?:UTC|GMT) ?{_NUMBER}(?! ?\()) ?", re.IGNORECASE
)
_AFTER = re.compile(rf" ?(\( ?(?:UTC|GMT) ?{_NUMBER} ?\))$", re.IGNORECASE)


def offsets(text: str) -> list[int]:
    """Every offset in the text, in minutes east of UTC."""
    found: list[int] = []
    for match in _OFFSET.finditer(text):
        sign, hours, *minutes = [group for group in match.groups() if group]
        east = int(hours) * 60 + int(minutes[0] if minutes else 0)
        found.append(east if sign == "+" else -east)
    return found


def minutes_ahead(offset: int, id_: str) -> int:
    """How far an offset is ahead of the zone's own without summer time; 0 if that is not known."""
    return offset - _own_offsets().get(id_, offset)


def without_offset(text: str) -> tuple[str, list[int]]:
    """The text without the offset before or after it, and that offset."""
    match = _BEFORE.match(text)
    if match:
        return text[match.end() :], offsets(match[1]) or [0]
    match = _AFTER.search(text)
    if match:
        return text[: match.start()], offsets(match[1])
    return text, []


@cache
def _own_offsets() -> dict[str, int]:
    return {id_: (offsets(name) or [0])[0] for id_, name in DISPLAY_NAMES.items()}
