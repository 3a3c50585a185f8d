"""How our httpx clients are made: their headers, the environment's proxy and certificates. And
which of a caller's own are accepted.

The environment is read here and not by httpx, whose exceptions name neither variable nor file, and
whose loopback without proxies would be one without certificates as well (2026-11, httpx 0.28.1).
"""

import logging
import os
import re
import ssl
import sys
from collections.abc import Generator
from contextvars import ContextVar
from functools import lru_cache
from http.cookiejar import CookieJar
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias
from urllib.request import getproxies

import attrs
import httpx

from .._version import __version__
from ..configuration import Key, is_loopback, needs_no_proxy, proxy_complaint
from ..errors import ConfigurationError
from ..privacy import shown_url

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


# Whether httpx is sending a request of ours.
_sending: ContextVar[bool] = ContextVar("nlpearl_sending", default=False)


class _Discretion(logging.Filter):
    """Keeps httpx's line about a request of ours out of the log: at INFO it shows the URL, in which
    a lookup has the external id, which may be a phone number. At DEBUG it stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get() or logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


_discretion = _Discretion()


class Signer(httpx.Auth):
    """Puts the API key on each request; httpx calls it, sync and async."""

    def __init__(self, key: Key) -> None:
        self._key = key
        logging.getLogger("httpx").addFilter(_discretion)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._key.authorization()
        plugin: Any = sys.modules.get("nlpearl.sandbox.pytest_plugin")
        reach: str | None = plugin.reach if plugin else _PARENTS_REACH
        if reach is not None and not _is_loopback(str(request.url)):
            _lead_to_sandbox(request, reach)
        _sending.set(True)
        try:
            yield request
        finally:
            _sending.set(False)

    def redact(self, text: str) -> str:
        """The text without the API key."""
        return self._key.redact(text)


# What bare httpx does for every request, ours do once.
_is_loopback = lru_cache(maxsize=16)(is_loopback)

# In a process that a test has started; in that of the test itself the plugin says it.
_PARENTS_REACH = os.environ.get("NLPEARL_TEST_SANDBOX")


def _lead_to_sandbox(request: httpx.Request, sandbox: str) -> None:
    """Lead a test's request to its sandbox; ConfigurationError if it has none. Here, since every
    request passes the signer: of both clients, of a caller's `http_client`, of `low_level`."""
    if not sandbox:
        raise ConfigurationError(
            f"this is a test, which must not reach {request.url.host}: let it use the fixture "
            "nlpearl_sandbox, or mark it with @pytest.mark.nlpearl_live"
        )
    url = httpx.URL(sandbox)
    request.url = request.url.copy_with(scheme=url.scheme, host=url.host, port=url.port)
    request.headers["Host"] = url.netloc.decode()
    request.headers["Authorization"] = f"Bearer {url.username}:{url.password}"


@attrs.frozen
class Network:
    """How the API is reached."""

    #: Whom TLS trusts.
    context: ssl.SSLContext
    proxy: httpx.Proxy | None = attrs.field(default=None, repr=False)
    #: The variable that names the proxy, and the proxy without its password.
    proxy_variable: str = ""
    proxy_shown: str = ""


def client_settings(
    origin: str,
    signer: Signer,
    timeout: float,
    network: Network,
    transport: type[httpx.HTTPTransport | httpx.AsyncHTTPTransport],
) -> dict[str, Any]:
    """The arguments of our own `httpx.Client` or `httpx.AsyncClient`."""
    mounts: dict[str, object] = {}
    if network.proxy is not None:
        mounts["https://"] = transport(verify=network.context, proxy=network.proxy, trust_env=False)
    return {
        "base_url": origin,
        "auth": signer,
        "headers": HEADERS,
        "cookies": _NoCookies(),
        "timeout": timeout,
        "trust_env": False,
        "verify": network.context,
        "mounts": mounts,
    }


def read_network(origin: str) -> Network | ConfigurationError:
    """How the environment says that the API is reached, or what is wrong with that.

    The error is returned, not raised: a frame that raised it would hold a proxy's password.
    Loopback never goes through a proxy: with HTTP_PROXY set, a plain PUT to 127.0.0.1 gave the
    proxy the API key and the phone number (2026-11, httpx 0.28.1).
    """
    if origin.lower().startswith("http:"):  # without TLS: a context that trusts nobody
        return Network(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context = _ssl_context()
    if isinstance(context, ConfigurationError):
        return context
    if is_loopback(origin):
        return Network(context)
    found = getproxies()  # of macOS and Windows as well
    scheme = "https" if found.get("https") else "all"
    text = found.get(scheme, "").strip()
    if not text or needs_no_proxy(origin, found.get("no", "")):
        return Network(context)
    names = [name for name in os.environ if name.lower() == f"{scheme}_proxy"]
    # Of two spellings the lower case counts.
    name = max(names) if names else "the proxy in this system's settings"
    url = text if "://" in text or text[0] in "\"'" else f"http://{text}"
    return _through(context, name, url)


def _through(context: ssl.SSLContext, name: str, url: str) -> Network | ConfigurationError:
    """The network behind this proxy."""
    shown = shown_url(url) if re.match(r"[a-z][a-z\d]*://", url, re.IGNORECASE) else "…"
    wrong = proxy_complaint(url)
    if not wrong and url.lower().startswith("socks") and find_spec("socksio") is None:
        wrong = "needs a package that is not installed. Run: pip install 'httpx[socks]'"
    if not wrong:
        own = context if url.lower().startswith("https:") else None
        try:
            return Network(context, httpx.Proxy(url, ssl_context=own), name, shown)
        except Exception:  # what httpx refuses besides
            wrong = "cannot be read"
    return ConfigurationError(
        f"{name} ({shown}) {wrong}. It looks like http://user:password@host:port. Correct it, "
        "unset it, or list the API's host in NO_PROXY."
    )


def _ssl_context() -> ssl.SSLContext | ConfigurationError:
    """The certificates of SSL_CERT_FILE, else of SSL_CERT_DIR, else those of certifi."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    wrong = folder and not file and _folder_complaint(folder)
    if wrong:
        return ConfigurationError(f"SSL_CERT_DIR={folder!r} cannot be used: {wrong}.")
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        if folder:
            return ssl.create_default_context(capath=folder)
        return httpx.create_ssl_context(trust_env=False)
    except OSError as error:  # ssl.SSLError, too
        if error.filename is not None:  # only that of SSLKEYLOGFILE is named
            return ConfigurationError(
                f"SSLKEYLOGFILE={error.filename!r} cannot be written: {error.strerror}. Correct "
                "it, or unset it."
            )
        return ConfigurationError(
            f"SSL_CERT_FILE={file!r} cannot be used: {_file_complaint(error, file or '')}. It has "
            "to be a file of certificates in PEM form; correct it, or unset it."
        )


def _file_complaint(error: OSError, file: str) -> str:
    if file.startswith("~"):
        return "~ stands for nothing here, write the whole path"
    if isinstance(error, ssl.SSLError):
        return "no certificate can be read from it"
    return (error.strerror or str(error)).lower()


def _folder_complaint(folders: str) -> str | None:
    """What is wrong with the folders of SSL_CERT_DIR; None: nothing."""
    there = [Path(folder) for folder in folders.split(os.pathsep) if Path(folder).is_dir()]
    if not there:
        return "there is no such folder"
    try:
        names = [each.name for folder in there for each in folder.iterdir()]
    except OSError as error:
        return (error.strerror or str(error)).lower()
    if not any(re.fullmatch(r"[0-9a-f]{8}\.\d+", name) for name in names):
        return f"no certificate in it is named by its hash. Run: openssl rehash {there[0]}"
    return None


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
