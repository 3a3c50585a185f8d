"""`NLPearl` and `AsyncNLPearl`: signatures and docstrings. Nothing is decided here.

What a client was told is in account.py; a call takes its path in calls/, a run in bulk/.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from datetime import timedelta, tzinfo
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, Self

from .account import Account, Arguments, Client, Parsed, to_ledger
from .configuration import read_base_url, read_count, read_key, read_rate
from .errors import NLPearlError
from .http.threads import ThreadLane, finish
from .leads.lead import Lead, check_rows
from .leads.results import AddedLead, FoundLead, SettledLead

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .bulk.tasks import AsyncLeadRun
    from .bulk.threads import LeadRun
    from .calls.any_operation import OperationModule
    from .calls.operations import AuthenticatedClient
    from .http.settings import AsyncHttpClient, HttpClient
    from .leads.call_data import CallData
    from .leads.identifiers import ExternalId
    from .ledger.ledger import Ledger
    from .time_zones.table import WindowsTimeZone


class NLPearl(Client):
    """A client of the NLPearl API. Make one, share it between threads, and close it, or use it as
    a context manager.

    Args:
        api_key: ``AccountId:SecretKey``. Default: the environment variable NLPEARL_API_KEY.
        base_url: scheme and host of the API. Default: NLPEARL_BASE_URL, else the vendor's server.
            Plain http is for loopback only.
        api_version: ``"v1"``, where a campaign has its outbound id, or ``"v2"``, where it has its
            pearl id, which the platform's URL shows. A ledger belongs to one of them.
        timeout: seconds (or a timedelta) that a whole call may take, waits and retries included.
            Connecting to one address may take at most 5 s of it.
        max_retries: maximum number of retries for a lead that was certainly not added.
        default_region: the ISO 3166 code, such as ``"US"``, of the country of numbers without a
            ``+``. Every number is then sent as E.164, and one that cannot exist is an
            InvalidLeadError.
        ledger: a `Ledger`, or its path or URL, that remembers who was added: nobody is added twice,
            even if the call is repeated. The client closes one that it has made of a path.
        reconcile: if the outcome is unknown, look the lead up by its external id; lookups have
            what is left of `timeout`, at least its last third. A lead that is proven to be there
            counts as added; a lookup never causes a resend. Use it where external ids are unique.
        http_client: your own httpx client, for proxies, certificates or tests. It is used as it is
            and never closed; it must not follow redirects.

    Raises:
        ConfigurationError: a malformed API key or base URL, or an `http_client` that cannot be
            used.
        InvalidArgumentError: an invalid `api_version`, `timeout`, `max_retries` or
            `default_region`.

    The timeout has two exceptions, both in the sync client: the system's name lookup cannot be
    interrupted, and with your own `http_client` it depends on the transport of that client.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        api_version: Literal["v1", "v2"] = "v1",
        timeout: float | timedelta = 30.0,
        max_retries: int = 2,
        default_region: str | None = None,
        ledger: "Ledger | str | PathLike[str] | None" = None,
        reconcile: bool = False,
        http_client: "HttpClient | None" = None,
    ) -> None:
        key, origin, ledger = read_key(api_key), read_base_url(base_url), to_ledger(ledger)
        # An error that leaves this frame must not show them to a traceback printer with locals.
        api_key = base_url = None
        account = Account(
            key, origin, timeout, max_retries, default_region, reconcile, ledger, api_version
        )
        super().__init__(account)
        self._lane = ThreadLane(account.origin, account.signer, account.timeout, http_client)

    def add_lead(
        self,
        campaign_id: str,
        phone_number: str,
        *,
        external_id: "ExternalId | None" = None,
        time_zone: "WindowsTimeZone | str | tzinfo | None" = None,
        call_data: "CallData | None" = None,
        timeout: float | timedelta | None = None,
        wait: float | timedelta | None = None,
        resend_unknown: bool = False,
        allow_same_number: bool = False,
    ) -> AddedLead:
        """Add one lead to an outbound campaign.

        Args:
            campaign_id: the campaign's outbound id, 24 hex digits, not the pearl id in the
                platform's URL; with ``api_version="v2"`` that pearl id.
            phone_number: best in E.164, such as ``+14155550123``. The client's `default_region`
                completes a national number; without one a number needs its ``+``.
            external_id: your own id for this lead, a str, an int or a UUID. It comes back in the
                lead webhook, and the lead can be looked up by it.
            time_zone: where the person is: a Windows id, an IANA name or a tzinfo, such as
                ``"America/New_York"``; see `to_windows_time_zone`. Default: the campaign's time
                zone.
            call_data: the variables of the conversation by name. They are sent as strings: numbers
                as digits, dates and times in ISO 8601, a bool as true or false. None leaves a name
                out.
            timeout: seconds or a timedelta for this call, instead of the client's. What is left of
                your own time will do: if that is 0 or less, the call is an APITimeoutError,
                NOT_SENT.
            wait: with a ledger, seconds (or a timedelta) to wait for another worker or program
                that is adding this lead, before `timeout` starts. Default: `timeout` and 10 s.
            resend_unknown: with a ledger, send a lead again whose outcome is unknown. Anyone who
                had been added is called twice.
            allow_same_number: with a ledger, add a phone number again that was added under
                another external id; that person is called for each.

        None leaves a field out.

        Raises:
            InvalidArgumentError: nothing was sent. InvalidLeadError lists every problem in
                `.errors`.
            APIStatusError: the API responded with something other than a lead id.
            APIConnectionError: there was no response. `.outcome` says whether the lead may exist.
            ConfigurationError: the client is closed.
            With a ledger, DuplicateLeadError: another lead with its number or its external id was
                added; LeadInProgressError: another worker is still adding it; UnsettledLeadError:
                it was sent earlier, and its outcome is unknown; LedgerError: nothing was sent.
        """
        campaign = self._account.campaign(
            campaign_id,
            timeout=timeout,
            wait=wait,
            resend_unknown=resend_unknown,
            allow_same_number=allow_same_number,
        )
        try:
            lead = campaign.lead(phone_number, external_id, time_zone, call_data)
            return self._lane.run(campaign.add(self._lane, lead))
        except NLPearlError:
            raise
        except BaseException as stopped:  # Ctrl-C, or a cancelled task
            campaign.explain(stopped)
            raise

    def add_leads(
        self,
        campaign_id: str,
        leads: "Iterable[Lead | Mapping[str, Any]]",
        *,
        concurrency: int = 8,
        rate: float | None = None,
        ledger: "Ledger | str | PathLike[str] | None" = None,
        wait: float | timedelta | None = None,
        resend_unknown: bool = False,
        allow_same_number: bool = False,
    ) -> "LeadRun":
        """Add many leads: one `LeadResult` for each row, as they finish.

        The run is an iterator and a context manager. An invalid row, or a lead that could not be
        added, is a result with an error; an exception means that the run has stopped.

        Args:
            campaign_id: as in `add_lead`.
            leads: an iterable of `Lead` or of mappings with the argument names as keys
                (``{"phone_number": …, "external_id": …}``). It is read lazily, as you iterate: at
                most `concurrency` rows (with a ledger a fifth more) ahead of the results you have
                consumed, so that a database cursor or a file of any length will do.
            concurrency: maximum number of requests in flight, each on its own connection.
            rate: maximum number of requests per second: leads that start, retries and lookups.
            ledger: a `Ledger`, or its path or URL, unless the client has one. Without one,
                repeated rows are not found, and a run that is killed cannot be resumed.
            wait: as in `add_lead`.
            resend_unknown: as in `add_lead`.
            allow_same_number: as in `add_lead`.

        A 429 pauses the whole run and costs no lead. Each call has the client's `timeout` and
        `max_retries`, not counting such pauses. Leaving the loop, or closing the run or the
        client, lets requests in flight finish, records them, and starts no new ones.

        Raises, at once: InvalidArgumentError, ConfigurationError (the client is closed). While
        iterating, after everything in flight has been delivered:
            LedgerError: the ledger cannot be used, or its disk is full.
            AuthenticationError, PermissionDeniedError, or a NotFoundError before any lead was
            added: no other row would succeed.
            RateLimitError: only 429 for ten minutes, or Retry-After is longer than that.
            Any exception raised by your iterable.
        """
        from .bulk.run import Run
        from .bulk.threads import LeadRun, Threads

        ledger = to_ledger(ledger)
        self._lane.check_open()
        campaign = self._account.campaign(
            campaign_id,
            ledger=ledger,
            wait=wait,
            resend_unknown=resend_unknown,
            allow_same_number=allow_same_number,
        )
        count, pace = read_count("concurrency", concurrency, least=1), read_rate(rate)
        check_rows(leads, Iterable)
        run = Run(campaign, self._lane, Threads(count), count, pace)
        self._runs.add(run)
        return LeadRun(run, iter(leads))

    def find_lead(
        self,
        campaign_id: str,
        external_id: "ExternalId",
        *,
        timeout: float | timedelta | None = None,
    ) -> FoundLead | None:
        """Look a lead up by its external id.

        None: the API knows no such lead, or not yet. That does not prove that a lead was not added:
        the API does not document how soon a lead can be found, nor which of several with one
        external id. Looking up changes nothing, so every failure that may pass is retried.

        Raises:
            InvalidArgumentError: nothing was sent: an id that no path can contain, such as
                ``".."``.
            APIStatusError, APIConnectionError, ConfigurationError: as in `add_lead`.
        """
        campaign = self._account.campaign(campaign_id, timeout=timeout)
        return self._lane.run(campaign.find(self._lane, external_id))

    def settle(
        self, campaign_id: str | None = None, *, look_up_old: bool = False
    ) -> Iterator[SettledLead]:
        """Look up each lead in the client's ledger whose outcome is unknown, the oldest first.

        A lead that is proven to be on the platform is recorded as added. What a lookup does not
        prove stays unknown, and is yielded with what was seen: check it on the platform, then say
        `Ledger.settle` (it is there) or `Ledger.release` (it certainly is not). It works while
        leads are being added.

        Args:
            campaign_id: only leads of this campaign.
            look_up_old: also look up leads that were sent more than a day ago. Without it they are
                yielded, but not looked up.

        Raises, at once: ConfigurationError (the client has no ledger). While iterating:
            LedgerError: the ledger cannot be used.
            APIConnectionError, AuthenticationError, PermissionDeniedError, RateLimitError: no other
            lookup would succeed now. What is recorded stays.
        """
        settling = self._account.settling(campaign_id, even_old=look_up_old)
        return self._lane.each(lambda: settling.next(self._lane))

    def operation(
        self,
        module: "OperationModule[Arguments, Parsed]",
        *,
        reads: bool | None = None,
        timeout: float | timedelta | None = None,
    ) -> "Callable[Arguments, Parsed]":
        """Any other operation of the API: ``client.operation(search_leads)(campaign_id, body=…)``.

        It takes the arguments of the generated module and returns the result of a success, both
        typed, with this client's key, timeout, retries and errors. What was passed is not shown in
        an error.

        Args:
            module: a module of `nlpearl_api.api`, such as ``nlpearl_api.api.outbound.add_lead``.
            reads: whether the operation changes nothing, and so may be repeated after every
                failure that may pass; others are repeated only if certainly nothing was done.
                Default: a GET reads, and so do the searches among the POSTs.
            timeout: seconds or a timedelta for the whole call, instead of the client's.

        No ledger is asked: use `add_lead` for leads.

        Raises:
            InvalidArgumentError: nothing was sent: `module` is not an operation, or an argument
                cannot be sent, such as an id that is empty, ``.`` or ``..``.
            APIStatusError, APIConnectionError, ConfigurationError: as in `add_lead`. A 400 of an
                operation that writes several things is UNKNOWN: some may have been written.
        """
        call = self._account.operation(self._lane, module, reads, timeout)
        return lambda *args, **kwargs: self._lane.run(call(*args, **kwargs))

    @property
    def low_level(self) -> "AuthenticatedClient":
        """The generated client (`nlpearl_api`) with the API key, for what is not JSON.

        None of the guarantees of this class apply there: no timeout for the whole call, and no
        errors but those of httpx.
        """
        return self._generated(self._lane)

    def close(self) -> None:
        """Wait for calls in other threads and for requests in flight, then close the connections.

        New calls raise ConfigurationError.
        """
        self._lane.close()
        for run in list(self._runs):
            finish(run.end())
        finish(self._account.close(self._lane))

    def __enter__(self) -> Self:
        self._lane.check_open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncNLPearl(Client):
    """`NLPearl` for asyncio: the same arguments, results and errors, with `await`.

    Use it in one event loop, the one of its first call; share it between the tasks of that loop.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        api_version: Literal["v1", "v2"] = "v1",
        timeout: float | timedelta = 30.0,
        max_retries: int = 2,
        default_region: str | None = None,
        ledger: "Ledger | str | PathLike[str] | None" = None,
        reconcile: bool = False,
        http_client: "AsyncHttpClient | None" = None,
    ) -> None:
        from .http.tasks import TaskLane

        key, origin, ledger = read_key(api_key), read_base_url(base_url), to_ledger(ledger)
        # An error that leaves this frame must not show them to a traceback printer with locals.
        api_key = base_url = None
        account = Account(
            key, origin, timeout, max_retries, default_region, reconcile, ledger, api_version
        )
        super().__init__(account)
        self._lane = TaskLane(account.origin, account.signer, account.timeout, http_client)

    async def add_lead(
        self,
        campaign_id: str,
        phone_number: str,
        *,
        external_id: "ExternalId | None" = None,
        time_zone: "WindowsTimeZone | str | tzinfo | None" = None,
        call_data: "CallData | None" = None,
        timeout: float | timedelta | None = None,
        wait: float | timedelta | None = None,
        resend_unknown: bool = False,
        allow_same_number: bool = False,
    ) -> AddedLead:
        """Add one lead, as `NLPearl.add_lead`."""
        campaign = self._account.campaign(
            campaign_id,
            timeout=timeout,
            wait=wait,
            resend_unknown=resend_unknown,
            allow_same_number=allow_same_number,
        )
        try:
            lead = campaign.lead(phone_number, external_id, time_zone, call_data)
            return await self._lane.run(campaign.add(self._lane, lead))
        except NLPearlError:
            raise
        except BaseException as stopped:  # Ctrl-C, or a cancelled task
            campaign.explain(stopped)
            raise

    def add_leads(
        self,
        campaign_id: str,
        leads: "Iterable[Lead | Mapping[str, Any]] | AsyncIterable[Lead | Mapping[str, Any]]",
        *,
        concurrency: int = 8,
        rate: float | None = None,
        ledger: "Ledger | str | PathLike[str] | None" = None,
        wait: float | timedelta | None = None,
        resend_unknown: bool = False,
        allow_same_number: bool = False,
    ) -> "AsyncLeadRun":
        """Add many leads, as `NLPearl.add_leads`; `leads` may also be an async iterable."""
        from .bulk.run import Run
        from .bulk.tasks import AsyncLeadRun, Tasks

        ledger = to_ledger(ledger)
        self._lane.check_open()
        campaign = self._account.campaign(
            campaign_id,
            ledger=ledger,
            wait=wait,
            resend_unknown=resend_unknown,
            allow_same_number=allow_same_number,
        )
        count, pace = read_count("concurrency", concurrency, least=1), read_rate(rate)
        check_rows(leads, Iterable, AsyncIterable)
        run = Run(campaign, self._lane, Tasks(count), count, pace)
        self._runs.add(run)
        return AsyncLeadRun(run, aiter(leads) if isinstance(leads, AsyncIterable) else iter(leads))

    async def find_lead(
        self,
        campaign_id: str,
        external_id: "ExternalId",
        *,
        timeout: float | timedelta | None = None,
    ) -> FoundLead | None:
        """Look a lead up, as `NLPearl.find_lead`."""
        campaign = self._account.campaign(campaign_id, timeout=timeout)
        return await self._lane.run(campaign.find(self._lane, external_id))

    def settle(
        self, campaign_id: str | None = None, *, look_up_old: bool = False
    ) -> AsyncIterator[SettledLead]:
        """Settle what is unknown, as `NLPearl.settle`."""
        settling = self._account.settling(campaign_id, even_old=look_up_old)
        return self._lane.each(lambda: settling.next(self._lane))

    def operation(
        self,
        module: "OperationModule[Arguments, Parsed]",
        *,
        reads: bool | None = None,
        timeout: float | timedelta | None = None,
    ) -> "Callable[Arguments, Coroutine[Any, Any, Parsed]]":
        """Any other operation, as `NLPearl.operation`, with `await`."""
        call = self._account.operation(self._lane, module, reads, timeout)
        return lambda *args, **kwargs: self._lane.run(call(*args, **kwargs))

    @property
    def low_level(self) -> "AuthenticatedClient":
        """As `NLPearl.low_level`, for the ``asyncio`` forms of the generated functions."""
        return self._generated(self._lane)

    async def close(self) -> None:
        """Wait for calls in other tasks and for requests in flight, then close the connections."""
        await self._lane.close()
        for run in list(self._runs):
            await run.end()
        await self._account.close(self._lane)

    async def __aenter__(self) -> Self:
        self._lane.check_open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
