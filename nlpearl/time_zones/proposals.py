"""The zones that a refused text means, if all of it means them. Pure.

Never by likeness for words that stand alone: in 2026-11 every third proposal of that kind had
another clock (Atlanta → Atlantic, Haifa → Halifax, Indiana → India).
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from .abbreviations import ABBREVIATIONS
from .labels import LONGEST, unwrapped
from .names import find, fold
from .offsets import minutes_ahead, without_offset
from .table import IANA_NAMES, WINDOWS_TIME_ZONES
from .windows_names import DISPLAY_NAMES, STANDARD_NAMES

_MOST = 3

# Key → all of its clocks where it may mean several; nothing where that would still be a guess. From
# a comparison with CLDR 48, 7,000 cities, and the states and countries of the world (2026-11).
_SEVERAL = {
    "arabian": "",  # Windows' is Dubai's, CLDR's is Riyadh's
    "arabian standard time": "",
    "astana": "",  # Windows' name of two ids, first of one at UTC+6, then of one at UTC+5
    "british columbia": "",  # its east has Alberta's clock
    "canada central": "",  # the id is Saskatchewan's, the IANA name Manitoba's
    "gmt": "Europe/London UTC",
    "greenwich": "Europe/London UTC",
    "greenwich mean": "Europe/London UTC",
    "la paz": "",  # Bolivia's in IANA, Mexico's in the display name "La Paz, Mazatlan"
    "michigan": "",  # its west has Chicago's clock
    "monterey": "",  # in California, and all but Monterrey
    "norfolk": "",  # a city in Virginia more often than the island
    "pacific time mexico": "",  # Windows' is Tijuana's, CLDR's is Mazatlan's
    "san juan": "America/Puerto_Rico America/Argentina/San_Juan",
    "urumqi": "",  # keeps two clocks
    "victoria": "",  # in Australia, in Canada, on the Seychelles
    "west": "",  # Lisbon's in summer if it stands in capitals and alone, otherwise any direction
}
# Parts of IANA names that are not places where people have telephones: Australia/West,
# America/North_Dakota/Center, Antarctica/Davis.
_NO_PLACES = {
    *("center", "central", "east", "eastern", "general"),
    *("mountain", "north", "pacific", "south"),
}
_NO_AREAS = {"Antarctica", "Etc"}
# "Eastern Summer Time" was Sydney's in older Java.
_NOT_ALL_YEAR = re.compile(r"\b(?:std|daylight|(?<!eastern )(?<!central )summer) time\b")

_LIST = re.compile(" ?[,;] ?")
# "Eastern Time - New York", "Eastern Standard Time (EST)", "PST/PDT", "Cairo, Egypt"
_PARTS = re.compile(r" ?[,;/] ?| [-–—] | ?\((?=[^()]+\)$)")


@lru_cache(maxsize=1000)  # a file of leads repeats its mistakes
def proposals(text: str) -> tuple[str, ...]:
    """At most three names, of which one is meant; none if something else may be meant as well."""
    if len(text) > LONGEST:
        return ()
    rest, offsets = without_offset(unwrapped(text))
    names = [*_meanings(rest)] or _agreed(_PARTS.split(rest)) or _respelled(rest)
    if not names:
        return one_of_each_id(_listed(_LIST.split(rest), offsets))
    now = [name for name in names if _fits(name, offsets, behind=0)]
    return one_of_each_id(now or [name for name in names if _fits(name, offsets)])


def one_of_each_id(names: Iterable[str]) -> tuple[str, ...]:
    """The first name of each id; none where one is refused, or where they are too many to say."""
    first: dict[str | None, str] = {}
    for name in names:
        first.setdefault(find(name), name)
    return tuple(first.values()) if len(first) <= _MOST and None not in first else ()


def _fits(name: str, offsets: list[int], *, behind: int = 60) -> bool:
    """Whether the zone has these offsets, summer time and older data included.

    "(UTC+02:00) Cuba" does not mean Cuba: it is Turkish for Juba.
    """
    id_ = find(name) or ""
    return all(-behind <= minutes_ahead(offset, id_) <= 60 for offset in offsets)


def _agreed(parts: list[str]) -> list[str]:
    """What all parts may mean: with "(EST)" behind it, "Eastern Standard Time" is New York's."""
    first, *others = [_meanings(part) for part in parts]
    ids = [{find(name) for name in other} for other in others]
    return [name for name in first if all(find(name) in each for each in ids)]


def _listed(places: list[str], offsets: list[int]) -> list[str]:
    """What the places of a list mean: all of them, or nothing. "Athens, GA" is not a list."""
    found = [_meanings(place) for place in places]
    names = [name for meant in found for name in meant]
    is_list = len(places) > (1 if offsets else 2) and all(found)
    return names if is_list and all(_fits(name, offsets) for name in names) else []


def _respelled(text: str) -> list[str]:
    """Area/City with a slip in either: "Amerca/Chicgo"."""
    area, *places = [_key(part) for part in text.split("/")]
    if not places or {*places} & {*_SEVERAL}:
        return []
    return [
        name
        for name, (its_area, *its_places) in _parts_of_names().items()
        if len(its_places) == len(places)
        and _is_slip(area, its_area, shortest=4, other_letter=True)
        and all(
            _is_slip(place, its_place, shortest=6, other_letter=" " in place)
            for place, its_place in zip(places, its_places, strict=True)
        )
    ]


@cache
def _parts_of_names() -> dict[str, list[str]]:
    """Without the names of Etc, which differ by a digit or a sign."""
    parts = {name: [_key(part) for part in name.split("/")] for name in IANA_NAMES}
    return {name: keys for name, keys in parts.items() if keys[0] != "etc"}


def _is_slip(one: str, other: str, *, shortest: int, other_letter: bool) -> bool:
    """Whether the words differ by a letter too many, one missing, or two swapped, or not at all.

    Or by `other_letter`, which in a single word is another city as a rule: Kiel is not Kiev, and
    Gaya is not Gaza. Nobody errs in the first letter, and short words are too much alike.
    """
    if one == other:
        return True
    if one[:1] != other[:1] or len(one) < shortest or abs(len(one) - len(other)) > 1:
        return False
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    same = next((index for index, (letter, its_letter) in pairs if letter != its_letter), shorter)
    one, other = one[same:], other[same:]
    return (
        one[1:] == other
        or one == other[1:]
        or (one[:2] == other[1::-1] and one[2:] == other[2:])
        or (other_letter and one[1:] == other[1:])
    )


def _meanings(text: str) -> tuple[str, ...]:
    """What the whole text means: an id, a name of Windows, an abbreviation, a place."""
    known, key = _known(), _key(text)
    return known.get(key) or known.get(_short(key)) or known.get(_bare(key)) or ()


def _key(text: str) -> str:
    """What the spellings of a name have in common, summer and winter, without accents and dots."""
    letters = unicodedata.normalize("NFKD", fold(text).replace("&", " and "))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = " ".join(re.sub(r"[.,'’\"()\-]", " ", letters).split())
    return _NOT_ALL_YEAR.sub("standard time", words)


def _short(key: str) -> str:
    """Without "standard": "eastern time"."""
    return key.replace("standard time", "time")


def _bare(key: str) -> str:
    """Without "standard time": "eastern"."""
    return re.sub(" (?:time|time ?zone)$", "", _short(key))


@cache
def _known() -> dict[str, tuple[str, ...]]:
    """Key → what it means. What comes first silences what comes later."""
    known = {key: tuple(names.split()) for key, names in _SEVERAL.items()}

    def add(text: str, *names: str) -> None:
        known.setdefault(_key(text), names)

    for abbreviation, names in ABBREVIATIONS.items():
        add(abbreviation, *names.split())
    for name, id_ in STANDARD_NAMES.items():
        add(name, id_)
    for id_ in WINDOWS_TIME_ZONES:
        add(id_, id_)
    for name in IANA_NAMES:  # "US Mountain", "America Fort Nelson"; "Etc GMT 5" has lost its sign
        if "/" in name and not name.startswith("Etc/"):
            add(name.replace("/", " "), name)
    for id_ in WINDOWS_TIME_ZONES:
        if _bare(_key(id_)) not in known:
            add(_short(_key(id_)), id_)
            add(_bare(_key(id_)), id_)
    for name in reversed(IANA_NAMES):  # Europe/Istanbul before Asia/Istanbul
        area, _, place = name.rpartition("/")
        if _key(place) not in _NO_PLACES and area not in _NO_AREAS:
            add(place, name)
    displayed = {id_: without_offset(name)[0] for id_, name in DISPLAY_NAMES.items()}
    for id_, name in displayed.items():
        add(_short(_key(name)), id_)
    for id_, name in displayed.items():
        for place in name.split(","):
            add(place, id_)
    return known
