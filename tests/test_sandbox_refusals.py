"""What the sandbox refuses, and that its refusals have ASP.NET Core's shapes."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from nlpearl.sandbox import Sandbox, contract

from .test_sandbox import CAMPAIGN_ID, LEAD, PATH, client_of


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


def not_convertible(path: str, kind: str = "System.String") -> list[str]:
    return [
        f"The JSON value could not be converted to {kind}. "
        f"Path: {path} | LineNumber: 0 | BytePositionInLine: 0."
    ]


REQUIRED = {"PhoneNumber": ["The PhoneNumber field is required."]}
NO_JSON = {"$": ["The input is not valid JSON. Path: $ | LineNumber: 0 | BytePositionInLine: 0."]}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ("{}", REQUIRED),
        ('{"phoneNumber": ""}', REQUIRED),
        ('{"phoneNumber": null}', REQUIRED),
        ('{"phoneNumber": 14155550123}', {"$.phoneNumber": not_convertible("$.phoneNumber")}),
        (
            '{"phoneNumber": "+1", "callData": {"age": 42}}',
            {"$.callData.age": not_convertible("$.callData.age")},
        ),
        (
            '{"phoneNumber": "+1", "callData": {"age": null}}',
            {"$.callData.age": not_convertible("$.callData.age")},
        ),
        (
            '{"phoneNumber": "+1", "callData": {"first name": []}}',
            {"$.callData['first name']": not_convertible("$.callData['first name']")},
        ),
        (
            '{"phoneNumber": "+1", "callData": "x"}',
            {"$.callData": not_convertible("$.callData", "System.Object")},
        ),
        (
            '{"phoneNumber": "+1", "firstName": "Joe"}',
            {
                "$.firstName": [
                    "The JSON property 'firstName' could not be mapped to any .NET member."
                ]
            },
        ),
        (
            '{"externalId": 4, "callData": {"a": 1, "b": "x", "c": true}, "x": 1, "y": 2}',
            {
                **REQUIRED,
                "$.externalId": not_convertible("$.externalId"),
                "$.callData.a": not_convertible("$.callData.a"),
                "$.callData.c": not_convertible("$.callData.c"),
                "$.x": ["The JSON property 'x' could not be mapped to any .NET member."],
                "$.y": ["The JSON property 'y' could not be mapped to any .NET member."],
            },
        ),
        ("[]", {"$": not_convertible("$", "System.Object")}),
        ("", {"": ["A non-empty request body is required."]}),
        ("null", {"": ["A non-empty request body is required."]}),
        ('{"phoneNumber": ', NO_JSON),
        (b'{"phoneNumber": "\xff"}', NO_JSON),
        ("[" * 100_000, NO_JSON),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_breaks_the_spec_is_a_400(
    sandbox: Sandbox, http: httpx.Client, body: str | bytes, errors: dict[str, list[str]]
) -> None:
    response = http.put(PATH, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", problem.pop("traceId"))
    assert problem == {
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": errors,
    }
    assert sandbox.leads == []


def test_no_value_of_a_lead_is_echoed(http: httpx.Client) -> None:
    body = {"phoneNumber": 5550123, "callData": {"age": {"secret": "word"}}, "x": "value"}
    response = http.put(PATH, json=body)
    assert not re.search('5550123|secret|word|value"', response.text)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer x:y", "Basic {key}", "{key}", "Bearer  {key}"],
)
def test_another_key_is_a_401_without_a_body(
    sandbox: Sandbox, http: httpx.Client, authorization: str | None
) -> None:
    del http.headers["Authorization"]
    if authorization is not None:
        http.headers["Authorization"] = authorization.format(key=sandbox.api_key)
    response = http.put(PATH, json={})
    assert response.status_code == 401
    assert response.content == b""
    assert response.headers["www-authenticate"] == "Bearer"
    assert "content-type" not in response.headers
    assert sandbox.leads == []


def test_the_key_can_be_chosen() -> None:
    with Sandbox(api_key="a:b") as sandbox, client_of(sandbox) as http:
        assert sandbox.api_key == "a:b"
        assert http.put(PATH, json=LEAD).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/Outbound//Lead",
        "/v1/Outbound/../Lead",
        "/v1/Outbound/a/b/Lead",
        "/x/v1/Outbound/a/Lead",
        f"{PATH}/",
        f"/v1/outbound/{CAMPAIGN_ID}/lead",
    ],
)
def test_an_unknown_route_is_an_empty_404(http: httpx.Client, path: str) -> None:
    response = http.send(
        http.build_request("PUT", f"{http.base_url}".rstrip("/") + path, json=LEAD)
    )
    assert (response.status_code, response.content) == (404, b"")


def test_another_method_is_a_405_that_names_the_right_one(http: httpx.Client) -> None:
    response = http.post(PATH, json=LEAD)
    assert (response.status_code, response.content) == (405, b"")
    assert response.headers["allow"] == "PUT"
    assert http.head(PATH).status_code == 405


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_content_type_is_a_415(http: httpx.Client, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = http.put(PATH, content=json.dumps(LEAD), headers=headers)
    assert response.status_code == 415
    assert response.json()["title"] == "Unsupported Media Type"


def test_with_campaign_ids_every_other_one_is_a_404() -> None:
    with Sandbox(campaign_ids=[CAMPAIGN_ID]) as sandbox, client_of(sandbox) as http:
        assert http.put(PATH, json=LEAD).status_code == 200
        response = http.put("/v1/Outbound/67d42f167f3c392c6d7a2d41/Lead", json=LEAD)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert set(response.json()) == {"type", "title", "status", "traceId"}
        assert response.json()["title"] == "Not Found"
        assert len(sandbox.leads) == 1


def test_campaign_ids_are_several() -> None:
    with pytest.raises(TypeError, match="list of ids"):
        Sandbox(campaign_ids=CAMPAIGN_ID)


def response_by(
    monkeypatch: pytest.MonkeyPatch,
    edit: Callable[[dict[str, Any]], None],
    body: object,
    path: str = PATH,
) -> httpx.Response:
    """The response of a sandbox made from a document that was edited."""
    spec = contract.read_spec()
    edit(spec)
    monkeypatch.setattr(contract, "read_spec", lambda: spec)
    with Sandbox() as sandbox, client_of(sandbox) as http:
        return http.put(path, json=body)


def test_a_changed_spec_changes_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    def edit(spec: dict[str, Any]) -> None:
        lead = spec["components"]["schemas"]["LeadToAddApi"]
        lead["required"].append("externalId")
        lead["properties"]["phoneNumber"]["pattern"] = r"^\+"
        lead["properties"]["visits"] = {"type": "integer"}
        lead["properties"]["tags"] = {"type": "array", "items": {"type": "string", "maxLength": 1}}

    body = {"phoneNumber": "1", "visits": "x", "tags": ["a", 5, "bb"]}
    assert response_by(monkeypatch, edit, body).json()["errors"] == {
        "ExternalId": ["The ExternalId field is required."],
        "PhoneNumber": ["The field PhoneNumber is invalid."],
        "$.visits": not_convertible("$.visits", "System.Int32"),
        "$.tags[1]": not_convertible("$.tags[1]"),
        "$.tags[2]": ["The field $.tags[2] is invalid."],
    }


def test_parameters_are_checked_by_the_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    def edit(spec: dict[str, Any]) -> None:
        operation = spec["paths"]["/v1/Outbound/{outboundId}/Lead"]["put"]
        operation["parameters"][0]["schema"]["pattern"] = "^[0-9a-f]{24}$"

    response = response_by(monkeypatch, edit, LEAD, "/v1/Outbound/x/Lead")
    assert response.status_code == 400
    assert response.json()["errors"] == {"outboundId": ["The value is missing or not valid."]}


def test_an_operation_that_nobody_plays_gets_a_response_from_its_schema(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def edit(spec: dict[str, Any]) -> None:
        spec["paths"]["/v1/Outbound/{outboundId}/Lead"]["put"]["operationId"] = "addLeadLater"

    response = response_by(monkeypatch, edit, LEAD)
    assert (response.status_code, response.json()) == (200, {"leadId": "string"})
