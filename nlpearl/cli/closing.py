"""How a run has ended: the last lines, the exit code, and the same for programs. Pure."""

import shlex
from collections.abc import Collection, Iterator, Mapping

from ..errors import Outcome
from ..leads.results import SettledLead
from ..privacy import shown_place
from .options import DEFAULT_VERSION
from .progress import duration
from .reasons import counted, plain
from .statuses import Status

ALL_ADDED, SOME_NOT, NOTHING_STARTED, INTERRUPTED = 0, 1, 2, 130


def exit_code(counts: Mapping[Status, int], *, dry_run: bool) -> int:
    """Of a run that went through the file."""
    good = {Status.ADDED, Status.EARLIER} | ({Status.PENDING} if dry_run else set[Status]())
    return SOME_NOT if {status for status in counts if counts[status]} - good else ALL_ADDED


def summary(counts: Mapping[Status, int], seconds: float, *, dry_run: bool) -> str:
    """``9,995 added (2,997 new, 6,998 by earlier runs), 5 not added, in 34 s``"""
    new, earlier = counts.get(Status.ADDED, 0), counts.get(Status.EARLIER, 0)
    total = sum(counts.values())
    if dry_run:
        valid = counts.get(Status.PENDING, 0)
        parts = [f"{counted(total, 'row')}: {valid:,} would be added"]
        if earlier:
            parts.append(f"{earlier:,} were added by earlier runs")
        parts.append(f"{total - valid - earlier:,} would not. Nothing was sent")
        return ", ".join(parts)
    told = f" ({new:,} new, {earlier:,} by earlier runs)" if earlier else ""
    rest = total - new - earlier
    return f"{new + earlier:,} added{told}, {rest:,} not added, in {duration(seconds)}"


def next_steps(
    counts: Mapping[Status, int],
    *,
    dry_run: bool,
    ledger: str | None,
    retryable: int,
    api_version: str = DEFAULT_VERSION,
) -> Iterator[str]:
    """What to do now."""
    again = "run the same command" + (" without --dry-run" if dry_run else "")
    wrong = counts.get(Status.INVALID, 0) + counts.get(Status.REJECTED, 0)
    if not dry_run and ledger is None:
        yield "There is no ledger: the same command would add everybody again."
    elif ledger is not None and counts.get(Status.UNKNOWN):
        command = ledger_command("settle", ledger, *version_option(api_version))
        yield f"Look up the leads that are unknown: {command}"
    elif wrong:
        rows = "the row that is" if wrong == 1 else f"the {wrong:,} rows that are"
        yield f"Correct {rows} invalid or rejected, and {again}: nobody is added twice."
    elif retryable or counts.get(Status.PENDING):
        yield f"{_sentence(again)}: nobody is added twice."


#: Commands that are shown at most for leads that a lookup has not settled.
_COMMANDS = 20


def ledger_command(name: str, place: str, *arguments: str) -> str:
    """``nlpearl ledger settle people.ledger``, as a shell takes it."""
    return shlex.join(["nlpearl", "ledger", name, shown_place(place), *arguments])


def version_option(api_version: str) -> list[str]:
    """The option of a command that is shown, where it is not the default."""
    return [] if api_version == DEFAULT_VERSION else ["--api-version", api_version]


def settled_cells(lead: SettledLead) -> list[str]:
    """A row of the table of leads that were looked up."""
    found = lead.found.lead_id if lead.found else ""
    return [
        lead.campaign_id,
        lead.external_id or "",
        lead.sent,
        lead.outcome.value,
        found,
        plain(lead.seen).replace("--look-up-old", "--all"),
    ]


def settled_steps(leads: Collection[SettledLead], place: str) -> Iterator[str]:
    """What the lookups have come to, and what to do about those who are still unknown."""
    left = [lead for lead in leads if lead.outcome is not Outcome.ADDED]
    yield f"{counted(len(leads), 'lead')}: {len(leads) - len(left):,} added, {len(left):,} unknown"
    if not left:
        return
    yield "Look for them on the platform. If you find one, run this with its lead id:"
    for lead in left[:_COMMANDS]:
        lead_id = lead.found.lead_id if lead.found else "LEAD_ID"
        yield "  " + ledger_command("settle", place, *_named(lead), "--added", lead_id)
    yield "If a lead is certainly not there, run this. The next run sends it:"
    groups = dict[tuple[str, str], list[str]]()
    for lead in left[:_COMMANDS]:
        campaign, option, name = _named(lead)
        groups.setdefault((campaign, option), []).append(name)
    for (campaign, option), names in groups.items():
        named = [word for name in dict.fromkeys(names) for word in (option, name)]
        yield "  " + ledger_command("release", place, campaign, *named)
    if len(left) > _COMMANDS:
        yield f"And {len(left) - _COMMANDS:,} more."


def _named(lead: SettledLead) -> list[str]:
    name = ["--phone-number", "NUMBER"]
    if lead.external_id is not None:
        name = ["--external-id", lead.external_id]
    return [lead.campaign_id, *name]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
