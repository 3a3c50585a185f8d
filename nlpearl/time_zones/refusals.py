"""What is said about a time zone that is refused: why, and what to pass instead. Pure.

Imported only then. Which names are accepted is decided in names.py.
"""

import difflib
import re
import reprlib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache

from ..privacy import mask_all
from .abbreviations import ABBREVIATIONS
from .names import find, fold
from .table import IANA_NAMES, REFUSED_NAMES, WINDOWS_TIME_ZONES
from .windows_names import STANDARD_NAMES

_NAME_ONE = "pass an IANA name ('America/New_York') or a Windows id ('Eastern Standard Time')"

# "UTC-8", "+03:00", "GMT+1", "5.5": none is an id or an IANA name, those have been tried before.
_OFFSET = re.compile(
    r"(utc|gmt|z)?\s*[+\-\u2212\u2013]?\s*\d{1,2}([:.]?\d{1,2}){0,2}", re.IGNORECASE
)
_DISPLAY_NAME = re.compile(r"\((?:utc|gmt)\s*(?:[+\-\u2212]\d\d:\d\d)?\)\s*(.+)", re.IGNORECASE)
# The last part of links such as Australia/West, which alone is no place.
_NO_PLACE = {
    "central",
    "east",
    "eastern",
    "general",
    "mountain",
    "north",
    "pacific",
    "south",
    "west",
}
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_CLOSE = 0.8  # of difflib's ratio; below it "Jerusalem" is close to "Russian"
_MOST = 3


def refusal(value: object, name: str | None) -> str:
    """Why `value`, called `name`, is no time zone that can be sent, and the way out."""
    if name is None:
        return _of_object(value)
    text = " ".join(name.split())
    shown = mask_all(_SHORT.repr(str.__str__(name)))
    if not isinstance(value, str):
        shown = f"the {_kind(value)} {shown}"
    if not text:
        return f"{shown} is blank; {_NAME_ONE}, or None for the campaign's own zone"
    why = {fold(key): reason for key, reason in REFUSED_NAMES.items()}.get(fold(text))
    meant = ABBREVIATIONS.get(text.upper())
    if meant:
        why = why or "an abbreviation, which names no one zone all year and everywhere"
        return f"{shown} is {why}; pass what is meant: {_either(meant.split())}"
    if why:
        return f"{shown} is refused: {why}; pass a zone with the clock of the person called"
    if _OFFSET.fullmatch(text):
        return f"{shown} is an offset, which does not say when clocks change; {_NAME_ONE}"
    proposals = _proposals(text)
    pass_these = f"pass {_either(proposals)}" if proposals else _NAME_ONE
    if re.search(r"\b(?:daylight|summer)\b", text, re.IGNORECASE):
        return f"{shown} is what a clock is called in summer, an id holds all year: {pass_these}"
    did_you_mean = f"did you mean {_either(proposals)}?" if proposals else f"{_NAME_ONE}."
    if _DISPLAY_NAME.fullmatch(text):
        return f"{shown} is a display name, not an id (`tzutil /l` prints both): {did_you_mean}"
    return (
        f"{shown} is no Windows time zone id and no IANA name: {did_you_mean} (An id newer than "
        "this library goes through the generated client, `low_level`, which checks nothing.)"
    )


def _of_object(value: object) -> str:
    if isinstance(value, tzinfo):
        return (
            f"{_SHORT.repr(value)} (a {_kind(value)}) is a fixed offset or this machine's zone; "
            "it does not say when the clocks of the person called change; pass "
            "zoneinfo.ZoneInfo('America/New_York') or that name"
        )
    return f"a time zone is a string or a tzinfo, not {type(value).__name__}; {_NAME_ONE}"


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _either(names: Sequence[str]) -> str:
    """``'America/Denver' (Mountain Standard Time) or 'America/Phoenix' (US Mountain …)``."""
    shown = [
        repr(name) if name in WINDOWS_TIME_ZONES else f"{name!r} ({_id(name)})" for name in names
    ]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


@lru_cache(maxsize=1000)  # a file of leads repeats its mistakes
def _proposals(text: str) -> tuple[str, ...]:
    """At most three zones that the text may have meant, the best first."""
    display = _DISPLAY_NAME.fullmatch(text)
    if display is None:
        return _distinct(_near(text, _CLOSE))[:_MOST]
    # "(UTC-08:00) Pacific Time (US & Canada)", "(UTC+01:00) Amsterdam, Berlin, …, Vienna": the id
    # of most of what it names. There is more than one La Paz.
    pieces = re.sub(r"\(.*?\)", "", display[1]).split(",")
    found = [name for piece in pieces for name in _near(piece, 1.0)[:1]]
    votes = Counter(_id(name) for name in found)
    return tuple(id_ for id_, count in votes.items() if 2 * count > len(found))


def _near(text: str, cutoff: float) -> list[str]:
    """Ids by their distinctive words, IANA names by their place, whichever are near enough."""
    for standard_name, id_ in STANDARD_NAMES.items():
        if fold(text) == fold(standard_name):
            return [id_]
    region, _, place = text.replace("\\", "/").rpartition("/")
    stem = _plain(place)
    named = _stems(_plain(region))
    ids = [name for name in named.get(stem, ()) if name in WINDOWS_TIME_ZONES]
    if ids:
        return ids
    near = difflib.get_close_matches(stem, [*named], n=_MOST, cutoff=cutoff)
    return [name for match in near for name in named[match]]


@lru_cache(maxsize=100)
def _stems(region: str) -> dict[str, list[str]]:
    """What the zones near the region are called, ids first; without a region, all of them."""
    stems: dict[str, list[str]] = {}
    for id_ in () if region else WINDOWS_TIME_ZONES:
        stems.setdefault(_plain(id_), []).append(id_)
    for name in IANA_NAMES:
        around, _, place = name.rpartition("/")
        if _plain(place) in _NO_PLACE if not region else not _alike(region, _plain(around)):
            continue
        stems.setdefault(_plain(place), []).append(name)
    return stems


def _alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one, other).ratio() >= _CLOSE


def _plain(text: str) -> str:
    """Without case, accents, and the words that most ids share, which make all of them alike."""
    letters = unicodedata.normalize("NFKD", fold(text))
    letters = "".join(character for character in letters if not unicodedata.combining(character))
    return " ".join(
        re.sub(r"\bstandar\w*|\b(?:daylight|summer|time)\b|[^\w\s]", " ", letters).split()
    )


def _distinct(names: list[str]) -> tuple[str, ...]:
    """The first name of each id."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(_id(name), name)
    return tuple(first.values())


def _id(name: str) -> str:
    """The id of a name that is known to be accepted."""
    id_ = find(name)
    assert id_ is not None
    return id_
