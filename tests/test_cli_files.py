"""What a file is, by its content: encodings, other programs' files, and files that change."""

import bz2
import contextlib
import gzip
import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from nlpearl.cli.files.contents import Contents
from nlpearl.cli.files.csv_table import CsvTable
from nlpearl.cli.files.formats import Options, open_table
from nlpearl.cli.files.json_table import JsonTable
from nlpearl.cli.files.rows import FileError, Table

from .cli_running import opened

Opens = Callable[..., Table]

TEXT = "phone,name\r\n+1,Zoë 👋\r\n"


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    """The table of a file with this content."""
    with contextlib.ExitStack() as stack:

        def open_file(data: bytes, options: Options | None = None) -> Table:
            path = tmp_path / "people"
            path.write_bytes(data)
            return open_table(
                stack.enter_context(opened(path)), options or Options(), lambda _: True
            )

        yield open_file


def first(table: Table) -> Sequence[object]:
    return next(table.rows()).cells


# Encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("text", [TEXT, TEXT.replace(",", "\t"), '[{"name": "Zoë 👋"}]'])
def test_a_byte_order_mark_decides(opens: Opens, encoding: str, text: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    table = opens((mark + text).encode(encoding))
    assert "Zoë 👋" in first(table)
    assert not any("\ufeff" in name for name in table.header)


def test_an_option_names_the_encoding_and_a_mark_outdoes_it(opens: Opens) -> None:
    text = TEXT.replace(" 👋", "")
    assert first(opens(text.encode("cp1252"), Options(encoding="cp1252")))[1] == "Zoë"
    table = opens(text.encode("utf-16"), Options(encoding="cp1252"))
    assert first(table)[1] == "Zoë"
    table = opens(text.encode("utf-16-le"), Options(encoding="UTF-16LE"))
    assert first(table)[1] == "Zoë"


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (TEXT.encode() + b"+2,Jos\xe9\r\n", None, r"line 3 is not UTF-8: it has the byte 0xe9\. "
         r"Save the file as UTF-8 .* --encoding cp1252 is that of Windows"),
        (b"phone\n" + b"+1\n" * 50_000 + b"\xff", None, "line 50002 is not UTF-8: .* 0xff"),
        (TEXT.encode("utf-16-le"), None, "UTF-16 without a byte order mark. .* utf-16-le"),
        (TEXT.encode("utf-16-be"), None, "UTF-16 without a byte order mark. .* utf-16-be"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le") + b"\0", None, "it is not utf-16. Save it as"),
        (b"\xef\xbb\xbfphone\n\xe9", None, "line 2 is not UTF-8: it has the byte 0xe9"),
        (b"phone\n\x81", "cp1252", "it is not cp1252. Save it as UTF-8"),
        (b"phone\n", "klingon", "--encoding: 'klingon' is not an encoding, such as cp1252"),
        (b"phone\n", "base64", "--encoding: 'base64' is not an encoding, such as cp1252"),
    ],
)  # fmt: skip
def test_another_encoding_is_a_sentence_that_names_the_line_and_cp1252(
    opens: Opens, data: bytes, options: str | None, said: str
) -> None:
    with pytest.raises(FileError, match=said):
        list(opens(data, Options(encoding=options)).rows())


def test_fields_that_are_filled_up_with_nul_are_utf_8(opens: Opens) -> None:
    table = opens(b"phone,name\n+1,Ann" + bytes(200) + b"\n")
    assert first(table) == ["+1", "Ann" + "\0" * 200]


@pytest.mark.parametrize("text", ['[{"a": 1}]', '{"a": 1}\n', " \n [\n {}]", "[]", "{\n}", "["])
def test_json_is_known_by_its_first_characters(opens: Opens, text: str) -> None:
    assert isinstance(opens(text.encode()), JsonTable)


@pytest.mark.parametrize("text", ["[phone]\n", "{phone}\n", "[Phone];name\n1;2", '"a"\n'])
def test_csv_is_what_is_neither(opens: Opens, text: str) -> None:
    assert isinstance(opens(text.encode()), CsvTable)


def test_an_option_names_the_format(opens: Opens) -> None:
    assert isinstance(opens(b'{"a": 1}', Options(kind="csv")), CsvTable)
    assert isinstance(opens(b'"a"', Options(kind="json")), JsonTable)
    with pytest.raises(FileError, match=r"it cannot be read as an Excel workbook .BadZipFile"):
        opens(b"phone\n", Options(kind="xlsx"))
    with pytest.raises(FileError, match=r"--sheet is for Excel workbooks, and this is not one"):
        opens(b"phone\n", Options(sheet="Leads"))


# Other programs' files


def archive(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return data.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)
HTML = b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>phone"
XML = b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook>'


OTHERS = {
    r"an old Excel workbook \(\.xls\)\. Open it in the": OLE + "Workbook".encode("utf-16-le"),
    "an Excel workbook with a password. Save it without one": (
        OLE + bytes(64_530) + "EncryptedPackage".encode("utf-16-le")
    ),
    r"an OpenDocument file \(\.ods\)\. .* save it as": archive("mimetype", "content.xml"),
    "a ZIP archive. Unpack it first": archive("people.csv"),
    "an Apple Numbers file": archive("Index/Document.iwa"),
    "a Word document": archive("[Content_Types].xml", "word/document.xml"),
    r"a binary Excel workbook \(\.xlsb\)": archive("[Content_Types].xml", "xl/workbook.bin"),
    r"a web page \(HTML\), despite its name": HTML,
    "a web page": b"\n<!DOCTYPE html><title>Login",
    "a web page ": b"\xef\xbb\xbf<table><tr>",
    "a web page .HTML": HTML.decode().encode("utf-16"),
    "an XML workbook of Excel 2003": XML,
    "a file compressed with gzip. Decompress it first": gzip.compress(b"x"),
    "a PDF": b"%PDF-1.7\n",
    "a Parquet file. Save it as CSV": b"PAR1\x15",
    "a SQLite database": b"SQLite format 3\0",
}


@pytest.mark.parametrize("said", OTHERS)
def test_other_files_are_recognized_with_what_to_do(opens: Opens, said: str) -> None:
    with pytest.raises(FileError, match=f"^it is {said}"):
        opens(OTHERS[said])


@pytest.mark.parametrize("size", [40, 0])
def test_an_archive_that_is_cut_off_says_so(opens: Opens, size: int) -> None:
    with pytest.raises(FileError, match=r"the rest is damaged or missing. Get it again"):
        opens(archive("xl/workbook.xml")[:size] or b"PK\x03\x04" + bytes(500))


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0", bz2.compress(b"x"), bytes(range(256))])
def test_anything_else_is_not_text(opens: Opens, data: bytes) -> None:
    with pytest.raises(FileError, match=r"is not UTF-8"):
        list(opens(data).rows())


def test_nothing_is_said_to_be_empty(opens: Opens) -> None:
    with pytest.raises(FileError, match=r"^it is empty$"):
        opens(b"")


# Contents


def test_a_file_is_the_same_each_time_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    for size in (0, 1, 65_535, 65_536, 65_537, 131_072, 200_000):
        path.write_bytes(os.urandom(size))
        with opened(path) as contents:
            assert contents.stream().read() == path.read_bytes()
            assert contents.stream().read() == path.read_bytes()
            assert contents.stream().read1(10) == path.read_bytes()[:10]
            contents.check_unchanged()


def test_a_file_that_changes_while_it_is_examined_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"phone\n+1\n")
    with opened(path) as contents:
        contents.stream().read()
        with path.open("ab") as more:
            more.write(b"+2\n")
        with pytest.raises(FileError, match=r"it changed|changed while it was read. Wait until"):
            contents.check_unchanged()


@pytest.mark.parametrize("size", [10, 65_536, 100_000])
def test_a_file_that_grows_later_ends_where_it_ended(tmp_path: Path, size: int) -> None:
    path = tmp_path / "people.csv"
    whole = (b"x" * 9 + b"\n") * size
    path.write_bytes(whole[: size - 1] + b"\n")
    with opened(path) as contents:
        first = contents.stream().read()
        with path.open("ab") as more:
            more.write(b"+2\n" * 50_000)
        assert contents.stream().read() == first


@pytest.mark.parametrize("size", [10, 65_536, 100_000])
def test_the_last_row_of_a_file_that_grows_may_be_half_a_number(tmp_path: Path, size: int) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"phone\n".ljust(size, b"1"))
    with opened(path) as contents:
        contents.stream().read()
        with path.open("ab") as more:
            more.write(b"23\n")
        with pytest.raises(FileError, match=r"changed while its rows were sent. Run the same"):
            contents.stream().read()


def test_a_file_that_is_written_over_is_not_mixed_up(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"a" * 200_000 + b"\n")
    for change in (b"b" * 200_001, b"a" * 150_000, b""):
        with opened(path) as contents:
            contents.stream().read()
            path.write_bytes(change)
            with pytest.raises(FileError, match=r"changed while its rows were sent"):
                contents.stream().read()
        path.write_bytes(b"a" * 200_000 + b"\n")


def test_a_pipe_is_kept_so_that_it_can_be_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(b"phone\n+1\n"))
    writer.start()
    with opened(path) as contents:
        assert contents.stream().read() == contents.stream().read() == b"phone\n+1\n"
        assert contents.head == b"phone\n+1\n"
    writer.join()


def test_contents_are_closed_with_what_they_made(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"x")
    contents = Contents(str(path))
    temporary = contents.temporary(10)
    contents.close()
    assert temporary.closed
    assert contents.file.closed
