"""The time zone of a lead: whatever names a zone → the Windows id that the API wants. Pure.

The table is generated; what is said to somebody whose zone is refused is in
_time_zone_proposals.py, which is imported only then.
"""

import unicodedata
from datetime import tzinfo
from functools import cache

from ._time_zone_table import IANA_NAMES, WINDOWS_TIME_ZONES, WindowsTimeZone
from .errors import InvalidTimeZoneError

__all__ = ["WINDOWS_TIME_ZONES", "WindowsTimeZone", "to_windows_time_zone"]

# What is sent for Europe/Istanbul and its links. It is the only spelling that the vendor documents
# (v1 and v2, 2026-11), after a rename on Microsoft's page. Windows, .NET, CLDR and ICU say "Turkey
# Standard Time"; which of the two the live API takes is unknown, so a caller's own spelling passes
# as it is written. Should it turn out to be the other one, this is the line to change.
SENT_FOR_TURKIYE = "Türkiye Standard Time"


def to_windows_time_zone(value: WindowsTimeZone | str | tzinfo) -> str:
    """The Windows time zone id of whatever names a zone.

    Accepted, in any case and with blanks around it: a Windows id (one of `WINDOWS_TIME_ZONES`) and
    an IANA name or link (``Europe/Rome``, ``US/Eastern``); and the zone objects of zoneinfo,
    dateutil, pytz and pendulum, as well as ``datetime.timezone.utc``.

    An IANA name becomes an id with the same clock, checked against tzdata for two years ahead, by
    Unicode CLDR's windowsZones and a reviewed list of corrections.

    Raises InvalidTimeZoneError, with the way out, for everything that does not name one zone for
    certain: abbreviations (also those that IANA has as names: EST, MST, HST, CET, MET, EET, WET),
    offsets, fixed and local zone objects, daylight names, display names, typos.
    """
    name = _name(value)
    if name is not None:
        id_ = _exact().get(name) or _folded().get(fold(name))
        if id_ is not None:
            return id_
    from ._time_zone_proposals import refusal

    raise InvalidTimeZoneError.of({"time_zone": [refusal(value, name)]})


def _name(value: object) -> str | None:
    """What the value is called, None where it has no name. Nothing is imported to find out."""
    if isinstance(value, str):
        return value
    if not isinstance(value, tzinfo):
        return None
    # zoneinfo, pendulum and dateutil 4 have a key, pytz has a zone.
    for attribute in ("key", "zone"):
        name: object = getattr(value, attribute, None)
        if isinstance(name, str):
            return name
    kind = type(value)
    if kind.__name__ == "tzutc" and kind.__module__.startswith("dateutil."):
        return "UTC"
    if kind.__name__ == "tzfile":  # dateutil before 4 knows its file only
        file = str(getattr(value, "_filename", "/")).replace("\\", "/")
        name = file.rpartition("/zoneinfo/")[2]
        return None if name.startswith("/") else name
    # datetime.timezone.utc; one that is called GMT instead is London's, in winter.
    if kind.__module__ == "datetime" and value.tzname(None) == "UTC":
        return "UTC"
    return None


def fold(name: str) -> str:
    """What all spellings of a name have in common: no case, blanks of one kind, one form of ü."""
    return " ".join(unicodedata.normalize("NFC", name).replace("_", " ").split()).casefold()


@cache
def _exact() -> dict[str, str]:
    ids = {**IANA_NAMES, **{id_: id_ for id_ in WINDOWS_TIME_ZONES}}
    turkish = [name for name, id_ in IANA_NAMES.items() if id_ == "Turkey Standard Time"]
    return {**ids, **dict.fromkeys(turkish, SENT_FOR_TURKIYE)}


@cache
def _folded() -> dict[str, str]:
    return {fold(name): id_ for name, id_ in _exact().items()}
