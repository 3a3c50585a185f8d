"""A run of `add_leads` in either colour: the threads or tasks, and the lanes that they send on."""

import _thread
import contextlib
import os
import queue
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

from .bulk import Flight, LeadResult, Plan, Row
from .calls import AddCall, play
from .transport import Connections

Value = TypeVar("Value")


class ThreadFlight(Flight):
    """Sends each row in a thread."""

    def __init__(self, plan: Plan, make_lane: Callable[[], Connections]) -> None:
        super().__init__(plan)
        self.results: queue.SimpleQueue[LeadResult | None] = queue.SimpleQueue()
        self._make_lane = make_lane
        self._lanes: deque[Connections] = deque()
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(plan.concurrency, thread_name_prefix="nlpearl")
        self._flying: set[int] = set()
        self._idle = threading.Condition()
        self._process = os.getpid()

    def wake(self) -> None:
        self._stopping.set()
        self.results.put(None)

    def has_results(self) -> bool:
        return bool(self._flying) or not self.results.empty()

    def start(self, row: Row | LeadResult) -> None:
        """Send it."""
        if isinstance(row, LeadResult):
            self.results.put(row)
            return
        try:
            self._flying.add(row.position)
            lane = self._lanes.pop() if self._lanes else self._make_lane()
            try:
                self._workers.submit(self._work, row, lane)
            except BaseException:
                self._lanes.append(lane)
                raise
        except BaseException as bug:  # Ctrl-C, too
            self._lands(row, self.broke(row, bug))
            if not isinstance(bug, Exception):
                raise

    def _work(self, row: Row, lane: Connections) -> None:
        try:
            result = self._drive(row, lane)
        except Exception as bug:
            result = self.broke(row, bug)
        self._lanes.append(lane)
        self._lands(row, result)

    def _lands(self, row: Row, result: LeadResult | None) -> None:
        self.results.put(result)
        with self._idle:
            self._flying.discard(row.position)
            self._idle.notify_all()
        if self.stopped:
            self.results.put(None)

    def _drive(self, row: Row, lane: Connections) -> LeadResult | None:
        steps = self.steps(row)
        answer: Any = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as done:
                result: LeadResult | None = done.value
                return result
            answer = (
                play(step, lane, self._stopping) if isinstance(step, AddCall) else step.result()
            )

    def leave(self) -> None:
        """As `close`, without waiting. From any thread and amid anything: garbage is collected
        wherever it is found, locks held, so that this must take none."""
        with contextlib.suppress(RuntimeError):  # the interpreter is about to end
            _thread.start_new_thread(self._end, ())

    def close(self) -> None:
        """Stop, and return when what is in flight has ended and everything is closed."""
        self._end()
        self._workers.shutdown()

    def _end(self) -> None:
        if self._process != os.getpid():
            return  # a forked child has none of the threads, and the ledger is not its own
        self.stop()
        with self._idle:
            self._idle.wait_for(lambda: not self._flying)
            while self._lanes:
                self._lanes.pop().close()
            if self.session:
                self.session.close()
        # Not to be waited for here: threading would count the thread of `leave` for ever after.
        self._workers.shutdown(wait=False)


class LeadRun(Iterator[LeadResult]):
    """The results of `add_leads`, as they finish; also a context manager.

    Leaving the loop or the block, and `close`, let what is in flight end and start nothing new.
    After `close` the results that are left can still be read. One thread at a time may use it.
    """

    def __init__(self, flight: ThreadFlight, rows: Iterator[object]) -> None:
        self._flight = flight
        self._rows = rows
        self._begun = False
        # The threads know the flight alone: a run that nobody holds any more ends.
        weakref.finalize(self, flight.leave).atexit = False

    def __next__(self) -> LeadResult:
        flight = self._flight
        try:
            self._begin()
            sent = False
            while flight.under_way():
                result = flight.stranded()
                if result is None and flight.sends(sent=sent, ready=not flight.results.empty()):
                    self._send()
                    sent = True
                    continue
                if result is None:
                    result = self._result(flight.wait())
                if result is not None:
                    flight.pending -= 1
                    return result
        except BaseException:
            flight.stop()
            raise
        self.close()
        raise flight.ending(StopIteration())

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        if self._flight.session and (fault := self._flight.session.open()) is not None:
            self._flight.halt(fault)

    def _send(self) -> None:
        flight = self._flight
        if held := flight.take_held():
            flight.start(held)
            return
        try:
            row = next(self._rows)
        except StopIteration:
            flight.exhausted = True
        except Exception as error:
            flight.raise_in_the_end(error)
        else:
            flight.start(flight.take(row))

    def _result(self, seconds: float | None) -> LeadResult | None:
        try:
            return self._flight.results.get(timeout=seconds)
        except queue.Empty:
            return None

    def stop(self) -> None:
        """Read and send nothing more, without waiting: what is in flight can still be had from the
        iterator, which then ends. Fit for a signal handler."""
        self._flight.stop()

    def close(self) -> None:
        """Read no more leads; return when what is in flight has ended and is recorded."""
        self._flight.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
