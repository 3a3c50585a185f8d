"""One request over HTTP: the only module that knows httpx and the generated client.

An `Attempt` stands where the generated code wants its client. It signs and sends what the
generated code has built, watches how far that comes, and reads no more than a bounded answer. What
it all means is then decided in one place, `Attempt.end`; sending again is not decided here.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any, cast

import httpcore
import httpx
from nlpearl_api.api.outbound import add_lead
from nlpearl_api.client import AuthenticatedClient
from nlpearl_api.models import LeadToAddApi, LeadToAddApiCallData, LeadToAddResponseApi

from ._version import __version__
from .answers import status_error
from .errors import (
    UNKNOWN_HINT,
    APIConnectionError,
    APITimeoutError,
    NLPearlError,
    Outcome,
)
from .leads import Lead
from .phone_numbers import masked
from .retries import Deadline
from .transport import AsyncConnections, Connections, TimeLeft

#: No more of an answer is read; the documented one has some forty bytes.
LONGEST_ANSWER = 1024 * 1024

#: Headers under this many bytes go out in one write, see `transport._Stream.write`.
ONE_WRITE = 2048

#: Seconds of the whole timeout that a connect to one address may take.
CONNECT_TIMEOUT = 5.0

HEADERS = {
    # Without it an ASP.NET server prefers its first type, text/plain.
    "Accept": "application/json",
    # What nobody asked for cannot unzip to a hundred mebibytes.
    "Accept-Encoding": "identity",
    "User-Agent": f"nlpearl-client/{__version__} python/{sys.version.split()[0]}",
}


class _UnreadableError(Exception):
    """Why the body of an answer is not read to its end."""


class Attempt:
    """One request on its way: how far it came, and what came back.

    The generated code sees the few attributes of its client and of httpx's response that it uses.
    """

    raise_on_unexpected_status = False

    def __init__(
        self, connections: Connections | AsyncConnections, lead: Lead, deadline: Deadline
    ) -> None:
        self._origin = connections.origin
        self._signer = connections.signer
        self._lead = lead
        self._deadline = deadline
        self._stage = "connecting"
        # A caller's own transport may tell us nothing: then nothing is known, and all is possible.
        self._sent: bool | None = False if connections.own else None
        self._one_write = False
        #: The status of the answer, once its first line has been read.
        self.status: int | None = None
        #: The answer's headers with lower-case names.
        self.headers: Mapping[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0

    # Before: the request

    def body(self) -> LeadToAddApi:
        """The lead in the generated code's words. What is None is left out."""
        lead = self._lead
        body = LeadToAddApi(phone_number=lead.phone_number)
        if lead.external_id is not None:
            body.external_id = lead.external_id
        if lead.time_zone is not None:
            body.time_zone_id = lead.time_zone
        if lead.call_data is not None:
            body.call_data = LeadToAddApiCallData()
            body.call_data.additional_properties = lead.call_data
        return body

    def _extensions(self, trace: object) -> dict[str, object]:
        left = TimeLeft(self._deadline.at)
        connect = TimeLeft(self._deadline.at, CONNECT_TIMEOUT)
        timeout = {"connect": connect, "pool": left, "write": left, "read": left}
        return {"timeout": timeout, "trace": trace}

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
        elif event.endswith("send_request_headers.failed") and isinstance(
            info["exception"], (httpcore.WriteError, httpcore.LocalProtocolError)
        ):
            # The headers are the first bytes of a request. In one write, a system that refuses it
            # has taken none of them: so ends a kept-alive connection that is seen to be dead now.
            self._sent = not self._one_write

    async def _atrace(self, event: str, info: Mapping[str, Any]) -> None:
        self._trace(event, info)

    # After: the answer

    def _begin(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self._stage = f"reading the answer (status {self.status})"
        if self.headers.get("content-encoding", "identity") != "identity":
            raise _UnreadableError("it is compressed, which was not asked for")

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

    def end(self, parsed: object, failure: Exception | None) -> str | NLPearlError:
        """The lead id, or the error that says what is known of the lead.

        `parsed` is what the generated code made of the answer, `failure` what was raised on the
        way, by whomever.
        """
        if self.status is None:
            return self._no_answer(failure)
        why = ""
        if 200 <= self.status < 300:
            lead_id = parsed.lead_id if isinstance(parsed, LeadToAddResponseApi) else None
            if isinstance(lead_id, str) and lead_id.strip():
                return lead_id
            if self._timed_out(failure):
                return self._no_answer(failure)
            why = f"the answer has no lead id: {self._unreadable(failure)}"
        text = self._signer.redact(self.content.decode("utf-8-sig", "replace"))
        headers = {name: self._signer.redact(value) for name, value in self.headers.items()}
        return status_error(self.status, headers, text, private=self._private(), why=why)

    def _unreadable(self, failure: Exception | None) -> str:
        if isinstance(failure, _UnreadableError):
            return str(failure)
        if isinstance(failure, (httpx.HTTPError, httpx.StreamError, OSError)):
            return "it broke off"
        return "it is not what the API documents" if self._size else "it is empty"

    def _private(self) -> dict[str, str]:
        """What a server may have echoed and no message shows. Short values say nothing anyway."""
        shown = {self._lead.phone_number: masked(self._lead.phone_number)}
        for name, value in (self._lead.call_data or {}).items():
            if len(value) > 2:
                shown[value] = f"[{name}]"
        return shown

    def _timed_out(self, failure: Exception | None) -> bool:
        return isinstance(failure, (httpx.TimeoutException, TimeoutError))

    def hint(self) -> str:
        """What is known of the lead while there is no answer."""
        return "Nothing was sent." if self._sent is False else UNKNOWN_HINT

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

    def __init__(self, connections: Connections, lead: Lead, deadline: Deadline) -> None:
        super().__init__(connections, lead, deadline)
        self._http = connections.client()

    def add(self, outbound_id: str) -> str | NLPearlError:
        """Send the lead; the lead id, or the error as a value: the caller raises it elsewhere.

        Raised here, it would carry frames of httpx, whose locals hold the key.
        """
        try:
            answer = add_lead.sync_detailed(
                outbound_id, client=cast(AuthenticatedClient, self), body=self.body()
            )
        except Exception as failure:
            return self.end(None, failure)
        return self.end(answer.parsed, None)

    def get_httpx_client(self) -> "SyncAttempt":
        """For the generated code."""
        return self

    def request(self, **kwargs: Any) -> "SyncAttempt":
        """For the generated code: send the request, read the answer."""
        kwargs["url"] = self._origin + kwargs["url"]
        kwargs["headers"].update(HEADERS)
        request = self._http.build_request(**kwargs, extensions=self._extensions(self._trace))
        response = self._http.send(request, auth=self._signer, stream=True, follow_redirects=False)
        try:
            self._begin(response)
            for chunk in response.iter_bytes():
                self._take(chunk)
        finally:
            response.close()
        return self


class AsyncAttempt(Attempt):
    """An attempt through an `httpx.AsyncClient`."""

    def __init__(self, connections: AsyncConnections, lead: Lead, deadline: Deadline) -> None:
        super().__init__(connections, lead, deadline)
        self._http = connections.client()

    async def add(self, outbound_id: str) -> str | NLPearlError:
        """As `SyncAttempt.add`."""
        try:
            async with asyncio.timeout(self._deadline.left()):
                answer = await add_lead.asyncio_detailed(
                    outbound_id, client=cast(AuthenticatedClient, self), body=self.body()
                )
        except Exception as failure:
            return self.end(None, failure)
        return self.end(answer.parsed, None)

    def get_async_httpx_client(self) -> "AsyncAttempt":
        """For the generated code."""
        return self

    async def request(self, **kwargs: Any) -> "AsyncAttempt":
        """For the generated code: send the request, read the answer."""
        kwargs["url"] = self._origin + kwargs["url"]
        kwargs["headers"].update(HEADERS)
        request = self._http.build_request(**kwargs, extensions=self._extensions(self._atrace))
        response = await self._http.send(
            request, auth=self._signer, stream=True, follow_redirects=False
        )
        try:
            self._begin(response)
            async for chunk in response.aiter_bytes():
                self._take(chunk)
        finally:
            await response.aclose()
        return self


class _Signed:
    """A caller's httpx client for the generated code: signed, and otherwise as it is."""

    def __init__(self, connections: Connections | AsyncConnections) -> None:
        self._connections = connections

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """The answer, or for async an awaitable of it."""
        kwargs.setdefault("headers", {}).update(HEADERS)
        url = self._connections.origin + url
        auth = self._connections.signer
        return self._connections.client().request(method, url, auth=auth, **kwargs)


def low_level(connections: Connections | AsyncConnections) -> AuthenticatedClient:
    """The generated client, signed and ready. Its token is empty, since its repr shows it."""
    client = AuthenticatedClient(base_url=connections.origin, token="")
    http: Any = connections.client() if connections.own else _Signed(connections)
    if isinstance(connections, Connections):
        return client.set_httpx_client(http)
    return client.set_async_httpx_client(http)
