"""The sandbox as a command: says how to reach it and runs until Ctrl-C."""

import argparse
import shlex
import sys
import time
from collections.abc import Sequence

from ..errors import ConfigurationError
from .sandbox import Sandbox

_LONG = 3600.0  # sleep, unlike Event.wait, is interrupted by Ctrl-C on Windows too


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 130 after Ctrl-C, 2 if nothing was started."""
    parser = argparse.ArgumentParser(
        prog="python -m nlpearl.sandbox",
        description="A local NLPearl for trying things out. Nobody is called.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port (default: a free one)")
    return run(parser.parse_args(arguments).port)


def run(port: int = 0) -> int:
    """Print the two `export` lines to standard output, then serve until Ctrl-C."""
    try:
        with Sandbox(port) as sandbox:
            print(f"export NLPEARL_BASE_URL={shlex.quote(sandbox.url)}")
            print(f"export NLPEARL_API_KEY={shlex.quote(sandbox.api_key)}", flush=True)
            while True:
                time.sleep(_LONG)
    except KeyboardInterrupt:
        return 130
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
