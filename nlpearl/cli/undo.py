"""`nlpearl undo`: what a run has added, deleted again where nobody has called yet."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click

from ..client import NLPearl
from ..errors import NLPearlError
from ..ledger.ledger import Ledger, told
from ..privacy import shown_place
from .check import campaign_facts
from .closing import ALL_ADDED, INTERRUPTED, NOTHING_STARTED, SOME_NOT
from .failures import sentences
from .files.rows import FileError
from .job import stopping_at_ctrl_c
from .ledger_places import check_place, default_place
from .options import api_version
from .output import new_console, print_table, say_error
from .platform import Platform, api, host
from .progress import Watch, show_facts
from .reasons import counted, in_words
from .results_file import Row, read_results
from .statuses import Status
from .undoing import End, Undoing, Undone

#: Leads that are deleted at once.
BATCH = 50


@click.command()
@click.argument("campaign_id")
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--ledger",
    metavar="PLACE",
    help="The one of the run. Default: nlpearl-CAMPAIGN_ID.ledger next to the results.",
)
@click.option("--no-ledger", is_flag=True, help="The run had none.")
@click.option(
    "--gone",
    is_flag=True,
    help="Also forget leads that are not there any more, such as after an interruption.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@api_version
def undo(campaign_id: str, results: Path, yes: bool, api_version: Any, **options: Any) -> None:
    """Delete the leads that a run has added, for a wrong list.

    RESULTS is the results file of the run: people.results.csv. Leads that were already called are
    kept. Those that are certainly deleted leave the ledger, too, and can be added again.

    A lead may be called until it is deleted: pause the campaign first.
    """
    with sentences(), ExitStack() as stack:
        rows = read_results(results)
        wanted = list({row.lead_id: row for row in rows if row.status is Status.ADDED}.values())
        client = stack.enter_context(NLPearl(api_version=api_version))
        platform = Platform(client, api_version, campaign_id)
        place = _place(results, campaign_id, options["ledger"], options["no_ledger"])
        earlier = sum(row.status is Status.EARLIER for row in rows)
        left = f" {counted(earlier, 'row')} that earlier runs added are left." if earlier else ""
        if not wanted:
            raise FileError(f"{results}: the run has added nobody.{left} Nothing to undo")
        ledger = None
        if place is not None:
            ledger = stack.enter_context(closing(Ledger(place)))
            if not ledger.exists():
                raise FileError(
                    f"there is no ledger {shown_place(place)}. Name the one of the run: --ledger "
                    "PLACE. If it had none: --no-ledger"
                )
            told(ledger.ready(api(api_version)))
        facts = dict(campaign_facts(platform.campaign()))
        name = f"{facts.get('campaign', '')} ({campaign_id})".lstrip()
        show_facts(
            new_console(),
            [
                ("Results", f"{results}: {counted(len(wanted), 'row')} added.{left}"),
                ("Campaign", f"{name}, {facts.get('status', 'status not told')}"),
                ("Host", host()),
                ("Ledger", "none" if place is None else shown_place(place)),
            ],
        )
        question = f"Delete up to {counted(len(wanted), 'lead')} of {name}?"
        _confirm(f"{question} Leads that were already called are kept", yes)
        code = _undo(wanted, Undoing(platform, ledger, options["gone"]))
    sys.exit(code)


def _place(results: Path, campaign_id: str, ledger: str | None, no_ledger: bool) -> str | None:
    """Where the ledger of the run is; None if it had none."""
    if no_ledger and ledger:
        raise FileError("--ledger and --no-ledger exclude each other")
    if no_ledger:
        return None
    return check_place(ledger) if ledger else default_place(results, campaign_id)


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise FileError("standard input is not a terminal, so nobody can be asked. Pass --yes")
    if not click.confirm(question, err=True):
        say_error("nothing was changed")
        sys.exit(NOTHING_STARTED)


def _undo(rows: Sequence[Row], undoing: Undoing) -> int:
    """Do it; the exit code."""
    done: dict[Row, Undone] = {}
    failure: str | None = None
    stopped: list[int] = []
    try:
        with (
            stopping_at_ctrl_c(lambda: None) as stopped,
            Watch(new_console(), "Deleting", len(rows)) as watch,
        ):
            for begin in range(0, len(rows), BATCH):
                if stopped:
                    break
                for undone in undoing.undo(rows[begin : begin + BATCH]):
                    done[undone.row] = undone
                    watch.step()
    except (NLPearlError, FileError) as error:
        failure = in_words(error)
    finally:
        for row in rows:
            if row not in done and row in undoing.open:
                done[row] = Undone(row, End.UNKNOWN, "interrupted: it may be deleted")
            elif row not in done:
                done[row] = Undone(row, End.NOT_DONE, "not processed")
        _show([done[row] for row in rows])
    if failure:
        say_error(failure)
    if stopped:
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    return SOME_NOT if any(each.end is not End.DELETED for each in done.values()) else ALL_ADDED


def _show(undone: Sequence[Undone]) -> None:
    counts = Counter(each.end for each in undone)
    if others := [each for each in undone if each.end is not End.DELETED]:
        table = [
            [str(row.line), row.external_id, row.lead_id, end, said] for row, end, said in others
        ]
        print_table(["line", "external_id", "lead_id", "outcome", "reason"], table)
    sums = ", ".join(f"{counts[end]:,} {end}" for end in End if counts[end])
    click.echo(f"{counted(len(undone), 'lead')}: {sums}", err=True)
    if counts[End.GONE] or counts[End.NOT_RELEASED]:
        click.echo(
            "If an undo, or you, deleted what is not there: the same command with --gone makes the "
            "ledger forget it. If it is there nevertheless, it can be added and called twice.",
            err=True,
        )
    if counts[End.STILL_THERE] or counts[End.UNKNOWN] or counts[End.NOT_DONE]:
        click.echo("Run the same command again: it goes on with the rest.", err=True)
