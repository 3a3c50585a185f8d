"""The httpx clients: how they are made, and who may use them. What goes over them is wire.py's."""

import os
import ssl
import sys
from collections.abc import Callable, Generator
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from ._version import __version__
from .configuration import Key, is_loopback
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .async_calls import AsyncConnections

HEADERS = {
    # Without it an ASP.NET server prefers its first type, text/plain.
    "Accept": "application/json",
    # What nobody asked for cannot unzip to a hundred mebibytes.
    "Accept-Encoding": "identity",
    "User-Agent": f"nlpearl-client/{__version__} python/{sys.version.split()[0]}",
}


class _NoCookies(CookieJar):
    """Keeps none: an API key needs no session."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Leave them."""


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


def settings(
    origin: str, signer: Signer, timeout: float, verify: ssl.SSLContext | bool = True
) -> dict[str, Any]:
    # Loopback never goes through a proxy of the environment: with HTTP_PROXY set, a plain PUT to
    # 127.0.0.1 gave the proxy key and phone number (2026-11, httpx 0.28.1).
    trust_env = not is_loopback(origin)
    return {
        "base_url": origin,
        "auth": signer,
        "headers": HEADERS,
        "cookies": _NoCookies(),
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
        self.own: bool = http_client is None
        self.origin = origin
        self.signer = signer
        self.timeout = timeout
        self._settings = settings(origin, signer, timeout, verify)
        self._client = http_client if isinstance(http_client, httpx.Client) else self._make()
        self._process = os.getpid()

    def _make(self) -> httpx.Client:
        from .network import cap_by_deadline  # imports httpcore, as the client now does as well

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


AnyConnections = TypeVar("AnyConnections", "Connections", "AsyncConnections")


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
