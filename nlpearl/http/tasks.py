"""The async lane: an `httpx.AsyncClient`, used from the tasks of one event loop.

A module of its own, since asyncio takes 15 ms to import (2026-11), which the sync client saves.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import closing
from typing import Any, TypeVar

import httpx

from ..errors import ConfigurationError, NLPearlError
from .exchange import Exchange
from .lane import Lane
from .settings import Signer

Value = TypeVar("Value")


def running_loop() -> asyncio.AbstractEventLoop:
    """The event loop that we are in; ConfigurationError where there is none."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError(
            "AsyncNLPearl is for asyncio, and no event loop of asyncio is running here; call it "
            "from a coroutine that asyncio.run(…) runs, or use NLPearl"
        ) from None


class TaskLane(Lane):
    """Sends with an `httpx.AsyncClient`."""

    _kind = httpx.AsyncClient
    _transport = httpx.AsyncHTTPTransport
    _make_flag = asyncio.Event

    def __init__(
        self, origin: str, signer: Signer, timeout: float, http_client: object = None
    ) -> None:
        super().__init__(origin, signer, timeout, http_client)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ends: dict[object, asyncio.Event] = {}

    def _make(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(**self._settings())

    def http_client(self) -> httpx.AsyncClient:
        """Connections belong to the event loop of the first call."""
        loop = running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError(
                "this client was first used in another event loop; "
                "make one client in each asyncio.run(), and in each process"
            )
        client: httpx.AsyncClient = super().http_client()
        return client

    async def send(self, exchange: Exchange, request: dict[str, Any]) -> None:
        http = self.http_client()
        # The one timer for all; another for each read and write would be one more cost.
        async with asyncio.timeout(exchange.deadline.left()):
            response = await http.send(
                exchange.build(http, request, exchange.async_trace, None),
                auth=self.signer,
                stream=True,
                follow_redirects=False,
            )
            try:
                exchange.begin(response)
                async for chunk in response.aiter_bytes():
                    exchange.take(chunk)
                exchange.is_whole = True
            finally:
                await response.aclose()

    async def pause(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                stopped: bool = await self._closing.wait()
        except TimeoutError:
            return False
        return stopped

    async def wait_for(self, future: "Future[Value]", seconds: float | None = None) -> Value:
        async with asyncio.timeout(seconds):
            # Shielded: what was asked of the ledger happens, also if nobody waits for it any more.
            return await asyncio.shield(asyncio.wrap_future(future))

    async def release(self) -> None:
        if self.own:
            await self._client.aclose()

    async def run(self, coroutine: Coroutine[Any, Any, Value | NLPearlError]) -> Value:
        """The result of a call, which `close` waits for; raises the error that it returns."""
        with closing(coroutine):
            running_loop()
            self.check_open()
            me = asyncio.current_task()
            over = self._ends[me] = asyncio.Event()
            try:
                result = await coroutine
            finally:
                over.set()
                del self._ends[me]
        if isinstance(result, NLPearlError):
            raise result
        return result

    async def each(
        self, call: Callable[[], Coroutine[Any, Any, Value | NLPearlError | None]]
    ) -> AsyncIterator[Value]:
        """The results of calls, one after the other, until one is None."""
        while (result := await self.run(call())) is not None:
            yield result

    async def close(self) -> None:
        """Wait for the calls of other tasks, start no new ones, close our own httpx client."""
        running_loop()
        self._closing.set()
        me = asyncio.current_task()
        for over in [over for task, over in self._ends.items() if task is not me]:
            await over.wait()
        await self.release()
