"""The examples run as they are; and what a Dask worker that dies leaves behind."""

# pyright: basic, reportPrivateImportUsage=false, reportAttributeAccessIssue=false
# (Dask has no types.)

import asyncio
import importlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from distributed import Client, LocalCluster

from nlpearl.sandbox import Sandbox
from tools.generate import ROOT

pytest_plugins = ["nlpearl.sandbox.pytest_plugin"]


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy: some write beside themselves."""
    return shutil.copytree(ROOT / "examples", tmp_path / "examples")


def run(folder: Path, *command: str) -> str:
    paths = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    return importlib.import_module(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("one_lead.py", ["mend this first: {'phone_number'", "added as "]),
        ("csv_file.py", ["row 3: phone_number", "2 ADDED", "1 NOT_SENT"]),
        ("pandas_rows.py", ["there is no digit in it", "+14155550124"]),
    ],
)
def test_an_example_runs_as_it_is(name: str, says: list[str], examples: Path) -> None:
    said = run(examples, name)
    assert [text for text in says if text not in said] == []


def test_the_suite_of_a_user_passes(examples: Path) -> None:
    assert "4 passed" in run(examples / "own_tests", "-m", "pytest", "-q", "-c", "/dev/null", ".")


def test_every_example_is_listed() -> None:
    listed = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    for path in (ROOT / "examples").glob("*.py"):
        assert path.name in listed or path.name == "sandboxed.py"


def test_the_form_adds_a_lead_and_says_what_went_wrong(
    nlpearl_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = module("fastapi_form", monkeypatch).app

    async def use() -> None:
        browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app")

        async def post(phone: str, customer: str) -> tuple[int, str]:
            answer = await browser.post("/", data={"phone": phone, "customer": customer})
            return answer.status_code, answer.text

        async with app.router.lifespan_context(app), browser:
            assert "Shall we call you?" in (await browser.get("/")).text
            status, said = await post("+14155550123", "42")
            assert (status, "We will call you." in said) == (200, True)
            status, said = await post("<call me>", "43")
            assert (status, "there is no digit" in said) == (422, True)
            nlpearl_sandbox.inject_fault(lost="close")  # and the look-up finds it
            assert (await post("+14155550124", "44"))[0] == 200
            nlpearl_sandbox.inject_fault(status=401)
            assert (await post("+14155550125", "45"))[0] == 503

    asyncio.run(use())
    assert [lead["externalId"] for lead in nlpearl_sandbox.leads] == ["42", "44"]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # what Dask says of a killed worker is its own
def test_a_dask_worker_that_dies_repeats_nothing(
    nlpearl_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dask_bag = module("dask_bag", monkeypatch)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "examples"))
    people = [{"phone_number": f"+1415555{n:04}", "external_id": n} for n in range(100, 180)]
    nlpearl_sandbox.inject_fault(delay=0.3, times=160)
    left_behind: list[int] = []

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        workers = list(client.run(os.getpid).values())

        def kill() -> None:
            while len(nlpearl_sandbox.leads) < 40:
                time.sleep(0.01)
            os.kill(workers[0], signal.SIGKILL)
            left_behind.append(len(nlpearl_sandbox.leads))

        killer = threading.Thread(target=kill)
        killer.start()
        ends = dask_bag.run(people, tmp_path, partitions=2)
        killer.join()

    # It died amid its 40 rows. Each was sent once at most, and each has an end.
    assert 40 <= left_behind[0] < 80
    assert sorted(external_id for external_id, _, _ in ends) == [*range(100, 180)]
    stored = Counter(lead["externalId"] for lead in nlpearl_sandbox.leads)
    assert set(stored.values()) == {1}
    added = {str(external_id): lead_id for external_id, lead_id, _ in ends if lead_id}
    assert (
        added.items()
        <= {lead["externalId"]: lead["leadId"] for lead in nlpearl_sandbox.leads}.items()
    )
    # Unknown are those at most that it was about to send: as many as calls in flight.
    open_ends = [error for _, lead_id, error in ends if lead_id is None]
    assert len(open_ends) <= 8
    assert all("an earlier run sent this row" in error for error in open_ends)
