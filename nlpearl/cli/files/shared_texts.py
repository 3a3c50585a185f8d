"""The texts of a workbook, to which its sheets refer by number: on disk, as there may be millions.

In memory are eight bytes for each, and the texts themselves up to eight megabytes. Not here: what
refers to them.
"""

from array import array
from functools import lru_cache
from typing import IO
from xml.etree.ElementTree import Element

from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .contents import Contents

_TEXTS, _ITEM, _TEXT, _READING = (
    f"{{{SHEET_MAIN_NS}}}{name}" for name in ("sst", "si", "t", "rPh")
)
_IN_MEMORY = 8 << 20


class SharedTexts:
    """The texts by number."""

    def __init__(self, contents: Contents, source: IO[bytes] | None = None) -> None:
        self._file = contents.temporary(_IN_MEMORY)
        self._ends = array("Q", [0])
        self._cached = lru_cache(maxsize=4096)(self._read)  # a time zone comes again and again
        if source is not None:
            self._write(source)

    def __getitem__(self, number: int) -> str:
        return self._cached(number)

    def _read(self, number: int) -> str:
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        return self._file.read(end - start).decode("utf-8", "surrogatepass")

    def _write(self, source: IO[bytes]) -> None:
        root: Element | None = None
        for event, element in iterparse(source, ("start", "end")):
            if root is None:
                root = element
            elif event == "end" and element.tag == _ITEM:
                data = _text(element).encode("utf-8", "surrogatepass")
                self._file.write(data)
                self._ends.append(self._ends[-1] + len(data))
                root.clear()  # or an element for each text stays


def _text(item: Element) -> str:
    """Its text without formats, and without how to read it (Japanese)."""
    return "".join(
        part.text or "" for child in item if child.tag != _READING for part in child.iter(_TEXT)
    )
