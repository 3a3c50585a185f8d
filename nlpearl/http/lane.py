"""What one worker sends on and waits with: the sync and the async lane look alike from outside.

The methods that wait are coroutines in both; those of the sync lane never suspend. Here is what
the two share.
"""

import abc
import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import httpx

from ..errors import ConfigurationError
from .exchange import Exchange
from .settings import Network, Signer, check_http_client, client_settings, read_network

if TYPE_CHECKING:
    from concurrent.futures import Future

Value = TypeVar("Value")


class Flag(Protocol):
    """What `threading.Event` and `asyncio.Event` have in common."""

    def set(self) -> None: ...
    def is_set(self) -> bool: ...


class Lane(abc.ABC):
    """One httpx client, our own or the caller's `http_client`, and how to wait beside it."""

    _kind: type[httpx.Client | httpx.AsyncClient]
    _transport: type[httpx.HTTPTransport | httpx.AsyncHTTPTransport]
    _make_flag: Callable[[], Flag]

    def __init__(
        self,
        origin: str,
        signer: Signer,
        timeout: float,
        http_client: object = None,
    ) -> None:
        #: Whether the httpx client is our own.
        self.own: bool = http_client is None
        self.origin = origin
        self.signer = signer
        self._timeout = timeout
        #: How our own httpx client reaches the API.
        self.network: Network | None = None
        if self.own:
            network = read_network(origin)
            if isinstance(network, ConfigurationError):
                raise network
            self.network = network
        else:
            check_http_client(http_client, self._kind)
        self._client: Any = self._make() if self.own else http_client
        self._closing: Any = self._make_flag()

    @abc.abstractmethod
    def _make(self) -> httpx.Client | httpx.AsyncClient:
        """An httpx client of our own."""

    def _settings(self) -> dict[str, Any]:
        """Its arguments."""
        assert self.network is not None
        return client_settings(
            self.origin, self.signer, self._timeout, self.network, self._transport
        )

    def http_client(self) -> Any:
        """The httpx client, once it is sure that it can be used from here."""
        if self._client.is_closed:
            raise ConfigurationError(
                "http_client is closed; keep it open for as long as the client is in use"
            )
        return self._client

    def is_closed(self) -> bool:
        """Whether the client is closed."""
        closed: bool = self._closing.is_set()
        return closed

    def check_open(self) -> None:
        """ConfigurationError if the client is closed."""
        if self.is_closed():
            raise ConfigurationError("this client is closed; make a new one")

    @abc.abstractmethod
    async def send(self, exchange: Exchange, request: dict[str, Any]) -> None:
        """Send the request, read the response into the exchange; raises what goes wrong."""

    @abc.abstractmethod
    async def pause(self, seconds: float) -> bool:
        """Wait; whether the client was closed, or the run stopped, in the meantime."""

    @abc.abstractmethod
    async def wait_for(self, future: "Future[Value]", seconds: float | None = None) -> Value:
        """The result of something that another thread does; TimeoutError if it takes longer."""

    @abc.abstractmethod
    async def release(self) -> None:
        """Close our own httpx client, that of a worker."""

    def of_run(self, stopping: Flag) -> Self:
        """This lane, with pauses that end when a run stops. It makes those of the workers."""
        lane = copy.copy(self)
        lane._closing = stopping
        return lane

    def of_worker(self) -> Self:
        """A lane with a connection of its own; a caller's `http_client` carries all workers.

        Workers never share a pool: httpcore hands one idle connection to several waiting requests,
        which then queue again, and at 50 workers a run took 6.5 times the ideal (2026-11, httpcore
        1.0.9; encode/httpcore#1035).
        """
        if not self.own:
            return self
        lane = copy.copy(self)
        lane._client = lane._make()
        return lane
