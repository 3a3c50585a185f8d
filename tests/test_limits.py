"""A limit, a refused key and an iterable that breaks: what a run does, and what it does not."""

import itertools
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlpearl import (
    AuthenticationError,
    LeadResult,
    NLPearl,
    NLPearlError,
    NotFoundError,
    Outcome,
    PermissionDeniedError,
    RateLimitError,
)
from nlpearl.bulk import run
from nlpearl.bulk.threads import Threads
from nlpearl.bulk.workers import Row

from .conftest import KEY, Either
from .servers import CAMPAIGN_ID, Connection, Request, Server, replying, response, responses
from .test_add_leads import Watched, added, external_ids, rows


def limited_first(count: int, headers: dict[str, str], times: list[float]) -> Any:
    """Responds with 429 to the first so many requests; notes when each one came. The first four
    have all come before any of them gets a response."""
    lock = threading.Lock()
    four = threading.Barrier(4)

    def reply(_: Request) -> bytes:
        with lock:
            times.append(time.monotonic())
            number = len(times)
        if number <= 4 <= count:
            four.wait(30)
        return response(429, b"", headers) if number <= count else response()

    return replying(reply)


def test_a_429_pauses_all_and_costs_no_lead(
    either: Either, caplog: pytest.LogCaptureFixture
) -> None:
    times: list[float] = []
    with Server(limited_first(4, {"Retry-After": "1"}, times)) as server:
        results, error = either.add_leads(server.url, rows(30), concurrency=4)
    assert error is None
    assert len(added(results)) == 30
    assert sorted(map(int, external_ids(server))) == sorted([*range(30), *range(4)])
    assert times[4] >= times[3] + 1
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.message == "429: the API limits the rate; nothing is sent for 1.0 s"


def test_a_429_without_retry_after_pauses_all(
    either: Either, caplog: pytest.LogCaptureFixture
) -> None:
    times: list[float] = []
    with Server(limited_first(6, {}, times)) as server:
        results, error = either.add_leads(server.url, rows(30), concurrency=4)
    assert error is None
    assert len(added(results)) == 30
    assert len(server.requests) == 36
    assert 2 <= len(caplog.records) <= 6
    # The first wave is four requests; the pause is at least a quarter of a second.
    assert times[4] >= times[3] + 0.25


def test_a_limit_uses_up_neither_the_retries_nor_the_deadline(either: Either) -> None:
    times: list[float] = []
    with Server(limited_first(3, {"Retry-After": "1"}, times)) as server:
        results, error = either.add_leads(
            server.url, rows(1), client={"max_retries": 0, "timeout": 2.5}
        )
    assert error is None
    assert len(added(results)) == 1
    assert times[3] - times[0] >= 3


@pytest.fixture
def _hours_fly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which 100 s pass between any two looks."""
    monkeypatch.setattr(run, "monotonic", itertools.count(1000, 100).__next__)


@pytest.mark.usefixtures("_hours_fly")
def test_ten_minutes_of_429_alone_end_the_run(either: Either) -> None:
    watched = Watched(1000)
    with Server(responses(response(429, b"", {"Retry-After": "50"}))) as server:
        results, error = either.add_leads(server.url, watched, concurrency=2)
    assert isinstance(error, RateLimitError)
    assert 2 <= len(server.requests) <= 10
    assert len(results) == watched.read <= 4, "what was read is delivered, and soon no more is read"
    for result in results:
        assert isinstance(result.error, NLPearlError)
        assert result.error.outcome in (Outcome.REJECTED, Outcome.NOT_SENT)


def test_a_row_that_goes_again_before_its_first_worker_is_gone_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    again, gone = threading.Event(), threading.Event()
    requests = itertools.count()
    land = Threads.land

    def late(self: Threads, row: Row) -> None:
        assert again.wait(30)
        land(self, row)
        gone.set()

    def reply(_: Request) -> bytes:
        if next(requests) == 0:
            return response(429, b"", {"Retry-After": "1"})
        again.set()
        assert gone.wait(30)
        results.stop()
        time.sleep(0.2)  # a run that is stopped must not end before this
        return response()

    monkeypatch.setattr(Threads, "land", late)
    with Server(replying(reply)) as server, NLPearl(KEY, base_url=server.url) as client:
        results = client.add_leads(CAMPAIGN_ID, rows(1))
        assert [result.outcome for result in results] == [Outcome.ADDED]


@pytest.mark.usefixtures("_hours_fly")
def test_one_success_in_between_is_enough_to_go_on(either: Either) -> None:
    limit = response(429, b"", {"Retry-After": "50"})
    with Server(responses(*[limit, limit, response()] * 20)) as server:
        results, error = either.add_leads(server.url, rows(20), concurrency=1)
    assert error is None
    assert len(added(results)) == 20
    assert len(server.requests) == 60


def test_a_retry_after_of_more_than_ten_minutes_ends_the_run_at_once(either: Either) -> None:
    watched = Watched(1000)
    with Server(responses(response(429, b"", {"Retry-After": "601"}))) as server:
        results, error = either.add_leads(server.url, watched, concurrency=3)
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 601
    assert len(results) == watched.read <= 3
    assert all(result.error for result in results)
    assert len(server.requests) <= 3


@pytest.mark.parametrize(
    ("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
def test_a_refused_key_ends_the_run_after_one_wave_of_calls(
    either: Either, status: int, kind: type[Exception]
) -> None:
    watched = Watched(10_000)
    with Server(responses(response(status, b""))) as server:
        results, error = either.add_leads(server.url, watched, concurrency=10)
    assert type(error) is kind
    assert len(server.requests) <= 10
    assert watched.read == len(results) <= 20
    # Whoever had not been sent when the first response came has not been sent at all.
    assert sum(type(result.error) is kind for result in results) == len(server.requests)
    for result in results:
        assert result.error
        assert result.error.outcome in (Outcome.REJECTED, Outcome.NOT_SENT)


def test_a_wrong_campaign_ends_the_run_after_one_wave_of_calls(either: Either) -> None:
    watched = Watched(3000)
    with Server(responses(response(404, b""))) as server:
        results, error = either.add_leads(server.url, watched, concurrency=10)
    assert isinstance(error, NotFoundError)
    assert "Check the campaign id" in str(error)
    assert len(server.requests) <= 10
    assert watched.read == len(results) <= 20
    for result in results:
        assert result.outcome in (Outcome.REJECTED, Outcome.NOT_SENT)


def test_a_404_after_a_lead_was_added_is_the_business_of_one_lead(either: Either) -> None:
    with Server(
        responses(response(), response(404, b""), response(404, b""), response())
    ) as server:
        results, error = either.add_leads(server.url, rows(20), concurrency=1)
    assert error is None
    assert len(server.requests) == 20
    assert len(added(results)) == 18


def test_a_404_ends_a_run_whose_ledger_knows_leads_that_were_added_earlier(
    either: Either, tmp_path: Path
) -> None:
    path = tmp_path / "leads.ledger"
    with Server(responses(response(), response(404, b""))) as server:
        either.add_leads(server.url, rows(1), ledger=path)
        results, error = either.add_leads(server.url, rows(50), ledger=path, concurrency=2)
    assert isinstance(error, NotFoundError)
    assert results[0].added
    assert results[0].added.earlier
    assert len(server.requests) <= 1 + 2


def test_what_is_in_flight_when_the_key_is_refused_is_delivered(either: Either) -> None:
    """The first three responses are held until all have come; the key is good for two of them."""
    gate = threading.Barrier(3)

    def reply(request: Request) -> bytes:
        gate.wait(30)
        return response(401, b"") if request.json["externalId"] == "1" else response()

    with Server(replying(reply)) as server:
        results, error = either.add_leads(server.url, rows(3), concurrency=3)
    assert isinstance(error, AuthenticationError)
    assert sorted(result.position for result in added_results(results)) == [0, 2]


def added_results(results: list[LeadResult]) -> list[LeadResult]:
    return [result for result in results if result.added]


class SourceBrokenError(Exception):
    pass


def test_an_error_of_the_iterable_comes_after_what_was_in_flight(either: Either) -> None:
    def source() -> Iterator[dict[str, Any]]:
        yield from rows(5)
        raise SourceBrokenError("line 6")

    with Server(responses(response())) as server:
        results, error = either.add_leads(server.url, source(), concurrency=3)
    assert isinstance(error, SourceBrokenError)
    assert error.args == ("line 6",)
    assert len(added(results)) == len(server.requests) == 5


def test_an_error_is_raised_once_and_the_run_is_over_then() -> None:
    with (
        Server(responses(response(401, b""))) as server,
        NLPearl(KEY, base_url=server.url) as client,
    ):
        run = client.add_leads(CAMPAIGN_ID, rows(5), concurrency=1)
        assert isinstance(next(run).error, AuthenticationError)
        with pytest.raises(AuthenticationError) as raised:
            for _ in run:
                pass
        assert raised.value.__context__ is None
        assert list(run) == []


def test_a_server_that_fails_now_and_then_ends_nothing(either: Either) -> None:
    """Anything but a refused key, a limit and a wrong campaign is the business of one lead."""
    statuses = iter([500, 410, 418, 302, 200] * 8)
    lock = threading.Lock()

    def reply(_: Request) -> bytes:
        with lock:
            return response(next(statuses))

    with Server(replying(reply)) as server:
        results, error = either.add_leads(server.url, rows(40), concurrency=5)
    assert error is None
    assert len(results) == len(server.requests) == 40
    assert len(added(results)) == 8


def test_a_rate_holds_after_a_pause_for_all_that_waited(either: Either) -> None:
    times: list[float] = []
    with Server(limited_first(4, {"Retry-After": "1"}, times)) as server:
        either.add_leads(server.url, rows(8), rate=20, concurrency=4)
    assert len(times) == 12
    # The pause, and then seven intervals at least, for eight leads.
    assert max(times) - times[3] >= 1 + 7 / 20


def test_a_retry_after_of_0_slows_a_run_down(either: Either) -> None:
    times: list[float] = []
    with Server(limited_first(2, {"Retry-After": "0"}, times)) as server:
        results, error = either.add_leads(server.url, rows(1))
    assert error is None
    assert len(added(results)) == 1
    assert times[1] - times[0] >= 1
    assert times[2] - times[1] >= 2


def test_a_rate_holds_for_lookups_and_retries_as_well(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each lead loses its response, and is looked up until it is found."""
    monkeypatch.setattr("nlpearl.calls.retries.FIRST_BACKOFF", 0.001)
    came: list[float] = []

    def script(connection: Connection) -> None:
        while True:
            request = connection.read_request()
            with server.lock:
                came.append(time.monotonic())
            if request.method == "PUT":
                return
            connection.send(response(503, b""))

    began = time.monotonic()
    with Server(script) as server:
        results, error = either.add_leads(
            server.url,
            rows(3),
            client={"reconcile": True, "timeout": 1.0},
            rate=10,
            concurrency=3,
        )
    assert error is None
    assert len(results) == 3
    assert len(came) > 5
    assert max(came) - began >= (len(came) - 1) / 10


def test_a_retry_whose_turn_comes_too_late_is_not_sent(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlpearl.calls.retries.FIRST_BACKOFF", 0.001)
    with Server(responses(response())) as server:
        url = server.url
    client = {"max_retries": 5, "timeout": 1.0}
    results, error = either.add_leads(url, rows(1), client=client, rate=0.8, concurrency=3)
    assert error is None
    assert [result.outcome for result in results] == [Outcome.NOT_SENT]
    assert results[0].error
    assert not getattr(results[0].error, "__notes__", []), "it was not tried again"
