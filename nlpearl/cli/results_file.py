"""A results file, read again. Not here: how it is written (results.py)."""

import csv
from pathlib import Path
from typing import NamedTuple

from .files.rows import FileError
from .results import COLUMNS, locked, shown_by
from .source import naming
from .statuses import Status


class Row(NamedTuple):
    """A row of the input, and its outcome."""

    line: int
    external_id: str
    status: Status
    lead_id: str


def read_results(path: Path) -> list[Row]:
    """The rows; FileError if it is not a results file as `add-leads` has written it, or is still
    being written."""
    with naming(str(path)), path.open(encoding="utf-8-sig", newline="") as file:
        if not locked(file):
            raise FileError("a run is writing it. Wait until that has ended")
        reader = csv.reader(file, strict=True)
        try:
            if tuple(next(reader, ())) != COLUMNS:
                raise FileError(
                    "it is not a results file of nlpearl add-leads: its first line is not "
                    f"{','.join(COLUMNS)}"
                )
            return [_row(cells, reader.line_num) for cells in reader if cells]
        except (UnicodeDecodeError, csv.Error):
            raise FileError("it is not a results file of nlpearl add-leads") from None


def _row(cells: list[str], number: int) -> Row:
    try:
        line, external_id, status, lead_id, _ = map(shown_by, cells)
        row = Row(int(line), external_id, Status(status), lead_id)
    except ValueError:
        row = None
    if row is None or (row.status.is_added and not row.lead_id.strip()):
        raise FileError(f"line {number} is not as nlpearl add-leads has written it. Use that file")
    return row
