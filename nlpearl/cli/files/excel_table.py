"""Excel workbooks (.xlsx): which sheet is read, and its rows.

openpyxl is imported when the first workbook is opened (workbook.py). Not here: what the columns
mean.
"""

import contextlib
import itertools
import warnings
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from .cells import is_blank, shown
from .contents import Contents
from .rows import FIRST_LINE, FileError, IsHeader, Row

if TYPE_CHECKING:
    from .workbook import Sheet, Workbook

#: Rows that are read at once.
_BATCH = 200


class ExcelTable:
    """The rows of one sheet."""

    unit: str = "row"
    names: str = FIRST_LINE

    def __init__(self, contents: Contents, wish: str | None, is_header: IsHeader) -> None:
        self._book = _opened(contents)
        self.notes: list[str] = []
        self._sheet = self._choose(wish, is_header)
        self.hidden: set[int] = set()
        self.header: list[str] = self._header(self._sheet, self.hidden)
        #: The last row that is not blank; known once all have been read.
        self._end: int | None = None

    def rows(self) -> Iterator[Row]:
        end = 0
        for row in itertools.islice(self._rows(self._sheet), 1, None):
            end = row.line
            yield row
            if end == self._end:
                return  # a million blank rows may follow
        self._end = end

    def _choose(self, wish: str | None, is_header: IsHeader) -> "Sheet":
        """The sheet that was named, else the one whose first row is a header; FileError if it is
        not clear."""
        sheets = self._book.sheets
        if wish is not None:
            for sheet in sheets:
                if sheet.name.casefold() == wish.strip().casefold():
                    return self._chosen(sheet, "it was named")
            raise FileError(f"it has no sheet {wish!r}. Its sheets are {_names(sheets)}")
        visible = [sheet for sheet in sheets if not sheet.is_hidden]
        hidden = [sheet for sheet in sheets if sheet.is_hidden]
        found = [sheet for sheet in visible if is_header(self._header(sheet))]
        if not found and (lost := [each for each in hidden if is_header(self._header(each))]):
            why = f"only hidden sheets have a column of phone numbers: {_names(lost)}"
        elif len(visible) == 1:
            return self._chosen(visible[0], "it is the only one that is not hidden")
        elif len(found) == 1:
            return self._chosen(found[0], "it is the only one with a column of phone numbers")
        elif found:
            why = f"several sheets have a column of phone numbers: {_names(found)}"
        else:
            why = (
                "no sheet has a column of phone numbers. The first row of a sheet has to name its "
                f"columns. The sheets are {_names(visible or hidden)}"
            )
        raise FileError(f"{why}. Say which sheet to read: --sheet NAME")

    def _chosen(self, sheet: "Sheet", why: str) -> "Sheet":
        """Say which sheet is read, if there are others."""
        if len(self._book.sheets) > 1:
            self.notes.append(f"the sheet {shown(sheet.name)!r} is read: {why}")
        return sheet

    def _header(self, sheet: "Sheet", hidden: set[int] | None = None) -> list[str]:
        """The names in the first row that is not blank, none if there is no such row. `hidden` is
        filled with the positions of hidden columns."""
        for row in self._rows(sheet, hidden):
            return [" ".join(str("" if cell is None else cell).split()) for cell in row.cells]
        return []

    def _rows(self, sheet: "Sheet", hidden: set[int] | None = None) -> Iterator[Row]:
        """All rows that are not blank."""
        rows = self._book.rows(sheet, set() if hidden is None else hidden)
        while True:
            # Not around a yield: catching warnings is for the whole program.
            with _readable():
                batch = [*itertools.islice(rows, _BATCH)]
            if not batch:
                return
            yield from (row for row in batch if not all(map(is_blank, row.cells)))


def _names(sheets: "list[Sheet]") -> str:
    return ", ".join(repr(shown(sheet.name)) for sheet in sheets)


def _opened(contents: Contents) -> "Workbook":
    try:
        from .workbook import Workbook
    except ImportError:
        raise FileError(
            "to read an Excel workbook, the package openpyxl is needed. Run: "
            "pip install 'nlpearl-client[excel]'. Or save the sheet as CSV UTF-8"
        ) from None
    with _readable():
        book = Workbook(contents)
    if not book.sheets:
        raise FileError(
            "no sheet in it can be read. Save it in Excel as 'Excel Workbook (.xlsx)' or as CSV "
            "UTF-8"
        )
    return book


@contextlib.contextmanager
def _readable() -> Generator[None]:
    """What is raised because of a damaged workbook becomes a FileError; and what openpyxl warns of
    concerns those who write workbooks."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except Exception as error:  # of zipfile, zlib, ElementTree, openpyxl
        why = shown(f"{type(error).__name__}: {error}").removesuffix(": ")
        raise FileError(
            f"it cannot be read as an Excel workbook ({why}). Is it complete? Open it in Excel and "
            "save it again as .xlsx or as CSV UTF-8"
        ) from error
