"""What one environment of the proof runs: a server that forks workers, and kills them when told.

It has imported everything, so that a worker costs milliseconds. `claim_harness.py` starts it, in an
interpreter that has its own copy of the package.
"""

import asyncio
import importlib
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any, cast

from nlpearl import AddedLead, AsyncNLPearl, LedgerError, NLPearl, NLPearlError, Outcome
from nlpearl.ledger import claims
from nlpearl.ledger.ledger import Ledger
from nlpearl.ledger.records import Now, Record, State

SETTINGS: dict[str, Any] = json.loads(sys.argv[1])
CLIENT: dict[str, Any] = SETTINGS["client"]
CAMPAIGN: str = SETTINGS["campaign"]
WORKERS: int = SETTINGS["workers"]

Task = dict[str, Any]

#: What is otherwise imported when it is needed, by each worker.
LATER = ["nlpearl.bulk.threads", "nlpearl.bulk.tasks", "nlpearl.calls.operations", "psycopg"]


class Hand:
    """Gets tasks from the driver and tells it their outcomes; whatever is in it when the process
    dies is delivered again."""

    def __init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", SETTINGS["driver"]))
        self._file = self._socket.makefile("rw", encoding="utf-8")
        self._ask({"process": os.getpid()})

    def _ask(self, message: Task) -> Task:
        try:
            print(json.dumps(message), file=self._file, flush=True)
            line = self._file.readline()
        except OSError:
            line = ""
        if not line:
            os._exit(0)  # the driver is gone
        return cast(Task, json.loads(line))

    def get(self) -> Task | None:
        """The next task; None if there is none now."""
        task = self._ask({"get": True})
        if task.get("stop"):
            raise EOFError
        return task if "attempt" in task else None

    def all(self) -> Iterator[Task]:
        """Tasks until the end."""
        try:
            while True:
                if (task := self.get()) is not None:
                    yield task
        except EOFError:
            return

    def tell(self, task: Task, ended: AddedLead | NLPearlError) -> None:
        told: dict[str, Any] = {"attempt": task["attempt"]}
        if isinstance(ended, AddedLead):
            told |= {"outcome": Outcome.ADDED.name, "lead_id": ended.lead_id}
            told |= {"earlier": ended.earlier, "recorded": ended.recorded}
        else:
            told |= {"outcome": ended.outcome.name, "error": type(ended).__name__}
            told |= {"said": str(ended)}
        self._ask({"told": told})


def row(task: Task) -> dict[str, Any]:
    """The arguments of a lead; the server reads from the call data which attempt has sent it."""
    names = ("phone_number", "external_id")
    return {**{n: task[n] for n in names}, "call_data": {"attempt": task["attempt"]}}


def in_threads() -> None:
    """Four threads that call `add_lead`."""
    with NLPearl(**CLIENT) as client:

        def work() -> None:
            hand = Hand()
            for task in hand.all():
                try:
                    hand.tell(task, client.add_lead(CAMPAIGN, **row(task), wait=task["wait"]))
                except NLPearlError as error:
                    hand.tell(task, error)

        threads = [threading.Thread(target=work) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def in_runs() -> None:
    """Runs of `add_leads`, each of as many leads as there are at that time."""
    hand = Hand()
    with NLPearl(**CLIENT) as client:
        over = False
        while not over:
            tasks: list[Task] = []

            def rows() -> Iterator[dict[str, Any]]:
                nonlocal over
                try:
                    while (task := hand.get()) is not None:
                        tasks.append(task)  # noqa: B023
                        yield row(task)
                except EOFError:
                    over = True

            try:
                for result in client.add_leads(CAMPAIGN, rows(), concurrency=WORKERS, wait=0.2):
                    ended = result.added or result.error
                    assert ended is not None
                    hand.tell(tasks[result.position], ended)
            except LedgerError:  # that all rows have been told of
                pass


def in_tasks() -> None:
    """Four tasks that call `AsyncNLPearl.add_lead`."""

    async def work(client: AsyncNLPearl) -> None:
        hand = await asyncio.to_thread(Hand)
        try:
            while True:
                task = await asyncio.to_thread(hand.get)
                if task is None:
                    continue
                ended: AddedLead | NLPearlError
                try:
                    ended = await client.add_lead(CAMPAIGN, **row(task), wait=task["wait"])
                except NLPearlError as error:
                    ended = error
                await asyncio.to_thread(hand.tell, task, ended)
        except EOFError:
            return

    async def main() -> None:
        async with AsyncNLPearl(**CLIENT) as client, asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(work(client))

    asyncio.run(main())


WAYS: dict[str, Callable[[], None]] = {"threads": in_threads, "runs": in_runs, "tasks": in_tasks}


# Controls: what others do. The harness has to find that these count twice.


def expired_is_free() -> None:
    """A claim that is over is executed again, as queues and Powertools do."""

    def state_at(self: Record, now: Now) -> State:
        state = State(self.state)
        return State.FREE if state is State.CLAIMED and self._over(now) else state  # pyright: ignore[reportPrivateUsage]

    Record.state_at = state_at  # type: ignore[method-assign]


def errors_free() -> None:
    """Any error frees the claim, as in Powertools."""
    finish = claims.finish

    def freeing(book: Any, claim: Any, ended: AddedLead | NLPearlError, now: Now) -> None:
        finish(book, claim, NLPearlError() if isinstance(ended, NLPearlError) else ended, now)

    sys.modules[Ledger.__module__].finish = freeing  # type: ignore[attr-defined]


CONTROLS: dict[str, Callable[[], None]] = {
    "expired is free": expired_is_free,
    "errors free": errors_free,
}


def main() -> None:
    for name in LATER:
        importlib.import_module(name)
    if SETTINGS["control"]:
        CONTROLS[SETTINGS["control"]]()
    print("ready", flush=True)
    left: set[int] = set()
    for line in sys.stdin:
        command, argument = line.split()
        if command == "fork":
            worker = os.fork()
            if worker == 0:
                try:
                    WAYS[argument]()
                    os._exit(0)
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)
            left.add(worker)
            print(worker, flush=True)
        else:
            os.kill(int(argument), signal.SIGKILL)
            os.waitpid(int(argument), 0)
            left.remove(int(argument))
            print("killed", flush=True)
    while left:
        worker, status = os.wait()
        left.remove(worker)
        if status:
            sys.exit(1)


if __name__ == "__main__":
    main()
