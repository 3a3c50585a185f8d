"""The command in this process; for the tests of the command."""

import contextlib
import csv
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from nlpearl.cli import commands
from nlpearl.cli.files.contents import Contents

from .servers import CAMPAIGN_ID

LEDGER = f"nlpearl-{CAMPAIGN_ID}.ledger"


def opened(path: Path) -> "contextlib.closing[Contents]":
    """The contents of a file, for a with."""
    return contextlib.closing(Contents(str(path)))


def run(*arguments: str, stdin: str | bytes | None = None, charset: str = "utf-8") -> Result:
    """The command in this process, with the exit code that `main` gives."""
    runner = CliRunner(charset=charset)
    with runner.isolation(input=stdin) as (out, err, _):
        before = sys.argv[1:]
        try:
            sys.argv[1:] = arguments
            code = commands.run()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            sys.argv[1:] = before
            sys.stdout.flush()
            sys.stderr.flush()
        return Result(runner, out.getvalue(), err.getvalue(), out.getvalue(), None, code, None)


def add_leads(*arguments: str, stdin: str | bytes | None = None, charset: str = "utf-8") -> Result:
    return run("add-leads", CAMPAIGN_ID, *arguments, stdin=stdin, charset=charset)


def results_of(path: Path) -> list[dict[str, str]]:
    """The rows of a results file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def people(count: int) -> str:
    """A CSV file of so many leads, each with a number of its own."""
    rows = "".join(f"+1415555{number % 10_000:04},{number}\n" for number in range(count))
    return "phone_number,external_id\n" + rows
