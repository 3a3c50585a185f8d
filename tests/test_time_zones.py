"""What names a time zone, and the Windows id that is sent for it."""

import subprocess
import sys
import typing
import unicodedata
import zoneinfo
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from importlib.resources import files
from pathlib import Path
from typing import Any

import dateutil.tz
import pendulum
import pytest
import pytz
from hypothesis import given
from hypothesis import strategies as st

from nlpearl import (
    WINDOWS_TIME_ZONES,
    InvalidTimeZoneError,
    Lead,
    WindowsTimeZone,
    to_windows_time_zone,
)
from nlpearl.time_zones.abbreviations import ABBREVIATIONS
from nlpearl.time_zones.names import SENT_FOR_TURKIYE
from nlpearl.time_zones.windows_names import DISPLAY_NAMES, STANDARD_NAMES
from tools.make_time_zones import changes, every_iana_name, read_reviewed

REJECTED = ("EST", "MST", "HST", "CET", "MET", "EET", "WET", "Antarctica/Troll", "Factory")
NAMES = [name for name in every_iana_name() if name not in REJECTED]
WITH_A_SLASH = [name for name in NAMES if "/" in name]


def refusal(value: Any) -> str:
    with pytest.raises(InvalidTimeZoneError) as caught:
        to_windows_time_zone(value)
    [(argument, [message])] = caught.value.errors.items()
    assert argument == "time_zone"
    assert str(caught.value) == f"time_zone: {message}"
    return message


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


def test_names_with_one_id_have_one_clock_through_2028() -> None:
    """That it is the id's own clock is checked where the table is made, which knows CLDR's."""
    clocks: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
    since, until = datetime(2026, 11, 23, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
    for name in NAMES:
        clocks[to_windows_time_zone(name)].add(tuple(changes(name, since, until)))
    assert {id_ for id_, found in clocks.items() if len(found) > 1} == set()
    assert len(clocks) == 139


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
    assert "is a fixed offset or this machine's zone" in message
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
        for candidate in candidates:
            assert f"'{candidate}' ({to_windows_time_zone(candidate)})" in message


def test_an_abbreviation_is_no_better_as_an_object() -> None:
    for zone in (zoneinfo.ZoneInfo("EST"), pytz.timezone("MST"), dateutil.tz.gettz("CET")):
        assert "is an abbreviation" in refusal(zone)
    assert "zoneinfo.ZoneInfo 'EST'" in refusal(zoneinfo.ZoneInfo("EST"))


@pytest.mark.parametrize("offset", ["UTC-8", "+03:00", "-0500", "GMT+1", "utc +5:30", "5.5", "−3"])
def test_an_offset_is_no_zone(offset: str) -> None:
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
    ("value", "proposed"),
    [
        # StandardNames
        ("Jerusalem Standard Time", "'Israel Standard Time'"),
        ("cabo verde standard time", "'Cape Verde Standard Time'"),
        ("Malay Peninsula Standard Time", "'Singapore Standard Time'"),
        ("Novosibirsk Standard Time", "'N. Central Asia Standard Time'"),
        ("West Bank Gaza Standard Time", "'West Bank Standard Time'"),
        ("Coordinated Universal Time", "'UTC'"),
        ("Russia TZ 2 Standard Time", "'Russian Standard Time'"),
        ("Russia TZ 11 Standard Time", "'Russia Time Zone 11'"),
        # display names
        ("(UTC-08:00) Pacific Time (US & Canada)", "'Pacific Standard Time'"),
        ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "'GMT Standard Time'"),
        ("(UTC+02:00) Jerusalem", "'Israel Standard Time'"),
        ("(UTC) Coordinated Universal Time", "'UTC'"),
        # daylight names
        ("Eastern Daylight Time", "'Eastern Standard Time'"),
        ("Central European Summer Time", "'Central European Standard Time'"),
        # places
        ("Chicago", "'America/Chicago' (Central Standard Time)"),
        ("new york", "'America/New_York' (Eastern Standard Time)"),
        ("São Paulo", "'America/Sao_Paulo' (E. South America Standard Time)"),
        ("Moscow Standard Time", "'Europe/Moscow' (Russian Standard Time)"),
        # typos
        ("America/Los_Angelos", "'America/Los_Angeles' (Pacific Standard Time)"),
        ("Amerca/Chicgo", "'America/Chicago' (Central Standard Time)"),
        ("Pacfic Standard Time", "'Pacific Standard Time'"),
        ("Korea Standart Time", "'Korea Standard Time'"),
        ("Eastern Time", "'Eastern Standard Time'"),
        ("Central", "'Central Standard Time'"),
        ("GMT Daylight Time", "'GMT Standard Time'"),
    ],
)
def test_what_is_nearly_right_is_refused_with_the_right_one_alone(
    value: str, proposed: str
) -> None:
    message = refusal(value)
    assert message.startswith(repr(value))
    tail = message.replace(" (An id newer", "\n").splitlines()[0]
    assert tail.endswith((f"pass {proposed}", f"did you mean {proposed}?"))


def test_at_most_three_are_proposed_the_nearest_first() -> None:
    assert (
        "did you mean 'Arabian Standard Time', 'Arabic Standard Time' or 'Arab Standard Time'?"
    ) in refusal("Arabia Standard Time")
    assert "'Pacific/Easter' (Easter Island Standard Time) or 'Eastern Standard Time'?" in refusal(
        "Easter Standard Time"
    )


@pytest.mark.parametrize(
    "value",
    [
        "Boston",
        "America/San_Francisco",
        "Rome/Europe",
        "Italy",
        "North",
        "Time",
        "local",
        "Mitteleuropäische Zeit",
        "(UTC-07:00) La Paz, Mazatlan",  # Bolivia's La Paz is another
        "(UTC-12:00) International Date Line West",
        "British Summer Time",
        "\x00",
        "\ud800",
        "x" * 10_000,
    ],
)
def test_nothing_is_proposed_that_would_mislead(value: str) -> None:
    message = refusal(value)
    assert "did you mean" not in message
    assert "pass an IANA name ('America/New_York')" in message
    assert len(message) < 400


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
    assert "or None for the campaign's own zone" in refusal(blank)


@pytest.mark.parametrize("value", [None, 5, b"UTC", True, datetime(2026, 1, 1), ["UTC"]])
def test_a_wrong_type_is_named(value: object) -> None:
    assert f"is a string or a tzinfo, not {type(value).__name__};" in refusal(value)


def test_a_way_round_the_table_is_named_and_no_phone_number() -> None:
    assert "through the generated client, `low_level`" in refusal("Atlantis Standard Time")
    assert "555" not in refusal("+14155550123")


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
def test_whatever_stands_around_one_name_the_label_is_that_zone(
    name: str, before: str, after: str, spelling: Callable[[str], str]
) -> None:
    assert to_windows_time_zone(before + spelling(name) + after) == to_windows_time_zone(name)


@given(
    st.one_of(st.text(), st.from_regex(r"[A-Z][a-z]+/[A-Z][a-z_]+|\(UTC[+-]\d\d:\d\d\) [A-z ,]+"))
)
def test_any_text_gives_an_id_or_an_error_of_ours(text: str) -> None:
    try:
        id_ = to_windows_time_zone(text)
    except InvalidTimeZoneError:
        return
    assert id_ in WINDOWS_TIME_ZONES


def test_nothing_is_imported_to_know_a_zone() -> None:
    code = (
        "import sys, nlpearl; nlpearl.to_windows_time_zone('Europe/Rome');"
        "print({'zoneinfo', 'pytz', 'dateutil', 'pendulum', 'phonenumbers', 'difflib',"
        "'nlpearl.time_zones.labels', 'nlpearl.time_zones.refusals'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent,
    )
    assert done.stdout == "set()\n"
