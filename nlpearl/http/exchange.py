"""One request and its response: how far the request got, and what came back.

An `Exchange` stands where the generated code expects httpx's response. What a response means is
decided in calls/.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import httpx

from .deadlines import Deadline, TimeLeft
from .settings import HEADERS

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


class Exchange:
    """One request on its way, and its response."""

    def __init__(self, origin: str, own: bool, deadline: Deadline) -> None:
        self._origin = origin
        self._own = own
        self.deadline = deadline
        #: What it is doing, in words.
        self.stage: str = "connecting"
        #: Whether the request, or a part of it, was sent. None: a caller's own transport that
        #: tells us nothing, so that everything is possible.
        self.sent: bool | None = False if own else None
        #: The status of the response, once its first line has been read.
        self.status: int | None = None
        #: Whether the body was read to its end.
        self.is_whole: bool = False
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
        self.sent = bool(self.sent)  # whoever reports has sent nothing before he says so
        step = event.partition(".")[2]
        if step == "start_tls.started":
            self.stage = "negotiating TLS"
        # A proxy's CONNECT is not ours: nothing is passed on before it has succeeded.
        elif step == "send_request_headers.started" and info["request"].method != b"CONNECT":
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

    def timed_out(self, failure: Exception | None) -> bool:
        """Whether it failed because its time was over."""
        return isinstance(failure, (httpx.TimeoutException, TimeoutError))

    def why_unreadable(self, failure: Exception | None) -> str:
        """Why a success tells nothing, in words."""
        if isinstance(failure, UnreadableError):
            return str(failure)
        if isinstance(failure, (httpx.HTTPError, httpx.StreamError, OSError)):
            return "it broke off"
        return "it is not what the API documents" if self._size else "it is empty"


def _was_not_sent(failure: BaseException) -> bool:
    import httpcore  # 37 ms, half an import of httpx, which does without until it sends

    return isinstance(failure, httpcore.WriteError | httpcore.LocalProtocolError)
