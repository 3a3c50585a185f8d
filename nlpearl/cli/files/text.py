"""Text of a file: which encoding it has, and its lines. Not here: what is in a line."""

import codecs
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from .contents import Contents
from .rows import FileError

#: Characters; a longer line is a mistake, such as a file without line breaks.
LONGEST_LINE = 1_000_000

#: Longer ones first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: So much of it tells whether UTF-16 was written without its mark.
_SAMPLE = 1000


class Line(NamedTuple):
    """A line with its line break."""

    number: int
    text: str
    #: It is longer than LONGEST_LINE, and the rest of it was left out.
    is_cut: bool = False


def encoding_of(head: bytes, wish: str | None) -> str:
    """The encoding of a file that begins so: as its byte order mark says, else as the caller
    wishes, else UTF-8."""
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    if wish is not None:
        try:
            "x".encode(wish)
        except LookupError:
            raise FileError(f"--encoding: {wish!r} is not an encoding, such as cp1252") from None
        return wish
    even, odd = head[:_SAMPLE:2].count(0), head[1:_SAMPLE:2].count(0)
    for endian, zeros, others in (("le", odd, even), ("be", even, odd)):
        # Half of it at least; fields that are filled up with NUL have it at both.
        if zeros * 4 > len(head[:_SAMPLE]) > others * 16:
            raise FileError(
                "it is not UTF-8; it looks like UTF-16 without a byte order mark. Read it with "
                f"--encoding utf-16-{endian}, or save it as UTF-8"
            )
    return "utf-8"


def _wrong_byte(line: bytes) -> bytes:
    """The first byte that is not UTF-8; empty if there is none."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return line[error.start : error.start + 1]
    return b""


class Text:
    """The text of a file, from its first character on."""

    def __init__(self, contents: Contents, encoding: str) -> None:
        self._contents = contents
        self._encoding = encoding
        # "": a line break in a quoted cell stays what it is; lines end at \n, \r and \r\n.
        self._stream = io.TextIOWrapper(contents.stream(), encoding, newline="")

    def read(self, size: int) -> str:
        """So many characters, fewer at the end; FileError if they are not text."""
        return self._checked(self._stream.read, size)

    def read_line(self) -> str:
        """A line with its break, or a part of one that is too long; empty at the end."""
        return self._checked(self._stream.readline, LONGEST_LINE)

    def _checked(self, read: Callable[[int], str], size: int) -> str:
        try:
            return read(size)
        except UnicodeError:
            raise self._not_text() from None

    def _not_text(self) -> FileError:
        """Which line is not of this encoding, and what to do."""
        if self._encoding in ("utf-8", "utf-8-sig"):
            lines = enumerate(self._contents.stream(), 1)
            number, byte = next((n, byte) for n, line in lines if (byte := _wrong_byte(line)))
            return FileError(
                f"line {number} is not UTF-8: it has the byte 0x{byte.hex()}. Save the file as "
                "UTF-8 (in Excel: CSV UTF-8), or say which encoding it has: --encoding cp1252 is "
                "that of Windows in Western Europe and America"
            )
        return FileError(
            f"it is not {self._encoding}. Save it as UTF-8, or say which encoding it has, such as "
            "--encoding cp1252"
        )


class Lines(Iterator[Line]):
    """The lines of a file, from the first one on; lines can be put back."""

    def __init__(self, contents: Contents, encoding: str) -> None:
        self._text = Text(contents, encoding)
        self._back: deque[Line] = deque()
        self._number = 0

    def __next__(self) -> Line:
        if self._back:
            return self._back.popleft()
        text = self._text.read_line()
        if not text:
            raise StopIteration
        self._number += 1
        if len(text) < LONGEST_LINE or text[-1] in "\r\n":
            return Line(self._number, text)
        while (rest := self._text.read_line()) and rest[-1] not in "\r\n":
            pass  # never in memory as a whole
        return Line(self._number, text, is_cut=True)

    def put_back(self, lines: Iterable[Line]) -> None:
        """They come next."""
        self._back.extendleft(reversed([*lines]))
