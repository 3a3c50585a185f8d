"""Where the command writes: what people read to standard error, what programs read to standard
output. Nothing is wrapped unless it is a terminal that reads it, and neither an encoding nor an
error output that is full ends a run."""

import codecs
import contextlib
import io
import sys
from collections.abc import Generator, Iterable, Sequence
from typing import Any, TextIO, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: What else is shown of typographic characters.
_PLAIN = {"…": "...", "→": "->", "’": "'", "–": "-", "━": "-", "╸": "-", "╺": "-"}
#: Characters of a line that nobody looks at.
_NEVER_WRAPPED = 100_000


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in lost), error.end


codecs.register_error("nlpearl", _replaced)


class OutputError(OSError):
    """Standard output cannot be written."""


class _Stream:
    """Standard output: what cannot be written is an `OutputError`. Or standard error, where nobody
    can be told: it is lost."""

    def __init__(self, stream: TextIO, *, is_quiet: bool) -> None:
        self._stream = stream
        self.is_quiet = is_quiet

    def write(self, text: str) -> int:
        with self._telling():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._telling():
            self._stream.flush()

    @contextlib.contextmanager
    def _telling(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            if not self.is_quiet:
                why = f"standard output cannot be written: {error.strerror}"
                raise OutputError(error.errno, why) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def prepared_streams() -> Generator[None]:
    """Show something in place of characters that the output cannot show; what cannot be written is
    an error of ours, and after the end, when Python flushes once more, none at all."""
    for name in ("stdout", "stderr"):
        stream: object = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="nlpearl")
            setattr(
                sys, name, cast(TextIO, _Stream(cast(TextIO, stream), is_quiet=name == "stderr"))
            )
    try:
        yield
    finally:
        if isinstance(sys.stdout, _Stream):
            sys.stdout.is_quiet = True


def say_error(message: object) -> None:
    """A sentence of what went wrong. Not by click, which would write UTF-8 to what is ASCII."""
    print(f"error: {message}", file=sys.stderr)


def new_console(*, stderr: bool = True) -> Console:
    """Standard error, or standard output. Colors follow NO_COLOR and the terminal."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _NEVER_WRAPPED
    return console


def print_table(names: Sequence[str], rows: Iterable[list[str]], *, numbers: bool = False) -> None:
    """To standard output; numbers, if there are any, are in all columns but the first."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, name in enumerate(names):
        is_number = numbers and index > 0
        table.add_column(
            Text(name, "bold"), justify="right" if is_number else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*map(Text, row))
    new_console(stderr=False).print(table)
