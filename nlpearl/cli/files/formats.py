"""What kind of file it is, by its content: the table that reads it, or what to do with it.

Not here: how a kind is read.
"""

import re
import zipfile
from typing import Literal, NamedTuple

from .contents import Contents
from .csv_table import CsvTable
from .excel_table import ExcelTable
from .json_table import JsonTable
from .rows import FileError, IsHeader, Table
from .text import encoding_of

Kind = Literal["csv", "json", "xlsx"]


class Options(NamedTuple):
    """What the caller says of the file."""

    kind: Kind | None = None
    encoding: str | None = None
    sheet: str | None = None


_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
#: An encrypted workbook is an OLE file with this entry.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE = "Open it in the program that made it, and save it as .xlsx or as CSV UTF-8"

#: How files begin that are not tables, what they are, and what to do.
_OTHERS: list[tuple[bytes, str, str]] = [
    (b"\x1f\x8b", "a file compressed with gzip", "Decompress it first"),
    (b"Rar!", "a RAR archive", "Unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it first"),
    (b"%PDF", "a PDF", "Ask for the table as .xlsx or CSV"),
    (b"PAR1", "a Parquet file", "Save it as CSV, such as by pandas: frame.to_csv(…, index=False)"),
    (b"SQLite format 3", "a SQLite database", "Save its table as CSV"),
]
#: What an archive has in it, what it is, and what to do.
_ARCHIVES: list[tuple[str, str, str]] = [
    (r"xl/workbook\.bin", "a binary Excel workbook (.xlsb)", _SAVE),
    (r"content\.xml", "an OpenDocument file (.ods)", _SAVE),
    (r"Index/.*\.iwa|index\.apxl", "an Apple Numbers file", _SAVE),
    (r"word/", "a Word document", "Put the table into a workbook, and save it as .xlsx"),
]
_XML_WORKBOOK = re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet|mso-application")
_HTML = re.compile(
    rb"\s*(<!--.*?-->\s*)?<(!doctype html|html|head|meta|table|style|body|div)\b", re.I | re.S
)
_JSON = re.compile(r'\s*(\[\s*([{\[\]]|$)|\{\s*("|\}|$))')


def open_table(contents: Contents, options: Options, is_header: IsHeader) -> Table:
    """The rows of a file; FileError with what to do if it has none that can be read."""
    head = contents.head
    if not head:
        raise FileError("it is empty")
    kind = options.kind or _recognized(contents, head)
    if kind == "xlsx":
        return ExcelTable(contents, options.sheet, is_header)
    if options.sheet is not None:
        raise FileError("--sheet is for Excel workbooks, and this is not one")
    encoding = encoding_of(head, options.encoding)
    start = head.decode(encoding, "replace")
    if kind == "json" or (kind is None and _JSON.match(start)):
        return JsonTable(contents, encoding)
    return CsvTable(contents, encoding)


def _recognized(contents: Contents, head: bytes) -> Kind | None:
    """ "xlsx"; None for a text; FileError for what is neither."""
    if head.startswith(_ZIP):
        return _in_archive(contents)
    if head.startswith(_OLE):
        contents.file.seek(0)
        if _is_encrypted(contents):
            raise _is("an Excel workbook with a password", "Save it without one")
        raise _is("an old Excel workbook (.xls)", _SAVE)
    for start, what, to_do in _OTHERS:
        if head.startswith(start):
            raise _is(what, to_do)
    plain = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")  # in UTF-16, too
    if _XML_WORKBOOK.search(plain):
        raise _is("an XML workbook of Excel 2003", _SAVE)
    if _HTML.match(plain):
        raise _is("a web page (HTML), despite its name", _SAVE)
    return None


def _in_archive(contents: Contents) -> Kind:
    try:
        with zipfile.ZipFile(contents.file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        raise FileError(
            "it begins like an Excel workbook or a ZIP archive, but the rest is damaged or "
            "missing. Get it again, or open it in Excel and save it again"
        ) from None
    for pattern, what, to_do in _ARCHIVES:
        if any(re.match(pattern, name) for name in names):
            raise _is(what, to_do)
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    raise _is("a ZIP archive", "Unpack it first")


def _is_encrypted(contents: Contents) -> bool:
    """Whether its directory, which may be anywhere in it, has that entry."""
    before = b""
    for data in iter(lambda: contents.file.read(1 << 16), b""):
        if _ENCRYPTED in before + data:
            return True
        before = data[-len(_ENCRYPTED) :]
    return False


def _is(what: str, to_do: str) -> FileError:
    return FileError(f"it is {what}. {to_do}")
