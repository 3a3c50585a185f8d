"""`client.operation`: any generated operation with the key, the deadline and the errors of ours."""

import asyncio
import logging
import math
import threading
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, assert_type

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

import nlpearl
from nlpearl import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncNLPearl,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InvalidArgumentError,
    NLPearl,
    NLPearlError,
    NotFoundError,
    Outcome,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
)
from nlpearl.sandbox import Sandbox

from .conftest import KEY, PHONE, SECRET, Either
from .servers import CAMPAIGN_ID, LEAD_ID, Connection, Script, Server, response, responses

FOUND = response(200, b'{"id": "x", "status": 1}')


def ask(
    either: Either,
    url: str,
    module: Any,
    *args: Any,
    client: dict[str, Any] | None = None,
    reads: bool | None = None,
    timeout: float | None = None,
    **kwargs: Any,
) -> Any:
    """The result of one call of an operation, or the error."""
    settings: dict[str, Any] = {"api_key": KEY, "base_url": url, "max_retries": 0, **(client or {})}

    async def main() -> Any:
        async with AsyncNLPearl(**settings) as ours:
            return await ours.operation(module, reads=reads, timeout=timeout)(*args, **kwargs)

    try:
        if either.name == "async":
            return asyncio.run(main())
        with NLPearl(**settings) as ours:
            return ours.operation(module, reads=reads, timeout=timeout)(*args, **kwargs)
    except NLPearlError as error:
        return error


def written(method: str, path: str, parse: Any = None, body: Any = None) -> ModuleType:
    """A module such as the generator writes for an operation with one variable in its path."""
    module: Any = ModuleType("nlpearl_api.api.some.thing")

    def get_kwargs(one_id: str) -> dict[str, Any]:
        return {"method": method, "url": path.format(one_id), "json": body}

    module._get_kwargs = get_kwargs

    def parse_response(*, client: object, response: Any) -> Any:
        return parse(response) if parse and client else None

    module._parse_response = parse_response
    return module  # type: ignore[no-any-return]


def test_it_has_the_types_of_the_generated_module() -> None:
    """mypy and pyright hold this: an unknown argument, or a missing one, is an error of types."""
    with NLPearl(KEY) as client:
        adding = client.operation(add_lead)
        finding = client.operation(get_lead_by_external_id, reads=True, timeout=3)

        def typed() -> None:  # not run
            body = LeadToAddApi(phone_number=PHONE)
            assert_type(adding("x", body=body), LeadToAddResponseApi)
            assert_type(finding("x", "y"), LeadApiView)
            adding("x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
            adding("x", body=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            finding("x", id="y")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
            client.operation(nlpearl)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

        assert callable(typed)

    async def typed_async() -> None:  # not run
        async with AsyncNLPearl(KEY) as client:
            body = LeadToAddApi(phone_number=PHONE)
            assert_type(await client.operation(add_lead)("x", body=body), LeadToAddResponseApi)

    assert callable(typed_async)


def typed_operations(client: NLPearl) -> None:
    """Not run: mypy and pyright read it."""
    do = client.operation
    lead, ids = LeadToAddApi(phone_number=PHONE), DeleteLeadsRequestApi(lead_ids=["y"])
    external = DeleteLeadsExternalRequestApi(lead_external_ids=["y"])
    update, search = LeadToUpdateApi(external_id="y"), LeadSearch(limit=100)
    assert_type(do(add_lead)("x", body=lead), LeadToAddResponseApi)
    assert_type(do(add_lead_v2)("x", body=lead), LeadToAddResponseApi)
    assert_type(do(get_lead)("x", "y"), LeadApiView)
    assert_type(do(get_lead_v2)("x", lead_id="y"), LeadApiView)
    assert_type(do(get_lead_by_external_id)("x", external_id="y"), LeadApiView)
    assert_type(do(get_lead_by_external_id_v2)("x", "y"), LeadApiView)
    assert_type(do(get_lead_by_phone_number)("x", PHONE), LeadApiView)
    assert_type(do(get_lead_by_phone_number_v2)("x", PHONE), LeadApiView)
    assert_type(do(update_lead)("x", "y", body=update), LeadApiView)
    assert_type(do(update_lead_v2)("x", "y", body=update), LeadApiView)
    assert_type(do(search_leads)("x", body=search), LeadListApiViewTableSearchResult)
    assert_type(do(search_leads_v2)("x", body=search), LeadListApiViewTableSearchResult)
    assert_type(do(delete_leads)("x", body=ids), bool)
    assert_type(do(delete_leads_v2)(pearl_id="x", body=ids), bool)
    assert_type(do(delete_leads_by_external_id)("x", body=external), bool)
    assert_type(do(delete_leads_by_external_id_v2)("x", body=external), bool)
    assert_type(do(get_call)("x"), CallApiView)
    assert_type(do(get_call_v2)("x"), CallApiView)
    assert_type(do(list_outbounds)(), list[PearlApi])
    assert_type(do(list_pearls)(), list[PearlApi])
    assert_type(do(get_outbound)("x"), PearlApi)
    assert_type(do(get_pearl)("x"), PearlApi)


def test_its_result_is_that_of_the_generated_module(either: Either) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        body = LeadToAddApi(phone_number=PHONE, external_id="crm/42")
        added = ask(either, sandbox.url, add_lead, CAMPAIGN_ID, body=body)
        found = ask(either, sandbox.url, get_lead_by_external_id, CAMPAIGN_ID, "crm/42")
    assert isinstance(added, LeadToAddResponseApi)
    assert isinstance(found, LeadApiView)
    assert found.id == added.lead_id == sandbox.leads[0]["leadId"]
    assert sandbox.requests[0].headers["user-agent"].startswith("nlpearl-client/")


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (400, BadRequestError, Outcome.REJECTED),
        (401, AuthenticationError, Outcome.REJECTED),
        (404, NotFoundError, Outcome.REJECTED),
        (429, RateLimitError, Outcome.REJECTED),
        (302, APIStatusError, Outcome.UNKNOWN),
        (500, ServerError, Outcome.UNKNOWN),
    ],
)
def test_it_has_the_errors_of_ours(
    either: Either, status: int, kind: type[NLPearlError], outcome: Outcome
) -> None:
    body = LeadToAddApi(phone_number=PHONE)
    with Server(responses(response(status, b"{}"))) as server:
        error = ask(either, server.url, add_lead, CAMPAIGN_ID, body=body)
    assert type(error) is kind
    assert error.outcome is outcome
    assert len(server.requests) == 1


def lost(connection: Connection) -> None:
    connection.read_request()


def then(first: bytes | None) -> Script:
    """This response, or a lost one, and then the lead."""
    if first is not None:
        return responses(first, FOUND)
    found = responses(FOUND)
    return lambda connection: lost(connection) if connection.number == 1 else found(connection)


@pytest.mark.parametrize(
    ("first", "requests"),
    [
        (response(500, b""), 2),
        (response(200, b"not JSON"), 2),
        (None, 2),
        (response(401, b""), 1),
    ],
)
def test_what_reads_is_asked_again(either: Either, first: bytes | None, requests: int) -> None:
    with Server(then(first)) as server:
        found = ask(
            either, server.url, get_lead_by_external_id, "x", "y", client={"max_retries": 1}
        )
    assert isinstance(found, LeadApiView if requests == 2 else AuthenticationError)
    assert len(server.requests) == requests


@pytest.mark.parametrize("script", [responses(response(500, b"")), lost])
def test_what_writes_is_not_repeated_unless_certainly_nothing_was_done(
    either: Either, script: Script
) -> None:
    body = LeadToAddApi(phone_number=PHONE)
    retries = {"max_retries": 2}
    with Server(script) as server:
        error = ask(either, server.url, add_lead, CAMPAIGN_ID, body=body, client=retries)
    assert len(server.requests) == 1
    assert error.outcome is Outcome.UNKNOWN
    assert "It may have been done. Look at what is there before you do it again." in str(error)
    with Server(responses(response(429, b"", {"Retry-After": "0.01"}))) as server:
        error = ask(either, server.url, add_lead, CAMPAIGN_ID, body=body, client=retries)
    assert len(server.requests) == 3
    assert error.__notes__ == ["Tried 3 times; none of the earlier tries changed anything."]


SEARCHES = ["/v1/Outbound/{}/Leads", "/v2/Pearl/{}/Calls/Bulk", "/v2/Account/Blacklist/Search"]
WRITES = ["/v1/Outbound/{}/Call", "/v2/Account/Blacklist", "/v1/Outbound/{}/Leads/x"]


@pytest.mark.parametrize(
    ("path", "reads", "requests"),
    [
        *((path, None, 2) for path in SEARCHES),
        *((path, None, 1) for path in WRITES),
        (SEARCHES[0], False, 1),
        (WRITES[0], True, 2),
    ],
)
def test_a_post_that_reads_is_asked_again(
    either: Either, path: str, reads: bool | None, requests: int
) -> None:
    with Server(responses(response(500, b""))) as server:
        error = ask(
            either,
            server.url,
            written("post", path, body={}),
            "x",
            reads=reads,
            client={"max_retries": 1},
        )
    assert len(server.requests) == requests
    only_reads = "Nothing was changed: it only reads." in str(error)
    assert only_reads == (requests == 2)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/v2/Outbound/{}/Leads/Add"),
        ("delete", "/v1/Outbound/{}/Leads"),
        ("delete", "/v2/Outbound/{}/Leads/External"),
        ("delete", "/v2/Call"),
        ("post", "/v2/Account/Blacklist/Remove"),
    ],
)
def test_a_400_of_a_batch_may_be_a_partial_success(method: str, path: str, either: Either) -> None:
    said = b'{"title": "some leads could not be added"}'
    with Server(responses(response(400, said))) as server:
        error = ask(either, server.url, written(method, path), "x")
    assert isinstance(error, BadRequestError)
    assert error.outcome is Outcome.UNKNOWN
    assert not error.retryable
    assert error.body == said.decode()
    assert str(error) == (
        "400 some leads could not be added\nAll of it, or a part, may have been done. Look at what "
        "is there before you do it again; a response is the body of this error."
    )
    with Server(responses(response(404, b""))) as server:
        error = ask(either, server.url, written(method, path), "x")
    assert error.outcome is Outcome.REJECTED
    assert "paths of v1 have outbound ids, those of v2 pearl ids" in str(error)


def test_the_whole_call_has_one_deadline(either: Either) -> None:
    def dripping(connection: Connection) -> None:
        connection.read_request()
        connection.drip(FOUND)

    with Server(dripping) as server:
        error = ask(either, server.url, get_lead_by_external_id, "x", "y", timeout=0.5)
        assert isinstance(error, APITimeoutError)
        assert "timeout 0.5 s" in str(error)
        error = ask(either, server.url, get_lead_by_external_id, "x", "y", client={"timeout": 0.25})
    assert "timeout 0.25 s" in str(error)


def test_nothing_that_was_passed_is_shown(either: Either, caplog: pytest.LogCaptureFixture) -> None:
    call_data = LeadToAddApiCallData()
    call_data.additional_properties = {"firstName": "Joe", "lastName": "Joe Public", "x": "ab"}
    body = LeadToAddApi(phone_number="+14155550123", external_id="crm 42", call_data=call_data)
    echo = b'{"errors": {"outboundId": ["ab secret-id Joe Public, Joe, crm 42 crm%2042"]}}'
    with (
        Server(responses(response(400, echo))) as server,
        caplog.at_level(logging.DEBUG, "nlpearl"),
    ):
        error = ask(either, server.url, add_lead, "secret-id", body=body)
    assert isinstance(error, BadRequestError)
    assert error.errors == {
        "outbound_id": ["ab [outbound_id] [lastName], [firstName], [externalId] [externalId]"]
    }
    [record] = [each for each in caplog.records if each.name == "nlpearl"]
    assert record.getMessage().startswith("outbound.add_lead status=400 requests=1 ")


def test_lists_of_ids_are_not_shown_either(either: Either) -> None:
    module = written(
        "delete", "/v1/Outbound/{}/Leads", body={"leadIds": [LEAD_ID, "crm-42"], "n": 3}
    )
    with Server(responses(response(404, f'"no {LEAD_ID}, crm-42"'.encode()))) as server:
        error = ask(either, server.url, module, "x")
    assert str(error).splitlines()[0] == '404 "no [leadIds], [leadIds]"'


@pytest.mark.parametrize("wrong", ["", ".", "..", " ", None])
def test_an_id_that_leads_elsewhere_is_refused(either: Either, wrong: Any) -> None:
    error = ask(either, "http://127.0.0.1:9", get_lead_by_external_id, "x", wrong)
    assert isinstance(error, InvalidArgumentError)
    assert str(error) == (
        f"outbound.get_lead_by_external_id: external_id={wrong!r} cannot be a part of a path, and "
        "would lead to another operation; pass an id"
    )


@pytest.mark.parametrize("body", ["x", LeadToAddApi(phone_number=math.nan)])  # type: ignore[arg-type]  # pyright: ignore
def test_what_makes_no_request_is_refused(either: Either, body: Any) -> None:
    error = ask(either, "http://127.0.0.1:9", add_lead, CAMPAIGN_ID, body=body)
    assert isinstance(error, InvalidArgumentError)
    assert "outbound.add_lead: its arguments make no request" in str(error)
    assert "They are (outbound_id: str, *, body: " in str(error)


def test_arguments_that_it_does_not_have_are_a_type_error(either: Either) -> None:
    with pytest.raises(TypeError, match=r"missing a required (keyword-only )?argument: 'body'"):
        ask(either, "http://127.0.0.1:9", add_lead, CAMPAIGN_ID)


@pytest.mark.parametrize(
    ("given", "name"), [(nlpearl, "nlpearl"), (add_lead.sync, "sync"), (3, "int")]
)
def test_what_is_not_an_operation_is_refused(either: Either, given: Any, name: str) -> None:
    error = ask(either, "http://127.0.0.1:9", given)
    assert isinstance(error, InvalidArgumentError)
    assert str(error) == (
        "module must be a generated module of one operation, such as "
        f"nlpearl_api.api.outbound.add_lead, not {name}"
    )


def as_json(response: Any) -> Any:
    return response.json()


def as_text(response: Any) -> Any:
    return response.text


def as_200(response: Any) -> Any:
    return response.json() if response.status_code == 200 else None


def as_201(response: Any) -> Any:
    return response.json() if response.status_code == 201 else None


@pytest.mark.parametrize(
    ("status", "body", "parse", "result"),
    [
        (200, b"true", as_json, True),
        (200, b"67d4", as_text, "67d4"),
        (201, b"7", as_201, 7),
        (202, b"7", as_200, 7),
        (204, b"", None, None),
    ],
)
def test_every_success_is_read(
    either: Either, status: int, body: bytes, parse: Callable[[Any], Any] | None, result: Any
) -> None:
    headers = {} if body else {"Content-Length": "0"}
    with Server(responses(response(status, body, headers))) as server:
        assert ask(either, server.url, written("put", "/v2/{}", parse), "x") == result


def test_a_write_whose_success_cannot_be_read_was_done(either: Either) -> None:
    body = LeadToAddApi(phone_number=PHONE)
    with Server(responses(response(200, b"67d42f16"))) as server:
        error = ask(either, server.url, add_lead, CAMPAIGN_ID, body=body)
    assert isinstance(error, UnexpectedResponseError)
    assert error.outcome is Outcome.UNKNOWN
    assert error.body == "67d42f16"
    assert str(error) == (
        "200 the response has no result: it is not what the API documents\nThe API says that it "
        "was done, so do not do it again. Its response is the body of this error."
    )


def test_no_connection_is_an_error_that_was_not_sent(either: Either) -> None:
    with Server(responses(FOUND)) as server:
        url = server.url
    error = ask(either, url, get_lead_by_external_id, "x", "y")
    assert isinstance(error, APIConnectionError)
    assert error.outcome is Outcome.NOT_SENT
    assert SECRET not in repr(error)


def test_a_closed_client_calls_nothing() -> None:
    client = NLPearl(KEY)
    finding = client.operation(get_lead_by_external_id)
    client.close()
    with pytest.raises(ConfigurationError, match="this client is closed"):
        finding("x", "y")


def test_an_operation_may_be_kept_and_used_by_threads() -> None:
    with Server(responses(FOUND)) as server, NLPearl(KEY, base_url=server.url) as client:
        finding = client.operation(get_lead_by_external_id)
        found: list[LeadApiView] = []

        def find(number: int) -> None:
            found.append(finding("x", f"{number}"))

        threads = [threading.Thread(target=find, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 8
    assert {request.target.rpartition("/")[2] for request in server.requests} == set("01234567")


def test_a_cancelled_call_says_what_is_known() -> None:
    silent = SimpleNamespace(asked=threading.Event())

    def script(connection: Connection) -> None:
        connection.read_request()
        silent.asked.set()
        connection.silence()

    async def main(url: str) -> None:
        async with AsyncNLPearl(KEY, base_url=url) as client:
            body = LeadToAddApi(phone_number=PHONE)
            task = asyncio.ensure_future(client.operation(add_lead)(CAMPAIGN_ID, body=body))
            await asyncio.to_thread(silent.asked.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
        assert caught.value.__notes__ == [
            "nlpearl: It may have been done. Look at what is there before you do it again."
        ]

    with Server(script) as server:
        asyncio.run(main(server.url))
