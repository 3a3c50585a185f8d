"""What a reader gives: a table of any file format. No format is known here."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

#: Characters; a longer cell is a mistake, such as a quote that is not closed.
LONGEST_CELL = 100_000

#: `Table.names` of a table with a header.
FIRST_LINE = "The first line has to name the columns, and it is"

#: Whether such a first line names the columns of a file of leads.
IsHeader = Callable[[Sequence[str]], bool]


class FileError(Exception):
    """Why nothing, or nothing more, can be read from a file: a sentence, and what to do."""


class Row(NamedTuple):
    """A row as it is in the file."""

    #: Where it begins: the number of the line, the row of a sheet, or the item of an array.
    line: int
    #: As many as the file has; the header may be longer or shorter.
    cells: Sequence[object] = ()
    #: Why it cannot be read.
    fault: str | None = None
    is_hidden: bool = False


class Table(Protocol):
    """The rows of an open file."""

    #: What `Row.line` counts: "line", "row" or "item".
    unit: str
    #: What the names of the columns are, before they are shown.
    names: str
    #: The names of the columns. JSON has no header: there it grows while the rows are read.
    header: list[str]
    #: The positions of the columns that the sheet hides.
    hidden: set[int]
    #: What is to be said about the file, such as which sheet was read.
    notes: list[str]

    def rows(self) -> Iterator[Row]:
        """All rows, from the first one each time."""
        ...
