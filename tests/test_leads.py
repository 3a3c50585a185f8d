"""Call data, external ids, and a lead as a whole: what is sent, or every fault at once."""

import copy
import enum
import json
import math
import uuid
from collections import UserDict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator

from nlpearl import (
    WINDOWS_TIME_ZONES,
    AddedLead,
    BadRequestError,
    InvalidLeadError,
    InvalidTimeZoneError,
    Lead,
)
from nlpearl.calls.operations import lead_body
from nlpearl.leads.call_data import to_call_data
from nlpearl.leads.identifiers import to_external_id
from nlpearl.sandbox import Sandbox
from nlpearl.sandbox.contract import read_spec

from .conftest import PHONE, Either

pd = pytest.importorskip("pandas")  # has no types

UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")
BODY = OAS30Validator(read_spec()["components"]["schemas"]["LeadToAddApi"])


class Plan(enum.Enum):
    GOLD = "gold"
    SEATS = 5
    LISTED = ["a"]  # noqa: RUF012


class Level(enum.IntEnum):
    HIGH = 3


class Word(enum.StrEnum):
    YES = "yes"


def faults(data: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidLeadError) as caught:
        to_call_data(data)
    return caught.value.errors


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("Joe", "Joe"),
        (" as it is \n", " as it is \n"),
        ("", ""),
        (3, "3"),
        (-(10**30), "-1" + "0" * 30),
        (3.0, "3"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e22, "1" + "0" * 22),
        (2.5e-07, "2.5e-07"),
        (True, "true"),
        (False, "false"),
        (Decimal("9.90"), "9.90"),
        (Decimal("1E+2"), "100"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("1E+999999"), "1E+999999"),
        (date(2026, 11, 23), "2026-11-23"),
        (time(9, 30), "09:30:00"),
        (datetime(2026, 11, 23, 9, 30), "2026-11-23T09:30:00"),
        (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "2026-11-23T09:30:00+00:00"),
        (
            datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=-8))),
            "2026-11-23T09:30:00-08:00",
        ),
        (UUID, "12345678-1234-5678-1234-567812345678"),
        (Plan.GOLD, "gold"),
        (Plan.SEATS, "5"),
        (Level.HIGH, "3"),
        (Word.YES, "yes"),
        (np.int64(3), "3"),
        (np.uint8(3), "3"),
        (np.float64(3.0), "3"),
        (np.float32(0.1), "0.1"),  # as numpy writes it, not 0.10000000149011612
        (np.bool_(True), "true"),
        (np.str_("Joe"), "Joe"),
        (pd.Timestamp("2026-11-23 09:30"), "2026-11-23T09:30:00"),
    ],
)
def test_a_value_becomes_text(value: Any, sent: str) -> None:
    data = to_call_data({"visits": value})
    assert data == {"visits": sent}
    assert type(data["visits"]) is str


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (math.nan, "a float that is not finite"),
        (math.inf, "a float that is not finite"),
        (np.float32("nan"), "a float that is not finite"),
        (Decimal("NaN"), "a decimal.Decimal that is not finite"),
        (Decimal("sNaN"), "a decimal.Decimal that is not finite"),
        (Decimal("-Infinity"), "a decimal.Decimal that is not finite"),
        (b"secret", "bytes"),
        (["secret"], "list"),
        ({"a": "secret"}, "dict"),
        ({"secret"}, "set"),
        (timedelta(1), "datetime.timedelta"),
        (Fraction(1, 3), "fractions.Fraction"),
        (np.datetime64("2026-11-23"), "numpy.datetime64"),
        (np.array([3]), "numpy.ndarray"),
        (1j, "complex"),
        (object(), "object"),
        (Plan.LISTED, "list"),
    ],
)
def test_any_other_value_is_refused_by_its_key_and_type_alone(value: Any, kind: str) -> None:
    errors = faults({"age": value})
    assert list(errors) == ["call_data.age"]
    assert f", not {kind}; make it a string" in errors["call_data.age"][0]
    assert "secret" not in str(errors)


@pytest.mark.parametrize("gap", [pd.NA, pd.NaT])
def test_a_gap_of_pandas_is_missing(gap: Any) -> None:
    [message] = faults({"age": gap})["call_data.age"]
    assert message.startswith("it is missing (pandas.")
    assert message.endswith("pass None to leave the key out")


def test_a_number_of_too_many_digits_is_refused() -> None:
    assert "4300 digits" in faults({"n": 10**5000})["call_data.n"][0]
    with pytest.raises(InvalidLeadError, match=r"external_id: .*4300 digits"):
        Lead(PHONE, external_id=10**5000)


def test_none_leaves_a_key_out() -> None:
    assert to_call_data({"firstName": "Joe", "lastName": None}) == {"firstName": "Joe"}


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"": "x"}, {"call_data.''": "names must not be empty"}),
        ({" \n": "x"}, {"call_data.' \\n'": "names must not be empty"}),
        ({"a\ud800": "x"}, {"call_data.'a\\ud800'": "a lone surrogate"}),
        ({"a": "x\ud800"}, {"call_data.a": "a lone surrogate"}),
        (
            {"firstName": "a", "FirstName": "b"},
            {"call_data.FirstName": "differs from 'firstName' only in case"},
        ),
        (
            {"firstName": None, "FIRSTNAME": "b"},
            {"call_data.FIRSTNAME": "differs from 'firstName' only in case"},
        ),
        ({1: "x"}, {"call_data": "a string, not int"}),
        ({None: "x"}, {"call_data": "a string, not NoneType"}),
        ("firstName=Joe", {"call_data": "a mapping of names to values, not str"}),
        ([("firstName", "Joe")], {"call_data": "a mapping of names to values, not list"}),
    ],
)
def test_a_key_is_the_name_of_a_variable(data: Any, errors: dict[str, str]) -> None:
    found = faults(data)
    assert list(found) == list(errors)
    for name, words in errors.items():
        assert words in found[name][0]


def test_all_faults_of_call_data_are_told_at_once() -> None:
    errors = faults({"a": b"", "b": [], 1: "x", 2.0: "y", "c": "fine"})
    assert list(errors) == ["call_data.a", "call_data.b", "call_data"]
    assert len(errors["call_data"]) == 2


@pytest.mark.parametrize("kind", [dict, UserDict, MappingProxyType])
def test_the_callers_mapping_is_neither_kept_nor_changed(kind: Any) -> None:
    given_: Mapping[str, Any] = kind({"visits": 3, "gone": None})
    before = copy.copy(dict(given_))
    lead = Lead(PHONE, call_data=given_)
    assert dict(given_) == before
    data = lead.call_data
    assert data is not None
    assert data == {"visits": "3"}
    data["visits"] = "4"
    assert lead.call_data == {"visits": "3"}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("crm-42", "crm-42"),
        (42, "42"),
        (0, "0"),
        (UUID, str(UUID)),
        (Word.YES, "yes"),
        (np.int64(42), "42"),
        (np.str_("crm-42"), "crm-42"),
        ("1E5", "1E5"),  # a spreadsheet writes 1.E+05 or 1E+05
        ("2E-10", "2E-10"),
        ("120210000000000000", "120210000000000000"),
    ],
)
def test_an_external_id_is_text_an_integer_or_a_uuid(value: Any, sent: str) -> None:
    assert to_external_id(value) == sent
    assert Lead(PHONE, external_id=value).external_id == sent


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "it is empty"),
        (" \t", "it is empty"),
        ("a\udfff", "a lone surrogate"),
        (True, "not bool"),
        (np.bool_(True), "not numpy.bool"),
        (4.0, "not float, which rounds a long number; pass it as text"),
        (np.float32(4), "not numpy.float32, which rounds"),
        (math.nan, "it is missing"),
        (pd.NA, "it is missing"),
        (pd.NaT, "it is missing"),
        (Decimal(42), "not decimal.Decimal"),
        ("42\0", "it contains a NUL character; remove it"),
        ("1.2021E+17", "a spreadsheet has rounded it"),
        ("1,2021e+17", "a spreadsheet has rounded it"),
        (" 1E+17 ", "a spreadsheet has rounded it"),
        (b"crm-42", "not bytes"),
    ],
)
def test_any_other_external_id_is_an_error_and_never_left_out(value: Any, words: str) -> None:
    with pytest.raises(InvalidLeadError) as caught:
        Lead(PHONE, external_id=value)
    assert words in caught.value.errors["external_id"][0]


def test_a_lead_with_four_faults_is_one_error_with_four_entries() -> None:
    data: Any = {"age": b""}
    with pytest.raises(InvalidLeadError) as caught:
        Lead("call me", external_id=" ", time_zone="EST", call_data=data)
    error = caught.value
    assert list(error.errors) == ["phone_number", "external_id", "time_zone", "call_data.age"]
    assert not isinstance(error, InvalidTimeZoneError)
    for name, [message] in error.errors.items():
        assert f"{name}: {message}" in str(error)


def test_a_time_zone_that_is_the_only_fault_has_its_own_class() -> None:
    with pytest.raises(InvalidTimeZoneError):
        Lead(PHONE, time_zone="EST")


def test_what_is_sent_is_in_the_form_that_the_platform_wants(either: Either) -> None:
    with Sandbox(require_windows_time_zones=True) as sandbox:
        for zone in ("America/New_York", "türkiye standard time", "Europe/Istanbul", UTC, None):
            added = either.add(
                sandbox.url,
                client={"api_key": sandbox.api_key},
                external_id=42,
                time_zone=zone,
                call_data={"visits": 3, "vip": True, "gone": None},
            )
            assert isinstance(added, AddedLead)
    assert [lead.get("timeZoneId") for lead in sandbox.leads] == [
        "Eastern Standard Time",
        "Türkiye Standard Time",
        "Türkiye Standard Time",
        "UTC",
        None,
    ]
    assert {str(lead["externalId"]) for lead in sandbox.leads} == {"42"}
    assert sandbox.leads[0]["callData"] == {"visits": "3", "vip": "true"}


@pytest.mark.parametrize("zone", ["America/New_York", "eastern standard time", ""])
def test_the_sandbox_refuses_other_zones_than_windows_ids_if_told_to(zone: str) -> None:
    import httpx

    with Sandbox(require_windows_time_zones=True) as strict, Sandbox() as lenient:
        for sandbox, status in ((strict, 400), (lenient, 200)):
            response = httpx.put(
                f"{sandbox.url}/v1/Outbound/67d42f167f3c392c6d7a2d40/Lead",
                headers={"Authorization": f"Bearer {sandbox.api_key}"},
                json={"phoneNumber": PHONE, "timeZoneId": zone},
            )
            assert response.status_code == status
        assert strict.leads == []


def test_a_refusal_of_the_sandbox_names_our_argument(either: Either) -> None:
    with Sandbox(require_windows_time_zones=True) as sandbox:
        sandbox.inject_fault(status=400, body='{"errors": {"TimeZoneId": ["no"]}}')
        error = either.add(sandbox.url, client={"api_key": sandbox.api_key})
    assert isinstance(error, BadRequestError)
    assert error.errors == {"time_zone": ["no"]}


ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.text(),
        st.text(st.characters()),  # lone surrogates as well
        st.binary(max_size=5),
        st.dates(),
        st.times(),
        st.datetimes(timezones=st.none() | st.timezones()),
        st.timedeltas(),
        st.uuids(),
        st.complex_numbers(),
        st.sampled_from([Plan.GOLD, Plan.LISTED, Level.HIGH, Word.YES]),
        st.timezones(),
    ),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3)
    ),
    max_leaves=5,
)
DATA = st.dictionaries(st.text() | st.text(st.characters()) | st.integers(), ANYTHING, max_size=4)
ZONES = st.sampled_from([*WINDOWS_TIME_ZONES, "Europe/Rome", "US/Eastern", "EST", "UTC+1"])


@given(
    phone_number=st.from_regex(r"\+?[0-9 ()-]{3,20}") | ANYTHING,
    external_id=ANYTHING,
    time_zone=ZONES | ANYTHING,
    call_data=DATA | ANYTHING,
)
def test_any_input_makes_a_valid_body_or_an_invalid_lead_error(
    phone_number: Any, external_id: Any, time_zone: Any, call_data: Any
) -> None:
    try:
        lead = Lead(phone_number, external_id=external_id, time_zone=time_zone, call_data=call_data)
    except InvalidLeadError as error:
        problems = error.errors
    else:
        sent = lead_body(lead).to_dict()
        json.dumps(sent, ensure_ascii=False).encode()
        BODY.validate(sent)
        problems = {"phone_number": [""]}
        assert lead.time_zone is None or lead.time_zone in WINDOWS_TIME_ZONES
    assert {name.split(".")[0] for name in problems} <= {
        "phone_number",
        "external_id",
        "time_zone",
        "call_data",
    }
