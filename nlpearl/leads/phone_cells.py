"""What stands in a phone column: digits and the signs between them, or what is in the way.

The forms are those of 38 public reports (2026-11). No list of words: whatever is not a digit, or a
sign that people put between digits, is an error that quotes it.
"""

import re
import unicodedata
from typing import Any, NamedTuple, cast

from .values import is_missing, to_builtin, type_name

EXAMPLE = "'+14155550123'"

# More than any spelling of a number takes.
_LONGEST = 100
# How much of what is in the way a message shows.
_QUOTED = 20

# One wrapper of a spreadsheet or a mail, one of a link or an export (p: is Meta's).
_WRAPPED = re.compile(r"'(.*)|=\"(.*)\"|<(.*)>").fullmatch
_LINK = re.compile(r"(?:tel|callto|whatsapp|p):(.*)", re.IGNORECASE).fullmatch

_FRACTION = re.compile(r"(\+?[0-9]+)\.([0-9]+)").fullmatch
_EXPONENT = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?E[-+]?[0-9]+", re.IGNORECASE).fullmatch
# Brazil: xx stands for a carrier of one's choice, as in (0xx11).
_CARRIER = re.compile(r"((?:\+55)?[ (]*0) ?xx(?= ?-?[ )]*[0-9])", re.IGNORECASE)

# Between two digits at most one dot, hyphen or slash: two stand for hidden digits (``..``, ``--``).
_WELL_FORMED = re.compile(
    r"[ (]*(?:\+[ (]*)?[0-9](?:[ ()]*(?:[-./][ ()]*)?[0-9])*[ )]*\.?"
).fullmatch
_FOREIGN = re.compile(r"\(?[^0-9 +./()-](?:[^0-9]*[^0-9 +./()-])?[.)]*")
# A hyphen in a bracket is a range, as in (9-17), unless a country code opens it, as in (+1-415).
_BRACKET = re.compile(r"\((?: *\+[-. 0-9]*| *[0-9][ 0-9]*)\)")
_CODE_AND_ZERO = re.compile(r"\(?\+?\(?([0-9]+)\)?\(0\)").match
_SIGNS = str.maketrans("", "", " +./()-")

# Hyphens, dashes, minus signs, and Japan's long vowel, which looks like one. The wave is a range.
_DASHES = {*map(chr, range(0x2010, 0x2016)), "\u2212", "\u30fc", "\ufe58", "\ufe63"}

_ROUNDED = (
    "a spreadsheet has rounded it or computed with it; make the column text there, and export it "
    "again"
)


class Spelling(NamedTuple):
    """A cell with nothing in it but a number."""

    digits: str
    #: Whether a + stands in front.
    plus: bool
    #: How many digits stand in front of a ``(0)``, which makes a country code of them; else 0.
    zero: int
    #: How many digits stand in front of the first slash, of the last bracket (0: there is none),
    #: and of further slashes: what follows may be a second number, or a note.
    breaks: tuple[int, ...]


def to_text(value: object) -> str:
    """The cell as text, a whole number as its digits; ValueError if it can be no phone number."""
    if isinstance(value, str):
        return str.__str__(value)
    number = to_builtin(value)
    if is_missing(number):
        raise ValueError(f"it is missing; pass a string such as {EXAMPLE}")
    from decimal import Decimal

    if isinstance(number, int) and not isinstance(number, bool):
        return str(number)  # a ValueError of its own for more than 4,300 digits
    if isinstance(number, float):
        # numpy.float32 has seven digits: a longer number is the same as the number after it.
        if not isinstance(value, float) and cast(Any, value) + 1 == value:
            raise ValueError(f"{type_name(value)} is too short for it; {_ROUNDED}")
        return float.__repr__(number)
    if isinstance(number, Decimal):
        return str(number)
    raise ValueError(f"a phone number is a string such as {EXAMPLE}, not {type_name(value)}")


def folded(text: str) -> str:
    """The text as a plain keyboard has it, without what other programs put around it."""
    if not text.isascii():
        text = "".join(map(_folded, text))
    text = text.strip()
    for wrapper in (_WRAPPED, _LINK):
        found = wrapper(text)
        if found is not None:
            text = found[found.lastindex or 0].strip()
    return text


def _folded(character: str) -> str:
    """Blanks, dashes, full width and digits of other scripts as ASCII; what is invisible, gone."""
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character in _DASHES:
        return "-"
    return chr(ord(character) - 0xFEE0) if "\uff01" <= character <= "\uff5e" else character


def spelling(text: str, region: str | None) -> Spelling:
    """A folded text taken apart; ValueError quotes what is not a part of one number."""
    if len(text) > _LONGEST:
        raise ValueError("it is too long for a phone number")
    text = _without_customs(text, region)
    number = _FRACTION(text)
    if number is not None and (number[2] in ("0", "00") or len(number[1]) >= 7):
        if number[2].strip("0"):
            raise ValueError(f"it has a fraction; {_ROUNDED}")
        text = number[1]
    if not _WELL_FORMED(text):
        raise ValueError(_in_the_way(text))
    if "(" in text or ")" in text:
        return _with_brackets(text)
    breaks = _breaks(text) if "/" in text else ()
    return Spelling(_digits(text), text.startswith("+"), 0, breaks)


def _without_customs(text: str, region: str | None) -> str:
    """The text without a sign that only one country has in its numbers."""
    if text.startswith("8~10"):
        return text.replace("~", "", 1)  # Russia and its neighbors, calling abroad: 8, a pause, 10
    if region == "LT":
        return text.replace("(0-", "(0", 1)  # (0-388) 12345
    if region == "BR" or text.startswith("+55"):
        return _CARRIER.sub(r"\1", text, count=1)
    return text


def _with_brackets(text: str) -> Spelling:
    if text.startswith("(") and text.endswith(")") and text.count("(") == text.count(")") == 1:
        return spelling(text[1:-1].strip(), None)  # around it all
    rest = _BRACKET.sub("", text)
    if "(" in rest or ")" in rest:
        raise ValueError("its brackets hold more than an area code; pass the number without them")
    compact = re.sub(r"[-. /]", "", text)
    code = _CODE_AND_ZERO(compact)
    if code is None and "(0)" in compact[1:]:
        raise ValueError("a (0) stands behind more than a country code; leave it out")
    return Spelling(_digits(text), "+" in text, len(code[1]) if code else 0, _breaks(text))


def _digits(text: str) -> str:
    return text.translate(_SIGNS)


def _breaks(text: str) -> tuple[int, ...]:
    slashes = [place for place, sign in enumerate(text) if sign == "/"] or [0]
    places = [slashes[0], max(0, text.rfind("(")), *slashes[1:]]
    return tuple(len(_digits(text[:place])) for place in places)


def _in_the_way(text: str) -> str:
    """What keeps the text from being one number, and what to do about it."""
    if _EXPONENT(text):
        return f"it is written with an exponent; {_ROUNDED}"
    pieces: list[str] = _FOREIGN.findall(text)
    quoted = repr(" … ".join(pieces)[:_QUOTED]) if pieces else ""
    if not re.search(r"[0-9]", text):
        shown = f" ({quoted})" if quoted else ""
        return f"there is no digit in it{shown}; pass a number such as {EXAMPLE}"
    if quoted:
        return (
            f"{quoted} is not a part of a phone number; pass the number alone, without names, "
            "notes, extensions, hidden digits or a second number"
        )
    if text.startswith("-"):
        return f"it begins with a minus; {_ROUNDED}"
    if "+" in text:
        return f"a + stands once, in front of a country code; pass one number, such as {EXAMPLE}"
    return "digits are missing between its signs, or behind them; pass all of them"
