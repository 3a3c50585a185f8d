"""`add_leads`: what goes in, one result for each, and how far it reads ahead."""

import asyncio
import sqlite3
import threading
import time
from collections import UserDict
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from nlpearl import (
    AddedLead,
    AsyncNLPearl,
    BadRequestError,
    ConfigurationError,
    InvalidArgumentError,
    InvalidLeadError,
    Lead,
    LeadResult,
    NLPearl,
    NLPearlError,
    Outcome,
    ServerError,
)
from nlpearl.sandbox import Sandbox

from .conftest import KEY, PHONE, Either
from .servers import CAMPAIGN_ID, Connection, Request, Server, replying, response, responses

OTHER = "+14155550177"


#: Area codes of the United States, whose numbers 555-0100 to 555-0199 belong to nobody.
AREAS = (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 "
    "234 239 240 248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 "
    "308 309 310 312 313 314 315 316 317 318 319 320 321 323 325 330 334 336 337 339 347 351 "
    "352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 425 430 "
    "432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 "
    "516 517 518 520 530 540 541 551 559 561"
).split()


def number(position: int) -> str:
    """A phone number of nobody's: another one for each of 10,000 positions."""
    return f"+1{AREAS[position // 100]}55501{position % 100:02}"


def rows(count: int) -> Iterator[dict[str, Any]]:
    """So many leads, the last one's external id being `count - 1`."""
    for position in range(count):
        yield {"phone_number": number(position), "external_id": position}


def external_ids(server: Server) -> list[Any]:
    return [request.json["externalId"] for request in server.requests]


def added(results: list[LeadResult]) -> list[AddedLead]:
    return [result.added for result in results if result.added]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[NLPearl]:
    with NLPearl(sandbox.api_key, base_url=sandbox.url) as client:
        yield client


def test_every_lead_is_added_once_and_has_its_result(either: Either) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        results, error = either.add_leads(sandbox.url, rows(200), concurrency=20)
    assert error is None
    assert sorted(result.position for result in results) == list(range(200))
    stored = {lead["externalId"]: lead["leadId"] for lead in sandbox.leads}
    assert len(stored) == len(sandbox.leads) == 200
    for result in results:
        assert result.error is None
        assert result.added is not None
        assert result.lead == result.added.lead
        assert result.added.lead.external_id == str(result.position)
        assert result.added.lead_id == stored[str(result.position)]


def test_no_rows_give_no_results(either: Either) -> None:
    assert either.add_leads("http://127.0.0.1:9", []) == ([], None)


def test_a_lead_is_taken_as_it_is_and_a_mapping_is_made_one(either: Either) -> None:
    lead = Lead("06 698 12345", time_zone="Europe/Rome", region="IT")
    mapping = {
        "phone_number": "(415) 555-0123",
        "external_id": 7,
        "time_zone": None,
        "call_data": {"visits": 3},
    }
    with Sandbox(api_key=KEY) as sandbox:
        results, _ = either.add_leads(
            sandbox.url, [lead, mapping], client={"default_region": "US"}, concurrency=1
        )
    assert results[0].lead is lead
    assert [{**stored, "leadId": "", "outboundId": ""} for stored in sandbox.leads] == [
        {
            "leadId": "",
            "outboundId": "",
            "phoneNumber": "+390669812345",
            "timeZoneId": "W. Europe Standard Time",
        },
        {
            "leadId": "",
            "outboundId": "",
            "phoneNumber": "+14155550123",
            "externalId": "7",
            "callData": {"visits": "3"},
        },
    ]


@pytest.mark.parametrize(
    ("row", "argument", "said"),
    [
        ({"phone_number": OTHER, "phoneNumber": OTHER}, "phoneNumber", "did you mean phone_number"),
        ({"phone_number": OTHER, "Time Zone": "UTC"}, "Time Zone", "did you mean time_zone"),
        ({"phone_number": OTHER, "timeZoneId": "UTC"}, "timeZoneId", "did you mean time_zone"),
        ({"phone_number": OTHER, "externalID": "1"}, "externalID", "did you mean external_id"),
        ({"phone_number": OTHER, "call_date": {}}, "call_date", "did you mean call_data"),
        ({"phone_number": OTHER, "firstName": "Joe"}, "firstName", "it has phone_number, external"),
        ({"phone_number": OTHER, 7: "x"}, "int", "it has phone_number, external_id, time_zone, "),
        ({"phone_number": OTHER, "+14155550177": 1}, "77", "no such argument"),
        ({"external_id": "1"}, "phone_number", "it is missing"),
        ({"phone_number": "none"}, "phone_number", "there is no digit"),
        (None, "", "a row is a Lead or a mapping of argument names, not NoneType"),
        (("+14155550177",), "", "not tuple"),
    ],
)
def test_an_invalid_row_is_a_result_and_nothing_is_sent(
    either: Either, row: object, argument: str, said: str
) -> None:
    with Server(responses(response())) as server:
        results, error = either.add_leads(server.url, [row, {"phone_number": OTHER}])
    assert error is None
    by_position = {result.position: result for result in results}
    assert len(server.requests) == 1
    assert by_position[1].added
    fault = by_position[0].error
    assert isinstance(fault, InvalidLeadError)
    assert fault.outcome is Outcome.NOT_SENT
    [name] = fault.errors
    assert name.endswith(argument)
    assert said in fault.errors[name][0]
    assert by_position[0].lead is None
    assert by_position[0].added is None
    assert OTHER not in repr(by_position[0])


def test_all_faults_of_a_row_come_at_once(client: NLPearl) -> None:
    [result] = client.add_leads(CAMPAIGN_ID, [{"external_id": "", "time_zone": "EST", "tz": 1}])
    assert isinstance(result.error, InvalidLeadError)
    assert list(result.error.errors) == ["phone_number", "external_id", "time_zone", "tz"]


@pytest.mark.parametrize(
    ("leads", "hint"),
    [
        ({"phone_number": PHONE}, "not dict; put it into a list"),
        (Lead(PHONE), "not Lead; put it into a list"),
        ("leads.csv", "not str; of a file pass the rows"),
        (b"leads.csv", "not bytes; of a file pass the rows"),
        (None, "not NoneType; it has to be Iterable"),
        (7, "not int; it has to be Iterable"),
    ],
)
def test_invalid_input_is_refused_at_once(either: Either, leads: object, hint: str) -> None:
    results, error = either.add_leads("http://127.0.0.1:9", leads)
    assert not results
    assert isinstance(error, InvalidArgumentError)
    assert hint in str(error)
    assert PHONE not in str(error)


async def arows(count: int) -> AsyncIterator[dict[str, Any]]:
    for row in rows(count):
        await asyncio.sleep(0)
        yield row


def test_an_async_iterable_is_for_the_async_client(client: NLPearl, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidArgumentError, match="not async_generator; it has to be Iterable"):
        client.add_leads(CAMPAIGN_ID, arows(1))  # type: ignore[arg-type]  # pyright: ignore

    async def main() -> list[LeadResult]:
        async with AsyncNLPearl(sandbox.api_key, base_url=sandbox.url) as client:
            return [result async for result in client.add_leads(CAMPAIGN_ID, arows(30))]

    assert len(added(asyncio.run(main()))) == len(sandbox.leads) == 30


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 2.5}, "concurrency"),
        ({"concurrency": True}, "concurrency"),
        ({"rate": 0}, "rate"),
        ({"rate": -1.0}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"rate": "10"}, "rate"),
    ],
)
def test_impossible_arguments_are_refused_at_once(
    either: Either, arguments: dict[str, Any], said: str
) -> None:
    results, error = either.add_leads("http://127.0.0.1:9", rows(3), **arguments)
    assert not results
    assert isinstance(error, InvalidArgumentError)
    assert str(error).startswith(said)
    assert repr(next(iter(arguments.values()))) in str(error)


def test_a_bad_outbound_id_and_a_closed_client_are_refused_at_once(client: NLPearl) -> None:
    with pytest.raises(InvalidArgumentError, match="campaign_id"):
        client.add_leads("", rows(3))
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.add_leads(CAMPAIGN_ID, rows(3))


def test_a_failing_call_is_a_result_and_the_others_go_on(either: Either) -> None:
    def reply(request: Request) -> bytes:
        if request.json["externalId"] == "3":
            return response(400, b'{"errors": {"PhoneNumber": ["No."]}}')
        return response(503) if request.json["externalId"] == "5" else response()

    with Server(replying(reply)) as server:
        results, error = either.add_leads(server.url, rows(10))
    assert error is None
    assert len(server.requests) == 10, "nothing is sent twice"
    failed = {result.position: result for result in results if result.error}
    assert sorted(failed) == [3, 5]
    assert isinstance(failed[3].error, BadRequestError)
    assert failed[3].error.errors == {"phone_number": ["No."]}
    assert failed[3].lead == Lead(number(3), external_id=3)
    assert isinstance(failed[5].error, ServerError)
    assert failed[5].error.outcome is Outcome.UNKNOWN
    assert all(result.added is None for result in failed.values())


def test_what_was_certainly_not_sent_is_sent_again(either: Either) -> None:
    server = Server(responses(response()))
    with server:
        url = server.url
    results, error = either.add_leads(url, rows(2), client={"max_retries": 1})
    assert error is None
    for result in results:
        assert isinstance(result.error, NLPearlError)
        assert result.error.outcome is Outcome.NOT_SENT
        assert result.error.__notes__ == [
            "Tried 2 times; none of the earlier tries added the lead."
        ]


# How far it reads ahead


class Watched:
    """Rows, and how many have been read; each read checks how many are ahead of the results."""

    def __init__(self, count: int) -> None:
        self.read = 0
        self.delivered = 0
        self.most = 0
        self.threads: set[int] = set()
        self._rows = rows(count)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self

    def __next__(self) -> dict[str, Any]:
        row = next(self._rows)
        self.read += 1
        self.threads.add(threading.get_ident())
        self.most = max(self.most, self.read - self.delivered)
        return row


def test_no_more_rows_are_read_than_there_are_workers(either: Either) -> None:
    watched = Watched(50)
    with Server(responses(response())) as server:
        play_watched(either, server.url, watched, concurrency=7)
    assert watched.delivered == 50
    assert watched.most == 7
    assert watched.threads == {threading.get_ident()}, "the consumer's thread alone reads"


def play_watched(either: Either, url: str, watched: Watched, concurrency: int) -> None:
    async def main() -> None:
        async with AsyncNLPearl(KEY, base_url=url) as client:
            async for _ in client.add_leads(CAMPAIGN_ID, watched, concurrency=concurrency):
                watched.delivered += 1

    if either.name == "async":
        asyncio.run(main())
        return
    with NLPearl(KEY, base_url=url) as client:
        for _ in client.add_leads(CAMPAIGN_ID, watched, concurrency=concurrency):
            watched.delivered += 1


def test_nothing_is_read_before_the_first_result_is_asked_for(client: NLPearl) -> None:
    watched = Watched(5)
    run = client.add_leads(CAMPAIGN_ID, watched)
    assert watched.read == 0
    assert len(list(run)) == 5


def test_a_slow_consumer_slows_the_reading(client: NLPearl, sandbox: Sandbox) -> None:
    watched = Watched(1000)
    with client.add_leads(CAMPAIGN_ID, watched, concurrency=4) as run:
        results = [next(run) for _ in range(10)]
        assert watched.read <= 14
    results += run  # what was read and not delivered is to be had after the end, too
    assert len(results) == watched.read <= 14
    assert len(added(results)) == len(sandbox.leads)


def test_a_slow_iterable_holds_no_result_back(client: NLPearl) -> None:
    """Nobody waits for a hundred rows to be read before the first result."""
    watched = Watched(40)

    def slow() -> Iterator[dict[str, Any]]:
        for row in watched:
            time.sleep(0.02)
            yield row

    for _ in client.add_leads(CAMPAIGN_ID, slow(), concurrency=100):
        watched.delivered += 1
    assert watched.most < 20


def test_a_database_cursor_is_a_fine_source(either: Either) -> None:
    """sqlite3 objects may be used in the thread that made them alone, and say so."""
    database = sqlite3.connect(":memory:")
    database.row_factory = lambda cursor, values: {
        column[0]: value for column, value in zip(cursor.description, values, strict=True)
    }
    database.execute("CREATE TABLE people (phone_number, external_id)")
    database.executemany(
        "INSERT INTO people VALUES (?, ?)", [tuple(row.values()) for row in rows(60)]
    )
    with Server(responses(response())) as server:
        results, error = either.add_leads(server.url, database.execute("SELECT * FROM people"))
    assert error is None
    assert len(added(results)) == 60
    assert sorted(map(int, external_ids(server))) == list(range(60))
    database.close()


class Broken(UserDict[str, str]):
    """As a row may be that a database loads when it is asked for."""

    def __getitem__(self, key: str) -> str:
        raise OSError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(["phone_number"])


def test_a_mapping_that_cannot_be_read_is_a_result(either: Either) -> None:
    results, error = either.add_leads("http://127.0.0.1:9", [UserDict[str, str](), Broken()])
    assert error is None
    said = {result.position: str(result.error) for result in results}
    assert said[0].startswith("phone_number: it is missing")
    assert said[1] == "the row cannot be read: OSError"


def test_a_mapping_of_another_kind_is_a_row(client: NLPearl, sandbox: Sandbox) -> None:
    from types import MappingProxyType

    results = list(client.add_leads(CAMPAIGN_ID, [MappingProxyType({"phone_number": PHONE})]))
    assert len(added(results)) == len(sandbox.leads) == 1


# How many connections, and how fast


@pytest.mark.parametrize("concurrency", [1, 5])
def test_there_are_as_many_connections_as_workers_and_they_are_kept(
    either: Either, concurrency: int
) -> None:
    gate = threading.Barrier(concurrency)

    def script(connection: Connection) -> None:
        connection.read_request()
        gate.wait(30)  # all are in flight at the same time
        connection.send(response())
        replying(lambda _: response())(connection)

    with Server(script) as server:
        results, error = either.add_leads(server.url, rows(60), concurrency=concurrency)
        assert error is None
        assert len(added(results)) == 60
        assert server.connections == concurrency
        server.wait_until_closed()


def test_a_callers_own_http_client_carries_all_and_stays_open(sandbox: Sandbox) -> None:
    with (
        httpx.Client() as own,
        NLPearl(sandbox.api_key, base_url=sandbox.url, http_client=own) as client,
    ):
        assert len(added(list(client.add_leads(CAMPAIGN_ID, rows(20))))) == 20
        assert not own.is_closed


def test_a_callers_own_async_http_client_carries_all_and_stays_open(sandbox: Sandbox) -> None:
    async def main() -> None:
        async with (
            httpx.AsyncClient() as own,
            AsyncNLPearl(sandbox.api_key, base_url=sandbox.url, http_client=own) as client,
        ):
            run = client.add_leads(CAMPAIGN_ID, rows(20))
            assert len(added([result async for result in run])) == 20
            assert not own.is_closed

    asyncio.run(main())


def test_a_rate_spaces_the_leads(either: Either) -> None:
    arrived: list[float] = []

    def reply(request: Request) -> bytes:
        arrived.append(time.monotonic())
        return response()

    with Server(replying(reply)) as server:
        began = time.monotonic()
        either.add_leads(server.url, rows(10), rate=50)
    # Nine intervals of 20 ms; a lead may come later on a busy machine, but never earlier.
    assert max(arrived) - began >= 9 / 50


def test_the_callable_names_of_a_run(client: NLPearl) -> None:
    run = client.add_leads(CAMPAIGN_ID, rows(3))
    with run as entered:
        assert entered is run
        assert iter(run) is run
    assert list(run) == []
