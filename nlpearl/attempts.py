"""One request over HTTP: how far it came, and what came back.

An `Attempt` stands where the generated code wants its client. It signs and sends what the
generated code has built, watches how far that comes, and reads no more than a bounded answer. What
it all means is then decided in one place, `Attempt.end`; sending again is not decided here.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from .answers import status_error
from .deadlines import Deadline, TimeLeft
from .errors import (
    UNKNOWN_HINT,
    APIConnectionError,
    APITimeoutError,
    Outcome,
)
from .transport import HEADERS, Connections

if TYPE_CHECKING:
    from .async_calls import AsyncConnections


#: No more of an answer is read; the documented one has some forty bytes.
LONGEST_ANSWER = 1024 * 1024

#: Headers under this many bytes go out in one write, see `network._Stream.write`.
ONE_WRITE = 2048

#: Seconds of the whole timeout that a connect to one address may take.
CONNECT_TIMEOUT = 5.0


class _UnreadableError(Exception):
    """Why the body of an answer is not read to its end."""


# 2026-11: parsing the URL was 0.07 of a bare call. httpx's own URL never changes.
_parsed = lru_cache(maxsize=16)(httpx.URL)


#: What an operation says of an answer that has not what it needs.
MISSING = object()


class Operation(Protocol):
    """What is asked of the API, in the words of the generated code. Made by wire.py."""

    #: Whether it changes nothing, and so may always be sent again.
    reads: bool
    #: What a success without it lacks, such as "lead id".
    needs: str

    def arguments(self) -> dict[str, Any]:
        """Those of the generated functions, but for the client."""
        ...

    @property
    def sync(self) -> Callable[..., Any]: ...

    @property
    def asynchronous(self) -> Callable[..., Any]: ...

    def read(self, parsed: object, body: bytes) -> Any:
        """The result of a success, or MISSING."""
        ...

    def private(self) -> dict[str, str]:
        """What a server may have echoed and no message shows, to what stands in its place."""
        ...


def _was_not_taken(failure: BaseException) -> bool:
    import httpcore  # 37 ms, half an import of httpx, which does without until it sends

    return isinstance(failure, httpcore.WriteError | httpcore.LocalProtocolError)


class Attempt:
    """One request on its way: how far it came, and what came back.

    The generated code sees the few attributes of its client and of httpx's response that it uses.
    """

    raise_on_unexpected_status = False

    def __init__(
        self,
        connections: "Connections | AsyncConnections",
        operation: Operation,
        deadline: Deadline,
    ) -> None:
        self._operation = operation
        self._origin = connections.origin
        self._own = connections.own
        self._signer = connections.signer
        self._deadline = deadline
        self._stage = "connecting"
        # A caller's own transport may tell us nothing: then nothing is known, and all is possible.
        self._sent: bool | None = False if connections.own else None
        self._one_write = False
        #: The status of the answer, once its first line has been read.
        self.status: int | None = None
        self._response: httpx.Response | None = None
        self._body: list[bytes] = []
        self._size = 0
        self._is_whole = False

    # Before: the request

    def _build(
        self,
        http: httpx.Client | httpx.AsyncClient,
        request: dict[str, Any],
        trace: object,
        timeout: TimeLeft | None,
    ) -> httpx.Request:
        """What the generated code wants to send, with a deadline, and a report of how far it is."""
        request["url"] = _parsed(self._origin + request["url"])
        if not self._own:  # our own client has them
            request.setdefault("headers", {}).update(HEADERS)
        connect = TimeLeft(self._deadline.at, CONNECT_TIMEOUT)
        limits = {"connect": connect, "pool": timeout, "write": timeout, "read": timeout}
        return http.build_request(**request, extensions={"timeout": limits, "trace": trace})

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpcore's own report of each stage, as it happens."""
        if event.endswith(".started"):
            if self._sent is None:
                self._sent = False
            if event.endswith("start_tls.started"):
                self._stage = "agreeing on TLS"
            elif event.endswith("send_request_headers.started"):
                # A proxy's CONNECT is not ours: nothing is passed on before it has succeeded.
                request = info["request"]
                if request.method != b"CONNECT":
                    self._stage, self._sent = "sending the request", True
                    sizes = (len(name) + len(value) + 4 for name, value in request.headers)
                    self._one_write = len(request.url.target) + sum(sizes) < ONE_WRITE
            elif event.endswith("receive_response_headers.started") and self._sent:
                self._stage = "waiting for the answer"
        elif event.endswith("send_request_headers.failed") and _was_not_taken(info["exception"]):
            # The headers are the first bytes of a request. In one write, a system that refuses it
            # has taken none of them: so ends a kept-alive connection that is seen to be dead now.
            self._sent = not self._one_write

    async def _atrace(self, event: str, info: Mapping[str, Any]) -> None:
        self._trace(event, info)

    # After: the answer

    def _begin(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self._response = response
        self._stage = f"reading the answer (status {self.status})"
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise _UnreadableError("it is compressed, which was not asked for")

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers with lower-case names."""
        return dict(self._response.headers.items()) if self._response else {}

    def _take(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > LONGEST_ANSWER:
            raise _UnreadableError("it is longer than 1 MiB")
        self._body.append(chunk)

    @property
    def status_code(self) -> int:
        """For the generated code: every 2xx is read as the documented 200."""
        status = self.status or 0
        return 200 if 200 <= status < 300 else status

    @property
    def content(self) -> bytes:
        """For the generated code: the body."""
        return b"".join(self._body)

    def json(self) -> object:
        """For the generated code: the body, parsed."""
        return json.loads(self.content)

    def end(self, parsed: object, failure: Exception | None) -> Any:
        """The operation's result, or the NLPearlError that says what is known of the lead.

        `parsed` is what the generated code made of the answer, `failure` what was raised on the
        way, by whomever.
        """
        if self.status is None:
            return self._no_answer(failure)
        why = ""
        if 200 <= self.status < 300:
            result: Any = MISSING
            if self._is_whole:
                result = self._operation.read(parsed, self.content)
            if result is not MISSING:
                return result
            if self._timed_out(failure):
                return self._no_answer(failure)
            why = f"the answer has no {self._operation.needs}: {self._unreadable(failure)}"
        text = self._signer.redact(self.content.decode("utf-8-sig", "replace"))
        headers = {name: self._signer.redact(value) for name, value in self.headers.items()}
        return status_error(
            self.status,
            headers,
            text,
            private=self._operation.private(),
            why=why,
            unknown_hint="" if self._operation.reads else UNKNOWN_HINT,
        )

    def _unreadable(self, failure: Exception | None) -> str:
        if isinstance(failure, _UnreadableError):
            return str(failure)
        if isinstance(failure, (httpx.HTTPError, httpx.StreamError, OSError)):
            return "it broke off"
        return "it is not what the API documents" if self._size else "it is empty"

    def _timed_out(self, failure: Exception | None) -> bool:
        return isinstance(failure, (httpx.TimeoutException, TimeoutError))

    def hint(self) -> str:
        """What is known of the lead while there is no answer."""
        if self._sent is False:
            return "Nothing was sent."
        return "Nothing was changed: it only asked." if self._operation.reads else UNKNOWN_HINT

    def _no_answer(self, failure: Exception | None) -> APIConnectionError:
        if self._timed_out(failure):
            kind: type[APIConnectionError] = APITimeoutError
            what = f"timed out (timeout {self._deadline.seconds:g} s)"
        else:
            kind = APIConnectionError
            said = " ".join(self._signer.redact(str(failure)).split())[:200].rstrip(".")
            what = said or type(failure).__name__
        outcome = Outcome.NOT_SENT if self._sent is False else Outcome.UNKNOWN
        return kind(f"{self._origin}: {what}, while {self._stage}\n{self.hint()}", outcome=outcome)


class SyncAttempt(Attempt):
    """An attempt through an `httpx.Client`."""

    def __init__(self, connections: Connections, operation: Operation, deadline: Deadline) -> None:
        super().__init__(connections, operation, deadline)
        self._http = connections.client()

    def send(self) -> Any:
        """The result, or the error as a value: the caller raises it elsewhere.

        Raised here, it would carry frames of httpx, whose locals hold the key.
        """
        try:
            answer = self._operation.sync(**self._operation.arguments(), client=self)
        except Exception as failure:
            return self.end(None, failure)
        return self.end(answer.parsed, None)

    def get_httpx_client(self) -> "SyncAttempt":
        """For the generated code."""
        return self

    def request(self, **kwargs: Any) -> "SyncAttempt":
        """For the generated code: send the request, read the answer."""
        # On a client of our own each stream holds the deadline: network.py.
        request = self._build(self._http, kwargs, self._trace, TimeLeft(self._deadline.at))
        response = self._http.send(request, auth=self._signer, stream=True, follow_redirects=False)
        try:
            self._begin(response)
            for chunk in response.iter_bytes():
                self._take(chunk)
            self._is_whole = True
        finally:
            response.close()
        return self
