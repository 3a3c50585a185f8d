"""A run of many leads: who reads, who sends, who waits; for threads and for tasks.

The consumer alone advances the caller's iterable, as long as fewer than `concurrency` rows are
read and not yet delivered; so a slow consumer slows the reading, and memory is that of a few rows.
Nothing waits between rows: a worker gets one row, and is done with it.

With a ledger a fifth more rows are read: while some wait for the disk, others are sent.
"""

import os
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from ..calls.campaign import Campaign, Ended, Send
from ..errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    InvalidLeadError,
    NLPearlError,
    NotFoundError,
    Outcome,
    PermissionDeniedError,
    RateLimitError,
    UnsettledLeadError,
)
from ..http.lane import Lane
from ..leads.results import AddedLead, LeadResult
from .pace import Pace, Reach
from .workers import END, Row, Workers, with_more

# Replaced by the tests that turn the clock.
monotonic: Callable[[], float] = time.monotonic


#: After these no other row would succeed.
FATAL = (AuthenticationError, PermissionDeniedError, ConfigurationError)


class Run:
    """One run, for one consumer at a time: `next` until it returns None, then `end`."""

    def __init__(
        self, campaign: Campaign, lane: Lane, workers: Workers, concurrency: int, rate: float | None
    ) -> None:
        self._campaign = campaign
        self._claims = campaign.claims
        self._client_lane = lane
        self._lane = lane.of_run(workers.stopping)
        self._workers = workers
        #: How many rows may be read and not yet delivered.
        self._most = concurrency if self._claims is None else with_more(concurrency)
        self._pace = pace = Pace(rate)
        campaign.turn = lambda: pace.goes(monotonic())
        self._lanes: deque[Lane] = deque()
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._begun = False
        #: The number of rows that were read.
        self._read = 0
        #: Rows that were read and whose results have not been delivered.
        self._pending = 0
        #: Rows that a limit holds back.
        self._held: deque[Row] = deque()
        self._reach = Reach(concurrency)
        #: Nothing more is read.
        self._exhausted = False
        #: Nothing more is read or sent.
        self._stopped = False
        #: Whether a lead was added, so that there is such a campaign.
        self._has_added = False
        #: What ended the run early; raised once everything else has been delivered.
        self._error: BaseException | None = None

    # What the consumer does

    async def next(self, rows: Any) -> LeadResult | None:
        """The next result; None once all have been delivered and everything is closed."""
        try:
            if not self._begun:
                self._begun = True
                if self._claims is not None:
                    await self._claims.open(self._lane)
                    self._check_ledger()
            result = await self._next(rows)
        except BaseException:
            self.stop()
            raise
        if result is None:
            await self.end()
        return result

    async def _next(self, rows: Any) -> LeadResult | None:
        workers, sent = self._workers, False
        while True:
            seconds = None  # until a lead may be sent that only the pace holds back
            if self._stopped:  # not told by the counts: Ctrl-C may have come amid them
                landed = not workers.in_flight  # looked at first: they land last of all
                if self._held:
                    row = self._held.popleft()
                    workers.results.put_nowait(row.result(row.waits or _not_sent()))
                elif landed and workers.results.empty():
                    return None
            elif self._exhausted and not self._pending:
                return None
            elif self._held or not (self._exhausted or self._pending >= self._most):
                seconds = self._pace.left(monotonic())
                # After one was sent, a result that is ready goes first.
                if not seconds and (workers.results.empty() or not sent):
                    await self._send_next(rows)
                    sent = True
                    continue
            result = await workers.result(seconds)
            if result is not None:
                self._pending -= 1
                return result

    def error(self) -> BaseException | None:
        """What ended the run early; told once."""
        error, self._error = self._error, None
        return error

    def stop(self) -> None:
        """Read and send nothing more."""
        self._stopped = True
        self._workers.stopping.set()
        self._workers.results.put_nowait(None)

    def leave(self) -> None:
        """As `end`, without waiting. From here on nobody can iterate."""
        if not self._begun and self._process == os.getpid():
            _warn_unused()
        self._workers.leave(self.end)

    async def end(self) -> None:
        """Stop; return when nothing is in flight any more and everything is closed."""
        if self._process != os.getpid():
            return  # a forked child has none of the workers, and the ledger is not its own
        if self._client_lane.is_closed() and not (self._stopped or self._exhausted):
            self._halt(ConfigurationError("the client was closed before all leads were read"))
        self.stop()
        async with self._workers.idle():
            while self._lanes:
                await self._lanes.pop().release()
            if self._claims is not None:
                await self._claims.close(self._lane)

    async def _send_next(self, rows: Any) -> None:
        """Give a worker the next row: one that was held back, else one from the input."""
        if self._held:
            self._start(self._held.popleft())
            return
        try:
            row = await self._workers.read(rows)
        except Exception as error:
            self._raise_in_the_end(error)
            return
        if row is END:
            self._exhausted = True
            return
        position, self._read = self._read, self._read + 1
        try:
            lead = self._campaign.lead_of_row(row)
        except InvalidLeadError as error:
            self._pending += 1
            self._workers.results.put_nowait(LeadResult(position, row, None, None, error))
        else:
            self._pending += 1
            self._start(Row(position, row, lead))

    def _start(self, row: Row) -> None:
        row.turn = self._pace.take(monotonic())
        try:
            row.work = self._work(row)
            # Before it is looked whether the run has stopped: who stops it waits for this row.
            self._workers.in_flight.add(row)
            if self._stopped:  # while the row was read
                self._drop(row)
                return
            # Asked here: of two rows that are the same lead, the first is sent.
            row.claiming = self._campaign.claim(row.lead)
            self._workers.start(row, partial(self._drop, row))
        except BaseException:  # Ctrl-C, too
            self._drop(row)
            raise

    def _drop(self, row: Row, error: ConfigurationError | None = None) -> None:
        """Land a row that no worker has begun with: it was not sent. Otherwise its worker lands it.

        `error`: why there is no worker.
        """
        work = row.work
        if work is None:
            return
        with suppress(ValueError):  # a thread begins with it at this moment
            work.close()
            row.work = None
            if row.claiming is not None and self._claims is not None:
                self._claims.give_back(row.claiming)
            self._land(row, row.result(row.waits or error or _not_sent()))
        if error is not None:
            self._halt(error)

    # What a worker does

    async def _work(self, row: Row) -> None:
        row.work = result = None
        try:
            result = await self._add(row)
        except BaseException as bug:  # a task may be cancelled
            result = self._broke(row, bug)
            if not isinstance(bug, Exception):
                raise
        finally:
            self._land(row, result)

    def _land(self, row: Row, result: LeadResult | None) -> None:
        self._workers.results.put_nowait(result)
        self._workers.land(row)
        if self._stopped:
            self._workers.results.put_nowait(None)

    async def _add(self, row: Row) -> LeadResult | None:
        """The row's result; None if it is held back."""
        slot = partial(self._in_slot, row)
        ended = await self._campaign.add(self._lane, row.lead, claiming=row.claiming, slot=slot)
        self._check_ledger()
        if not row.is_sent:  # the ledger knows it, or a limit holds it back
            self._pace.give_back(row.turn)
        if row.is_held:
            self._held.append(Row(row.position, row.row, row.lead, waits=row.waits or ended))
            return None
        return row.result(ended)

    async def _in_slot(self, row: Row, send: Send, claimed: float | None = None, /) -> Ended:
        async with self._workers.slot():
            now = monotonic()
            is_stale = claimed is not None and self._claims and self._claims.is_stale(claimed)
            row.is_held = bool(self._stopped or self._pace.is_paused(now) or is_stale)
            if row.is_held:
                return _not_sent()
            try:
                lane = self._free_lane()
            except Exception as bug:
                self._halt(bug)
                return _not_sent()
            row.is_sent = True
            try:
                ended = await send(lane)
            finally:
                self._lanes.append(lane)
            row.is_held = self._limits(ended, now)
            return ended

    def _free_lane(self) -> Lane:
        with suppress(IndexError):
            return self._lanes.pop()
        return self._lane.of_worker()

    def _limits(self, ended: Ended, sent: float) -> bool:
        """What an outcome means for the run; whether a limit holds the lead back."""
        if isinstance(ended, UnsettledLeadError):  # it was only looked up
            return False
        if (lost := self._reach.ended(ended)) is not None:
            self._halt(lost)
        if isinstance(ended, RateLimitError):
            if self._pace.limited(ended, sent, monotonic()):
                return True
            self._halt(ended)
        elif isinstance(ended, AddedLead | APIStatusError):
            self._pace.responded()
            self._has_added = self._has_added or isinstance(ended, AddedLead)
        # A 404 before any lead was added: the campaign id is wrong.
        if isinstance(ended, FATAL) or (isinstance(ended, NotFoundError) and not self._has_added):
            self._halt(ended)
        return False

    def _broke(self, row: Row, bug: BaseException) -> LeadResult:
        """The worker itself failed, or was cancelled: the row is not lost, its outcome unknown."""
        if isinstance(bug, Exception):
            self._halt(bug)
        what = f"{type(bug).__name__} while this lead was being sent"
        return row.result(APIConnectionError(what, outcome=Outcome.UNKNOWN))

    def _check_ledger(self) -> None:
        if self._claims is not None and self._claims.error:
            self._halt(self._claims.error)

    def _halt(self, error: BaseException) -> None:
        """Stop because of this."""
        self._raise_in_the_end(error)
        self.stop()

    def _raise_in_the_end(self, error: BaseException) -> None:
        """Read no more, and raise this once everything has been delivered; the first one counts."""
        self._exhausted = True
        with self._lock:
            self._error = self._error or error


def _not_sent() -> NLPearlError:
    error = NLPearlError("the run stopped before this lead was sent")
    error.retryable = True
    return error


def _warn_unused() -> None:
    """Say that somebody has called add_leads alone. Called when the run is found by nobody."""
    warnings.warn(
        "add_leads was called, but nobody iterates over its results, so that nobody is added; "
        "write: for result in client.add_leads(…): …",
        RuntimeWarning,
        stacklevel=4,
    )
