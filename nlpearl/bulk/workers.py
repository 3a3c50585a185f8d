"""What a run is made of besides itself: its rows, and the workers that they go to."""

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from ..errors import ConfigurationError, DuplicateLeadError, NLPearlError
from ..http.lane import Flag
from ..leads.lead import Lead
from ..leads.results import AddedLead, LeadResult

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ..ledger.claims import Verdict

#: What a worker does with its row.
Work = Coroutine[Any, Any, None]
#: In the place of a row after the last one.
END = object()


def with_more(concurrency: int) -> int:
    """How many rows are read and not yet delivered where there is a ledger: a fifth more."""
    return concurrency * 6 // 5


def is_final(claiming: "Future[Verdict]") -> bool:
    """Whether nothing is sent or asked after what the ledger has said."""
    final = AddedLead | DuplicateLeadError
    return not claiming.exception() and isinstance(claiming.result(), final)


class Queue(Protocol):
    """What `queue.SimpleQueue` and `asyncio.Queue` have in common."""

    def put_nowait(self, item: LeadResult | None, /) -> None: ...
    def empty(self) -> bool: ...


class Workers(Protocol):
    """How the workers of a run are started and waited for: as threads or as tasks."""

    #: The results that are ready; None only wakes the consumer.
    results: Queue
    stopping: Flag
    #: What workers have.
    in_flight: "set[Row]"

    def start(self, row: "Row", drop: Callable[[ConfigurationError | None], None]) -> None:
        """Let a worker do the work of the row. `drop` is called if it may never begin, perhaps with
        the reason."""

    def slot(self) -> AbstractAsyncContextManager[object]:
        """A place among the rows that are sent at once, `concurrency` of them."""
        ...

    def land(self, row: "Row") -> None:
        """A worker is done with its row, whose result is in the queue."""

    async def result(self, seconds: float | None) -> LeadResult | None:
        """The next of the results, None if there is none in time."""

    async def read(self, rows: Any) -> object:
        """The next row; END after the last."""

    def leave(self, end: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let `end` happen without waiting for it. From any thread and amid anything: garbage is
        collected wherever it is found, locks held, so that this must take none."""

    def idle(self) -> AbstractAsyncContextManager[None]:
        """Waits until nothing is in flight; one at a time."""
        ...


@attrs.define(eq=False)
class Row:
    """A row that was read, on its one way through a worker. One that is held back goes again as
    another."""

    position: int
    row: object
    lead: Lead
    #: What the ledger was asked for it.
    claiming: "Future[Verdict] | None" = None
    #: What its worker does, until that begins.
    work: Work | None = None
    #: What the pace gave it.
    turn: float = 0.0
    is_sent: bool = False
    #: Whether a limit or a stop holds it back.
    is_held: bool = False
    #: What is known of one that was held back: its result, if the run stops before it goes again.
    waits: AddedLead | NLPearlError | None = None

    def result(self, ended: AddedLead | NLPearlError) -> LeadResult:
        added, error = (ended, None) if isinstance(ended, AddedLead) else (None, ended)
        return LeadResult(self.position, self.row, self.lead, added, error)
