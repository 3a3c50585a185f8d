"""The parts of an Excel workbook, by openpyxl: sheets, styles, cells.

Its way to open a workbook reads each sheet that does not state its size, and its way through a
sheet keeps an element for each row; both keep all texts in memory, and neither tells a formula
without a result, a hidden row or a number format (3.1.5, 2026-11). So its parts are put together
here: its readers of a package, of styles and of a cell. This is the only module to know them.
"""

import re
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .cells import Formula
from .contents import Contents
from .number_formats import as_shown
from .rows import Row
from .shared_texts import SharedTexts

_DATA, _ROW, _COLUMN = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("sheetData", "row", "col"))
#: What a workbook says that no spreadsheet program has calculated yet.
_NOT_CALCULATED = re.compile(rb'fullCalcOnLoad="(1|true)"')
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_YES = ("1", "true")


class Sheet(NamedTuple):
    """A sheet with cells."""

    name: str
    path: str
    is_hidden: bool


class Workbook:
    """An open workbook."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        reader: Any = ExcelReader(contents.file, read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        self._archive = reader.archive
        self._book = reader.wb
        self._texts = self._read_texts(reader.package)
        self._is_calculated = not _NOT_CALCULATED.search(
            self._archive.read(reader.parser.workbook_part_name)
        )
        self._formats = [self._format(style.numFmtId) for style in self._book._cell_styles]
        self.sheets: list[Sheet] = [
            Sheet(sheet.name, rel.target, sheet.state != "visible")
            for sheet, rel in reader.parser.find_sheets()
            if rel.Type.endswith("/worksheet") and rel.target in reader.valid_files
        ]

    def rows(self, sheet: Sheet, hidden: set[int]) -> Iterator[Row]:
        """The rows of a sheet; `hidden` is filled with the positions of hidden columns first."""
        with self._archive.open(sheet.path) as source:
            book = self._book
            parser: Any = WorkSheetParser(
                source, self._texts, data_only=True, epoch=book.epoch,
                date_formats=book._date_formats, timedelta_formats=book._timedelta_formats,
            )  # fmt: skip
            data = Element(_DATA)
            for event, element in iterparse(source, ("start", "end")):
                if element.tag == _DATA:
                    if event == "end":
                        return
                    data = element
                elif event == "end" and element.tag == _ROW:
                    yield self._row(parser, element)
                    data.clear()  # or an element for each row stays
                elif event == "end" and element.tag == _COLUMN and _is_hidden(element, "width"):
                    hidden.update(range(int(element.get("min")) - 1, int(element.get("max"))))

    def _row(self, parser: Any, element: Element) -> Row:
        parser.row_counter = int(element.get("r") or parser.row_counter + 1)
        parser.col_counter = 0
        cells: list[object] = []
        for each in element:
            cell = parser.parse_cell(each)
            cells.extend([None] * (cell["column"] - len(cells) - 1))
            cells.append(self._value(each, cell["value"], cell["style_id"]))
        return Row(parser.row_counter, cells, is_hidden=_is_hidden(element, "ht"))

    def _value(self, cell: Element, value: object, style: int) -> object:
        """The value as the sheet shows it, where that says more."""
        if len(cell) and cell[0].tag == FORMULA_TAG:
            is_text = cell.get("t") == "str"
            if (value is None and not is_text) or (value == 0 and not self._is_calculated):
                return Formula.NO_RESULT
        if isinstance(value, str):
            return _ESCAPED.sub(_unescaped, value) if "_x" in value else value
        if not style or value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return as_shown(value, self._formats[style]) or value
        if isinstance(value, datetime) and _is_day(value, self._formats[style]):
            return value.date()
        return value

    def _format(self, number: int) -> str:
        if number < BUILTIN_FORMATS_MAX_SIZE:
            return BUILTIN_FORMATS.get(number, "General")
        custom: str = self._book._number_formats[number - BUILTIN_FORMATS_MAX_SIZE]
        return custom

    def _read_texts(self, package: Any) -> SharedTexts:
        part = package.find(SHARED_STRINGS)
        if part is None:
            return SharedTexts(self._contents)
        with self._archive.open(part.PartName[1:]) as source:
            return SharedTexts(self._contents, source)


def _is_day(moment: datetime, number_format: str) -> bool:
    """Whether a cell is a day, or is shown as one; pandas writes days with the time 00:00:00."""
    signs = {*number_format.lower()}
    return not signs & {"h", "s"} or ("y" in signs and moment.time() == time())


def _is_hidden(element: Element, size: str) -> bool:
    """Whether a row or a column is hidden, or has no size."""
    return element.get("hidden") in _YES or float(element.get(size) or 1) == 0


def _unescaped(match: re.Match[str]) -> str:
    """Excel writes a carriage return as _x000D_."""
    return chr(int(match[1], 16))
