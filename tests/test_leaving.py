"""Leaving a run, in every way: what is in flight ends, nothing new starts, nothing leaks."""

import asyncio
import gc
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nlpearl import AsyncNLPearl, ConfigurationError, LeadResult, NLPearl, NLPearlError, Outcome
from nlpearl.bulk.tasks import AsyncLeadRun
from nlpearl.calls.call import Call
from nlpearl.http.lane import Lane

from .conftest import KEY, Either
from .servers import CAMPAIGN_ID, Connection, Request, Server, replying, response, responses
from .test_add_leads import Watched, added, rows


class Gate:
    """A server whose responses wait until it is opened, each with its request arrived."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, connection: Connection) -> None:
        while True:
            connection.read_request()
            assert self.opened.wait(30)
            connection.send(response())


def arrived(server: Server, count: int) -> bool:
    with server.lock:
        pass
    until = time.monotonic() + 30
    while len(server.requests) < count and time.monotonic() < until:
        time.sleep(0.005)
    return len(server.requests) >= count


def settled(count: int) -> bool:
    """Whether no more than so many threads are left, soon."""
    until = time.monotonic() + 30
    while threading.active_count() > count and time.monotonic() < until:
        time.sleep(0.005)
    return threading.active_count() <= count


def test_leaving_the_loop_lets_what_is_in_flight_end_and_starts_nothing_new(
    either: Either,
) -> None:
    watched = Watched(1000)
    with Server(responses(response())) as server:
        results, error = either.add_leads(server.url, watched, until=3, concurrency=5)
        server.wait_until_closed()
    assert error is None
    assert len(results) == 3
    assert len(server.requests) <= watched.read <= 8


def test_a_run_that_is_left_and_forgotten_ends_by_itself() -> None:
    """`break`, and nobody closes anything."""
    client = NLPearl(KEY, base_url="http://127.0.0.1:9")
    with Server(responses(response())) as server:
        before = threading.active_count()
        with NLPearl(KEY, base_url=server.url) as client:
            for _ in client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=5):
                break
            server.wait_until_closed()
            assert settled(before)
    assert len(server.requests) <= 6


def test_a_run_that_is_found_by_the_garbage_collector_ends_likewise() -> None:
    with Server(responses(response())) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=5)
        cycle: list[Any] = [run]
        cycle.append(cycle)
        next(run)
        del run, cycle
        gc.collect()
        server.wait_until_closed()
    assert len(server.requests) <= 6


def test_an_async_run_that_is_left_and_forgotten_ends_by_itself() -> None:
    async def main(server: Server) -> None:
        async with AsyncNLPearl(KEY, base_url=server.url) as client:
            async for _ in client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=5):
                break
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(server.wait_until_closed)

    with Server(responses(response())) as server:
        asyncio.run(main(server))
    assert len(server.requests) <= 6


def test_a_variable_keeps_a_run_alive() -> None:
    with Server(responses(response())) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, rows(20), concurrency=5)
        for _ in run:
            break
        gc.collect()
        assert len(list(run)) == 19
    assert len(server.requests) == 20


def test_close_waits_for_what_is_in_flight_whose_results_can_still_be_read() -> None:
    gate = Gate()
    with Server(gate) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=4)
        results: list[LeadResult] = []
        consumer = threading.Thread(target=lambda: results.append(next(run)))
        consumer.start()
        assert arrived(server, 4)
        closing = threading.Thread(target=run.close)
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
        gate.opened.set()
        closing.join(30)
        consumer.join(30)
        assert not closing.is_alive()
        server.wait_until_closed()
        results += run
    assert len(server.requests) == len(added(results)) == 4


def test_the_end_of_a_with_block_closes_the_run(either: Either) -> None:
    watched = Watched(1000)

    async def main(url: str) -> list[LeadResult]:
        async with (
            AsyncNLPearl(KEY, base_url=url) as client,
            client.add_leads(CAMPAIGN_ID, watched, concurrency=4) as run,
        ):
            await anext(run)
        return [result async for result in run]

    with Server(responses(response())) as server:
        if either.name == "async":
            rest = asyncio.run(main(server.url))
        else:
            with NLPearl(KEY, base_url=server.url) as client:
                with client.add_leads(CAMPAIGN_ID, watched, concurrency=4) as run:
                    next(run)
                rest = list(run)
    assert len(rest) == watched.read - 1 <= 4
    for result in rest:
        assert result.added or (result.error and result.error.outcome is Outcome.NOT_SENT)
    assert len(server.requests) == 1 + len(added(rest))


def test_what_a_limit_holds_back_when_the_run_is_closed_says_so(either: Either) -> None:
    limit = response(429, b"", {"Retry-After": "300"})

    async def main(server: Server) -> list[LeadResult]:
        async with AsyncNLPearl(KEY, base_url=server.url) as client:
            run = client.add_leads(CAMPAIGN_ID, rows(10), concurrency=2)
            consumer = asyncio.ensure_future(anext(run))
            assert await asyncio.to_thread(arrived, server, 1)
            await asyncio.sleep(0.1)
            await run.close()
            return [await consumer, *[result async for result in run]]

    def play(server: Server) -> list[LeadResult]:
        results: list[LeadResult] = []
        with NLPearl(KEY, base_url=server.url) as client:
            run = client.add_leads(CAMPAIGN_ID, rows(10), concurrency=2)
            consumer = threading.Thread(target=lambda: results.extend(run))
            consumer.start()
            assert arrived(server, 1)
            time.sleep(0.1)
            run.close()
            consumer.join(30)
        return results

    with Server(responses(limit)) as server:
        results = asyncio.run(main(server)) if either.name == "async" else play(server)
    assert 1 <= len(results) <= 2
    for result in results:
        assert result.error
        assert result.error.outcome in (Outcome.REJECTED, Outcome.NOT_SENT)


def test_stop_ends_a_run_without_waiting(either: Either) -> None:
    watched = Watched(1000)
    results: list[LeadResult] = []

    async def main(url: str) -> None:
        async with AsyncNLPearl(KEY, base_url=url) as client:
            run = client.add_leads(CAMPAIGN_ID, watched, concurrency=4)
            async for result in run:
                results.append(result)
                run.stop()

    def play(url: str) -> None:
        with NLPearl(KEY, base_url=url) as client:
            run = client.add_leads(CAMPAIGN_ID, watched, concurrency=4)
            for result in run:
                results.append(result)
                run.stop()

    with Server(responses(response())) as server:
        asyncio.run(main(server.url)) if either.name == "async" else play(server.url)
        server.wait_until_closed()
    assert len(results) == watched.read <= 5
    assert len(server.requests) == len(added(results))


def test_closing_the_client_ends_its_runs_and_says_so(either: Either) -> None:
    """What is in flight is delivered; then it raises, for the leads were not at an end."""
    watched = Watched(1000)
    results: list[LeadResult] = []

    async def main(url: str) -> None:
        client = AsyncNLPearl(KEY, base_url=url)
        async for result in client.add_leads(CAMPAIGN_ID, watched, concurrency=4):
            results.append(result)
            await client.close()

    def play(url: str) -> None:
        client = NLPearl(KEY, base_url=url)
        for result in client.add_leads(CAMPAIGN_ID, watched, concurrency=4):
            results.append(result)
            client.close()

    with Server(responses(response())) as server:
        with pytest.raises(ConfigurationError, match="closed before all leads were read"):
            asyncio.run(main(server.url)) if either.name == "async" else play(server.url)
        server.wait_until_closed()
    assert len(results) == watched.read <= 5
    assert len(server.requests) == len(added(results))


def test_a_run_of_a_client_that_is_closed_says_so(either: Either) -> None:
    async def main() -> None:
        async with AsyncNLPearl(KEY) as client:
            run = client.add_leads(CAMPAIGN_ID, rows(3))
        await anext(run)

    def play() -> None:
        with NLPearl(KEY) as client:
            run = client.add_leads(CAMPAIGN_ID, rows(3))
        next(run)

    with pytest.raises(ConfigurationError, match="closed before all leads were read"):
        asyncio.run(main()) if either.name == "async" else play()


def test_closing_the_client_wakes_a_run_that_waits_in_another_thread() -> None:
    limit = response(429, b"", {"Retry-After": "300"})
    raised: list[BaseException] = []

    def consume() -> None:
        try:
            for _ in client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=2):
                pass
        except NLPearlError as error:
            raised.append(error)

    with Server(responses(limit)) as server:
        client = NLPearl(KEY, base_url=server.url)
        consumer = threading.Thread(target=consume)
        consumer.start()
        assert arrived(server, 1)
        time.sleep(0.1)
        client.close()
        consumer.join(30)
        assert not consumer.is_alive()
    assert [type(error) for error in raised] == [ConfigurationError]


class ConsumerBrokenError(Exception):
    pass


def test_a_consumer_that_raises_leaves_like_any_other(either: Either) -> None:
    watched = Watched(1000)

    async def main(url: str) -> None:
        async with AsyncNLPearl(KEY, base_url=url) as client:
            async for _ in client.add_leads(CAMPAIGN_ID, watched, concurrency=4):
                raise ConsumerBrokenError

    def play(url: str) -> None:
        with NLPearl(KEY, base_url=url) as client:
            for _ in client.add_leads(CAMPAIGN_ID, watched, concurrency=4):
                raise ConsumerBrokenError

    with Server(responses(response())) as server:
        with pytest.raises(ConsumerBrokenError):
            asyncio.run(main(server.url)) if either.name == "async" else play(server.url)
        server.wait_until_closed()
    assert len(server.requests) <= watched.read <= 5


def test_an_interrupt_in_the_iterable_is_raised_at_once_and_stops_the_run() -> None:
    def source() -> Iterator[dict[str, Any]]:
        yield from rows(2)
        raise KeyboardInterrupt

    with Server(responses(response())) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, source(), concurrency=5)
        results: list[LeadResult] = []
        with pytest.raises(KeyboardInterrupt):
            results.extend(run)
        run.close()
        results += run
    assert len(results) == 2
    assert len(server.requests) == len(added(results))


def test_an_interrupt_at_the_worst_moment_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a row was read, before a thread has it."""
    submit = ThreadPoolExecutor.submit
    count = [0]

    def interrupted(self: ThreadPoolExecutor, *work: Any) -> Any:
        count[0] += 1
        if count[0] == 3:
            raise KeyboardInterrupt
        return submit(self, *work)

    with Server(responses(response())) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=5)
        monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
        results: list[LeadResult] = []
        with pytest.raises(KeyboardInterrupt):
            results.extend(run)
        results += run
    assert sorted(result.position for result in results) == [0, 1, 2]
    # A thread that had not begun with its row when the run stopped does not send it.
    ends = {result.position: result.error and result.error.outcome for result in results}
    assert ends.pop(2) is Outcome.NOT_SENT
    assert set(ends.values()) <= {None, Outcome.NOT_SENT}
    assert len(server.requests) == [*ends.values()].count(None)


@pytest.mark.parametrize("error", [OSError("no more threads"), ConfigurationError("no lane")])
def test_a_lane_that_cannot_be_made_loses_no_row(
    either: Either, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> Any:
        raise error

    monkeypatch.setattr(Lane, "of_worker", none)
    with Server(responses(response())) as server:
        results, raised = either.add_leads(server.url, rows(1000), concurrency=5)
    assert raised is error
    assert 1 <= len(results) <= 5
    assert {result.outcome for result in results} == {Outcome.NOT_SENT}
    assert not server.requests


def test_a_forked_child_leaves_the_run_to_its_parent() -> None:
    """It has none of the threads, and would wait for them for ever."""
    gate = Gate()
    with Server(gate) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, rows(4), concurrency=2)
        consumer = threading.Thread(target=lambda: results.extend(run))
        results: list[LeadResult] = []
        consumer.start()
        assert arrived(server, 2)

        def close() -> None:
            client.close()
            os._exit(0)

        child = multiprocessing.get_context("fork").Process(target=close)
        child.start()
        child.join(30)
        assert child.exitcode == 0
        gate.opened.set()
        consumer.join(30)
    assert len(added(results)) == 4


def test_to_close_a_run_in_another_process_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(responses(response())) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, rows(20), concurrency=2)
        next(run)
        with monkeypatch.context() as child:
            child.setattr(os, "getpid", lambda: 1)
            run.close()
        assert len(added(list(run))) == 19


def test_invalid_rows_let_other_tasks_run() -> None:
    async def main() -> None:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        empty: list[dict[str, Any]] = [{}] * 100
        task = asyncio.create_task(other())
        async with AsyncNLPearl(KEY) as client:
            count = len([result async for result in client.add_leads(CAMPAIGN_ID, empty)])
        assert count == 100
        assert turns > 50
        task.cancel()

    asyncio.run(main())


def test_a_cancelled_consumer_stops_the_run_and_loses_no_result() -> None:
    gate = Gate()

    async def main(server: Server) -> list[LeadResult]:
        async with AsyncNLPearl(KEY, base_url=server.url) as client:
            run = client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=4)
            consumer = asyncio.ensure_future(anext(run))
            assert await asyncio.to_thread(arrived, server, 4)
            consumer.cancel()
            with pytest.raises(asyncio.CancelledError):
                await consumer
            gate.opened.set()
            await run.close()
            return [result async for result in run]

    with Server(gate) as server:
        results = asyncio.run(main(server))
        server.wait_until_closed()
    assert len(server.requests) == len(added(results)) == 4


def test_the_end_of_the_loop_cancels_what_is_in_flight_and_leaves_no_task() -> None:
    """asyncio.run cancels what nobody closed; the results say that the outcome is unknown."""
    gate = Gate()
    runs: list[AsyncLeadRun] = []

    async def main(server: Server) -> None:
        client = AsyncNLPearl(KEY, base_url=server.url)
        runs.append(client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=3))
        consumer = asyncio.ensure_future(anext(runs[0]))
        assert await asyncio.to_thread(arrived, server, 3)
        del consumer

    with Server(gate) as server:
        asyncio.run(main(server))
        gate.opened.set()
        results = asyncio.run(rest(runs.pop()))
    assert len(results) == 3
    for result in results:
        assert result.outcome is Outcome.UNKNOWN
        assert str(result.error).startswith("CancelledError while this lead was being sent")
    gc.collect()


async def rest(run: AsyncLeadRun) -> list[LeadResult]:
    """What is left of a run that was stopped."""
    run.stop()
    return [result async for result in run]


def test_a_task_that_is_cancelled_before_it_begins_loses_no_row() -> None:
    async def main() -> list[LeadResult]:
        client = AsyncNLPearl(KEY, base_url="http://127.0.0.1:9")
        run = client.add_leads(CAMPAIGN_ID, rows(1000), concurrency=3)
        consumer = asyncio.ensure_future(anext(run))
        await asyncio.sleep(0)  # it starts the tasks, none of which has had its turn
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await consumer
        return await rest(run)

    results = asyncio.run(main())
    assert sorted(result.position for result in results) == [0, 1, 2]
    for result in results:
        assert result.outcome is Outcome.NOT_SENT
        assert result.error
        assert result.error.retryable


def test_nothing_leaks(either: Either) -> None:
    """Threads, tasks (asyncio.run warns of them) and sockets, over some runs."""
    with Server(responses(response())) as server:
        for count in (30, 30):
            either.add_leads(server.url, rows(count), concurrency=6)
            either.add_leads(server.url, rows(count), until=2, concurrency=6)
        server.wait_until_closed()
        before = (threading.active_count(), open_files())
        for _ in range(5):
            either.add_leads(server.url, rows(30), concurrency=6)
            either.add_leads(server.url, rows(30), until=2, concurrency=6)
        server.wait_until_closed()
        gc.collect()
        assert settled(before[0])
        assert open_files() <= before[1]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def in_a_process(code: str, url: str) -> subprocess.Popen[str]:
    head = f"""
    import asyncio, sys
    from nlpearl import AsyncNLPearl, NLPearl
    KEY, URL, CAMPAIGN_ID = {KEY!r}, {url!r}, {CAMPAIGN_ID!r}
    rows = ({{"phone_number": "+14155550123", "external_id": n}} for n in range(100_000))
    """
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(head) + textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "code",
    [
        """
        with NLPearl(KEY, base_url=URL) as client:
            for result in client.add_leads(CAMPAIGN_ID, rows, concurrency=4):
                print(result.position, flush=True)
        """,
        """
        client = NLPearl(KEY, base_url=URL)
        run = client.add_leads(CAMPAIGN_ID, rows, concurrency=4)
        for result in run:
            print(result.position, flush=True)
        """,
        """
        async def main():
            async with AsyncNLPearl(KEY, base_url=URL) as client:
                async for result in client.add_leads(CAMPAIGN_ID, rows, concurrency=4):
                    print(result.position, flush=True)
        asyncio.run(main())
        """,
    ],
    ids=["with", "left open", "async"],
)
def test_ctrl_c_lets_what_is_in_flight_end(code: str) -> None:
    def reply(_: Request) -> bytes:
        time.sleep(0.05)
        return response()

    with Server(replying(reply)) as server:
        process = in_a_process(code, server.url)
        assert arrived(server, 8)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        server.wait_until_closed()
    assert "KeyboardInterrupt" in errors
    assert "Traceback" in errors
    assert errors.count("Traceback") <= 2, errors  # asyncio's own has one for the cancellation
    assert process.returncode == -signal.SIGINT
    assert len(server.requests) < 1000


def test_the_interpreter_ends_though_a_run_pauses() -> None:
    """A thread that waits for ten minutes would hold it up."""
    code = """
    client = NLPearl(KEY, base_url=URL)
    run = client.add_leads(CAMPAIGN_ID, rows, concurrency=3)
    import threading
    threading.Thread(target=next, args=[run], daemon=True).start()
    import time
    time.sleep(1)
    """
    limit = response(429, b"", {"Retry-After": "500"})
    with Server(responses(limit)) as server:
        process = in_a_process(code, server.url)
        assert arrived(server, 1)
        _, errors = process.communicate(timeout=30)
    assert errors == "429: the API limits the rate; nothing is sent for 500.0 s\n"
    assert process.returncode == 0


def test_a_bug_of_ours_ends_the_run_and_loses_no_row(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = itertools.count()

    def log(self: Call[object], *_: object) -> None:
        if next(count) == 3:
            raise RuntimeError("a bug")

    monkeypatch.setattr(Call, "log", log)
    watched = Watched(1000)
    with Server(responses(response())) as server:
        results, error = either.add_leads(server.url, watched, concurrency=2)
    assert isinstance(error, RuntimeError)
    assert sorted(result.position for result in results) == list(range(watched.read))
    [broken] = [result for result in results if result.outcome is Outcome.UNKNOWN]
    assert str(broken.error).startswith("RuntimeError while this lead was being sent")
