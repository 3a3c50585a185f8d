"""`nlpearl ledger seed`: the leads that are on the platform, entered in a ledger as added."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import click

from ..client import NLPearl
from ..errors import NLPearlError
from ..leads.phone_numbers import check_region
from ..ledger.ledger import Ledger
from ..privacy import shown_place
from .closing import ALL_ADDED, SOME_NOT
from .failures import sentences
from .files.rows import FileError
from .ledger_places import check_place
from .options import api_version
from .output import new_console, print_table, say_error
from .pages import Pages
from .platform import Platform, api, host
from .progress import Watch, show_facts
from .reasons import counted, in_words
from .seeding import Entry, Kind, Seeding

#: What is shown of leads one by one.
_SHOWN = (Kind.CONFLICT, Kind.BUSY, Kind.UNREADABLE)


@click.command()
@click.argument("place", metavar="LEDGER")
@click.argument("campaign_id")
@click.option("--default-region", metavar="CODE", help="Country of numbers without a +.")
@api_version
def seed(place: str, campaign_id: str, default_region: str | None, api_version: Any) -> None:
    """Enter the leads that are on the platform already.

    They count as added: no run adds them again. The ledger may be a new one. Run it again after an
    interruption: nothing is entered twice.
    """
    with sentences():
        region = None if default_region is None else check_region(default_region)
        with (
            closing(Ledger(check_place(place))) as ledger,
            NLPearl(api_version=api_version) as client,
        ):
            platform = Platform(client, api_version, campaign_id)
            facts = [("Campaign", campaign_id), ("Host", host()), ("Ledger", shown_place(place))]
            show_facts(new_console(), facts)
            seeding = Seeding(ledger, api(api_version), campaign_id, region)
            code = _seed(Pages(platform.search), seeding)
    sys.exit(code)


def _seed(pages: Pages, seeding: Seeding) -> int:
    """Do it; the exit code."""
    counts, shown = Counter[Kind](), list[Entry]()
    failure: str | None = None
    try:
        with Watch(new_console(), "Reading", 0) as watch:
            for page in pages:
                watch.expect(pages.count)
                for entry in seeding.enter(page):
                    counts[entry.kind] += 1
                    if entry.kind in _SHOWN:
                        shown.append(entry)
                    watch.step()
    except (NLPearlError, FileError) as error:
        if not counts:
            raise
        failure = in_words(error)
    else:
        if not counts:
            click.echo("0 leads: nothing to enter", err=True)
    finally:
        if counts:
            _show(counts, shown)
    if failure := failure or pages.doubt:
        say_error(f"{failure.rstrip('.')}. Some leads may be missing: run the same command again")
    return SOME_NOT if failure or counts[Kind.BUSY] or counts[Kind.UNREADABLE] else ALL_ADDED


def _show(counts: Counter[Kind], entries: Sequence[Entry]) -> None:
    if entries:
        rows = [[entry.lead_id, entry.external_id, entry.kind, entry.said] for entry in entries]
        print_table(["lead_id", "external_id", "outcome", "reason"], rows)
    sums = ", ".join(f"{counts[kind]:,} {kind}" for kind in Kind if counts[kind])
    click.echo(f"{counted(counts.total(), 'lead')}: {sums}", err=True)
