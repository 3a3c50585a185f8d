"""Connections and deadlines: each call ends in time, and says how far it came."""

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpcore
import httpx
import pytest

from nlpearl import (
    AddedLead,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncNLPearl,
    BadRequestError,
    ConfigurationError,
    NLPearl,
    Outcome,
)
from nlpearl.configuration import Key
from nlpearl.http import sockets
from nlpearl.http.deadlines import Deadline, TimeLeft
from nlpearl.http.exchange import Exchange
from nlpearl.http.settings import Network, Signer, read_network
from nlpearl.http.threads import ThreadLane, finish

from .conftest import KEY, PHONE, Either
from .servers import (
    CAMPAIGN_ID,
    LEAD_ID,
    Connection,
    Script,
    Server,
    response,
    responses,
    swallowing,
)

LONG = 30.0  # far more than a call with a timeout of 1 s takes, far less than the server's 60 s
OK = response()


def dripping(status: int, part: str) -> Script:
    def script(connection: Connection) -> None:
        connection.read_request()
        whole = response(status, b" " * 5000)
        head = whole.index(b"\r\n\r\n") + 4
        if part == "body":
            connection.send(whole[:head])
            connection.drip(whole[head:])
        else:
            connection.drip(whole)

    return script


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_server_that_drips_its_response_holds_nobody(either: Either, part: str) -> None:
    began = time.monotonic()
    with Server(dripping(200, part)) as server:
        error = either.add(server.url, client={"timeout": 1})
        assert time.monotonic() - began < LONG
    assert type(error) is APITimeoutError
    assert error.outcome is Outcome.UNKNOWN
    assert ("reading the response (status 200)" if part == "body" else "waiting") in str(error)
    assert "timeout 1 s" in str(error)


def test_a_refusal_whose_body_drips_is_a_refusal(either: Either) -> None:
    with Server(dripping(400, "body")) as server:
        error = either.add(server.url, client={"timeout": 1})
    assert type(error) is BadRequestError


def test_a_server_that_never_responds_is_a_timeout(either: Either) -> None:
    began = time.monotonic()

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.silence()

    with Server(script) as server:
        error = either.add(server.url, client={"timeout": 1})
        assert time.monotonic() - began < LONG
    assert type(error) is APITimeoutError
    assert error.outcome is Outcome.UNKNOWN


def test_a_server_that_never_reads_is_a_timeout(either: Either) -> None:
    began = time.monotonic()

    def script(connection: Connection) -> None:
        connection.read_headers()
        connection.server.stopping.wait(60)

    with Server(script) as server:
        data = {"x": "y" * 30_000_000}
        error = either.add(server.url, client={"timeout": 4}, call_data=data)
        assert time.monotonic() - began < LONG
    assert type(error) is APITimeoutError
    assert error.outcome is Outcome.UNKNOWN
    assert "sending the request" in str(error)


def test_an_address_that_swallows_packets_is_not_sent_in_time(either: Either) -> None:
    began = time.monotonic()
    with swallowing() as url:
        error = either.add(url, client={"timeout": 1})
    assert time.monotonic() - began < LONG
    assert type(error) is APITimeoutError
    assert error.outcome is Outcome.NOT_SENT
    assert "connecting" in str(error)


def found(*addresses: str) -> Callable[..., list[Any]]:
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **named: Any) -> list[Any]:
        if host != "localhost":
            return list[Any](real(host, port, *args, **named))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    return getaddrinfo


def test_a_name_with_several_dead_addresses_ends_at_the_deadline(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    with swallowing() as address:
        monkeypatch.setattr(socket, "getaddrinfo", found(*["127.0.0.1"] * 40))
        url = address.replace("127.0.0.1", "localhost")
        error = either.add(url, client={"timeout": 1})
    assert time.monotonic() - began < LONG
    assert type(error) is APITimeoutError
    assert error.outcome is Outcome.NOT_SENT


def test_a_dead_address_of_a_name_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(responses(OK)) as server:
        client = NLPearl(KEY, base_url=server.url.replace("127.0.0.1", "localhost"))
        monkeypatch.setattr(socket, "getaddrinfo", found("127.0.0.77", "127.0.0.1"))
        with client:
            assert client.add_lead(CAMPAIGN_ID, PHONE).lead_id == LEAD_ID


@pytest.mark.nlpearl_live
@pytest.mark.parametrize("failure", [socket.gaierror(-2, "Name or service not known"), None])
def test_a_name_that_is_not_found_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, failure: OSError | None
) -> None:
    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        if failure:
            raise failure
        return []

    with NLPearl(KEY, base_url="https://nowhere.test", max_retries=0) as client:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        with pytest.raises(APIConnectionError) as caught:
            client.add_lead(CAMPAIGN_ID, PHONE)
    assert caught.value.outcome is Outcome.NOT_SENT


def test_a_timeout_that_is_not_our_deadline_passes_as_it_is() -> None:
    with Server(responses(OK)) as server, NLPearl(KEY, base_url=server.url) as client:
        http = client.low_level.get_httpx_client()
        assert http.put("/x", timeout=None, json={}).status_code == 200


def test_a_deadline_that_is_past_ends_every_operation() -> None:
    past = TimeLeft(time.monotonic() - 1)
    assert past.now() < 0
    with pytest.raises(httpcore.ReadTimeout):
        sockets._left(past, httpcore.ReadTimeout)  # pyright: ignore[reportPrivateUsage]


def test_httpx_still_has_what_the_deadline_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails, httpx or httpcore has changed: mend `cap_by_deadline` in sockets.py."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet.test")
    with NLPearl(KEY) as client:
        http: Any = client.low_level.get_httpx_client()
        transports = [http._transport, *http._mounts.values()]
        assert len(transports) >= 2
        for each in transports:
            if each is not None:
                assert type(each._pool._network_backend).__name__ == "_Backend"


# Proxies


def test_loopback_never_goes_through_a_proxy(
    either: Either, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(responses(response(500))) as proxy, Server(responses(OK)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert isinstance(either.add(server.url), AddedLead)
    assert proxy.connections == 0


@pytest.mark.nlpearl_live
@pytest.mark.parametrize("fault", ["refused", "closed", "no TLS"])
def test_what_a_proxy_does_not_pass_on_was_not_sent(
    either: Either, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    heads: list[bytes] = []

    def script(connection: Connection) -> None:
        heads.append(connection.read_headers())
        if fault == "refused":
            connection.send(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        elif fault == "no TLS":
            connection.send(b"HTTP/1.1 200 OK\r\n\r\nthis is not TLS")

    with Server(script) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = either.add("https://api.example.test")
    assert type(error) is APIConnectionError
    assert error.outcome is Outcome.NOT_SENT
    assert heads
    assert heads[0].startswith(b"CONNECT api.example.test:443 ")
    assert KEY.encode() not in heads[0]
    assert ("negotiating TLS" in str(error)) == (fault == "no TLS")


def test_a_server_that_does_not_speak_tls_was_sent_nothing(either: Either) -> None:
    with Server(lambda connection: connection.send(b"HTTP/1.1 400 Bad\r\n\r\n")) as server:
        error = either.add(server.url.replace("http", "https"))
    assert type(error) is APIConnectionError
    assert error.outcome is Outcome.NOT_SENT


# Connections that the server closes


def test_a_server_that_closes_after_each_response_loses_no_call_that_waits_10_ms(
    either: Either,
) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(OK)

    with Server(script) as server:
        # The 10 ms begin when the server has closed, however late a busy machine lets it.
        ends = either.add_all(
            server.url, [dict[str, Any]()] * 50, pause=0.01, after=server.wait_until_closed
        )
    assert [end for end in ends if not isinstance(end, AddedLead)] == []
    assert len(server.requests) == 50


def test_a_write_that_the_system_refuses_was_not_sent() -> None:
    network = read_network("http://127.0.0.1")
    assert isinstance(network, Network)
    exchange = Exchange("http://127.0.0.1", network, Deadline(1))
    request = httpcore.Request("PUT", "http://127.0.0.1")

    def sent(event: str, **info: object) -> bool | None:
        exchange.trace(f"http11.send_request_headers.{event}", info)
        return exchange.sent

    assert exchange.sent is False
    assert sent("started", request=request)
    assert sent("failed", exception=httpcore.WriteTimeout()), "a part of it may have left"
    assert not sent("failed", exception=httpcore.WriteError())
    long = httpcore.Request("PUT", "http://127.0.0.1", headers={"X": "y" * 3000})
    assert sent("started", request=long)
    assert sent("failed", exception=httpcore.WriteError()), "its first part may have left"


def test_a_coroutine_of_the_sync_client_that_waits_is_a_bug_that_says_so() -> None:
    with pytest.raises(RuntimeError, match="suspended"):
        finish(asyncio.sleep(0))


# Callers' own clients


def raising(error: Exception) -> httpx.MockTransport:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handler)


@pytest.mark.nlpearl_live
def test_of_a_transport_that_tells_nothing_nothing_is_known() -> None:
    with httpx.Client(transport=raising(httpx.ConnectError("x"))) as http:
        client = NLPearl(KEY, http_client=http)
        with pytest.raises(APIConnectionError) as caught:
            client.add_lead(CAMPAIGN_ID, PHONE)
    assert caught.value.outcome is Outcome.UNKNOWN


def test_an_ordinary_client_of_the_callers_tells_what_was_sent() -> None:
    with Server(responses(OK)) as server:
        url = server.url
    with httpx.Client() as http:
        client = NLPearl(KEY, base_url=url, http_client=http, max_retries=0)
        with pytest.raises(APIConnectionError) as caught:
            client.add_lead(CAMPAIGN_ID, PHONE)
    assert caught.value.outcome is Outcome.NOT_SENT


# Threads, tasks, loops, forks, interruptions


def test_a_hundred_threads_share_one_client() -> None:
    ends: list[str] = []
    with Server(responses(OK)) as server, NLPearl(KEY, base_url=server.url) as client:

        def call() -> None:
            ends.append(client.add_lead(CAMPAIGN_ID, PHONE).lead_id)

        threads = [threading.Thread(target=call) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert ends == [LEAD_ID] * 100
    assert len(server.requests) == 100


def test_closing_lets_the_calls_of_other_threads_end() -> None:
    asked, go = threading.Event(), threading.Event()

    def script(connection: Connection) -> None:
        connection.read_request()
        asked.set()
        go.wait(20)
        connection.send(OK)

    ends: list[str] = []
    with Server(script) as server:
        client = NLPearl(KEY, base_url=server.url)
        thread = threading.Thread(
            target=lambda: ends.append(client.add_lead(CAMPAIGN_ID, PHONE).lead_id)
        )
        thread.start()
        assert asked.wait(20)
        closer = threading.Thread(target=client.close)
        closer.start()
        closer.join(0.2)
        assert closer.is_alive()
        with pytest.raises(ConfigurationError, match="closed"):
            client.add_lead(CAMPAIGN_ID, PHONE)
        go.set()
        closer.join(20)
        thread.join(20)
    assert ends == [LEAD_ID]


def test_closing_lets_the_calls_of_other_tasks_end() -> None:
    async def main(url: str) -> str:
        client = AsyncNLPearl(KEY, base_url=url)
        call = asyncio.create_task(client.add_lead(CAMPAIGN_ID, PHONE))
        while not server.requests:
            await asyncio.sleep(0.01)
        closing = asyncio.create_task(client.close())
        await asyncio.sleep(0.05)
        assert not closing.done()
        go.set()
        await closing
        return (await call).lead_id

    go = threading.Event()

    def script(connection: Connection) -> None:
        connection.read_request()
        go.wait(20)
        connection.send(OK)

    with Server(script) as server:
        assert asyncio.run(main(server.url)) == LEAD_ID


def test_a_second_event_loop_is_told_so_before_anything_is_sent() -> None:
    with Server(responses(OK)) as server:
        client = AsyncNLPearl(KEY, base_url=server.url)

        async def first() -> None:
            await client.add_lead(CAMPAIGN_ID, PHONE)

        async def second() -> None:
            with pytest.raises(ConfigurationError, match="event loop"):
                await client.add_lead(CAMPAIGN_ID, PHONE)

        loop = asyncio.new_event_loop()
        loop.run_until_complete(first())
        asyncio.run(second())
        loop.run_until_complete(client.close())
        loop.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize("asked", [True, False])
def test_a_cancelled_task_says_what_is_known_and_leaks_no_connection(asked: bool) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.silence()

    async def main(url: str) -> BaseException:
        async with AsyncNLPearl(KEY, base_url=url) as client:
            call = asyncio.create_task(client.add_lead(CAMPAIGN_ID, PHONE))
            while asked and not server.requests:
                await asyncio.sleep(0.01)
            if not asked:
                await asyncio.sleep(0)
            call.cancel()
            try:
                await call
            except asyncio.CancelledError as error:
                return error
        raise AssertionError("not cancelled")

    with Server(script) as server:
        stopped = asyncio.run(main(server.url))
        gc.collect()
    notes = stopped.__notes__
    assert len(notes) == 1
    assert ("may exist" if asked else "Nothing was sent") in notes[0]
    assert len(server.requests) == int(asked)


def test_a_cancelled_lookup_says_that_it_changed_nothing() -> None:
    async def main(url: str) -> BaseException:
        async with AsyncNLPearl(KEY, base_url=url) as client:
            call = asyncio.create_task(client.find_lead(CAMPAIGN_ID, "42"))
            while not server.requests:
                await asyncio.sleep(0.01)
            call.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await call
            return caught.value

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.silence()

    with Server(script) as server:
        stopped = asyncio.run(main(server.url))
    assert stopped.__notes__ == ["nlpearl: Nothing was changed: it was only a lookup."]


INTERRUPTED = """
import sys, traceback
from nlpearl import NLPearl
with NLPearl("a1:b2", base_url=sys.argv[1]) as client:
    try:
        client.add_lead("67d42f167f3c392c6d7a2d40", "+14155550123")
    except KeyboardInterrupt as stopped:
        print(*stopped.__notes__)
"""


def test_ctrl_c_says_that_the_lead_may_exist() -> None:
    asked = threading.Event()

    def script(connection: Connection) -> None:
        connection.read_request()
        asked.set()
        connection.silence()

    with Server(script) as server:
        command = [sys.executable, "-W", "error", "-c", INTERRUPTED, server.url]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert asked.wait(60)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert "The lead may exist" in out
    assert err == ""


def test_ctrl_c_ends_a_call_of_this_thread_at_once() -> None:
    main = threading.main_thread().ident or 0

    def script(connection: Connection) -> None:
        connection.read_request()
        signal.pthread_kill(main, signal.SIGINT)
        connection.silence()

    with (
        Server(script) as server,
        NLPearl(KEY, base_url=server.url) as client,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE)
    assert "The lead may exist" in caught.value.__notes__[0]


def test_a_forked_child_uses_connections_of_its_own() -> None:
    with Server(responses(OK)) as server, NLPearl(KEY, base_url=server.url) as client:
        client.add_lead(CAMPAIGN_ID, PHONE)
        child = multiprocessing.get_context("fork").Process(
            target=lambda: os._exit(0 if client.add_lead(CAMPAIGN_ID, PHONE).lead_id else 1)
        )
        child.start()
        child.join(60)
        assert child.exitcode == 0
        assert client.add_lead(CAMPAIGN_ID, PHONE).lead_id == LEAD_ID
    assert server.connections == 2
    assert len(server.requests) == 3


def test_after_a_fork_our_own_client_is_new_and_a_callers_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signer = Signer(Key("a:b"))
    own = ThreadLane("http://127.0.0.1", signer, 1)
    first = own.http_client()
    with httpx.Client() as http:
        foreign = ThreadLane("http://127.0.0.1", signer, 1, http)
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert own.http_client() is not first
        with pytest.raises(ConfigurationError, match="fork"):
            foreign.http_client()
    own.close()
    first.close()


def test_a_response_of_any_error_holds_no_exception_of_httpx(either: Either) -> None:
    with Server(responses(response(503))) as server:
        error = either.add(server.url)
    assert isinstance(error, APIStatusError)
    assert error.__cause__ is None
    assert error.__context__ is None
    frames: list[str] = []
    trace = error.__traceback__
    while trace:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    assert not any("httpx" in frame or "httpcore" in frame for frame in frames)
