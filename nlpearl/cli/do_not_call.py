"""A list of numbers that are never called, in any spelling.

A number that cannot be completed (no country code, no default region) forbids every number that
ends with it: better somebody too many who is not called. Not here: columns of the file of leads
that forbid calls (column_names.py).
"""

import contextlib
import itertools
import re
from collections.abc import Sequence

from ..errors import InvalidLeadError
from ..leads.phone_numbers import to_phone_number
from .column_names import PHONE, argument_of, is_like
from .files.cells import clean, is_like_a_number, sample
from .files.contents import Contents
from .files.formats import Options, open_table
from .files.rows import FileError, Row
from .source import naming


class DoNotCall:
    """The numbers of a list; 100 bytes of memory for each."""

    def __init__(self) -> None:
        self._numbers: set[int] = set()
        #: How many digits are known → the last digits of the number.
        self._endings: dict[int, set[int]] = {}

    def __len__(self) -> int:
        return len(self._numbers) + sum(map(len, self._endings.values()))

    def __contains__(self, phone_number: str) -> bool:
        digits = _digits(phone_number)
        return int(digits or 0) in self._numbers or any(
            int(digits[-length:] or 0) in endings for length, endings in self._endings.items()
        )

    def add(self, value: object, region: str | None) -> None:
        """ValueError if it is not a number at all."""
        text = str(value).removesuffix(".0")
        try:
            number = to_phone_number(text, region)
        except InvalidLeadError:
            number = text
        digits = _digits(number)
        if number.startswith("+"):
            self._numbers.add(int(digits or 0))
        elif is_like_a_number(digits.lstrip("0")):
            digits = digits.lstrip("0")
            self._endings.setdefault(len(digits), set()).add(int(digits))
        else:
            raise ValueError(text)


def read_do_not_call(file: str, region: str | None) -> DoNotCall:
    """The numbers in a file of any format; FileError if a line of it is not a number."""
    numbers = DoNotCall()
    with naming(file), contextlib.closing(Contents(file)) as contents:
        table = open_table(contents, Options(), lambda names: bool(_named(names)))
        for _ in table.rows():
            pass  # then the header of JSON is complete
        columns = _named(table.header) or _unnamed(table.header)
        first = Row(1, table.header) if any(map(is_like_a_number, table.header)) else Row(1)
        for row in itertools.chain([first], table.rows()):
            for value in (clean(row.cells[i]) for i in columns if i < len(row.cells)):
                try:
                    if value is not None:
                        numbers.add(value, region)
                except ValueError:
                    raise FileError(
                        f"{table.unit} {row.line} is not a phone number: {sample(value)!r}. "
                        "Correct it, or remove it from the list"
                    ) from None
            if row.fault:
                raise FileError(f"{table.unit} {row.line} cannot be read: {row.fault}")
    return numbers


def _named(header: Sequence[str]) -> list[int]:
    """The columns that are phone numbers by their names."""
    found = [index for index, name in enumerate(header) if argument_of(name) == PHONE]
    return found or [index for index, name in enumerate(header) if is_like(name, PHONE)]


def _unnamed(header: Sequence[str]) -> list[int]:
    """The columns that are phone numbers where none is called so."""
    filled = [index for index, name in enumerate(header) if name]
    found = filled if len(filled) == 1 else [i for i in filled if is_like_a_number(header[i])]
    if not found:
        raise FileError("no column is the phone number. Call it phone_number in the first line")
    return found


def _digits(text: str) -> str:
    return "".join(re.findall("[0-9]", text))
