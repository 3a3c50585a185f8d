"""The sandbox in both versions of the API, and the operations that it knows only by their schema;
all through `client.operation`, which has no code for any of them."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from nlpearl_api.api.call import get_call, get_call_v2
from nlpearl_api.api.outbound import (
    add_lead,
    add_lead_v2,
    delete_leads,
    delete_leads_by_external_id,
    delete_leads_by_external_id_v2,
    delete_leads_v2,
    get_lead,
    get_lead_by_external_id,
    get_lead_by_external_id_v2,
    get_lead_by_phone_number,
    get_lead_by_phone_number_v2,
    get_lead_v2,
    get_outbound,
    list_outbounds,
    search_leads,
    search_leads_v2,
    update_lead,
    update_lead_v2,
)
from nlpearl_api.api.pearl import get_pearl, list_pearls
from nlpearl_api.models import (
    CallApiView,
    DeleteLeadsExternalRequestApi,
    DeleteLeadsRequestApi,
    LeadApiView,
    LeadListApiViewTableSearchResult,
    LeadSearch,
    LeadToAddApi,
    LeadToAddApiCallData,
    LeadToAddResponseApi,
    LeadToUpdateApi,
    PearlApi,
)
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from nlpearl import AuthenticationError, NLPearl, NotFoundError, Outcome, ServerError
from nlpearl.sandbox import API_KEY, Sandbox
from nlpearl.sandbox.contract import Call, Contract, read_spec
from nlpearl.sandbox.samples import sample, sample_response

from .servers import CAMPAIGN_ID

VERSIONS: dict[str, dict[str, Any]] = {
    "v1": {
        "add": add_lead,
        "get": get_lead,
        "external": get_lead_by_external_id,
        "phone": get_lead_by_phone_number,
        "update": update_lead,
        "search": search_leads,
        "delete": delete_leads,
        "delete external": delete_leads_by_external_id,
        "call": get_call,
        "campaigns": list_outbounds,
        "campaign": get_outbound,
    },
    "v2": {
        "add": add_lead_v2,
        "get": get_lead_v2,
        "external": get_lead_by_external_id_v2,
        "phone": get_lead_by_phone_number_v2,
        "update": update_lead_v2,
        "search": search_leads_v2,
        "delete": delete_leads_v2,
        "delete external": delete_leads_by_external_id_v2,
        "call": get_call_v2,
        "campaigns": list_pearls,
        "campaign": get_pearl,
    },
}
each_version = pytest.mark.parametrize("api", VERSIONS.values(), ids=VERSIONS)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[NLPearl]:
    with NLPearl(API_KEY, base_url=sandbox.url, max_retries=0) as ours:
        yield ours


def ask(client: NLPearl, module: Any, *args: Any, **kwargs: Any) -> Any:
    operation: Any = client.operation(module)
    return operation(*args, **kwargs)


def add(client: NLPearl, api: dict[str, Any], number: int, **fields: Any) -> str:
    lead = LeadToAddApi(phone_number=f"+141555501{number:02}", **fields)
    added = ask(client, api["add"], CAMPAIGN_ID, body=lead)
    assert isinstance(added, LeadToAddResponseApi)
    assert isinstance(added.lead_id, str)
    return added.lead_id


def searched(client: NLPearl, api: dict[str, Any], campaign: str = CAMPAIGN_ID, **by: Any) -> Any:
    found = ask(client, api["search"], campaign, body=LeadSearch(**by))
    assert isinstance(found, LeadListApiViewTableSearchResult)
    assert isinstance(found.results, list)
    return found.count, [lead.id for lead in found.results]


@each_version
def test_a_lead_is_found_by_each_of_its_ids(client: NLPearl, api: dict[str, Any]) -> None:
    other, lead_id = add(client, api, 1), add(client, api, 2, external_id="crm-42")
    for name, value, expected in [
        ("get", lead_id, lead_id),
        ("external", "crm-42", lead_id),
        ("phone", "+14155550102", lead_id),
        ("phone", "+14155550101", other),
    ]:
        found = ask(client, api[name], CAMPAIGN_ID, value)
        assert isinstance(found, LeadApiView)
        assert (found.id, found.status) == (expected, 1)
        with pytest.raises(NotFoundError):
            ask(client, api[name], CAMPAIGN_ID, "none")
        with pytest.raises(NotFoundError):
            ask(client, api[name], "another", value)


@each_version
def test_leads_are_searched(client: NLPearl, api: dict[str, Any]) -> None:
    call_data = LeadToAddApiCallData()
    call_data.additional_properties = {"firstName": "Joe"}
    ids = [
        add(client, api, 1, external_id="crm-1"),
        add(client, api, 2, call_data=call_data),
        add(client, api, 3),
    ]
    assert searched(client, api) == (3, ids[::-1])
    assert searched(client, api, is_ascending=True, skip=1, limit=1) == (3, [ids[1]])
    assert searched(client, api, search_input="Joe") == (1, [ids[1]])
    assert searched(client, api, search_input="crm-1") == (1, [ids[0]])
    assert searched(client, api, statuses=[100]) == (0, [])
    assert searched(client, api, statuses=[1, 100], limit=2) == (3, [ids[2], ids[1]])
    assert searched(client, api, "another") == (0, [])


@each_version
def test_leads_are_deleted(client: NLPearl, api: dict[str, Any], sandbox: Sandbox) -> None:
    ids = [add(client, api, n, external_id=f"crm-{n}") for n in range(3)]
    body = DeleteLeadsRequestApi(lead_ids=[ids[0], "unknown"])
    assert ask(client, api["delete"], CAMPAIGN_ID, body=body) is True
    assert searched(client, api) == (2, [ids[2], ids[1]])
    external = DeleteLeadsExternalRequestApi(lead_external_ids=["crm-1"])
    assert ask(client, api["delete external"], CAMPAIGN_ID, body=external) is True
    for nothing in (DeleteLeadsRequestApi(), DeleteLeadsRequestApi(lead_ids=None)):
        assert ask(client, api["delete"], CAMPAIGN_ID, body=nothing) is True
    elsewhere = DeleteLeadsRequestApi(lead_ids=ids)
    assert ask(client, api["delete"], "another", body=elsewhere) is True
    assert [lead["leadId"] for lead in sandbox.leads] == [ids[2]]


@each_version
def test_a_fault_decides_whether_leads_are_deleted(
    client: NLPearl, api: dict[str, Any], sandbox: Sandbox
) -> None:
    ids = [add(client, api, n) for n in range(2)]
    for stored, left in [(False, 2), (True, 1)]:
        sandbox.inject_fault(status=500, stored=stored)
        with pytest.raises(ServerError) as raised:
            ask(client, api["delete"], CAMPAIGN_ID, body=DeleteLeadsRequestApi(lead_ids=ids[:1]))
        assert raised.value.outcome is Outcome.UNKNOWN
        assert len(sandbox.leads) == left


@each_version
def test_what_it_knows_only_by_its_schema_gets_a_response(
    client: NLPearl, api: dict[str, Any]
) -> None:
    call = ask(client, api["call"], "x")
    assert isinstance(call, CallApiView)
    assert (call.id, call.status, call.tags) == ("string", 1, ["string"])
    [campaign] = ask(client, api["campaigns"])
    assert isinstance(campaign, PearlApi)
    assert isinstance(ask(client, api["campaign"], "x"), PearlApi)
    updated = ask(client, api["update"], CAMPAIGN_ID, "x", body=LeadToUpdateApi(status=1))
    assert isinstance(updated, LeadApiView)


@each_version
def test_every_operation_has_the_errors_of_ours(api: dict[str, Any]) -> None:
    bodies = {
        "add": LeadToAddApi(phone_number="+14155550123"),
        "update": LeadToUpdateApi(),
        "search": LeadSearch(),
        "delete": DeleteLeadsRequestApi(),
        "delete external": DeleteLeadsExternalRequestApi(),
    }
    with (
        Sandbox(campaign_ids=[CAMPAIGN_ID]) as sandbox,
        NLPearl(API_KEY, base_url=sandbox.url, max_retries=0) as client,
        NLPearl("wrong:key", base_url=sandbox.url) as stranger,
    ):
        for name, module in api.items():
            count = {"campaigns": 0, "get": 2, "external": 2, "phone": 2, "update": 2}.get(name, 1)
            arguments = ["unknown"] * count
            body = {"body": bodies[name]} if name in bodies else {}
            with pytest.raises(AuthenticationError):
                ask(stranger, module, *arguments, **body)
            if name in ("call", "campaigns"):
                continue
            with pytest.raises(NotFoundError) as raised:
                ask(client, module, *arguments, **body)
            assert raised.value.outcome is Outcome.REJECTED
        assert sandbox.leads == []


def test_a_lead_of_v2_says_so(client: NLPearl, sandbox: Sandbox) -> None:
    lead_id = add(client, VERSIONS["v2"], 1)
    assert sandbox.leads == [
        {"leadId": lead_id, "pearlId": CAMPAIGN_ID, "phoneNumber": "+14155550101"}
    ]


# Samples


def test_an_operation_without_a_name_gets_a_response_from_its_schema() -> None:
    document = copy.deepcopy(read_spec())
    path = document["paths"]["/v2/Pearl/{pearlId}"]
    del path["get"]["operationId"]
    contract = Contract(API_KEY, document)
    builder = EnvironBuilder("/v2/Pearl/x", headers=[("Authorization", f"Bearer {API_KEY}")])
    builder.environ_base = {"REQUEST_URI": "/v2/Pearl/x"}
    call = contract.read(Request(builder.get_environ()))
    assert isinstance(call, Call)
    assert call.operation_id == ""
    assert json.loads(contract.sample(call).get_data())["id"] == "string"


DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "next": {"$ref": "#/components/schemas/Node"},
                    "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                },
            },
            "a/b": {"type": "boolean"},
        }
    }
}


@pytest.mark.parametrize(
    ("schema", "value"),
    list[tuple[dict[str, Any], Any]](
        [
            ({"type": "string"}, "string"),
            ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00+00:00"),
            ({"type": "integer", "format": "int32"}, 1),
            ({"type": ["null", "string"]}, "string"),
            ({"enum": [7, 8]}, 7),
            ({"type": "integer", "example": 42}, 42),
            ({"type": "integer", "default": 43}, 43),
            ({"oneOf": [{"type": "number"}, {"type": "string"}]}, 1.0),
            ({"anyOf": [{"type": "boolean"}]}, True),
            ({"allOf": [{"type": "integer"}]}, 1),
            (
                {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {}}}]},
                {"a": 1, "b": None},
            ),
            ({"type": "array"}, [None]),
            ({"type": "array", "items": {"type": "string"}}, ["string"]),
            ({"$ref": "#/components/schemas/Node"}, {"name": "string", "all": []}),
            ({"$ref": "#/components/schemas/a~1b"}, True),
            ({}, None),
        ]
    ),
)
def test_a_sample_is_a_value_of_its_schema(schema: dict[str, Any], value: object) -> None:
    assert sample(DOCUMENT, schema) == value


@pytest.mark.parametrize(
    ("responses", "status", "body"),
    [
        ({"400": {}, "202": {"description": "Later."}}, 202, b""),
        ({"2XX": {"content": {"application/json": {"schema": {"type": "boolean"}}}}}, 200, b"true"),
        ({"200": {"content": {"audio/ogg": {}}}}, 200, b""),
        ({"400": {}}, 200, b""),
    ],
)
def test_a_sample_response_is_the_first_success(
    responses: dict[str, Any], status: int, body: bytes
) -> None:
    response = sample_response(DOCUMENT, {"responses": responses})
    assert (response.status_code, response.get_data()) == (status, body)
    assert ("Content-Type" in response.headers) == bool(body)
