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

from ..client import NLPearl
from ..errors import Outcome
from ..leads.identifiers import to_external_id
from ..leads.lead import Lead
from ..leads.results import SettledLead
from ..ledger.ledger import Ledger
from ..privacy import masked, shown_place
from .closing import NOTHING_STARTED, SOME_NOT, ledger_command, settled_cells, settled_steps
from .failures import sentences
from .files.rows import FileError
from .ledger_places import check_place
from .options import api_version
from .output import print_table, say_error
from .reasons import counted
from .results import no_formula

#: The states of a lead, as `Ledger.counts` names them, in the order of the table.
_STATES = ("added", "claimed", "unknown", "free")

_NOT_UNKNOWN = "the ledger has no such lead whose outcome is unknown"

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


def _names_leads(command: Command) -> Command:
    """The options of a command about leads that somebody names."""
    for decorate in (
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--default-region", metavar="CODE", help="Country of a number without a +."),
        click.option(
            "--phone-number", "phone_numbers", multiple=True, metavar="NUMBER",
            help="The lead's phone number. Can be given several times.",
        ),
        click.option(
            "--external-id", "external_ids", multiple=True, metavar="ID",
            help="Your own id of the lead. Can be given several times.",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


_place = click.argument("place", metavar="LEDGER")
_campaign = click.argument("campaign_id")


@ledger.command()
@_place
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
    print_table(["campaign", *_STATES], rows, numbers=True)


@ledger.command()
@_place
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@_whose_errors_are_sentences
def unknown(place: str, as_csv: bool) -> None:
    """List the leads whose outcome is unknown.

    With the time when they were sent, in UTC, and what is known of them.
    """
    with _opened(place) as found:
        leads = found.unsettled()
    rows = [[lead.campaign_id, lead.external_id or "", lead.sent, lead.known] for lead in leads]
    _print(["campaign", "external_id", "sent", "known"], rows, as_csv=as_csv)
    if leads:
        say(f"Next: {ledger_command('settle', place)}")


@ledger.command()
@_place
@click.argument("campaign_id", required=False)
@click.option("--all", "even_old", is_flag=True, help="Also look up leads sent over a day ago.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--added", "lead_id", metavar="LEAD_ID", help="The platform's id of one lead.")
@api_version
@_names_leads
@_whose_errors_are_sentences
def settle(
    place: str,
    campaign_id: str | None,
    even_old: bool,
    as_csv: bool,
    lead_id: str | None,
    api_version: Any,
    **lead: Any,
) -> None:
    """Look up the leads whose outcome is unknown.

    Who is proven to be on the platform is recorded as added, the others are shown. Look for them
    there, by your own id. One that is there: --added LEAD_ID with the campaign and an --external-id
    or a --phone-number. For one that is certainly not there: nlpearl ledger release.
    """
    if lead_id is not None:
        question = f"Is {lead_id} the platform's id of this lead? If not, nobody will be called"
        _change(
            functools.partial(Ledger.settle, lead_id=lead_id), (question, ""), _NOT_UNKNOWN,
            place=place, campaign_id=campaign_id, most=1, **lead,
        )  # fmt: skip
        say("Settled: it was added, and is not sent again.")
        return
    if lead["external_ids"] or lead["phone_numbers"]:
        raise FileError("--external-id and --phone-number name the lead of an --added LEAD_ID")
    with _opened(place) as found, NLPearl(ledger=found, api_version=api_version) as client:
        leads = client.settle(campaign_id, look_up_old=even_old)
        if not _show_settled(place, leads, as_csv=as_csv):
            sys.exit(SOME_NOT)


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
@_place
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
@_place
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
@_place
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


@ledger.command()
@_place
@_campaign
@_names_leads
@_whose_errors_are_sentences
def release(**leads: Any) -> None:
    """Say that unknown leads were certainly not added.

    They are sent the next time. Look on the platform first. A lead that was added is not touched.
    """
    questions = (
        "Was the lead certainly not added? If it was, it will be called twice",
        "Were these {} leads certainly not added? Those who were will be called twice",
    )
    _change(Ledger.release, questions, _NOT_UNKNOWN, **leads)
    say("Released: it is sent when it is added the next time.")


@ledger.command()
@_place
@_campaign
@_names_leads
@_whose_errors_are_sentences
def forget(**leads: Any) -> None:
    """Remove leads that were deleted on the platform.

    They are added again the next time, also those that were added before.
    """
    questions = (
        "Was the lead deleted on the platform? If not, it will be called twice",
        "Were these {} leads deleted on the platform? Those who were not will be called twice",
    )
    _change(Ledger.forget, questions, "the ledger has no such lead", **leads)
    say("Forgotten: it is added the next time.")


@ledger.command()
@_place
@_campaign
@_names_leads
@_whose_errors_are_sentences
def erase(**leads: Any) -> None:
    """Erase the external id of leads.

    A digest of it stays, so that nobody is added twice. If the outcome of a lead is unknown, it can
    no longer be looked up.
    """
    questions = (
        "Erase the external id? The lead can no longer be looked up",
        "Erase the external ids of these {} leads? They can no longer be looked up",
    )
    _change(Ledger.erase, questions, "the ledger has no such lead", **leads)
    say("Erased: the ledger has only a digest of the external id.")


def _change(
    change: Callable[..., bool],
    questions: tuple[str, str],
    missing: str,
    *,
    yes: bool,
    place: str,
    campaign_id: str | None,
    external_ids: tuple[str, ...],
    phone_numbers: tuple[str, ...],
    default_region: str | None,
    most: int = sys.maxsize,
) -> None:
    """Change what the ledger has of leads, if somebody confirms it; FileError if it has not all."""
    if campaign_id is None or bool(external_ids) == bool(phone_numbers):
        raise FileError("name the lead by --external-id or by --phone-number")
    leads = [{"external_id": to_external_id(text)} for text in external_ids]
    for text in phone_numbers:
        leads.append({"phone_number": Lead(text, region=default_region).phone_number})
    if len(leads) > most:
        raise FileError("name one lead alone")
    with _opened(place) as found:
        question = questions[len(leads) > 1].format(len(leads))
        if not yes and not click.confirm(question, err=True):
            say_error("nothing was changed")
            sys.exit(NOTHING_STARTED)
        missed = [lead for lead in leads if not change(found, campaign_id, **lead)]
    if len(missed) == len(leads):
        raise FileError(f"{missing}. Nothing was changed")
    if missed:
        names = [lead.get("external_id") or masked(lead["phone_number"]) for lead in missed]
        raise FileError(f"{missing}: {', '.join(names)}. The others were changed")


def _show_settled(place: str, leads: Iterable[SettledLead], *, as_csv: bool) -> bool:
    """Show the leads as they are now, and what to do; whether all are settled."""
    shown: list[SettledLead] = []
    try:
        shown.extend(leads)
    finally:
        names = ["campaign", "external_id", "sent", "outcome", "lead_id", "seen"]
        _print(names, map(settled_cells, shown), as_csv=as_csv)
        for line in settled_steps(shown, place):
            say(line)
    return all(lead.outcome is Outcome.ADDED for lead in shown)


def say(text: str) -> None:
    """What was done, for people; standard output is for what was asked for."""
    click.echo(text, err=True)


def _print(names: Sequence[str], rows: Iterable[list[str]], *, as_csv: bool) -> None:
    """To standard output, as a table or as CSV."""
    if not as_csv:
        print_table(names, rows)
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *[map(no_formula, r) for r in rows]])
    click.echo(text.getvalue(), nl=False)
