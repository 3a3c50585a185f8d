"""What somebody sees of a run: first what will be done, then how far it is, then how it ended.

Colors mean one thing each: green is added, red needs somebody's attention.
"""

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from .column_names import ID, is_id
from .columns import Plan, words_for
from .files.cells import sample, shown
from .reasons import Reasons
from .statuses import Status

_STYLES = {
    Status.ADDED: "green",
    Status.EARLIER: "green",
    Status.INVALID: "red",
    Status.NOT_SENT: "red",
    Status.REJECTED: "red",
    Status.UNKNOWN: "bold red",
}
#: What a status means, above its reasons.
_MEANING = {
    Status.INVALID: "invalid: not sent",
    Status.NOT_SENT: "not sent",
    Status.REJECTED: "rejected",
    Status.UNKNOWN: "unknown: they may have been added",
}
QUIET = 10.0  # seconds between two lines where nobody looks at a terminal
_SAMPLES = 3


def show_facts(console: Console, facts: Iterable[tuple[str, str]]) -> None:
    """A name and a text on each line."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in facts:
        table.add_row(name, text)
    _print_lines(console, table)


def show_columns(
    console: Console, plan: Plan, samples: Mapping[int, Iterable[str]], hidden: Iterable[int]
) -> None:
    """What each column becomes, with some of its values."""
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    is_hidden = {*hidden}
    for index, target in plan.targets.items():
        values = list(samples.get(index, ()))[:_SAMPLES]
        note = " (hidden column)" if index in is_hidden else ""
        table.add_row(_name(plan, index), words_for(target) + note, ", ".join(map(sample, values)))
    for index in plan.marks:
        if index not in plan.targets:
            table.add_row(_name(plan, index), "leaves out rows that must not be called", "")
    console.print()
    _print_indented(console, table)
    unused = [
        _name(plan, index)
        for index, name in enumerate(plan.header)
        if name and index not in plan.targets and index not in plan.marks
    ]
    if unused:
        _print_indented(console, Text(f"Not used: {', '.join(unused)}"))
    ids = [name for name in unused if is_id(name)]
    if ids and ID not in plan.targets.values():
        hint = f"No external id. If {ids[0]} is your own id for a lead: --map '{ids[0]}={ID}'"
        _print_indented(console, Text(hint))
    console.print()


def _name(plan: Plan, index: int) -> str:
    return shown(plan.header[index]) or f"column {index + 1}"


def _print_indented(console: Console, shown: RenderableType) -> None:
    _print_lines(console, Padding(shown, (0, 0, 0, 2), expand=False))


def _print_lines(console: Console, shown: RenderableType) -> None:
    """Print without the blanks that fill lines up."""
    with console.capture() as captured:
        console.print(shown)
    for line in captured.get().splitlines():
        console.print(Text.from_ansi(line.rstrip()), soft_wrap=True)


def show_reasons(console: Console, counts: Mapping[Status, int], reasons: Reasons) -> None:
    """Why rows were not added, each reason once."""
    for status, meaning in _MEANING.items():
        if counts.get(status):
            console.print()
            console.print(Text(f"{counts[status]:,} {meaning}", _STYLES[status]))
            for line in reasons.lines(status):
                _print_indented(console, Text(line))


class _Counts(ProgressColumn):
    """``5,312 / 10,000``"""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:,.0f} / {task.total or 0:,.0f}")


class _Rate(ProgressColumn):
    """``318/s   15 s left``"""

    def render(self, task: Task) -> Text:
        speed = f"{task.finished_speed or task.speed or 0:,.0f}/s"
        left = task.time_remaining
        return Text(f"{speed}  {duration(left)} left" if left else speed)


def _bar() -> BarColumn:
    return BarColumn(None, complete_style="green", finished_style="green")


class _Bar(Progress):
    """A bar, and below it how many rows came to what."""

    def __init__(self, console: Console, counts: Mapping[Status, int]) -> None:
        self._counts_by_status = counts
        columns = (TextColumn("{task.description}"), _bar(), _Counts(), _Rate())
        super().__init__(*columns, console=console, expand=True)

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        yield Text("  ").join(
            Text(f"{count:,} {status}", _STYLES.get(status, ""))
            for status in Status
            if (count := self._counts_by_status.get(status))
        )


class Watch:
    """A bar in a terminal, a line now and then elsewhere."""

    def __init__(
        self,
        console: Console,
        what: str,
        total: int,
        counts: Mapping[Status, int] | None = None,
    ) -> None:
        self._console = console
        self._counts = counts
        self._total = total
        self._done = 0
        self._said = time.monotonic()
        self._bar = _Bar(console, counts or {}) if console.is_terminal else None
        self._task = self._bar.add_task(what, total=total) if self._bar else TaskID(0)

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

    def expect(self, total: int) -> None:
        """So many will be done in all."""
        self._total = total
        if self._bar:
            self._bar.update(self._task, total=total)

    def step(self) -> None:
        """One more row is done."""
        self._done += 1
        if self._bar:
            self._bar.update(self._task, advance=1)
        elif time.monotonic() - self._said >= QUIET:
            self._said = time.monotonic()
            if self._counts is None:
                self._console.print(f"{self._done:,} of {self._total:,}")
                return
            added = self._counts.get(Status.ADDED, 0) + self._counts.get(Status.EARLIER, 0)
            self._console.print(f"{self._done:,} of {self._total:,} rows, {added:,} added")


def duration(seconds: float) -> str:
    """``15 s``, ``2 min``, ``3 h 20 min``"""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
