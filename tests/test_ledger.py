"""The ledger as a file: what it remembers, what Excel and queues do, and what may happen to it."""

import asyncio
import contextlib
import gc
import itertools
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from nlpearl import (
    AddedLead,
    APIConnectionError,
    APIStatusError,
    AsyncNLPearl,
    BadRequestError,
    ConfigurationError,
    DuplicateLeadError,
    InvalidArgumentError,
    InvalidLeadError,
    LeadInProgressError,
    LeadResult,
    Ledger,
    LedgerError,
    NLPearl,
    NLPearlError,
    Outcome,
    RateLimitError,
    ServerError,
    UnsettledLeadError,
)
from nlpearl.calls.operations import AddLead
from nlpearl.ledger import ledger as ledger_module
from nlpearl.ledger import machine, sqlite, sqlite_file
from nlpearl.sandbox import Sandbox

from .conftest import KEY, PHONE, Either
from .servers import CAMPAIGN_ID, Connection, Request, Server, replying, response, responses
from .test_add_leads import AREAS, added, external_ids, number, rows

OTHER_CAMPAIGN = "67d42f167f3c392c6d7a2d99"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.ledger"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(api_key=KEY) as running:
        yield running


def errors_of(results: list[LeadResult]) -> dict[int, type]:
    return {result.position: type(result.error) for result in results if result.error}


def states(path: Path) -> dict[str, int]:
    """What the file has, by state, once nobody has it open."""
    connection = sqlite3.connect(path)
    found = dict(connection.execute("SELECT state, count(*) FROM leads GROUP BY state"))
    connection.close()
    return found


@contextlib.contextmanager
def losing(*external_ids: str, status: int = 503) -> Generator[Server]:
    """A server that fails for these, the first time."""
    left = set(external_ids)

    def reply(request: Request) -> bytes:
        if request.method == "GET":
            return response(404, b"")
        external_id = request.json.get("externalId")
        if external_id in left:
            left.discard(str(external_id))
            return response(status, b"")
        return response()

    with Server(replying(reply)) as server:
        yield server


def test_a_second_run_adds_nothing_twice_and_knows_the_lead_ids(
    either: Either, sandbox: Sandbox, path: Path
) -> None:
    first, error = either.add_leads(sandbox.url, rows(40), ledger=Ledger(path))
    assert error is None
    assert len(added(first)) == 40
    assert not any(lead.earlier for lead in added(first))
    second, error = either.add_leads(sandbox.url, rows(50), ledger=str(path))
    assert error is None
    assert len(sandbox.leads) == len(sandbox.requests) == 50
    ids = {result.position: result.lead_id for result in first}
    for result in second:
        assert result.added
        assert result.added.earlier == (result.position < 40)
        assert result.lead_id == ids.get(result.position, result.lead_id)
    assert states(path) == {"added": 50}


def test_a_call_and_a_run_share_the_ledger(either: Either, sandbox: Sandbox, path: Path) -> None:
    client = {"ledger": path}
    lead = {"phone_number": number(0), "external_id": 0}
    first, second = either.add_all(sandbox.url, [lead, lead], client=client)
    assert isinstance(first, AddedLead)
    assert second == attrs.evolve(first, earlier=True)
    results, error = either.add_leads(sandbox.url, rows(2), client=client)
    assert error is None
    assert sorted(lead.earlier for lead in added(results)) == [False, True]
    assert len(sandbox.leads) == 2


def test_repeated_rows_are_added_once(either: Either, sandbox: Sandbox, path: Path) -> None:
    people: list[dict[str, Any]] = [
        {"phone_number": number(1), "external_id": 1},
        {"phone_number": number(1), "external_id": 1, "call_data": {"a": 1}},
        {"phone_number": number(2), "external_id": 1},
        {"phone_number": number(1), "external_id": 2},
        {"phone_number": number(1)},
    ]
    for _ in range(2):
        results, error = either.add_leads(sandbox.url, people, ledger=path, concurrency=5)
        assert error is None
        assert errors_of(results) == {2: DuplicateLeadError, 3: DuplicateLeadError}
        by_position = {result.position: result for result in results}
        for position in (1, 4):
            lead = by_position[position].added
            assert lead is not None
            assert lead.earlier
        assert by_position[1].lead_id == by_position[0].lead_id == by_position[4].lead_id
    assert len(sandbox.leads) == 1


Row = dict[str, Any]


def with_call_data(**changed: str) -> Callable[[Row], Row]:
    return lambda row: {**row, "call_data": {**row["call_data"], **changed}}


def changed(**fields: object) -> Callable[[Row], Row]:
    return lambda row: {**row, **fields}


def without_columns(row: Row) -> Row:
    return {key: row[key] for key in ("phone_number", "external_id")}


EDITS: dict[str, Callable[[Row], Row]] = {
    "date": with_call_data(since="2026-11-25"),
    "column": with_call_data(plan="gold"),
    "zone": changed(time_zone="America/New_York"),
    "spelling": changed(phone_number="(415) 555-0123"),
    "id gone": changed(external_id=None),
    "columns gone": without_columns,
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("external_id", ["007", None])
def test_what_a_spreadsheet_does_to_a_row_adds_nobody_a_second_time(
    sandbox: Sandbox, path: Path, edit: str, external_id: str | None
) -> None:
    """F9, F10: the commonest edits of all called people twice."""
    row: Row = {
        "phone_number": "+14155550123",
        "external_id": external_id,
        "call_data": {"since": "25.11.26"},
    }
    with NLPearl(KEY, base_url=sandbox.url, default_region="US", ledger=path) as client:
        list(client.add_leads(CAMPAIGN_ID, [row]))
        [result] = client.add_leads(CAMPAIGN_ID, [EDITS[edit](row)])
    assert result.added
    assert result.added.earlier
    assert len(sandbox.leads) == 1


@pytest.mark.parametrize("external_id", ["7", "7.0", "007 ", "OO7"])
def test_an_external_id_that_was_spoilt_is_found_by_the_number(
    sandbox: Sandbox, path: Path, external_id: str
) -> None:
    with NLPearl(KEY, base_url=sandbox.url, ledger=path) as client:
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="007")
        with pytest.raises(DuplicateLeadError, match="under another external id"):
            client.add_lead(CAMPAIGN_ID, PHONE, external_id=external_id)
        assert len(sandbox.leads) == 1
        client.add_lead(CAMPAIGN_ID, PHONE, external_id=external_id, allow_same_number=True)
        assert len(sandbox.leads) == 2


def test_the_number_alone_cannot_be_allowed(either: Either, path: Path) -> None:
    with Server(responses(response())) as server:
        error = either.add(server.url, client={"ledger": path}, allow_same_number=True)
        results, _ = either.add_leads(
            server.url, [{"phone_number": PHONE}], ledger=path, allow_same_number=True
        )
    for wrong in (error, results[0].error):
        assert isinstance(wrong, InvalidLeadError)
        assert "external_id: it is missing" in str(wrong)
    assert not server.requests


def test_campaigns_are_told_apart_and_servers_are_not_mixed(sandbox: Sandbox, path: Path) -> None:
    with (
        Sandbox(api_key=KEY) as other,
        NLPearl(KEY, base_url=sandbox.url, ledger=path) as client,
        NLPearl(KEY, base_url=sandbox.url.replace("127.0.0.1", "LOCALHOST") + "/") as same,
        NLPearl(KEY, base_url=other.url, ledger=path) as elsewhere,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE)
        client.add_lead(OTHER_CAMPAIGN, PHONE)
        [result] = same.add_leads(CAMPAIGN_ID, [{"phone_number": PHONE}], ledger=path)
        assert result.added
        assert result.added.earlier
        with pytest.raises(LedgerError, match=rf"is bound to {sandbox.url} .* not to {other.url}"):
            elsewhere.add_lead(CAMPAIGN_ID, PHONE)
        assert not other.requests


def test_rows_that_the_ledger_knows_take_no_turn_of_the_rate(either: Either, path: Path) -> None:
    """Half a minute, if each did."""
    with Sandbox(api_key=KEY) as sandbox:
        either.add_leads(sandbox.url, rows(60), ledger=path)
        began = time.monotonic()
        results, _ = either.add_leads(sandbox.url, rows(61), ledger=path, rate=2)
        assert time.monotonic() - began < 20
        assert len(added(results)) == 61
        assert len(sandbox.leads) == 61


def test_an_unknown_lead_is_reported_and_not_sent(either: Either, path: Path) -> None:
    with losing("2") as server:
        results, _ = either.add_leads(server.url, rows(5), ledger=path)
        assert states(path) == {"added": 4, "unknown": 1}
        for _ in range(2):
            results, error = either.add_leads(server.url, rows(5), ledger=path)
            assert error is None
            assert errors_of(results) == {2: UnsettledLeadError}
        [unsettled] = [result.error for result in results if result.error]
        assert unsettled.outcome is Outcome.UNKNOWN
        assert unsettled.external_id == "2"
        assert unsettled.campaign_id == CAMPAIGN_ID
        assert not unsettled.retryable
        assert len(server.requests) == 5


def test_resend_unknown_sends_an_unknown_lead_again(either: Either, path: Path) -> None:
    with losing("2") as server:
        either.add_leads(server.url, rows(5), ledger=path)
        results, error = either.add_leads(server.url, rows(5), ledger=path, resend_unknown=True)
        assert error is None
        assert len(added(results)) == 5
        assert external_ids(server)[5:] == ["2"]
    assert states(path) == {"added": 5}


@pytest.mark.parametrize("then", [400, 429])
def test_a_rejection_of_the_second_try_says_nothing_of_the_first(
    either: Either, path: Path, then: int
) -> None:
    """F1 to F3: it was called REJECTED, and the next plain run sent it once more."""
    headers = {"Retry-After": "0"}
    scripts = responses(response(503, b""), response(then, b"", headers), response(400, b""))
    with Server(scripts) as server:
        client = {"ledger": path, "max_retries": 0}
        ends = either.add_all(
            server.url, [{}, {"resend_unknown": True}, {"resend_unknown": False}], client=client
        )
        assert [type(end) for end in ends] == [ServerError] + [UnsettledLeadError] * 2
        cause = ends[1].__cause__ if isinstance(ends[1], NLPearlError) else None
        assert isinstance(cause, APIStatusError)
        assert cause.status_code == then
        for end in ends:
            assert isinstance(end, NLPearlError)
            assert end.outcome is Outcome.UNKNOWN
        results, error = either.add_leads(
            server.url, [{"phone_number": PHONE}], ledger=path, resend_unknown=True
        )
        assert error is None
        assert errors_of(results) == {0: UnsettledLeadError}
    assert states(path) == {"unknown": 1}


def test_a_resend_that_could_not_be_sent_says_nothing_of_the_first(path: Path) -> None:
    with (
        losing("x") as server,
        NLPearl(KEY, base_url=server.url, ledger=path) as client,
        pytest.raises(ServerError),
    ):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")
    with (
        NLPearl(KEY, base_url=server.url, ledger=path, max_retries=0) as client,
        pytest.raises(UnsettledLeadError, match="It was not sent again") as caught,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="x", resend_unknown=True)
    assert isinstance(caught.value.__cause__, APIConnectionError)
    assert states(path) == {"unknown": 1}


def test_a_person_settles_what_is_unknown(sandbox: Sandbox, path: Path) -> None:
    with NLPearl(KEY, base_url=sandbox.url, ledger=path, max_retries=0) as client:
        sandbox.inject_fault(status=503, stored=False, times=2)
        for position in range(2):
            with pytest.raises(ServerError):
                client.add_lead(CAMPAIGN_ID, number(position), external_id=position)
        client.add_lead(CAMPAIGN_ID, number(2), external_id=2)
        ledger = Ledger(path)
        assert ledger.counts() == {CAMPAIGN_ID: {"unknown": 2, "added": 1}}
        found = ledger.unsettled()
        assert [(lead.campaign_id, lead.external_id) for lead in found] == [
            (CAMPAIGN_ID, "0"),
            (CAMPAIGN_ID, "1"),
        ]
        assert abs(datetime.now(UTC) - datetime.fromisoformat(found[0].sent)) < timedelta(minutes=5)
        assert ledger.unsettled("other") == []
        assert ledger.release(CAMPAIGN_ID, external_id="0")
        assert ledger.release(CAMPAIGN_ID, phone_number=number(1))
        assert not ledger.release(CAMPAIGN_ID, external_id="2"), "it was added"
        assert not ledger.release(CAMPAIGN_ID, external_id="nobody")
        assert ledger.counts() == {CAMPAIGN_ID: {"free": 2, "added": 1}}
        results = list(client.add_leads(CAMPAIGN_ID, rows(3)))
        assert len(added(results)) == len(sandbox.leads) == 3
        assert ledger.forget(CAMPAIGN_ID, phone_number=number(2))
        assert not ledger.forget(CAMPAIGN_ID, phone_number=number(2))
        client.add_lead(CAMPAIGN_ID, number(2), external_id=2)
        assert len(sandbox.leads) == 4
        with pytest.raises(InvalidArgumentError, match="which lead is meant"):
            ledger.release(CAMPAIGN_ID)
        ledger.close()
        ledger.close()


# Somebody else


class Slow:
    """A server whose responses wait until they are let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __call__(self, connection: Connection) -> None:
        while True:
            connection.read_request()
            assert self.go.wait(30)
            connection.send(response())


def test_a_lead_that_somebody_else_is_adding_is_waited_for(either: Either, path: Path) -> None:
    slow = Slow()
    ends: list[AddedLead] = []
    with Server(slow) as server, NLPearl(KEY, base_url=server.url, ledger=path) as client:
        other = threading.Thread(target=lambda: ends.append(client.add_lead(CAMPAIGN_ID, PHONE)))
        other.start()
        while not server.requests:
            time.sleep(0.005)
        error = either.add(server.url, client={"ledger": path}, wait=0)
        assert isinstance(error, LeadInProgressError)
        assert error.outcome is Outcome.UNKNOWN
        assert error.retryable
        assert error.retry_after
        assert 20 < error.retry_after < 41
        with pytest.raises(LedgerError, match="being added at this moment"):
            Ledger(path).release(CAMPAIGN_ID, phone_number=PHONE)
        threading.Timer(0.3, slow.go.set).start()
        end = either.add(server.url, client={"ledger": path})
        other.join()
    assert isinstance(end, AddedLead)
    assert end.earlier
    assert end.lead_id == ends[0].lead_id
    assert len(server.requests) == 1


def test_a_worker_that_waits_sends_what_the_other_could_not(either: Either, path: Path) -> None:
    slow = Slow()

    def script(connection: Connection) -> None:
        connection.read_request()
        assert slow.go.wait(30)
        connection.send(response(400 if len(server.requests) == 1 else 200))

    with Server(script) as server, NLPearl(KEY, base_url=server.url, ledger=path) as client:

        def other() -> None:
            with pytest.raises(BadRequestError):
                client.add_lead(CAMPAIGN_ID, PHONE)

        thread = threading.Thread(target=other)
        thread.start()
        while not server.requests:
            time.sleep(0.005)
        threading.Timer(0.2, slow.go.set).start()
        end = either.add(server.url, client={"ledger": path})
        thread.join()
    assert isinstance(end, AddedLead)
    assert not end.earlier
    assert len(server.requests) == 2


def test_closing_the_client_ends_the_wait(path: Path) -> None:
    slow = Slow()
    ends: list[object] = []

    def add(client: NLPearl) -> None:
        try:
            ends.append(client.add_lead(CAMPAIGN_ID, PHONE))
        except NLPearlError as error:
            ends.append(error)

    with Server(slow) as server, NLPearl(KEY, base_url=server.url, ledger=path) as client:
        waiting = NLPearl(KEY, base_url=server.url, ledger=path)
        threads = [threading.Thread(target=add, args=[client])]
        threads[0].start()
        while not server.requests:
            time.sleep(0.005)
        threads.append(threading.Thread(target=add, args=[waiting]))
        threads[1].start()
        time.sleep(0.1)
        waiting.close()
        threads[1].join(30)
        slow.go.set()
        threads[0].join(30)
    assert [type(end) for end in ends] == [LeadInProgressError, AddedLead]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"wait": 1}, "need a ledger"),
        ({"resend_unknown": True}, "need a ledger"),
        ({"allow_same_number": True}, "need a ledger"),
        ({"client": {"ledger": "x.ledger"}, "wait": -1}, "wait must be 0 or more"),
        ({"client": {"ledger": "x.ledger"}, "wait": "1"}, "wait must be 0 or more"),
        ({"client": {"ledger": "x.ledger"}, "wait": float("nan")}, "wait must be 0 or more"),
        ({"client": {"ledger": "mysql://u:p4ss@h/d"}}, "'mysql://h/d' must be a path, or postgres"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    either: Either, arguments: dict[str, Any], said: str
) -> None:
    error = either.add("http://127.0.0.1:9", **arguments)
    assert isinstance(error, InvalidArgumentError)
    assert said in str(error)
    assert "p4ss" not in str(error)


def test_a_client_and_a_run_cannot_both_have_a_ledger(either: Either, path: Path) -> None:
    results, error = either.add_leads(
        "http://127.0.0.1:9", rows(1), client={"ledger": path}, ledger=path
    )
    assert not results
    assert isinstance(error, ConfigurationError)
    assert "has a ledger already" in str(error)


def test_a_limit_leaves_nothing_unknown_behind(either: Either, path: Path) -> None:
    with Server(responses(response(429, b"", {"Retry-After": "700"}))) as server:
        results, error = either.add_leads(server.url, rows(20), ledger=path, concurrency=5)
    assert isinstance(error, RateLimitError)
    assert results
    assert set(states(path)) == {"free"}


def test_what_a_limit_held_back_is_sent_and_recorded(either: Either, path: Path) -> None:
    limit = response(429, b"", {"Retry-After": "0"})
    with Server(responses(response(), limit, limit, limit, response())) as server:
        results, error = either.add_leads(server.url, rows(20), ledger=path, concurrency=2)
    assert error is None
    assert len(added(results)) == 20
    assert len(server.requests) == 23
    assert states(path) == {"added": 20}


def test_a_run_that_is_left_has_recorded_every_outcome(
    either: Either, sandbox: Sandbox, path: Path
) -> None:
    either.add_leads(sandbox.url, rows(1000), until=5, ledger=path, concurrency=10)
    assert states(path) == {"added": len(sandbox.leads)} or states(path) == {
        "added": len(sandbox.leads),
        "free": sum(states(path).values()) - len(sandbox.leads),
    }


def test_what_was_rejected_is_sent_again(either: Either, path: Path) -> None:
    with losing("1", status=400) as server:
        results, _ = either.add_leads(server.url, rows(3), ledger=path)
        assert errors_of(results) == {1: BadRequestError}
        results, _ = either.add_leads(server.url, rows(3), ledger=path)
        assert len(added(results)) == 3
        assert len(server.requests) == 4


def test_a_resend_may_be_unknown_again(either: Either, path: Path) -> None:
    with Server(responses(response(503, b""))) as server:
        leads = [{}, {"resend_unknown": True}]
        ends = either.add_all(server.url, leads, client={"ledger": path})
    assert [type(end) for end in ends] == [ServerError, ServerError]
    assert states(path) == {"unknown": 1}


def test_another_lead_with_an_identity_that_is_unknown_is_not_sent(
    either: Either, path: Path
) -> None:
    with losing("1") as server:
        ends = either.add_all(
            server.url,
            [
                {"phone_number": number(1), "external_id": 1},
                {"phone_number": number(1), "external_id": 2, "resend_unknown": True},
                {"phone_number": number(2), "external_id": 1},
            ],
            client={"ledger": path, "reconcile": True, "timeout": 1.0},
        )
    assert [type(end) for end in ends] == [ServerError, UnsettledLeadError, UnsettledLeadError]
    assert "this phone number with another external id was sent" in str(ends[1])
    assert "another phone number with this external id was sent" in str(ends[2])


# Interrupted


def test_an_interrupt_after_the_response_records_what_was_added(
    sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = AddLead.read
    count = itertools.count()

    def interrupted(self: AddLead, parsed: object, body: bytes) -> AddedLead:
        if next(count) == 0:
            raise KeyboardInterrupt
        return read(self, parsed, body)

    monkeypatch.setattr(AddLead, "read", interrupted)
    with NLPearl(KEY, base_url=sandbox.url, ledger=path) as client:
        with pytest.raises(KeyboardInterrupt):
            client.add_lead(CAMPAIGN_ID, PHONE)
        added = client.add_lead(CAMPAIGN_ID, PHONE)
    assert added.earlier
    assert added.lead_id == sandbox.leads[0]["leadId"]
    assert len(sandbox.requests) == 1


def test_ctrl_c_records_what_is_known(path: Path) -> None:
    code = """
    client = NLPearl(KEY, base_url=URL, ledger=PATH)
    try:
        client.add_lead(CAMPAIGN_ID, "+14155550123", external_id="x")
    except KeyboardInterrupt as stopped:
        print(stopped.__notes__, flush=True)
    """

    def script(connection: Connection) -> None:
        connection.read_request()
        process.send_signal(signal.SIGINT)
        connection.silence()

    with Server(script) as server:
        process = in_a_process(code, server.url, str(path))
        said, _ = process.communicate(timeout=60)
    assert "The lead may exist" in said
    assert states(path) == {"unknown": 1}, "recorded, and not only because its claim is over"


def test_a_cancelled_task_records_what_is_known(path: Path) -> None:
    async def main(url: str) -> None:
        async with AsyncNLPearl(KEY, base_url=url, ledger=path) as client:
            call = asyncio.create_task(client.add_lead(CAMPAIGN_ID, PHONE))
            while not server.requests:
                await asyncio.sleep(0.005)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.silence()

    with Server(script) as server:
        asyncio.run(main(server.url))
    assert states(path) == {"unknown": 1}


def test_a_task_that_is_cancelled_while_it_asks_gives_its_claim_back(path: Path) -> None:
    async def main(url: str) -> None:
        async with AsyncNLPearl(KEY, base_url=url, ledger=path) as client:
            call = asyncio.create_task(client.add_lead(CAMPAIGN_ID, PHONE))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with Server(responses(response())) as server:
        asyncio.run(main(server.url))
        assert not server.requests
    assert states(path) == {"free": 1}


def test_a_task_that_is_cancelled_while_it_asks_has_nothing_to_give_back(
    sandbox: Sandbox, path: Path
) -> None:
    async def main() -> None:
        async with AsyncNLPearl(KEY, base_url=sandbox.url, ledger=path) as client:
            await client.add_lead(CAMPAIGN_ID, PHONE)
            call = asyncio.create_task(client.add_lead(CAMPAIGN_ID, PHONE))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(main())
    assert states(path) == {"added": 1}


def test_an_interrupt_while_the_ledger_is_asked_gives_the_claim_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks: list[sqlite3.Connection] = []
    add_done_callback = Future[Any].add_done_callback

    def interrupted(self: Future[Any], call: Callable[[Future[Any]], object]) -> None:
        add_done_callback(self, call)
        monkeypatch.undo()
        raise KeyboardInterrupt

    def source() -> Iterator[dict[str, Any]]:
        locks.append(sqlite3.connect(path, isolation_level=None))
        locks[0].execute("BEGIN IMMEDIATE")  # keeps the ledger from responding
        monkeypatch.setattr(Future, "add_done_callback", interrupted)
        yield from rows(1)

    with Server(responses(response())) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, source(), ledger=path)
        with pytest.raises(KeyboardInterrupt):
            next(run)
        locks.pop().close()
        [result] = run
    assert result.outcome is Outcome.NOT_SENT
    assert not server.requests
    assert states(path) == {"free": 1}


def test_a_row_whose_task_is_cancelled_before_it_begins_gives_its_claim_back(path: Path) -> None:
    async def main() -> list[LeadResult]:
        client = AsyncNLPearl(KEY, base_url="http://127.0.0.1:9")
        run = client.add_leads(CAMPAIGN_ID, rows(10), concurrency=3, ledger=path)
        consumer = asyncio.ensure_future(anext(run))
        while len(asyncio.all_tasks()) < 5:
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await consumer
        return [result async for result in run]

    results = asyncio.run(main())
    assert [result.outcome for result in results] == [Outcome.NOT_SENT] * 3
    assert states(path) == {"free": 3}


# The file


def test_the_file_says_what_it_is_and_little_about_people(sandbox: Sandbox, path: Path) -> None:
    row = {
        "phone_number": PHONE,
        "external_id": "crm-42",
        "time_zone": "Europe/Rome",
        "call_data": {"firstName": "Josephine"},
    }
    with NLPearl(KEY, base_url=sandbox.url) as client:
        [result] = client.add_leads(CAMPAIGN_ID, [row], ledger=path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (sqlite_file.VERSION,)
    assert connection.execute("PRAGMA application_id").fetchone() == (0x4E4C504C,)
    schema = "\n".join(sql for [sql] in connection.execute("SELECT sql FROM sqlite_schema") if sql)
    [columns] = connection.execute("SELECT campaign, external_id, state, lead_id FROM leads")
    connection.close()
    assert columns == (CAMPAIGN_ID, None, "added", result.lead_id)
    for word in ("-- digest", "-- as it was given, until", "-- the platform's, if added"):
        assert word in schema, "the columns are explained where they are looked at"
    content = path.read_bytes()
    for private in (b"4155550123", b"Josephine", b"firstName", b"crm-42", KEY.encode()):
        assert private not in content
    assert [file.name for file in path.parent.iterdir()] == ["leads.ledger"]


def test_two_files_cannot_be_compared(sandbox: Sandbox, tmp_path: Path) -> None:
    digests: list[str] = []
    with NLPearl(KEY, base_url=sandbox.url) as client:
        for name in ("one", "two"):
            list(client.add_leads(CAMPAIGN_ID, rows(1), ledger=tmp_path / name))
            connection = sqlite3.connect(tmp_path / name)
            [found] = connection.execute("SELECT number, external, content FROM leads")
            connection.close()
            digests += [*found[:2], *found[2].split()]
    assert len(set(digests)) == 10


def test_many_leads_share_a_sync_to_disk(
    either: Either, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for each claim and each outcome would be 400; a slow disk is when it matters."""
    transactions: list[int] = []
    transaction = sqlite.SQLiteStore.transaction

    def slow(self: sqlite.SQLiteStore, keys: list[str], *, overview: bool = False) -> Any:
        time.sleep(0.01)
        transactions.append(1)
        return transaction(self, keys, overview=overview)

    monkeypatch.setattr(sqlite.SQLiteStore, "transaction", slow)
    either.add_leads(sandbox.url, rows(200), ledger=path, concurrency=50)
    assert len(transactions) < 300


def test_a_ledger_says_where_it_is_without_a_password(path: Path) -> None:
    assert repr(Ledger(path)) == f"Ledger({str(path)!r})"
    shown = repr(Ledger("postgresql://me:p%40ss@db.example:5433/leads?sslmode=require"))
    assert shown == "Ledger('postgresql://db.example:5433/leads')"
    with pytest.raises(TypeError):
        Ledger(7)  # type: ignore[arg-type]  # pyright: ignore


# Files that cannot be used


def refused(either: Either, url: str, path: Path, said: str) -> None:
    """The run ends with a LedgerError, before it reads or sends anything."""
    read: list[object] = []

    def source() -> Iterator[dict[str, Any]]:
        for row in rows(3):
            read.append(row)
            yield row

    results, error = either.add_leads(url, source(), ledger=path)
    assert type(error) is LedgerError
    assert str(error).startswith(f"ledger {str(path)!r}: ")
    assert said in str(error)
    assert error.outcome is Outcome.NOT_SENT
    assert error.__context__ is None
    assert results == read == []


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()


def newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE ledger (x)")
        connection.execute(f"PRAGMA application_id = {sqlite_file.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {sqlite_file.VERSION + 1}")
    connection.close()


def older(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE ledger (x)")
    connection.execute(f"PRAGMA application_id = {sqlite_file.APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.close()


def truncated(path: Path) -> None:
    with Sandbox(api_key=KEY) as sandbox, NLPearl(KEY, base_url=sandbox.url) as client:
        list(client.add_leads(CAMPAIGN_ID, rows(200), ledger=path, concurrency=50))
    path.write_bytes(path.read_bytes()[:5000])


def text(path: Path) -> None:
    path.write_text("phone_number,external_id\n" * 100)


def nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "none" / "x")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (text, "it is not a ledger"),
        (older, "it has version 1, of a library that was never published"),
        (foreign, "it is another database; choose another path"),
        (newer, "it has version 3, written by a newer nlpearl-client"),
        (truncated, "malformed"),
        (Path.mkdir, "it is a folder; name a file in it"),
        (nowhere, "No such file or directory"),
    ],
    ids=["text", "older", "foreign", "newer", "truncated", "directory", "nowhere"],
)
def test_a_file_that_is_not_a_ledger_is_refused_and_left_as_it_is(
    either: Either, path: Path, make: Callable[[Path], object], said: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with Server(responses(response())) as server:
        refused(either, server.url, path, said)
    assert not server.requests
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_folder_that_is_missing_is_named(either: Either, path: Path) -> None:
    with Server(responses(response())) as server:
        missing = path.parent / "missing"
        refused(
            either, server.url, missing / "x.ledger", f"the folder {str(missing)!r} does not exist"
        )
    assert not missing.exists()


def test_a_path_that_sqlite_has_a_meaning_for_is_a_file(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with NLPearl(KEY, base_url=sandbox.url) as client:
        for _ in range(2):
            list(client.add_leads(CAMPAIGN_ID, rows(2), ledger=":memory:"))
    assert len(sandbox.leads) == 2
    assert (tmp_path / ":memory:").is_file()


@pytest.mark.parametrize("mode", [0o555, 0o777], ids=["directory too", "file alone"])
def test_a_read_only_file_is_refused(sandbox: Sandbox, mode: int) -> None:
    """Root may write anywhere, so whoever runs the tests becomes nobody for this; whom pytest's own
    directory is closed to."""
    with tempfile.TemporaryDirectory() as directory:
        play_read_only(sandbox, Path(directory, "leads.ledger"), mode)


def play_read_only(sandbox: Sandbox, path: Path, mode: int) -> None:
    with NLPearl(KEY, base_url=sandbox.url) as client:
        list(client.add_leads(CAMPAIGN_ID, rows(1), ledger=path))
    path.chmod(0o444)
    path.parent.chmod(mode)
    code = """
    import encodings.idna, httpx, importlib, nlpearl, pkgutil
    for module in pkgutil.iter_modules(nlpearl.__path__, "nlpearl."):  # they may be out of reach
        if not module.ispkg and not module.name.endswith("__"):
            importlib.import_module(module.name)
    with NLPearl(KEY, base_url=URL) as client:
        run = client.add_leads(CAMPAIGN_ID, rows, ledger=PATH)  # has read the certificates
        if os.geteuid() == 0:
            os.seteuid(65534)
        try:
            list(run)
        except Exception as error:
            print(type(error).__name__, error)
    """
    with in_a_process(code, sandbox.url, str(path)) as process:
        said, _ = process.communicate(timeout=60)
    assert said == f"LedgerError ledger {str(path)!r}: it is read-only\n"
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize(
    ("line", "kind"), [("server:/x {} nfs4 rw 0 0", "nfs4"), ("//s/x {} cifs rw 0 0", "cifs")]
)
def test_a_network_file_system_is_refused(
    either: Either, path: Path, monkeypatch: pytest.MonkeyPatch, line: str, kind: str
) -> None:
    mounts = path.parent / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\n{line.format(path.parent)}\n")
    monkeypatch.setattr(machine, "MOUNTS", mounts)
    refused(either, "http://127.0.0.1:9", path, f"it is on a network file system ({kind})")
    assert not path.exists()


def test_nobody_tells_where_the_file_systems_are(
    sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "MOUNTS", path.parent / "none")
    with NLPearl(KEY, base_url=sandbox.url, ledger=path) as client:
        assert client.add_lead(CAMPAIGN_ID, PHONE)


def test_a_file_of_several_names_is_refused(either: Either, sandbox: Sandbox, path: Path) -> None:
    """F5: the other name has no -wal."""
    either.add_leads(sandbox.url, rows(1), ledger=path)
    os.link(path, path.with_name("other"))
    refused(either, sandbox.url, path, "several names (hard links)")


def test_a_file_that_may_not_be_written_is_refused(
    either: Either, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object, **__: object) -> bool:
        return False

    path.touch()
    monkeypatch.setattr(os, "access", nothing)
    refused(either, sandbox.url, path, "it is read-only")


def test_an_empty_file_is_refused(either: Either, sandbox: Sandbox, path: Path) -> None:
    """F13: what a crash of the file system leaves behind was taken for a new ledger."""
    path.touch()
    refused(either, sandbox.url, path, "it is empty")


def in_a_process(code: str, *arguments: str) -> subprocess.Popen[str]:
    head = f"""
    import itertools, os, signal, sys, threading
    from nlpearl import NLPearl
    KEY, CAMPAIGN_ID, URL, PATH = {KEY!r}, {CAMPAIGN_ID!r}, *sys.argv[1:3]
    AREAS = {AREAS!r}
    rows = (
        {{"phone_number": f"+1{{AREAS[n // 100]}}55501{{n % 100:02}}", "external_id": n}}
        for n in range(10_000)
    )
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )


def started(path: Path, url: str, more: str = "") -> subprocess.Popen[str]:
    """A process that has the ledger open, and has added some leads."""
    code = """
    client = NLPearl(KEY, base_url=URL, ledger=PATH)
    for _ in zip(range(20), client.add_leads(CAMPAIGN_ID, rows, concurrency=4)):
        pass
    print("running", flush=True)
    signal.pause()
    """
    process = in_a_process(code, url, str(path))
    assert process.stdout
    assert process.stdout.readline() == "running\n"
    return process


def test_processes_share_a_ledger(sandbox: Sandbox, path: Path) -> None:
    code = """
    with NLPearl(KEY, base_url=URL) as client:
        results = client.add_leads(CAMPAIGN_ID, itertools.islice(rows, 100), ledger=PATH)
        print(sum(result.added is not None for result in results))
    """
    processes = [in_a_process(code, sandbox.url, str(path)) for _ in range(4)]
    for process in processes:
        assert process.communicate(timeout=60)[0] == "100\n"
    assert len(sandbox.leads) == len(sandbox.requests) == 100
    assert states(path) == {"added": 100}


def test_a_process_that_was_killed_need_not_be_waited_for(sandbox: Sandbox, path: Path) -> None:
    gate = Slow()
    code = """
    NLPearl(KEY, base_url=URL, ledger=PATH).add_lead(CAMPAIGN_ID, "+14155550123", external_id="x")
    """
    with Server(gate) as server:
        with in_a_process(code, server.url, str(path)) as process:
            while not server.requests:
                time.sleep(0.01)
            process.kill()
        gate.go.set()
        with NLPearl(KEY, base_url=server.url, ledger=path) as client:
            began = time.monotonic()
            with pytest.raises(UnsettledLeadError):
                client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")
            assert time.monotonic() - began < 20, "its claim lasts for 40 s"
            assert len(server.requests) == 1


def test_a_file_without_its_wal_is_refused_until_a_person_accepts_it(
    either: Either, sandbox: Sandbox, path: Path
) -> None:
    """F5: everything that had been sent was sent again."""
    with started(path, sandbox.url) as process:
        process.kill()
    there = path.with_name("copy.ledger")
    shutil.copy(path, there)
    refused(either, sandbox.url, there, "leads.ledger-wal".replace("leads", "copy"))
    shutil.copy(path.with_name("leads.ledger-wal"), there.with_name("copy.ledger-wal"))
    results, error = either.add_leads(sandbox.url, rows(20), ledger=there)
    assert error is None
    for result in results:
        is_known = result.added and result.added.earlier
        assert is_known or isinstance(result.error, UnsettledLeadError), "nothing is sent now"
    assert len(added(results)) >= 16, "but for those in flight"


def test_the_last_to_close_leaves_no_doubt_about_those_that_were_killed(
    either: Either, sandbox: Sandbox, path: Path
) -> None:
    """Found by a Dask bag whose workers are killed: the last one to close removes the -wal, and the
    mark of another one, killed, was then taken for its loss."""
    with (
        started(path, sandbox.url) as process,
        NLPearl(KEY, base_url=sandbox.url, ledger=path) as client,
    ):
        client.add_lead(CAMPAIGN_ID, "+14155550199")
        process.kill()
        process.wait()
    assert not path.with_name("leads.ledger-wal").exists()
    results, error = either.add_leads(sandbox.url, rows(20), ledger=path)
    assert error is None
    assert len(added(results)) >= 16, "but for those in flight"


def test_two_ledgers_of_one_process_have_a_mark_each(path: Path) -> None:
    one, two = Ledger(path), Ledger(path)
    for ledger in (one, two):
        assert ledger.counts() == {}
    one.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (1,)
    two.close()


def test_a_file_that_was_closed_may_be_moved(either: Either, sandbox: Sandbox, path: Path) -> None:
    either.add_leads(sandbox.url, rows(5), ledger=path)
    there = path.rename(path.with_name("elsewhere.ledger"))
    results, _ = either.add_leads(sandbox.url, rows(5), ledger=there)
    assert len(added(results)) == len(sandbox.requests) == 5


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_a_file_that_goes_while_in_use_stops_everything(
    sandbox: Sandbox, path: Path, what: str
) -> None:
    """F7: two ledgers, each of which knew nothing of the other."""
    with NLPearl(KEY, base_url=sandbox.url, ledger=path) as client:
        client.add_lead(CAMPAIGN_ID, number(0))
        path.rename(path.with_name("away"))
        if what == "replaced":
            shutil.copy(path.with_name("away"), path)
        with pytest.raises(LedgerError, match="replaced, moved or deleted while in use"):
            client.add_lead(CAMPAIGN_ID, number(1))
    assert len(sandbox.requests) == 1


def test_reading_and_closing_the_file_lets_no_second_run_in(sandbox: Sandbox, path: Path) -> None:
    """F4: a backup took the locks away, and a second process added everybody again."""
    with NLPearl(KEY, base_url=sandbox.url) as client:
        run = client.add_leads(CAMPAIGN_ID, rows(200), ledger=path, concurrency=4)
        next(run)
        path.read_bytes()
        code = """
        with NLPearl(KEY, base_url=URL) as client:
            results = client.add_leads(CAMPAIGN_ID, itertools.islice(rows, 200), ledger=PATH)
            print(sum(result.added is not None for result in results))
        """
        with in_a_process(code, sandbox.url, str(path)) as process:
            results = list(run)
            assert process.communicate(timeout=60)[0] == "200\n"
    assert len(added(results)) == 199
    assert len(sandbox.leads) == len(sandbox.requests) == 200


def test_a_forked_child_leaves_the_file_to_its_parent(sandbox: Sandbox, path: Path) -> None:
    """F6: a child that freed its copy of the connection took the parent's -wal away."""
    with NLPearl(KEY, base_url=sandbox.url, ledger=path) as client:
        client.add_lead(CAMPAIGN_ID, number(0))

        def child() -> None:
            assert client.add_lead(CAMPAIGN_ID, number(0)).earlier
            client.add_lead(CAMPAIGN_ID, number(1))
            client.close()
            gc.collect()
            os._exit(0)

        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        process.join(60)
        assert process.exitcode == 0
        assert path.with_name("leads.ledger-wal").exists()
        assert client.add_lead(CAMPAIGN_ID, number(1)).earlier
    assert len(sandbox.leads) == 2


def test_a_clock_that_runs_backward_proves_nothing_and_frees_nothing(
    sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F8: an older lead of the same id and number was taken for proof."""
    with NLPearl(KEY, base_url=sandbox.url) as client:
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")  # an older one
    sandbox.inject_fault(status=503, stored=False)
    options: dict[str, Any] = {"base_url": sandbox.url, "ledger": path, "timeout": 2.0}
    with NLPearl(KEY, **options) as client, pytest.raises(ServerError):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")
    monkeypatch.setattr(sqlite, "clock", lambda: time.monotonic() - 3600)
    with NLPearl(KEY, reconcile=True, **options) as client, pytest.raises(UnsettledLeadError):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")


def test_another_boot_proves_nothing(
    sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"base_url": sandbox.url, "ledger": path, "timeout": 2.0}
    sandbox.inject_fault(lost="close")
    with NLPearl(KEY, **options) as client, pytest.raises(APIConnectionError):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")
    monkeypatch.setattr(sqlite, "boot", lambda: "another")
    with NLPearl(KEY, reconcile=True, **options) as client, pytest.raises(UnsettledLeadError):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")
    monkeypatch.undo()
    with NLPearl(KEY, reconcile=True, **options) as client:
        found = client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")
    assert found.lead_id == sandbox.leads[0]["leadId"]
    assert states(path) == {"added": 1}


# Locked, and other edges


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Another process holds the file."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")
    connection.close()


def test_a_file_that_is_locked_is_waited_for_within_the_timeout(
    sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE", 0.05)
    with NLPearl(KEY, base_url=sandbox.url, ledger=path) as client:
        client.add_lead(CAMPAIGN_ID, number(0))
        with locked(path), pytest.raises(LedgerError, match="other processes keep it locked"):
            client.add_lead(CAMPAIGN_ID, number(1), timeout=0.3)
        with locked(path):
            ends: list[AddedLead] = []
            thread = threading.Thread(
                target=lambda: ends.append(client.add_lead(CAMPAIGN_ID, number(1)))
            )
            thread.start()
            time.sleep(0.3)
            assert not ends
        thread.join(30)
        assert len(ends) == 1
    with (
        locked(path),
        NLPearl(KEY, base_url=sandbox.url, ledger=path) as client,
        pytest.raises(LedgerError, match="other processes keep it locked"),
    ):
        client.add_lead(CAMPAIGN_ID, number(2), timeout=0.3)
    assert len(sandbox.requests) == 2


def test_switching_to_wal_is_tried_again() -> None:
    tries = iter([sqlite3.OperationalError("database is locked")] * 2 + [None])

    def work() -> str:
        if error := next(tries):
            raise error
        return "done"

    assert sqlite.again(work) == "done"
    tries = iter([sqlite3.OperationalError("database is locked")])
    with pytest.raises(sqlite3.OperationalError):
        sqlite.again(work, tries=1)
    tries = iter([sqlite3.OperationalError("disk I/O error")])
    with pytest.raises(sqlite3.OperationalError):
        sqlite.again(work)


def test_a_file_that_cannot_be_opened_says_why(
    either: Either, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> sqlite3.Connection:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", failing)
    refused(either, "http://127.0.0.1:9", path, "unable to open database file")


def test_an_empty_file_may_be_accepted(path: Path) -> None:
    path.touch()
    store = sqlite.SQLiteStore(path)
    store.open(accept=True)
    assert store.salt(None)
    store.close()


@pytest.mark.parametrize("times", [1, 2])
def test_a_ledger_that_cannot_be_closed_in_order_keeps_its_mark(
    sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    unmark = sqlite.SQLiteStore._unmark  # pyright: ignore[reportPrivateUsage]
    count = itertools.count()

    def failing(self: sqlite.SQLiteStore, connection: sqlite3.Connection) -> None:
        if next(count) < times:
            raise sqlite3.OperationalError("disk I/O error")
        unmark(self, connection)

    monkeypatch.setattr(sqlite.SQLiteStore, "_unmark", failing)
    with NLPearl(KEY, base_url=sandbox.url, ledger=path) as client:
        client.add_lead(CAMPAIGN_ID, PHONE)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM users").fetchone() == (times - 1,)
    connection.close()


def test_a_ledger_is_opened_again_when_it_is_used(sandbox: Sandbox, path: Path) -> None:
    ledger = Ledger(path)
    for _ in range(2):
        with NLPearl(KEY, base_url=sandbox.url, ledger=ledger) as client:
            client.add_lead(CAMPAIGN_ID, PHONE)
        assert ledger.counts() == {CAMPAIGN_ID: {"added": 1}}
        ledger.close()
    assert len(sandbox.requests) == 1


def test_another_process_opens_a_ledger_for_itself(
    sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a forked child, which the test of a fork cannot look into."""
    ledger = Ledger(path)
    with NLPearl(KEY, base_url=sandbox.url, ledger=ledger) as client:
        client.add_lead(CAMPAIGN_ID, PHONE)
        with monkeypatch.context() as child:
            parent = os.getppid()
            child.setattr(os, "getpid", lambda: parent)
            ledger.close()  # not its own
            assert ledger.counts() == {CAMPAIGN_ID: {"added": 1}}
            ledger.close()
        assert client.add_lead(CAMPAIGN_ID, PHONE).earlier
    ledger.close()


def test_a_boot_without_a_name_is_another_one_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.boot() == machine.boot()
    monkeypatch.setattr(machine, "BOOT", Path("/none"))
    fresh = machine.boot.__wrapped__
    assert fresh() != fresh()


def test_where_nobody_tells_the_space_of_process_numbers_it_has_no_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "PROCESSES", Path("/none"))
    assert machine.number_space.__wrapped__() == ""


def test_the_end_of_the_interpreter_closes_ledgers(path: Path) -> None:
    ledger = Ledger(path)
    ledger.counts()
    assert path.with_name("leads.ledger-wal").exists()
    ledger_module.close_all()
    assert not path.with_name("leads.ledger-wal").exists()


def test_a_forked_child_waits_for_no_lock_of_a_thread_that_it_has_not(path: Path) -> None:
    ledger = Ledger(path)
    with ledger._lock:  # pyright: ignore[reportPrivateUsage]
        ledger_module.after_fork()
        assert ledger.counts() == {}
    ledger.close()


def test_a_file_whose_tables_were_removed_is_refused(path: Path) -> None:
    ledger = Ledger(path)
    ledger.counts()
    ledger.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE ledger")
    with pytest.raises(LedgerError, match="no such table: ledger"):
        ledger.counts()


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("{pid} {start} {space}", False),
        ("{pid} 7 {space}", True),
        ("99999999 7 {space}", True),
        ("99999999  {space}", None),
        ("99999999 7 pid:[1]", None),
    ],
)
def test_a_process_is_told_by_its_number_its_start_and_its_container(
    name: str, gone: bool | None
) -> None:
    pid, start, space = machine.process().split(" ")
    assert machine.is_gone(name.format(pid=pid, start=start, space=space)) is gone


def test_a_process_that_its_parent_has_not_yet_forgotten_is_gone() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        name = machine._named(child.pid)  # pyright: ignore[reportPrivateUsage]
        assert machine.is_gone(name) is False
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert machine.is_gone(name) is True


# A disk that is full


def test_a_full_disk_at_the_start_is_refused(sandbox: Sandbox, path: Path) -> None:
    code = """
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        list(NLPearl(KEY, base_url=URL).add_leads(CAMPAIGN_ID, rows, ledger=PATH))
    except Exception as error:
        print(type(error).__name__, error)
    """
    with in_a_process(code, sandbox.url, str(path)) as process:
        said, _ = process.communicate(timeout=60)
    assert said.startswith("LedgerError ledger ")
    assert "disk" in said
    assert not sandbox.requests


def test_a_ledger_without_room_ends_the_run_and_records_what_it_can(
    either: Either, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = sqlite.SQLiteStore._prepare  # pyright: ignore[reportPrivateUsage]

    def small(self: sqlite.SQLiteStore, connection: sqlite3.Connection, trusted: bool) -> None:
        prepare(self, connection, trusted)
        connection.execute("PRAGMA max_page_count = 30").fetchall()

    monkeypatch.setattr(sqlite.SQLiteStore, "_prepare", small)
    results, error = either.add_leads(sandbox.url, rows(10_000), ledger=path, concurrency=20)
    assert type(error) is LedgerError
    assert str(error) == f"ledger {str(path)!r}: database or disk is full"
    assert len(added(results)) == len(sandbox.leads) == len(sandbox.requests) > 20
    assert set(errors_of(results).values()) <= {LedgerError, NLPearlError}
    known = states(path)
    assert known["added"] + known.get("claimed", 0) >= len(sandbox.leads) >= known["added"]
    assert known.get("claimed", 0) <= 20


def test_an_outcome_that_cannot_be_recorded_ends_the_run_and_loses_nobody(
    either: Either,
    sandbox: Sandbox,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    finish = Ledger.finish
    count = itertools.count()

    def breaking(self: Ledger, *arguments: Any) -> Future[None]:
        if next(count) < 5:
            return finish(self, *arguments)
        broken: Future[None] = Future()
        broken.set_exception(LedgerError("ledger: disk I/O error"))
        return broken

    monkeypatch.setattr(Ledger, "finish", breaking)
    results, error = either.add_leads(sandbox.url, rows(1000), ledger=path, concurrency=4)
    assert type(error) is LedgerError
    assert error.retryable
    # Nobody is lost: the caller is told of the lead that the ledger will call unknown.
    assert 5 < len(added(results)) == len(sandbox.leads) < 15
    assert sum(lead.recorded for lead in added(results)) == states(path)["added"] == 5
    assert "the ledger could not record it" in caplog.text
    assert "+1" not in caplog.text


def test_an_outcome_that_cannot_be_recorded_is_told_with_the_lead(
    either: Either, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(*_: object) -> Future[None]:
        broken: Future[None] = Future()
        broken.set_exception(LedgerError("ledger: disk I/O error"))
        return broken

    monkeypatch.setattr(Ledger, "finish", breaking)
    end = either.add(sandbox.url, client={"ledger": path})
    assert isinstance(end, AddedLead)
    assert not end.recorded
    sandbox.inject_fault(status=400)
    error = either.add(sandbox.url, client={"ledger": path}, phone_number=number(1))
    assert isinstance(error, BadRequestError), "what the API said is told first"


def test_a_disk_that_fills_up_ends_the_run_and_nothing_more_is_sent(
    sandbox: Sandbox, path: Path
) -> None:
    code = """
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    added = 0
    try:
        with NLPearl(KEY, base_url=URL) as client:
            for result in client.add_leads(CAMPAIGN_ID, rows, ledger=PATH, concurrency=20):
                added += result.added is not None
    except Exception as error:
        print(added, type(error).__name__, error)
    """
    with in_a_process(code, sandbox.url, str(path)) as process:
        said, _ = process.communicate(timeout=100)
    count, kind, message = said.split(" ", 2)
    assert kind == "LedgerError"
    assert "disk" in message
    assert 20 < int(count) == len(sandbox.leads) == len(sandbox.requests) < 5000
    # With room again the next run goes on, and nobody is added twice.
    with NLPearl(KEY, base_url=sandbox.url) as client:
        results = list(client.add_leads(CAMPAIGN_ID, rows(int(count) + 50), ledger=path))
    stored = [lead["externalId"] for lead in sandbox.leads]
    assert len(stored) == len(set(stored))
    for result in results:
        if result.error:
            assert isinstance(result.error, UnsettledLeadError)
    assert len(errors_of(results)) <= 24, "1.2 times as many as the first run had workers"
    assert len(added(results)) >= int(count) + 26


# Backups


def test_a_backup_is_a_ledger(path: Path, tmp_path: Path) -> None:
    with (
        Server(responses(response())) as server,
        NLPearl(KEY, base_url=server.url, ledger=path) as client,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="1")
        Ledger(path).backup(tmp_path / "backup.ledger")  # while it is in use
        client.add_lead(CAMPAIGN_ID, "+14155550199", external_id="2")
    assert not list(tmp_path.glob("*.new"))
    ledger = Ledger(tmp_path / "backup.ledger")
    assert ledger.counts() == {CAMPAIGN_ID: {"added": 1}}
    ledger.close()
    assert [file.name for file in tmp_path.iterdir() if "backup" in file.name] == ["backup.ledger"]


def test_a_backup_replaces_nothing(path: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("something of mine")
    ledger = Ledger(path)
    ledger.counts()
    with pytest.raises(LedgerError, match="File exists; choose another path"):
        ledger.backup(there)
    with pytest.raises(LedgerError, match="does not exist; make it first"):
        ledger.backup(tmp_path / "nowhere" / "backup")
    assert there.read_text() == "something of mine"
    assert not list(tmp_path.glob("*.new"))


def test_what_is_not_there_is_not_backed_up(path: Path, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no such file"):
        Ledger(path).backup(tmp_path / "backup.ledger")
    with pytest.raises(LedgerError, match="there is no such file"):
        Ledger(path).copy_to(Ledger(tmp_path / "copy.ledger"))
    assert not list(tmp_path.iterdir())
