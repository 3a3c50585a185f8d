"""The proof of the claims: many processes add the same leads and are killed; the server counts.

Every task is delivered three times, in random order, to processes of four workers each, in two
environments that share nothing but the ledger. The server keeps the true count of each lead, and
fails as servers do. Whatever a process had in its hands when it was killed is delivered again, as a
queue does it. In the end each thing that a caller was told is held against what the server has.

Here: the server, the deliveries, the processes, the judgment. What happens in a process is in
claim_worker.py; on which stores this is played, in test_claims_proof.py.
"""

import contextlib
import heapq
import json
import random
import shutil
import socket
import subprocess
import sysconfig
import threading
import time
import venv
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import IO, Any, Self, cast

from .conftest import KEY
from .servers import CAMPAIGN_ID, ClientGoneError, Connection, Request, Server, response

ROOT = Path(__file__).parents[1]
#: Of each process.
WORKERS = 4
#: How the processes of a fleet work; they are in the two environments in turn.
WAYS = ["threads", "threads", "runs", "tasks", "threads", "threads", "tasks", "runs"]
#: Errors that a queue handles by another delivery, as examples/celery_task.py does; and a row
#: that a run gave back, since it stopped for such an error.
AGAIN = {"LeadInProgressError", "LedgerError", "NLPearlError"}


# The server


@dataclass(frozen=True)
class Stored:
    """A lead that the server has: the ids of it, and the attempt that has sent it."""

    number: str
    external_id: str | None
    attempt: int
    lead_id: str
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


class Truth:
    """A server that stores leads and counts them, and fails as a seed tells it to.

    What it does to a request depends on the number and on how often that has come, so that a seed
    means the same however the processes run.
    """

    def __init__(self, seed: int, *, slow: float = 0.1) -> None:
        self._seed = seed
        #: Seconds that each tenth response takes.
        self._slow = slow
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self.is_faulty = True
        self.stored: list[Stored] = []
        self.faults: Counter[str] = Counter()

    def script(self, connection: Connection) -> None:
        while True:
            request = connection.read_request()
            if request.method == "GET":
                connection.send(self._found(request))
                continue
            with self._lock:
                number = str(request.json["phoneNumber"])
                self._requests[number] += 1
                chance = random.Random(f"{self._seed} {number} {self._requests[number]}")
            before, after = chance.uniform(0, 0.005), chance.uniform(0, 0.01)
            if chance.random() < 0.1:
                after += self._slow
            fault = self._fault(chance)
            with self._lock:
                self.faults[fault] += 1
            time.sleep(before)
            if fault == "dropped":
                raise ClientGoneError
            if fault == "rejected":
                connection.send(response(400, b'{"errors": {"PhoneNumber": ["No."]}}'))
                continue
            if fault == "limited":
                connection.send(response(429, b"", {"Retry-After": "0"}))
                continue
            if fault == "503":
                connection.send(response(503, b""))
                continue
            lead_id = self._store(request)
            time.sleep(after)
            if fault == "lost":
                raise ClientGoneError
            if fault == "503, stored":
                connection.send(response(503, b""))
                continue
            connection.send(response(200, json.dumps({"leadId": lead_id}).encode()))

    @contextlib.contextmanager
    def serving(self) -> Generator[str]:
        """Its URL, while it runs."""
        with Server(self.script) as server:
            yield server.url

    def _fault(self, chance: random.Random) -> str:
        part = chance.random() if self.is_faulty else 1.0
        faults = [("lost", 2), ("503", 1), ("503, stored", 1), ("dropped", 1), ("rejected", 1)]
        for fault, percent in [*faults, ("limited", 1)]:
            part -= percent / 100
            if part < 0:
                return fault
        return "none"

    def _store(self, request: Request) -> str:
        body = request.json
        call_data = cast(dict[str, str], body["callData"])
        external_id = body.get("externalId")
        with self._lock:
            lead_id = f"{len(self.stored) + 1:024x}"
            self.stored.append(
                Stored(
                    str(body["phoneNumber"]),
                    None if external_id is None else str(external_id),
                    int(call_data["attempt"]),
                    lead_id,
                )
            )
        return lead_id

    def _found(self, request: Request) -> bytes:
        """What a lookup by external id knows."""
        external_id = request.target.rpartition("/")[2]
        with self._lock:
            found = [lead for lead in self.stored if lead.external_id == external_id]
        if not found:
            return response(404, b"")
        lead = {"id": found[-1].lead_id, "phoneNumber": found[-1].number}
        lead["created"] = found[-1].created.isoformat()
        date = format_datetime(datetime.now(UTC), usegmt=True)
        return response(200, json.dumps(lead).encode(), {"Date": date})


# The deliveries


@dataclass(frozen=True)
class Task:
    """A lead that somebody wants to be added, once."""

    number: str
    external_id: str | None
    #: Seconds to wait for somebody else who is adding it.
    wait: float = 0.0


@dataclass(frozen=True)
class Told:
    """What a caller was told."""

    outcome: str
    lead_id: str | None = None
    earlier: bool = False
    recorded: bool = True
    error: str | None = None
    said: str = ""


@dataclass
class Attempt:
    """A task in the hands of a worker; `told` is None if that was killed."""

    number: int
    task: Task
    told: Told | None = None


def tasks(leads: int, seed: int) -> list[Task]:
    """Each lead three times, in random order. Half of the leads are delivered again while the first
    delivery is being worked on. Some deliveries name a lead otherwise: without its external id, its
    number under another id, its id with another number."""
    chance = random.Random(seed)
    found: list[tuple[float, Task]] = []
    for lead in range(leads):
        number, external_id = f"+1415555{lead:04}", f"lead-{lead}"
        when, together = chance.random(), chance.random() < 0.5
        for _ in range(3):
            wait, part = chance.choice([0, 0.5]), chance.random()
            task = Task(number, external_id, wait)
            if part < 0.04:
                task = Task(number, None, wait)
            elif part < 0.05:
                task = Task(number, f"other-{lead}", wait)
            elif part < 0.06:
                task = Task(f"+1416555{lead:04}", external_id, wait)
            found.append((when + chance.random() / 1e4 if together else chance.random(), task))
    return [task for _, task in sorted(found, key=lambda each: each[0])]


class Deliveries:
    """A queue that delivers again what was not done."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._changed = threading.Condition()
        #: When a task is due, which of those it is, the task.
        self._queue: list[tuple[float, int, Task]] = []
        self._put_yet = 0
        self._open = 0
        self._stopped = False
        self.attempts: list[Attempt] = []
        self.killed = 0

    def put(self, new: Iterable[Task]) -> None:
        with self._changed:
            for task in new:
                self._put(task, 0)
                self._open += 1
            self._changed.notify_all()

    def _put(self, task: Task, seconds: float) -> None:
        due = time.monotonic() + seconds if seconds else 0.0
        self._put_yet += 1
        heapq.heappush(self._queue, (due, self._put_yet, task))

    def take(self) -> Attempt | None:
        """The next one; None if there is none within a moment."""

        def is_due() -> bool:
            return self._stopped or (bool(self._queue) and self._queue[0][0] <= time.monotonic())

        with self._changed:
            self._changed.wait_for(is_due, 0.05)
            if self._stopped:
                raise EOFError
            if not is_due():
                return None
            attempt = Attempt(len(self.attempts), heapq.heappop(self._queue)[2])
            self.attempts.append(attempt)
            return attempt

    def tell(self, attempt: Attempt, told: Told) -> None:
        with self._changed:
            attempt.told = told
            if told.error in AGAIN:
                self._put(attempt.task, self._chance.uniform(0.05, 0.5))
            else:
                self._open -= 1
            self._changed.notify_all()

    def redeliver(self, attempts: Iterable[Attempt]) -> None:
        """A worker was killed with these in its hands."""
        with self._changed:
            for attempt in attempts:
                self.killed += 1
                self._put(attempt.task, self._chance.uniform(0.0, 0.5))
            self._changed.notify_all()

    def wait_until(self, at_most: int) -> None:
        """Until no more than so many are left."""
        with self._changed:
            self._changed.wait_for(lambda: self._open <= at_most)

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


# The processes


class Environment:
    """An interpreter with its own copy of the package, that forks workers and kills them."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        venv.create(folder, symlinks=True)
        own = folder / "own"
        for package in (ROOT / "nlpearl", ROOT / "generated/nlpearl_api"):
            shutil.copytree(package, own / package.name)
        here = sysconfig.get_paths()["purelib"]
        [packages] = folder.glob("lib/python*/site-packages")
        (packages / "paths.pth").write_text(f"{own}\n{here}\n", encoding="utf-8")
        command = [folder / "bin/python", "-P", ROOT / "tests/claim_worker.py"]
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [*map(str, command), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        return cast(IO[str], self._process.stdout).readline().strip()

    def ask(self, command: str) -> str:
        with self._lock:
            print(command, file=self._process.stdin, flush=True)
            return self._read()

    def close(self) -> int:
        """Wait for its workers; 0 if all of them ended well."""
        self._process.communicate(timeout=60)
        return self._process.returncode

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()


class Fleet:
    """The processes, and the driver that they get their tasks from."""

    def __init__(self, folder: Path, deliveries: Deliveries, settings: dict[str, Any]) -> None:
        self._deliveries = deliveries
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        settings = {
            **settings,
            "driver": self._listener.getsockname()[1],
            "campaign": CAMPAIGN_ID,
            "workers": WORKERS,
        }
        self._lock = threading.Lock()
        self._killed: set[int] = set()
        #: Processes that ended although nobody killed them.
        self.crashed: set[int] = set()
        self._environments: list[Environment] = []
        with contextlib.ExitStack() as stack:
            stack.callback(self._stop)
            for number in range(2):
                self._environments.append(Environment(folder / f"env{number}", settings))
                stack.callback(self._environments[-1].kill)
            self._workers = [self._fork(slot) for slot in range(len(WAYS))]
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack:
            if kind is None:
                self._deliveries.stop()
                assert [environment.close() for environment in self._environments] == [0, 0]

    def _stop(self) -> None:
        self._deliveries.stop()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(60)

    def _of(self, slot: int) -> Environment:
        return self._environments[slot % 2]

    def _fork(self, slot: int) -> int:
        return int(self._of(slot).ask(f"fork {WAYS[slot]}"))

    def kill(self, slot: int) -> None:
        """Kill a process, and start another one in its place."""
        process = self._workers[slot]
        with self._lock:
            self._killed.add(process)
        assert self._of(slot).ask(f"kill {process}") == "killed"
        self._workers[slot] = self._fork(slot)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=[connection]))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        """Give tasks to one worker, until its process is gone."""
        hand: dict[int, Attempt] = {}
        process = 0
        with connection, connection.makefile("rw", encoding="utf-8") as file:
            try:
                for line in file:
                    if not line.endswith("\n"):
                        break  # killed amid it
                    message = json.loads(line)
                    process = message.get("process", process)
                    print(json.dumps(self._reply(message, hand)), file=file, flush=True)
            except OSError:
                pass
            except EOFError:
                with contextlib.suppress(OSError):
                    print('{"stop": true}', file=file, flush=True)
        with self._lock:
            if hand and process not in self._killed:
                self.crashed.add(process)
        self._deliveries.redeliver(hand.values())

    def _reply(self, message: dict[str, Any], hand: dict[int, Attempt]) -> dict[str, Any]:
        if "get" in message:
            attempt = self._deliveries.take()
            if attempt is None:
                return {}
            hand[attempt.number] = attempt
            task = attempt.task
            return {
                "attempt": attempt.number,
                "phone_number": task.number,
                "external_id": task.external_id,
                "wait": task.wait,
            }
        if told := message.get("told"):
            self._deliveries.tell(hand.pop(told.pop("attempt")), Told(**told))
        return {}


# The judgment


@dataclass
class Findings:
    """What is wrong with what happened."""

    #: Leads, by external id or number, of which the server has more than one.
    twice: dict[str, int] = field(default_factory=dict[str, int])
    leads_twice: int = 0
    #: What a caller was told, and what the server says to that.
    untrue: list[str] = field(default_factory=list[str])
    #: Leads that are called unknown, although no attempt of theirs can have left them so.
    unexplained: list[str] = field(default_factory=list[str])


def judge(attempts: Sequence[Attempt], stored: Sequence[Stored]) -> Findings:
    """Hold what the callers were told against what the server has."""
    numbers = Counter(lead.number for lead in stored)
    ids = Counter(lead.external_id for lead in stored if lead.external_id is not None)
    findings = Findings({name: count for name, count in (numbers + ids).items() if count > 1})
    findings.leads_twice = len({lead.number for lead in stored if _is_in(lead, findings.twice)})
    by_attempt = {lead.attempt: lead for lead in stored}
    by_id = {lead.lead_id: lead for lead in stored}
    may_be_unknown = {
        name
        for attempt in attempts
        if _may_leave_unknown(attempt)
        for name in (attempt.task.number, attempt.task.external_id)
    }
    for attempt in attempts:
        told, task = attempt.told, attempt.task
        if told is None:
            continue
        sent = by_attempt.get(attempt.number)
        lie = ""
        if told.outcome == "ADDED":
            lead = by_id.get(told.lead_id or "")
            if lead is None:
                lie = "no such lead"
            elif lead.number != task.number:
                lie = f"the lead has the number {lead.number}"
            elif not told.earlier and lead is not sent:
                lie = "another attempt has sent it"
            elif told.earlier and sent is not None:
                lie = "it was sent now"
        elif told.outcome in ("NOT_SENT", "REJECTED") and sent is not None:
            lie = f"stored as {sent}"
        elif told.error == "DuplicateLeadError" and not any(
            # A lead that was sent without an external id has got one later.
            lead.lead_id in told.said
            and (lead.number == task.number or lead.external_id in (None, task.external_id))
            for lead in stored
        ):
            lie = "nobody has added it"
        elif told.error == "UnsettledLeadError" and not (
            may_be_unknown & {task.number, task.external_id}
        ):
            findings.unexplained.append(f"{task}: {told.said}")
        if lie:
            findings.untrue.append(f"{attempt}: {lie}")
    return findings


def _is_in(lead: Stored, names: dict[str, int]) -> bool:
    return lead.number in names or lead.external_id in names


def _may_leave_unknown(attempt: Attempt) -> bool:
    told = attempt.told
    if told is None:
        return True  # killed
    if told.outcome == "ADDED":
        return not told.recorded
    return told.outcome == "UNKNOWN" and told.error not in AGAIN | {"UnsettledLeadError"}


# A play


@dataclass(frozen=True)
class Event:
    """What happens when this part of all tasks is done; it may kill a process itself."""

    at: float
    name: str
    happen: Callable[[Callable[[], None]], None]


@dataclass
class Report:
    """The numbers of a play."""

    seconds: float
    leads: int
    deliveries: int
    attempts: int
    events: Counter[str]
    stored: int
    unsettled: int
    faults: Counter[str]
    told: Counter[str]
    findings: Findings

    def __str__(self) -> str:
        findings = self.findings
        return (
            f"{self.leads} leads, {self.deliveries} deliveries, {self.attempts} attempts in "
            f"{self.seconds:.0f} s; {dict(self.events)}; stored {self.stored}, twice "
            f"{findings.leads_twice}, untrue {len(findings.untrue)}, unexplained "
            f"{len(findings.unexplained)}, unsettled {self.unsettled}; faults "
            f"{dict(self.faults)}; told {dict(self.told)}"
        )


def play(
    folder: Path,
    ledger: str,
    *,
    leads: int,
    kills: int,
    seed: int,
    events: Iterable[Event] = (),
    control: str | None = None,
    timeout: float = 5.0,
) -> Report:
    """Deliver so many leads, with so many kills; each of the events happens once."""
    began = time.monotonic()
    truth, deliveries = Truth(seed), Deliveries(seed)
    all_tasks = tasks(leads, seed)
    happened: Counter[str] = Counter()
    chance = random.Random(seed)
    with truth.serving() as url:
        client = {"api_key": KEY, "base_url": url, "timeout": timeout, "ledger": ledger}
        with Fleet(folder, deliveries, {"client": client, "control": control}) as fleet:
            deliveries.put(all_tasks)

            def kill() -> None:
                time.sleep(chance.uniform(0, 0.02))  # amid something else each time
                fleet.kill(chance.randrange(len(WAYS)))
                happened["kill -9"] += 1

            program = [*events]
            program += [
                Event((n + 0.5) / kills * 0.97, "", lambda kill: kill()) for n in range(kills)
            ]
            for event in sorted(program, key=lambda event: event.at):
                deliveries.wait_until(round(len(all_tasks) * (1 - event.at)))
                event.happen(kill)
                if event.name:
                    happened[event.name] += 1
            deliveries.wait_until(0)
            if control is None:
                # Nothing is lost: once nothing fails any more, each lead is there or unsettled.
                truth.is_faulty = False
                settled = len(deliveries.attempts)
                deliveries.put(Task(f"+1415555{n:04}", f"lead-{n}") for n in range(leads))
                deliveries.wait_until(0)
            else:
                settled = len(deliveries.attempts)
        assert fleet.crashed == set()
    findings = judge(deliveries.attempts, truth.stored)
    last = {a.task: a.told for a in deliveries.attempts[settled:] if a.told}
    there = {lead.number for lead in truth.stored}
    unsettled = 0
    for task, told in last.items():
        unsettled += told.outcome == "UNKNOWN"
        if told.outcome in ("NOT_SENT", "REJECTED") and told.error != "DuplicateLeadError":
            findings.untrue.append(f"{task}: lost, {told}")
        if told.outcome == "ADDED" and task.number not in there:
            findings.untrue.append(f"{task}: not there, {told}")
    return Report(
        seconds=time.monotonic() - began,
        leads=leads,
        deliveries=len(all_tasks),
        attempts=len(deliveries.attempts),
        events=happened,
        stored=len(truth.stored),
        unsettled=unsettled,
        faults=truth.faults,
        told=Counter(
            (a.told.error or a.told.outcome) if a.told else "killed" for a in deliveries.attempts
        ),
        findings=findings,
    )
