"""CSV files. A row that cannot be read costs itself, and not the rows after it.

Cells are Python's csv's, in its strict form. Here: which separator, which line is the header, and
where a row ends if a quote is not closed.
"""

import csv
import re
import sys
from collections.abc import Iterator, Sequence

from .cells import is_blank
from .contents import Contents
from .rows import FIRST_LINE, LONGEST_CELL, FileError, Row
from .text import Line, Lines

_SEPARATORS = ",;\t|"
#: Excel's line that names the separator, and that of PowerShell's Export-Csv.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[\s,;|]*', re.IGNORECASE)
_TYPE_LINE = "#TYPE "
#: A cell that could be a telephone number.
_LIKE_A_NUMBER = re.compile(r"\s*\+?[\d\s().\-/]{7,}\s*")

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # so that a long cell is one row's error


class CsvTable:
    """The rows of a CSV file."""

    unit: str = "line"
    names: str = FIRST_LINE

    def __init__(self, contents: Contents, encoding: str) -> None:
        self._contents = contents
        self._encoding = encoding
        self.hidden: set[int] = set()
        self.notes: list[str] = []
        lines = Lines(contents, encoding)
        self._separator = self._find_separator(lines)
        self.header: list[str] = self._read_header(self._records(lines))

    def rows(self) -> Iterator[Row]:
        records = self._records(Lines(self._contents, self._encoding))
        self._read_header(records)
        yield from records

    def _find_separator(self, lines: Lines) -> str:
        """As a line above the header says, else the one that makes the most columns of it."""
        for line in lines:
            said = _SEPARATOR_LINE.fullmatch(line.text.strip(" \r\n"))
            if said:
                return said[1]
            if not _is_above_header(line):
                lines.put_back([line])
                break
        best, most = ",", 0
        for separator in _SEPARATORS:
            feed = _Feed(lines)
            try:
                cells = next(csv.reader(feed, delimiter=separator), ())
                # A blank follows a comma in a text, not one between columns.
                count = sum(not cell.startswith(" ") for cell in cells)
            except _NotClosedError:
                count = 1 + feed.taken[0].text.count(separator)
            lines.put_back(feed.taken)
            if count > most:
                best, most = separator, count
        return best

    def _read_header(self, records: Iterator[Row]) -> list[str]:
        """The names in the first row that is not blank; FileError if there is none."""
        for row in records:
            if row.fault:
                raise FileError(f"line {row.line}, the header, cannot be read: {row.fault}")
            if not all(map(is_blank, row.cells)):
                return [" ".join(str(name).split()) for name in row.cells]
        raise FileError("it is empty. Its first line has to name the columns")

    def _records(self, lines: Lines) -> Iterator[Row]:
        feed = _Feed(lines)
        # Some write a blank behind the separator, and a quote behind that.
        reader = csv.reader(feed, delimiter=self._separator, strict=True, skipinitialspace=True)
        is_header = True
        while True:
            feed.begin()
            cells: Sequence[str] = ()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _NotClosedError):
                fault: str | None = "a quote is in the wrong place, or is not closed"
            else:
                fault = self._fault(feed.taken, cells)
            first = feed.taken[0]
            if is_header and _is_above_header(first):
                feed.put_back_rest()
                continue
            is_header = False
            if fault:
                feed.put_back_rest()
                yield Row(first.number, fault=fault)
            else:
                yield Row(first.number, cells)

    def _fault(self, taken: list[Line], cells: Sequence[str]) -> str | None:
        if any(line.is_cut for line in taken):
            return "the line is too long for a row; is it a table at all?"
        # A quote that was never closed ends at the next one, which may be rows away.
        if len(taken) > 1 and any(self._is_row(line, len(cells)) for line in taken[1:]):
            return f"a quote is not closed: it ends in line {taken[-1].number}, with rows between"
        return None

    def _is_row(self, line: Line, width: int) -> bool:
        """Whether a line in the middle of a cell is a row of its own."""
        cells = line.text.replace('"', "").split(self._separator)
        return len(cells) == width > 1 and any(map(_LIKE_A_NUMBER.fullmatch, cells))


def _is_above_header(line: Line) -> bool:
    text = line.text.strip(" \r\n")
    is_blank_row = not text.strip(_SEPARATORS + '" ')
    return is_blank_row or text.startswith(_TYPE_LINE) or bool(_SEPARATOR_LINE.fullmatch(text))


class _NotClosedError(Exception):
    """A row goes on for so long that a quote in it cannot be meant."""


class _Feed(Iterator[str]):
    """The lines that csv takes for one row."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.taken: list[Line] = []
        self._length = 0

    def __next__(self) -> str:
        if self._length > LONGEST_CELL and len(self.taken) > 1:
            raise _NotClosedError
        line = next(self._lines)
        self.taken.append(line)
        self._length += len(line.text)
        return line.text

    def begin(self) -> None:
        """The next row."""
        self.taken = []
        self._length = 0

    def put_back_rest(self) -> None:
        """Only the first line was this row."""
        self._lines.put_back(self.taken[1:])
