"""What goes wrong before anything was started: a sentence and an exit code, not a traceback."""

import contextlib
import sys
from collections.abc import Generator

from ..errors import NLPearlError
from .closing import NOTHING_STARTED
from .files.rows import FileError
from .output import say_error
from .reasons import in_words


@contextlib.contextmanager
def sentences() -> Generator[None]:
    """End the command with a sentence for an error that is meant for people."""
    try:
        yield
    except (NLPearlError, FileError) as error:
        say_error(in_words(error) if isinstance(error, NLPearlError) else error)
        sys.exit(NOTHING_STARTED)
