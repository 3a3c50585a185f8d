"""A run with threads: how they are started and waited for, and the iterator that callers get."""

import _thread
import contextlib
import queue
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from ..errors import ConfigurationError
from ..http.lane import Flag
from ..http.threads import finish
from ..leads.results import LeadResult
from .run import Run
from .workers import END, Queue, Row, Work, is_final, with_more

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from ..ledger.claims import Verdict


_NO_THREAD = (
    "add_leads cannot start a thread now, as when the interpreter is about to end; call it "
    "earlier, or use add_lead"
)


def _pool(concurrency: int) -> "ThreadPoolExecutor":
    try:
        from concurrent.futures import ThreadPoolExecutor
    except RuntimeError as error:  # the import registers something for the end
        raise ConfigurationError(f"{_NO_THREAD} ({error})") from None
    return ThreadPoolExecutor(concurrency, thread_name_prefix="nlpearl")


class Slots(threading.Semaphore):
    """As `asyncio.Semaphore`."""

    async def __aenter__(self) -> None:
        self.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.release()


class Threads:
    """A thread for each row that is to be sent."""

    def __init__(self, concurrency: int) -> None:
        self._queue: queue.SimpleQueue[LeadResult | None] = queue.SimpleQueue()
        self.results: Queue = self._queue
        self.stopping: Flag = threading.Event()
        self.in_flight: set[Row] = set()
        self._pool = _pool(with_more(concurrency))
        self._slots = Slots(concurrency)
        self._landed = threading.Condition()

    def start(self, row: Row, drop: Callable[[ConfigurationError | None], None]) -> None:
        work = row.work
        assert work is not None
        if row.claiming is None:
            self._submit(work, drop)
            return
        consumer = threading.get_ident()

        def claimed(claiming: "Future[Verdict]") -> None:
            if row.work is None:  # Ctrl-C came while the ledger was asked
                return
            # The ledger's thread ends a row that needs no worker. The consumer's does not: Ctrl-C
            # must not come amid a row.
            if is_final(claiming) and threading.get_ident() != consumer:
                finish(work)
            else:
                self._submit(work, drop)

        row.claiming.add_done_callback(claimed)

    def _submit(self, work: Work, drop: Callable[[ConfigurationError | None], None]) -> None:
        # A thread that was submitted begins.
        try:
            self._pool.submit(finish, work)
        except RuntimeError as error:
            drop(ConfigurationError(f"{_NO_THREAD} ({error})"))

    def slot(self) -> AbstractAsyncContextManager[object]:
        return self._slots

    def land(self, row: Row) -> None:
        with self._landed:
            self.in_flight.discard(row)
            self._landed.notify_all()

    async def result(self, seconds: float | None) -> LeadResult | None:
        try:
            return self._queue.get(timeout=seconds)
        except queue.Empty:
            return None

    async def read(self, rows: Iterator[object]) -> object:
        return next(rows, END)

    def leave(self, end: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with contextlib.suppress(RuntimeError):  # the interpreter is about to end
            _thread.start_new_thread(lambda: finish(end()), ())

    @asynccontextmanager
    async def idle(self) -> AsyncGenerator[None]:
        with self._landed:
            self._landed.wait_for(lambda: not self.in_flight)
            yield
        # Not waited for here: threading would count the thread of `leave` for ever after.
        self._pool.shutdown(wait=False)


class LeadRun(Iterator[LeadResult]):
    """The results of `add_leads`, as they finish; also a context manager.

    Leaving the loop or the block, and `close`, let requests in flight finish and start no new ones.
    After `close` the results that are left can still be read. Use it from one thread at a time.
    """

    def __init__(self, run: Run, rows: Iterator[object]) -> None:
        self._run = run
        self._rows = rows
        # The threads know the run alone: one whose iterator nobody holds any more ends.
        weakref.finalize(self, run.leave).atexit = False

    def __next__(self) -> LeadResult:
        result = finish(self._run.next(self._rows))
        if result is None:
            raise self._run.error() or StopIteration
        return result

    def stop(self) -> None:
        """Read and send nothing more, without waiting: results in flight can still be read from
        the iterator, which then ends. Safe to call from a signal handler."""
        self._run.stop()

    def close(self) -> None:
        """Read no more leads; wait until requests in flight have finished and are recorded."""
        finish(self._run.end())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
