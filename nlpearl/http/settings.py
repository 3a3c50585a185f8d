"""How our httpx clients are made, and which of a caller's own are accepted."""

import ssl
import sys
from collections.abc import Generator
from http.cookiejar import CookieJar
from typing import Any, TypeAlias

import httpx

from .._version import __version__
from ..configuration import Key, is_loopback
from ..errors import ConfigurationError

#: What `http_client` may be, for threads and for tasks.
HttpClient: TypeAlias = httpx.Client
AsyncHttpClient: TypeAlias = httpx.AsyncClient

#: The headers of every request.
HEADERS = {
    # Without it an ASP.NET server prefers its first type, text/plain.
    "Accept": "application/json",
    # A compressed response could expand to hundreds of megabytes.
    "Accept-Encoding": "identity",
    "User-Agent": f"nlpearl-client/{__version__} python/{sys.version.split()[0]}",
}


class _NoCookies(CookieJar):
    """Keeps no cookies: an API key needs no session."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore them."""


class Signer(httpx.Auth):
    """Puts the API key on each request; httpx calls it, sync and async."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._key.authorization()
        yield request

    def redact(self, text: str) -> str:
        """The text without the API key."""
        return self._key.redact(text)


def client_settings(
    origin: str, signer: Signer, timeout: float, verify: ssl.SSLContext | bool
) -> dict[str, Any]:
    """The arguments of our own `httpx.Client` or `httpx.AsyncClient`."""
    return {
        "base_url": origin,
        "auth": signer,
        "headers": HEADERS,
        "cookies": _NoCookies(),
        "timeout": timeout,
        "trust_env": _trusts_environment(origin),
        "verify": verify,
    }


def ssl_context(origin: str) -> ssl.SSLContext:
    """One for all workers of a run: it is nearly all that an httpx client costs."""
    return httpx.create_ssl_context(trust_env=_trusts_environment(origin))


def _trusts_environment(origin: str) -> bool:
    # Loopback never goes through a proxy of the environment: with HTTP_PROXY set, a plain PUT to
    # 127.0.0.1 gave the proxy the API key and the phone number (2026-11, httpx 0.28.1).
    return not is_loopback(origin)


def check_http_client(http_client: object, kind: type[httpx.Client | httpx.AsyncClient]) -> None:
    """Refuse an `http_client` of another type, or one that follows redirects."""
    if not isinstance(http_client, kind):
        raise ConfigurationError(
            f"http_client must be an httpx.{kind.__name__}, not {type(http_client).__name__}"
        )
    if http_client.follow_redirects:
        raise ConfigurationError(
            "http_client follows redirects, which would send personal data on; "
            "make it with follow_redirects=False"
        )
