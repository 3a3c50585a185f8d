"""With a ledger a fifth more rows are read than are sent at once: what becomes of the others."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nlpearl import Outcome, RateLimitError, UnsettledLeadError

from .conftest import Either
from .servers import Request, Server, replying, response
from .test_add_leads import added, external_ids, rows
from .test_ledger import states


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.ledger"


class Waves:
    """Responds with 503 to six requests, then 429 to five that have all come; then it adds."""

    def __init__(self, retry_after: str) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.five = threading.Barrier(5)
        self.limited = response(429, b"", {"Retry-After": retry_after})

    def __call__(self, request: Request) -> bytes:
        with self.lock:
            self.count += 1
            number = self.count
        if number <= 6:
            return response(503, b"")
        if number <= 11:
            self.five.wait(30)
            return self.limited
        return response()


def run_twice(either: Either, path: Path, retry_after: str) -> Any:
    with Server(replying(Waves(retry_after))) as server:
        results, _ = either.add_leads(server.url, rows(6), ledger=path, concurrency=5)
        assert {result.outcome for result in results} == {Outcome.UNKNOWN}
        results, error = either.add_leads(
            server.url, rows(6), ledger=path, concurrency=5, resend_unknown=True
        )
        return server, results, error


def test_a_limit_holds_back_what_was_unknown_before_and_costs_no_lead(
    either: Either, path: Path
) -> None:
    server, results, error = run_twice(either, path, "1")
    assert error is None
    assert len(added(results)) == 6
    assert len(server.requests) == 6 + 5 + 6
    assert states(path) == {"added": 6}


def test_a_run_that_ends_calls_what_it_held_back_unknown_if_it_was_so_before(
    either: Either, path: Path
) -> None:
    server, results, error = run_twice(either, path, "700")
    assert isinstance(error, RateLimitError)
    assert [type(result.error) for result in results] == [UnsettledLeadError] * 6
    assert {result.outcome for result in results} == {Outcome.UNKNOWN}
    assert len(server.requests) == 6 + 5
    assert states(path) == {"unknown": 6}


def test_no_more_are_sent_at_once_than_the_concurrency(either: Either, path: Path) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def reply(_: Request) -> bytes:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return response()

    with Server(replying(reply)) as server:
        results, error = either.add_leads(server.url, rows(40), ledger=path, concurrency=10)
    assert error is None
    assert len(added(results)) == 40
    assert most <= 10


def test_a_row_that_has_waited_long_for_its_turn_is_claimed_again(
    either: Either, path: Path
) -> None:
    """The sixth waits for 2 s, so that 1.8 s were left of its claim."""

    def reply(_: Request) -> bytes:
        time.sleep(2)
        return response()

    with Server(replying(reply)) as server:
        results, error = either.add_leads(
            server.url, rows(6), ledger=path, concurrency=5, client={"timeout": 3.8}
        )
        assert error is None
        assert len(added(results)) == 6
        assert sorted(external_ids(server)) == [str(n) for n in range(6)]
