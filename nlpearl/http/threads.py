"""The sync lane: an `httpx.Client`, used from threads.

Its coroutines never suspend, so that `finish` runs one without an event loop.
"""

import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from ..errors import ConfigurationError, NLPearlError
from .deadlines import TimeLeft
from .exchange import Exchange
from .lane import Lane
from .settings import Signer

if TYPE_CHECKING:
    from concurrent.futures import Future

Value = TypeVar("Value")


def finish(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """The result of a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Value = done.value
        return result
    coroutine.close()
    raise RuntimeError("a coroutine of the sync client suspended; this is a bug of nlpearl-client")


class ThreadLane(Lane):
    """Sends with an `httpx.Client`."""

    _kind = httpx.Client
    _transport = httpx.HTTPTransport
    _make_flag = threading.Event

    def __init__(
        self, origin: str, signer: Signer, timeout: float, http_client: object = None
    ) -> None:
        super().__init__(origin, signer, timeout, http_client)
        self._process = os.getpid()
        self._idle = threading.Condition()
        self._threads: list[int] = []

    def _make(self) -> httpx.Client:
        from .sockets import cap_by_deadline  # imports httpcore, as the client now does as well

        client = httpx.Client(**self._settings())
        cap_by_deadline(client)
        return client

    def http_client(self) -> httpx.Client:
        """A forked child gets a client of its own: two processes that share a connection would
        read each other's responses."""
        if self._process != os.getpid():
            if not self.own:
                raise ConfigurationError(
                    "http_client was made before a fork; make it in the process that uses it"
                )
            self._client, self._process = self._make(), os.getpid()
        client: httpx.Client = super().http_client()
        return client

    async def send(self, exchange: Exchange, request: dict[str, Any]) -> None:
        http = self.http_client()
        # Each stream of our own client keeps the deadline: sockets.py.
        timeout = TimeLeft(exchange.deadline.at)
        response = http.send(
            exchange.build(http, request, exchange.trace, timeout),
            auth=self.signer,
            stream=True,
            follow_redirects=False,
        )
        try:
            exchange.begin(response)
            for chunk in response.iter_bytes():
                exchange.take(chunk)
            exchange.is_whole = True
        finally:
            response.close()

    async def pause(self, seconds: float) -> bool:
        stopped: bool = self._closing.wait(seconds)
        return stopped

    async def wait_for(self, future: "Future[Value]", seconds: float | None = None) -> Value:
        return future.result(seconds)

    async def release(self) -> None:
        if self.own:
            self._client.close()

    def run(self, coroutine: Coroutine[Any, Any, Value | NLPearlError]) -> Value:
        """The result of a call, which `close` waits for; raises the error that it returns."""
        me = threading.get_ident()
        with closing(coroutine):
            with self._idle:
                self.check_open()
                self._threads.append(me)
            try:
                result = finish(coroutine)
            finally:
                with self._idle:
                    self._threads.remove(me)
                    self._idle.notify_all()
        if isinstance(result, NLPearlError):
            raise result
        return result

    def each(
        self, call: Callable[[], Coroutine[Any, Any, Value | NLPearlError | None]]
    ) -> Iterator[Value]:
        """The results of calls, one after the other, until one is None."""
        while (result := self.run(call())) is not None:
            yield result

    def close(self) -> None:
        """Wait for the calls of other threads, start no new ones, close our own httpx client."""
        with self._idle:
            self._closing.set()
            me = threading.get_ident()
            self._idle.wait_for(lambda: all(thread == me for thread in self._threads))
        finish(self.release())
