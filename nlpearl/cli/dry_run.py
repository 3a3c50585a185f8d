"""What a run would do with each lead, without sending anything and without writing to the ledger.

Not here: whether a row is valid (checks.py).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import NamedTuple

from ..errors import NLPearlError
from ..leads.lead import Lead
from ..leads.results import AddedLead
from ..ledger.claims import Unsettled, Verdict
from ..ledger.ledger import told
from .checks import Refused
from .reasons import differing, in_words
from .results import Place
from .statuses import Status, status_of_error

#: Leads that the ledger is asked for at the same time. It answers a hundred in one transaction.
AHEAD = 400


class Found(NamedTuple):
    """What a run would make of a row."""

    status: Status
    lead_id: str = ""
    reason: str = ""


#: What a ledger would say of a lead.
Look = Callable[[Lead], "Future[Verdict]"]

_WOULD_BE_SENT = Found(Status.PENDING, reason="valid; not sent in a dry run")


def findings(
    rows: Iterable[tuple[Place, Lead | Refused]], look: Look | None
) -> Iterator[tuple[Place, Found]]:
    """The outcome of each row, in their order; `look` is None where no ledger is."""
    asked: deque[tuple[Place, Found | Future[Verdict]]] = deque()
    for place, checked in rows:
        if isinstance(checked, Refused):
            asked.append((place, Found(checked.status, reason=checked.reason)))
        else:
            asked.append((place, look(checked) if look else _WOULD_BE_SENT))
        if len(asked) >= AHEAD:
            yield from _answered(asked, AHEAD // 2)
    yield from _answered(asked, len(asked))


def _answered(
    asked: deque[tuple[Place, Found | Future[Verdict]]], count: int
) -> Iterator[tuple[Place, Found]]:
    for _ in range(count):
        place, said = asked.popleft()
        yield place, said if isinstance(said, Found) else _found(told(said))


def _found(said: Verdict) -> Found:
    if isinstance(said, AddedLead):
        return Found(Status.EARLIER, said.lead_id, differing(said))
    error = said.error if isinstance(said, Unsettled) else said
    if isinstance(error, NLPearlError):
        return Found(status_of_error(error), reason=in_words(error))
    return _WOULD_BE_SENT
