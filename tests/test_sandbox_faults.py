"""Faults on demand: what each does on the wire, and whether the lead is stored."""

import re
import socket
import time
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest

from nlpearl.sandbox import Lost, Sandbox

from .test_sandbox import LEAD, PATH, client_of


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.clear()
    return running


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with client_of(sandbox) as client:
        yield client


def address(sandbox: Sandbox) -> tuple[str, int]:
    return "127.0.0.1", urlsplit(sandbox.url).port or 0


def request_bytes(sandbox: Sandbox, body: bytes = b'{"phoneNumber":"+1"}') -> bytes:
    head = (
        f"PUT {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sandbox.api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def exchange(sandbox: Sandbox, data: bytes) -> bytes:
    """Everything that comes back until the sandbox closes the connection."""
    with socket.create_connection(address(sandbox), timeout=30) as raw:
        raw.sendall(data)
        received = b""
        while chunk := raw.recv(65536):
            received += chunk
    return received


def wait_for_lead(sandbox: Sandbox) -> None:
    """A client that gives up early may be ahead of the sandbox."""
    while not sandbox.leads:
        time.sleep(0.001)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 205, 300, 302, 304, 500, 503, 520, 599])
def test_a_status_that_does_not_refuse_stores_the_lead(
    sandbox: Sandbox, http: httpx.Client, status: int
) -> None:
    sandbox.inject_fault(status=status)
    response = http.put(PATH, json=LEAD)
    assert response.status_code == status
    assert len(sandbox.leads) == 1
    assert sandbox.requests[0].status == status
    assert sandbox.requests[0].lead_id == sandbox.leads[0]["leadId"]
    assert ("leadId" in response.text) == (status in (200, 201, 202))
    assert response.text.startswith("{") == (status in (200, 201, 202) or status >= 500)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 422, 429, 499])
def test_a_4xx_stores_nothing(sandbox: Sandbox, http: httpx.Client, status: int) -> None:
    sandbox.inject_fault(status=status)
    response = http.put(PATH, json=LEAD)
    assert response.status_code == status
    assert sandbox.leads == []
    assert sandbox.requests[0].lead_id is None
    if status == 401:
        assert response.content == b""
    else:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == status


@pytest.mark.parametrize(
    ("status", "stored", "leads"),
    [(500, False, 0), (500, True, 1), (408, True, 1), (200, False, 0)],
)
def test_whether_the_lead_is_stored_can_be_said(
    sandbox: Sandbox, http: httpx.Client, status: int, stored: bool, leads: int
) -> None:
    sandbox.inject_fault(status=status, stored=stored)
    assert http.put(PATH, json=LEAD).status_code == status
    assert len(sandbox.leads) == leads


def test_a_fault_never_stores_an_invalid_lead(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.inject_fault(status=500)
    assert http.put(PATH, json={}).status_code == 500
    assert sandbox.leads == []


def test_body_and_headers_are_the_callers(sandbox: Sandbox, http: httpx.Client) -> None:
    page = "<html><title>Bad gateway</title></html>"
    sandbox.inject_fault(status=502, body=page, headers={"content-type": "text/html", "X-A": "é"})
    response = http.put(PATH, json=LEAD)
    assert (response.text, response.headers["x-a"]) == (page, "é")
    assert response.headers.get_list("content-type") == ["text/html"]


def test_a_body_is_json_unless_it_says_otherwise(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.inject_fault(body=b'{"leadId": 42}')
    sandbox.inject_fault(status=401, body='{"title": "Who?"}')
    response = http.put(PATH, json=LEAD)
    assert (response.json(), response.headers["content-type"]) == (
        {"leadId": 42},
        "application/json",
    )
    assert http.put(PATH, json=LEAD).headers["content-type"] == "application/json"


def test_headers_alone_are_added(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.inject_fault(headers={"Set-Cookie": "a=b"})
    response = http.put(PATH, json=LEAD)
    assert (response.status_code, response.headers["set-cookie"]) == (200, "a=b")


@pytest.mark.parametrize("retry_after", [2, "Mon, 23 Nov 2026 21:00:00 GMT", "soon", -1])
def test_retry_after_is_a_429(sandbox: Sandbox, http: httpx.Client, retry_after: int | str) -> None:
    sandbox.inject_fault(retry_after=retry_after)
    response = http.put(PATH, json=LEAD)
    assert (response.status_code, response.headers["retry-after"]) == (429, str(retry_after))
    assert sandbox.leads == []


def test_retry_after_may_come_with_another_status(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.inject_fault(status=503, retry_after=2)
    response = http.put(PATH, json=LEAD)
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")


def test_a_delayed_response_has_stored_its_lead_before(
    sandbox: Sandbox, http: httpx.Client
) -> None:
    sandbox.inject_fault(delay=30.0)
    with pytest.raises(httpx.ReadTimeout):
        http.put(PATH, json=LEAD, timeout=0.3)
    wait_for_lead(sandbox)
    sandbox.inject_fault(delay=0.2)
    begin = time.monotonic()
    assert http.put(PATH, json=LEAD).status_code == 200
    assert time.monotonic() - begin >= 0.2


@pytest.mark.parametrize(
    ("lost", "raised", "said"),
    [
        ("close", httpx.RemoteProtocolError, "without sending a response"),
        ("reset", httpx.ReadError, "reset"),
        ("silence", httpx.ReadTimeout, "timed out"),
        ("cut", httpx.RemoteProtocolError, "complete message body"),
    ],
)
def test_a_lost_response_leaves_the_lead_stored(
    sandbox: Sandbox,
    http: httpx.Client,
    lost: Lost,
    raised: type[httpx.TransportError],
    said: str,
) -> None:
    sandbox.inject_fault(lost=lost)
    with pytest.raises(raised, match=said):
        http.put(PATH, json=LEAD, timeout=1.0)
    wait_for_lead(sandbox)
    assert len(sandbox.leads) == 1
    assert sandbox.requests[0].status is None
    assert sandbox.requests[0].lead_id == sandbox.leads[0]["leadId"]
    assert http.put(PATH, json=LEAD).status_code == 200


def test_a_lost_response_may_have_stored_nothing(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.inject_fault(lost="close", stored=False)
    with pytest.raises(httpx.RemoteProtocolError):
        http.put(PATH, json=LEAD)
    assert sandbox.leads == []


def test_a_response_is_cut_halfway_through_its_body(sandbox: Sandbox) -> None:
    sandbox.inject_fault(lost="cut", status=500, body="0123456789")
    received = exchange(sandbox, request_bytes(sandbox))
    assert received.startswith(b"HTTP/1.1 500 INTERNAL SERVER ERROR\r\n")
    assert b"Content-Length: 10\r\n" in received
    assert received.endswith(b"\r\n\r\n01234")


def test_a_response_without_a_body_is_cut_in_its_headers(sandbox: Sandbox) -> None:
    sandbox.inject_fault(lost="cut", status=401)
    assert b"\r\n\r\n" not in exchange(sandbox, request_bytes(sandbox))


def test_garbage_is_not_http(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.inject_fault(garbage=True, times=2)
    with pytest.raises(httpx.RemoteProtocolError):
        http.put(PATH, json=LEAD)
    assert not exchange(sandbox, request_bytes(sandbox)).startswith(b"HTTP")
    assert len(sandbox.leads) == 2
    assert sandbox.requests[0].status is None


def test_faults_are_played_in_the_order_they_were_given(
    sandbox: Sandbox, http: httpx.Client
) -> None:
    sandbox.inject_fault(status=500, times=2)
    sandbox.inject_fault(retry_after=0)
    assert [http.put(PATH, json=LEAD).status_code for _ in range(4)] == [500, 500, 429, 200]
    assert [request.status for request in sandbox.requests] == [500, 500, 429, 200]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({}, "nothing to do"),
        ({"stored": False}, "nothing to do"),
        ({"status": 199}, "must be from 200 to 599"),
        ({"status": 600}, "must be from 200 to 599"),
        ({"delay": -1.0}, "finite number of seconds"),
        ({"delay": float("nan")}, "finite number of seconds"),
        ({"delay": float("inf")}, "finite number of seconds"),
        ({"garbage": True, "status": 500}, "garbage is not a response"),
        ({"garbage": True, "retry_after": 2}, "garbage is not a response"),
        ({"garbage": True, "lost": "close"}, "garbage is not a response"),
        ({"lost": "found"}, "must be one of close, reset, silence, cut"),
        ({"lost": "close", "status": 500}, "sends no response"),
        ({"lost": "silence", "body": ""}, "sends no response"),
        ({"lost": "reset", "retry_after": 2}, "sends no response"),
        ({"status": 204, "body": "x"}, "has no body"),
        ({"status": 404, "stored": True}, "rejects the lead"),
        ({"retry_after": 2, "stored": True}, "rejects the lead"),
        ({"retry_after": 2, "headers": {"retry-after": "3"}}, "give it once"),
        ({"headers": {"X A": "b"}}, "not a valid header name"),
        ({"headers": {"X-A": "a\r\nb"}}, "no header can carry"),
        ({"headers": {"X-A": "€"}}, "no header can carry"),
        ({"status": 500, "times": 0}, "pass 1 or more"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_a_value_error_that_says_why(
    sandbox: Sandbox, http: httpx.Client, fault: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        sandbox.inject_fault(**cast(Any, fault))
    assert http.put(PATH, json=LEAD).status_code == 200
