"""The IANA name that a label of another system holds: "(GMT-06:00) … (America/Mexico_City)". Pure.

A label with exactly one IANA name that has a slash is that zone, whatever stands around it: the
name is the zone's own id, and the words beside it change with the season and the language. Names
without a slash do not count: "(GMT)", "(EST)" and "(CET)" are what clocks are called.

The labels of thirty systems were collected in 2026-11; tests/test_time_zones.py has some of each.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from .abbreviations import ABBREVIATIONS
from .names import find, fold
from .offsets import minutes_ahead, offsets
from .table import IANA_NAMES, REFUSED_NAMES

#: Longer texts are not read. The longest label of a system (.NET's serialized zone) has 350.
LONGEST = 500

# A slash as other systems write it: "\/" in JSON, "\" on Windows, "%2F" in a URL, "_slash_" in
# HubSpot, "__" in the enums of Rust, Elm and GraphQL.
_SLASH = re.compile(r"\\+/?|%2F|_slash_|(?<=[^\W_])__(?=[^\W_])", re.IGNORECASE)
_MINUS = str.maketrans("\u2010\u2212", "--")
_HYPHEN = re.compile("_hyphen_", re.IGNORECASE)
# "TZ_AMERICA_NEW_YORK" (Meta), "AMERICA_NEW_YORK" (enums), "America-New_York".
_CONSTANT = re.compile(r"(?:TZ_)?([^\W\d_]+[_-][\w-]+)", re.IGNORECASE)

_NAMES = {fold(name): name for name in (*IANA_NAMES, *REFUSED_NAMES) if "/" in name}
_LONGEST_NAME = max(map(len, _NAMES)) + 4  # blanks around two slashes
# Areas whose names are plain words: "US & Canada / Pacific Time" is not Vancouver.
_COUNTRIES = {"brazil", "canada", "chile", "mexico", "us"}
_LATIN = (
    "A-Za-z\u00c0-\u024f\u1e00-\u1eff"  # other scripts write no blank before a name or after it
)
_AREA = rf"({'|'.join(sorted({name.partition('/')[0] for name in _NAMES}))}) ?/ ?(?=[{_LATIN}])"
_MENTION = re.compile(rf"(?<![\d{_LATIN}]){_AREA}", re.IGNORECASE)
# After a name: what makes it the beginning of something else ("Etc/GMT+5:30", a longer path), and
# words, which may do so, too ("America/Santiago de Cuba", "America/Panama City").
_GOES_ON = re.compile(rf"[-_+.:/]*[\d{_LATIN}]")
_WORDS = re.compile(rf" [{_LATIN}]")
_OF_TIME = re.compile(
    rf" (?:(?:time|time ?zone|zone|standard|daylight|GMT|UTC|{'|'.join(ABBREVIATIONS)})\b"
    rf"|(?:and|or|to) {_AREA})",
    re.IGNORECASE,
)
_TIME_LATER = re.compile(r"[\w .'’-]*\btime\b", re.IGNORECASE)
_SIGN = re.compile(r"\W{0,3}[-+]\W?\d")  # "Etc/GMT +5"
# "America/Detroit, Fort_Wayne, Havana" is a list of three names.
_LIST = re.compile(rf"(?: ?[,;&] ?[{_LATIN}][\w.' -]*(?![\w.' /-]))+")
# Before a country's name: what makes it the end of a phrase ("US & Canada/…", "New Mexico/…").
_JOINED = re.compile(rf"[{_LATIN}&,/+] ?$")
# Directly before a name: the folders of zone files, and the prefix of a calendar's "globally
# unique" id (RFC 5545, 3.8.3.1).
_FOLDER = re.compile(r"\b(?:zoneinfo[\w.-]*|posix|right)/$", re.IGNORECASE)
_PREFIX = re.compile(r"/(?:[\w.-]+/)*")


class Label(NamedTuple):
    """What a text holds."""

    #: The IANA names with a slash, each once; none if it is not clear where one of them ends.
    names: tuple[str, ...]
    #: The text around them.
    rest: str

    def contradicts(self, id_: str) -> bool:
        """Whether an offset beside the name is more than two hours away from the zone's own.

        Up to that it is summer time or older data. Vancouver was at -08:00 until 2026, and is at
        -07:00 now; Scoresbysund had +00:00 in summer until 2023, and has -02:00 in winter now.
        """
        return any(abs(minutes_ahead(offset, id_)) > 120 for offset in offsets(self.rest))


def id_in(text: str) -> str | None:
    """The id of the one IANA name in the text, unless something there contradicts it."""
    names, _ = label = read(text)
    id_ = find(names[0]) if len(names) == 1 else None
    return None if id_ is None or label.contradicts(id_) else id_


def read(text: str) -> Label:
    """The IANA names with a slash in a text, in the spellings of all systems."""
    return _read(text) if len(text) <= LONGEST else Label((), "")


@lru_cache(maxsize=1000)  # a file of leads repeats its labels
def _read(text: str) -> Label:
    text = unwrapped(text)
    constant = _CONSTANT.fullmatch(text)
    if constant and (name := _constants().get(_words(constant[1]))):
        return Label((name,), "")
    names: list[str] = []
    rest = text
    for mention in _MENTION.finditer(text):
        area, start = mention[1].lower(), mention.start()
        name, end = _name_at(start, text)
        if not name and area in {*_COUNTRIES, "etc"}:
            continue  # "US/Canada" and "/etc/localtime" are neither names nor cities
        if not name or not _is_whole(area, text[:start], text[end:]):
            return Label((), text)
        names += [name, *_listed(area, text[end:])]
        rest = rest.replace(text[start:end], " ")
    return Label(tuple(dict.fromkeys(names)), rest)


def unwrapped(text: str) -> str:
    """The text with plain slashes and blanks, and without characters that nobody sees."""
    text = unicodedata.normalize("NFKC", text).translate(_MINUS)
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return " ".join(_HYPHEN.sub("-", _SLASH.sub("/", text)).split())


def _name_at(start: int, text: str) -> tuple[str, int]:
    """The longest IANA name that begins at `start`, in any spelling, and where it ends."""
    for end in range(min(start + _LONGEST_NAME, len(text)), start, -1):
        name = _NAMES.get(fold(re.sub(" ?/ ?", "/", text[start:end])))
        if name and text[end - 1].isalnum():
            return name, end
    return "", start


def _is_whole(area: str, before: str, after: str) -> bool:
    """Whether nothing on either side makes the name a part of something else."""
    country = area in _COUNTRIES
    if before.endswith("/"):
        begins = bool(_FOLDER.search(before) or (not country and _PREFIX.fullmatch(before)))
    else:
        begins = not (country and _JOINED.search(before))
    of_time = _OF_TIME.match(after) or (not country and _TIME_LATER.match(after))
    goes_on = _GOES_ON.match(after) or (area == "etc" and _SIGN.match(after))
    return begins and not goes_on and bool(of_time or not _WORDS.match(after))


def _listed(area: str, text: str) -> list[str]:
    """The names at the beginning of the text that leave out their area."""
    found = _LIST.match(text)
    places = re.split("[,;&]", found[0])[1:] if found else []
    names = (_NAMES.get(fold(f"{area}/{place.strip()}")) for place in places)
    return [name for name in names if name]


def _words(name: str) -> str:
    return re.sub(r"[/_-]+", " ", name).lower()


@cache
def _constants() -> dict[str, str]:
    """The names by their words, where no sign of an offset and no country's words are lost."""
    areas = {*_COUNTRIES, "etc"}
    return {_words(name): name for name in _NAMES.values() if _words(name).split()[0] not in areas}
