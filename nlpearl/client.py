"""NLPearl, a thin shell; AsyncNLPearl is the other (async_client.py).

What both share stands in `Client` and in calls.py; a shell adds the waiting.
"""

import abc
import threading
from collections.abc import Coroutine, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from .call_data import to_external_id
from .calls import AddCall, Call, FindCall, Result, SettleCall, logger, play
from .configuration import Key, read_base_url, read_count, read_key, read_rate, read_timeout
from .errors import ConfigurationError, NLPearlError
from .found import FoundLead, check_can_be_looked_up
from .leads import AddedLead, Lead, check_outbound_id, check_rows, to_lead, to_lead_of_row
from .phone_numbers import check_region
from .transport import Connections, Signer, make_lanes

if TYPE_CHECKING:
    import httpx
    from nlpearl_api.client import AuthenticatedClient

    from .async_runs import AsyncLeadRun
    from .bulk import Plan
    from .call_data import CallData, ExternalId
    from .ledger import Ledger
    from .runs import LeadRun, ThreadFlight
    from .time_zones import WindowsTimeZone


class Client(abc.ABC):
    """What a client of either colour was told, checked, and what a call needs to begin."""

    _origin = "?"  # a traceback printer asks for the repr of a client that could not be made

    def __init__(
        self,
        key: Key | ConfigurationError,
        origin: str | ConfigurationError,
        timeout: float | timedelta,
        max_retries: int,
        default_region: str | None,
        reconcile: bool,
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
        self._reconcile = reconcile
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
    ) -> AddCall:
        self._check_open()
        seconds = self._timeout if timeout is None else read_timeout(timeout)
        outbound_id = check_outbound_id(outbound_id)
        lead = to_lead(phone_number, external_id, time_zone, call_data, self._default_region)
        self._warn_of(lead)
        return AddCall(outbound_id, lead, seconds, self._max_retries, reconcile=self._reconcile)

    @abc.abstractmethod
    def find_lead(
        self,
        outbound_id: str,
        external_id: "ExternalId",
        *,
        timeout: float | timedelta | None = None,
    ) -> FoundLead | Coroutine[Any, Any, FoundLead | None] | None:
        """Look a lead up by its external id.

        None: the API knows none, or none yet. That proves nothing of a lead whose answer was lost,
        since nowhere is it said how soon a lead can be found, nor which of several with one
        external id. Reading changes nothing, so that all failures that may pass are tried again.

        Raises:
            InvalidArgumentError: nothing was sent: an id that no path can carry, such as ``".."``.
            APIStatusError, APIConnectionError, ConfigurationError: as in `add_lead`.
        """

    def _find(
        self, outbound_id: str, external_id: object, timeout: float | timedelta | None
    ) -> FindCall:
        self._check_open()
        seconds = self._timeout if timeout is None else read_timeout(timeout)
        text = check_can_be_looked_up(to_external_id(external_id))
        return FindCall(check_outbound_id(outbound_id), text, seconds, self._max_retries)

    @abc.abstractmethod
    def add_leads(
        self,
        outbound_id: str,
        leads: Any,
        *,
        concurrency: int = 8,
        rate: float | None = None,
        ledger: "Ledger | str | PathLike[str] | None" = None,
        resend_unknown: bool = False,
    ) -> "LeadRun | AsyncLeadRun":
        """Add many people: one `LeadResult` for each input, as they finish.

        An iterator (for asyncio an async one), also a context manager. A row that is no valid lead,
        or whose call fails, is a result with an error; what raises is the end of the run.

        Args:
            outbound_id: the campaign's id, as in `add_lead`.
            leads: any iterable, for asyncio also an async one, of `Lead` or of mappings of the
                argument names (``{"phone_number": …, "external_id": …}``). It is read lazily, by
                you who iterate: never more than `concurrency` rows ahead of what you have had, so
                a database cursor or a file of any length will do.
            concurrency: how many calls are in flight at most, each on a connection of its own.
            rate: leads that start in a second at most.
            ledger: a `Ledger`, or its path. Without one nothing is deduplicated, and a run that is
                killed cannot be resumed.
            resend_unknown: send again what an earlier run of the ledger sent and never learnt the
                end of, too. Whoever was added then is phoned twice.

        A 429 pauses the whole run and costs no lead. Each call has the client's `timeout` and
        `max_retries`, not counting such pauses. Leaving the loop, and `close` of the run or the
        client, finish what is in flight, record it, and start nothing new.

        Raises, at once: InvalidArgumentError, ConfigurationError (the client is closed). While
        iterating, after all that was in flight has been delivered:
            LedgerError: the ledger cannot be used, or its disk is full.
            AuthenticationError, PermissionDeniedError: no other row would fare better.
            RateLimitError: for ten minutes nothing but 429 came, or Retry-After is longer.
            Whatever your iterable raises.
        """

    def _plan(
        self,
        outbound_id: str,
        concurrency: int,
        rate: float | None,
        ledger: "Ledger | str | PathLike[str] | None",
        resend_unknown: bool,
    ) -> "Plan":
        # Here, so that whoever adds single leads does not wait for threads and SQLite.
        from .bulk import Plan
        from .ledger import Ledger, Session

        self._check_open()
        outbound_id = check_outbound_id(outbound_id)

        def to_lead(row: object) -> Lead:
            lead = to_lead_of_row(row, self._default_region)
            self._warn_of(lead)
            return lead

        def to_call(lead: Lead) -> AddCall:
            return AddCall(
                outbound_id,
                lead,
                self._timeout,
                self._max_retries,
                paced=True,
                reconcile=self._reconcile,
            )

        def to_settle(lead: Lead, sent: datetime, error: NLPearlError) -> AddCall:
            return SettleCall(outbound_id, lead, self._timeout, self._max_retries, sent, error)

        session = None
        if ledger is not None:
            book = ledger if isinstance(ledger, Ledger) else Ledger(ledger)
            session = Session(book, (self._origin, outbound_id))
        return Plan(
            read_count("concurrency", concurrency, least=1),
            read_rate(rate),
            to_lead,
            to_call,
            to_settle if self._reconcile else None,
            session,
            resend_unknown,
        )

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


class NLPearl(Client):
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
        reconcile: whether to look a lead with an external id up when its end is not known, within
            the timeout, of which the look-ups keep a third. Proven to be there, it counts as added;
            nothing is ever sent again for it. Use it where external ids are unique.
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
        reconcile: bool = False,
        http_client: "httpx.Client | None" = None,
    ) -> None:
        key, origin = read_key(api_key), read_base_url(base_url)
        # An error that leaves this frame must not show them to a traceback printer with locals.
        api_key = base_url = None
        super().__init__(key, origin, timeout, max_retries, default_region, reconcile)
        self._connections = Connections(self._origin, self._signer, self._timeout, http_client)
        self._flights: WeakSet[ThreadFlight] = WeakSet()
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
        return self._play(call)

    def add_leads(
        self,
        outbound_id: str,
        leads: "Iterable[Lead | Mapping[str, Any]]",
        *,
        concurrency: int = 8,
        rate: float | None = None,
        ledger: "Ledger | str | PathLike[str] | None" = None,
        resend_unknown: bool = False,
    ) -> "LeadRun":
        from .runs import LeadRun, ThreadFlight

        plan = self._plan(outbound_id, concurrency, rate, ledger, resend_unknown)
        check_rows(leads, Iterable)
        flight = ThreadFlight(plan, make_lanes(self._connections))
        self._flights.add(flight)
        return LeadRun(flight, iter(leads))

    def find_lead(
        self,
        outbound_id: str,
        external_id: "ExternalId",
        *,
        timeout: float | timedelta | None = None,
    ) -> FoundLead | None:
        return self._play(self._find(outbound_id, external_id, timeout))

    def _play(self, call: Call[Result]) -> Result:
        self._enter()
        try:
            ended = play(call, self._connections, self._closing)
        finally:
            self._leave()
        if isinstance(ended, NLPearlError):
            raise ended
        return ended

    @property
    def low_level(self) -> "AuthenticatedClient":
        """The generated client (`nlpearl_api`), signed and ready, for what this class lacks.

        None of the promises of this class hold there: no deadline, no errors but httpx's.
        """
        from .wire import low_level

        self._check_open()
        return low_level(self._connections)

    def close(self) -> None:
        """Let the calls of other threads end, begin nothing new, and close the connections."""
        with self._idle:
            self._closed = True
            self._closing.set()
            me = threading.get_ident()
            self._idle.wait_for(lambda: all(thread == me for thread in self._threads))
        for flight in list(self._flights):
            flight.cut_short()
            flight.close()
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
