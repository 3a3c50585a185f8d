"""A run of `add_leads` for asyncio: the tasks, and the lanes that they send on."""

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

from .async_calls import AsyncConnections, play_async
from .bulk import Flight, LeadResult, Plan, Row
from .calls import AddCall
from .errors import LedgerError
from .ledger import Session

Value = TypeVar("Value")


class TaskFlight(Flight):
    """Sends each row in a task."""

    def __init__(self, plan: Plan, make_lane: Callable[[], AsyncConnections]) -> None:
        super().__init__(plan)
        self.results: asyncio.Queue[LeadResult | None] = asyncio.Queue()
        self._make_lane = make_lane
        self._lanes: deque[AsyncConnections] = deque()
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="nlpearl-ledger")
        self._ending = asyncio.Lock()

    def wake(self) -> None:
        self._stopping.set()
        self.results.put_nowait(None)

    def has_results(self) -> bool:
        return bool(self._tasks) or not self.results.empty()

    def start(self, row: Row | LeadResult) -> None:
        """Send it."""
        self._loop = asyncio.get_running_loop()
        if isinstance(row, LeadResult):
            self.results.put_nowait(row)
            return
        try:
            lane = self._lanes.pop() if self._lanes else self._make_lane()
        except Exception as bug:
            self.results.put_nowait(self.broke(row, bug))
            return
        task = self._loop.create_task(self._work(row, lane))
        self._tasks.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self.stopped:
            self.results.put_nowait(None)

    async def _work(self, row: Row, lane: AsyncConnections) -> None:
        try:
            result = await self._drive(row, lane)
        except Exception as bug:
            result = self.broke(row, bug)
        except asyncio.CancelledError as cancelled:
            self.results.put_nowait(self.broke(row, cancelled))
            raise
        finally:
            self._lanes.append(lane)
        self.results.put_nowait(result)

    async def _drive(self, row: Row, lane: AsyncConnections) -> LeadResult | None:
        steps = self.steps(row)
        answer: Any = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as done:
                result: LeadResult | None = done.value
                return result
            if isinstance(step, AddCall):
                answer = await play_async(step, lane, self._stopping)
            else:
                answer = await self.at_the_disk(step.result)

    async def at_the_disk(self, work: Callable[[], Value]) -> Value:
        """What the work returns, which waits for the disk, without holding up the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)

    def leave(self) -> None:
        """Stop; what is in flight ends by itself. From any thread: garbage is collected in any."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(lambda: loop.create_task(self.close()))

    async def close(self) -> None:
        """Stop, and return when what is in flight has ended and everything is closed."""
        self.stop()
        async with self._ending:
            await self._end()

    async def _end(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)
        while self._lanes:
            await self._lanes.pop().close()
        if self.session:
            await self.at_the_disk(self.session.close)
            self._disk.shutdown()
            self.session: Session | None = None


class AsyncLeadRun(AsyncIterator[LeadResult]):
    """`LeadRun` for asyncio."""

    def __init__(self, flight: TaskFlight, rows: Iterator[object] | AsyncIterator[object]) -> None:
        self._flight = flight
        self._rows = rows
        self._begun = False
        weakref.finalize(self, flight.leave).atexit = False

    async def __anext__(self) -> LeadResult:
        flight = self._flight
        try:
            await self._begin()
            sent = False
            while flight.under_way():
                result = flight.stranded()
                if result is None and flight.sends(sent=sent, ready=not flight.results.empty()):
                    await self._send()
                    sent = True
                    continue
                if result is None:
                    result = await self._result(flight.wait())
                if result is not None:
                    flight.pending -= 1
                    return result
        except BaseException:
            flight.stop()
            raise
        await self.close()
        raise flight.ending(StopAsyncIteration())

    async def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        if session := self._flight.session:
            fault: LedgerError | None = await self._flight.at_the_disk(session.open)
            if fault is not None:
                self._flight.halt(fault)

    async def _send(self) -> None:
        flight = self._flight
        if held := flight.take_held():
            flight.start(held)
            return
        try:
            if isinstance(self._rows, AsyncIterator):
                row = await anext(self._rows)
            else:
                row = next(self._rows)
        except (StopIteration, StopAsyncIteration):
            flight.exhausted = True
        except Exception as error:
            flight.raise_in_the_end(error)
        else:
            taken = flight.take(row)
            flight.start(taken)
            if isinstance(taken, LeadResult):
                await asyncio.sleep(0)  # nothing else gives way to other tasks, row after row

    async def _result(self, seconds: float | None) -> LeadResult | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._flight.results.get()
        except TimeoutError:
            return None

    def stop(self) -> None:
        """Read and send nothing more, without waiting: what is in flight can still be had from the
        iterator, which then ends. Fit for a signal handler."""
        self._flight.stop()

    async def close(self) -> None:
        """Read no more leads; return when what is in flight has ended and is recorded."""
        await self._flight.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
