"""The command beside `add-leads`: one lead, a zone, the sandbox, help, and how it is installed."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from nlpearl import cli
from nlpearl.sandbox import Sandbox

from .cli_running import add_leads, run
from .conftest import run_module
from .servers import CAMPAIGN_ID

pytest_plugins = ["tests.cli_fixtures"]

#: As it was installed.
COMMAND = str(Path(sys.executable).with_name("nlpearl"))


def test_one_lead(sandbox: Sandbox) -> None:
    done = run(
        "add-lead", CAMPAIGN_ID, "(415) 555-0123", "--external-id", "7", "--time-zone",
        "Europe/Rome", "-d", "firstName=Joe", "--call-data", "sum=1=1", "--default-region", "US",
    )  # fmt: skip
    assert done.exit_code == 0
    [lead] = sandbox.leads
    assert done.stdout == f"{lead['leadId']}\n", "and nothing else, for a script"
    assert lead["callData"] == {"firstName": "Joe", "sum": "1=1"}
    assert lead["timeZoneId"] == "W. Europe Standard Time"


def test_why_one_lead_was_not_added(sandbox: Sandbox) -> None:
    done = run("add-lead", CAMPAIGN_ID, "nobody", "--external-id", " ")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: not sent: phone number: ")
    assert "; external id: " in done.stderr
    sandbox.inject_fault(lost="close")
    done = run("add-lead", CAMPAIGN_ID, "+14155550123")
    assert done.exit_code == 1
    assert "error: unknown: " in done.stderr
    sandbox.inject_fault(lost="close")
    assert run("add-lead", CAMPAIGN_ID, "+14155550123", "--reconcile", "--external-id", "8").stdout
    done = run("add-lead", CAMPAIGN_ID, "+14155550123", "-d", "x")
    assert done.exit_code == 2
    assert "--call-data 'x' is not of the form NAME=VALUE" in done.stderr


def test_one_lead_that_a_ledger_knows_is_not_added_again(sandbox: Sandbox, here: Path) -> None:
    def add(external_id: str, *options: str, ledger: str = "x") -> Result:
        lead = ["+14155550123", "--external-id", external_id]
        return run("add-lead", CAMPAIGN_ID, *lead, "--ledger", ledger, *options)

    ids = [add("1").stdout for _ in range(2)]
    assert ids == [f"{sandbox.leads[0]['leadId']}\n"] * 2
    assert len(sandbox.leads) == 1
    assert "--allow-same-number adds it again" in add("2").stderr
    sandbox.inject_fault(lost="close")
    assert add("2", "--allow-same-number").exit_code == 1
    assert "--resend-unknown sends it again" in add("2", "--allow-same-number").stderr
    assert add("2", "--allow-same-number", "--resend-unknown").exit_code == 0
    done = add("1", ledger="mysql://a:secret@b/c")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: mysql://b/c cannot be a ledger.")
    done = run("add-lead", CAMPAIGN_ID, "+14155550123", "--resend-unknown")
    assert done.exit_code == 2
    assert done.stderr == "error: --resend-unknown and --allow-same-number need a --ledger\n"


def test_time_zones_versions_and_helps() -> None:
    assert run("time-zone", "Europe/Rome").stdout == "W. Europe Standard Time\n"
    done = run("time-zone", "Nowhere Standard Time")
    assert "is not a Windows time zone id or an IANA name" in done.stderr
    assert "low_level" not in done.stderr
    assert "`" not in done.stderr
    done = run("time-zone", "EST")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "abbreviation" in done.stderr
    assert re.match(r"nlpearl, version \d", run("--version").stdout)
    assert "add-leads" in run("-h").stdout
    assert run("nothing").exit_code == 2
    assert run("add-leads", "-h").exit_code == 0


def test_the_help_names_every_option_and_no_python() -> None:
    help_text = run("add-leads", "-h").stdout + run("add-lead", "-h").stdout
    for option in (
        "--map", "--call-data", "--do-not-call", "--format", "--encoding", "--sheet", "--ledger",
        "--no-ledger", "--results", "--dry-run", "--concurrency", "--rate", "--resend-unknown",
        "--default-region", "--reconcile", "--json",
    ):  # fmt: skip
        assert option in help_text
    assert "..." not in help_text.replace("[OPTIONS]...", "").replace("COLUMNS...", "")
    assert "=True" not in help_text


def test_the_sandbox_runs_until_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(
        [COMMAND, "sandbox"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("export NLPEARL_BASE_URL=http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "")

    def port_in_use(port: int) -> int:
        return 2

    monkeypatch.setattr("nlpearl.sandbox.command.run", port_in_use)
    assert run("sandbox", "--port", "1").exit_code == 2


def test_without_the_extra_the_entry_point_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "nlpearl.cli.commands", None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "pip install 'nlpearl-client[cli]'" in capsys.readouterr().err


def test_the_entry_point_gives_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["nlpearl", "time-zone", "EST"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    with pytest.raises(SystemExit):
        run_module("nlpearl")


def test_a_csv_file_does_not_import_openpyxl(here: Path) -> None:
    Path("people.csv").write_text("phone_number\n+14155550123\n")
    script = (
        "import sys; sys.argv[1:] = ['add-leads', 'x', 'people.csv', '--dry-run'];"
        "from nlpearl.cli import commands\n"
        "try: commands.run()\n"
        "except SystemExit as done: print(done.code, 'openpyxl' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0 False\n"


def test_no_key_is_a_sentence(here: Path) -> None:
    Path("people.csv").write_text("phone_number\n+14155550123\n")
    done = add_leads("people.csv")
    assert done.exit_code == 2
    assert done.stderr.startswith(
        "error: NLPEARL_API_KEY is empty or not set. Set NLPEARL_API_KEY to "
    )
