"""The results file: each row of the input in its order, with its status and the reason.

It opens in Excel, and no cell of it is a formula. It has neither phone numbers nor call data.
"""

import contextlib
import csv
from collections import Counter, deque
from collections.abc import Generator
from pathlib import Path
from typing import IO, NamedTuple

from ..leads.results import LeadResult
from .checks import Refused
from .files.rows import FileError
from .reasons import Reasons, differing, in_words
from .statuses import Status, status_of

COLUMNS = ("line", "external_id", "status", "lead_id", "reason")
#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_NO_RESULT = "the run stopped before the outcome was known, so the lead may exist"
_NOT_PROCESSED = "not processed: the run stopped first"


class Place(NamedTuple):
    """A row as the results file knows it."""

    line: int
    external_id: str


class Results:
    """Writes the results file, and counts."""

    def __init__(self, path: Path, unit: str) -> None:
        self._path = path
        self._is_new = not path.exists()
        # Opened before anything is sent; but what is in it stays until there is something to be
        # written.
        try:
            self._file: IO[str] = path.open("a", encoding="utf-8", errors="replace", newline="")
        except OSError as error:
            raise FileError(f"{path}: {error.strerror}. Name another file: --results") from None
        if not locked(self._file):
            self._file.close()
            raise FileError(f"{path}: another run is writing it. Wait until that has ended")
        self._is_empty = True
        self._places: deque[Place] = deque()
        self._next = 0
        self._early: dict[int, LeadResult] = {}
        #: Whether a row was processed.
        self.has_begun: bool = False
        #: Rows that may succeed if they are sent again as they are.
        self.retryable: int = 0
        self.counts: Counter[Status] = Counter()
        self.reasons: Reasons = Reasons(unit)

    def expect(self, place: Place) -> None:
        """This row has been read, and its result will come."""
        self._places.append(place)

    def add(self, result: LeadResult) -> None:
        """Take the result of a row; it is written once all before it have been."""
        self.has_begun = True
        self._early[result.position] = result
        while (ready := self._early.pop(self._next, None)) is not None:
            self._next += 1
            self._write_result(self._places.popleft(), ready)

    def finish(self) -> None:
        """Write the rows whose results did not come."""
        while self._places:
            place, ready = self._places.popleft(), self._early.pop(self._next, None)
            self._next += 1
            if ready is None:
                self.write(place, Status.UNKNOWN, reason=_NO_RESULT)
            else:
                self._write_result(place, ready)

    def leave_out(self, place: Place) -> None:
        """Write a row that was not processed."""
        self.write(place, Status.PENDING, reason=_NOT_PROCESSED)

    def write(self, place: Place, status: Status, lead_id: str = "", reason: str = "") -> None:
        """Write the next row."""
        self.counts[status] += 1
        if not status.is_added and status is not Status.PENDING:
            self.reasons.add(status, reason, place.line)
        with self._naming():
            if self._is_empty:
                self._is_empty = False
                if self._path.is_file():  # /dev/null has nothing to remove
                    self._file.truncate(0)
                self._file.write("\ufeff")  # or Excel takes it for another encoding
                csv.writer(self._file).writerow(COLUMNS)
            cells = [no_formula(cell) for cell in (place.external_id, status, lead_id, reason)]
            csv.writer(self._file).writerow([place.line, *cells])

    def flush(self) -> None:
        """FileError if what was written is not in the file."""
        with self._naming():
            self._file.flush()

    def close(self) -> None:
        if self._is_empty and self._is_new:
            self._path.unlink()
        with contextlib.suppress(OSError):  # `flush` has told it
            self._file.close()

    @contextlib.contextmanager
    def _naming(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise FileError(
                f"{self._path}: the results cannot be written: {error.strerror or error}"
            ) from None

    def _write_result(self, place: Place, result: LeadResult) -> None:
        if isinstance(result.row, Refused):
            self.write(place, result.row.status, reason=result.row.reason)
            return
        if result.added is not None:
            reason = differing(result.added)
            if not result.added.recorded:
                reason = "added, but the ledger could not record it, and will call it unknown"
        else:
            assert result.error is not None
            reason = in_words(result.error)
            self.retryable += result.error.retryable
        self.write(place, status_of(result), result.lead_id or "", reason)


def locked(file: IO[str]) -> bool:
    """Keep other runs from writing the same file; False if one is at it.

    Two runs of one command at once add nobody twice, but would spoil each other's results.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def no_formula(cell: str) -> str:
    """The text of a cell, so that a spreadsheet shows it as it is."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def shown_by(cell: str) -> str:
    """The text that `no_formula` made the cell of."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell
