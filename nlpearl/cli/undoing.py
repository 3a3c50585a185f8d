"""Leads that were added by mistake: deleted where nobody has called them, and only then forgotten.

In small batches, so that little time passes between the look at a lead and its deletion. What the
API says of a deletion is not believed: afterwards each lead is looked up again. Not here: the
command (undo.py).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import attrs

from ..errors import BadRequestError, NLPearlError, ServerError, UnexpectedResponseError
from ..leads.lead import Lead
from ..leads.results import LeadStatus
from ..ledger.ledger import Ledger
from .files.rows import FileError
from .platform import Platform
from .reasons import in_words
from .results_file import Row
from .seeding import to_lead_of_platform

#: Seconds before each look at what the API says that it has deleted.
PAUSES = (0.0, 0.5, 2.0)


class End(StrEnum):
    """The outcome of a row, in the words of the summary."""

    DELETED = "deleted"
    #: Or its status is not the first.
    CALLED = "called already"
    GONE = "not there"
    STILL_THERE = "still there"
    #: Deleted, but the ledger has it.
    NOT_RELEASED = "deleted, but in the ledger"
    #: Deleted, and the ledger never had it: is it that of the run?
    NOT_KNOWN = "deleted, not in the ledger"
    UNKNOWN = "unknown"
    NOT_DONE = "not done"


class Undone(NamedTuple):
    """A row, and its outcome."""

    row: Row
    end: End
    said: str = ""


@attrs.define
class Undoing:
    """Undoes rows of one campaign."""

    platform: Platform
    ledger: Ledger | None
    #: Whether leads that are not there count as deleted.
    gone: bool
    #: Rows that a deletion was sent for, and that no look has followed yet.
    open: list[Row] = attrs.field(init=False, factory=list[Row])

    def undo(self, batch: Sequence[Row]) -> Iterator[Undone]:
        """Undo these rows; the outcome of each. An error leaves `open` rows, if a deletion was
        sent."""
        wanted: dict[Row, dict[str, Any] | None] = {}
        for row in batch:
            try:
                found = self.platform.find(row.lead_id)
            except (BadRequestError, ServerError, UnexpectedResponseError) as error:
                yield Undone(row, End.NOT_DONE, f"it cannot be looked up: {in_words(error)}")
                continue
            if found is None and not self.gone:
                yield Undone(row, End.GONE, "deleted already, or not found yet")
            elif found is not None and (why := why_left(row.lead_id, found)):
                yield Undone(row, End.CALLED, why)
            else:
                wanted[row] = found
        if wanted:
            self.open = [*wanted]
            failed = self._delete([row for row, found in wanted.items() if found])
            # Apart from the others, and to be sure: an id that is not known may be an error.
            self._delete([row for row, found in wanted.items() if not found])
            left = self._left(failed)
            self.open = []
            for row, found in wanted.items():
                yield left[row] if row in left else self._release(row, found)

    def _delete(self, rows: Sequence[Row]) -> str:
        """Delete these; what speaks against it, empty if the API says that it did."""
        try:
            done = not rows or self.platform.delete([row.lead_id for row in rows])
        except (NLPearlError, FileError) as error:
            return _said(error)
        return "" if done else "the API says that not all were deleted"

    def _left(self, failed: str) -> dict[Row, Undone]:
        """The rows that are not certainly deleted."""
        left: dict[Row, Undone] = {}
        for pause in PAUSES:
            time.sleep(pause)
            left = self._look(failed or "the API says that it was deleted")
            if failed or not any(each.end is End.STILL_THERE for each in left.values()):
                break
        try:  # or a server that finds nothing at all would be a proof
            self.platform.campaign()
        except (NLPearlError, FileError) as error:
            said = f"not found, but neither is its campaign: {_said(error)}"
            gone = {row: Undone(row, End.UNKNOWN, said) for row in self.open}
            return {**gone, **left}
        return left

    def _look(self, said: str) -> dict[Row, Undone]:
        left: dict[Row, Undone] = {}
        failure = ""
        for row in self.open:
            try:
                found = None if failure else self.platform.find(row.lead_id)
            except NLPearlError as error:
                failure, found = f"it cannot be looked up: {in_words(error)}", None
            if failure:
                left[row] = Undone(row, End.UNKNOWN, failure)
            elif found is not None:
                left[row] = Undone(row, End.STILL_THERE, said)
        return left

    def _release(self, row: Row, found: Mapping[str, Any] | None) -> Undone:
        """Forget a lead that is certainly deleted."""
        if self.ledger is None:
            return Undone(row, End.DELETED)
        names = {"external_id": row.external_id} if row.external_id else {}
        lead = to_lead_of_platform(found or {}, None)
        if isinstance(lead, Lead):
            names["phone_number"] = lead.phone_number
        if not names:
            said = "nothing names it there: nlpearl ledger forget, with its --phone-number"
            return Undone(row, End.NOT_RELEASED, said)
        try:
            campaign_id = self.platform.campaign_id
            forgotten = self.ledger.forget(campaign_id, lead_id=row.lead_id, **names)
        except NLPearlError as error:
            return Undone(row, End.NOT_RELEASED, in_words(error))
        if found and not forgotten:
            return Undone(row, End.NOT_KNOWN, "is it the ledger of the run?")
        return Undone(row, End.DELETED)


def why_left(lead_id: str, found: Mapping[str, Any]) -> str | None:
    """Why a lead is not deleted; None if it is certain that nobody has called it."""
    status = found.get("status")
    if found.get("id") != lead_id:
        return "the API has responded with another lead"
    if found.get("callsId") or found.get("lastCall"):
        return "it was called"
    if not isinstance(status, int):
        return "the API does not tell its status"
    if status != LeadStatus.NEW:
        return f"its status is {LeadStatus(status).name}"
    return None


def _said(error: NLPearlError | FileError) -> str:
    return in_words(error) if isinstance(error, NLPearlError) else str(error)
