"""Where the command writes: what people read to standard error, what programs read to standard
output. Nothing is wrapped unless it is a terminal that reads it, and no encoding ends a run."""

import codecs
import io
import sys

from rich.console import Console

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


def prepare_streams() -> None:
    """Show something in place of characters that the output cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="nlpearl")


def say_error(message: object) -> None:
    """A sentence of what went wrong. Not by click, which would write UTF-8 to what is ASCII."""
    print(f"error: {message}", file=sys.stderr)


def new_console() -> Console:
    """Standard error. Colors follow NO_COLOR and the terminal."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _NEVER_WRAPPED
    return console
