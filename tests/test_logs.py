"""What is in the logs of a program that logs at INFO, as most do; and how to see more."""

import logging

import httpx
import pytest
from nlpearl_api.api.outbound import get_lead_by_external_id

from nlpearl import NLPearl

from .conftest import KEY, PHONE, Either
from .servers import CAMPAIGN_ID, Server, response, responses


@pytest.fixture
def info(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """As `logging.basicConfig(level=logging.INFO)`."""
    caplog.set_level(logging.INFO)
    return caplog


def test_at_info_nobody_reads_whom_we_look_up(
    either: Either, info: pytest.LogCaptureFixture
) -> None:
    with Server(responses(response(500))) as server:
        client = {"reconcile": True, "timeout": 2}
        either.add(server.url, external_id=PHONE, client=client)
        either.add_leads(server.url, [{"phone_number": PHONE, "external_id": PHONE}], client=client)
        with NLPearl(KEY, base_url=server.url) as other:
            get_lead_by_external_id.sync_detailed(CAMPAIGN_ID, PHONE, client=other.low_level)
    assert len([request for request in server.requests if request.method == "GET"]) >= 3
    assert PHONE[1:] not in info.text
    assert [record for record in info.records if record.name.startswith("http")] == []


def test_other_requests_of_the_program_are_logged_as_before(
    info: pytest.LogCaptureFixture,
) -> None:
    with Server(responses(response())) as server:
        with NLPearl(KEY, base_url=server.url, timeout=5) as client:
            client.add_lead(CAMPAIGN_ID, PHONE)
        with httpx.Client() as http:
            http.get(server.url, headers={"X": "y"})
    with pytest.raises(httpx.ConnectError), httpx.Client() as http:
        http.get(server.url)
    assert [record.name for record in info.records if record.name.startswith("http")] == ["httpx"]


def test_at_debug_all_is_shown(caplog: pytest.LogCaptureFixture, either: Either) -> None:
    with Server(responses(response())) as server, caplog.at_level(logging.DEBUG, "httpx"):
        either.add(server.url)
    levels = [record.levelname for record in caplog.records if record.name == "httpx"]
    assert [level for level in levels if level != "DEBUG"] == ["INFO"], "0.27 has more at DEBUG"
