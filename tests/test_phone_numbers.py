"""Phone numbers: what is always asked of one, and what a default region makes of it."""

import logging
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpearl import (
    AddedLead,
    ConfigurationError,
    InvalidArgumentError,
    InvalidLeadError,
    Lead,
    NLPearl,
)
from nlpearl.leads.phone_numbers import check_region, to_phone_number

from .conftest import KEY, PHONE, Colour
from .servers import Server, answer, answers


def complaint(number: Any, region: str | None = None) -> str:
    with pytest.raises(InvalidLeadError) as caught:
        to_phone_number(number, region)
    [(argument, [message])] = caught.value.errors.items()
    assert argument == "phone_number"
    return message


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (PHONE, PHONE),
        (" \t+1 (415) 555-0123\n", "+1 (415) 555-0123"),
        ("\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff12\uff13", PHONE),
        ("+1\u00a0415\u202f555\u20090123", "+1 415 555 0123"),
        ("\u0664\u0661\u0665 555 0123", "415 555 0123"),
        ("415 555 0123 \u260e", "415 555 0123 \u260e"),
    ],
)
def test_without_a_region_a_number_is_tidied_and_sent_as_it_stands(written: str, sent: str) -> None:
    assert to_phone_number(written) == sent
    assert Lead(written).phone_number == sent


@pytest.mark.parametrize("number", ["", "  ", "call me", "+", "\u00b2\u00b3"])
def test_a_number_has_digits(number: str) -> None:
    assert "there is no digit in it" in complaint(number)


@pytest.mark.parametrize(
    "hidden", ["\x00", "\u200b", "\u202a", "\ufeff", "\x1b", "\ud800", "\ue000"]
)
def test_nothing_invisible_is_in_a_number(hidden: str) -> None:
    assert "cannot be seen" in complaint(f"+1415{hidden}5550123")


def test_a_number_is_not_left_out() -> None:
    assert complaint(None) == "it is missing; pass a string such as '+14155550123'"


@pytest.mark.parametrize("number", [14155550123, b"+14155550123", ["+14155550123"]])
def test_a_number_is_a_string(number: object) -> None:
    assert f"is a string such as '+14155550123', not {type(number).__name__}" in complaint(number)


@pytest.mark.parametrize(
    ("number", "region", "sent"),
    [
        ("415 555 0123", "US", PHONE),
        ("(415) 555-0123", "US", PHONE),
        ("+1 415-555-0123", "IT", PHONE),
        ("001 415 555 0123", "IT", PHONE),
        ("tel:+1-415-555-0123", "IT", PHONE),
        ("0\uff14155550123".replace("0", "", 1), "US", PHONE),
        ("06 698 20123", "IT", "+390669820123"),  # Italy keeps the 0
        ("0611 5550123", "DE", "+496115550123"),
        ("020 7946 0123", "GB", "+442079460123"),
    ],
)
def test_with_a_region_a_number_becomes_e164(number: str, region: str, sent: str) -> None:
    assert to_phone_number(number, region) == sent


@pytest.mark.parametrize(
    ("number", "region", "why"),
    [
        ("0612345", "FR", "it is too short for a number of FR"),
        ("+44 20 79", "US", "it lacks the area code of a number of GB"),
        ("555 0123", "US", "it lacks the area code of a number of US"),
        ("4155550123456789", "US", "it is too long for a number of US"),
        ("4155550123456789012345", "US", "it is too long for a phone number"),
        ("+1" + "4" * 300, "IT", "it is too long for a phone number"),
        ("123 456 7890", "US", "it is not a number of US, of which none begins so"),
        ("+44 1", "US", "it is too short for a phone number"),
        ("+999 4155550123", "IT", "no country has the code after the +"),
        ("01155", "US", "too short to be called from US"),
        ("+4", "US", "it does not read as a phone number"),
        ("1", "US", "it does not read as a phone number"),
        ("call 0", "US", "it does not read as a phone number"),
        ("+1 415 555 0123 ext. 5", "US", "it has an extension"),
        ("+590 12345678901", "US", ""),
    ],
)
def test_an_impossible_number_says_which_way_it_is_impossible(
    number: str, region: str, why: str
) -> None:
    message = complaint(number, region)
    assert why in message
    assert message.startswith(f"…{number[-2:]}: ")
    assert len(number) <= 2 or number not in message


@given(st.one_of(st.text(), st.from_regex(r"[+0-9 ()./x-]{1,25}")), st.sampled_from(["US", "IT"]))
def test_any_text_becomes_e164_or_an_error_of_ours(text: str, region: str) -> None:
    try:
        number = to_phone_number(text, region)
    except InvalidLeadError:
        return
    assert number.startswith("+")
    assert number[1:].isdecimal()
    assert to_phone_number(number, "GB") == number


def test_a_client_has_a_default_region_and_a_lead_has_none(colour: Colour) -> None:
    with Server(answers(answer())) as server:
        client = {"default_region": "us"}
        ends = [colour.add(server.url, client=client, phone_number="(415) 555-0123")]
        ends.append(colour.add(server.url, client=client, phone_number="555 0123"))
    assert isinstance(ends[0], AddedLead)
    assert ends[0].lead.phone_number == PHONE
    assert server.requests[0].json == {"phoneNumber": PHONE}
    assert isinstance(ends[1], InvalidLeadError)
    assert "area code" in ends[1].errors["phone_number"][0]
    assert len(server.requests) == 1
    assert Lead("(415) 555-0123").phone_number == "(415) 555-0123"


@pytest.mark.parametrize("region", ["UK", "usa", "", "001", 39, "4155550123" * 9])
def test_a_region_is_a_code_of_two_letters(region: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"default_region=.* is no region.*'GB'"):
        NLPearl(KEY, default_region=region)


def test_a_region_is_taken_in_any_case() -> None:
    assert check_region(" it ") == "IT"


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'nlpearl-client\[phone\]'"):
        NLPearl(KEY, default_region="US")
    with NLPearl(KEY) as client:
        assert "KEY" not in repr(client)


def test_numbers_without_a_country_are_warned_of_once_for_each_client(
    colour: Colour, caplog: pytest.LogCaptureFixture
) -> None:
    national: dict[str, Any] = {"phone_number": "415 555 0123"}
    with Server(answers(answer())) as server, caplog.at_level(logging.WARNING, "nlpearl"):
        colour.add_all(server.url, [{}, national, national])
        assert len(caplog.records) == 1
        colour.add_all(server.url, [national])
        assert len(caplog.records) == 2
        colour.add_all(server.url, [national, {}], client={"default_region": "US"})
        colour.add_all(server.url, [{}])
    assert len(caplog.records) == 2
    assert "default_region" in caplog.text
    assert "555" not in caplog.text


def test_phonenumbers_is_imported_for_a_region_only() -> None:
    code = (
        "import sys; from nlpearl import NLPearl, Lead; Lead('+14155550123');"
        f"NLPearl('{KEY}').close(); print('phonenumbers' in sys.modules);"
        f"NLPearl('{KEY}', default_region='US').close(); print('phonenumbers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"
