"""`find_lead`: what is found, what is not, and what is tried again."""

import asyncio
import copy
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpearl import (
    APIConnectionError,
    APITimeoutError,
    AsyncNLPearl,
    AuthenticationError,
    BadRequestError,
    FoundLead,
    InvalidArgumentError,
    LeadStatus,
    NLPearl,
    NLPearlError,
    Outcome,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
)
from nlpearl.leads.results import to_found_lead
from nlpearl.sandbox import Sandbox

from .conftest import KEY, PHONE, SECRET, Either
from .servers import CAMPAIGN_ID, LEAD_ID, Connection, Server, response, responses

EVERYTHING: dict[str, Any] = {
    "id": LEAD_ID,
    "externalId": "crm-42",
    "phoneNumber": PHONE,
    "timeZone": "-5.0",
    "status": 100,
    "created": "2026-11-23T09:00:00.1234567-05:00",
    "callsId": ["67d42f167f3c392c6d7a2d42"],
    "lastCall": {"duration": 3},
    "callData": {"firstName": "Joe"},
    "collectedData": None,
}


def find(
    either: Either, url: str, external_id: Any = "crm-42", **options: Any
) -> FoundLead | NLPearlError | None:
    settings: dict[str, Any] = {"api_key": KEY, "base_url": url, "max_retries": 0, **options}

    async def main() -> FoundLead | None:
        async with AsyncNLPearl(**settings) as client:
            return await client.find_lead(CAMPAIGN_ID, external_id)

    try:
        if either.name == "async":
            return asyncio.run(main())
        with NLPearl(**settings) as client:
            return client.find_lead(CAMPAIGN_ID, external_id)
    except NLPearlError as error:
        return error


def test_a_lead_is_found_with_all_that_is_known_of_it(either: Either) -> None:
    with Server(responses(response(200, json.dumps(EVERYTHING).encode()))) as server:
        found = find(either, server.url)
    assert found == FoundLead(
        lead_id=LEAD_ID,
        external_id="crm-42",
        phone_number=PHONE,
        status=LeadStatus.SUCCESS,
        created=datetime(2026, 11, 23, 9, 0, 0, 123456, timezone(timedelta(hours=-5))),
        time_zone_offset="-5.0",
        call_data={"firstName": "Joe"},
    )
    [request] = server.requests
    assert request.method == "GET"
    assert request.target == f"/v1/Outbound/{CAMPAIGN_ID}/Lead/External/crm-42"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept"] == "application/json"
    assert request.body == b""


def test_what_was_added_is_found_in_the_sandbox(either: Either) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        either.add(sandbox.url, external_id=42, call_data={"visits": 3})
        found = find(either, sandbox.url, 42)
        assert find(either, sandbox.url, 43) is None
    assert isinstance(found, FoundLead)
    assert found.lead_id == sandbox.leads[0]["leadId"]
    assert found.status is LeadStatus.NEW
    assert found.call_data == {"visits": "3"}
    assert found.created
    assert abs(datetime.now(UTC) - found.created) < timedelta(minutes=1)


def test_a_found_lead_shows_no_private_data_and_copies() -> None:
    found = to_found_lead(EVERYTHING)
    assert found is not None
    assert PHONE not in repr(found)
    assert "Joe" not in repr(found)
    assert "firstName" in repr(found)
    assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == found
    assert hash(found) == hash(copy.copy(found))
    bare = to_found_lead({"id": "x"})
    assert bare == FoundLead("x", None, None, None, None, None, None)
    assert "None" in repr(bare)


@pytest.mark.parametrize("number", [2, 42, 999, -1, 10**12])
def test_a_status_that_nobody_knows_yet_is_kept(number: int) -> None:
    status = LeadStatus(number)
    assert status == number
    assert status.name == f"UNKNOWN_{number}"
    assert pickle.loads(pickle.dumps(status)) == copy.deepcopy(status) == status
    assert LeadStatus(100) is LeadStatus.SUCCESS
    with pytest.raises(ValueError, match="is not a valid LeadStatus"):
        LeadStatus("new")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "name", "value"),
    [
        ({"status": None}, "status", None),
        ({"status": "100"}, "status", None),
        ({"created": None}, "created", None),
        ({"created": "2026-11-23T09:00:00"}, "created", None),
        ({"created": "yesterday"}, "created", None),
        ({"created": 1764000000}, "created", None),
        ({"created": "2026-11-23T09:00:00Z"}, "created", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        ({"timeZone": None}, "time_zone_offset", None),
        ({"timeZone": 5.5}, "time_zone_offset", "5.5"),
        ({"callData": None}, "call_data", None),
        ({"callData": "x"}, "call_data", None),
        ({"phoneNumber": ""}, "phone_number", None),
    ],
)
def test_what_has_another_form_hides_nothing_else(
    changed: dict[str, object], name: str, value: object
) -> None:
    found = to_found_lead({**EVERYTHING, **changed})
    assert found is not None
    assert getattr(found, name) == value
    assert found.lead_id == LEAD_ID


@pytest.mark.parametrize(
    "given",
    [
        response(404, b""),
        response(404, b"<html>"),
        response(404, json.dumps({"title": "Not Found"}).encode()),
        response(400, json.dumps({"title": "Lead not found."}).encode()),
        response(400, json.dumps({"errors": {"externalId": ["Unknown."]}}).encode()),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        response(200, b""),
        response(200, b" "),
        response(200, b"null"),
        response(200, b"{}"),
        response(200, b"[]"),
        response(200, b'{"id": null, "status": 0}'),
    ],
    ids=str,
)
def test_a_lead_that_is_not_there_is_none_in_any_form(either: Either, given: bytes) -> None:
    with Server(responses(given)) as server:
        assert find(either, server.url) is None
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (response(400, b'{"errors": {"outboundId": ["Bad."]}}'), BadRequestError),
        (response(401, b""), AuthenticationError),
        (response(429, b""), RateLimitError),
        (response(503, b""), ServerError),
        (response(200, b"[{}]"), UnexpectedResponseError),
        (response(200, b'"lead"'), UnexpectedResponseError),
        (response(200, b"{"), UnexpectedResponseError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", UnexpectedResponseError),
        (b"garbage\r\n\r\n", APIConnectionError),
    ],
    ids=str,
)
def test_an_unusable_response_is_an_error(
    either: Either, given: bytes, kind: type[NLPearlError]
) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(given)

    with Server(script) as server:
        error = find(either, server.url)
    assert type(error) is kind
    assert "may exist" not in str(error), "nothing was added by asking"
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    "given",
    [
        response(503, b""),
        response(408, b""),
        response(429, b"", {"Retry-After": "0"}),
        response(200, b"{"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"garbage\r\n\r\n",
        b"",
    ],
    ids=str,
)
def test_reading_is_tried_again(
    either: Either, given: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlpearl.calls.retries.FIRST_BACKOFF", 0.001)

    def script(connection: Connection) -> None:
        connection.read_request()
        last = len(server.requests) > 2
        connection.send(response(200, json.dumps(EVERYTHING).encode()) if last else given)

    with Server(script) as server:
        # A try may also be lost to the connection that is being closed.
        found = find(either, server.url, max_retries=6)
    assert isinstance(found, FoundLead)
    assert len(server.requests) == 3


def test_a_lookup_is_logged_without_anything_private(
    either: Either, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", "nlpearl"), Sandbox(api_key=KEY) as sandbox:
        find(either, sandbox.url)
    [record] = [record for record in caplog.records if record.name == "nlpearl"]
    assert record.message.startswith(f"find_lead campaign={CAMPAIGN_ID} status=404 requests=1 ")


def test_a_refusal_is_not_asked_again(either: Either) -> None:
    with Server(responses(response(403, b""))) as server:
        find(either, server.url, max_retries=5)
    assert len(server.requests) == 1


def test_a_silent_server_is_left_in_time(either: Either) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.silence()

    with Server(script) as server:
        error = find(either, server.url, timeout=0.3)
    assert type(error) is APITimeoutError


@pytest.mark.parametrize(
    ("external_id", "path"),
    [
        ("a/b", "a%2Fb"),
        ("a b", "a%20b"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("...", "..."),
        ("../x", "..%2Fx"),
        ("ü+?#&=", "%C3%BC%2B%3F%23%26%3D"),
        ("a\\b", "a%5Cb"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
    ],
)
def test_an_external_id_of_any_content_is_quoted(
    either: Either, external_id: str, path: str
) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        either.add(sandbox.url, external_id=external_id)
        found = find(either, sandbox.url, external_id)
        assert isinstance(found, FoundLead)
        assert found.external_id == external_id
        assert sandbox.requests[-1].path.endswith(f"/Lead/External/{path}")


@given(st.text(min_size=1, max_size=20))
def test_an_external_id_arrives_as_it_is_or_is_refused(external_id: str) -> None:
    with Server(responses(response(404, b""))) as server:
        found = find(Either("sync"), server.url, external_id)
    if isinstance(found, InvalidArgumentError):
        assert not server.requests
    else:
        assert found is None
        [request] = server.requests
        assert unquote(request.target.rpartition("/")[2]) == external_id


@pytest.mark.parametrize(
    ("external_id", "said"),
    [
        ("..", "cannot be looked up"),
        (".", "cannot be looked up"),
        ("", "empty"),
        (None, "not NoneType"),
        (1.5, "float"),
    ],
)
def test_an_external_id_that_no_path_can_carry_is_refused(
    either: Either, external_id: object, said: str
) -> None:
    error = find(either, "http://127.0.0.1:9", external_id)
    assert isinstance(error, InvalidArgumentError)
    assert said in str(error)
    assert error.outcome is Outcome.NOT_SENT
