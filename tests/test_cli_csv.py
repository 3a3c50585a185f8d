"""CSV as programs and people write it: separators, quotes, lines above the header, damage."""

import contextlib
import csv
import io
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpearl.cli.files import text
from nlpearl.cli.files.csv_table import CsvTable
from nlpearl.cli.files.rows import FileError

from .cli_running import opened

Reads = Callable[[str], CsvTable]


@pytest.fixture
def reads(tmp_path: Path) -> Iterator[Reads]:
    """The table of a file with this text."""
    with contextlib.ExitStack() as stack:

        def read(data: str) -> CsvTable:
            path = tmp_path / "people.csv"
            path.write_bytes(data.encode())
            return CsvTable(stack.enter_context(opened(path)), "utf-8-sig")

        yield read


def cells(table: CsvTable) -> list[list[object]]:
    return [[*row.cells] for row in table.rows()]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_each_separator_and_line_break(
    reads: Reads, separator: str, mark: str, newline: str
) -> None:
    lines = ["phone^first  name", '"+1"^"a\tb; c, d|"', "+2^", ""]
    table = reads(mark + newline.join(lines).replace("^", separator))
    assert table.header == ["phone", "first name"]
    assert cells(table) == [["+1", "a\tb; c, d|"], ["+2", ""]]
    assert cells(table) == [["+1", "a\tb; c, d|"], ["+2", ""]], "again"


@pytest.mark.parametrize(
    "above",
    [
        "sep=;\n", "SEP=;\n", '"sep=;"\n', "sep=;;;\n", "\n\n", ";;\n \n", "\n;\nsep=;\n",
        '"sep=;"\t\n', "#TYPE System.Object\n", '"";""\n', '"\u00a0";\n',
    ],
)  # fmt: skip
def test_lines_above_the_header_that_name_nothing_are_skipped(reads: Reads, above: str) -> None:
    table = reads(above + "phone;name, first, last, middle\n+1;Ann\n")
    assert table.header == ["phone", "name, first, last, middle"]
    assert cells(table) == [["+1", "Ann"]]


def test_a_line_above_the_header_names_a_separator_that_nobody_would_guess(reads: Reads) -> None:
    assert reads("sep=^\nphone^name,a;b\n+1^Ann\n").header == ["phone", "name,a;b"]
    assert reads("sep=\t\r\nphone\tname,a,b\n+1\tAnn\n").header == ["phone", "name,a,b"]


def test_lines_are_counted_as_an_editor_counts_them(reads: Reads) -> None:
    table = reads('sep=,\n\nphone,note\n+1,"a\nb"\n\n+2,c\n')
    assert [(row.line, row.cells) for row in table.rows()] == [
        (4, ["+1", "a\nb"]), (6, []), (7, ["+2", "c"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "faulty"),
    [
        (
            ["+1415555016{},1,Ann", '+1415555016{},2,"Bob "the boss" Lee"', "+1415555017{},3,Cy"],
            [3],
        ),
        (['+1415555016{},1,"Ann', "+1415555016{},2,Bob", "+1415555017{},3,Cy"], [2]),
        (['+1415555016{},1,"Ann', "+1415555016{},2,Bob", '+1415555017{},3,"Cy"'], [2]),
        (['+1415555016{},1,"Ann', "+1415555016{},2,Bob", '+1415555017{},3,Cy"'], [2]),
        (["+1415555016{},1,Ann", "+1415555016{},2,Bob", '+1415555017{},3,"Cy'], [4]),
        (['+1415555016{},1,5" pipe', '+1415555016{},2,"two\nlines, of, text"', "+1{},3,Cy"], []),
    ],
)
def test_a_stray_quote_costs_its_row_and_no_other(
    reads: Reads, lines: list[str], faulty: list[int]
) -> None:
    rows = [*reads("phone,id,name\n" + "\n".join(lines).replace("{}", "9") + "\n").rows()]
    assert len(rows) == 3
    assert [row.line for row in rows if row.fault] == faulty
    assert all("quote" in row.fault for row in rows if row.fault)


def test_a_quote_that_is_never_closed_is_not_read_to_the_end_of_the_file(reads: Reads) -> None:
    many = "".join(f"+1415555{number:04},{number},x\n" for number in range(10_000))
    rows = reads(f'phone,id,name\n+14155559999,a,"Ann\n{many}').rows()
    assert next(rows).fault == "a quote is in the wrong place, or is not closed"
    assert next(rows).cells == ["+14155550000", "0", "x"]
    assert len([*rows]) == 9_999


def test_a_cell_of_a_hundred_megabytes_is_one_row_and_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    with path.open("w") as file:
        file.write("phone,name\n+1,Ann\n+2,")
        for _ in range(100):
            file.write("x" * (1 << 20))
        file.write("\n+3,Cy\n")
    with opened(path) as contents:
        tracemalloc.start()
        rows = [*CsvTable(contents, "utf-8").rows()]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert [(row.line, row.fault) for row in rows] == [
        (2, None), (3, "the line is too long for a row; is it a table at all?"), (4, None),
    ]  # fmt: skip
    assert peak < 20 << 20


def test_a_line_that_goes_on_to_the_end_of_the_file_is_one_row(
    reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "LONGEST_LINE", 100)
    [row] = reads("phone,name\n+1," + "x" * 1000).rows()
    assert row.fault
    with pytest.raises(FileError, match="line 1, the header, cannot be read: the line is too long"):
        reads("x" * 1000)


@pytest.mark.parametrize("data", ["", "\n\n", "\ufeff", ",,\n", "sep=;\n", " \n"])
def test_without_a_header_there_is_nothing(reads: Reads, data: str) -> None:
    with pytest.raises(FileError, match=r"it is empty\. Its first line has to name the columns"):
        reads(data)


def test_a_header_that_cannot_be_read_stops_the_file(reads: Reads) -> None:
    with pytest.raises(FileError, match="line 1, the header, cannot be read: a quote"):
        reads('phone,"name "x" y"\n+1,Ann\n')
    # A quote that opens in the header and is not closed nearby is not a column.
    with pytest.raises(FileError, match="line 1, the header, cannot be read: a quote"):
        reads('phone,"name\n' + "+1,Ann\n" * 20_000)


def test_blanks_behind_the_separators(reads: Reads) -> None:
    table = reads('"phone", "name"\n"+1", "Lee, Ann"\n')
    assert table.header == ["phone", "name"]
    assert cells(table) == [["+1", "Lee, Ann"]]


def test_a_header_of_two_lines(reads: Reads) -> None:
    assert reads('"Phone\nNumber",name\n+1,Ann\n').header == ["Phone Number", "name"]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0\ufeff"))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5), st.sampled_from(",;\t|"))
def test_what_python_writes_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, written: list[list[str]], separator: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "people.csv"
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([["phone", "name"], *written])
    path.write_bytes(out.getvalue().encode())
    with opened(path) as contents:
        read = cells(CsvTable(contents, "utf-8"))
    assert [[str(cell).lstrip(" ") for cell in row] for row in read] == [
        [cell.lstrip(" ") for cell in row] for row in written
    ]


@given(st.binary(max_size=300))
def test_garbage_is_rows_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("csv") / "people.csv"
    path.write_bytes(b"phone,name\n" + data)
    with opened(path) as contents:
        try:
            cells(CsvTable(contents, "utf-8"))
        except FileError as error:
            said = str(error)
        else:
            said = ""
    assert said.isprintable()


@given(st.text(alphabet=',"\n\r;a1+\0 ', max_size=80))
def test_no_line_is_in_two_rows(tmp_path_factory: pytest.TempPathFactory, data: str) -> None:
    path = tmp_path_factory.mktemp("csv") / "people.csv"
    path.write_bytes(b"phone,name\n" + data.encode())
    with opened(path) as contents:
        lines = [row.line for row in CsvTable(contents, "utf-8").rows()]
    assert lines == sorted({*lines})
