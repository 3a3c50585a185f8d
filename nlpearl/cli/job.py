"""A file that is ready: sent or only checked, and accounted for row by row.

Not here: what comes before the first row (add_file.py).
"""

import contextlib
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console

from ..client import NLPearl
from ..configuration import normalized
from ..errors import NLPearlError
from ..leads.lead import Lead
from ..ledger.ledger import Ledger
from ..privacy import shown_place
from .checks import Checker, Refused
from .closing import INTERRUPTED, exit_code, next_steps, summary
from .dry_run import Look, findings
from .files.rows import FileError, Row
from .order import Order
from .progress import Watch, show_facts, show_reasons
from .results import Place, Results
from .source import Source, naming


@attrs.define
class Job:
    """A file that is ready to be sent."""

    order: Order
    console: Console
    source: Source
    checker: Checker
    results: Results
    results_path: Path
    ledger: str | None
    origin: str
    client: NLPearl | None
    #: The rows that are left.
    rows: Iterator[Row] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rows = self.source.rows()

    def check(self) -> int:
        """The dry run; its exit code."""
        counts = self.results.counts
        with (
            self._looking() as look,
            Watch(self.console, "Checking", self.source.total, counts) as watch,
        ):
            for place, found in findings(self._checked(), look):
                self.results.write(place, *found)
                watch.step()
        return exit_code(counts, dry_run=True)

    def send(self) -> int:
        """Add them all; the exit code."""
        assert self.client is not None
        order, results = self.order, self.results
        run = self.client.add_leads(
            order.campaign_id, self._leads(), concurrency=order.concurrency, rate=order.rate,
            ledger=self.ledger, resend_unknown=order.resend_unknown,
            allow_same_number=order.allow_same_number,
        )  # fmt: skip
        try:
            with (
                stopping_at_ctrl_c(run.stop) as stopped,
                Watch(self.console, "Adding", self.source.total, results.counts) as watch,
            ):
                for result in run:
                    results.add(result)
                    watch.step()
        except (NLPearlError, FileError, OSError):
            if results.has_begun:
                self._account_for_the_rest()
            raise
        self._account_for_the_rest()
        return INTERRUPTED if stopped else exit_code(results.counts, dry_run=False)

    def show_end(self, code: int, seconds: float) -> None:
        """The reasons, the sum, and what to do now."""
        counts, dry_run = self.results.counts, self.order.dry_run
        show_reasons(self.console, counts, self.results.reasons)
        self.console.print()
        if code == INTERRUPTED:
            self.console.print("Interrupted.")
        self.console.print(summary(counts, seconds, dry_run=dry_run))
        steps = next_steps(
            counts, dry_run=dry_run, ledger=self.ledger,
            retryable=self.results.retryable, api_version=self.order.api_version,
        )  # fmt: skip
        facts = [("Results", str(self.results_path)), *(("Next", step) for step in steps)]
        show_facts(self.console, facts)

    def told(self) -> dict[str, Any]:
        """What programs are told."""
        counts = {status.replace(" ", "_"): count for status, count in self.results.counts.items()}
        return {
            "rows": self.source.total,
            "counts": counts,
            "base_url": self.origin,
            "ledger": self.ledger and shown_place(self.ledger),
            "results": str(self.results_path),
        }

    def _leads(self) -> Iterator[Lead | Refused]:
        """The rows as `add_leads` takes them."""
        for place, checked in self._checked():
            self.results.expect(place)
            yield checked

    def _checked(self) -> Iterator[tuple[Place, Lead | Refused]]:
        with naming(self.order.name):
            for row in self.rows:
                checked = self.checker.check(row)
                yield self._place(row, checked), checked

    def _place(self, row: Row, checked: Lead | Refused) -> Place:
        if isinstance(checked, Lead):
            return Place(row.line, checked.external_id or "")
        return Place(row.line, self.checker.external_id(row))

    @contextlib.contextmanager
    def _looking(self) -> Generator[Look | None]:
        """How the ledger is asked what it would say of a lead; None if there is none."""
        ledger = None if self.ledger is None else Ledger(self.ledger)
        if ledger is None or not ledger.exists():
            yield None
            return
        order, api = self.order, (normalized(self.origin), self.order.api_version)
        with contextlib.closing(ledger):
            yield lambda lead: ledger.preview(
                api, order.campaign_id, lead,
                resend=order.resend_unknown, same_number=order.allow_same_number,
            )  # fmt: skip

    def _account_for_the_rest(self) -> None:
        self.results.finish()
        for row in self.rows:
            self.results.leave_out(Place(row.line, self.checker.external_id(row)))


@contextlib.contextmanager
def stopping_at_ctrl_c(stop: Callable[[], None]) -> Generator[list[int]]:
    """The first Ctrl-C stops the run, the second leaves it; the list is empty before the first.

    Not a KeyboardInterrupt at first, which could fall between a result and its line in the file.
    """
    stopped: list[int] = []

    def ctrl_c(number: int, _: object) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(number)
        stop()

    before = signal.signal(signal.SIGINT, ctrl_c)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)
