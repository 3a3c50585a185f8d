"""The command `nlpearl`: a thin face of the library, with no rule of its own. Of the extra cli."""

import sys


def main() -> None:
    """The entry point: names the extra where its packages are missing."""
    try:
        from .commands import run
    except ImportError as error:
        print(
            f"The command needs more than the library does ({error}). "
            "Run: pip install 'nlpearl-client[cli]'",
            file=sys.stderr,
        )
        sys.exit(2)
    sys.exit(run())
