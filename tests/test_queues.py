"""The examples for queues, with the real thing: Celery with Redis, and Dask.

Workers are killed amid their work, and their tasks delivered again; the server keeps the true
count. `pytest -rP` shows the numbers.
"""

# pyright: basic, reportPrivateImportUsage=false, reportAttributeAccessIssue=false
# (Celery and Dask have no types.)

import contextlib
import importlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nlpearl import BadRequestError, NLPearlError, Outcome
from tools import redis_server

from .claim_harness import ROOT, Truth
from .conftest import KEY
from .servers import CAMPAIGN_ID

#: Read here, since each test removes such variables.
WITHOUT_REDIS = os.environ.get("NLPEARL_WITHOUT_REDIS") == "1"
SEED = 20_261_125
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Ended:
    """What was told of a delivery, and when."""

    attempt: int
    number: str
    outcome: str
    lead_id: str | None
    told: datetime = field(default_factory=lambda: datetime.now(UTC))


def people(leads: int, deliveries: int) -> list[dict[str, Any]]:
    """The arguments of each delivery; the server reads from the call data which one has sent."""
    rows = [
        {
            "phone_number": f"+1415555{lead:04}",
            "external_id": f"lead-{lead}",
            "call_data": {"attempt": lead * deliveries + delivery},
        }
        for lead in range(leads)
        for delivery in range(deliveries)
    ]
    random.Random(SEED).shuffle(rows)
    return rows


def check(truth: Truth, told: Collection[Ended], leads: int, deliveries: int) -> None:
    """Nobody was added twice, nothing is lost, and all that was told is true."""
    stored = {lead.lead_id: lead for lead in truth.stored}
    outcomes = Counter(end.outcome for end in told)
    print(f"{len(told)} deliveries, {len(stored)} stored, {dict(truth.faults)}, {dict(outcomes)}")
    for counted in (
        Counter(lead.number for lead in truth.stored),
        Counter(lead.external_id for lead in truth.stored),
    ):
        assert {name: count for name, count in counted.items() if count > 1} == {}
    assert sorted(end.attempt for end in told) == list(range(leads * deliveries))
    by_attempt = {lead.attempt: lead for lead in truth.stored}
    for end in told:
        if end.outcome == "ADDED":
            assert stored[end.lead_id or ""].number == end.number
        elif end.outcome != "UNKNOWN" and end.attempt in by_attempt:
            # A queue may deliver again what was rejected; then it was true at its time.
            assert by_attempt[end.attempt].created > end.told
    assert len(stored) > leads / 2, "whoever calls every lead unknown lies to nobody"


@contextlib.contextmanager
def killing(truth: Truth, leads: int, kills: int, kill: Callable[[], None]) -> Generator[None]:
    """Kill so often while the leads are being added; stop when the block is left."""
    over = threading.Event()

    def run() -> None:
        for number in range(kills):
            while len(truth.stored) < (number + 0.5) / kills * 0.8 * leads:
                if over.wait(0.01):
                    return
            kill()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# Celery


@pytest.fixture(scope="module")
def redis() -> Generator[redis_server.Server]:
    if WITHOUT_REDIS:
        pytest.skip("NLPEARL_WITHOUT_REDIS=1")
    if redis_server.program() is None:
        pytest.fail(redis_server.MISSING)
    with redis_server.Server() as server:
        yield server


#: The example, with a queue that delivers again what takes longer than two seconds.
QUEUE_APP = """
from celery_task import app

app.conf.broker_transport_options = {
    "visibility_timeout": 2,
    "unacked_restore_interval": 0.5,
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 2,  # held by whoever is killed amid the look for such tasks
}
"""


class CeleryWorkers:
    """Two workers of four children each, that are killed and replaced."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        (folder / "queue_app.py").write_text(QUEUE_APP, encoding="utf-8")
        self._folder, self._env = folder, env
        self._chance = random.Random(SEED)
        self.log = folder / "log"
        self.killed: Counter[str] = Counter()
        self._all: list[subprocess.Popen[bytes]] = []
        self._running = [self._start() for _ in range(2)]

    def _start(self) -> subprocess.Popen[bytes]:
        options = "worker --concurrency 4 --loglevel INFO --without-mingle --without-gossip"
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "queue_app", *options.split()],
                cwd=self._folder,
                env=self._env,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self._all.append(worker)
        return worker

    def kill(self) -> None:
        """Kill one of the children; now and then a worker, whose children live on for a while."""
        if self.killed.total() % 3 == 2:
            slot = self._chance.randrange(2)
            self._running[slot].kill()
            self._running[slot].wait()
            self._running[slot] = self._start()
            self.killed["workers"] += 1
        elif children := [child for worker in self._running for child in _children(worker.pid)]:
            os.kill(self._chance.choice(children), signal.SIGKILL)
            self.killed["children"] += 1

    def stop(self) -> None:
        for worker in self._all:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text(encoding="ascii").split()]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")  # Celery's are its own
def test_a_celery_task_adds_each_lead_once(
    redis: redis_server.Server, ledger_place: str, tmp_path: Path
) -> None:
    from celery import Celery
    from celery.exceptions import WorkerLostError
    from redis import Redis

    leads, deliveries = 300, 2
    truth = Truth(SEED, slow=3.0)
    rows = {str(row["call_data"]["attempt"]): row for row in people(leads, deliveries)}
    app = Celery(broker=redis.url, backend=redis.url)
    told: dict[str, Ended] = {}

    def send(attempt: str) -> None:
        rest = {**rows[attempt]}
        number = rest.pop("phone_number")
        name = f"{tmp_path.name}-{attempt}"
        app.send_task("celery_task.add_lead", [number], rest, task_id=name)

    def look() -> None:
        for attempt in rows.keys() - told.keys():
            meta = app.backend.get_task_meta(f"{tmp_path.name}-{attempt}", cache=False)
            result, number = meta["result"], rows[attempt]["phone_number"]
            if meta["status"] == "SUCCESS":
                told[attempt] = Ended(int(attempt), number, "ADDED", result)
            elif meta["status"] == "FAILURE" and not isinstance(result, WorkerLostError):
                assert isinstance(result, NLPearlError), result
                when = datetime.fromisoformat(meta["date_done"])
                told[attempt] = Ended(int(attempt), number, result.outcome.name, None, when)
                if result.outcome is Outcome.REJECTED:  # told in full, through JSON
                    assert isinstance(result, BadRequestError)
                    assert (result.status_code, result.campaign_id) == (400, CAMPAIGN_ID)
                    assert result.errors == {"phone_number": ["No."]}

    lost: list[str] = []
    with truth.serving() as url, app, Redis.from_url(redis.url) as queue:
        env = {**os.environ, "PYTHONPATH": str(EXAMPLES), "C_FORCE_ROOT": "1"}
        env |= {"NLPEARL_API_KEY": KEY, "NLPEARL_BASE_URL": url}
        env |= {"REDIS_URL": redis.url, "LEDGER": ledger_place}
        workers = CeleryWorkers(tmp_path, env)
        try:
            for attempt in rows:
                send(attempt)
            with killing(truth, leads, 30, workers.kill):
                while len(told) < len(rows):
                    is_empty = not queue.llen("celery") and not queue.hlen("unacked")
                    look()
                    # 2026-11, kombu 5.7: a message whose worker is killed as it takes it from
                    # Redis is lost. Its sender sends it again.
                    for attempt in rows.keys() - told.keys() if is_empty else ():
                        lost.append(attempt)
                        send(attempt)
                    time.sleep(0.1)
        finally:
            workers.stop()
    log = workers.log.read_text(encoding="utf-8")
    received = Counter(
        line.split("[")[-1] for line in log.splitlines() if line.endswith("] received")
    )
    again = sum(count > 1 for count in received.values())
    print(
        f"{dict(workers.killed)} killed, {again} received again, "
        f"{log.count('LeadInProgressError')} in progress, {len(lost)} lost by the queue"
    )
    check(truth, told.values(), leads, deliveries)
    assert workers.killed["children"] > 10
    assert workers.killed["workers"] > 3
    assert again > 0
    assert "Retry in 5s: LeadInProgressError" in log


# Dask


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")  # what Dask says of a killed worker is its own
def test_a_dask_bag_adds_each_lead_once(ledger_place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import dask.config
    from distributed import Client, LocalCluster

    leads, deliveries = 400, 2
    truth = Truth(SEED)
    chance = random.Random(SEED)
    killed: list[int] = []
    monkeypatch.syspath_prepend(str(EXAMPLES))
    with (
        truth.serving() as url,
        # One that was killed thrice is not the task's fault here.
        dask.config.set({"distributed.scheduler.allowed-failures": 100}),
    ):
        monkeypatch.setenv("PYTHONPATH", str(EXAMPLES))
        monkeypatch.setenv("NLPEARL_API_KEY", KEY)
        monkeypatch.setenv("NLPEARL_BASE_URL", url)
        monkeypatch.setenv("LEDGER", ledger_place)
        with (
            LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=4,
                threads_per_worker=2,
                dashboard_address=None,  # pyright: ignore[reportArgumentType]
            ) as cluster,
            Client(cluster),  # type: ignore[no-untyped-call]
        ):

            def kill() -> None:
                process = chance.choice([nanny.pid for nanny in cluster.workers.values()])
                if process is not None:  # it is being started again
                    os.kill(process, signal.SIGKILL)
                    killed.append(process)

            with killing(truth, leads, 12, kill):
                ended = importlib.import_module("dask_bag").run(people(leads, deliveries), 16)
    print(f"{len(killed)} workers killed")
    check(
        truth,
        [
            Ended(row["call_data"]["attempt"], row["phone_number"], outcome, lead_id)
            for row, outcome, lead_id, _ in ended
        ],
        leads,
        deliveries,
    )
    assert len(killed) >= 6
