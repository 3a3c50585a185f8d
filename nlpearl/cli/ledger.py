"""`nlpearl ledger …`: what a ledger has, moved or corrected by somebody who knows better.

Not here: what any of it means (nlpearl.ledger).
"""

import csv
import functools
import io
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..leads.identifiers import to_external_id
from ..leads.lead import Lead
from ..ledger.ledger import Ledger
from ..privacy import shown_place
from .closing import NOTHING_STARTED
from .failures import sentences
from .files.rows import FileError
from .ledger_places import check_place
from .output import say_error
from .reasons import counted
from .results import no_formula

#: The states of a lead, as `Ledger.counts` names them, in the order of the table.
_STATES = ("added", "claimed", "unknown", "free")

Command = Callable[..., None]


@click.group()
def ledger() -> None:
    """Show, move and correct a ledger, which remembers who was added.

    A ledger is a file, or a PostgreSQL database: postgresql://user@host/database. Leave the
    password to PGPASSWORD or to ~/.pgpass.
    """


@contextmanager
def _opened(place: str) -> Generator[Ledger]:
    """A ledger that is there: nothing here makes one by a slip of the pen."""
    with closing(Ledger(check_place(place))) as found:
        if not found.exists():
            raise FileError(f"there is no ledger {shown_place(place)}")
        yield found


def _whose_errors_are_sentences(command: Command) -> Command:
    @functools.wraps(command)
    def run(**options: Any) -> None:
        with sentences():
            command(**options)

    return run


@ledger.command()
@click.argument("place", metavar="LEDGER")
@_whose_errors_are_sentences
def show(place: str) -> None:
    """Show how many leads of each campaign are in which state.

    Claimed: being added at this moment. Unknown: may have been added. Free: certainly not added.
    """
    with _opened(place) as found:
        counts = found.counts()
    rows = [
        [campaign, *(f"{counts[campaign].get(state, 0):,}" for state in _STATES)]
        for campaign in sorted(counts)
    ]
    _print_table(["campaign", *_STATES], rows, numbers=True)


@ledger.command()
@click.argument("place", metavar="LEDGER")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@_whose_errors_are_sentences
def unknown(place: str, as_csv: bool) -> None:
    """List the leads whose outcome is unknown.

    With the time when they were sent, in UTC.
    """
    with _opened(place) as found:
        leads = found.unsettled()
    rows = [[lead.campaign_id, lead.external_id or "", lead.sent] for lead in leads]
    names = ["campaign", "external_id", "sent"]
    if not as_csv:
        _print_table(names, rows)
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *[map(no_formula, r) for r in rows]])
    click.echo(text.getvalue(), nl=False)


@ledger.command()
@click.argument("place", metavar="FROM")
@click.argument("target", metavar="TO")
@_whose_errors_are_sentences
def copy(place: str, target: str) -> None:
    """Copy a ledger to a new one, such as from a file to a database.

    Refused while either is in use. Go on with the copy alone.
    """
    with _opened(place) as found, closing(Ledger(check_place(target))) as new:
        number = found.copy_to(new)
    say(f"{counted(number, 'lead')} copied to {shown_place(target)}. Use that one from now on.")


@ledger.command()
@click.argument("place", metavar="LEDGER")
@click.argument("path", metavar="TO")
@_whose_errors_are_sentences
def backup(place: str, path: str) -> None:
    """Copy a ledger to a new file, also while it is in use.

    A backup has forgotten the leads that were added since: they would be added again.
    """
    with _opened(place) as found:
        found.backup(path)
    say(f"Copied to {path}.")


@ledger.command()
@click.argument("place", metavar="LEDGER")
@_whose_errors_are_sentences
def accept(place: str) -> None:
    """Trust a ledger that may have forgotten leads.

    Such as a file without its -wal, or a database that was restored. Check first that it knows whom
    you have added.
    """
    with _opened(place) as found:
        found.accept()
    say(f"Accepted {shown_place(place)} as it is.")


@ledger.command()
@click.argument("place", metavar="LEDGER")
@click.argument("base_url")
@click.option("--api-version", default="v1", show_default=True, help="Of the API there.")
@click.option(
    "--campaign",
    "campaigns",
    multiple=True,
    metavar="OLD=NEW",
    help="What a campaign of the ledger is called there. Can be given several times.",
)
@_whose_errors_are_sentences
def rebind(place: str, base_url: str, api_version: str, campaigns: tuple[str, ...]) -> None:
    """Bind a ledger to another API, to which its leads were moved.

    Every campaign of the ledger needs a --campaign, also if its id stays the same.
    """
    names = dict[str, str]()
    for text in campaigns:
        old, equals, new = (part.strip() for part in text.partition("="))
        if not (old and equals and new):
            raise FileError(f"--campaign {text!r} is not of the form OLD=NEW")
        names[old] = new
    with _opened(place) as found:
        if missing := sorted({*found.counts()} - {*names}):
            options = " ".join(f"--campaign {name}=NEW" for name in missing)
            raise FileError(f"say what each campaign of the ledger is called there: {options}")
        found.rebind(base_url, api_version, names)
    say(f"Bound to {shown_place(base_url)}, API {api_version}.")


def _names_a_lead(command: Command) -> Command:
    """The options of a command about one lead."""
    for decorate in reversed(
        [
            click.argument("place", metavar="LEDGER"),
            click.argument("campaign_id"),
            click.option("--external-id", metavar="ID", help="Your own id of the lead."),
            click.option("--phone-number", metavar="NUMBER", help="The lead's phone number."),
            click.option(
                "--default-region", metavar="CODE", help="Country of a number without a +."
            ),
            click.option("--yes", is_flag=True, help="Do not ask."),
        ]
    ):
        command = decorate(command)
    return command


@ledger.command()
@_names_a_lead
@_whose_errors_are_sentences
def release(yes: bool, **lead: Any) -> None:
    """Say that an unknown lead was certainly not added.

    It is sent the next time. Look on the platform first. A lead that was added is not touched.
    """
    question = "Was the lead certainly not added? If it was, it will be called twice"
    if not _change(Ledger.release, question, yes=yes, **lead):
        raise FileError("the ledger has no such lead whose outcome is unknown. Nothing was changed")
    say("Released: it is sent when it is added the next time.")


@ledger.command()
@_names_a_lead
@_whose_errors_are_sentences
def forget(yes: bool, **lead: Any) -> None:
    """Remove a lead that was deleted on the platform.

    It is added again the next time, also if it was added before.
    """
    question = "Was the lead deleted on the platform? If not, it will be called twice"
    if not _change(Ledger.forget, question, yes=yes, **lead):
        raise FileError("the ledger has no such lead. Nothing was changed")
    say("Forgotten: it is added the next time.")


def _change(
    change: Callable[..., bool],
    question: str,
    *,
    yes: bool,
    place: str,
    campaign_id: str,
    external_id: str | None,
    phone_number: str | None,
    default_region: str | None,
) -> bool:
    """Change what the ledger has of one lead, if somebody confirms it; whether it had that."""
    if (external_id is None) == (phone_number is None):
        raise FileError("name the lead by --external-id or by --phone-number")
    if external_id is not None:
        external_id = to_external_id(external_id)
    if phone_number is not None:
        phone_number = Lead(phone_number, region=default_region).phone_number
    with _opened(place) as found:
        if not yes and not click.confirm(question, err=True):
            say_error("nothing was changed")
            sys.exit(NOTHING_STARTED)
        return change(found, campaign_id, external_id=external_id, phone_number=phone_number)


def say(text: str) -> None:
    """What was done, for people; standard output is for what was asked for."""
    click.echo(text, err=True)


def _print_table(names: Sequence[str], rows: Iterable[list[str]], *, numbers: bool = False) -> None:
    """To standard output; numbers, if there are any, are in all columns but the first."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, name in enumerate(names):
        is_number = numbers and index > 0
        table.add_column(
            Text(name, "bold"), justify="right" if is_number else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 10_000
    console.print(table)
