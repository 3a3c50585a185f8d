"""The command where its output or its environment is not as it should be: a sentence and an exit
code, never a traceback; 2 only if nothing was sent."""

import contextlib
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from nlpearl.cli import commands
from nlpearl.sandbox import Sandbox

from .cli_running import LEDGER, people, results_of
from .conftest import PHONE
from .servers import CAMPAIGN_ID

pytest_plugins = ["tests.cli_fixtures"]

FULL = Path("/dev/full")
NO_SPACE = "No space left on device"

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")

ADD_LEAD = ["add-lead", CAMPAIGN_ID, PHONE]
ADD_LEADS = ["add-leads", CAMPAIGN_ID, "people.csv"]


@pytest.fixture(autouse=True)
def _file(here: Path) -> None:
    (here / "people.csv").write_text(people(3))


@contextlib.contextmanager
def full(monkeypatch: pytest.MonkeyPatch, name: str) -> Generator[None]:
    """One of the outputs is a disk without room."""
    file = FULL.open("w")
    with monkeypatch.context() as patched:
        patched.setattr(sys, name, file)
        yield
    with contextlib.suppress(OSError):
        file.close()


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["nlpearl", *arguments])
    try:
        return commands.run()
    except SystemExit as ended:
        return int(ended.code or 0)


def test_of_a_lead_whose_id_cannot_be_written_the_id_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    with full(monkeypatch, "stdout"):
        assert command(monkeypatch, *ADD_LEAD) == 1
    said = capsys.readouterr().err
    [lead] = sandbox.leads
    assert f"standard output cannot be written: {NO_SPACE}" in said
    assert f"The lead was added: its lead id is {lead['leadId']}" in said


def test_a_summary_that_cannot_be_written_is_not_all_right(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    with full(monkeypatch, "stdout"):
        assert command(monkeypatch, *ADD_LEADS, "--json") == 1
    assert len(sandbox.leads) == 3
    assert f"error: standard output cannot be written: {NO_SPACE}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["time-zone", "Europe/Rome"], ["ledger", "show"]]
)
def test_what_was_asked_for_and_cannot_be_written_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    if arguments[0] == "ledger":
        assert command(monkeypatch, *ADD_LEADS) == 0
        arguments.append(LEDGER)
    with full(monkeypatch, "stdout"):
        assert command(monkeypatch, *arguments) == 1
    assert f"error: standard output cannot be written: {NO_SPACE}\n" in capsys.readouterr().err


def test_where_nobody_reads_standard_error_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, here: Path
) -> None:
    with full(monkeypatch, "stderr"):
        assert command(monkeypatch, *ADD_LEADS) == 0
        assert command(monkeypatch, "add-lead", CAMPAIGN_ID, "call me") == 2
    assert len(sandbox.leads) == 3
    assert [row["status"] for row in results_of(here / "people.results.csv")] == ["added"] * 3


@pytest.mark.parametrize(("dry_run", "code"), [([], 1), (["--dry-run"], 2)])
def test_results_that_cannot_be_written_are_named(
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
    dry_run: list[str],
    code: int,
) -> None:
    assert command(monkeypatch, *ADD_LEADS, "--results", str(FULL), *dry_run) == code
    assert len(sandbox.leads) == (0 if dry_run else 3)
    said = capsys.readouterr().err
    assert f"error: {FULL}: the results cannot be written: {NO_SPACE}\n" in said


def test_results_that_cannot_be_written_end_a_long_run(
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    here: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (here / "people.csv").write_text(people(2000))
    assert command(monkeypatch, *ADD_LEADS, "--results", str(FULL), "--concurrency", "2") == 1
    assert 0 < len(sandbox.leads) < 2000
    assert f"{FULL}: the results cannot be written" in capsys.readouterr().err


def test_a_bug_is_a_sentence_without_a_phone_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(name: str) -> str:
        raise ZeroDivisionError(f"{name} {PHONE}")

    monkeypatch.setattr(commands, "to_windows_time_zone", broken)
    assert command(monkeypatch, "time-zone", "Europe/Rome") == 1
    said = capsys.readouterr().err
    assert said == "error: ZeroDivisionError: Europe/Rome …23. This is a bug of nlpearl-client\n"


def test_a_wrong_environment_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NLPEARL_BASE_URL", "https://api.example.test")
    monkeypatch.setenv("HTTPS_PROXY", "http://joe:secret#1@proxy.example:8080")
    for arguments in (ADD_LEAD, ADD_LEADS):
        assert command(monkeypatch, *arguments) == 2
        said = capsys.readouterr().err
        assert "HTTPS_PROXY (http://proxy.example:8080) has a #" in said
        assert "secret" not in said


@pytest.mark.nlpearl_live
def test_a_run_that_reaches_nothing_ends_early_and_accounts_for_every_row(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, here: Path
) -> None:
    (here / "people.csv").write_text(people(200))
    monkeypatch.setenv("NLPEARL_BASE_URL", "https://api.example.test")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert command(monkeypatch, *ADD_LEADS) == 1
    rows = results_of(here / "people.results.csv")
    assert len(rows) == 200
    statuses = [row["status"] for row in rows]
    assert 8 <= statuses.count("not sent") <= 16
    assert {*statuses} == {"not sent", "pending"}
    assert "through the proxy http://127.0.0.1:9 (HTTPS_PROXY)" in rows[0]["reason"]


CLOSED = """
import os, runpy, sys
for number in map(int, sys.argv.pop(1).split(",")):
    os.close(number)
sys.argv[0] = "nlpearl"
runpy.run_module("nlpearl", run_name="__main__")
"""


@pytest.mark.parametrize("closed", ["1", "2", "0,1,2"])
def test_closed_outputs_end_no_run(sandbox: Sandbox, closed: str) -> None:
    run = [sys.executable, "-c", CLOSED, closed, *ADD_LEADS]
    child = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert child.returncode == 0
    assert "Traceback" not in child.stdout + child.stderr
    assert len(sandbox.leads) == 3
