"""JSON: a line for each row (JSON Lines), or an array of rows, or rows one after the other.

The keys are the columns, in the order in which they are first seen. Values are Python's json's.
Here: how a file is read that is larger than the memory.
"""

import json
from collections.abc import Iterator
from typing import Any, cast

from .contents import Contents
from .rows import FileError, Row
from .text import LONGEST_LINE, Lines, Text

#: More are not columns, but keys that are data.
_MOST_COLUMNS = 10_000
_BLANK = " \t\r\n\ufeff"
_CHUNK = 1 << 16


class _Fault(str):
    """Why a value is not a row; in the place of the value."""


class JsonTable:
    """The rows of a JSON file."""

    names: str = "The keys of its JSON objects are"

    def __init__(self, contents: Contents, encoding: str) -> None:
        self._contents = contents
        self._encoding = encoding
        self._places: dict[str, int] = {}
        self.header: list[str] = []
        self.hidden: set[int] = set()
        self.notes: list[str] = []
        self._is_lines = self._has_lines()
        self.unit: str = "line" if self._is_lines else "item"

    def rows(self) -> Iterator[Row]:
        values = self._by_line() if self._is_lines else self._by_item()
        for number, value in values:
            if isinstance(value, dict):
                yield self._row(number, cast(dict[str, Any], value))
            elif isinstance(value, _Fault):
                yield Row(number, fault=value)
            else:
                kind = _KINDS.get(type(value), "number")
                yield Row(number, fault=f"a row is a JSON object, not a JSON {kind}")

    def _row(self, number: int, value: dict[str, Any]) -> Row:
        for key, item in value.items():
            if isinstance(item, _Fault):
                return Row(number, fault=item)
            if key not in self._places:
                self._places[key] = len(self.header)
                self.header.append(key)
        if len(self.header) > _MOST_COLUMNS:
            raise FileError(
                f"its rows have over {_MOST_COLUMNS:,} different keys. Give all rows the same keys"
            )
        return Row(number, [value.get(name) for name in self.header])

    def _has_lines(self) -> bool:
        """Whether one of the first two lines is a row."""
        lines = Lines(self._contents, self._encoding)
        texts = (line.text for line in lines if line.text.strip(_BLANK))
        return any(isinstance(_value(text), dict) for text, _ in zip(texts, range(2), strict=False))

    def _by_line(self) -> Iterator[tuple[int, object]]:
        for number, text, is_cut in Lines(self._contents, self._encoding):
            if is_cut:
                yield number, _Fault(f"it has over {LONGEST_LINE:,} characters")
            elif text.strip(_BLANK):
                yield number, _value(text)

    def _by_item(self) -> Iterator[tuple[int, object]]:
        """The items of arrays, and values that follow each other."""
        values = _Values(Text(self._contents, self._encoding))
        number = 0
        is_array = values.skip("[")
        while not values.is_at_end():
            if is_array and values.skip("]"):
                is_array = values.skip("[")
                continue
            number += 1
            yield number, values.next()
            values.skip(",")
        if is_array:
            raise FileError("its JSON ends in the middle of an array. Is the file complete?")


class _Values:
    """Values of JSON, read as far as they are needed."""

    def __init__(self, text: Text) -> None:
        self._source = text
        self._text = ""
        self._at = 0
        #: The lines before `_text`.
        self._lines = 0

    def is_at_end(self) -> bool:
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANK:
                    return False
                self._at += 1
            if not self._read():
                return True

    def skip(self, character: str) -> bool:
        """Whether this character comes next; then it is gone."""
        if self.is_at_end() or self._text[self._at] != character:
            return False
        self._at += 1
        return True

    def next(self) -> object:
        """The value that comes next; FileError if there is none."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                why, at = error.msg, error.pos
            except (ValueError, RecursionError):
                raise FileError(f"the JSON in line {self._line(self._at)} is too large") from None
            else:
                # A number may go on.
                if end < len(self._text) or not self._read():
                    self._at = end
                    return cast(object, value)
                continue
            if len(self._text) - self._at > LONGEST_LINE or not self._read():
                raise FileError(
                    f"invalid JSON in line {self._line(at)}: {why.removesuffix(' at')}. "
                    "Is the file complete?"
                )

    def _line(self, at: int) -> int:
        return 1 + self._lines + self._text.count("\n", 0, at)

    def _read(self) -> bool:
        """Whether there was more."""
        more = self._source.read(_CHUNK)
        self._lines += self._text.count("\n", 0, self._at)
        self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)


_KINDS: dict[type, str] = {list: "array", str: "string", bool: "boolean", type(None): "null"}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Fault:
    value = dict(pairs)
    return value if len(value) == len(pairs) else _Fault("a key is there twice in a JSON object")


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _value(text: str) -> object:
    """The value of a text, or why it is invalid."""
    try:
        return cast(object, _DECODER.decode(text.strip(_BLANK)))
    except json.JSONDecodeError as error:
        return _Fault(f"invalid JSON: {error.msg}, at character {error.colno}")
    except (ValueError, RecursionError):
        return _Fault("invalid JSON: a number or a structure in it is too large")
