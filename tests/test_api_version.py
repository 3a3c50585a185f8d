"""`NLPearl(api_version="v2")`: the same calls, by the pearl id."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from nlpearl import (
    AddedLead,
    AsyncNLPearl,
    BadRequestError,
    FoundLead,
    InvalidArgumentError,
    LedgerError,
    NLPearl,
    NotFoundError,
)
from nlpearl.sandbox import Sandbox

from .conftest import KEY, PHONE, Either
from .servers import CAMPAIGN_ID, Server, response, responses

V2: dict[str, Any] = {"api_version": "v2"}


def test_a_lead_is_added_and_found_in_v2(either: Either) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        lead = {"external_id": "crm-42", "time_zone": "Europe/Rome", "call_data": {"visits": 3}}
        added = either.add(sandbox.url, client=V2, **lead)
        assert isinstance(added, AddedLead)
        [stored] = sandbox.leads
        assert stored == {
            "leadId": added.lead_id,
            "pearlId": CAMPAIGN_ID,
            "phoneNumber": PHONE,
            "externalId": "crm-42",
            "timeZoneId": "W. Europe Standard Time",
            "callData": {"visits": "3"},
        }
        with NLPearl(KEY, base_url=sandbox.url, api_version="v2") as client:
            found = client.find_lead(CAMPAIGN_ID, "crm-42")
            assert client.find_lead(CAMPAIGN_ID, "crm-43") is None

        async def find() -> FoundLead | None:
            async with AsyncNLPearl(KEY, base_url=sandbox.url, api_version="v2") as client:
                return await client.find_lead(CAMPAIGN_ID, "crm-42")

        assert asyncio.run(find()) == found
    assert isinstance(found, FoundLead)
    assert found.lead_id == added.lead_id
    assert [(each.method, each.path) for each in sandbox.requests[:2]] == [
        ("POST", f"/v2/Outbound/{CAMPAIGN_ID}/Lead"),
        ("GET", f"/v2/Outbound/{CAMPAIGN_ID}/Lead/External/crm-42"),
    ]


def test_many_leads_are_added_in_v2(either: Either) -> None:
    rows = [{"phone_number": f"+141555501{n:02}"} for n in range(20)]
    with Sandbox(api_key=KEY) as sandbox:
        results, failure = either.add_leads(sandbox.url, rows, client=V2)
        assert failure is None
        assert sum(result.added is not None for result in results) == 20
        assert {lead["pearlId"] for lead in sandbox.leads} == {CAMPAIGN_ID}


def test_a_lost_response_is_looked_up_in_v2(either: Either) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        sandbox.inject_fault(lost="cut")
        client = {**V2, "reconcile": True, "timeout": 30.0}
        added = either.add(sandbox.url, client=client, external_id="crm-42")
    assert isinstance(added, AddedLead)
    assert [request.method for request in sandbox.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        ("v1", "API v1 takes the outbound id, not the pearl id in the platform's URL. For that"),
        ("v2", "API v2 takes the pearl id, which is in the platform's URL, not the outbound id."),
    ],
)
def test_a_404_says_which_id_fits_the_version(either: Either, version: str, hint: str) -> None:
    with Sandbox(api_key=KEY, campaign_ids=["another"]) as sandbox:
        error = either.add(sandbox.url, client={"api_version": version})
    assert isinstance(error, NotFoundError)
    assert hint in str(error)
    assert f"api_version='{'v1' if version == 'v2' else 'v2'}'" in str(error)


def test_errors_name_our_argument_for_the_pearl_id(either: Either) -> None:
    problem = json.dumps({"errors": {"PearlId": ["It is not valid."]}}).encode()
    with Server(responses(response(400, problem))) as server:
        error = either.add(server.url, client=V2)
    assert isinstance(error, BadRequestError)
    assert error.errors == {"campaign_id": ["It is not valid."]}


def test_a_ledger_belongs_to_one_version(either: Either, tmp_path: Path) -> None:
    ledger = {"ledger": tmp_path / "leads.ledger"}
    with Sandbox(api_key=KEY) as sandbox:
        assert isinstance(either.add(sandbox.url, client={**V2, **ledger}), AddedLead)
        again = either.add(sandbox.url, client={**V2, **ledger})
        assert isinstance(again, AddedLead)
        assert again.earlier
        assert isinstance(either.add(sandbox.url, client=ledger), LedgerError)
        assert len(sandbox.leads) == 1


@pytest.mark.parametrize("wrong", ["v3", "V2", 2, None, ["v1"]])
@pytest.mark.parametrize("kind", [NLPearl, AsyncNLPearl])
def test_another_version_is_refused(kind: type[NLPearl], wrong: Any) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        kind(KEY, api_version=wrong)
    assert str(raised.value) == (
        f"api_version must be 'v1' (campaigns by outbound id) or 'v2' (by pearl id), not {wrong!r}"
    )
