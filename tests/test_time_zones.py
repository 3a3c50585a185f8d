"""What names a time zone, and the Windows id that is sent for it."""

import re
import subprocess
import sys
import typing
import unicodedata
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import dateutil.tz
import pendulum
import pytest
import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpearl import (
    WINDOWS_TIME_ZONES,
    InvalidTimeZoneError,
    Lead,
    WindowsTimeZone,
    to_windows_time_zone,
)
from nlpearl.privacy import mask_all
from nlpearl.time_zones.abbreviations import ABBREVIATIONS
from nlpearl.time_zones.labels import LONGEST
from nlpearl.time_zones.names import SENT_FOR_TURKIYE
from nlpearl.time_zones.offsets import minutes_ahead
from nlpearl.time_zones.windows_names import DISPLAY_NAMES, STANDARD_NAMES
from tools.make_time_zones import changes, every_iana_name, read_reviewed

REJECTED = ("EST", "MST", "HST", "CET", "MET", "EET", "WET", "Antarctica/Troll", "Factory")
NAMES = [name for name in every_iana_name() if name not in REJECTED]
WITH_A_SLASH = [name for name in NAMES if "/" in name]
#: Ids that no IANA name becomes → a name with their clock.
OTHER_IDS = {
    "Alberta Standard Time": "America/Edmonton",
    "British Columbia Standard Time": "America/Vancouver",
    "Kamchatka Standard Time": "Asia/Kamchatka",
    "Manitoba Standard Time": "America/Winnipeg",
    "Mid-Atlantic Standard Time": "Atlantic/South_Georgia",
    "Turkey Standard Time": "Europe/Istanbul",
}


def refusal(value: Any) -> str:
    with pytest.raises(InvalidTimeZoneError) as caught:
        to_windows_time_zone(value)
    [(argument, [message])] = caught.value.errors.items()
    assert argument == "time_zone"
    assert str(caught.value) == f"time_zone: {message}"
    return message


@cache
def clock(name: str) -> tuple[Any, ...]:
    """What the clocks of an IANA name show until the end of 2028."""
    return tuple(
        changes(name, datetime(2026, 11, 23, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC))
    )


@cache
def clock_of(id_: str) -> tuple[Any, ...]:
    return clock(OTHER_IDS.get(id_) or next(n for n in NAMES if to_windows_time_zone(n) == id_))


def proposed(text: Any) -> list[str]:
    """The names that the refusal of a text proposes, each of which is accepted."""
    message = refusal(text).replace(GENERAL_ADVICE, "")
    message = message.replace(mask_all(repr(text)), "", 1)
    # Of a long text the middle is left out.
    message = re.sub(r"""^(['"]).*?\.\.\..*?\1(?= )""", "", message)
    names = re.findall("'([^']+)'", message)
    assert all(to_windows_time_zone(name) in WINDOWS_TIME_ZONES for name in names)
    return names


GENERAL_ADVICE = (
    "use an IANA name ('America/New_York') or a Windows time zone id ('Eastern Standard Time')"
)


def test_there_are_145_ids_and_the_literal_has_them_all() -> None:
    assert len(WINDOWS_TIME_ZONES) == len(set(WINDOWS_TIME_ZONES)) == 145
    assert typing.get_args(WindowsTimeZone) == WINDOWS_TIME_ZONES
    assert {"Central Standard Time", "UTC-11", "Russia Time Zone 3"} <= {*WINDOWS_TIME_ZONES}
    assert {"Türkiye Standard Time", "Turkey Standard Time"} <= {*WINDOWS_TIME_ZONES}


@pytest.mark.parametrize("id_", WINDOWS_TIME_ZONES)
def test_an_id_passes_in_any_spelling_and_is_sent_in_its_own(id_: str) -> None:
    for spelling in (id_, id_.upper(), id_.lower(), f" \t{id_}\u00a0", id_.replace(" ", "\u00a0")):
        assert to_windows_time_zone(spelling) == id_
        assert to_windows_time_zone(unicodedata.normalize("NFD", spelling)) == id_


def test_every_iana_name_is_an_id_or_refused() -> None:
    assert len(NAMES) + len(REJECTED) == 598
    for name in NAMES:
        id_ = to_windows_time_zone(name)
        assert id_ in WINDOWS_TIME_ZONES
        assert to_windows_time_zone(f" {name.upper()} ") == id_
        assert to_windows_time_zone(name.lower().replace("_", " ")) == id_


@pytest.mark.slow
def test_names_with_one_id_have_one_clock_through_2028() -> None:
    """That it is the id's own clock is checked where the table is made, which knows CLDR's."""
    ids = {name: to_windows_time_zone(name) for name in NAMES}
    for name, id_ in ids.items():
        assert clock(name) == clock_of(id_), name
    assert len({*ids.values()}) == 139


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("America/New_York", "Eastern Standard Time"),
        ("America/Chicago", "Central Standard Time"),
        ("America/Denver", "Mountain Standard Time"),
        ("America/Phoenix", "US Mountain Standard Time"),
        ("America/Anchorage", "Alaskan Standard Time"),
        ("Australia/Perth", "W. Australia Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Asia/Calcutta", "India Standard Time"),
        ("Europe/Kyiv", "FLE Standard Time"),
        ("Europe/London", "GMT Standard Time"),
        ("Europe/Rome", "W. Europe Standard Time"),
        ("US/Eastern", "Eastern Standard Time"),
        ("EST5EDT", "Eastern Standard Time"),
        ("GMT", "UTC"),
        ("Zulu", "UTC"),
        ("Etc/GMT+8", "UTC-08"),  # the sign is POSIX's: eight hours behind UTC
        ("Asia/Riyadh", "Arab Standard Time"),
        # Clocks that CLDR 48.2 has not learnt; new ids of 2026 are never sent for a name.
        ("America/Vancouver", "US Mountain Standard Time"),
        ("America/Edmonton", "Canada Central Standard Time"),
        ("America/Winnipeg", "SA Pacific Standard Time"),
        ("America/Scoresbysund", "Greenland Standard Time"),
        ("Antarctica/Casey", "Singapore Standard Time"),
        ("Antarctica/Vostok", "West Asia Standard Time"),
        # The only spelling that the vendor documents.
        ("Europe/Istanbul", "Türkiye Standard Time"),
        ("Asia/Istanbul", "Türkiye Standard Time"),
        ("Turkey", "Türkiye Standard Time"),
    ],
)
def test_an_iana_name_becomes_the_id_with_its_clock(name: str, id_: str) -> None:
    assert to_windows_time_zone(name) == id_


def test_neither_spelling_of_turkiye_is_rewritten() -> None:
    assert to_windows_time_zone("turkey standard time") == "Turkey Standard Time"
    assert to_windows_time_zone("Tu\u0308rkiye Standard Time") == "Türkiye Standard Time"
    assert SENT_FOR_TURKIYE == "Türkiye Standard Time"
    assert "'Türkiye Standard Time'" in refusal("Turkiye Standard Time")


class OldTzfile(dateutil.tz.tzfile):
    """What `gettz` gave before dateutil 4: a file name, and no key."""

    __slots__ = ()

    def __init__(self, file: str) -> None:
        with files("tzdata").joinpath("zoneinfo", "Europe", "Rome").open("rb") as content:
            super().__init__(content, file)

    def __getattribute__(self, name: str) -> Any:
        if name == "key":
            raise AttributeError(name)
        return super().__getattribute__(name)


OldTzfile.__name__ = "tzfile"


@pytest.mark.parametrize(
    ("zone", "id_"),
    [
        (zoneinfo.ZoneInfo("Europe/Rome"), "W. Europe Standard Time"),
        (zoneinfo.ZoneInfo("UTC"), "UTC"),
        (dateutil.tz.gettz("Europe/Rome"), "W. Europe Standard Time"),
        (dateutil.tz.gettz("UTC"), "UTC"),
        (dateutil.tz.tzutc(), "UTC"),
        (OldTzfile("/usr/share/zoneinfo/Europe/Rome"), "W. Europe Standard Time"),
        (OldTzfile("Europe/Rome"), "W. Europe Standard Time"),  # from dateutil's own archive
        (OldTzfile("C:\\data\\zoneinfo\\Europe\\Rome"), "W. Europe Standard Time"),
        (pytz.timezone("Europe/Rome"), "W. Europe Standard Time"),
        (datetime.now(pytz.timezone("Europe/Rome")).tzinfo, "W. Europe Standard Time"),
        (pytz.utc, "UTC"),
        (pendulum.timezone("Europe/Rome"), "W. Europe Standard Time"),
        (pendulum.UTC, "UTC"),
        (UTC, "UTC"),
        (timezone(timedelta(0), "UTC"), "UTC"),
    ],
    ids=repr,
)
def test_a_zone_object_is_known_by_its_name(zone: tzinfo, id_: str) -> None:
    assert to_windows_time_zone(zone) == id_
    assert Lead("+14155550123", time_zone=zone).time_zone == id_


def test_dateutils_own_archive_names_every_zone_likewise() -> None:
    for name in ("Europe/Rome", "America/Argentina/Buenos_Aires"):
        zone = dateutil.tz.gettz(name)
        assert zone is not None
        assert to_windows_time_zone(zone) == to_windows_time_zone(name)


@pytest.mark.parametrize(
    "zone",
    [
        timezone(timedelta(hours=-8)),
        timezone(timedelta(hours=1), "CET"),
        timezone(timedelta(0), "GMT"),  # London's, in winter
        dateutil.tz.tzlocal(),
        dateutil.tz.tzoffset("EST", -18000),
        dateutil.tz.gettz("EST5EDT4,M3.2.0,M11.1.0"),
        dateutil.tz.tzfile("/etc/localtime"),
        OldTzfile("/etc/localtime"),
        pytz.FixedOffset(60),
        pendulum.FixedTimezone(3600),
    ],
    ids=repr,
)
def test_a_zone_object_without_a_name_is_refused(zone: tzinfo) -> None:
    message = refusal(zone)
    assert "is a fixed offset or the zone of this machine" in message
    assert "zoneinfo.ZoneInfo('America/New_York')" in message


@pytest.mark.parametrize(
    ("abbreviation", "candidates"),
    [
        ("EST", ["America/New_York", "America/Panama", "America/Cancun"]),
        ("MST", ["America/Denver", "America/Phoenix"]),
        ("HST", ["Pacific/Honolulu", "America/Adak"]),
        ("CET", ["Europe/Berlin", "Africa/Algiers"]),
        ("MET", ["Europe/Berlin"]),
        ("EET", ["Europe/Athens", "Europe/Kaliningrad"]),
        ("WET", ["Europe/Lisbon", "Africa/Abidjan"]),
        ("PST", ["America/Los_Angeles", "Asia/Manila"]),
        ("IST", ["Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"]),
        ("CEST", ["Europe/Berlin"]),
        ("ET", ["America/New_York"]),
    ],
)
def test_an_abbreviation_is_refused_with_what_it_may_mean(
    abbreviation: str, candidates: list[str]
) -> None:
    for spelling in (abbreviation, abbreviation.lower(), f" {abbreviation} "):
        message = refusal(spelling)
        assert message.startswith(f"{spelling!r} is an abbreviation")
        assert proposed(spelling) == candidates


def test_an_abbreviation_is_refused_as_an_object_too() -> None:
    for zone in (zoneinfo.ZoneInfo("EST"), pytz.timezone("MST"), dateutil.tz.gettz("CET")):
        assert "is an abbreviation" in refusal(zone)
    assert "zoneinfo.ZoneInfo 'EST'" in refusal(zoneinfo.ZoneInfo("EST"))


@pytest.mark.parametrize("offset", ["UTC-8", "+03:00", "-0500", "GMT+1", "utc +5:30", "5.5", "−3"])
def test_an_offset_is_not_a_zone(offset: str) -> None:
    assert refusal(offset).startswith(f"{offset!r} is an offset")


#: What thirty systems call a zone, and the IANA name that is in it (2026-11).
LABELS = [
    # Salesforce: its words and offsets follow the season, and the tzdata that it has.
    ("(GMT-06:00) Central Standard Time (America/Costa_Rica)", "America/Costa_Rica"),
    ("(GMT-04:00) Atlantic Standard Time (America/Puerto_Rico)", "America/Puerto_Rico"),
    ("(GMT-07:00) Mountain Standard Time (America/Hermosillo)", "America/Hermosillo"),
    ("(GMT+03:00) Arabian Standard Time (Asia/Baghdad)", "Asia/Baghdad"),
    ("(GMT+00:00) Greenwich Mean Time (Europe/London)", "Europe/London"),
    ("(GMT+01:00) Western European Summer Time (Africa/Casablanca)", "Africa/Casablanca"),
    ("(GMT-08:00) Pacific Standard Time (America/Vancouver)", "America/Vancouver"),
    ("(GMT+00:00) East Greenland Summer Time (America/Scoresbysund)", "America/Scoresbysund"),
    ("(GMT+07:00) Almaty Summer Time (Asia/Almaty)", "Asia/Almaty"),  # as in 2004
    ("(格林威治标准时间+05：30) 印度标准时间 (Asia/Calcutta)", "Asia/Calcutta"),
    # HubSpot
    ("us_slash_mountain", "US/Mountain"),
    ("canada_slash_central", "Canada/Central"),
    ("america_slash_port_hyphen_au_hyphen_prince", "America/Port-au-Prince"),
    ("america_slash_north_dakota_slash_new_salem", "America/North_Dakota/New_Salem"),
    # Zoho, GoHighLevel, Meta, ServiceNow, lists of npm packages and of Genesys
    ("( GMT -6:0 ) Central Standard Time(America/Managua)", "America/Managua"),
    ("(GMT 5:45) Nepal Time (Asia/Kathmandu)", "Asia/Kathmandu"),
    ("GMT-05:00 US/Eastern (EST)", "US/Eastern"),
    ("GMT-07:00 America/Phoenix (MST)", "America/Phoenix"),
    ("TZ_AMERICA_ARGENTINA_BUENOS_AIRES", "America/Argentina/Buenos_Aires"),
    ("TZ_ATLANTIC_REYKJAVIK", "Atlantic/Reykjavik"),
    ("System (Europe/Madrid)", "Europe/Madrid"),
    ("Pacific/Marquesas (GMT-09:30)", "Pacific/Marquesas"),
    ("Etc/GMT+11 (GMT-11:00)", "Etc/GMT+11"),
    ("Pacific/Honolulu (-10:00)", "Pacific/Honolulu"),
    ("America/Los_Angeles (GMT-08:00) Pacific Time (US and Canada); Tijuana", "US/Pacific"),
    # programming languages and their libraries
    ("zoneinfo.ZoneInfo(key='Asia/Tokyo')", "Asia/Tokyo"),
    ("<DstTzInfo 'America/New_York' LMT-1 day, 19:04:00 STD>", "America/New_York"),
    ("tzfile('/usr/share/zoneinfo/Europe/Oslo')", "Europe/Oslo"),
    ('sun.util.calendar.ZoneInfo[id="Europe/Kyiv",offset=7200000]', "Europe/Kyiv"),
    ("ZonedChronology[ISOChronology[UTC], Asia/Seoul]", "Asia/Seoul"),
    ("2026-11-25T10:00:00-05:00[America/Detroit]", "America/Detroit"),
    ("#<TZInfo::DataTimezone: Africa/Lagos>", "Africa/Lagos"),
    ("America/Los_Angeles (PDT) offset -25200 (Daylight)", "America/Los_Angeles"),
    ("(UTC-05:00:00) America/Port-au-Prince", "America/Port-au-Prince"),
    ("America__Sao_Paulo", "America/Sao_Paulo"),
    ("EUROPE_ISLE_OF_MAN", "Europe/Isle_of_Man"),
    ("Pacific-Auckland", "Pacific/Auckland"),
    # files, calendars, databases
    ("/var/db/timezone/zoneinfo/America/Phoenix", "America/Phoenix"),
    ("/etc/localtime -> ../usr/share/zoneinfo/US/Hawaii", "US/Hawaii"),
    ("posix/Europe/Paris", "Europe/Paris"),
    ("right/Asia/Dubai", "Asia/Dubai"),
    ("http://tzurl.org/zoneinfo/Europe/Berlin", "Europe/Berlin"),
    ("/freeassociation.sourceforge.net/America/Denver", "America/Denver"),
    ("/citadel.org/20210210_1/Australia/Sydney", "Australia/Sydney"),
    ("C:\\zoneinfo\\Europe\\Rome", "Europe/Rome"),
    ("TZ=:Europe/Lisbon", "Europe/Lisbon"),
    ('{"timeZone":"America\\/Chicago"}', "America/Chicago"),
    ("tz=Asia%2FManila", "Asia/Manila"),
    ("America/Halifax|ADT|-03:00:00|t", "America/Halifax"),
    # people
    ("America/New_York EST", "America/New_York"),
    ("America/New_York Eastern Time (US & Canada)", "America/New_York"),
    ("Asia/Kolkata GMT+5:30", "Asia/Kolkata"),
    ("UTC−03:30 America/St_Johns", "America/St_Johns"),  # a minus sign of its own
    ("PST (America/Whitehorse)", "America/Whitehorse"),
    ("Eastern Standard Time, America/Cancun", "America/Cancun"),
    ("North America / Mexico City (CST)", "America/Mexico_City"),
    ("US/Pacific Time (US & Canada)", "US/Pacific"),
    ("Europe/London time zone", "Europe/London"),
    ("Europe/Zurich (Europe/Zurich)", "Europe/Zurich"),
    ("The zone is Asia/Yangon.", "Asia/Yangon"),
    ("日本標準時Asia/Tokyo（東京）", "Asia/Tokyo"),
    ("Часовой пояс: Europe/Moscow", "Europe/Moscow"),
    ("Call +1 415 555 0123, America/Boise", "America/Boise"),
    ("\u200eAmerica/New York\u200b", "America/New_York"),
    ("Ａsia/Ｔokyo", "Asia/Tokyo"),
]


@pytest.mark.parametrize(("label", "name"), LABELS)
def test_a_label_is_the_one_iana_name_in_it(label: str, name: str) -> None:
    assert to_windows_time_zone(label) == to_windows_time_zone(name)
    assert to_windows_time_zone(f" {label.lower()}\n") == to_windows_time_zone(name)


@pytest.mark.parametrize(
    "text",
    [
        # longer names than IANA's
        "America/Santiago de Cuba",
        "(GMT-03:00) America/Santiago del Estero",
        "America/Panama City, FL",
        "America/Panama_City",
        "Australia/Adelaide River",
        "america_slash_detroit_lakes",
        "US/Pacific-New",  # was deleted from tzdata in 2020
        "US/Central America",
        "Europe/London.txt",
        "America/New_York/Queens",
        # names of plain words, cut out of a phrase
        "US/Canada/Pacific",
        "US & Canada / Pacific Time",
        "Pacific Time, Canada/Pacific",
        "New Mexico/General",
        # something that is like a name beside it
        "Europe/Lublin (Europe/Warsaw)",
        "Asia/Pacific (Australia/Sydney)",
        "Asia/Pacific/Auckland",
        "America/New_York and Dallas",
        "US/Eastern or Central",
        # offsets
        "Etc/GMT+5:30",
        "Etc/GMT-05:00",
        "Etc/GMT +5",
        "Etc/GMT+15",
        "Etc/UTC (+5)",
        # no names
        "N/A",
        "km/h",
        "Foo/Bar",
        "n/a (unknown)",
        "/",
        "America/",
        "Asia/Pacific",
        "Europe/London/Europe/Paris",
        "_slash_",
        "TZ_UNKNOWN",
        "TZ_NUM_TIMEZONES",
    ],
)
def test_a_text_that_only_looks_like_one_name_is_refused_without_a_proposal(text: str) -> None:
    assert proposed(text) == []


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("America/New_York, America/Los_Angeles", ["America/New_York", "America/Los_Angeles"]),
        ("from Europe/London to Asia/Dubai", ["Europe/London", "Asia/Dubai"]),
        ("US/Pacific | Canada/Pacific", ["US/Pacific", "Canada/Pacific"]),
        ("(GMT-08:00) US/Pacific (America/Vancouver)", ["US/Pacific", "America/Vancouver"]),
        ("(GMT-05:00) America/Toronto, Havana; Detroit", ["America/Toronto", "America/Havana"]),
        ("US/Alaska, Pacific/Chuuk", ["US/Alaska", "Pacific/Chuuk"]),
        ("Asia/Calcutta (Asia/Kolkata)", ["Asia/Calcutta"]),  # one clock, and not one name
        ("Asia/Dubai, Asia/Kabul, Asia/Tokyo, Asia/Seoul", []),  # too many to say
        ("Antarctica/Troll, Europe/Oslo", []),  # not all can be sent
    ],
)
def test_with_several_names_none_is_chosen(label: str, names: list[str]) -> None:
    assert proposed(label) == names
    assert refusal(label).startswith(f"{label!r} contains several IANA names; use ")


@pytest.mark.parametrize(
    "label",
    [
        "(UTC+09:00) America/New_York",
        "America/New_York (UTC+00:00)",
        "GMT+5 Europe/London",
        "Asia/Kolkata -05:30",
        "(UTC+05:00) Etc/GMT+5",  # POSIX's sign, and the usual one
        "Etc/UTC (UTC–8)",
        "(GMT-11:00) West Samoa Time (Pacific/Apia)",  # until 2011
    ],
)
def test_an_offset_that_its_zone_never_has_contradicts_a_name(label: str) -> None:
    assert proposed(label) == []
    assert "contradicts itself: the zone of its IANA name does not have its offset" in refusal(
        label
    )


def test_a_label_of_a_refused_name_says_why() -> None:
    message = refusal("(GMT+00:00) Troll (Antarctica/Troll)")
    assert "is refused: no Windows time zone id has its clock" in message


def test_only_a_line_is_read_as_a_label() -> None:
    text = "America/Chicago" + " " * (LONGEST - 15)
    assert to_windows_time_zone(text[:-1] + ")") == "Central Standard Time"
    assert proposed(text + ")") == []
    assert proposed("Chicago" + ")" * LONGEST) == []


#: What is not accepted → all that it may mean.
PROPOSED: list[tuple[str, list[str]]] = [
    # StandardNames of Windows
    ("Jerusalem Standard Time", ["Israel Standard Time"]),
    ("cabo verde standard time", ["Cape Verde Standard Time"]),
    ("Russia TZ 2 Standard Time", ["Russian Standard Time"]),
    ("Coordinated Universal Time", ["UTC"]),
    # ids, otherwise
    ("Turkiye Standard Time", ["Türkiye Standard Time"]),
    ("Eastern Daylight Time", ["Eastern Standard Time"]),
    ("W. Europe Summer Time", ["W. Europe Standard Time"]),
    ("E South America Standard Time", ["E. South America Standard Time"]),
    ("Pacific Std Time", ["Pacific Standard Time"]),
    ("Eastern Time", ["Eastern Standard Time"]),
    ("Eastern Timezone", ["Eastern Standard Time"]),
    ("Central", ["Central Standard Time"]),
    ("GMT Daylight Time", ["GMT Standard Time"]),
    ("US Mountain Daylight Time", ["US Mountain Standard Time"]),
    ('"Pacific Standard Time"', ["Pacific Standard Time"]),
    ("(UTC-05:00) Eastern Standard Time", ["Eastern Standard Time"]),
    ("Central America Standard Time (UTC-06:00)", ["Central America Standard Time"]),
    ("GMT-05:00 Eastern Time (New York)", ["Eastern Standard Time"]),  # Workday
    # display names of Windows, Outlook, Dynamics, Rails, Shopify, Zoom
    ("(UTC-08:00) Pacific Time (US & Canada)", ["Pacific Standard Time"]),
    ("(GMT-08:00) Pacific Time (US and Canada)", ["Pacific Standard Time"]),
    ("(UTC−08:00) Pacific Standard Time (US & Canada)", ["Pacific Standard Time"]),
    ("Mountain Time (US & Canada) Time", ["Mountain Standard Time"]),
    ("Atlantic Time (Canada)", ["Atlantic Standard Time"]),
    ("Indiana (East)", ["US Eastern Standard Time"]),
    ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", ["GMT Standard Time"]),
    ("(UTC) Coordinated Universal Time", ["UTC"]),
    ("(UTC+12:00) Magadan", ["Magadan Standard Time"]),  # an older Windows
    ("(UTC-04:30) Caracas", ["America/Caracas"]),
    ("(UTC-07:00) La Paz, Mazatlan", ["Mountain Standard Time (Mexico)"]),
    # Rails and others: places, also those that only a display name has
    ("Edinburgh", ["GMT Standard Time"]),
    ("New Delhi", ["India Standard Time"]),
    ("Kolkata Time", ["Asia/Kolkata"]),
    ("Nuku'alofa", ["Tonga Standard Time"]),
    ("(GMT-10:00) Hawaii Time", ["US/Hawaii"]),
    ("Chicago", ["America/Chicago"]),
    ("new york", ["America/New_York"]),
    ("São Paulo", ["America/Sao_Paulo"]),
    ("Moscow Standard Time", ["Europe/Moscow"]),
    ("Japan Standard Time", ["Japan"]),
    # HubSpot's and others' names, with a blank or a hyphen for the slash
    ("UTC -07:00 America Fort Nelson", ["America/Fort_Nelson"]),
    ("America - New York", ["America/New_York"]),
    ("US Mountain", ["US/Mountain"]),  # Denver; the id of that name is Arizona's
    ("US-Eastern", ["US/Eastern"]),
    ("CANADA_PACIFIC", ["Canada/Pacific"]),
    # two names for one: what both mean
    ("Eastern Standard Time (EST)", ["Eastern Standard Time"]),
    ("China Standard Time (CST)", ["China Standard Time"]),
    ("Moscow Time (MSK)", ["Europe/Moscow"]),
    ("MST (Arizona)", ["America/Phoenix"]),
    ("London (GMT)", ["Europe/London"]),
    ("EST/EDT", ["America/New_York"]),
    ("CST - Central Standard Time", ["America/Chicago"]),
    ("(GMT-05:00) Eastern Time - Detroit", ["Eastern Standard Time"]),  # Google
    ("(UTC-07:00) Denver - Mountain Time (MT)", ["America/Denver"]),
    ("Georgetown, Guyana", ["SA Western Standard Time"]),
    # lists: all of their clocks
    ("(GMT+02:00) Athens, Bucharest, Istanbul", ["Europe/Athens", "Europe/Istanbul"]),
    ("London, Dublin, Lisbon (UTC+00:00)", ["Europe/London"]),
    ("Paris, Madrid, Rome, Berlin", ["Europe/Paris", "Europe/Rome"]),
    (
        "(GMT -5:00) Eastern Time (US & Canada), Bogota, Lima",
        ["Eastern Standard Time", "America/Bogota"],
    ),
    # several clocks: all of them, and of those the ones with the offset
    ("Greenwich Mean Time", ["Europe/London", "UTC"]),
    ("GMT time", ["Europe/London", "UTC"]),
    ("San Juan", ["America/Puerto_Rico", "America/Argentina/San_Juan"]),
    ("(GMT-04:00) San Juan", ["America/Puerto_Rico"]),
    ("EST (UTC-5)", ["America/New_York", "America/Panama", "America/Cancun"]),
    ("IST (UTC+5:30)", ["Asia/Kolkata"]),
    ("IST (UTC+01:00)", ["Europe/Dublin"]),
    # slips in Area/City
    ("America/Los_Angelos", ["America/Los_Angeles"]),
    ("Amerca/Chicgo", ["America/Chicago"]),
    ("Amerika/Los_Angeles", ["America/Los_Angeles"]),
    ("Europe/Instanbul", ["Europe/Istanbul"]),
    ("(GMT-05:00) America/Bogotá", ["America/Bogota"]),
    ("america_slash_pheonix", ["America/Phoenix"]),
]


@pytest.mark.parametrize(("text", "names"), PROPOSED)
def test_what_a_text_means_as_a_whole_is_proposed(text: str, names: list[str]) -> None:
    assert proposed(text) == names


@pytest.mark.parametrize(
    "text",
    [
        # words that are only like others
        *("Atlanta", "Portland", "Haifa", "Manama", "Wichita", "Macon", "Tanga", "Salvatore"),
        *("Indiana", "Virginia", "Ireland", "Western Australia", "Colombia Time", "Laos Time"),
        *("Pacfic Standard Time", "Arabia Standard Time", "Iraq Standard Time", "Dakka"),
        # other cities than IANA's
        *("Athens, GA", "Dublin, CA", "Vancouver, WA", "Jamaica, New York", "Vienna, AT"),
        *("La Paz, Mexico", "Panama City Beach, Florida", "Norfolk", "Victoria", "Palmer"),
        # names of several clocks that nobody can choose from
        *("Arabian Time", "Arabian Daylight Time", "British Columbia", "British Columbia Time"),
        *(
            "Canada Central",
            "Eastern Summer Time",
            "Michigan",
            "Urumqi",
            "La Paz",
            "Pacific Time (Mexico)",
        ),
        # what stands in brackets or behind a dash says something else
        *("Pacific Time (Canada)", "Mountain Standard Time (Phoenix)", "Mountain (no DST)"),
        *("(GMT-06:00) Central Standard Time - Jamaica", "GMT (no daylight saving)"),
        *("(UTC-07:00) Phoenix - Mountain Time (MT)", "West", "West Time", "PST/EST"),
        # an offset says something else
        "(UTC+02:00) Cuba",  # Turkish for Juba
        "(UTC+06:00) Astana",  # now at UTC+5
        "UTC -05:00 America Fort Nelson",
        "(GMT-11:00) Samoa Standard Time",  # CLDR's, which is Pago Pago's
        *("(GMT-07:00) Chihuahua, La Paz, Mazatlan", "Chihuahua, La Paz, Mazatlan"),
        "(GMT+06:00) Almaty, Novosibirsk, Cuba",
        # lists with a place that is unknown, or with too many clocks
        "(GMT+06:00) Astana, Dhaka",
        "(GMT-11:00) Midway Island, Samoa",
        "Tokyo, Lima, Cairo, Oslo",
        # cities that IANA lacks
        *("Europe/Lublin", "Europe/Kiel", "Asia/Gaya", "Africa/Harar", "America/Monterey"),
        *("America/Salvador", "Asia/Chongjin", "America/San_Francisco", "US/East", "Europe/Rom"),
        # dates, POSIX strings, other languages, nothing
        "Tue Jan 26 2021 21:40:25 GMT-0800 (Pacific Standard Time)",
        *("GMT-0500 (EST)", "<+0530>-5:30", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT4,M3.2.0"),
        *("Mitteleuropäische Zeit", "Pazifik-Zeit", "MEZ", "Heure de Paris", "東京"),
        *("Boston", "Rome/Europe", "Italy", "North", "Time", "local", "Custom", "None", "-"),
        *("(UTC-07:00)", "\x00", "\ud800", "x" * 10_000),
    ],
)
def test_nothing_is_proposed_that_would_mislead(text: str) -> None:
    message = refusal(text)
    assert proposed(text) == []
    assert GENERAL_ADVICE in message
    assert len(message) < 400


def test_the_sentences() -> None:
    assert refusal("PST") == (
        "'PST' is an abbreviation, which does not name one zone everywhere all year; use one of "
        "'America/Los_Angeles' (Pacific Standard Time), 'Asia/Manila' (Singapore Standard Time)"
    )
    assert refusal("Eastern Daylight Time") == (
        "'Eastern Daylight Time' is a daylight-saving name; ids cover the whole year: "
        "use 'Eastern Standard Time'"
    )
    assert refusal("(UTC+02:00) Jerusalem") == (
        "'(UTC+02:00) Jerusalem' is a display name, not an id (`tzutil /l` lists both); "
        "did you mean 'Asia/Jerusalem' (Israel Standard Time)?"
    )
    assert refusal("Greenwich Mean Time").startswith(
        "'Greenwich Mean Time' is not a Windows time zone id or an IANA name; "
        "did you mean 'Europe/London' (GMT Standard Time) or 'UTC'? (An id that is newer "
    )
    assert refusal("Boston").startswith(
        f"'Boston' is not a Windows time zone id or an IANA name; {GENERAL_ADVICE}. (An id "
    )


@pytest.mark.parametrize("id_", WINDOWS_TIME_ZONES)
def test_every_spelling_of_an_id_leads_to_its_clock(id_: str) -> None:
    names = [id_, *(name for name, of in STANDARD_NAMES.items() if of == id_)]
    stems = [name.replace("Standard Time", "{}").strip() for name in names if "Standard" in name]
    texts = [stem.format(word) for stem in stems for word in ("Daylight Time", "Time", "")]
    if id_ in DISPLAY_NAMES:
        shown = DISPLAY_NAMES[id_]
        bare = shown.partition(") ")[2]
        texts += [shown, shown.replace("UTC", "GMT"), shown.replace("&", "and"), bare]
    denver = {"US Mountain Time", "US Mountain"}  # by IANA's name; the id is Arizona's
    silent: list[str] = []
    for text in {text.strip() for text in texts} - {*WINDOWS_TIME_ZONES, *NAMES} - denver:
        found = [to_windows_time_zone(name) for name in proposed(text)]
        assert not found or clock_of(id_) in map(clock_of, found)
        silent += [text] * (not found)
    assert len(silent) <= 3


@pytest.mark.parametrize("id_", DISPLAY_NAMES)
def test_an_offset_is_the_zones_own_or_an_hour_from_it(id_: str) -> None:
    """Windows' is older than tzdata's here and there: Casablanca's is still +01:00."""
    for _, offset in clock_of(id_):
        assert abs(minutes_ahead(int(offset.total_seconds()) // 60, id_)) <= 60


@pytest.mark.slow
def test_every_place_of_iana_leads_to_a_clock_that_it_has() -> None:
    places: dict[str, set[tuple[Any, ...]]] = {}
    for name in WITH_A_SLASH:
        place = name.rpartition("/")[2].replace("_", " ")
        places.setdefault(place, set()).add(clock(name))
    others = {"Samoa"}  # a Windows id, and not the Samoa of IANA's link
    for place in {*places} - {*NAMES} - others:
        for spelling in (place, f"{place} Time"):
            if spelling.upper() in ABBREVIATIONS or spelling in WINDOWS_TIME_ZONES:
                continue
            found = {clock_of(to_windows_time_zone(name)) for name in proposed(spelling)}
            assert found <= places[place] or found >= places[place], place


def test_every_abbreviation_and_name_leads_to_a_zone() -> None:
    assert {*STANDARD_NAMES.values(), *DISPLAY_NAMES} <= {*WINDOWS_TIME_ZONES}
    for meant in ABBREVIATIONS.values():
        assert all(to_windows_time_zone(name) for name in meant.split())


@pytest.mark.parametrize("name", ["Antarctica/Troll", "factory"])
def test_a_name_without_an_equivalent_says_so(name: str) -> None:
    reasons = {key.casefold(): why for key, why in read_reviewed()["refused"].items()}
    assert reasons[name.casefold()] in refusal(name)


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0\n"])
def test_a_blank_says_how_to_leave_the_field_out(blank: str) -> None:
    assert "or None for the campaign's own time zone" in refusal(blank)


@pytest.mark.parametrize("value", [None, 5, b"UTC", True, datetime(2026, 1, 1), ["UTC"]])
def test_a_wrong_type_is_named(value: object) -> None:
    assert f"must be a string or a tzinfo, not {type(value).__name__};" in refusal(value)


def test_a_way_round_the_table_is_named_and_no_phone_number() -> None:
    assert "newer than this library can be sent with `client.low_level`" in refusal(
        "Atlantis Standard Time"
    )
    for text in ("+14155550123", "Call +1 (415) 555-0123, America/Denver or Europe/Oslo"):
        assert "555" not in refusal(text)


def without_slashes(text: str) -> bool:
    return not {"/", "\\"} & {*unicodedata.normalize("NFKC", text)}


def with_blanks(name: str) -> str:
    return name.replace("_", " ")


#: Without what offsets and wrappers of names are made of.
ANYTHING = st.text(st.characters(exclude_characters="+-–%_0123456789"), max_size=60).filter(
    without_slashes
)


@given(
    st.sampled_from(WITH_A_SLASH),
    st.one_of(
        st.just(""), st.builds(str.__add__, ANYTHING, st.sampled_from(["(", '"', "= ", ": "]))
    ),
    st.one_of(
        st.just(""), st.builds(str.__add__, st.sampled_from([")", '"', " (", ">"]), ANYTHING)
    ),
    st.sampled_from([str, str.upper, with_blanks]),
)
def test_a_label_with_one_name_is_that_zone(
    name: str, before: str, after: str, spelling: Callable[[str], str]
) -> None:
    assert to_windows_time_zone(before + spelling(name) + after) == to_windows_time_zone(name)


@settings(deadline=None)  # it reads clocks
@given(
    st.lists(st.sampled_from(WITH_A_SLASH), min_size=2, max_size=2, unique=True),
    st.sampled_from([" | ", " (", ", ", "; ", " and ", " to ", " ", "/", " / ", "-", "+", ":", ""]),
)
def test_two_names_are_never_one(names: list[str], between: str) -> None:
    found = proposed(between.join(names))
    assert found in ([], names, names[:1])
    if found == names[:1]:
        assert clock(names[0]) == clock(names[1])


def meant() -> dict[str, set[str]]:
    """What a label is put together from → every id that it may mean."""
    places = [(name.rpartition("/")[2].replace("_", " "), name) for name in NAMES]
    words = [(name.replace("/", " ").replace("_", " "), name) for name in WITH_A_SLASH]
    stems = [(id_.replace(" Standard Time", ""), id_) for id_ in WINDOWS_TIME_ZONES]
    shown = [(name.partition(") ")[2], id_) for id_, name in DISPLAY_NAMES.items()]
    parts = [(part.strip(), id_) for names, id_ in shown for part in names.split(",")]
    short = [(text, name) for text, names in ABBREVIATIONS.items() for name in names.split()]
    london = [("GMT", "Europe/London"), ("Greenwich", "Europe/London")]
    others = [*london, ("San Juan", "America/Puerto_Rico")]
    found: dict[str, set[str]] = {}
    for text, name in [*places, *words, *stems, *shown, *parts, *short, *others]:
        found.setdefault(text, set()).add(to_windows_time_zone(name))
    return found


MEANT = meant()


@settings(deadline=None)  # it reads clocks
@given(
    st.lists(st.sampled_from([*MEANT]), min_size=1, max_size=4),
    st.sampled_from([", ", "; ", " - ", "/", " ("]),
    st.sampled_from(["", "(UTC-05:00) ", "(GMT) ", "UTC +08:00 ", "(GMT+1) "]),
    st.sampled_from(["", " Time", " Daylight Time", ")", " (GMT+3)"]),
)
def test_a_proposal_has_a_clock_of_something_in_the_text(
    parts: list[str], between: str, before: str, after: str
) -> None:
    text = before + between.join(parts) + after
    clocks = {clock_of(id_) for part in parts for id_ in MEANT[part]}
    try:
        found = [to_windows_time_zone(text)]
    except InvalidTimeZoneError:
        found = [to_windows_time_zone(name) for name in proposed(text)]
    assert len(found) <= 3
    assert {clock_of(id_) for id_ in found} <= clocks


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"[A-Z][a-z]+/[A-Z][a-z_]+|\(UTC[+-]\d\d:\d\d\) [A-z ,]+"),
        st.lists(
            st.sampled_from(
                [
                    "America",
                    "/",
                    "_slash_",
                    "New",
                    "_",
                    " ",
                    "York",
                    "Etc",
                    "GMT",
                    "+5",
                    "(",
                    ")",
                    ",",
                    "US",
                    "-",
                    "Pacific",
                    "Time",
                    "\u0301",
                    "\udcff",
                ]
            )
        ).map("".join),
    )
)
def test_any_text_gives_an_id_or_an_error_of_ours(text: str) -> None:
    try:
        id_ = to_windows_time_zone(text)
    except InvalidTimeZoneError:
        assert len(refusal(text)) < 500
    else:
        assert id_ in WINDOWS_TIME_ZONES


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "(" * 500, "US/" * 166, "\ufdfa" * 500, ", a" * 160]
)
def test_a_long_text_is_refused_like_any_other(text: str) -> None:
    assert proposed(text) == []


def test_nothing_is_imported_to_know_a_zone() -> None:
    code = (
        "import sys, nlpearl; nlpearl.to_windows_time_zone('Europe/Rome');"
        "print({'zoneinfo', 'pytz', 'dateutil', 'pendulum', 'phonenumbers', 'difflib',"
        "*('nlpearl.time_zones.' + name for name in ('labels', 'refusals', 'proposals'))}"
        " & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    assert done.stdout == "set()\n"
