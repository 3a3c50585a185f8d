"""The sandbox as a platform: what it stores, what it responds, what it remembers."""

import json
import re
import threading
from collections.abc import Iterator

import httpx
import pytest
from openapi_core import OpenAPI

from nlpearl.sandbox import ReceivedRequest, Sandbox
from nlpearl.sandbox.contract import read_spec

CAMPAIGN_ID = "67d42f167f3c392c6d7a2d40"
PATH = f"/v1/Outbound/{CAMPAIGN_ID}/Lead"
LEAD: dict[str, object] = {
    "phoneNumber": "+14155550123",
    "externalId": "crm-42",
    "timeZoneId": "Pacific Standard Time",
    "callData": {"firstName": "Joe"},
}


def client_of(sandbox: Sandbox) -> httpx.Client:
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    return httpx.Client(base_url=sandbox.url, headers=headers, trust_env=False, timeout=30)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with client_of(sandbox) as client:
        yield client


def test_the_overlaid_document_is_valid() -> None:
    OpenAPI.from_dict(read_spec())  # checks it, as the sandbox itself does not


def test_a_lead_is_stored_and_its_id_returned(sandbox: Sandbox, http: httpx.Client) -> None:
    response = http.put(PATH, json=LEAD)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert "date" in response.headers
    assert list(response.json()) == ["leadId"]
    assert re.fullmatch(r"[0-9a-f]{24}", response.json()["leadId"])
    assert sandbox.leads == [{**response.json(), "outboundId": CAMPAIGN_ID, **LEAD}]


def test_leads_are_read_in_order_of_arrival(sandbox: Sandbox, http: httpx.Client) -> None:
    for number in range(3):
        http.put(PATH, json={"phoneNumber": f"+1415555012{number}"})
    assert [lead["phoneNumber"] for lead in sandbox.leads] == [f"+1415555012{n}" for n in range(3)]
    assert len({str(lead["leadId"]) for lead in sandbox.leads}) == 3


def test_the_same_lead_twice_is_two_leads(sandbox: Sandbox, http: httpx.Client) -> None:
    assert http.put(PATH, json=LEAD).json() != http.put(PATH, json=LEAD).json()
    assert len(sandbox.leads) == 2


def test_what_the_spec_calls_nullable_may_be_null(sandbox: Sandbox, http: httpx.Client) -> None:
    body = {"phoneNumber": "+14155550123", "externalId": None, "timeZoneId": None, "callData": None}
    assert http.put(PATH, json=body).status_code == 200
    assert sandbox.leads[0]["callData"] is None


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/plain", None])
def test_a_success_is_json_with_any_accept_header(http: httpx.Client, accept: str | None) -> None:
    del http.headers["Accept"]
    headers = {} if accept is None else {"Accept": accept}
    response = http.put(PATH, json=LEAD, headers=headers)
    assert response.headers["content-type"] == "application/json"
    assert "leadId" in response.json()


@pytest.mark.parametrize(
    "content_type", ["application/json;charset=utf-8", "application/json;", "Application/JSON"]
)
def test_parameters_and_case_of_the_content_type_do_not_matter(
    http: httpx.Client, content_type: str
) -> None:
    response = http.put(PATH, content=json.dumps(LEAD), headers={"Content-Type": content_type})
    assert response.status_code == 200


def test_a_quoted_outbound_id_is_decoded(sandbox: Sandbox, http: httpx.Client) -> None:
    assert http.put("/v1/Outbound/a%2Fb%20%C3%BC/Lead", json=LEAD).status_code == 200
    assert sandbox.leads[0]["outboundId"] == "a/b ü"


def test_a_request_is_recorded_as_it_came(sandbox: Sandbox, http: httpx.Client) -> None:
    lead_id = http.put(f"{PATH}?x=%20", json=LEAD, headers={"X-Tenant": "a"}).json()["leadId"]
    [request] = sandbox.requests
    assert isinstance(request, ReceivedRequest)
    assert (request.method, request.path) == ("PUT", f"{PATH}?x=%20")
    assert json.loads(request.body) == LEAD
    assert (request.status, request.lead_id) == (200, lead_id)
    assert request.headers["x-tenant"] == "a"
    assert "authorization" not in request.headers
    assert sandbox.api_key not in repr(request)


def test_refused_requests_are_recorded_too(sandbox: Sandbox, http: httpx.Client) -> None:
    http.get("/nowhere")
    http.put(PATH, content=b"\xff")
    http.put(PATH, json=LEAD, headers={"Authorization": "Bearer x"})
    assert [request.status for request in sandbox.requests] == [404, 415, 401]
    assert {request.lead_id for request in sandbox.requests} == {None}
    assert sandbox.requests[1].body == "\ufffd"


def test_what_is_read_is_a_copy(sandbox: Sandbox, http: httpx.Client) -> None:
    http.put(PATH, json=LEAD)
    lead = sandbox.leads[0]
    assert isinstance(lead["callData"], dict)
    lead["callData"].clear()
    sandbox.leads.clear()
    sandbox.requests[0].headers.clear()
    sandbox.requests.clear()
    assert sandbox.leads[0]["callData"] == LEAD["callData"]
    assert "host" in sandbox.requests[0].headers


def test_clear_forgets_leads_requests_and_faults(sandbox: Sandbox, http: httpx.Client) -> None:
    http.put(PATH, json=LEAD)
    sandbox.inject_fault(status=500, times=3)
    sandbox.clear()
    assert (sandbox.leads, sandbox.requests) == ([], [])
    assert http.put(PATH, json=LEAD).status_code == 200


def test_many_clients_at_once_lose_nothing(sandbox: Sandbox) -> None:
    def send(tenth: int) -> None:
        with client_of(sandbox) as client:
            for unit in range(10):
                client.put(PATH, json={"phoneNumber": "+1", "externalId": f"{tenth}{unit}"})

    threads = [threading.Thread(target=send, args=[tenth]) for tenth in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(lead["externalId"]) for lead in sandbox.leads) == [
        f"{number:02}" for number in range(100)
    ]
    assert [request.lead_id for request in sandbox.requests] == [
        lead["leadId"] for lead in sandbox.leads
    ]
