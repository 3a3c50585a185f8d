"""A file into a campaign: opened, examined and shown, before the first row is sent.

The order of things, and nothing else: each thing has a module of its own.
"""

import contextlib
import json
import time
from collections.abc import Generator
from typing import Any

import click
from rich.console import Console

from ..client import NLPearl
from ..configuration import read_base_url
from ..errors import ConfigurationError, NLPearlError
from ..leads.identifiers import check_campaign_id
from ..leads.phone_numbers import check_region
from ..privacy import shown_place
from .checks import Checker
from .closing import NOTHING_STARTED, SOME_NOT
from .do_not_call import DoNotCall, read_do_not_call
from .files.contents import Contents
from .files.formats import open_table
from .files.rows import FileError
from .job import Job
from .order import Order
from .output import OutputError, new_console, say_error
from .planning import is_header
from .progress import show_columns, show_facts
from .reasons import counted, plain
from .repeats import Repeats
from .results import Results
from .source import Source, naming


def add_file(order: Order) -> int:
    """Do it; the exit code."""
    started = time.monotonic()
    job: Job | None = None
    said: str | None = None
    with contextlib.ExitStack() as stack:
        console = new_console()
        try:
            job = prepare(order, console, stack)
            code = job.check() if order.dry_run else job.send()
            job.results.flush()
        except (NLPearlError, FileError, OSError) as error:
            has_begun = job is not None and job.results.has_begun
            code = SOME_NOT if has_begun else NOTHING_STARTED
            said = _sentence(error)
            say_error(said)
        if job is not None and job.results.counts:
            job.show_end(code, time.monotonic() - started)
    if order.as_json:
        seconds = round(time.monotonic() - started, 3)
        summed = {"exit_code": code, "error": said, "seconds": seconds}
        try:
            click.echo(json.dumps({**_told(order), **(job.told() if job else {}), **summed}))
        except OutputError as error:
            say_error(error.strerror)
            code = code or SOME_NOT
    return code


def prepare(order: Order, console: Console, stack: contextlib.ExitStack) -> Job:
    """Everything before the first row is sent; what is opened is closed by `stack`."""
    check_campaign_id(order.campaign_id)
    region = None if order.default_region is None else check_region(order.default_region)
    path, ledger = order.results_path(), order.ledger_path()
    origin = read_base_url(None)
    if isinstance(origin, ConfigurationError):
        raise origin
    client = None
    if not order.dry_run:
        client = NLPearl(
            default_region=region, reconcile=order.reconcile, api_version=order.api_version
        )
        stack.enter_context(client)
    listed = read_do_not_call(order.do_not_call, region) if order.do_not_call else DoNotCall()
    with naming(order.name), _reading(order, console):
        contents = stack.enter_context(contextlib.closing(Contents(order.file)))
        table = open_table(contents, order.options, lambda names: is_header(names, order.wishes))
        source = Source(table, order.wishes)
        source.examine()
        contents.check_unchanged()
    show_facts(console, _facts(order, source, origin, ledger, listed))
    show_columns(console, source.plan, source.samples, source.hidden_columns)
    results = stack.enter_context(contextlib.closing(Results(path, source.unit)))
    same_number = order.allow_same_number
    repeats = Repeats(source.unit, same_number=same_number)
    stack.enter_context(contextlib.closing(repeats))
    checker = Checker(source.plan, region, listed, repeats, same_number=same_number)
    return Job(order, console, source, checker, results, path, ledger, origin, client)


def _sentence(error: Exception) -> str:
    if isinstance(error, NLPearlError):
        return plain(str(error))
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _told(order: Order) -> dict[str, Any]:
    return {"campaign_id": order.campaign_id, "file": order.file, "dry_run": order.dry_run}


def _facts(
    order: Order, source: Source, origin: str, ledger: str | None, listed: DoNotCall
) -> list[tuple[str, str]]:
    """What is about to be done, where, and by which memory."""
    rows = counted(source.total, "row")
    hidden = f", {source.hidden:,} of them hidden and left out" if source.hidden else ""
    is_sandbox = origin.startswith("http:")  # which the configuration allows for loopback only
    where = f"{origin}, a sandbox: no real calls" if is_sandbox else f"{origin}, real calls"
    facts = [("File", f"{order.name}, {rows}{hidden}")]
    facts += [("Note", note) for note in source.notes]
    facts += [("Campaign", order.campaign_id), ("Host", where)]
    if ledger is None:
        facts.append(("Ledger", "none: the same command would add everybody again"))
    else:
        facts.append(("Ledger", shown_place(ledger)))
    if order.do_not_call:
        facts.append(("Do not call", f"{order.do_not_call}, {counted(len(listed), 'number')}"))
    if order.dry_run:
        facts.append(("Dry run", "nothing is sent"))
    return facts


@contextlib.contextmanager
def _reading(order: Order, console: Console) -> Generator[None]:
    """Something to look at while a large file is read."""
    if not console.is_terminal:
        yield
        return
    with console.status(f"Reading {order.name}"):
        yield
