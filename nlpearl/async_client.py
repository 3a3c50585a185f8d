"""AsyncNLPearl: the thin shell of client.py's for asyncio."""

import asyncio
from collections.abc import AsyncIterable, Iterable, Mapping
from datetime import timedelta, tzinfo
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from .async_calls import AsyncConnections, play_async
from .calls import Call, Result
from .client import Client
from .configuration import read_base_url, read_key
from .errors import NLPearlError
from .found import FoundLead
from .leads import AddedLead, Lead, check_rows
from .transport import make_lanes

if TYPE_CHECKING:
    import httpx
    from nlpearl_api.client import AuthenticatedClient

    from .async_runs import AsyncLeadRun, TaskFlight
    from .call_data import CallData, ExternalId
    from .ledger import Ledger
    from .time_zones import WindowsTimeZone


class AsyncNLPearl(Client):
    """`NLPearl` for asyncio: the same arguments, results and errors, with `await`.

    It belongs to the event loop of its first call. Share it between the tasks of that loop.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | timedelta = 30.0,
        max_retries: int = 2,
        default_region: str | None = None,
        reconcile: bool = False,
        http_client: "httpx.AsyncClient | None" = None,
    ) -> None:
        key, origin = read_key(api_key), read_base_url(base_url)
        # An error that leaves this frame must not show them to a traceback printer with locals.
        api_key = base_url = None
        super().__init__(key, origin, timeout, max_retries, default_region, reconcile)
        self._connections = AsyncConnections(self._origin, self._signer, self._timeout, http_client)
        self._flights: WeakSet[TaskFlight] = WeakSet()
        self._closing = asyncio.Event()
        self._ends: dict[object, asyncio.Event] = {}

    async def add_lead(
        self,
        outbound_id: str,
        phone_number: str,
        *,
        external_id: "ExternalId | None" = None,
        time_zone: "WindowsTimeZone | str | tzinfo | None" = None,
        call_data: "CallData | None" = None,
        timeout: float | timedelta | None = None,
    ) -> AddedLead:
        call = self._call(outbound_id, phone_number, external_id, time_zone, call_data, timeout)
        return await self._play(call)

    def add_leads(
        self,
        outbound_id: str,
        leads: "Iterable[Lead | Mapping[str, Any]] | AsyncIterable[Lead | Mapping[str, Any]]",
        *,
        concurrency: int = 8,
        rate: float | None = None,
        ledger: "Ledger | str | PathLike[str] | None" = None,
        resend_unknown: bool = False,
    ) -> "AsyncLeadRun":
        from .async_runs import AsyncLeadRun, TaskFlight

        plan = self._plan(outbound_id, concurrency, rate, ledger, resend_unknown)
        check_rows(leads, Iterable, AsyncIterable)
        flight = TaskFlight(plan, make_lanes(self._connections))
        self._flights.add(flight)
        rows = aiter(leads) if isinstance(leads, AsyncIterable) else iter(leads)
        return AsyncLeadRun(flight, rows)

    async def find_lead(
        self,
        outbound_id: str,
        external_id: "ExternalId",
        *,
        timeout: float | timedelta | None = None,
    ) -> FoundLead | None:
        return await self._play(self._find(outbound_id, external_id, timeout))

    async def _play(self, call: Call[Result]) -> Result:
        me = asyncio.current_task()
        over = self._ends[me] = asyncio.Event()
        try:
            ended = await play_async(call, self._connections, self._closing)
        finally:
            over.set()
            del self._ends[me]
        if isinstance(ended, NLPearlError):
            raise ended
        return ended

    @property
    def low_level(self) -> "AuthenticatedClient":
        """As `NLPearl.low_level`, for the generated functions' ``asyncio`` forms."""
        from .wire import low_level

        self._check_open()
        return low_level(self._connections)

    async def close(self) -> None:
        """Let the calls of other tasks end, begin nothing new, and close the connections."""
        self._closed = True
        self._closing.set()
        me = asyncio.current_task()
        for over in [over for task, over in self._ends.items() if task is not me]:
            await over.wait()
        for flight in list(self._flights):
            flight.cut_short()
            await flight.close()
        await self._connections.close()

    async def __aenter__(self) -> Self:
        self._check_open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
