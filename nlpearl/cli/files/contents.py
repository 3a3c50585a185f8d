"""The bytes of a file, the same each time they are read.

A file is read twice, once to find what is wrong with it, and once to send its rows. What is sent is
what was examined: each block of the first reading is remembered by its checksum. Not here: what the
bytes mean.
"""

import contextlib
import io
import os
import shutil
import sys
import zlib
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, TYPE_CHECKING

from .rows import FileError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK = 1 << 16


class Contents:
    """An open file. Standard input and pipes are first copied to a file without a name, which is
    gone when it is closed."""

    def __init__(self, file: str) -> None:
        self._closing = contextlib.ExitStack()
        self.file: IO[bytes] = self._closing.enter_context(_opened(file))
        self._sums: list[int] = []
        #: How long it was when it was read first.
        self._size: int | None = None
        self._opened = self._state()

    @property
    def head(self) -> bytes:
        """How it begins."""
        return self.block(0)

    def stream(self) -> io.BufferedReader:
        """Its bytes, from the first one on."""
        return io.BufferedReader(_Blocks(self), _BLOCK)

    def check_unchanged(self) -> None:
        """FileError if somebody has written to the file since it was opened."""
        if self._state() != self._opened:
            raise FileError(
                "the file changed while it was read. Wait until it is complete, then run the same "
                "command again"
            )

    def block(self, number: int) -> bytes:
        """The block as it was read first; FileError if it is another one now."""
        start = number * _BLOCK
        self.file.seek(start)
        data = self.file.read(_BLOCK)
        if self._size is None:
            if number == len(self._sums):
                self._sums.append(zlib.crc32(data))
            if len(data) < _BLOCK:
                self._size = start + len(data)
            return data
        if start >= self._size:
            return b""
        data = data[: self._size - start]
        if zlib.crc32(data) != self._sums[number] or self._is_cut(start + len(data), data):
            raise FileError(
                "the file changed while its rows were sent. Run the same command again to go on "
                "with the file as it is now"
            )
        return data

    def temporary(self, in_memory: int) -> "SpooledTemporaryFile[bytes]":
        """A file for what does not fit into so many bytes of memory; closed with the contents."""
        return self._closing.enter_context(SpooledTemporaryFile(in_memory))

    def close(self) -> None:
        self._closing.close()

    def _is_cut(self, end: int, data: bytes) -> bool:
        """Whether the file has grown, so that its last row may have been half of one."""
        ends_in_line = b"\n" in data[-2:] or b"\r" in data[-2:]
        return end == self._size and bool(data) and not ends_in_line and self._state()[0] > end

    def _state(self) -> tuple[int, int]:
        now = os.fstat(self.file.fileno())
        return now.st_size, now.st_mtime_ns


class _Blocks(io.RawIOBase):
    """The blocks one after the other."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._number = 0
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        if not self._left:
            self._left = self._contents.block(self._number)
            self._number += 1
        view = memoryview(buffer)
        count = min(len(view), len(self._left))
        view[:count], self._left = self._left[:count], self._left[count:]
        return count


def _opened(name: str) -> IO[bytes]:
    if name == "-":
        return _spooled(sys.stdin.buffer)
    file = open(name, "rb")  # noqa: PTH123, SIM115  (closed by Contents)
    if file.seekable():
        return file
    with file:
        return _spooled(file)


def _spooled(file: IO[bytes]) -> IO[bytes]:
    spool = TemporaryFile()  # noqa: SIM115
    shutil.copyfileobj(file, spool)
    spool.flush()
    return spool
