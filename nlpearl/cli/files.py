"""Files of leads: CSV and JSON Lines, row by row, as what `add_leads` takes.

What is wrong with the file as a whole is a FileError, found before anything is sent where the file
can be read twice. What is wrong with one row is that row's own error.
"""

import contextlib
import csv
import io
import itertools
import json
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Literal, cast

import attrs

from ..errors import InvalidLeadError
from ..privacy import mask_all

#: Characters; a longer cell is no data but a mistake, such as a quote that is never closed.
LONGEST_CELL = 100_000

ARGUMENTS = ("phone_number", "external_id", "time_zone")
_CALL_DATA = "call_data."

Format = Literal["csv", "jsonl"]
Others = Literal["call-data", "leave-out"]

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # so that a long cell is one row's error


class FileError(Exception):
    """Why nothing, or nothing more, can be read from a file."""


class BrokenRow(Mapping[str, Any]):
    """A row that is none: reading it says why."""

    def __init__(self, why: str) -> None:
        self._error = InvalidLeadError.of({"": [why]})

    def __getitem__(self, key: str) -> Any:
        raise self._error

    def __iter__(self) -> Iterator[str]:
        raise self._error

    def __len__(self) -> int:
        raise self._error


@attrs.frozen
class Columns:
    """What the columns of a file become: targets by column. A target is an argument, a name in
    call data as ``call_data.name``, or empty for what is left out."""

    maps: Mapping[str, str]
    others: Others

    def target(self, column: str) -> str:
        column = column.strip()
        if column in self.maps:
            return self.maps[column]
        if column in ARGUMENTS or column.startswith(_CALL_DATA):
            return column
        return _CALL_DATA + column if self.others == "call-data" else ""

    def check(self, columns: Iterable[str]) -> None:
        """FileError if they make no leads."""
        names = [column.strip() for column in columns]
        shown = ", ".join(mask_all(repr(name)) for name in names)
        twice = [name for index, name in enumerate(names) if name in names[:index]]
        if twice:
            raise FileError(f"the column {mask_all(twice[0])!r} is there twice")
        targets = [target for target in map(self.target, names) if target]
        for target in targets:
            if targets.count(target) > 1:
                raise FileError(f"two columns become {target}; leave one out: --map 'COLUMN='")
        missing = [name for name in self.maps if name not in names]
        if missing:
            raise FileError(f"there is no column {missing[0]!r} to map; there are: {shown}")
        if "phone_number" not in targets:
            raise FileError(
                f"no column is the phone_number; the first line names the columns: {shown}. "
                "Say which it is: --map 'COLUMN=phone_number'"
            )

    def lead(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """The row as `add_leads` takes it; what is empty is left out."""
        row: dict[str, Any] = {}
        data: dict[str, Any] = {}
        for column, cell in cells.items():
            target = self.target(column)
            value = cell.strip() if isinstance(cell, str) else cell
            if target == _CALL_DATA + "call_data" and isinstance(value, dict):
                data |= cast(dict[str, Any], value)
            elif not target or value in (None, ""):
                continue
            elif target.startswith(_CALL_DATA):
                data[target.removeprefix(_CALL_DATA)] = value
            else:
                row[target] = value
        return {**row, "call_data": data} if data else row


def read_map(text: str) -> tuple[str, str]:
    """``Mobile=phone_number`` of --map."""
    column, equals, target = text.rpartition("=")
    target = target.strip()
    if not equals or not column.strip():
        raise FileError(f"--map {text!r} is not of the form COLUMN=ARGUMENT")
    if target and target not in ARGUMENTS and not target[len(_CALL_DATA) :]:
        target = "?"
    if target and target not in ARGUMENTS and not target.startswith(_CALL_DATA):
        raise FileError(
            f"--map {text!r}: a column becomes {', '.join(ARGUMENTS)}, call_data.NAME, or nothing"
        )
    return column.strip(), target


class Source:
    """The rows of a file, in order; `announce` is told the columns before the first row.

    `places` holds line and external id of the rows that were read, until somebody takes them.
    """

    def __init__(
        self,
        file: str,
        columns: Columns,
        kind: Format,
        encoding: str,
        announce: Callable[[list[str]], None],
    ) -> None:
        self._file = file
        self._name = "standard input" if file == "-" else file
        self._columns = columns
        self._kind = kind
        self._encoding = encoding
        self._announce = announce
        self._read = 0
        #: How many rows there are; None: nobody knows yet.
        self.total: int | None = None
        #: The columns, as far as they are known.
        self.names: list[str] = []
        self.places: deque[tuple[int, str]] = deque()

    def examine(self) -> None:
        """Read the file once from end to end, so that what is broken is found in time."""
        count = 0
        names: dict[str, None] = {}
        for _, cells in self._records():
            count += 1
            if not isinstance(cells, str):
                names.update(dict.fromkeys(cells))
        with self._naming():
            if not count:
                raise FileError("there is no row in it")
            self.check_columns(list(names))
        self.total = count

    def rest(self) -> Iterator[Mapping[str, Any]]:
        """The rows that `rows` has not come to; none of standard input, which is gone."""
        return self.rows(after=self._read) if self._file != "-" else iter(())

    def rows(self, after: int = 0) -> Iterator[Mapping[str, Any]]:
        for line, cells in itertools.islice(self._records(), after, None):
            self._read += 1
            if isinstance(cells, str):
                self.places.append((line, ""))
                yield BrokenRow(cells)
                continue
            row = self._columns.lead(cells)
            self.places.append((line, str(row.get("external_id", ""))))
            long = [name for name, cell in cells.items() if len(str(cell)) > LONGEST_CELL]
            if long:
                why = f"the cell {long[0]!r} has over {LONGEST_CELL:,} characters"
                yield BrokenRow(f"{why}; is a quote not closed?")
            else:
                yield row

    def _records(self) -> Iterator[tuple[int, dict[str, Any] | str]]:
        """Line numbers, and the cells by column, or why there are none."""
        with self._naming(), self._open() as stream:
            yield from _csv(stream, self) if self._kind == "csv" else _jsonl(stream)

    @contextlib.contextmanager
    def _naming(self) -> Generator[None]:
        """What goes wrong with the file, in a sentence that begins with its name."""
        try:
            yield
        except FileError as error:
            raise FileError(f"{self._name}: {error}") from None
        except LookupError as error:
            raise FileError(f"--encoding: {error}") from None
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise FileError(
                f"{self._name}: it is not {error.encoding}: the byte 0x{byte:02x}; save it as "
                "UTF-8, or say what it is with --encoding, such as cp1252"
            ) from None
        except OSError as error:
            raise FileError(f"{self._name}: {error.strerror}") from None

    def _open(self) -> IO[str]:
        if self._file == "-":
            return io.TextIOWrapper(sys.stdin.buffer, encoding=self._encoding, newline="")
        return Path(self._file).open(encoding=self._encoding, newline="")

    def check_columns(self, names: list[str]) -> None:
        """Once, when it is known what columns there are."""
        if not self.names:
            self._columns.check(names)
            self.names = names
            self._announce(names)


def _csv(stream: IO[str], source: Source) -> Iterator[tuple[int, dict[str, Any] | str]]:
    first = stream.readline()
    if not first.strip():
        raise FileError("it is empty, or its first line is; that line has to name the columns")
    separator = max(",;\t", key=lambda each: len(next(csv.reader([first], delimiter=each))))
    reader = csv.reader(_and(first, stream), delimiter=separator, strict=True)
    line = 1
    try:
        header = next(reader)
        source.check_columns([name.strip() for name in header])
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(header):
                yield line, dict(zip(source.names, cells, strict=True))
            elif cells:
                yield line, f"it has {len(cells)} cells, and the first line {len(header)}"
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileError(f"the row that begins in line {line} cannot be read: {error}") from None


def _and(first: str, stream: IO[str]) -> Iterator[str]:
    yield first
    yield from stream


def _jsonl(stream: IO[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for line, text in enumerate(stream, 1):
        if not text.strip():
            continue
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield line, f"it is no JSON: {mask_all(str(error))}"
            continue
        if isinstance(value, dict):
            yield line, cast(dict[str, Any], value)
        else:
            yield line, f"it is a JSON {type(value).__name__}, not an object"
