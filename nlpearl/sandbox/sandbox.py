"""`Sandbox`, what a user holds: starts and stops the server, shows what came, orders faults.

The packages of the extra are imported when one is made, not with this module.
"""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..errors import ConfigurationError
from ..time_zones.table import WINDOWS_TIME_ZONES
from .faults import Lost, make_fault
from .records import ReceivedRequest, Records

if TYPE_CHECKING:
    from .server import Server

#: The key that opens a sandbox unless another is given: of the documented form, and no one's.
API_KEY = "5a4d0b0c5a4d0b0c5a4d0b0c:Sandb0xKeyThat0pensNothingAtAll2"


class Sandbox:
    """A local NLPearl on 127.0.0.1, for tests and for trying things out. Nobody is called.

    A context manager: it serves from `with` to its end.

    Args:
        port: the port to listen on; 0 picks a free one.
        campaign_ids: the campaigns that exist; every other one is a 404. Default: each exists.
        api_key: the only API key that it accepts.
        require_windows_time_zones: reject each time zone id that is not in `WINDOWS_TIME_ZONES`
            with a 400. The document allows any string.
        findable_after: seconds after which a lead can be looked up.

    Raises:
        ConfigurationError: the packages of the extra ``sandbox`` are not installed, or the port is
            in use.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        campaign_ids: Iterable[str] | None = None,
        api_key: str = API_KEY,
        require_windows_time_zones: bool = False,
        findable_after: float = 0.0,
    ) -> None:
        if isinstance(campaign_ids, str):
            raise TypeError("campaign_ids is one string; pass a list of ids")
        if not 0 <= port <= 65535:
            raise ConfigurationError(f"port={port} must be from 0 to 65535; 0 picks a free port")
        try:
            from .contract import Contract
            from .platform import Platform
        except ImportError as error:
            raise ConfigurationError(
                f"The sandbox needs more than the client does ({error}). "
                "Run: pip install 'nlpearl-client[sandbox]'"
            ) from error
        self._port = port
        self._api_key = api_key
        self._records = Records()
        ids = None if campaign_ids is None else frozenset(campaign_ids)
        zones = frozenset(WINDOWS_TIME_ZONES) if require_windows_time_zones else None
        contract = Contract(api_key)
        self._platform = Platform(contract, self._records, ids, zones, findable_after)
        self._server: Server | None = None

    def __enter__(self) -> Self:
        from .server import Server

        if self._server is not None:
            raise ConfigurationError(f"The sandbox is running already, at {self.url}.")
        self._server = Server(self._port, self._platform.play)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and close every connection; `leads` and `requests` stay. May be repeated."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def url(self) -> str:
        """The base URL for a client, such as ``http://127.0.0.1:54321``."""
        if self._server is None:
            raise ConfigurationError("The sandbox is not running. Use it as: with Sandbox() as …")
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def api_key(self) -> str:
        """The API key that it accepts."""
        return self._api_key

    @property
    def leads(self) -> list[dict[str, object]]:
        """The stored leads in order: `leadId`, the campaign (`outboundId`, in v2 `pearlId`), and
        the fields of the body. A copy."""
        return self._records.copied_leads()

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that were received completely, in order, also those that were rejected. A
        copy."""
        return self._records.copied_requests()

    def clear(self) -> None:
        """Forget the leads, the requests and the faults that are left."""
        self._records.clear()

    def inject_fault(
        self,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | bytes | None = None,
        delay: float = 0.0,
        retry_after: int | str | None = None,
        garbage: bool = False,
        lost: Lost | None = None,
        stored: bool | None = None,
        times: int = 1,
    ) -> None:
        """Make the next `times` requests fail in a chosen way.

        Faults are used in the order in which they were injected. Contradictory arguments raise
        ValueError.

        - `status` (200 to 599), `headers` and `body` replace those of the response.
        - `delay`: seconds before the response; the lead is stored before them.
        - `retry_after`: the value of Retry-After, in seconds or as text; the status is 429 unless
          another is given.
        - `garbage`: the response is not HTTP.
        - `lost`: ``close`` (the connection is closed without a response), ``reset`` (the
          same, with a TCP reset), ``silence`` (nothing until the client gives up), ``cut``
          (closed halfway through the body).
        - `stored`: whether the lead is stored. Default: it is, unless the status is a 4xx; a 4xx
          other than 408 rejects it. An invalid lead is never stored.
        """
        if times < 1:
            raise ValueError(f"times={times} is too small; pass 1 or more")
        fault = make_fault(
            status=status,
            headers=headers,
            body=body,
            delay=delay,
            retry_after=retry_after,
            garbage=garbage,
            lost=lost,
            stored=stored,
        )
        with self._records.lock:
            self._records.faults.extend([fault] * times)
