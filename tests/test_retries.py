"""What is sent again, when, and when not: the policy alone, then over HTTP."""

import asyncio
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpearl import (
    AddedLead,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncNLPearl,
    ConfigurationError,
    NLPearl,
    NLPearlError,
    Outcome,
    RateLimitError,
    ServerError,
)
from nlpearl.calls.retries import LONGEST_BACKOFF, wait_before_retry

from .conftest import KEY, PHONE, Either
from .servers import CAMPAIGN_ID, Connection, Server, response, responses

NOT_SENT = APIConnectionError("x", outcome=Outcome.NOT_SENT)
AGAIN: list[NLPearlError] = [
    NOT_SENT,
    APITimeoutError("x", outcome=Outcome.NOT_SENT),
    RateLimitError("429", status_code=429),
]
NEVER: list[NLPearlError] = [
    APIConnectionError("x", outcome=Outcome.UNKNOWN),
    APITimeoutError("x", outcome=Outcome.UNKNOWN),
    ServerError("503", status_code=503, retry_after=0.0),
    APIStatusError("418", status_code=418),
    ConfigurationError("x"),
]


def most(low: float, high: float) -> float:
    return high


@pytest.mark.parametrize("error", NEVER)
def test_what_may_have_arrived_is_never_sent_again(error: NLPearlError) -> None:
    assert wait_before_retry(error, 1, max_retries=9, left=1e9) is None


@pytest.mark.parametrize("error", AGAIN)
def test_what_was_certainly_not_taken_is_sent_again_with_growing_waits(error: NLPearlError) -> None:
    waits = [wait_before_retry(error, n, max_retries=7, left=99, jitter=most) for n in range(1, 9)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, None]


@pytest.mark.parametrize(
    ("retry_after", "left", "wait"),
    [
        (0.0, 1.5, 1.0),
        (0.9, 1.0, None),
        (7.0, 8.0, 7.0),
        (7.0, 7.0, None),
        (1e30, 30.0, None),
        (float("inf"), 30, None),
    ],
)
def test_retry_after_holds_where_it_fits_the_deadline(
    retry_after: float, left: float, wait: float | None
) -> None:
    error = RateLimitError("429", status_code=429, retry_after=retry_after)
    assert wait_before_retry(error, 1, max_retries=2, left=left) == wait


def test_a_retry_after_of_0_is_still_a_pause_and_a_longer_one_each_time() -> None:
    error = RateLimitError("429", status_code=429, retry_after=0.0)
    waits = [wait_before_retry(error, n, max_retries=6, left=99) for n in range(1, 8)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, None]


@given(
    st.sampled_from(AGAIN + NEVER), st.integers(1, 10**6), st.integers(0, 10**6), st.floats(-9, 99)
)
def test_a_wait_is_short_fits_and_never_exceeds_the_retries(
    error: NLPearlError, sent: int, max_retries: int, left: float
) -> None:
    wait = wait_before_retry(error, sent, max_retries=max_retries, left=left)
    if wait is not None:
        assert 0 <= wait <= LONGEST_BACKOFF
        assert wait < left
        assert sent <= max_retries
        assert error in AGAIN


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlpearl.calls.retries.LEAST_PAUSE", 0.001)


@pytest.mark.usefixtures("_quick")
def test_a_429_is_sent_again_until_it_is_taken(either: Either) -> None:
    limited = response(429, b"", {"Retry-After": "0"})
    with Server(responses(limited, limited, response())) as server:
        end = either.add(server.url, client={"max_retries": 2})
    assert isinstance(end, AddedLead)
    assert len(server.requests) == 3


@pytest.mark.usefixtures("_quick")
def test_the_last_429_is_raised_and_says_how_often(either: Either) -> None:
    with Server(responses(response(429, b"", {"Retry-After": "0"}))) as server:
        end = either.add(server.url, client={"max_retries": 2})
    assert isinstance(end, RateLimitError)
    assert "Tried 3 times" in end.__notes__[0]
    assert len(server.requests) == 3


def test_a_retry_after_beyond_the_deadline_is_raised_at_once(either: Either) -> None:
    began = time.monotonic()
    with Server(responses(response(429, b"", {"Retry-After": "60"}))) as server:
        end = either.add(server.url, client={"max_retries": 2})
    assert isinstance(end, RateLimitError)
    assert end.retry_after == 60.0
    assert len(server.requests) == 1
    assert time.monotonic() - began < 20


def test_nothing_is_sent_before_retry_after_is_over(either: Either) -> None:
    came: list[float] = []

    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            came.append(time.monotonic())
            connection.send(
                response(429, b"", {"Retry-After": "1"}) if len(came) < 2 else response()
            )

    with Server(script) as server:
        assert isinstance(either.add(server.url, client={"max_retries": 2}), AddedLead)
    assert came[1] - came[0] >= 1.0


@pytest.mark.parametrize("status", [200, 302, 400, 401, 408, 409, 500, 502, 503, 520])
def test_no_other_response_is_sent_again(either: Either, status: int) -> None:
    with Server(responses(response(status, b"", {"Retry-After": "0"}))) as server:
        end = either.add(server.url, client={"max_retries": 5})
    assert isinstance(end, APIStatusError)
    assert len(server.requests) == 1


def test_a_lost_response_is_never_sent_again(either: Either) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()

    with Server(script) as server:
        end = either.add(server.url, client={"max_retries": 5})
    assert isinstance(end, APIConnectionError)
    assert end.outcome is Outcome.UNKNOWN
    assert server.connections == 1


def test_a_refused_connection_is_tried_again_and_then_not_sent(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlpearl.calls.retries.FIRST_BACKOFF", 0.001)
    with Server(responses(response())) as server:
        url = server.url
    end = either.add(url, client={"max_retries": 2})
    assert isinstance(end, APIConnectionError)
    assert end.outcome is Outcome.NOT_SENT
    assert "Tried 3 times" in end.__notes__[0]


@pytest.mark.usefixtures("_quick")
def test_a_message_does_not_contradict_its_note(either: Either) -> None:
    """A 429, and then no connection: something was sent, though not by the last try."""

    def script(connection: Connection) -> None:
        connection.read_request()
        server.close()
        connection.send(response(429, b"", {"Retry-After": "0", "Connection": "close"}))

    with Server(script) as server:
        error = either.add(server.url, client={"max_retries": 1})
    assert isinstance(error, APIConnectionError)
    assert error.outcome is Outcome.NOT_SENT
    assert str(error).endswith("\nThe last try sent nothing.")
    assert error.__notes__ == ["Tried 2 times; none of the earlier tries added the lead."]


def test_closing_a_client_ends_its_waits_with_the_last_error() -> None:
    asked = threading.Event()

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(response(429, b"", {"Retry-After": "50"}))
        asked.set()

    ends: list[NLPearlError] = []
    with Server(script) as server:
        client = NLPearl(KEY, base_url=server.url, timeout=100)

        def call() -> None:
            try:
                client.add_lead(CAMPAIGN_ID, PHONE)
            except NLPearlError as error:
                ends.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        assert asked.wait(20)
        client.close()
        thread.join(20)
    assert isinstance(ends[0], RateLimitError)
    assert len(server.requests) == 1


def test_closing_an_async_client_ends_its_waits_with_the_last_error() -> None:
    async def main(url: str) -> object:
        client = AsyncNLPearl(KEY, base_url=url, timeout=100)
        call = asyncio.create_task(client.add_lead(CAMPAIGN_ID, PHONE))
        while not server.requests:
            await asyncio.sleep(0.01)
        await client.close()
        return (await asyncio.gather(call, return_exceptions=True))[0]

    with Server(responses(response(429, b"", {"Retry-After": "50"}))) as server:
        end: Any = asyncio.run(main(server.url))
    assert isinstance(end, RateLimitError)
    assert len(server.requests) == 1
