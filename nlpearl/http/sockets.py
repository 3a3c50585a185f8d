"""A deadline that holds for every read and write of an `httpx.Client`.

httpx's timeouts are for each read: with 1 s, a server that sent a byte every 0.2 s held a client
for as long as it played (2026-11, httpx 0.28.1). For async there is `asyncio.timeout`. For sync,
httpcore has a public interface, `NetworkBackend`, whose streams can cap every read and write by
what is left of the call; httpx has no public way to hand one over.
"""

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from .deadlines import TimeLeft


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
        # httpcore's stream loops over partial sends, each with the whole timeout; a piece as small
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
        """socket.create_connection would give every address of a name the whole timeout."""
        failure: Exception = httpcore.ConnectError(f"no address found for {host}")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(error) from error
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
    take a network backend, but neither `httpx.Client` nor `httpx.HTTPTransport` has a parameter for
    it. A test fails when these names change.
    """
    for transport in (client._transport, *client._mounts.values()):  # pyright: ignore[reportPrivateUsage]
        assert isinstance(transport, httpx.HTTPTransport)  # of settings.py
        pool = transport._pool  # pyright: ignore[reportPrivateUsage]
        pool._network_backend = _Backend(pool._network_backend)  # pyright: ignore
