"""NLPearl and AsyncNLPearl: two thin shells round the same decisions.

What both share stands in `_Client` and in calls.py; a shell adds the waiting.
"""

import abc
import asyncio
import threading
from collections.abc import Coroutine
from datetime import timedelta, tzinfo
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .calls import Call, logger
from .configuration import Key, read_base_url, read_count, read_key, read_timeout
from .errors import ConfigurationError
from .leads import AddedLead, Lead, check_outbound_id, to_lead
from .phone_numbers import check_region
from .transport import AsyncConnections, Connections, Signer
from .wire import AsyncAttempt, SyncAttempt, low_level

if TYPE_CHECKING:
    import httpx
    from nlpearl_api.client import AuthenticatedClient

    from .call_data import CallData, ExternalId
    from .time_zones import WindowsTimeZone


class _Client(abc.ABC):
    """What a client of either colour was told, checked, and what a call needs to begin."""

    _origin = "?"  # a traceback printer asks for the repr of a client that could not be made

    def __init__(
        self,
        key: Key | ConfigurationError,
        origin: str | ConfigurationError,
        timeout: float | timedelta,
        max_retries: int,
        default_region: str | None,
    ) -> None:
        for wrong in (key, origin):
            if isinstance(wrong, ConfigurationError):
                raise wrong
        assert isinstance(key, Key)
        assert isinstance(origin, str)
        self._signer = Signer(key)
        self._origin = origin
        self._timeout = read_timeout(timeout)
        self._max_retries = read_count("max_retries", max_retries)
        self._default_region = None if default_region is None else check_region(default_region)
        self._warned = False
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._origin!r})"

    @abc.abstractmethod
    def add_lead(
        self,
        outbound_id: str,
        phone_number: str,
        *,
        external_id: "ExternalId | None" = None,
        time_zone: "WindowsTimeZone | str | tzinfo | None" = None,
        call_data: "CallData | None" = None,
        timeout: float | timedelta | None = None,
    ) -> AddedLead | Coroutine[Any, Any, AddedLead]:
        """Add one person to be called to an outbound campaign.

        Args:
            outbound_id: the campaign's id, 24 hex digits; not the pearl id of the platform's URL.
            phone_number: best in E.164, such as ``+14155550123``. The client's `default_region`
                makes it of a national number; without one it is sent as it stands.
            external_id: your own key for this person, a str, an int or a UUID. It comes back in
                the lead webhook, and a lost answer can be looked up by it.
            time_zone: where the person is: whatever `to_windows_time_zone` accepts, such as
                ``"America/New_York"``; without one the campaign's own zone holds.
            call_data: the variables of the call by name. They are sent as strings: numbers as
                digits, dates and times in ISO 8601, a bool as true or false; a None is left out.
            timeout: in place of the client's, for this call: seconds or a timedelta.

        None leaves a field out.

        Raises:
            InvalidArgumentError: nothing was sent; InvalidLeadError lists every fault in `.errors`.
            APIStatusError: the API answered, and not with a lead id.
            APIConnectionError: no answer came. `.outcome` says whether the lead may exist.
            ConfigurationError: the client is closed.
        """

    def _call(
        self,
        outbound_id: str,
        phone_number: str,
        external_id: object,
        time_zone: object,
        call_data: object,
        timeout: float | timedelta | None,
    ) -> Call:
        self._check_open()
        seconds = self._timeout if timeout is None else read_timeout(timeout)
        outbound_id = check_outbound_id(outbound_id)
        lead = to_lead(phone_number, external_id, time_zone, call_data, self._default_region)
        self._warn_of(lead)
        return Call(outbound_id, lead, seconds, self._max_retries)

    def _warn_of(self, lead: Lead) -> None:
        if lead.phone_number.startswith("+") or self._default_region or self._warned:
            return
        self._warned = True
        logger.warning(
            "A phone number does not begin with a + and is sent as it stands: the platform may "
            "find no country in it. Pass E.164, or give the client a default_region such as 'US'."
        )

    def _check_open(self) -> None:
        if self._closed:
            raise ConfigurationError("this client is closed; make a new one")


class NLPearl(_Client):
    """A client of the NLPearl API. Make one and share it, also between threads; close it, or use
    it as a context manager.

    Args:
        api_key: ``AccountId:SecretKey``; by default the environment's NLPEARL_API_KEY.
        base_url: scheme and host of the API; by default NLPEARL_BASE_URL, else the vendor's own.
            Plain http is for loopback only.
        timeout: seconds (or a timedelta) that a whole call may take, waits and retries included.
            A connect to one address gets at most 5 s of it.
        max_retries: how often a lead that was certainly not added is sent again.
        default_region: the ISO 3166 code, such as ``"US"``, of the country where numbers without a
            ``+`` are at home. Every number then becomes E.164, and one that cannot exist is an
            InvalidLeadError. Needs the extra ``phone``.
        http_client: an httpx client of your own, for proxies, certificates or tests. It is used as
            it is and never closed; it must not follow redirects.

    Raises:
        ConfigurationError: a key or a base URL of the wrong form, an unfit `http_client`, or a
            `default_region` without the extra.
        InvalidArgumentError: an impossible `timeout`, `max_retries` or `default_region`.

    The deadline holds with two exceptions, both of this colour only: the system's name look-up
    cannot be interrupted, and with an `http_client` of your own it is as good as that one's
    transport.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | timedelta = 30.0,
        max_retries: int = 2,
        default_region: str | None = None,
        http_client: "httpx.Client | None" = None,
    ) -> None:
        key, origin = read_key(api_key), read_base_url(base_url)
        # An error that leaves this frame must not show them to a traceback printer with locals.
        api_key = base_url = None
        super().__init__(key, origin, timeout, max_retries, default_region)
        self._connections = Connections(self._origin, self._signer, self._timeout, http_client)
        self._closing = threading.Event()
        self._idle = threading.Condition()
        self._threads: list[int] = []

    def add_lead(
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
        self._enter()
        try:
            again = True
            while again:
                attempt = call.begin(SyncAttempt(self._connections, call.lead, call.deadline))
                wait = call.judge(attempt.add(call.outbound_id))
                again = wait is not None and not self._closing.wait(wait)
            return call.end()
        except (KeyboardInterrupt, SystemExit) as stopped:
            call.interrupted(stopped)
            raise
        finally:
            self._leave()

    @property
    def low_level(self) -> "AuthenticatedClient":
        """The generated client (`nlpearl_api`), signed and ready, for what this class lacks.

        None of the promises of this class hold there: no deadline, no errors but httpx's.
        """
        self._check_open()
        return low_level(self._connections)

    def close(self) -> None:
        """Let the calls of other threads end, begin nothing new, and close the connections."""
        with self._idle:
            self._closed = True
            self._closing.set()
            me = threading.get_ident()
            self._idle.wait_for(lambda: all(thread == me for thread in self._threads))
        self._connections.close()

    def __enter__(self) -> Self:
        self._check_open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _enter(self) -> None:
        with self._idle:
            self._check_open()
            self._threads.append(threading.get_ident())

    def _leave(self) -> None:
        with self._idle:
            self._threads.remove(threading.get_ident())
            self._idle.notify_all()


class AsyncNLPearl(_Client):
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
        http_client: "httpx.AsyncClient | None" = None,
    ) -> None:
        key, origin = read_key(api_key), read_base_url(base_url)
        # An error that leaves this frame must not show them to a traceback printer with locals.
        api_key = base_url = None
        super().__init__(key, origin, timeout, max_retries, default_region)
        self._connections = AsyncConnections(self._origin, self._signer, self._timeout, http_client)
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
        me = asyncio.current_task()
        ended = self._ends[me] = asyncio.Event()
        try:
            again = True
            while again:
                attempt = call.begin(AsyncAttempt(self._connections, call.lead, call.deadline))
                wait = call.judge(await attempt.add(call.outbound_id))
                again = wait is not None and not await self._closes_within(wait)
            return call.end()
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit) as stopped:
            call.interrupted(stopped)
            raise
        finally:
            ended.set()
            del self._ends[me]

    async def _closes_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._closing.wait()
        except TimeoutError:
            return False

    @property
    def low_level(self) -> "AuthenticatedClient":
        """As `NLPearl.low_level`, for the generated functions' ``asyncio`` forms."""
        self._check_open()
        return low_level(self._connections)

    async def close(self) -> None:
        """Let the calls of other tasks end, begin nothing new, and close the connections."""
        self._closed = True
        self._closing.set()
        me = asyncio.current_task()
        for ended in [ended for task, ended in self._ends.items() if task is not me]:
            await ended.wait()
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
