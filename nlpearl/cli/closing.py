"""How a run has ended: the last lines, the exit code, and the same for programs. Pure."""

from collections.abc import Iterator, Mapping

from .progress import duration
from .reasons import counted
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
    counts: Mapping[Status, int], *, dry_run: bool, has_ledger: bool, retryable: int
) -> Iterator[str]:
    """What to do now."""
    again = "run the same command" + (" without --dry-run" if dry_run else "")
    wrong = counts.get(Status.INVALID, 0) + counts.get(Status.REJECTED, 0)
    if not dry_run and not has_ledger:
        yield "There is no ledger: the same command would add everybody again."
    elif counts.get(Status.UNKNOWN):
        yield f"{_sentence(again)} and --reconcile: it looks up the leads that are unknown."
    elif wrong:
        rows = "the row that is" if wrong == 1 else f"the {wrong:,} rows that are"
        yield f"Correct {rows} invalid or rejected, and {again}: nobody is added twice."
    elif retryable or counts.get(Status.PENDING):
        yield f"{_sentence(again)}: nobody is added twice."


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
