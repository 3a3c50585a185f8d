"""The commands. Exit codes: 0 all added; 1 some were not, and the results say which; 2 nothing was
started; 130 interrupted."""

import contextlib
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .. import __version__
from ..bulk.threads import LeadRun
from ..client import NLPearl
from ..errors import InvalidLeadError, NLPearlError
from ..leads.lead import to_lead_of_row
from ..leads.phone_numbers import check_region
from ..privacy import mask_all
from ..time_zones.convert import to_windows_time_zone
from .files import Columns, FileError, Source, read_map
from .report import Results, Watch, closing_table

ALL_ADDED, SOME_NOT, NOTHING_STARTED, INTERRUPTED = 0, 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nlpearl")
def nlpearl() -> None:
    """Add leads to NLPearl campaigns: each once, in its own time zone, or you know why not.

    The key comes from the environment: NLPEARL_API_KEY="AccountId:SecretKey".
    """


def fail(message: object, code: int = NOTHING_STARTED) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(code)


@contextlib.contextmanager
def sentences() -> Generator[None]:
    """What goes wrong before anything was started is a sentence, not a traceback."""
    try:
        yield
    except (NLPearlError, FileError, OSError) as error:
        fail(error)


_region = click.option(
    "--default-region", metavar="CODE", help="Where numbers without + are at home."
)
_reconciles = click.option("--reconcile", is_flag=True, help="Look up what has no known end.")


@nlpearl.command()
@click.argument("campaign_id")
@click.argument("phone_number")
@click.option("--external-id")
@click.option("--time-zone", help="A Windows id or an IANA name.")
@click.option("--call-data", "-d", multiple=True, metavar="NAME=VALUE")
@_region
@_reconciles
def add_lead(
    campaign_id: str,
    phone_number: str,
    external_id: str | None,
    time_zone: str | None,
    call_data: tuple[str, ...],
    default_region: str | None,
    reconcile: bool,
) -> None:
    """Add one person to a campaign; prints the lead id."""
    data = dict[str, str]()
    for text in call_data:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE")
        data[name] = value
    code = NOTHING_STARTED
    try:
        with NLPearl(default_region=default_region, reconcile=reconcile) as client:
            added = client.add_lead(
                campaign_id,
                phone_number,
                external_id=external_id,
                time_zone=time_zone,
                call_data=data or None,
            )
    except NLPearlError as error:
        code = NOTHING_STARTED if error.outcome.name == "NOT_SENT" else SOME_NOT
        fail("\n".join([f"{error.outcome.name}: {error}", *getattr(error, "__notes__", [])]), code)
    else:
        click.echo(added.lead_id)


@nlpearl.command()
@click.argument("campaign_id")
@click.argument("file")
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="COLUMN=ARGUMENT",
    help="What a column is: phone_number, external_id, time_zone, call_data.NAME; or "
    "nothing, to leave it out.",
)
@click.option(
    "--other-columns",
    type=click.Choice(["call-data", "leave-out"]),
    default="call-data",
    show_default=True,
    help="What becomes of all others.",
)
@click.option("--format", "kind", type=click.Choice(["csv", "jsonl"]), help="By default by name.")
@click.option("--encoding", default="utf-8-sig", show_default="UTF-8")
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="By default beside the file, as FILE.ledger.",
)
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    help="By default beside the file, as FILE.results.csv.",
)
@click.option("--no-ledger", is_flag=True, help="Remember nothing: to run again adds twice.")
@click.option("--dry-run", is_flag=True, help="Check every row and send nothing.")
@click.option("--concurrency", default=8, show_default=True)
@click.option("--rate", type=float, help="Leads in a second at most.")
@click.option("--resend-unknown", is_flag=True, help="Send again what has no known end, too.")
@_region
@_reconciles
def add_leads(  # each is an option
    campaign_id: str,
    file: str,
    maps: tuple[str, ...],
    other_columns: Any,
    kind: Any,
    encoding: str,
    ledger: Path | None,
    results: Path | None,
    no_ledger: bool,
    dry_run: bool,
    concurrency: int,
    rate: float | None,
    resend_unknown: bool,
    default_region: str | None,
    reconcile: bool,
) -> None:
    """Add all people of a file, CSV or JSON Lines ("-": standard input) to a campaign.

    The same command again goes on where this one ended: the ledger beside the file knows who was
    added.
    """  # fmt: skip
    console = Console(highlight=False, markup=False)
    stem = Path("leads" if file == "-" else file)
    kind = kind or ("jsonl" if stem.suffix in (".jsonl", ".ndjson") else "csv")
    results = results or stem.with_suffix(".results.csv")
    if no_ledger:
        ledger = None
    elif file != "-":
        ledger = ledger or stem.with_suffix(".ledger")
    with sentences():
        columns = Columns(dict(map(read_map, maps)), other_columns)
        source = Source(file, columns, kind, encoding, lambda names: show(console, names, columns))
        if file != "-":
            source.examine()
        if dry_run:
            sys.exit(check(console, source, default_region))
        if results.resolve() in (Path(file).resolve(), ledger and ledger.resolve()):
            raise FileError(f"the results would overwrite {results}; pass another --results")
        with (
            NLPearl(default_region=default_region, reconcile=reconcile) as client,
            contextlib.closing(Results(results, source)) as written,
        ):
            run = client.add_leads(
                campaign_id, source.rows(), concurrency=concurrency, rate=rate,
                ledger=ledger, resend_unknown=resend_unknown,
            )  # fmt: skip
            code = play(console, source, run, written)
    console.print(closing_table(written.counts))
    console.print(f"Every row stands in {results}.")
    if code == INTERRUPTED:
        again = "goes on where this one ended" if ledger else "adds all of them again"
        console.print(f"Interrupted. The same command {again}.")
    sys.exit(code)


def play(console: Console, source: Source, run: LeadRun, written: Results) -> int:
    """Add them all; the exit code."""

    code = ALL_ADDED

    def ctrl_c(*_: object) -> None:
        """Not a KeyboardInterrupt, which could fall between a result and its line in the file."""
        nonlocal code
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        code = INTERRUPTED
        run.stop()

    before = signal.signal(signal.SIGINT, ctrl_c)
    try:
        with Watch(console, source.total, written.counts) as watch:
            for result in run:
                written.add(result)
                watch.step()
    except (NLPearlError, FileError, OSError) as error:
        if not written.counts:
            raise
        click.echo(f"error: {error}", err=True)
        code = SOME_NOT
    finally:
        signal.signal(signal.SIGINT, before)
    written.finish()
    if code == ALL_ADDED and set(written.counts) - {"ADDED"}:
        code = SOME_NOT
    return code


def show(console: Console, names: list[str], columns: Columns) -> None:
    """What the columns become, before anything is sent."""
    for name in names:
        target = columns.target(name)
        shown = f"call data {target.removeprefix('call_data.')!r}" if "." in target else target
        console.print(f"  {mask_all(name)} → {shown or 'left out'}")


def check(console: Console, source: Source, default_region: str | None) -> int:
    """The dry run: every row is made a lead, and nothing is sent."""
    home = None if default_region is None else check_region(default_region)
    good = bad = 0
    for row in source.rows():
        line, _ = source.places.popleft()
        try:
            to_lead_of_row(row, home)
        except InvalidLeadError as error:
            bad += 1
            console.print(f"line {line}: {error}")
        else:
            good += 1
    console.print(f"{good + bad:,} rows: {good:,} are leads, {bad:,} are none. Nothing was sent.")
    return SOME_NOT if bad else ALL_ADDED


@nlpearl.command()
@click.argument("name")
def time_zone(name: str) -> None:
    """Print the Windows id that is sent for a time zone."""
    with sentences():
        click.echo(to_windows_time_zone(name))


@nlpearl.command()
@click.option("--port", default=0, help="By default a free one.")
def sandbox(port: int) -> None:
    """Run a local NLPearl for trying things out. Nobody is phoned."""
    from ..sandbox.command import run

    sys.exit(run(port))


def run() -> int:
    """The command; its exit code."""
    try:
        nlpearl.main(prog_name="nlpearl", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return NOTHING_STARTED
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    return ALL_ADDED
