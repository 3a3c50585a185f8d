"""The examples run as they are. Those for queues are in test_queues.py, amid kills."""

import asyncio
import contextlib
import importlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from nlpearl.sandbox import Sandbox
from tools.generate import ROOT


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
    monkeypatch.syspath_prepend(str(ROOT / "examples"))  # pyright: ignore[reportUnknownMemberType]
    return importlib.import_module(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("one_lead.py", ["fix this first: {'phone_number'", "added as "]),
        ("csv_file.py", ["row 3: phone_number", "2 ADDED", "1 NOT_SENT"]),
        pytest.param("dask_bag.py", ["100 ADDED", "139 ADDED"], marks=pytest.mark.slow),
        ("pandas_rows.py", ["there is no digit in it", "+14155550124"]),
    ],
)
@pytest.mark.slow
def test_an_example_runs_as_it_is(name: str, says: list[str], examples: Path) -> None:
    said = run(examples, name)
    assert [text for text in says if text not in said] == []


@pytest.mark.slow
def test_the_suite_of_a_user_passes(examples: Path) -> None:
    assert "4 passed" in run(examples / "own_tests", "-m", "pytest", "-q", "-c", "/dev/null", ".")


def test_every_example_is_listed() -> None:
    listed = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    for path in (ROOT / "examples").glob("*.py"):
        assert path.name in listed or path.name == "sandboxed.py"


def test_the_form_adds_a_lead_and_says_what_went_wrong(
    nlpearl_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEDGER", str(tmp_path / "people.ledger"))
    app = module("fastapi_form", monkeypatch).app

    async def use() -> None:
        browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app")

        async def post(phone: str, customer: str) -> tuple[int, str]:
            response = await browser.post("/", data={"phone": phone, "customer": customer})
            return response.status_code, response.text

        async with app.router.lifespan_context(app), browser:
            assert "<form" in (await browser.get("/")).text
            assert await post("+14155550123", "42") == (200, "We will call you.")
            assert await post("+14155550123", "42") == (200, "We will call you.")
            assert (await post("<call me>", "43"))[0] == 422
            nlpearl_sandbox.inject_fault(lost="close")  # and the lookup finds it
            assert (await post("+14155550124", "44"))[0] == 200
            nlpearl_sandbox.inject_fault(status=401)
            status, said = await post("+14155550125", "45")
            assert (status, "did not take this" in said) == (503, True)
            twice = await asyncio.gather(*[post("+14155550126", "46") for _ in range(5)])
            assert twice == [(200, "We will call you.")] * 5

    asyncio.run(use())
    assert [lead["externalId"] for lead in nlpearl_sandbox.leads] == ["42", "44", "46"]


@contextlib.contextmanager
def form(sandbox: Sandbox, ledger: Path) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """A process that serves the form, and its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "examples"), "LEDGER": str(ledger)}
    env |= {"NLPEARL_API_KEY": sandbox.api_key, "NLPEARL_BASE_URL": sandbox.url}
    command = [sys.executable, "-m", "uvicorn", "fastapi_form:app", "--port", str(port)]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            assert any("running on" in line for line in process.stderr), "it has started"
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()


@pytest.mark.slow
def test_a_form_that_is_sent_again_after_a_kill_adds_once(
    nlpearl_sandbox: Sandbox, tmp_path: Path
) -> None:
    data = {"phone": "+14155550123", "customer": "42"}
    ledger = tmp_path / "people.ledger"
    nlpearl_sandbox.inject_fault(delay=60)
    with form(nlpearl_sandbox, ledger) as (url, process):

        def first() -> None:
            with contextlib.suppress(httpx.HTTPError):
                httpx.post(url, data=data, timeout=60)

        sender = threading.Thread(target=first)
        sender.start()
        while not nlpearl_sandbox.leads:
            time.sleep(0.01)
        process.kill()
        sender.join()
    with form(nlpearl_sandbox, ledger) as (url, _):
        for _ in range(2):
            response = httpx.post(url, data=data, timeout=60)
            assert (response.status_code, response.text) == (200, "We will call you.")
    assert len(nlpearl_sandbox.leads) == 1
    assert len([r for r in nlpearl_sandbox.requests if r.method == "PUT"]) == 1
