"""The tree of errors: plain values that pickle and copy; responses.py's pure decisions."""

import copy
import json
import math
import pickle
import re
from typing import Any

import pytest

import nlpearl
from nlpearl import APIStatusError, NLPearlError, Outcome, RateLimitError, errors
from nlpearl.calls.operations import NO_SUCH_CAMPAIGN, AddLead
from nlpearl.calls.responses import argument_name, retry_after, status_error

from .claim_harness import ROOT

EVERY = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, NLPearlError)
]


def bad_response(
    status: int, headers: dict[str, str], body: str, private: dict[str, str] | None = None
) -> APIStatusError:
    return status_error(
        status,
        headers,
        body,
        private=private or {},
        arguments=AddLead.arguments,
        unknown=AddLead.unknown,
        not_found=NO_SUCH_CAMPAIGN["v1"],
    )


def made(kind: type[NLPearlError]) -> NLPearlError:
    error: NLPearlError
    if issubclass(kind, APIStatusError):
        error = kind(
            "429 x",
            status_code=429,
            problem={"a": 1},
            errors={"phone_number": ["no"]},
            headers={"a": "b"},
            body="x",
            trace_id="t",
            retry_after=1.5,
        )
    elif issubclass(kind, errors.InvalidLeadError):
        error = kind("bad", errors={"phone_number": ["no"]})
    elif issubclass(kind, errors.APIConnectionError):
        error = kind("lost", outcome=Outcome.NOT_SENT)
    elif issubclass(kind, errors.LeadInProgressError):
        error = kind("now", retry_after=1.5)
    else:
        error = kind("bad")
    error.add_note("a note")
    return error


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("way", ["copy", "deepcopy", "pickle"])
def test_every_error_pickles_and_copies_with_all_it_carries(
    kind: type[NLPearlError], way: str
) -> None:
    error = made(kind)
    ways = {"copy": copy.copy, "deepcopy": copy.deepcopy}
    other: Any = ways[way](error) if way in ways else pickle.loads(pickle.dumps(error))
    assert type(other) is kind
    assert str(other) == str(error)
    assert vars(other) == vars(error)
    assert other.outcome is error.outcome
    assert other.__notes__ == ["a note"]


@pytest.mark.parametrize("kind", EVERY)
def test_every_error_is_rebuilt_from_its_args_alone(kind: type[NLPearlError]) -> None:
    error = made(kind)
    error.campaign_id, error.external_id = "c", "crm-42"
    error.retryable = not kind.retryable
    # As celery.backends.base does it: ensure_serializable(exc.args), then cls(*args).
    kept = json.loads(json.dumps(error.args, allow_nan=False))
    other: Any = kind(*kept)
    assert str(other) == str(error)
    assert other.args == error.args
    carried = {name: getattr(error, name) for name in errors.CARRIED if hasattr(error, name)}
    assert {name: getattr(other, name) for name in carried} == carried
    assert "headers" not in str(kept)
    assert "body" not in str(kept)


def test_an_error_that_says_no_more_has_its_message_alone_in_args() -> None:
    assert NLPearlError("x").args == ("x",)
    assert NLPearlError().args == ("",)
    assert str(NLPearlError("x")) == "x"


def test_args_follow_what_is_set_later() -> None:
    error = NLPearlError("x")
    error.retryable = True
    assert error.args == ("x", {"retryable": True})
    error.outcome = Outcome.UNKNOWN
    assert error.args == ("x", {"outcome": "unknown", "retryable": True})


def test_args_have_no_other_names_than_ours() -> None:
    error = NLPearlError("x", {"args": ["y"], "__class__": "z", "campaign_id": "c"})
    assert error.args == ("x", {"campaign_id": "c"})
    assert type(error) is NLPearlError


def test_args_show_no_phone_number_and_nothing_that_is_not_json() -> None:
    error = bad_response(
        400,
        {"retry-after": "9" * 400, "x-secret": "s"},
        '{"errors": {"PhoneNumber": "+14155550123 is wrong", "x": "Joe"}, "more": "of it"}',
        private={"Joe": "[firstName]"},
    )
    error.external_id = "+14155550123"
    assert error.retry_after == math.inf
    assert error.errors == {"phone_number": ["…23 is wrong"], "x": ["[firstName]"]}
    assert "4155550123" not in str(error.args)
    assert error.args[1] == {
        "outcome": "rejected",
        "status_code": 400,
        "errors": error.errors,
    }


@pytest.mark.parametrize("kind", EVERY)
def test_every_error_is_to_be_had_from_the_package(kind: type) -> None:
    assert getattr(nlpearl, kind.__name__) is kind
    assert kind.__name__ in nlpearl.__all__
    assert isinstance(made(kind).outcome, Outcome)
    kind()  # the least of it can be made without arguments, for a caller's tests


@pytest.mark.parametrize(
    ("key", "ours"),
    [
        ("PhoneNumber", "phone_number"),
        ("phoneNumber", "phone_number"),
        ("$.phoneNumber", "phone_number"),
        ("ExternalId", "external_id"),
        ("TimeZoneId", "time_zone"),
        ("callData", "call_data"),
        ("$.callData.age", "call_data.age"),
        ("CallData[age]", "call_data.age"),
        ("$.callData['first name']", "call_data.first name"),
        ("outboundId", "campaign_id"),
        ("", ""),
        ("$", "$"),
        ("$.other.thing", "$.other.thing"),
        ("leadToAdd", "leadToAdd"),
        ("phoneNumberX", "phoneNumberX"),
    ],
)
def test_the_servers_names_become_our_arguments(key: str, ours: str) -> None:
    assert argument_name(key, AddLead.arguments) == ours


DATE = {"date": "Mon, 23 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "9" * 30}, 1e30),
        ({"retry-after": "9" * 400}, float("inf")),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "\u0667"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT", **DATE}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 -0000", **DATE}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT", **DATE}, 0.0),
        ({"retry-after": "Mon, 23 Nov 1998 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 99 Nov 2026 11:00:00 GMT"}, None),
        ({"retry-after": "Mon, 23 Nov 99999 11:00:00 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"errors": {"PhoneNumber": "bad"}}', {"phone_number": ["bad"]}),
        ('{"errors": {"PhoneNumber": [1, "b"]}}', {"phone_number": ["1", "b"]}),
        ('{"errors": {"PhoneNumber": ["a"], "phoneNumber": ["b"]}}', {"phone_number": ["a", "b"]}),
        ('{"errors": [{"detail": "x"}]}', {}),
        ('{"errors": null, "detail": "d"}', {}),
        ('{"title": " ", "message": "m"}', {}),
        ("[" * 100_000, {}),
        ("9" * 5000, {}),
    ],
)
def test_errors_of_any_shape_are_read_as_far_as_they_go(
    body: str, found: dict[str, list[str]]
) -> None:
    error = bad_response(400, {}, body)
    assert error.errors == found
    assert str(error).startswith("400 ")


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (418, "", "418 I'm a Teapot"),
        (499, " ", "499 no reason given"),
        (400, '{"detail": "d"}', "400 d"),
        (400, '{"title": " ", "message": "m"}', "400 m"),
        (400, "<html>", "400 a page of HTML"),
        (400, "x" * 1000, "400 " + "x" * 299 + "…"),
        (400, "call +14155550123 or (415) 555-0123", "400 call …23 or …23"),
    ],
)
def test_the_first_line_is_the_status_and_the_best_words(status: int, body: str, text: str) -> None:
    if status == 418:
        text = text.replace("I'm a Teapot", __import__("http").HTTPStatus(418).phrase)
    assert str(bad_response(status, {}, body)).splitlines()[0] == text


def test_a_rate_limit_carries_its_wait() -> None:
    error = bad_response(429, {"retry-after": "3"}, "")
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 3.0


def test_the_table_for_queues_has_every_error() -> None:
    text = (ROOT / "docs/guides/failures.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([A-Z_]+)` \| (?:`(\w+)`)? ?\|", text, re.MULTILINE))
    found = {(e.outcome.name, str(e.retryable)) for e in (made(kind) for kind in EVERY)}
    lost = errors.APIConnectionError("x")
    found.add((lost.outcome.name, str(lost.retryable)))
    assert rows == found | {("ADDED", "")}
