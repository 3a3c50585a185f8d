"""The commands and their options. What a command does is in a module of its own."""

import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..client import NLPearl
from ..errors import NLPearlError
from ..privacy import mask_all, masked
from ..time_zones.convert import to_windows_time_zone
from .add_file import add_file
from .check import check
from .closing import ALL_ADDED, INTERRUPTED, NOTHING_STARTED, SOME_NOT
from .failures import sentences
from .files.formats import Options
from .files.rows import FileError
from .ledger import ledger as ledger_group
from .ledger_places import check_place
from .options import api_version
from .order import Order
from .output import OutputError, prepared_streams, say_error
from .planning import Wishes, read_call_data, read_map
from .reasons import in_words
from .seed import seed
from .undo import undo


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nlpearl")
def nlpearl() -> None:
    """Add leads to NLPearl campaigns: each once, in its own time zone, or you know why not.

    The API key is read from the environment: NLPEARL_API_KEY="AccountId:SecretKey".
    """


nlpearl.add_command(ledger_group)
nlpearl.add_command(check)
nlpearl.add_command(undo)
ledger_group.add_command(seed)

_region = click.option(
    "--default-region",
    metavar="CODE",
    help="Country of numbers without a +, such as US.",
)
_resends = click.option(
    "--resend-unknown",
    is_flag=True,
    help="Also resend leads whose outcome is unknown. Those who were added are called twice.",
)
_allows_same_number = click.option(
    "--allow-same-number",
    is_flag=True,
    help="Also add numbers that were added under another external id. They are called again.",
)
_reconciles = click.option(
    "--reconcile",
    is_flag=True,
    help="If an outcome is unknown, look the lead up by its external id.",
)


@nlpearl.command()
@click.argument("campaign_id")
@click.argument("phone_number")
@click.option("--external-id", metavar="ID", help="Your own id for this lead.")
@click.option(
    "--time-zone", metavar="NAME", help="Such as America/New_York. Default: the campaign's."
)
@click.option(
    "--call-data",
    "-d",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable of the conversation. Can be given several times.",
)
@click.option(
    "--ledger",
    metavar="PLACE",
    help="A file, or postgresql://user@host/database. A lead that it knows is not added again.",
)
@_resends
@_allows_same_number
@_region
@_reconciles
@api_version
def add_lead(
    campaign_id: str,
    phone_number: str,
    external_id: str | None,
    time_zone: str | None,
    call_data: tuple[str, ...],
    ledger: str | None,
    resend_unknown: bool,
    allow_same_number: bool,
    **client_options: Any,
) -> None:
    """Add one lead to a campaign, and print its lead id."""
    data = dict[str, str]()
    for text in call_data:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"--call-data {text!r} is not of the form NAME=VALUE")
        data[name] = value
    with sentences():
        where = None if ledger is None else check_place(ledger)
        if where is None and (resend_unknown or allow_same_number):
            raise FileError("--resend-unknown and --allow-same-number need a --ledger")
    try:
        with NLPearl(ledger=where, **client_options) as client:
            added = client.add_lead(
                campaign_id,
                phone_number,
                external_id=external_id,
                time_zone=time_zone,
                call_data=data or None,
                resend_unknown=resend_unknown,
                allow_same_number=allow_same_number,
            )
    except NLPearlError as error:
        say_error(f"{error.outcome.value}: {in_words(error)}")
        sys.exit(NOTHING_STARTED if error.outcome.name == "NOT_SENT" else SOME_NOT)
    try:
        click.echo(added.lead_id)
    except OutputError as error:
        say_error(f"{error.strerror}. The lead was added: its lead id is {added.lead_id}")
        sys.exit(SOME_NOT)


@nlpearl.command()
@click.argument("campaign_id")
@click.argument("file")
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="COLUMN=ARGUMENT",
    help="Use COLUMN as phone_number, external_id, time_zone, call_data or call_data.NAME. "
    "COLUMN= leaves it out.",
)
@click.option(
    "--call-data",
    multiple=True,
    metavar="COLUMNS",
    help="Columns that become call data, such as firstName,visits; or all.",
)
@click.option(
    "--do-not-call",
    metavar="FILE",
    help="A file of phone numbers that are never called.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "json", "xlsx"]),
    help="Default: by what is in the file.",
)
@click.option("--encoding", help="Of a text without a byte order mark. Default: UTF-8.")
@click.option("--sheet", metavar="NAME", help="Default: the one with a column of phone numbers.")
@click.option(
    "--ledger",
    metavar="PLACE",
    help="A file, or postgresql://user@host/database. Default: nlpearl-CAMPAIGN_ID.ledger next to "
    "the file.",
)
@click.option(
    "--no-ledger", is_flag=True, help="Keep no ledger. A second run adds everybody again."
)
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Default: people.results.csv next to people.csv.",
)
@click.option("--dry-run", is_flag=True, help="Check every row and send nothing.")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Requests at the same time.",
)
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Maximum requests per second."
)
@_resends
@_allows_same_number
@_region
@_reconciles
@api_version
@click.option("--json", "as_json", is_flag=True, help="Print a summary in JSON.")
def add_leads(
    maps: tuple[str, ...],
    call_data: tuple[str, ...],
    kind: Any,
    encoding: str | None,
    sheet: str | None,
    **options: Any,
) -> None:
    """Add all leads of a file to a campaign.

    FILE is CSV, JSON, or an Excel workbook (.xlsx); "-" is standard input. A ledger remembers who
    was added: run the same command again to resume.

    \b
    Examples:
      nlpearl add-leads CAMPAIGN_ID people.csv --dry-run
      nlpearl add-leads CAMPAIGN_ID people.xlsx --map 'Mobile=phone_number'
      nlpearl add-leads CAMPAIGN_ID people.csv --call-data firstName,visits
    """
    with sentences():
        wishes = Wishes([*map(read_map, maps)], read_call_data(call_data))
    order = Order(wishes=wishes, options=Options(kind, encoding, sheet), **options)
    sys.exit(add_file(order))


@nlpearl.command()
@click.argument("campaign_id")
@click.argument("external_id")
@api_version
def find_lead(campaign_id: str, external_id: str, api_version: Any) -> None:
    """Look a lead up by your own id of it.

    Of the phone number only the end is shown, of the call data only the names.
    """
    with sentences(), NLPearl(api_version=api_version) as client:
        found = client.find_lead(campaign_id, external_id)
    if found is None:
        say_error("not found. That does not prove that it was not added: it may appear later")
        sys.exit(SOME_NOT)
    status = None if found.status is None else found.status.name
    for name, value in (
        ("lead id", found.lead_id),
        ("external id", found.external_id),
        ("phone number", found.phone_number and masked(found.phone_number)),
        ("status", status),
        ("added", found.created),
        ("time zone offset", found.time_zone_offset),
        ("call data", ", ".join(found.call_data or ())),
    ):
        if value:
            click.echo(f"{name}: {value}")


@nlpearl.command()
@click.argument("name")
def time_zone(name: str) -> None:
    """Print the Windows id that is sent for a time zone."""
    with sentences():
        click.echo(to_windows_time_zone(name))


@nlpearl.command()
@click.option("--port", default=0, help="Port to listen on. Default: any free port.")
def sandbox(port: int) -> None:
    """Run a local NLPearl for trying things out. Nobody is called."""
    from ..sandbox.command import run

    sys.exit(run(port))


def run() -> int:
    """The command; its exit code."""
    with prepared_streams():
        try:
            nlpearl.main(prog_name="nlpearl", standalone_mode=False)
        except click.ClickException as error:
            error.show()
            return NOTHING_STARTED
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            return INTERRUPTED
        except OutputError as error:
            say_error(error.strerror)
            return SOME_NOT
        except Exception as error:  # a bug, and something may have been sent before it
            what = f"{type(error).__name__}: {mask_all(str(error))}"
            say_error(f"{what}. This is a bug of nlpearl-client")
            return SOME_NOT
    return ALL_ADDED
