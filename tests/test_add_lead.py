"""One lead that is added: what goes over the wire, and what the caller gets."""

import asyncio
import copy
import inspect
import logging
import pickle
import sys
from typing import Any

import httpx
import pytest
from nlpearl_api.api.outbound import add_lead
from nlpearl_api.models import LeadToAddApi, LeadToAddResponseApi

import nlpearl
from nlpearl import AddedLead, AsyncNLPearl, ConfigurationError, Lead, NLPearl

from .conftest import KEY, PHONE, SECRET, Either
from .servers import CAMPAIGN_ID, LEAD_ID, Connection, Server, response, responses


def test_a_lead_with_everything_arrives_as_the_spec_says(either: Either) -> None:
    with Server(responses(response())) as server:
        added = either.add(
            server.url,
            external_id="crm-42",
            time_zone="Pacific Standard Time",
            call_data={"firstName": "Joe", "visits": "3"},
        )
    assert isinstance(added, AddedLead)
    assert added.lead_id == LEAD_ID
    assert added.lead == Lead(
        PHONE,
        external_id="crm-42",
        time_zone="Pacific Standard Time",
        call_data={"firstName": "Joe", "visits": "3"},
    )
    [request] = server.requests
    assert request.method == "PUT"
    assert request.target == f"/v1/Outbound/{CAMPAIGN_ID}/Lead"
    assert request.json == {
        "phoneNumber": PHONE,
        "externalId": "crm-42",
        "timeZoneId": "Pacific Standard Time",
        "callData": {"firstName": "Joe", "visits": "3"},
    }


def test_none_is_left_out(either: Either) -> None:
    with Server(responses(response())) as server:
        either.add(server.url, external_id=None, time_zone=None, call_data=None)
    assert server.requests[0].json == {"phoneNumber": PHONE}


def test_the_request_is_signed_names_its_sender_and_asks_for_plain_json(either: Either) -> None:
    with Server(responses(response())) as server:
        either.add(server.url)
    headers = server.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["content-type"] == "application/json"
    assert headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    python = ".".join(map(str, sys.version_info[:3]))
    assert headers["user-agent"] == f"nlpearl-client/{nlpearl.__version__} python/{python}"


def test_the_key_and_the_url_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(responses(response())) as server:
        monkeypatch.setenv("NLPEARL_API_KEY", f" {KEY}\n")
        monkeypatch.setenv("NLPEARL_BASE_URL", f"{server.url}/")
        with NLPearl() as client:
            assert client.add_lead(CAMPAIGN_ID, PHONE).lead_id == LEAD_ID
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_calls_share_one_connection(either: Either) -> None:
    with Server(responses(response())) as server:
        either.add_all(server.url, [dict[str, Any]()] * 5)
    assert len(server.requests) == 5
    assert server.connections == 1


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_with_a_lead_id_is_one(either: Either, status: int) -> None:
    with Server(responses(response(status))) as server:
        added = either.add(server.url)
    assert isinstance(added, AddedLead)


def test_a_response_in_chunks_or_up_to_the_close_is_read(either: Either) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send(b'b\r\n{"leadId":"\r\n4\r\nabc"\r\n1\r\n}\r\n0\r\n\r\n')
        connection.read_request()
        connection.send(b'HTTP/1.1 200 OK\r\n\r\n{"leadId":"def"}')

    with Server(script) as server:
        ends = either.add_all(server.url, [{}, {}])
    assert [end.lead_id for end in ends if isinstance(end, AddedLead)] == ["abc", "def"]


def test_a_callers_own_http_client_is_used_as_it_is_and_left_open() -> None:
    with Server(responses(response())) as server, httpx.Client(headers={"X-Tenant": "a"}) as http:
        with NLPearl(KEY, base_url=server.url, http_client=http) as client:
            assert client.add_lead(CAMPAIGN_ID, PHONE).lead_id == LEAD_ID
        assert not http.is_closed
        assert "authorization" not in http.headers
    assert server.requests[0].headers["x-tenant"] == "a"
    assert server.requests[0].headers["accept-encoding"] == "identity"


async def own_async_client(url: str) -> None:
    async with httpx.AsyncClient() as http:
        async with AsyncNLPearl(KEY, base_url=url, http_client=http) as client:
            assert (await client.add_lead(CAMPAIGN_ID, PHONE)).lead_id == LEAD_ID
            parsed = await add_lead.asyncio(
                CAMPAIGN_ID, client=client.low_level, body=LeadToAddApi(PHONE)
            )
            assert parsed == LeadToAddResponseApi(LEAD_ID)
        assert not http.is_closed


def test_a_callers_own_async_http_client_too() -> None:
    with Server(responses(response())) as server:
        asyncio.run(own_async_client(server.url))
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.nlpearl_live
def test_a_callers_own_transport_may_be_a_mock() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"leadId": "abc"}))
    with httpx.Client(transport=transport) as http:
        client = NLPearl(KEY, http_client=http)
        assert client.add_lead(CAMPAIGN_ID, PHONE).lead_id == "abc"


@pytest.mark.parametrize("own", [True, False])
def test_the_low_level_client_is_signed_and_shows_no_key(own: bool) -> None:
    with (
        Server(responses(response())) as server,
        httpx.Client() as http,
        NLPearl(KEY, base_url=server.url, http_client=None if own else http) as client,
    ):
        low_level = client.low_level
        parsed = add_lead.sync(CAMPAIGN_ID, client=low_level, body=LeadToAddApi(PHONE))
        assert SECRET not in repr(low_level)
    assert parsed == LeadToAddResponseApi(LEAD_ID)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


async def low_level_async(url: str) -> None:
    async with AsyncNLPearl(KEY, base_url=url) as client:
        body = LeadToAddApi(PHONE)
        parsed = await add_lead.asyncio(CAMPAIGN_ID, client=client.low_level, body=body)
    assert parsed == LeadToAddResponseApi(LEAD_ID)


def test_the_low_level_client_is_signed_in_async_too() -> None:
    with Server(responses(response())) as server:
        asyncio.run(low_level_async(server.url))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_one_debug_line_for_a_call_and_nothing_louder(
    either: Either, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Server(responses(response())) as server:
        either.add(server.url, call_data={"firstName": "Josephine"})
    [record] = [record for record in caplog.records if record.name == "nlpearl"]
    assert record.levelno == logging.DEBUG
    line = record.getMessage()
    assert CAMPAIGN_ID in line
    assert "…23" in line
    assert "status=200" in line
    assert " ms" in line
    everything = caplog.text
    assert PHONE not in everything
    assert SECRET not in everything
    assert "Josephine" not in everything


def test_sync_and_async_have_the_same_signatures() -> None:
    def parameters(function: Any) -> dict[str, Any]:
        found = inspect.signature(function).parameters.values()
        return {p.name: (p.kind, p.default) for p in found}

    for name in ("__init__", "add_lead", "add_leads", "find_lead"):
        one, other = getattr(NLPearl, name), getattr(AsyncNLPearl, name)
        assert parameters(one) == parameters(other)
        assert list(parameters(one)) == list(parameters(other))
        assert name == "__init__" or f"`NLPearl.{name}`" in (inspect.getdoc(other) or "")
    public = {name for name in dir(NLPearl) if not name.startswith("_")}
    assert public == {name for name in dir(AsyncNLPearl) if not name.startswith("_")}
    assert "Raises" in (inspect.getdoc(NLPearl.add_lead) or "")


def test_a_client_that_is_closed_says_so() -> None:
    client = NLPearl(KEY)
    client.close()
    client.close()
    for use in (
        lambda: client.add_lead(CAMPAIGN_ID, PHONE),
        lambda: client.low_level,
        client.__enter__,
    ):
        with pytest.raises(ConfigurationError, match="closed"):
            use()


def test_an_async_client_that_is_closed_says_so() -> None:
    async def closed() -> None:
        client = AsyncNLPearl(KEY)
        await client.close()
        await client.close()
        with pytest.raises(ConfigurationError, match="closed"):
            await client.add_lead(CAMPAIGN_ID, PHONE)
        with pytest.raises(ConfigurationError, match="closed"):
            await client.__aenter__()

    asyncio.run(closed())


def test_a_lead_is_frozen_hashable_and_pickles() -> None:
    data = {"firstName": "Joe"}
    lead = Lead(PHONE, external_id="crm-42", call_data=data)
    data["firstName"] = "Ann"
    assert lead.call_data == {"firstName": "Joe"}
    (lead.call_data or {})["firstName"] = "Ann"
    assert lead.call_data == {"firstName": "Joe"}
    assert pickle.loads(pickle.dumps(lead)) == lead == copy.deepcopy(lead)
    assert hash(lead) == hash(copy.copy(lead))
    with pytest.raises(AttributeError):
        lead.phone_number = "x"  # type: ignore[misc] # pyright: ignore
    added = AddedLead("abc", lead)
    assert pickle.loads(pickle.dumps(added)) == added
    assert PHONE not in repr(added)
    assert "Joe" not in repr(added)
    assert "firstName" in repr(added)
    assert Lead(PHONE).call_data is None


def test_the_package_lists_its_public_names() -> None:
    assert set(nlpearl.__all__) <= set(dir(nlpearl))
