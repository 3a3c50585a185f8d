"""What is told of a run: the results file, the progress, and the table at the end."""

import csv
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from ..leads.results import LeadResult
from .files import Source

#: What a row may come to, in the order of the table, with its colour.
ENDS = {
    "ADDED": "green",
    "REJECTED": "yellow",
    "NOT_SENT": "yellow",
    "UNKNOWN": "red",
    "PENDING": "dim",
}
MEANING = {
    "ADDED": "the lead is in the campaign",
    "REJECTED": "the API rejected the lead",
    "NOT_SENT": "invalid or not sent: see the reason column",
    "UNKNOWN": "the lead may exist: look it up before anybody adds it again",
    "PENDING": "not processed: the run stopped first",
}
QUIET = 10.0  # seconds between two lines where nobody looks at a terminal


class Results:
    """The results file: each row of the input in its order, with lead id or reason."""

    COLUMNS = ("line", "external_id", "outcome", "lead_id", "reason")

    def __init__(self, path: Path, source: Source) -> None:
        self._source = source
        self._path = path
        self._is_new = not path.exists()
        # Tried now, before anything is sent; but what stands in it stays until there is something
        # to be written: another run may be at it, whose ledger we are refused then.
        path.open("a", encoding="utf-8").close()
        self._file: IO[str] | None = None
        self._next = 0
        self._early: dict[int, LeadResult] = {}
        self.counts: Counter[str] = Counter()

    def add(self, result: LeadResult) -> None:
        """Take a result; it is written once all before it have been."""
        self.counts[result.outcome.name] += 1
        self._early[result.position] = result
        while (ready := self._early.pop(self._next, None)) is not None:
            self._next += 1
            self._write(ready)

    def finish(self) -> None:
        """Write what is left: rows whose result did not come, and those that nobody has read."""
        while self._source.places:
            result = self._early.pop(self._next, None)
            self._next += 1
            if result is None:
                self.counts["UNKNOWN"] += 1
            self._write(result, "UNKNOWN")
        for _ in self._source.rest():
            self.counts["PENDING"] += 1
            self._write(None, "PENDING")

    def _write(self, result: LeadResult | None, missing: str = "") -> None:
        """Write one line; `missing` is the outcome of a row that has no result."""
        line, external_id = self._source.places.popleft()
        if result is None:
            cells = [missing, "", MEANING[missing]]
        else:
            reason = " ".join(str(result.error or "").split())
            cells = [result.outcome.name, result.lead_id or "", reason]
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(self.COLUMNS)
        csv.writer(self._file).writerow([line, external_id, *cells])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        elif self._is_new:
            self._path.unlink()


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s")


class Watch:
    """A progress bar on a terminal, a quiet line now and then elsewhere."""

    def __init__(self, console: Console, total: int | None, counts: Counter[str]) -> None:
        self._console = console
        self._counts = counts
        self._total = total
        self._said = time.monotonic()
        self._bar: Progress | None = None
        self._task = TaskID(0)
        if console.is_terminal:
            columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
            self._bar = Progress(*columns, TextColumn("{task.description}"), console=console)
            self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def step(self) -> None:
        """One more row has its result."""
        if self._bar:
            tally = " ".join(
                f"[{colour}]{self._counts[end]} {end.lower().replace('_', ' ')}[/]"
                for end, colour in ENDS.items()
                if self._counts[end]
            )
            self._bar.update(self._task, advance=1, description=tally)
        elif time.monotonic() - self._said >= QUIET:
            self._said = time.monotonic()
            done = sum(self._counts.values())
            of = f" of {self._total:,}" if self._total is not None else ""
            self._console.print(f"{done:,}{of} rows, {self._counts['ADDED']:,} added")


def closing_table(counts: Counter[str]) -> Table:
    """Every row counted."""
    table = Table(show_footer=True)
    table.add_column("rows", f"{sum(counts.values()):,}", justify="right")
    table.add_column("outcome", "in all")
    table.add_column("what it means")
    for end, colour in ENDS.items():
        if counts[end]:
            table.add_row(f"{counts[end]:,}", end, MEANING[end], style=colour)
    return table
