"""What the columns of a file become: by their names, or as the caller says."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpearl.cli.column_names import (
    Mark,
    argument_of,
    folded,
    forbids,
    is_id,
    is_like,
    mark_of,
    says_not_to_call,
)
from nlpearl.cli.columns import InvalidRowError, NotToBeCalledError, Plan, words_for
from nlpearl.cli.files.cells import Formula, clean, mistake, printable, sample
from nlpearl.cli.files.rows import FIRST_LINE, FileError
from nlpearl.cli.planning import (
    NoHeaderError,
    Wishes,
    is_header,
    plan,
    read_call_data,
    read_map,
)

PHONE, ID, ZONE = "phone_number", "external_id", "time_zone"


def planned(
    header: Sequence[str],
    *maps: str,
    call_data: Sequence[str] = (),
    hidden: Sequence[int] = (),
    samples: Mapping[int, Sequence[str]] = {},
) -> Plan:
    wishes = Wishes([read_map(text) for text in maps], read_call_data(call_data))
    return plan(header, wishes, names_are=FIRST_LINE, hidden=hidden, samples=samples)


def targets(header: str, *maps: str, **wishes: Any) -> dict[str, str]:
    names = header.split(",")
    found = planned(names, *maps, **wishes).targets
    return {names[index]: target for index, target in found.items()}


# Names


@pytest.mark.parametrize(
    ("names", "argument"),
    [
        ("phone_number,Phone Number,phoneNumber,PHONE-NUMBER,Phone,Mobile,mobile phone,Cell,Tel,"
         "Tel.,Telephone,Phone No.,Telefon,Handynummer,Téléphone portable,Teléfono móvil,Celular,"
         "Телефон,電話番号,전화번호,Phone__c", PHONE),
        ("external_id,External ID,externalId,EXTERNAL-ID,ext id,External_ID__c", ID),
        ("time_zone,Time Zone,Timezone,timeZoneId,TZ,tz,time_zone_id,Zeitzone", ZONE),
        ("call_data,callData,Call Data", "call_data"),
        ("call_data.age,callData.age,Call Data. age ", "call_data.age"),
    ],
)  # fmt: skip
def test_the_names_of_arguments_as_people_write_them(names: str, argument: str) -> None:
    for name in names.split(","):
        assert argument_of(name) == argument, name


@pytest.mark.parametrize(
    "name",
    ["", "id", "Phone 1 - Value", "Phone type", "Home Phone", "Zone", "Name", "call_data.", "a.b",
     "phone_number_2", "Time", "Telegram"],
)  # fmt: skip
def test_other_names_are_not_arguments(name: str) -> None:
    assert argument_of(name) is None


@given(st.text())
def test_folding_is_stable(name: str) -> None:
    assert folded(folded(name)) == folded(name)
    argument_of(name), mark_of(name), is_like(name, PHONE), says_not_to_call("", name)  # pyright: ignore[reportUnusedExpression]


@pytest.mark.parametrize(
    "name",
    ["DoNotCall", "Do Not Call", "do_not_call", "DONOTCALL", "Don't call", "DNC", "DNC?",
     "On DNC list", "phone_dnc", "DND", "NDNC", "Opted out", "HasOptedOutOfCalls", "hasoptedout",
     "Opt-out", "opt_out",
     "Phone opt-out", "Email & phone opt out", "Unsubscribed", "Do not contact", "doNotContact",
     "Do not allow Phone Calls", "Do Not Phone", "No calls", "No Call", "never call", "Blacklisted",
     "Block list", "Suppressed", "Do not disturb", "Must not be called", "Not to be called",
     "Stop calling", "Nicht anrufen", "Keine Anrufe", "Werbesperre", "Ne pas appeler", "No llamar",
     "Non chiamare", "Não ligar", "Niet bellen", "Robinson list", "Bloctel", "Deceased",
     "No contact", "STOP", "Stopped", "TPS", "CTPS", "Litigator", "is_litigator", "Revoked",
     "Consent revoked", "Excluded", "Blocked", "Rufnummernsperre", "Sperrvermerk", "Gesperrt",
     "Werbewiderspruch"],
)  # fmt: skip
def test_names_of_columns_that_forbid_calls(name: str) -> None:
    assert mark_of(name) is Mark.DO_NOT_CALL


@pytest.mark.parametrize(
    "name",
    ["Consent", "Call consent", "Opt-in", "opt_in", "Opted In", "OptIn", "May call", "OK to call",
     "Can we call", "Permission to call", "Calls allowed", "Phone permission", "Callable",
     "Contactable", "GDPR", "DSGVO", "Marketing permission"],
)  # fmt: skip
def test_names_of_columns_of_consent(name: str) -> None:
    assert mark_of(name) is Mark.CONSENT


@pytest.mark.parametrize(
    "name",
    ["HasOptedOutOfEmail", "HasOptedOutOfFax", "Email Opt Out", "Unsubscribed from all email",
     "SMS consent", "Newsletter opt-in", "Do not mail", "Cookie consent", "Called", "Last call",
     "Not contacted yet", "Second name", "Adopted outfits", "Callback", "Contact", "Notes",
     "American Phone Company", "African contact", "adoption", "option", "Phone", "",
     "Bus stop", "Contact No", "Mailsperre", "Exclude from emails", "Block of flats"],
)  # fmt: skip
def test_names_of_columns_that_forbid_no_calls(name: str) -> None:
    assert mark_of(name) is None


@pytest.mark.parametrize(
    "no", ["", "no", "No", "N", "FALSE", "false", "0", "0.0", "off", "Nein", "Allow", "-"]
)
def test_a_column_that_forbids_calls_says_so_unless_it_says_no(no: str) -> None:
    assert not (no and forbids(Mark.DO_NOT_CALL, no))


@pytest.mark.parametrize(
    "value",
    ["yes", "x", "1", "true", True, 1, "2026-11-01", "DNC", "Do Not Allow", Formula.NO_RESULT],
)
def test_a_column_that_forbids_calls_forbids(value: object) -> None:
    assert forbids(Mark.DO_NOT_CALL, value)


def test_a_column_of_consent_forbids_by_a_no() -> None:
    for no in ("no", "FALSE", False, 0, 0.0, "revoked", "No consent", "not-given", "opted_out"):
        assert forbids(Mark.CONSENT, no)
    assert forbids(Mark.CONSENT, "Do not call")
    assert not any(forbids(Mark.CONSENT, yes) for yes in ("yes", True, 1, "2026-11-01", "allowed"))


@pytest.mark.parametrize(
    "text", ["DO NOT CALL", "do-not-call", "Please don't call!", "don’t ever call me", "DNC",
             "Do not contact.", "Bitte nicht mehr anrufen", "não ligar",
             "(dnc)", "opted out", "vip; do not phone", "vip, dnc", "DNC|vip", "unsubscribed",
             "Blacklisted", "Blocked", "No calls", "not here; never be called", ["vip", "dnc"]],
)  # fmt: skip
def test_a_cell_of_any_column_can_forbid_calls(text: object) -> None:
    assert says_not_to_call("Status", text)


def test_what_a_column_says_of_other_ways_forbids_no_calls() -> None:
    assert not says_not_to_call("Email status", "unsubscribed")
    assert not says_not_to_call("SMS", "opted out")
    assert says_not_to_call("Email and phone", "opted out")
    assert says_not_to_call("Email status", "Do not call")


@pytest.mark.parametrize(
    "text", ["", "call", "DNC Corp", "we called", "do call", 7, None, "opted out of email", ["x"]]
)
def test_other_cells_do_not(text: object) -> None:
    assert not says_not_to_call("Notes", text)


def test_what_could_be_an_argument() -> None:
    for name in ("Phone 1 - Value", "Home Phone", "Handy (privat)", "WhatsApp", "Tel privat"):
        assert is_like(name, PHONE)
    for name in ("Phone Type", "Phone 1 - Label", "Fax", "Name", "phone_verified", "Phone ext"):
        assert not is_like(name, PHONE)
    for name in (
        "Local Time Zone",
        "Contact Timezone",
        "tz offset",
        "Fuseau horaire",
        "UTC offset",
    ):
        assert is_like(name, ZONE)
    for name in ("Zone", "Time", "Delivery zone", "Horizon"):
        assert not is_like(name, ZONE)
    for name in ("HubSpot External ID", "external reference", "Ext. key", "CRM externalId"):
        assert is_like(name, ID)
    for name in ("Id", "External lead provider", "Extension", "Next step id"):
        assert not is_like(name, ID)
    assert all(map(is_id, ["id", "ID", "Lead Id", "customer_id", "recordId"]))
    assert not any(map(is_id, ["Paid", "ad_id", "Name", ""]))


# Plans


def test_columns_are_found_by_name_and_nothing_else_is_used() -> None:
    assert targets("Name,Phone Number,External ID,Timezone,call_data.age,callData,Email") == {
        "Phone Number": PHONE,
        "External ID": ID,
        "Timezone": ZONE,
        "call_data.age": "call_data.age",
        "callData": "call_data",
    }


def test_the_caller_outdoes_the_names() -> None:
    assert targets(
        "Phone,Mobile,Id,Name,Timezone,Notes",
        "mobile=phone_number", "Id = external_id", "Name=call_data.first name", "Timezone=",
        "Notes=",
    ) == {"Mobile": PHONE, "Id": ID, "Name": "call_data.first name"}  # fmt: skip


def test_call_data_is_what_is_named() -> None:
    header = "phone,First  Name,visits,Do not call,secret,,external_id"
    assert targets(header, call_data=["first name, visits"]) == {
        "phone": PHONE, "First  Name": "call_data.First Name", "visits": "call_data.visits",
        "external_id": ID,
    }  # fmt: skip
    assert [*targets(header, call_data=["all"], hidden=[4]).values()] == [
        PHONE, "call_data.First Name", "call_data.visits", ID,
    ]  # fmt: skip
    assert targets(header, "visits=", call_data=["all"], hidden=[4])["First  Name"]
    assert "visits" not in targets(header, "visits=", call_data=["all"])
    named = planned(header.split(","), call_data=["do not call"])
    assert named.targets[3] == "call_data.Do not call"
    assert named.marks == {3: Mark.DO_NOT_CALL}, "it forbids all the same"
    assert planned(header.split(","), "Do not call=").marks == {}
    assert targets("phone,tz,a", call_data=["tz"]) == {"phone": PHONE, "tz": "call_data.tz"}


def test_names_with_commas_are_quoted() -> None:
    assert read_call_data(['"Name, first", b', "c,"]) == ["Name, first", "b", "c"]
    assert read_call_data([]) == []


@pytest.mark.parametrize(
    ("header", "maps", "said"),
    [
        ("Phone,Mobile", [], "two columns could be the phone number: 'Phone' and 'Mobile'. Say "
         "which one is: --map 'Phone=phone_number'"),
        ("phone,Phone", [], "'phone' and 'Phone'"),
        ("phone,phone", [], "'phone' and 'phone'. Rename one of them"),
        ("phone,tz,Time Zone", [], "two columns could be the time zone: 'tz' and 'Time Zone'"),
        ("phone,Local time zone", [], "the column 'Local time zone' looks like the time zone of "
         "each lead, but is not used. Use it: --map 'Local time zone=time_zone'. Or leave it out"),
        ("phone,HubSpot External Id", [], "looks like the external id of each lead"),
        ("phone,a,b", ["a=call_data.x", "b=call_data.X"], "two columns become call data 'X': 'a' "
         "and 'b'. Rename one of them, or leave it out: --map 'COLUMN='"),
        ("phone,a,a", ["a=call_data.x"], "the column 'a' is there twice. Rename one of them"),
        ("phone,a", ["a=", "A=external_id"], "the column 'A' is named twice in the options"),
        ("phone,Mobile", ["Mobile=phone_number", "phone=phone_number"], "two columns become phone"),
        ("+14155550184,Ann", ["Nr=phone_number"], "there is no column 'Nr'. The first line has to "
         "name the columns, and it is: '…84', 'Ann'. That looks like a lead. Add a line above it"),
        ("phone,a", ["b="], "there is no column 'b'. The first line has to name the columns, and "
         "it is: 'phone', 'a'. Name one of these, or remove what is above the header"),
        ("Name,City", [], "no column is the phone number. The first line has to name the columns, "
         "and it is: 'Name', 'City'. If that is a title"),
        ("Name,Phone 1 - Value", [], "--map 'Phone 1 - Value=phone_number'"),
        ("+14155550184,Ann", [], "is: '…84', 'Ann'. That looks like a lead. Add a line above it"),
        (",", [], "and it is: blank. If"),
        (",".join("abcdefghijkl"), [], "'j', …. If"),
    ],
)  # fmt: skip
def test_what_is_not_clear_stops_the_file(header: str, maps: list[str], said: str) -> None:
    with pytest.raises(FileError, match=re.escape(said)):
        targets(header, *maps)


def test_what_a_column_holds_can_make_it_a_time_zone() -> None:
    zones = {1: ["America/New_York", "Pacific Standard Time"]}
    with pytest.raises(FileError, match="the column 'Region' looks like the time zone"):
        targets("phone,Region", samples=zones)
    with pytest.raises(FileError, match="the column 'column 2' looks like the time zone"):
        targets("phone,", samples=zones)
    assert targets("phone,Region", call_data=["Region"], samples=zones)
    assert targets("phone,Region,tz", samples=zones)
    for values in (
        ["America/New_York", "North"], ["a/b"], [], ["At any Time"], ["Full time", "Part time"],
        ["Lunch time (noon)"], ["10:30"], ["WEST", "EST"], ["Central", "Pacific"], ["met"],
    ):  # fmt: skip
        assert targets("phone,Region", samples={1: values})
    for values in (
        ["EST", "PST"], ["(GMT-06:00) Central America"], ["UTC+1"], ["GMT 2"],
        ["Pacific Time (US & Canada)", "eastern time"], ["Central European Summer Time"],
    ):  # fmt: skip
        with pytest.raises(FileError, match="looks like the time zone"):
            targets("phone,Region", samples={1: values})
    with pytest.raises(FileError, match="looks like the time zone"):
        targets("phone,Region", call_data=["all"], samples=zones)


def test_a_part_of_the_number_in_a_column_of_its_own_stops_the_file() -> None:
    at_home = {0: ["415-555-0123", "+14155550124"], 1: ["1", "+44"]}
    for name in ("Country Code", "area_code", "DialCode", "Vorwahl", "Country calling code"):
        with pytest.raises(FileError, match=f"the column '{name}' looks like a part of the phone"):
            targets(f"phone,{name}", samples=at_home)
        assert targets(f"phone,{name}", f"{name}=", samples=at_home)
        assert targets(f"phone,{name}", samples={**at_home, 1: ["US", "GB"]})
        assert targets(f"phone,{name}", samples={**at_home, 0: ["+14155550123", "(+1) 415"]})
    assert targets("phone,Zip code", samples=at_home)


def test_ids_that_a_program_has_made_fractions_of() -> None:
    def ids(*values: object) -> list[object]:
        samples = {1: [value for value in values if isinstance(value, str)]}
        plan = planned(["phone", "external id"], samples=samples)
        for value in values:
            assert plan.external_id(["+1", value]) == str(plan.arguments(["+1", value])[ID])
        return [plan.arguments(["+1", value])[ID] for value in values]

    assert ids("1041.0", "7.0") == ["1041", "7"]
    assert ids("1.0", "1.1") == ["1.0", "1.1"]
    assert ids(1041.0, 5) == [1041, 5]
    with pytest.raises(InvalidRowError, match="a spreadsheet has rounded it"):
        ids(1e17)


def test_options_are_checked() -> None:
    assert read_map(" Mobile = phone_number ") == ("Mobile", PHONE)
    assert read_map("a=b=call_data.c") == ("a=b", "call_data.c")
    assert read_map("Notes=") == ("Notes", "")
    for text, said in [
        ("x", "is not of the form"), ("=phone_number", "is not of the form"),
        ("a=name", "a column becomes phone_number, external_id, time_zone, call_data, "),
        ("a=call_data.", "call_data.NAME, or nothing"),
    ]:  # fmt: skip
        with pytest.raises(FileError, match=said):
            read_map(text)
    with pytest.raises(FileError, match="the column 'a' is named twice in the options"):
        targets("phone,a", "a=", call_data=["a"])


def test_a_header_is_known_by_its_phone_number() -> None:
    nothing = Wishes([], [])
    assert is_header(["Name", "Phone"], nothing)
    assert not is_header(["Name", "", "Rufname"], nothing)
    assert is_header(["Nummer"], Wishes([("nummer", PHONE)], []))
    assert issubclass(NoHeaderError, FileError)


# Rows

PLAN = planned(
    ["phone", "external_id", "tz", "name", "Do not call", "Opt-in", "Notes", "call_data"],
    "Notes=",
    call_data=["name"],
)


def test_a_row_becomes_arguments_without_what_is_empty() -> None:
    assert PLAN.arguments([" +1 ", 41, "", "Ann\0\0"]) == {
        PHONE: "+1", ID: 41, "call_data": {"name": "Ann"},
    }  # fmt: skip
    assert PLAN.arguments(["+1", float("nan"), "nan", "\u00a0", "no", "yes", "x"]) == {PHONE: "+1"}
    assert PLAN.arguments(["+1", "NULL", r"\N", "None", False, True, None, {"a": 1}, "", None]) == {
        PHONE: "+1", "call_data": {"name": "None", "a": 1},
    }  # fmt: skip
    data = PLAN.arguments(["+1", "", "", "Ann", "", "", "", '{"name": "Bob", "b": 2}'])
    assert data["call_data"] == {"name": "Bob", "b": 2}
    assert PLAN.arguments([1.5, 7, "", date(2026, 1, 1)]) == {
        PHONE: 1.5, ID: 7, "call_data": {"name": date(2026, 1, 1)},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([""], "phone number is missing"),
        ([{"0": "+1"}], "phone number is a JSON object"),
        (["+1", ["Ann"]], "external id is a JSON array"),
        (["+1", "", "", {"a": 1}], "call data 'name' is a JSON object"),
        (["+1", True], "external id is true or false"),
        (["+1", 1.2021e17], "external id is 1.2021e+17: a spreadsheet has rounded it. Make the"),
        (["+1", date(2026, 3, 1)], "external id is a date or a time. Make the column text"),
        (["+1", 7, time(5)], "time zone is a date or a time"),
        (["+1", 7, "", timedelta(1)], "call data 'name' is a duration"),
        (["+1415\x005550123"], "phone number has a NUL character (0x00) in it, which cannot be"),
        ([None, "1"], "phone number is missing"),
        (["NULL"], "phone number is missing"),
        (["", "#N/A"], "external id is #N/A: a formula in the file has failed; phone number is m"),
        (["+1", "#N/A"], "external id is #N/A: a formula in the file has failed"),
        (["#NAME?"], "phone number is #NAME?: a formula"),
        (["+1", "", "", Formula.NO_RESULT], "call data 'name' is a formula without a saved result"),
        (["+1", "", "", "", "", "", "", "", "x"], "it has 9 cells, and the first line names 8 col"),
        (["+1", "", "", "", "", "", "x" * 100_001], "the cell 'Notes' has over 100,000 characters"),
        (["+1", "", "", "", "", "", "", "x"], "call data is not a JSON object"),
        (["+1", "", "", "", "", "", "", "{x"], "call data is invalid JSON"),
        (["+1", "", "", "", "", "", "", [1]], "call data is not a JSON object"),
    ],
)
def test_a_row_that_is_not_a_lead_says_why(cells: list[object], said: str) -> None:
    with pytest.raises(InvalidRowError, match=re.escape(said)):
        PLAN.arguments(cells)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (["+1", "", "", "", "x"], "Do not call"),
        (["+1", "", "", "", True], "Do not call"),
        (["+1", "", "", "", "", "no"], "Opt-in"),
        (["+1", "", "", "Do not call him"], "name"),
        (["+1", "", "", "verstorben"], "name"),
    ],
)
def test_a_row_that_forbids_calls_is_not_added(cells: list[object], column: str) -> None:
    with pytest.raises(NotToBeCalledError, match=f"^the column '{column}' says not to call$"):
        PLAN.arguments(cells)


def test_call_data_can_forbid_calls() -> None:
    with pytest.raises(NotToBeCalledError, match=r"^call data 'doNotCall' says not to call$"):
        PLAN.arguments(["+1", *[""] * 6, {"doNotCall": True}])
    assert PLAN.arguments(["+1", *[""] * 6, {"doNotCall": False, "dnc": None, "consent": "yes"}])
    marks = planned(["phone", "call_data.DoNotCall", "call_data.email_opt_out"]).marks
    assert marks == {1: Mark.DO_NOT_CALL}


def test_what_forbids_nothing() -> None:
    assert PLAN.arguments(["+1", "dnc"])[ID] == "dnc", "an id is not a remark"
    assert PLAN.arguments(["DO NOT CALL"]), "nlpearl.leads says that it is not a number"
    assert PLAN.arguments(["+1", "", "", "", "", "", "do not call"]), "the column was left out"


def test_the_external_id_of_an_invalid_row() -> None:
    assert PLAN.external_id(["", " 7 "]) == "7"
    assert PLAN.external_id(["", 7.5]) == "7.5"
    assert PLAN.external_id(["", None]) == ""
    assert PLAN.external_id([""]) == ""
    assert planned(["phone"]).external_id(["+1"]) == ""


# Cells


@pytest.mark.parametrize(
    ("cell", "value"),
    [(" a ", "a"), ("", None), (" \t\r\n", None), ("\u00a0", None), ("\ufeff a", "a"),
     ("a\0 ", "a"), ("a\0", "a"), ("\0\0", None), (0, 0), (False, False), (None, None),
     (float("nan"), None), ('="007"', "007"), ('="a ""b"" "', 'a "b"'), ('=""', None),
     ('=1+"1"', '=1+"1"'), ("'007", "007"), ("'+1 415", "+1 415"), ("'=1", "=1"), ("'t", "'t"),
     ("'90s", "'90s"), ("'", "'")],
)  # fmt: skip
def test_what_is_left_of_a_cell(cell: object, value: object) -> None:
    assert clean(cell) == value


@pytest.mark.parametrize(
    "text", ["#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#NV", "#BEZUG!",
             "#¡VALOR!", "#SPILL!", "########"],
)  # fmt: skip
def test_the_errors_of_spreadsheets(text: str) -> None:
    assert mistake(text)


@pytest.mark.parametrize("text", ["#1", "#A12", "# 1 in town!", "#", "", 5, None, "N/A"])
def test_what_is_none(text: object) -> None:
    assert mistake(text) is None


def test_samples_are_short_harmless_and_masked() -> None:
    assert sample("Ann\n Lee") == "Ann Lee"
    assert sample("x" * 30) == "x" * 23 + "…"
    assert sample("p:+1 (415) 555-0123") == "…23"
    assert sample("٠١٢٣٤٥٦٧") == "…٦٧"
    assert sample(14155550123) == "…23"
    assert sample("\x1b[31mred") == "?[31mred"
    assert printable("a\u202eb") == "a?b"


def test_targets_in_words() -> None:
    assert words_for("call_data.age") == "call data 'age'"
    assert words_for("call_data.+14155550123") == "call data '…23'"
    assert words_for("phone_number") == "phone number"
