"""A file of leads, read twice: from end to end to find what is wrong with it, then row by row.

Not here: formats (files/), and what the columns are (planning.py).
"""

import contextlib
from collections.abc import Generator, Iterator, Mapping, Sequence

from .columns import Plan
from .files.cells import Formula, clean, is_blank
from .files.rows import FIRST_LINE, FileError, Row, Table
from .planning import NoHeaderError, Wishes, is_header, plan

#: The rows that samples are taken of, and how many different values of a column.
_SAMPLED_ROWS = 500
_SAMPLES = 20
#: The rows among which a header is looked for, if the first is not one.
_FIRST_ROWS = 10


@contextlib.contextmanager
def naming(name: str) -> Generator[None]:
    """What is wrong with a file, in a sentence that begins with its name."""
    try:
        yield
    except FileError as error:
        raise FileError(f"{name}: {error}") from error.__cause__
    except OSError as error:
        raise FileError(f"{name}: {error.strerror or error}") from None


class Source:
    """The rows of a table that are leads, or should be."""

    def __init__(self, table: Table, wishes: Wishes) -> None:
        self._table = table
        self._wishes = wishes
        self.unit: str = table.unit
        self.notes: list[str] = table.notes
        #: How many rows are not blank, and how many of them the sheet hides.
        self.total: int = 0
        self.hidden: int = 0
        #: Position of a column → some of its values.
        self.samples: dict[int, dict[str, None]] = {}
        self.plan: Plan

    @property
    def hidden_columns(self) -> set[int]:
        """The positions of the columns that the sheet hides."""
        return self._table.hidden

    def examine(self) -> None:
        """Read the file once from end to end; FileError if no row of it should be sent."""
        first: list[Row] = []
        for row in self.rows():
            self.total += 1
            self.hidden += row.is_hidden
            if self.total <= _FIRST_ROWS:
                first.append(row)
            if self.total <= _SAMPLED_ROWS:
                self._take_samples(row.cells)
            elif self.total == _SAMPLED_ROWS + 1:
                self._plan(first)  # a large file has not to be read for nothing
        # Only now are all keys of JSON known.
        self._plan(first)
        if not self.total:
            raise FileError("it has no row below the names of the columns")

    def rows(self) -> Iterator[Row]:
        """The rows, without blank ones; FileError if the file is another one than before."""
        for row in self._table.rows():
            if row.fault or not all(map(is_blank, row.cells)):
                yield row

    def _take_samples(self, cells: Sequence[object]) -> None:
        for index, cell in enumerate(cells):
            value = clean(cell)
            seen = self.samples.setdefault(index, {})
            if value is not None and len(seen) < _SAMPLES:
                seen[str(value.value if isinstance(value, Formula) else value)[:200]] = None

    def _plan(self, first: Sequence[Row]) -> None:
        header = self._table.header
        samples: Mapping[int, dict[str, None]] = self.samples
        try:
            self.plan = plan(
                header, self._wishes, names_are=self._table.names,
                hidden=self._table.hidden, samples=samples,
            )  # fmt: skip
        except NoHeaderError as error:
            for row in first if self._table.names == FIRST_LINE else ():
                if is_header([str(clean(cell) or "") for cell in row.cells], self._wishes):
                    raise FileError(
                        f"{error.what}. The names seem to be in {self.unit} {row.line}: remove "
                        "what is above them"
                    ) from None
            raise
