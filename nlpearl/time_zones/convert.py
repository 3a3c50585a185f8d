"""The public function. What reads labels, and what explains a refusal, is imported only then."""

from datetime import tzinfo

from ..errors import InvalidTimeZoneError
from .names import find
from .table import WINDOWS_TIME_ZONES, WindowsTimeZone

__all__ = ["WINDOWS_TIME_ZONES", "WindowsTimeZone", "to_windows_time_zone"]


def to_windows_time_zone(value: WindowsTimeZone | str | tzinfo) -> str:
    """Convert a time zone name or a tzinfo object to a Windows time zone id.

    Accepted, in any case and with blanks around it: a Windows id (one of `WINDOWS_TIME_ZONES`); an
    IANA name or link (``Europe/Rome``, ``US/Eastern``); a label that contains exactly one IANA name
    with a slash, such as ``(GMT-06:00) Central Standard Time (America/Mexico_City)`` or HubSpot's
    ``us_slash_pacific``; the zone objects of zoneinfo, dateutil, pytz and pendulum, and
    ``datetime.timezone.utc``.

    An IANA name becomes an id with the same clock, checked against tzdata for two years ahead, by
    Unicode CLDR's windowsZones and a reviewed list of corrections.

    Raises InvalidTimeZoneError, with what to use instead, for everything that does not name one
    zone for certain: abbreviations (also those that IANA has as names: EST, MST, HST, CET, MET,
    EET, WET), offsets, fixed and local zone objects, daylight-saving names, display names, places,
    labels with several IANA names or with an offset that contradicts the name, typos.
    """
    name = value if isinstance(value, str) else _name(value)
    if name is not None:
        id_ = find(name)
        if id_ is None:
            from .labels import id_in

            id_ = id_in(name)
        if id_ is not None:
            return id_
    from .refusals import refusal

    raise InvalidTimeZoneError.of({"time_zone": [refusal(value, name)]})


def _name(value: object) -> str | None:
    """What a zone object is called, None where it has no name. Nothing is imported to find out."""
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
