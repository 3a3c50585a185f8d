"""Excel workbooks as openpyxl, XlsxWriter and pandas write them, and as other programs alter
them."""

import contextlib
import datetime
import functools
import io
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpearl.cli.files import shared_texts
from nlpearl.cli.files.cells import Formula
from nlpearl.cli.files.excel_table import ExcelTable
from nlpearl.cli.files.number_formats import as_shown
from nlpearl.cli.files.rows import FileError

from .cli_running import opened
from .writers import pandas, xlsxwriter

NO_RESULT = Formula.NO_RESULT
Reads = Callable[..., ExcelTable]


def has_phone(names: Sequence[str]) -> bool:
    return "phone" in names


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.xlsx"


@pytest.fixture
def reads(path: Path) -> Iterator[Reads]:
    """The table of the workbook at `path`."""
    with contextlib.ExitStack() as stack:

        def read(sheet: str | None = None) -> ExcelTable:
            return ExcelTable(stack.enter_context(opened(path)), sheet, has_phone)

        yield read


def book(path: Path, *sheets: tuple[str, list[list[object]]]) -> None:
    """A workbook, written by openpyxl."""
    written = openpyxl.Workbook()
    written.remove(written.worksheets[0])
    for name, rows in sheets:
        sheet = written.create_sheet(name)
        for row in rows:
            sheet.append(row)
    written.save(path)


def cells(table: ExcelTable) -> list[list[object]]:
    return [[*row.cells] for row in table.rows()]


def altered(path: Path, part: str, *changes: tuple[str, str]) -> None:
    """Change a part of a workbook, as a program does that our writers are not."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    text = parts[part].decode()
    for before, after in changes:
        assert before in text, text
        text = text.replace(before, after)
    parts[part] = text.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)


SHEET = "xl/worksheets/sheet1.xml"

# Values


@pytest.mark.parametrize("writer", ["openpyxl", "xlsxwriter"])
def test_values_are_what_pandas_wrote(path: Path, reads: Reads, writer: Any) -> None:
    frame = pandas.DataFrame(
        {
            "phone": [4155550145, None],  # floats, because of the gap
            "id": ["00041", None],
            "age": [31, 40],
            "vip": [True, False],
            "day": [datetime.date(2026, 11, 1), None],
            "time": [pandas.Timestamp("2026-11-01 17:30"), pandas.NaT],
        }
    )
    frame.to_excel(path, engine=writer)
    table = reads()
    assert table.header == ["", "phone", "id", "age", "vip", "day", "time"]
    first, second = cells(table)
    moment = datetime.datetime(2026, 11, 1, 17, 30)
    assert first == [0, 4155550145, "00041", 31, True, datetime.date(2026, 11, 1), moment]
    assert isinstance(first[1], int)
    assert second[:5] == [1, None, None, 40, False]
    assert {*second[5:]} <= {None}
    assert cells(table) == [first, second], "again"


def test_texts_of_every_kind(path: Path, reads: Reads) -> None:
    with xlsxwriter.Workbook(path) as written:
        sheet, bold = written.add_worksheet(), written.add_format({"bold": True})
        sheet.write_row(0, 0, ["phone", " first\n name "])
        sheet.write_rich_string(1, 0, "+1415", bold, "5550", "123")
        sheet.write_url(1, 1, "https://example.com", string="Zoë & Co")
        sheet.write_string(2, 0, "")
        sheet.write_string(2, 1, "東京 _x005F_ 👋")
        sheet.write_string(3, 0, "a\r\nb\x01")
    table = reads()
    assert table.header == ["phone", "first name"]
    assert cells(table) == [
        ["+14155550123", "Zoë & Co"], ["", "東京 _x005F_ 👋"], ["a\r\nb\x01"],
    ]  # fmt: skip


def test_how_a_text_is_read_is_not_a_part_of_it(path: Path, reads: Reads) -> None:
    with xlsxwriter.Workbook(path) as written:
        written.add_worksheet().write_column(0, 0, ["phone", "東京"])
    altered(
        path, "xl/sharedStrings.xml", ("東京</t>", "東京</t><rPh sb='0' eb='2'><t>とう</t></rPh>")
    )
    assert cells(reads()) == [["東京"]]


def test_numbers_are_as_the_sheet_shows_them(path: Path, reads: Reads) -> None:
    formats = ["General", "0", "00000", '"C-"0000', "#,##0.00", "yyyy-mm-dd", "hh:mm", '"+"0']
    formats += ["yyyy-mm-dd hh:mm"]
    with xlsxwriter.Workbook(path) as written:
        sheet = written.add_worksheet()
        sheet.write_row(0, 0, ["phone"])
        for row, number_format in enumerate(formats, 1):
            sheet.write_number(row, 0, 41, written.add_format({"num_format": number_format}))
        sheet.write_number(10, 0, 120210000000000123)
        sheet.write_number(11, 0, 0.5)
    assert [row[0] for row in cells(reads())] == [
        41, 41, "00041", "C-0041", 41, datetime.date(1900, 2, 10),
        datetime.datetime(1900, 2, 10), "+41", datetime.date(1900, 2, 10), 1.202100000000001e17,
        0.5,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (41, "00000", "00041"),
        (3023125021, "0##########", "03023125021"),
        (14155550123, "+0", "+14155550123"),
        (4155550145, r"\(000\)\ 000\-0000", "(415) 555-0145"),
        (4155550145.0, "(000) 000-0000", "(415) 555-0145"),
        (41, "_-0000_-;-0000", "0041"),
        (41, "0", None),
        (0, "#", None),
        (41, "General", None),
        (41, "#,##0", None),
        (41, "0.00", None),
        (41, "@", None),
        (41, "[<=9999999]###-####;(###) ###-####", None),
        (41, "yyyy", None),
        (41, '"x"', None),
        (41.5, "000", None),
        (-41, "00000", None),
        (10**15, "0000000000000000000", None),
    ],
)
def test_what_a_number_format_shows(value: float, number_format: str, shown: str | None) -> None:
    assert as_shown(value, number_format) == shown


@given(st.integers(0, 10**14), st.text(alphabet="0#?-() +$", max_size=12))
def test_a_format_adds_zeros_and_fixed_characters_and_loses_no_digit(
    value: int, number_format: str
) -> None:
    shown = as_shown(value, number_format)
    if shown is not None:
        digits = "".join(filter(str.isdecimal, shown))
        assert digits.lstrip("0") == str(value).lstrip("0")


# Formulas


def test_a_formula_is_its_result_and_a_mistake_if_that_was_not_saved(
    path: Path, reads: Reads
) -> None:
    book(path, ("A", [["phone", "id"], ['="+1"&B2', "=1+1"]]))
    assert cells(reads()) == [[NO_RESULT, NO_RESULT]]
    with xlsxwriter.Workbook(path) as written:
        sheet = written.add_worksheet()
        sheet.write_row(0, 0, ["phone", "id"])
        sheet.write_formula(1, 0, '="+1"&B2', None, "+14155550123")
        sheet.write_formula(1, 1, "=40+1", None, 41)
        sheet.write_formula(2, 0, '="+1"&B2')  # XlsxWriter's result of this is 0
        sheet.write_formula(2, 1, '=""', None, "no text")
        sheet.write_formula(3, 0, "=NA()", None, "#N/A")
        sheet.write_formula(3, 1, "=1=1", None, True)
    altered(path, SHEET, ("no text", ""))
    assert cells(reads()) == [["+14155550123", 41], [NO_RESULT, None], ["#N/A", True]]
    altered(path, "xl/workbook.xml", (' fullCalcOnLoad="1"', ""))  # as Excel saves it
    assert cells(reads())[1] == [0, None]


# What is hidden


def test_hidden_rows_and_columns_are_told(path: Path, reads: Reads) -> None:
    with xlsxwriter.Workbook(path) as written:
        sheet = written.add_worksheet()
        for row in range(6):
            sheet.write_row(row, 0, [f"+{row}" if row else "phone", "a", "b", "c"])
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_row(3, 0)
        sheet.set_row(4, 30)
        sheet.set_column(1, 1, None, None, {"hidden": True})
        sheet.set_column(3, 3, 0)
    table = reads()
    assert table.hidden == {1, 3}
    assert [row.line for row in table.rows() if row.is_hidden] == [3, 4]


def test_rows_that_are_missing_or_blank_are_skipped_and_counted(path: Path, reads: Reads) -> None:
    with xlsxwriter.Workbook(path) as written:
        sheet, style = written.add_worksheet(), written.add_format({"bold": True})
        sheet.write_row(2, 1, ["phone", "name"])
        sheet.write_row(4, 1, ["+1", "Ann"])
        sheet.write_row(5, 1, [" ", ""])
        sheet.write_blank(6, 1, None, style)
        sheet.write_row(9, 1, ["+2"])
    table = reads()
    assert table.header == ["", "phone", "name"]
    assert [(row.line, row.cells) for row in table.rows()] == [
        (5, [None, "+1", "Ann"]), (10, [None, "+2"]),
    ]  # fmt: skip


def test_a_sheet_that_says_nothing_of_its_places_is_read_in_order(path: Path, reads: Reads) -> None:
    book(path, ("A", [["phone", "id"], ["+1", 1], ["+2", 2]]))
    places = [f' r="{column}{row}"' for row in (1, 2, 3) for column in "AB"]
    rows = [f' r="{row}"' for row in (1, 2, 3)]
    altered(path, SHEET, *((place, "") for place in [*places, *rows]))
    altered(path, SHEET, ('<dimension ref="A1:B3" />', '<dimension ref="A1" />'))
    assert [(row.line, row.cells) for row in reads().rows()] == [(2, ["+1", 1]), (3, ["+2", 2])]


# Sheets


def test_the_only_sheet_with_phone_numbers_is_read_and_named(path: Path, reads: Reads) -> None:
    book(path, ("Read me", [["Leads"]]), ("Nothing", []), ("Leads", [["phone"], ["+1"]]))
    table = reads()
    assert cells(table) == [["+1"]]
    assert table.notes == [
        "the sheet 'Leads' is read: it is the only one with a column of phone numbers"
    ]
    table = reads("read ME")
    assert table.header == ["Leads"]
    assert table.notes == ["the sheet 'Read me' is read: it was named"]


def test_which_sheet_is_asked_if_it_is_not_clear(path: Path, reads: Reads) -> None:
    book(path, ("A", [["phone"], ["+1"]]), ("B", [["phone"], ["+2"]]), ("C", [["x"]]))
    with pytest.raises(FileError, match=r"several sheets .*: 'A', 'B'\. Say which .*--sheet"):
        reads()
    assert cells(reads("B")) == [["+2"]]
    with pytest.raises(FileError, match=r"it has no sheet 'D'. Its sheets are 'A', 'B', 'C'"):
        reads("D")
    book(path, ("A", [["x"]]), ("B", []))
    with pytest.raises(FileError, match=r"no sheet has a column of phone numbers.* 'A', 'B'"):
        reads()


def test_a_hidden_sheet_is_read_only_if_it_is_named(path: Path, reads: Reads) -> None:
    book(path, ("Leads", [["phone"], ["+1"]]), ("Old", [["phone"], ["+2"]]))
    altered(
        path,
        "xl/workbook.xml",
        ('name="Old" sheetId="2" state="visible"', 'name="Old" sheetId="2" state="veryHidden"'),
    )
    table = reads()
    assert cells(table) == [["+1"]]
    assert table.notes == ["the sheet 'Leads' is read: it is the only one that is not hidden"]
    assert cells(reads("Old")) == [["+2"]]
    altered(path, "xl/workbook.xml", ('state="visible"', 'state="hidden"'))
    with pytest.raises(FileError, match=r"only hidden sheets have .*: 'Leads', 'Old'. Say which"):
        reads()
    book(path, ("Notes", [["x"]]), ("Leads", [["phone"], ["+1"]]))
    altered(path, "xl/workbook.xml", ('sheetId="2" state="visible"', 'sheetId="2" state="hidden"'))
    with pytest.raises(FileError, match=r"only hidden sheets have .*: 'Leads'. Say which sheet"):
        reads()


def test_a_chart_is_not_a_sheet(path: Path, reads: Reads) -> None:
    with xlsxwriter.Workbook(path) as written:
        written.add_worksheet().write_column(0, 0, ["phone", "+1"])
        chart = written.add_chart({"type": "bar"})
        chart.add_series({"values": "=Sheet1!$A$1:$A$2"})
        written.add_chartsheet().set_chart(chart)
    assert cells(reads()) == [["+1"]]


def test_a_workbook_without_a_sheet_that_can_be_read_says_so(path: Path, reads: Reads) -> None:
    with xlsxwriter.Workbook(path) as written:
        written.add_worksheet().write_column(0, 0, ["phone", "+1"])
    altered(path, "xl/_rels/workbook.xml.rels", ("worksheets/sheet1.xml", "worksheets/x.xml"))
    with pytest.raises(FileError, match=r"no sheet in it can be read. Save it in Excel as"):
        reads()


# Damage


def test_damage_is_a_sentence_and_never_an_error_of_a_library(path: Path, reads: Reads) -> None:
    book(path, ("A", [["phone", "id"], *([f"+{n}", n] for n in range(2000))]))
    whole = path.read_bytes()
    said = r"it cannot be read as an Excel workbook \(.*\)\. Is it complete\? Open it in Excel"
    for size in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(FileError, match=said):
            cells(reads())
    for part, before, after in [
        (SHEET, "</row>", "</rrow>"),
        (SHEET, "<v>7</v>", "<v>seven</v>"),
        (SHEET, 'r="7"', 'r="x"'),
        ("[Content_Types].xml", "sheet.main", "sheet.other"),
        ("xl/styles.xml", "</styleSheet>", ""),
        ("xl/workbook.xml", "<sheets>", "<sheet>"),
    ]:
        path.write_bytes(whole)
        altered(path, part, (before, after))
        with pytest.raises(FileError, match=said):
            cells(reads())


@functools.cache
def small_workbook() -> bytes:
    written, data = openpyxl.Workbook(), io.BytesIO()
    written.worksheets[0].append(["phone", "id"])
    written.worksheets[0].append(["+1", 1])
    written.save(data)
    return data.getvalue()


@given(st.data())
def test_a_byte_that_differs_is_rows_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("excel") / "people.xlsx"
    damaged = bytearray(small_workbook())
    for _ in range(3):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    with opened(path) as contents, contextlib.suppress(FileError):
        cells(ExcelTable(contents, None, has_phone))


def test_what_openpyxl_warns_of_is_nobodys_business(path: Path, reads: Reads) -> None:
    """Warnings are errors here."""
    with xlsxwriter.Workbook(path) as written:
        sheet = written.add_worksheet()
        sheet.write_column(0, 0, ["phone", "+1", 10**8], written.add_format({"num_format": "yyyy"}))
        sheet.conditional_format(0, 0, 9, 0, {"type": "data_bar", "data_bar_2010": True})
        sheet.add_sparkline(0, 5, {"range": "Sheet1!A1:A2"})
    assert cells(reads()) == [["+1"], ["#VALUE!"]]


def test_without_openpyxl_the_extra_is_named(
    path: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(path, ("A", [["phone"]]))
    monkeypatch.setitem(sys.modules, "nlpearl.cli.files.workbook", None)
    with pytest.raises(FileError, match=r"Run: pip install 'nlpearl-client\[excel\]'. Or save the"):
        reads()


# Size


def test_a_million_blank_rows_are_gone_through_once(
    path: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(path, ("A", [["phone"], ["+1"], ["+2"], *([[]] * 1)]))
    blank = "".join(f'<row r="{row}"><c r="A{row}" s="0"/></row>' for row in range(4, 3000))
    altered(path, SHEET, ("</sheetData>", blank + "</sheetData>"))
    table = reads()
    seen: list[int] = []
    book_rows = table._book.rows  # pyright: ignore[reportPrivateUsage]

    def rows(*arguments: Any) -> Iterator[Any]:
        for row in book_rows(*arguments):
            seen.append(row.line)
            yield row

    monkeypatch.setattr(table._book, "rows", rows)  # pyright: ignore[reportPrivateUsage]
    assert cells(table) == [["+1"], ["+2"]]
    assert max(seen) == 2999
    seen.clear()
    assert cells(table) == [["+1"], ["+2"]]
    assert max(seen) < 300


def test_texts_that_do_not_fit_into_memory_are_on_disk(
    path: Path, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How much memory a large workbook takes: tests/test_cli_memory.py."""
    monkeypatch.setattr(shared_texts, "_IN_MEMORY", 100)
    names = [f"Name {number}" for number in range(5000)]
    with xlsxwriter.Workbook(path) as written:
        written.add_worksheet().write_column(0, 0, ["phone", *names, *names])
    assert [row[0] for row in cells(reads())] == [*names, *names]
