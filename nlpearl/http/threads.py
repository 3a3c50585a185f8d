"""The sync lane: an `httpx.Client`, used from threads.

Its coroutines never suspend, so that `finish` runs one without an event loop.
"""

import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
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
        #: A lock for each call, which is released once it is over, and the thread of the call.
        self._calls: dict[threading.Lock, int] = {}
        _lanes.add(self)

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
        # A forked child leaves the connections of its parent alone.
        if self.own and self._process == os.getpid():
            self._client.close()

    def run(self, coroutine: Coroutine[Any, Any, Value | NLPearlError]) -> Value:
        """The result of a call, which `close` waits for; raises the error that it returns."""
        over = threading.Lock()
        over.acquire()
        try:
            try:
                # Entered before it is looked whether we are closed; `close` does it the other way
                # round. No lock is held, which Ctrl-C or a fork could leave locked.
                self._calls[over] = threading.get_ident()
                self.check_open()
                result = finish(coroutine)
            finally:
                self._leave(over, coroutine)
        finally:
            self._leave(over, coroutine)  # Ctrl-C may have come amid the first
        if isinstance(result, NLPearlError):
            raise result
        return result

    def _leave(self, over: threading.Lock, coroutine: Coroutine[Any, Any, Any]) -> None:
        coroutine.close()
        if over in self._calls:
            with suppress(RuntimeError):  # released already
                over.release()
            self._calls.pop(over, None)

    def each(
        self, call: Callable[[], Coroutine[Any, Any, Value | NLPearlError | None]]
    ) -> Iterator[Value]:
        """The results of calls, one after the other, until one is None."""
        while (result := self.run(call())) is not None:
            yield result

    def close(self) -> None:
        """Wait for the calls of other threads, start no new ones, close our own httpx client."""
        self._closing.set()
        me = threading.get_ident()
        for over, thread in self._calls.copy().items():
            if thread != me:
                over.acquire()
                with suppress(RuntimeError):
                    over.release()  # for others who close
        finish(self.release())

    def after_fork(self) -> None:
        """The child has none of the threads, and its parent may have been amid anything."""
        self._calls = {}
        closing, self._closing = self._closing, threading.Event()
        if closing.is_set():
            self._closing.set()


_lanes: "weakref.WeakSet[ThreadLane]" = weakref.WeakSet()


def after_fork() -> None:
    for lane in list(_lanes):
        lane.after_fork()


with suppress(AttributeError):  # Windows has no forks
    os.register_at_fork(after_in_child=after_fork)
