"""What a client was told, checked; and what it makes of that for its calls."""

from collections import deque
from collections.abc import Callable, Coroutine
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar
from weakref import WeakSet

import attrs

from .calls.call import ask
from .calls.campaign import Campaign, Settings
from .configuration import Key, normalized, read_api_version, read_count, read_timeout, read_wait
from .errors import ConfigurationError, InvalidArgumentError, NLPearlError
from .http.settings import Signer
from .leads.identifiers import check_campaign_id
from .leads.phone_numbers import check_region
from .leads.results import SettledLead

if TYPE_CHECKING:
    from .bulk.run import Run
    from .calls.any_operation import OperationModule
    from .calls.operations import AuthenticatedClient
    from .http.lane import Lane
    from .ledger.ledger import Ledger
    from .ledger.records import Doubt

Arguments = ParamSpec("Arguments")
Parsed = TypeVar("Parsed")


class Account:
    """One API key at one base URL, and the defaults of all calls."""

    def __init__(
        self,
        key: Key | ConfigurationError,
        origin: str | ConfigurationError,
        timeout: float | timedelta,
        max_retries: int,
        default_region: str | None,
        reconcile: bool,
        ledger: "Ledger | None",
        api_version: str,
    ) -> None:
        if isinstance(key, ConfigurationError):
            raise key
        if isinstance(origin, ConfigurationError):
            raise origin
        self.signer: Signer = Signer(key)
        self.origin = origin
        self.timeout: float = read_timeout(timeout)
        #: What a ledger is bound to.
        self._api = (normalized(origin), read_api_version(api_version))
        self._ledger = ledger
        self._settings = Settings(
            timeout=self.timeout,
            max_retries=read_count("max_retries", max_retries),
            default_region=None if default_region is None else check_region(default_region),
            reconcile=reconcile,
            api_version=api_version,
        )

    def campaign(
        self,
        campaign_id: str,
        *,
        timeout: float | timedelta | None = None,
        ledger: "Ledger | None" = None,
        wait: float | timedelta | None = None,
        resend_unknown: bool = False,
        allow_same_number: bool = False,
    ) -> Campaign:
        """The campaign, for a call or a run."""
        seconds = self.timeout if timeout is None else read_timeout(timeout, may_be_over=True)
        campaign_id = check_campaign_id(campaign_id)
        settings = attrs.evolve(
            self._settings,
            timeout=seconds,
            resend_unknown=resend_unknown,
            allow_same_number=allow_same_number,
        )
        if ledger is not None and self._ledger is not None:
            raise ConfigurationError("the client has a ledger already; pass only one")
        used = self._ledger or ledger
        if used is None:
            if wait is not None or resend_unknown or allow_same_number:
                raise InvalidArgumentError(
                    "wait, resend_unknown and allow_same_number need a ledger; pass ledger="
                )
            return Campaign(campaign_id, settings)
        from .calls.claiming import Claims

        own = used is ledger and used.is_own
        waits = read_wait(wait, seconds)
        claims = Claims(used, self._api, campaign_id, seconds, waits, allow_same_number, own)
        return Campaign(campaign_id, settings, claims)

    def settling(self, campaign_id: str | None, *, even_old: bool) -> "Settling":
        """The leads whose outcome is unknown, in one campaign or in all."""
        if self._ledger is None:
            raise ConfigurationError(
                'settle needs a ledger: make the client with NLPearl(ledger="leads.ledger")'
            )
        name = None if campaign_id is None else check_campaign_id(campaign_id)
        return Settling(self, self._ledger, self._api, name, even_old)

    def operation(
        self,
        lane: "Lane",
        module: "OperationModule[Arguments, Parsed]",
        reads: bool | None,
        timeout: float | timedelta | None,
    ) -> Callable[Arguments, Coroutine[Any, Any, Parsed | NLPearlError]]:
        """What makes a call of any operation of its arguments; see `NLPearl.operation`."""
        from .calls.any_operation import Generated, check_module

        check_module(module)
        seconds = self.timeout if timeout is None else read_timeout(timeout)
        max_retries = self._settings.max_retries

        def call(
            *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> Coroutine[Any, Any, Parsed | NLPearlError]:
            return ask(lane, Generated(module, reads, *args, **kwargs), seconds, max_retries)

        return call

    async def close(self, lane: "Lane") -> None:
        """Close the ledger that the client has made of a path."""
        if self._ledger is not None and self._ledger.is_own:
            from .calls.claiming import close

            await close(self._ledger, lane)


class Settling:
    """The leads of a ledger whose outcome is unknown, settled one after the other."""

    def __init__(
        self,
        account: Account,
        ledger: "Ledger",
        api: tuple[str, str],
        campaign_id: str | None,
        even_old: bool,
    ) -> None:
        self._account = account
        self._ledger = ledger
        self._api = api
        self._campaign_id = campaign_id
        self._even_old = even_old
        self._read = 0.0
        self._left: deque[Doubt] | None = None

    async def next(self, lane: "Lane") -> SettledLead | NLPearlError | None:
        """The next one; None after the last."""
        if self._left is None:
            from .calls.claiming import doubts

            found = await doubts(lane, self._ledger, self._api, self._campaign_id)
            if isinstance(found, NLPearlError):
                return found
            self._left, self._read = deque(found[0]), found[1]
        if not self._left:
            return None
        doubt = self._left.popleft()
        campaign = self._account.campaign(doubt.record.campaign)
        return await campaign.settle(lane, doubt, self._read, even_old=self._even_old)


class Client:
    """What both clients have in common."""

    _origin = "?"  # a traceback printer asks for the repr of a client that could not be made

    def __init__(self, account: Account) -> None:
        self._account = account
        self._origin = account.origin
        self._runs: WeakSet[Run] = WeakSet()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._origin!r})"

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise ConfigurationError(
            f"an {name} has connections and the API key, and cannot be copied or pickled; make one "
            f"in each process: {name}()"
        )

    def _generated(self, lane: "Lane") -> "AuthenticatedClient":
        from .calls.operations import low_level

        lane.check_open()
        return low_level(lane)


def to_ledger(ledger: "Ledger | str | PathLike[str] | None") -> "Ledger | None":
    """The ledger; from here on no frame holds a URL that may contain a password."""
    if ledger is None:
        return None
    from .ledger.ledger import Ledger

    if isinstance(ledger, Ledger):
        return ledger
    made = Ledger(ledger)
    made.is_own = True
    return made
