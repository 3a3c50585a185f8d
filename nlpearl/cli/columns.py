"""A row of cells as what `add_leads` takes, once it is known what each column is. Pure.

Not here: what the columns are (planning.py), and whether a value is valid (nlpearl.leads).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import attrs

from .column_names import (
    DATA,
    DATA_PREFIX,
    ID,
    PHONE,
    ZONE,
    Mark,
    forbids,
    mark_of,
    says_not_to_call,
)
from .files.cells import clean, is_blank, is_nothing, mistake, not_an_argument, shown
from .files.rows import LONGEST_CELL

#: Larger numbers have lost digits.
_MOST = 10**15


class InvalidRowError(Exception):
    """Why a row is not a lead."""


class NotToBeCalledError(Exception):
    """Where a row says that nobody may call."""


@attrs.frozen
class Plan:
    """What the columns of one file become."""

    header: Sequence[str]
    #: Position → argument or ``call_data.NAME``, in the order of the columns.
    targets: Mapping[int, str]
    #: Position → how the column forbids calls.
    marks: Mapping[int, Mark]
    #: The positions of the columns that the caller left out.
    ignored: Collection[int]
    #: Whether a program has made fractions of whole external ids: 1041.0.
    has_float_ids: bool = False

    def arguments(self, cells: Sequence[object]) -> dict[str, Any]:
        """The row as `add_leads` takes it, without what is empty.

        InvalidRowError if it cannot be one, NotToBeCalledError.
        """
        self._check(cells)
        row: dict[str, Any] = {}
        data: dict[str, Any] = {}
        faults: list[str] = []
        for index, target in self.targets.items():
            value = clean(cells[index]) if index < len(cells) else None
            if target == ID:
                value = self._id(value)
            is_argument = target in (PHONE, ID, ZONE)
            if value is None or is_nothing(value, is_argument=is_argument):
                continue
            if target == DATA:
                data |= _object(value)
                _check_object(data)
                continue
            why = mistake(value) or (not_an_argument(value) if is_argument else None)
            if why is None and target == ID and isinstance(value, float):
                why = f"is {value}: a spreadsheet has rounded it. Make the column text there"
            if why is not None:
                faults.append(f"{words_for(target)} {why}")
            if is_argument:
                row[target] = value
            else:
                data[target.removeprefix(DATA_PREFIX)] = value
        if PHONE not in row:
            faults.append("phone number is missing")
        if faults:
            raise InvalidRowError("; ".join(faults))
        return {**row, DATA: data} if data else row

    def external_id(self, cells: Sequence[object]) -> str:
        """The external id of the row, even if the row is invalid; empty if it has none."""
        for index, target in self.targets.items():
            if target == ID and index < len(cells):
                value = self._id(clean(cells[index]))
                return "" if value is None else str(value)[:200]
        return ""

    def _id(self, value: object) -> object:
        """An external id as it was before pandas, say, made a fraction of it, because of a gap in
        its column."""
        if isinstance(value, float) and value.is_integer() and abs(value) < _MOST:
            return int(value)
        if self.has_float_ids and isinstance(value, str):
            return value.removesuffix(".0")
        return value

    def _check(self, cells: Sequence[object]) -> None:
        """What a row must not hold in any column."""
        for index, cell in enumerate(cells):
            value = clean(cell)
            if value is None:
                continue
            if index >= len(self.header):
                raise InvalidRowError(
                    f"it has {len(cells)} cells, and the first line names {len(self.header)} "
                    "columns. Is there a separator in a cell without quotes?"
                )
            if isinstance(value, str) and len(value) > LONGEST_CELL:
                raise InvalidRowError(
                    f"the cell {shown(self.header[index])!r} has over {LONGEST_CELL:,} "
                    "characters. Is a quote not closed?"
                )
            if index in self.ignored or self.targets.get(index) in (PHONE, ID, ZONE):
                continue
            mark = self.marks.get(index)
            if forbids(mark, value) if mark else says_not_to_call(self.header[index], value):
                raise NotToBeCalledError(
                    f"the column {shown(self.header[index])!r} says not to call"
                )


def words_for(target: str) -> str:
    """``call_data.age`` → ``call data 'age'``."""
    if target.startswith(DATA_PREFIX):
        return f"call data {shown(target.removeprefix(DATA_PREFIX))!r}"
    return target.replace("_", " ")


def _check_object(data: Mapping[str, Any]) -> None:
    """Its keys are columns, too, that may forbid calls."""
    for name, value in data.items():
        mark = mark_of(name)
        if mark is not None and not is_blank(value) and forbids(mark, value):
            raise NotToBeCalledError(f"call data {shown(name)!r} says not to call")


def _object(value: object) -> dict[str, Any]:
    """The call data in one cell: a JSON object."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise InvalidRowError("call data is invalid JSON") from None
    if not isinstance(value, dict):
        raise InvalidRowError("call data is not a JSON object")
    return cast(dict[str, Any], value)
