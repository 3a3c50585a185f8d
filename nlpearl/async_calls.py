"""Calls that wait with `await`: what transport.py, attempts.py and calls.py have for threads.

In a module of its own, since asyncio takes 15 ms to import (2026-11), of which who uses the other
colour has no need.
"""

import asyncio
import ssl
from typing import Any

import httpx

from .attempts import Attempt, Operation
from .calls import Call, Request, Result
from .deadlines import Deadline
from .errors import ConfigurationError, NLPearlError
from .transport import Signer, check_http_client, check_open, settings


class AsyncConnections:
    """The one `httpx.AsyncClient` of a client object: its own, or the caller's."""

    def __init__(
        self,
        origin: str,
        signer: Signer,
        timeout: float,
        http_client: object = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        check_http_client(http_client, httpx.AsyncClient)
        self.own: bool = http_client is None
        self.origin = origin
        self.signer = signer
        self.timeout = timeout
        self._client = (
            http_client
            if isinstance(http_client, httpx.AsyncClient)
            else httpx.AsyncClient(**settings(origin, signer, timeout, verify))
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    def client(self) -> httpx.AsyncClient:
        """The client to send with, for as long as the event loop is the one that it began in."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError(
                "this client belongs to another event loop, whose connections are of no use here; "
                "make one in each asyncio.run(), and in each process"
            )
        check_open(self._client)
        return self._client

    def again(self, context: ssl.SSLContext) -> "AsyncConnections":
        """Others of the same settings."""
        return AsyncConnections(self.origin, self.signer, self.timeout, verify=context)

    async def close(self) -> None:
        """Close our own client; the caller's stays open."""
        if self.own:
            await self._client.aclose()


class AsyncAttempt(Attempt):
    """An attempt through an `httpx.AsyncClient`."""

    def __init__(
        self, connections: AsyncConnections, operation: Operation, deadline: Deadline
    ) -> None:
        super().__init__(connections, operation, deadline)
        self._http = connections.client()

    async def send(self) -> Any:
        """As `SyncAttempt.send`."""
        try:
            async with asyncio.timeout(self._deadline.left()):
                answer = await self._operation.asynchronous(
                    **self._operation.arguments(), client=self
                )
        except Exception as failure:
            return self.end(None, failure)
        return self.end(answer.parsed, None)

    def get_async_httpx_client(self) -> "AsyncAttempt":
        """For the generated code."""
        return self

    async def request(self, **kwargs: Any) -> "AsyncAttempt":
        """For the generated code: send the request, read the answer."""
        # `send` holds the deadline; a timer for each read and write would be one more cost.
        request = self._build(self._http, kwargs, self._atrace, None)
        response = await self._http.send(
            request, auth=self._signer, stream=True, follow_redirects=False
        )
        try:
            self._begin(response)
            async for chunk in response.aiter_bytes():
                self._take(chunk)
            self._is_whole = True
        finally:
            await response.aclose()
        return self


async def play_async(
    call: Call[Result], connections: AsyncConnections, closing: asyncio.Event
) -> Result | NLPearlError:
    """As `play`."""
    steps = call.steps()
    answer: Any = None
    try:
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as done:
                result: Result | NLPearlError = done.value
                return result
            if isinstance(step, Request):
                step.attempt = attempt = AsyncAttempt(connections, step.operation, step.deadline)
                answer = await attempt.send()
            else:
                answer = await set_within(closing, step)
    except (asyncio.CancelledError, KeyboardInterrupt, SystemExit) as stopped:
        call.interrupted(stopped)
        raise


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event was set before the seconds were over."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
