"""The httpx clients: how they are made, who may use them, and a deadline that holds for a call.

What goes over them is wire.py's.

httpx's timeouts are for each read: with 1 s, a server that sent a byte every 0.2 s held a client
for as long as it played (2026-11, httpx 0.28.1). For async there is `asyncio.timeout`. For sync,
httpcore has a public interface, `NetworkBackend`, whose streams can cap every read and write by
what is left of the call; httpx has no public way to hand one over that keeps the environment's
proxies.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

import httpcore
import httpx

from .configuration import Key, is_loopback
from .errors import ConfigurationError


class Signer(httpx.Auth):
    """Puts the key on each request; httpx drives it in both colours."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._key.authorization()
        yield request

    def redact(self, text: str) -> str:
        """The text without the key."""
        return self._key.redact(text)


class TimeLeft(float):
    """A timeout that knows its deadline. httpcore hands it to the stream untouched, as it is.

    As a plain number, for whatever does not know better, it is what was left when it was made.
    """

    at: float

    def __new__(cls, at: float, most: float = float("inf")) -> "TimeLeft":
        self = super().__new__(cls, min(at - time.monotonic(), most))
        self.at = at
        return self

    def now(self) -> float:
        """Seconds left now, never more than at the beginning."""
        return min(self, self.at - time.monotonic())


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    if not isinstance(timeout, TimeLeft):
        return timeout
    left = timeout.now()
    if left <= 0:
        raise error("the time of the call is over")
    return left


class _Stream(httpcore.NetworkStream):
    """A stream each of whose operations ends at the deadline of the call."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # httpcore's stream loops over partial sends, each with the timeout anew; a piece as small
        # as this goes out in one, because a socket is not writable before more than that is free.
        for start in range(0, len(buffer), 4096):
            left = _left(timeout, httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + 4096], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to one address of a name after the other, each within the time that is left."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """socket.create_connection would give every address of a name the whole timeout anew."""
        failure: Exception = httpcore.ConnectError(f"no address found for {host}")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for *_, address in found:
            left = _left(timeout, httpcore.ConnectTimeout)
            try:
                stream = self._backend.connect_tcp(
                    str(address[0]), port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream)
        raise failure


def cap_by_deadline(client: httpx.Client) -> None:
    """Let the deadline of each call end every wait of this client.

    The one place that touches what is private in httpx (0.27, 0.28): the pools of its transports
    take a network backend, but `httpx.Client` has no parameter for it, and a transport of our own
    would switch the environment's proxies off. A test fails when these names change.
    """
    for transport in (client._transport, *client._mounts.values()):  # pyright: ignore[reportPrivateUsage]
        if isinstance(transport, httpx.HTTPTransport):
            pool = transport._pool  # pyright: ignore[reportPrivateUsage]
            pool._network_backend = _Backend(pool._network_backend)  # pyright: ignore


def _settings(
    origin: str, signer: Signer, timeout: float, verify: ssl.SSLContext | bool = True
) -> dict[str, Any]:
    # Loopback never goes through a proxy of the environment: with HTTP_PROXY set, a plain PUT to
    # 127.0.0.1 gave the proxy key and phone number (2026-11, httpx 0.28.1).
    trust_env = not is_loopback(origin)
    return {
        "base_url": origin,
        "auth": signer,
        "timeout": timeout,
        "trust_env": trust_env,
        "verify": verify,
    }


def make_lanes(connections: "AnyConnections") -> "Callable[[], AnyConnections]":
    """What makes the lanes of a run: the same connections again, each with a pool of its own.

    Many workers never share one pool: httpcore hands one idle connection to several waiting
    requests, which then queue again, and at 50 workers a run took 6.5 times the ideal (2026-11,
    httpcore 1.0.9; encode/httpcore#1035). The lanes share one SSL context, which is nearly all
    that an httpx client costs. A caller's own http_client is the one lane of all.
    """
    if not connections.own:
        return lambda: connections
    context = httpx.create_ssl_context(trust_env=not is_loopback(connections.origin))
    return lambda: connections.again(context)


class Connections:
    """The one `httpx.Client` of a client object: its own, or the caller's."""

    def __init__(
        self,
        origin: str,
        signer: Signer,
        timeout: float,
        http_client: object = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        check_http_client(http_client, httpx.Client)
        self.own = http_client is None
        self.origin = origin
        self.signer = signer
        self.timeout = timeout
        self._settings = _settings(origin, signer, timeout, verify)
        self._client = http_client if isinstance(http_client, httpx.Client) else self._make()
        self._process = os.getpid()

    def _make(self) -> httpx.Client:
        client = httpx.Client(**self._settings)
        cap_by_deadline(client)
        return client

    def client(self) -> httpx.Client:
        """The client to send with. A forked child gets a new one: two processes that share a
        connection would read each other's answers."""
        if self._process != os.getpid():
            if not self.own:
                raise ConfigurationError(
                    "http_client= was made before a fork; make it in the process that uses it"
                )
            self._client, self._process = self._make(), os.getpid()
        check_open(self._client)
        return self._client

    def again(self, context: ssl.SSLContext) -> "Connections":
        """Others of the same settings."""
        return Connections(self.origin, self.signer, self.timeout, verify=context)

    def close(self) -> None:
        """Close our own client; the caller's stays open."""
        if self.own:
            self._client.close()


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
        self.own = http_client is None
        self.origin = origin
        self.signer = signer
        self.timeout = timeout
        self._client = (
            http_client
            if isinstance(http_client, httpx.AsyncClient)
            else httpx.AsyncClient(**_settings(origin, signer, timeout, verify))
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


AnyConnections = TypeVar("AnyConnections", Connections, AsyncConnections)


def check_http_client(http_client: object, kind: type[httpx.Client | httpx.AsyncClient]) -> None:
    """Refuse what is no httpx client of the right colour, or follows redirects."""
    if http_client is None:
        return
    if not isinstance(http_client, kind):
        raise ConfigurationError(
            f"http_client is an httpx.{kind.__name__} here, not {type(http_client).__name__}"
        )
    if http_client.follow_redirects:
        raise ConfigurationError(
            "http_client follows redirects, which would send personal data on; "
            "make it with follow_redirects=False"
        )


def check_open(client: httpx.Client | httpx.AsyncClient) -> None:
    """Refuse a caller's client that is closed."""
    if client.is_closed:
        raise ConfigurationError("http_client is closed; it has to live as long as the client")
