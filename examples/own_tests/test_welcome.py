"""Tests of that code, against a sandbox that succeeds and fails on demand.

pip install 'nlpearl-client[sandbox]' pytest
pytest examples/own_tests
"""

from nlpearl.sandbox import Sandbox
from welcome import welcome


def test_a_customer_is_called_in_their_own_time_zone(
    nlpearl_sandbox: Sandbox,
) -> None:
    assert welcome(42, "+14155550123", "America/Los_Angeles") == "called"
    [lead] = nlpearl_sandbox.leads
    assert (lead["externalId"], lead["timeZoneId"]) == (
        "42",
        "Pacific Standard Time",
    )


def test_a_time_zone_that_is_none_sends_nothing(
    nlpearl_sandbox: Sandbox,
) -> None:
    assert welcome(42, "+14155550123", "PST") == "not called"
    assert nlpearl_sandbox.requests == []


def test_an_error_of_the_server_is_not_tried_again(
    nlpearl_sandbox: Sandbox,
) -> None:
    nlpearl_sandbox.inject_fault(status=500)
    assert welcome(42, "+14155550123", "America/Los_Angeles") == "ask"
    assert len(nlpearl_sandbox.requests) == 1


def test_a_lost_response_is_not_a_failure(
    nlpearl_sandbox: Sandbox,
) -> None:
    nlpearl_sandbox.inject_fault(lost="close")
    assert welcome(42, "+14155550123", "America/Los_Angeles") == "ask"
    assert len(nlpearl_sandbox.leads) == 1
