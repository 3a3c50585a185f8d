"""A run with tasks: how they are started and waited for, and the iterator that callers get."""

import asyncio
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Self

from ..errors import ConfigurationError
from ..http.lane import Flag
from ..http.tasks import running_loop
from ..leads.results import LeadResult
from .run import Run
from .workers import END, Queue, Row


class Tasks:
    """A task for each row that is in flight."""

    def __init__(self, concurrency: int) -> None:
        self._queue: asyncio.Queue[LeadResult | None] = asyncio.Queue()
        self.results: Queue = self._queue
        self.stopping: Flag = asyncio.Event()
        self.in_flight: set[Row] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Lock()
        self._slots = asyncio.Semaphore(concurrency)

    def start(self, row: Row, drop: Callable[[ConfigurationError | None], None]) -> None:
        assert row.work is not None
        self._loop = asyncio.get_running_loop()
        task = self._loop.create_task(row.work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: drop(None))

    def slot(self) -> AbstractAsyncContextManager[object]:
        return self._slots

    def land(self, row: Row) -> None:
        self.in_flight.discard(row)

    async def result(self, seconds: float | None) -> LeadResult | None:
        if not self.results.empty():
            await asyncio.sleep(0)  # nothing else gives way to other tasks, row after row
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def read(self, rows: Iterator[object] | AsyncIterator[object]) -> object:
        return await anext(rows, END) if isinstance(rows, AsyncIterator) else next(rows, END)

    def leave(self, end: Callable[[], Coroutine[Any, Any, None]]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(lambda: loop.create_task(end()))

    @asynccontextmanager
    async def idle(self) -> AsyncGenerator[None]:
        async with self._ending:
            while self._tasks:
                await asyncio.wait(self._tasks)
            yield


class AsyncLeadRun(AsyncIterator[LeadResult]):
    """`LeadRun` for asyncio."""

    def __init__(self, run: Run, rows: Iterator[object] | AsyncIterator[object]) -> None:
        self._run = run
        self._rows = rows
        weakref.finalize(self, run.leave).atexit = False

    async def __anext__(self) -> LeadResult:
        running_loop()
        result = await self._run.next(self._rows)
        if result is None:
            raise self._run.error() or StopAsyncIteration
        return result

    def stop(self) -> None:
        """Read and send nothing more, without waiting: results in flight can still be read from
        the iterator, which then ends. Safe to call from a signal handler."""
        self._run.stop()

    async def close(self) -> None:
        """Read no more leads; wait until requests in flight have finished and are recorded."""
        await self._run.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
