"""Signals, forks, other threads, the end: what comes amid a call or a run from outside."""

# pyright: reportPrivateUsage=false

import asyncio
import concurrent.futures
import copy
import errno
import gc
import logging
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import types
import warnings
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

from nlpearl import (
    AddedLead,
    APIConnectionError,
    AsyncNLPearl,
    ConfigurationError,
    LeadResult,
    NLPearl,
    NLPearlError,
    Outcome,
)
from nlpearl.http.deadlines import Deadline
from nlpearl.http.exchange import Exchange
from nlpearl.http.threads import ThreadLane, after_fork

from .conftest import KEY, PHONE, Either
from .servers import CAMPAIGN_ID, Connection, Server, response, responses, swallowing
from .test_add_leads import added, rows
from .test_cli_ledger import counts
from .test_leaving import Gate, arrived

# What is interrupted amid connecting leaves its socket to the garbage collector,
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True, scope="module")
def collected() -> Generator[None]:
    """which must not come to it amid a test of another module."""
    yield
    gc.collect()


NOWHERE = "http://127.0.0.1:9"
MAIN = threading.main_thread().ident or 0


class SoftLimitError(Exception):
    """As Celery raises it in a signal handler."""


@pytest.fixture(params=[SoftLimitError, ValueError, TimeoutError])
def raising(request: pytest.FixtureRequest) -> Generator[type[Exception]]:
    """What a signal handler raises, at SIGALRM."""

    def limit(*_: object) -> None:
        raise request.param("soft limit")

    before = signal.signal(signal.SIGALRM, limit)
    try:
        yield request.param
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# 1: an exception of a signal handler


def test_the_exception_of_a_signal_handler_ends_connecting(raising: type[Exception]) -> None:
    with swallowing() as url, NLPearl(KEY, base_url=url, timeout=100) as client:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        began = time.monotonic()
        with pytest.raises(raising, match="soft limit") as raised:
            client.add_lead(CAMPAIGN_ID, PHONE)
    assert time.monotonic() - began < 50
    assert raised.value.__notes__ == ["nlpearl: Nothing was sent."]


@pytest.mark.parametrize("has_ledger", [False, True])
def test_the_exception_of_a_signal_handler_ends_waiting(
    raising: type[Exception], has_ledger: bool, tmp_path: Path
) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        signal.pthread_kill(MAIN, signal.SIGALRM)
        connection.silence()

    place = tmp_path / "a.ledger" if has_ledger else None
    with (
        Server(script) as server,
        NLPearl(KEY, base_url=server.url, ledger=place, timeout=100) as client,
        pytest.raises(raising, match="soft limit") as raised,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")
    [note] = raised.value.__notes__
    assert note.startswith("nlpearl: The lead may exist.")
    if place:
        assert counts(str(place)) == {CAMPAIGN_ID: {"unknown": 1}}


def test_the_exception_of_a_signal_handler_ends_a_run(
    raising: type[Exception], tmp_path: Path
) -> None:
    gate = Gate()

    def script(connection: Connection) -> None:
        signal.pthread_kill(MAIN, signal.SIGALRM)
        gate(connection)

    place = str(tmp_path / "a.ledger")
    with Server(script) as server, NLPearl(KEY, base_url=server.url) as client:
        run = client.add_leads(CAMPAIGN_ID, rows(4), ledger=place, concurrency=1)
        with pytest.raises(raising, match="soft limit"):
            next(run)
        gate.opened.set()
        results = list(run)
        assert len(server.requests) == len(added(results)) == 1
    assert counts(place) == {CAMPAIGN_ID: {"added": 1}}


class Raising(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport amid which something unrelated is raised."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error


class GreenletTimeout(BaseException):
    """As gevent raises it."""


# 6: also a BaseException


@pytest.mark.parametrize(
    "error", [MemoryError("x"), RecursionError("x"), SoftLimitError("x"), GreenletTimeout("x")]
)
def test_an_unrelated_exception_passes_with_a_note(either: Either, error: BaseException) -> None:
    error.__dict__.pop("__notes__", None)

    async def main() -> None:
        async with httpx.AsyncClient(transport=Raising(error)) as http:
            client = AsyncNLPearl(KEY, base_url=NOWHERE, http_client=http)
            await client.add_lead(CAMPAIGN_ID, PHONE, external_id="x")

    def play() -> None:
        with httpx.Client(transport=Raising(error)) as http:
            NLPearl(KEY, base_url=NOWHERE, http_client=http).add_lead(
                CAMPAIGN_ID, PHONE, external_id="x"
            )

    with pytest.raises(type(error)) as raised:
        asyncio.run(main()) if either.name == "async" else play()
    assert raised.value is error
    [note] = raised.value.__notes__
    assert note.startswith("nlpearl: The lead may exist.")


@pytest.mark.parametrize(
    "error", [OSError("x"), TimeoutError("x"), httpx.StreamClosed(), httpx.InvalidURL("x")]
)
def test_what_a_transport_fails_with_is_an_error_of_ours(error: Exception) -> None:
    with (
        httpx.Client(transport=Raising(error)) as http,
        pytest.raises(APIConnectionError),
    ):
        NLPearl(KEY, base_url=NOWHERE, http_client=http).add_lead(CAMPAIGN_ID, PHONE)


# 2: forks


def in_a_fork(work: Callable[[], None]) -> int:
    """The exit code of a forked child that does this; -SIGALRM if it hangs."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(30)
        try:
            work()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_was_forked_during_a_call_adds_and_closes() -> None:
    gate = Gate()
    results: list[AddedLead] = []
    with Server(gate) as server:
        client = NLPearl(KEY, base_url=server.url)
        calling = threading.Thread(
            target=lambda: results.append(client.add_lead(CAMPAIGN_ID, PHONE))
        )
        calling.start()
        assert arrived(server, 1)

        def close() -> None:
            client.close()
            os._exit(7)

        def add_and_close() -> None:
            client.add_lead(CAMPAIGN_ID, PHONE)
            client.close()
            os._exit(8)

        assert in_a_fork(close) == 7
        adding: list[int] = []
        forked = threading.Thread(
            target=lambda: adding.append(in_a_fork_of_a_thread(add_and_close))
        )
        forked.start()
        assert arrived(server, 2)
        gate.opened.set()
        forked.join(60)
        calling.join(60)
        client.close()
        assert adding == [8]
        assert [lead.lead_id for lead in results] != []
        # A client that is closed is closed in a child as well.
        assert in_a_fork(lambda: check_closed(client)) == 9


def in_a_fork_of_a_thread(work: Callable[[], None]) -> int:
    """As `in_a_fork`, where no signal handler can be set."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def check_closed(client: NLPearl) -> None:
    try:
        client.add_lead(CAMPAIGN_ID, PHONE)
    except ConfigurationError:
        os._exit(9)


# 3: closed by another thread, while a row is read


@pytest.mark.parametrize("closing", ["run", "client", "stop"])
def test_a_row_that_is_read_while_the_run_is_closed_was_not_sent(
    closing: str, tmp_path: Path
) -> None:
    reading, closed = threading.Event(), threading.Event()

    def source() -> Iterator[dict[str, Any]]:
        first, second = rows(2)
        yield first
        assert arrived(server, 1)
        reading.set()
        assert closed.wait(30)
        yield second

    def close() -> None:
        assert reading.wait(30)
        {"run": run.close, "client": client.close, "stop": run.stop}[closing]()
        closed.set()

    place = str(tmp_path / "a.ledger")
    results: list[LeadResult] = []
    with Server(responses(response())) as server:
        client = NLPearl(KEY, base_url=server.url)
        run = client.add_leads(CAMPAIGN_ID, source(), ledger=place, concurrency=2)
        other = threading.Thread(target=close)
        other.start()
        raised: Exception | None = None
        try:
            results.extend(run)
        except ConfigurationError as error:
            raised = error
        other.join(30)
        client.close()
    assert (raised is not None) == (closing == "client")
    assert [result.position for result in sorted(results, key=lambda r: r.position)] == [0, 1]
    [last] = [result for result in results if result.position == 1]
    assert last.outcome is Outcome.NOT_SENT
    assert str(last.error) == "the run stopped before this lead was sent"
    assert counts(place)[CAMPAIGN_ID] == {"added": 1}
    assert len(server.requests) == 1


# 4, 5: Ctrl-C at any instant


class Interrupting:
    """Raises KeyboardInterrupt at the n-th event of our own code, as a trace function."""

    def __init__(self, at: int, *functions: str, opcodes: bool = False) -> None:
        self.left = at
        #: Only in these, if there are any.
        self.functions = functions
        self.opcodes = opcodes
        self.has_raised = False

    def __call__(self, frame: FrameType, event: str, _: object) -> "Interrupting | None":
        # Not in ledger/: amid the end of "with lock" there is a line, but no instant for Ctrl-C.
        parts = Path(frame.f_code.co_filename).parts
        if "nlpearl" not in parts or "ledger" in parts:
            return None
        if self.functions and frame.f_code.co_name not in self.functions:
            return None
        frame.f_trace_opcodes = self.opcodes
        if event in ("line", "opcode") and not self.has_raised:
            self.left -= 1
            if self.left < 0:
                self.has_raised = True
                raise KeyboardInterrupt
        return self


def interrupted(call: Callable[[], object], trace: Interrupting) -> KeyboardInterrupt | None:
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt as stopped:
        return stopped
    finally:
        sys.settrace(before)
    return None


@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="3.12.1 crashes when it traces opcodes")
@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
def test_no_interrupt_leaves_close_waiting() -> None:
    with Server(responses(response())) as server:
        at = 0
        while True:
            client = NLPearl(KEY, base_url=server.url)
            trace = Interrupting(at, "run", "_leave", opcodes=True)
            interrupted(lambda: client.add_lead(CAMPAIGN_ID, PHONE), trace)  # noqa: B023
            closing = threading.Thread(target=client.close)
            closing.start()
            closing.join(30)
            assert not closing.is_alive(), at
            if not trace.has_raised:
                break
            at += 1
    assert at > 60


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize("has_ledger", [False, True])
def test_every_interrupt_has_a_note_and_the_note_is_true(has_ledger: bool, tmp_path: Path) -> None:
    place = tmp_path / "a.ledger" if has_ledger else None
    without = notes = 0
    with Server(responses(response())) as server:
        with NLPearl(KEY, base_url=server.url, ledger=place) as other:
            other.add_lead(CAMPAIGN_ID, PHONE)  # everything is imported
        client = NLPearl(KEY, base_url=server.url, ledger=place)
        at = 0
        while True:
            before = len(server.requests)
            trace = Interrupting(at)
            number = f"+1415555{at:04}"
            stopped = interrupted(lambda: client.add_lead(CAMPAIGN_ID, number), trace)  # noqa: B023
            if not trace.has_raised:
                break
            at += 1
            if stopped is None:
                continue
            sent = len(server.requests) - before
            said = getattr(stopped, "__notes__", [])
            if not said:
                without += 1
                assert not sent
                continue
            notes += 1
            assert len(said) == 1
            if said[0] == "nlpearl: Nothing was sent.":
                assert not sent, at
            elif said[0].startswith("nlpearl: The lead was added; its lead id is "):
                assert sent == 1, at
            else:
                assert said[0].startswith("nlpearl: The lead may exist."), said
        client.close()
    assert notes > 100
    assert without < notes / 2, "before add_lead has begun to do anything"
    gc.collect()


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize("has_ledger", [False, True])
def test_a_row_that_is_interrupted_on_its_way_to_a_worker_has_one_result_and_it_is_true(
    has_ledger: bool, tmp_path: Path
) -> None:
    at = 0
    with Server(responses(response())) as server:
        while True:
            place = tmp_path / f"{at}.ledger" if has_ledger else None
            before, results = len(server.requests), list[LeadResult]()
            trace = Interrupting(at, "_start", "start", "_submit", "claimed", "_drop")
            with NLPearl(KEY, base_url=server.url, ledger=place) as client:
                run = client.add_leads(CAMPAIGN_ID, rows(4), concurrency=2)
                stopped = interrupted(lambda: results.extend(run), trace)  # noqa: B023
                assert bool(stopped) == trace.has_raised, at
                closing = threading.Thread(target=run.close, daemon=True)
                closing.start()
                closing.join(30)
                assert not closing.is_alive(), at
                results += run
            outcomes = {result.position: result.outcome for result in results}
            assert len(outcomes) == len(results), at
            assert {*outcomes.values()} <= {Outcome.ADDED, Outcome.NOT_SENT}, at
            sent = [*outcomes.values()].count(Outcome.ADDED)
            assert sent == len(server.requests) - before, at
            if place:
                states = counts(str(place)).get(CAMPAIGN_ID, {})
                assert states.get("added", 0) == sent, at
                assert {*states} <= {"added", "free"}, at
            if not trace.has_raised:
                break
            at += 1
    assert sent == 4
    assert at > 20
    gc.collect()


def test_an_interrupt_between_two_tries_says_what_is_known() -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(response(429, b"", {"Retry-After": "60"}))
        signal.pthread_kill(MAIN, signal.SIGINT)
        connection.silence()

    with (
        Server(script) as server,
        NLPearl(KEY, base_url=server.url, timeout=100) as client,
        pytest.raises(KeyboardInterrupt) as raised,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE)
    [note] = raised.value.__notes__
    assert note.startswith(("nlpearl: 429 ", "nlpearl: The lead may exist."))


# 7: copies


@pytest.mark.parametrize("kind", [NLPearl, AsyncNLPearl])
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_cannot_be_copied(kind: type, way: Callable[[object], object]) -> None:
    with pytest.raises(ConfigurationError, match="cannot be copied or pickled; make one in") as no:
        way(kind(KEY))
    assert KEY not in str(no.value)


# 8: the end of the interpreter


@pytest.mark.parametrize("is_imported", [False, True])
def test_a_run_at_the_end_of_the_interpreter_says_a_sentence(is_imported: bool) -> None:
    code = f"""
        import atexit, httpx, nlpearl
        if {is_imported}:
            import nlpearl.bulk.threads, concurrent.futures.thread

        @atexit.register
        def late():
            client = nlpearl.NLPearl("{KEY}", base_url="http://127.0.0.1:9")
            try:
                for result in client.add_leads("{CAMPAIGN_ID}", [{{"phone_number": "{PHONE}"}}]):
                    pass
            except nlpearl.ConfigurationError as error:
                print(error)
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("add_leads cannot start a thread now"), done.stderr
    assert "or use add_lead" in done.stdout


def test_a_thread_that_cannot_be_started_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def none(*_: object) -> None:
        raise RuntimeError("cannot schedule new futures after shutdown")

    with NLPearl(KEY, base_url="http://127.0.0.1:9") as client:
        with monkeypatch.context() as ending:
            ending.setattr(concurrent.futures.ThreadPoolExecutor, "submit", none)
            for ledger in (None, tmp_path / "leads.ledger"):
                results: list[LeadResult] = []
                with pytest.raises(ConfigurationError, match="cannot start a thread now"):
                    results.extend(client.add_leads(CAMPAIGN_ID, rows(2), ledger=ledger))
                assert {result.outcome for result in results} == {Outcome.NOT_SENT}
        module = types.ModuleType("concurrent.futures")
        module.__getattr__ = none  # type: ignore[method-assign]
        with monkeypatch.context() as ending:
            ending.setitem(sys.modules, "concurrent.futures", module)
            with pytest.raises(ConfigurationError, match="or use add_lead"):
                client.add_leads(CAMPAIGN_ID, rows(2))


# 9: no event loop


@pytest.mark.filterwarnings("ignore:add_leads was called:RuntimeWarning")
def test_without_asyncio_it_says_so() -> None:
    client = AsyncNLPearl(KEY)
    run = client.add_leads(CAMPAIGN_ID, rows(1))
    coroutines: list[Any] = [
        client.add_lead(CAMPAIGN_ID, PHONE),
        client.find_lead(CAMPAIGN_ID, "x"),
        anext(run).__await__(),
        client.close(),
    ]
    for coroutine in coroutines:
        with pytest.raises(ConfigurationError, match="AsyncNLPearl is for asyncio"):
            coroutine.send(None)


# 10: a handler of the log that raises


def test_a_log_handler_that_raises_is_told_that_the_lead_was_added(
    either: Either, tmp_path: Path
) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise SoftLimitError

    place = tmp_path / "a.ledger"
    log, handler = logging.getLogger("nlpearl"), Broken()
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        with Server(responses(response())) as server, pytest.raises(SoftLimitError) as raised:
            either.add(server.url, client={"ledger": place})
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
    assert raised.value.__notes__ == [
        "nlpearl: The lead was added; its lead id is 67d42f167f3c392c6d7a2d41."
    ]
    assert counts(str(place)) == {CAMPAIGN_ID: {"added": 1}}


def test_a_call_that_closes_its_own_client_does_not_wait_for_itself() -> None:
    class Closing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            client.close()
            raise SoftLimitError(record.name)

    log, handler = logging.getLogger("nlpearl"), Closing()
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        with Server(responses(response(200, b'{"id": "x"}'))) as server:
            client = NLPearl(KEY, base_url=server.url)
            with pytest.raises(SoftLimitError) as raised:
                client.find_lead(CAMPAIGN_ID, "x")
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
    assert raised.value.__notes__ == ["nlpearl: Nothing was changed: it was only a lookup."]


# A run that nobody iterates


def test_a_run_that_nobody_iterates_warns(either: Either) -> None:
    async def main() -> None:
        async with AsyncNLPearl(KEY) as client:
            client.add_leads(CAMPAIGN_ID, rows(3))
            gc.collect()

    def play() -> None:
        with NLPearl(KEY) as client:
            client.add_leads(CAMPAIGN_ID, rows(3))
            gc.collect()

    gc.collect()
    with pytest.warns(RuntimeWarning, match="so that nobody is added") as caught:
        asyncio.run(main()) if either.name == "async" else play()
    assert caught[0].filename == __file__


def test_a_run_that_has_begun_does_not_warn(either: Either) -> None:
    with Server(responses(response())) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        either.add_leads(server.url, rows(3), until=1)
        either.add_leads(server.url, [])
        gc.collect()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_warn_of_its_parents_run() -> None:
    runs = [NLPearl(KEY).add_leads(CAMPAIGN_ID, rows(3))]

    def leave() -> None:
        warnings.simplefilter("error")
        runs.clear()
        os._exit(3)

    assert in_a_fork(leave) == 3
    with pytest.warns(RuntimeWarning):
        runs.clear()


def test_what_ends_a_call_before_anything_was_sent_says_so(either: Either) -> None:
    class Broken(dict[str, str]):
        def items(self) -> Any:
            raise SoftLimitError

    with pytest.raises(SoftLimitError) as raised:
        either.add("http://127.0.0.1:9", call_data=Broken(firstName="Joe"))
    assert raised.value.__notes__ == ["nlpearl: Nothing was sent."]


def test_two_threads_close_at_once() -> None:
    gate = Gate()
    with Server(gate) as server:
        client = NLPearl(KEY, base_url=server.url)
        calling = threading.Thread(target=client.add_lead, args=(CAMPAIGN_ID, PHONE))
        calling.start()
        assert arrived(server, 1)
        closing = [threading.Thread(target=client.close) for _ in range(3)]
        for thread in closing:
            thread.start()
        closing[0].join(0.1)
        assert closing[0].is_alive()
        gate.opened.set()
        for thread in (calling, *closing):
            thread.join(30)
            assert not thread.is_alive()


def test_a_child_does_not_share_the_calls_of_its_parent() -> None:
    """What is done in a fork, in this process."""
    clients = [NLPearl(KEY), NLPearl(KEY)]
    clients[0].close()
    clients[1]._lane._calls[threading.Lock()] = 1
    after_fork()
    assert clients[0]._lane.is_closed()
    assert not clients[1]._lane.is_closed()
    clients[1].close()


def test_a_call_is_left_once_however_often() -> None:
    """Ctrl-C between the release of its lock and what follows."""
    client = NLPearl(KEY)
    lane: ThreadLane = client._lane
    over = threading.Lock()
    lane._calls[over] = 1

    async def nothing() -> None: ...

    call = nothing()
    lane._leave(over, call)
    lane._leave(over, call)
    assert lane._calls == {}
    assert issubclass(ConfigurationError, NLPearlError)


def test_a_timeout_of_the_system_is_a_failed_exchange() -> None:
    """ETIMEDOUT, with which a kernel ends a connection whose other end is gone."""
    with NLPearl(KEY) as client:
        exchange = Exchange(client._lane.origin, client._lane.network, Deadline(60))
        failure = httpx.ReadTimeout("timed out")
        failure.__cause__ = TimeoutError(errno.ETIMEDOUT, "Connection timed out")
        assert exchange.foreign(failure) is None
        failure.__cause__ = own = TimeoutError("of a signal handler")
        assert exchange.foreign(failure) is own
