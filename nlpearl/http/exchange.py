"""One request and its response: how far the request got, and what came back.

An `Exchange` stands where the generated code expects httpx's response. What a response means is
decided in calls/.
"""

import errno
import json
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

import attrs
import httpx

from .deadlines import Deadline, TimeLeft
from .settings import HEADERS, Network

#: Bytes of a response that are read at most; the documented one has about forty.
LONGEST_RESPONSE = 1024 * 1024

#: Headers under this many bytes go out in one write, see `sockets._Stream.write`.
ONE_WRITE = 2048

#: Seconds that connecting to one address may take.
CONNECT_TIMEOUT = 5.0

# 2026-11: parsing the URL was 0.07 of a bare call. httpx's own URL never changes.
_parsed = lru_cache(maxsize=16)(httpx.URL)


class UnreadableError(Exception):
    """Why the body of a response is not read to its end."""


#: How an exchange fails. UnicodeError: a host that no name can be.
_FAILURES = (
    httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, UnicodeError, UnreadableError
)  # fmt: skip
#: What is raised for a body of any other form than the documented one.
_PARSING = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class Exchange:
    """One request on its way, and its response. `network` is None for a caller's own client."""

    def __init__(self, origin: str, network: Network | None, deadline: Deadline) -> None:
        own = network is not None
        self._origin = origin
        self._own = own
        #: The variable of the environment's proxy that it goes through; empty: none.
        self._proxy: str = network.proxy_variable if network else ""
        self._proxy_shown = network.proxy_shown if network else ""
        self.deadline = deadline
        #: What it is doing, in words.
        self.stage: str = "connecting" + self._to(" to the proxy")
        #: Whether the request, or a part of it, was sent. None: a caller's own transport that
        #: tells us nothing, so that everything is possible.
        self.sent: bool | None = False if own else None
        #: The status of the response, once its first line has been read.
        self.status: int | None = None
        #: Whether the body was read to its end.
        self.is_whole: bool = False
        self._began = time.monotonic()
        self._one_write = False
        self._response: httpx.Response | None = None
        self._body: list[bytes] = []
        self._size = 0

    # The request

    def build(
        self,
        http: httpx.Client | httpx.AsyncClient,
        request: dict[str, Any],
        trace: object,
        timeout: TimeLeft | None,
    ) -> httpx.Request:
        """The request of the generated code, with a deadline and a report of its progress."""
        request["url"] = _parsed(self._origin + request["url"])
        if not self._own:  # our own client has them
            request.setdefault("headers", {}).update(HEADERS)
        connect = TimeLeft(self.deadline.at, CONNECT_TIMEOUT)
        limits = {"connect": connect, "pool": timeout, "write": timeout, "read": timeout}
        return http.build_request(**request, extensions={"timeout": limits, "trace": trace})

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpcore's report of each stage, as it happens."""
        self.sent = bool(self.sent)  # a transport that reports has sent nothing before
        step = event.partition(".")[2]
        if step == "start_tls.started":
            is_proxys = event.startswith("connection.")  # of the tunnel it is "proxy.", or "socks."
            self.stage = "negotiating TLS" + (self._to(" with the proxy") if is_proxys else "")
        elif step == "send_request_headers.started" and info["request"].method == b"CONNECT":
            # Not ours: nothing is passed on before it has succeeded.
            self.stage = _ASKING
        elif step == "send_request_headers.started":
            request = info["request"]
            if self.deadline.left() <= 0:  # a claim may be over as well
                raise TimeoutError
            self.stage, self.sent = "sending the request", True
            sizes = (len(name) + len(value) + 4 for name, value in request.headers)
            self._one_write = len(request.url.target) + sum(sizes) < ONE_WRITE
        elif step == "receive_response_headers.started" and self.sent:
            self.stage = "waiting for the response"
        elif step == "send_request_headers.failed" and _was_not_sent(info["exception"]):
            # The headers are the first bytes of a request. In one write, a system that refuses it
            # has sent none of them: so ends a kept-alive connection that is found dead now.
            self.sent = not self._one_write

    async def async_trace(self, event: str, info: Mapping[str, Any]) -> None:
        self.trace(event, info)

    # The response

    def begin(self, response: httpx.Response) -> None:
        """The status line and the headers have been read."""
        self.status = response.status_code
        self._response = response
        self.stage = f"reading the response (status {self.status})"
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnreadableError("it is compressed, which was not asked for")

    def take(self, chunk: bytes) -> None:
        """A piece of the body has been read."""
        self._size += len(chunk)
        if self._size > LONGEST_RESPONSE:
            raise UnreadableError("it is longer than 1 MiB")
        self._body.append(chunk)

    @property
    def headers(self) -> dict[str, str]:
        """The response's headers with lower-case names."""
        return dict(self._response.headers.items()) if self._response else {}

    @property
    def status_code(self) -> int:
        """For the generated code: every 2xx is read as the documented 200."""
        status = self.status or 0
        return 200 if 200 <= status < 300 else status

    @property
    def content(self) -> bytes:
        """The body, as far as it was read."""
        return b"".join(self._body)

    def json(self) -> object:
        """For the generated code: the body, parsed."""
        return json.loads(self.content)

    @property
    def place(self) -> str:
        """Where the request goes, as messages say it."""
        if not self._proxy:
            return self._origin
        return f"{self._origin}, through the proxy {self._proxy_shown} ({self._proxy})"

    def _to(self, proxy: str) -> str:
        return proxy if self._proxy else ""

    def trouble(self, failure: Exception | None) -> "Trouble":
        """Why no response came, and what to do."""
        errors = [*_causes(failure)]
        said = [*filter(None, map(_said, sorted(errors, key=lambda e: not isinstance(e, OSError))))]
        text = said[0] if said else "the connection was closed"
        for error in errors:
            if isinstance(error, ssl.SSLCertVerificationError):
                return Trouble(text, _about_certificate(error.verify_code, self._own), True)
            if isinstance(error, OSError) and error.errno in _TOO_MANY_FILES:
                return Trouble(text, _OPEN_FILES)
        if isinstance(failure, httpx.ProxyError):
            status = text.split(" ", 1)[0]
            if status in ("403", "407"):
                return Trouble(f"the proxy refuses: {text}", self._about_proxy(status), True)
        lasts = any(isinstance(e, socket.gaierror) and e.errno in _NO_SUCH_NAME for e in errors)
        return Trouble(text, self._about_proxy(), lasts)

    def _about_proxy(self, status: str = "") -> str:
        name = self._proxy
        if not (name or status) or "proxy" not in self.stage:
            return ""
        if status == "407":
            return (
                "It asks for a user and a password: "
                f"{name or 'HTTPS_PROXY'}=http://user:password@host:port."
            )
        if "TLS" in self.stage:
            return f"If the proxy does not speak TLS, write http:// in {name} instead of https://."
        return f"Correct {name or 'HTTPS_PROXY'}, or list the API's host in NO_PROXY."

    def timed_out(self, failure: Exception | None) -> bool:
        """Whether it failed because its time was over."""
        return isinstance(failure, (httpx.TimeoutException, TimeoutError))

    def foreign(self, error: Exception) -> BaseException | None:
        """What is to be raised, unless it is an exchange or a parser that fails so: an exception of
        a signal handler, for example, which happens to come amid a call."""
        if self._own and self.timed_out(error) and self._is_early():
            found: BaseException | None = error  # or what httpx took for a timeout of its own
            while found is not None and not isinstance(found, TimeoutError):
                found = found.__cause__ or found.__context__
            # One with a number is the system's: a connection whose other end is gone.
            return None if found and found.errno else found or error
        return None if isinstance(error, _PARSING if self.is_whole else _FAILURES) else error

    def _is_early(self) -> bool:
        """Whether nothing of ours can have timed out yet."""
        connecting = self.sent is False and time.monotonic() - self._began > CONNECT_TIMEOUT - 0.1
        return self.deadline.left() > 0.1 and not connecting

    def why_unreadable(self, failure: Exception | None) -> str:
        """Why a success tells nothing, in words."""
        if isinstance(failure, UnreadableError):
            return str(failure)
        if isinstance(failure, (httpx.HTTPError, httpx.StreamError, OSError)):
            return "it broke off"
        return "it is not what the API documents" if self._size else "it is empty"


@attrs.frozen
class Trouble:
    """Why no response came."""

    text: str
    #: What to do; empty: nobody knows.
    hint: str = ""
    #: Whether it stays as it is until somebody does that.
    is_permanent: bool = False


_ASKING = "asking the proxy to connect"
# Of macOS, Linux and Windows, where they have them.
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
}
# EBUSY: what a lookup of a name says then (2026-11, glibc 2.36).
_TOO_MANY_FILES = {errno.EMFILE, errno.ENFILE, errno.EBUSY}
_OPEN_FILES = (
    "Too many files and connections are open: allow more (ulimit -n), or use a lower concurrency."
)
# OpenSSL's X509_V_ERR_…
_NOT_VALID_NOW, _OTHER_NAME = {9, 10}, {62, 64}


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    """The failure and what it was raised from, the first cause first.

    httpcore 1.0.9 raises "from None" what it made of the cause, which is left in its arguments.
    What was being handled at that time is not looked at: it may be a caller's.
    """
    if failure is not None:
        cause = failure.__cause__
        if cause is None and failure.args and isinstance(failure.args[0], BaseException):
            cause = failure.args[0]
        if isinstance(cause, BaseExceptionGroup):
            cause = cast(BaseExceptionGroup[BaseException], cause).exceptions[0]
        yield from _causes(cause)
        yield failure


def _said(error: BaseException) -> str:
    if isinstance(error, ConnectionError) and error.errno:  # asyncio puts its own words here
        return f"[Errno {error.errno}] {os.strerror(error.errno)}"
    return str(error)


def _about_certificate(code: int, own: bool) -> str:
    """What to do about a certificate that cannot be verified; `code` is OpenSSL's."""
    if code in _NOT_VALID_NOW:
        return "The certificate is not valid at this time. Check the clock of this machine first."
    if code in _OTHER_NAME:
        return "The certificate is of another host. Check the base URL, and who answers there."
    what = "The issuer of the certificate is not trusted here. If your company inspects TLS, "
    if not own:
        return f"{what}let your http_client trust its certificate authority: verify=…"
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if os.environ.get(name):
            hash_it = f", and run: openssl rehash {os.environ[name]}" if name[-3:] == "DIR" else "."
            return f"{what}add its certificate authority to {name}={os.environ[name]}{hash_it}"
    only_curls = os.environ.get("CURL_CA_BUNDLE") and not os.environ.get("REQUESTS_CA_BUNDLE")
    unread = "CURL_CA_BUNDLE" if only_curls else "REQUESTS_CA_BUNDLE"
    return f"{what}set SSL_CERT_FILE to its certificate authority's file ({unread} is not read)."


def _was_not_sent(failure: BaseException) -> bool:
    import httpcore  # 37 ms, half an import of httpx, which does without until it sends

    return isinstance(failure, httpcore.WriteError | httpcore.LocalProtocolError)
