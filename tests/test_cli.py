"""The command: files in, results out, exit codes; in a pipe and in a terminal."""

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nlpearl import NLPearl, cli
from nlpearl.cli import commands, report
from nlpearl.cli.files import LONGEST_CELL, BrokenRow, Columns, FileError, read_map
from nlpearl.sandbox import Sandbox

from .conftest import KEY
from .servers import CAMPAIGN_ID, Request, Server, answer, replying
from .test_add_leads import number

#: As it was installed.
COMMAND = [str(Path(sys.executable).with_name("nlpearl"))]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(api_key=KEY) as running:
        monkeypatch.setenv("NLPEARL_API_KEY", KEY)
        monkeypatch.setenv("NLPEARL_BASE_URL", running.url)
        yield running


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """The command in this process, with the exit code that `main` gives."""
    runner = CliRunner()
    with runner.isolation(input=stdin) as (out, err, _):
        before = sys.argv[1:]
        try:
            sys.argv[1:] = arguments
            code = commands.run()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            sys.argv[1:] = before
        return Result(runner, out.getvalue(), err.getvalue(), out.getvalue(), None, code, None)


def add_leads(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return run("add-leads", CAMPAIGN_ID, *arguments, stdin=stdin)


def results_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PEOPLE = """phone_number,external_id,time_zone,firstName
+14155550123,1,America/Los_Angeles,Joe
+14155550124,2,,"Ann
Mary"
nobody,3,,
"""


def test_a_file_is_added_and_every_row_accounted_for(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(PEOPLE)
    done = add_leads("people.csv")
    assert done.exit_code == 1
    assert done.stderr == ""
    assert "phone_number → phone_number\n" in done.stdout
    assert "firstName → call data 'firstName'\n" in done.stdout
    assert re.search(r"2 .* ADDED .* the lead is in the campaign", done.stdout)
    assert re.search(r"1 .* NOT_SENT ", done.stdout)
    assert re.search(r"3 .* in all ", done.stdout)
    assert "Every row stands in people.results.csv." in done.stdout
    assert "\x1b" not in done.stdout
    first, second, third = results_of(here / "people.results.csv")
    stored = {str(lead["externalId"]): lead for lead in sandbox.leads}
    assert first == {
        "line": "2",
        "external_id": "1",
        "outcome": "ADDED",
        "lead_id": stored["1"]["leadId"],
        "reason": "",
    }
    assert (second["line"], second["lead_id"]) == ("3", stored["2"]["leadId"])
    assert (third["line"], third["external_id"], third["outcome"]) == ("5", "3", "NOT_SENT")
    assert third["reason"].startswith("phone_number: there is no digit in it")
    assert stored["1"]["callData"] == {"firstName": "Joe"}
    assert stored["2"]["callData"] == {"firstName": "Ann\nMary"}
    assert stored["1"]["timeZoneId"] == "Pacific Standard Time"
    assert "timeZoneId" not in stored["2"], "an empty cell is left out"


def test_the_same_command_again_adds_nothing_twice(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(PEOPLE)
    add_leads("people.csv")
    before = results_of(here / "people.results.csv")
    Path("people.csv").write_text(PEOPLE.replace("nobody", "+14155550125"))
    done = add_leads("people.csv")
    assert done.exit_code == 0
    assert len(sandbox.leads) == 3
    assert results_of(here / "people.results.csv")[:2] == before[:2]
    assert (here / "people.ledger").is_file()
    again = add_leads("people.csv", "--no-ledger", "--ledger", "people.ledger")
    assert again.exit_code == 0
    assert len(sandbox.leads) == 6


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_of_every_kind(sandbox: Sandbox, here: Path, separator: str, mark: str) -> None:
    text = f'{mark}phone_number , external_id ,note\r\n+14155550123,1,"a; b"\r\n\r\n'
    text = text.replace(",", separator).replace("a; b", "a,; b")
    Path("people.csv").write_bytes(text.encode())
    assert add_leads("people.csv").exit_code == 0
    [lead] = sandbox.leads
    assert lead["externalId"] == "1"
    assert lead["callData"] == {"note": "a,; b"}


def test_json_lines(sandbox: Sandbox, here: Path) -> None:
    lines = [
        '{"phone_number": "+14155550123", "external_id": 1, "call_data": {"visits": 3}, "n": 1.5}',
        "",
        "{broken +14155550199",
        "[1]",
        '{"external_id": 4}',
    ]
    Path("people.jsonl").write_text("\n".join(lines))
    done = add_leads("people.jsonl")
    assert done.exit_code == 1
    assert [lead["callData"] for lead in sandbox.leads] == [{"visits": "3", "n": "1.5"}]
    rows = results_of(here / "people.results.csv")
    assert [row["line"] for row in rows] == ["1", "3", "4", "5"]
    assert rows[1]["reason"].startswith("it is no JSON: ")
    assert rows[2]["reason"] == "it is a JSON list, not an object"
    assert rows[3]["reason"].startswith("phone_number: it is missing")


def test_columns_are_mapped_and_left_out_as_asked(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text("Mobile,Id,Vorname,Notes,City\n+14155550123,7,Joe,secret,Rome\n")
    maps = ["Mobile=phone_number", "Id=external_id", "Vorname=call_data.firstName", "Notes="]
    done = add_leads("people.csv", *[part for text in maps for part in ("--map", text)])
    assert done.exit_code == 0
    assert sandbox.leads[0]["callData"] == {"firstName": "Joe", "City": "Rome"}
    assert "Notes → left out" in done.stdout
    done = add_leads(
        "people.csv", "--map", "Mobile=phone_number", "--other-columns", "leave-out", "--no-ledger"
    )
    assert done.exit_code == 0
    assert "callData" not in sandbox.leads[1]


BROKEN: dict[str, tuple[bytes, str]] = {
    "not UTF-8": (b"phone_number,name\n+14155550123,Jos\xe9\n", "it is not utf-8: the byte 0xe9"),
    "UTF-16": ("phone_number\n1\n".encode("utf-16"), "it is not utf-8: the byte 0xff"),
    "an empty file": (b"", "it is empty"),
    "a blank first line": (b"\n\n", "its first line is"),
    "no row": (b"phone_number,external_id\n", "there is no row in it"),
    "no header": (b"+14155550123,1\n+14155550124,2\n", "the first line names the columns: '…23'"),
    "a missing column": (b"phone,external_id\n1,2\n", "no column is the phone_number"),
    "a column twice": (b"phone_number,a,a\n1,2,3\n", "the column 'a' is there twice"),
    "an open quote": (b'phone_number,a\n1,2\n3,"4\n5,6\n', "the row that begins in line 3"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_a_sentence_and_nothing_is_started(
    sandbox: Sandbox, here: Path, kind: str
) -> None:
    data, said = BROKEN[kind]
    Path("people.csv").write_bytes(data)
    done = add_leads("people.csv")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: people.csv: ")
    assert said in done.stderr
    assert "4155550123" not in done.stderr
    assert not sandbox.requests
    assert [path.name for path in here.iterdir()] == ["people.csv"]


def test_ragged_rows_and_endless_cells_are_results(sandbox: Sandbox, here: Path) -> None:
    long = "x" * 1_000_000
    Path("people.csv").write_text(
        f"phone_number,a\n+14155550123,1\n+14155550124\n+14155550125,2,3\n+14155550126,{long}\n"
    )
    assert add_leads("people.csv").exit_code == 1
    rows = results_of(here / "people.results.csv")
    assert [row["outcome"] for row in rows] == ["ADDED", "NOT_SENT", "NOT_SENT", "NOT_SENT"]
    assert rows[1]["reason"] == "it has 1 cells, and the first line 2"
    assert rows[2]["reason"] == "it has 3 cells, and the first line 2"
    assert rows[3]["reason"] == "the cell 'a' has over 100,000 characters; is a quote not closed?"
    assert len(sandbox.leads) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv"], "none.csv: No such file or directory"),
        (["people.csv", "--map", "x"], "--map 'x' is not of the form COLUMN=ARGUMENT"),
        (["people.csv", "--map", "firstName=name"], "a column becomes phone_number, external_id"),
        (["people.csv", "--map", "firstName=call_data."], "call_data.NAME, or nothing"),
        (["people.csv", "--map", "Mobile=phone_number"], "there is no column 'Mobile' to map"),
        (["people.csv", "--map", "firstName=phone_number"], "two columns become phone_number"),
        (["people.csv", "--encoding", "nothing"], "unknown encoding"),
        (["people.csv", "--concurrency", "0"], "concurrency"),
        (["people.csv", "--rate", "-1"], "rate"),
        (["people.csv", "--default-region", "XX"], "default_region"),
        (["people.csv", "--results", "people.csv"], "would overwrite people.csv"),
        (["people.csv", "--results", "none/x.csv"], "No such file or directory"),
        (["people.csv", "--ledger", "people.csv"], "it is not a ledger"),
        (["people.csv", "--nothing"], "No such option"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    sandbox: Sandbox, here: Path, arguments: list[str], said: str
) -> None:
    Path("people.csv").write_text(PEOPLE)
    done = add_leads(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not sandbox.requests


def test_a_dry_run_checks_every_row_and_sends_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NLPEARL_API_KEY", raising=False)
    Path("people.csv").write_text(PEOPLE)
    done = add_leads("people.csv", "--dry-run")
    assert done.exit_code == 1
    assert "line 5: phone_number: there is no digit in it" in done.stdout
    assert "3 rows: 2 are leads, 1 are none. Nothing was sent." in done.stdout
    Path("people.csv").write_text("phone_number\n(415) 555-0123\n")
    done = add_leads("people.csv", "--dry-run", "--default-region", "US")
    assert done.exit_code == 0
    assert [path.name for path in here.iterdir()] == ["people.csv"]


def test_standard_input(sandbox: Sandbox, here: Path) -> None:
    done = add_leads("-", stdin=PEOPLE)
    assert done.exit_code == 1
    assert "firstName → call data 'firstName'" in done.stdout
    assert len(sandbox.leads) == 2
    assert sorted(path.name for path in here.iterdir()) == ["leads.results.csv"]
    line = json.dumps({"phone_number": "+14155550123"})
    assert add_leads("-", "--format", "jsonl", "--ledger", "x.ledger", stdin=line).exit_code == 0
    assert (here / "x.ledger").is_file()
    done = add_leads("-", stdin=b"phone_number,external_id\n+14155550123,1\n+1415555\xff124,2\n")
    assert done.exit_code == 2
    assert "it is not utf-8" in done.stderr


def test_standard_input_that_breaks_amid_is_told_with_what_was_added(
    sandbox: Sandbox, here: Path
) -> None:
    good = "".join(f"{number(n)},{n}\n" for n in range(200))
    done = add_leads("-", stdin=f'phone_number,external_id\n{good}+14155550124,"9')
    assert done.exit_code == 1
    assert "error: standard input: the row that begins in line 202" in done.stderr
    assert len(sandbox.leads) == len(results_of(here / "leads.results.csv")) == 200


def test_a_refused_key_ends_it_and_every_row_is_counted(sandbox: Sandbox, here: Path) -> None:
    text = "".join(f"{number(n)},{n}\n" for n in range(100))
    Path("people.csv").write_text("phone_number,external_id\n" + text)
    sandbox.inject_fault(status=401, times=100)
    done = add_leads("people.csv", "--concurrency", "2")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: 401")
    assert KEY not in done.stderr + done.stdout
    rows = results_of(here / "people.results.csv")
    assert [row["external_id"] for row in rows] == [str(number) for number in range(100)]
    assert {row["outcome"] for row in rows} <= {"REJECTED", "NOT_SENT", "PENDING"}
    assert rows[-1]["reason"] == "not processed: the run stopped first"
    assert re.search(r"100 .* in all ", done.stdout)


def test_a_second_run_at_the_same_time_adds_nobody_twice(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(50))
    with NLPearl(KEY, base_url=sandbox.url) as client:
        rows = [{"phone_number": number(n), "external_id": n} for n in range(50)]
        with client.add_leads(CAMPAIGN_ID, rows, ledger="people.ledger") as other:
            next(other)
            done = add_leads("people.csv")
    assert done.exit_code == 0
    assert len(sandbox.leads) == 50


def test_no_key_is_a_sentence(here: Path) -> None:
    Path("people.csv").write_text(PEOPLE)
    done = add_leads("people.csv")
    assert done.exit_code == 2
    assert "NLPEARL_API_KEY" in done.stderr


def test_one_lead(sandbox: Sandbox) -> None:
    done = run(
        "add-lead", CAMPAIGN_ID, "(415) 555-0123", "--external-id", "7", "--time-zone",
        "Europe/Rome", "-d", "firstName=Joe", "-d", "sum=1=1", "--default-region", "US",
    )  # fmt: skip
    assert done.exit_code == 0
    [lead] = sandbox.leads
    assert done.stdout == f"{lead['leadId']}\n"
    assert lead["callData"] == {"firstName": "Joe", "sum": "1=1"}
    assert lead["timeZoneId"] == "W. Europe Standard Time"
    done = run("add-lead", CAMPAIGN_ID, "nobody")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: NOT_SENT: phone_number: there is no digit")
    sandbox.inject_fault(lost="close")
    done = run("add-lead", CAMPAIGN_ID, "+14155550123")
    assert done.exit_code == 1
    assert "error: UNKNOWN: " in done.stderr
    sandbox.inject_fault(lost="close")
    assert run("add-lead", CAMPAIGN_ID, "+14155550123", "--reconcile", "--external-id", "8").stdout
    assert run("add-lead", CAMPAIGN_ID, "+14155550123", "-d", "x").exit_code == 2


def test_time_zones_versions_and_helps() -> None:
    assert run("time-zone", "Europe/Rome").stdout == "W. Europe Standard Time\n"
    done = run("time-zone", "EST")
    assert done.exit_code == 2
    assert "abbreviation" in done.stderr
    assert re.match(r"nlpearl, version \d", run("--version").stdout)
    assert "add-leads" in run("-h").stdout
    assert run("add-leads", "-h").exit_code == 0
    assert run("nothing").exit_code == 2


def test_the_sandbox_runs_until_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(
        [*COMMAND, "sandbox"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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
    import runpy

    with pytest.raises(SystemExit):
        runpy.run_module("nlpearl", run_name="__main__")


# In a terminal, and interrupted


class Terminal:
    """The command in a pseudo-terminal; `text` is what it has shown."""

    def __init__(self, *arguments: str) -> None:
        ours, theirs = pty.openpty()
        self.process = subprocess.Popen([*COMMAND, *arguments], stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.text = ""
        self._thread = threading.Thread(target=self._read, args=[ours])
        self._thread.start()

    def _read(self, terminal: int) -> None:
        with open(terminal, "rb", buffering=0) as shown:  # a descriptor
            try:
                while data := shown.read(4096):
                    self.text += data.decode(errors="replace")
            except OSError:
                return  # it has ended

    def wait(self) -> int:
        code = self.process.wait(60)
        self._thread.join(30)
        return code


def people(count: int) -> str:
    rows = "".join(f"{number(position)},{position}\n" for position in range(count))
    return "phone_number,external_id\n" + rows


def test_a_terminal_sees_a_bar_colours_and_a_table(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(300))
    sandbox.inject_fault(status=400)
    terminal = Terminal("add-leads", CAMPAIGN_ID, "people.csv")
    assert terminal.wait() == 1
    assert "300/300" in terminal.text
    assert "299 added" in terminal.text
    assert "1 rejected" in terminal.text
    assert "/s" in terminal.text
    assert "\x1b[32m" in terminal.text
    assert "in all" in terminal.text
    assert len(sandbox.leads) == 299


def test_a_pipe_sees_neither_bar_nor_colours(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(20))
    done = subprocess.run(
        [*COMMAND, "add-leads", CAMPAIGN_ID, "people.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "20/20" not in done.stdout
    assert re.search(r"20 .* ADDED ", done.stdout)


@pytest.mark.parametrize("ledger", [[], ["--no-ledger"]])
def test_ctrl_c_ends_what_is_in_flight_and_says_how_to_go_on(
    sandbox: Sandbox, here: Path, ledger: list[str]
) -> None:
    Path("people.csv").write_text(people(600))
    terminal = Terminal("add-leads", CAMPAIGN_ID, "people.csv", *ledger)
    until = time.monotonic() + 60
    while len(sandbox.requests) < 30 and time.monotonic() < until:
        time.sleep(0.01)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.wait() == 130
    assert "Traceback" not in terminal.text
    how = "adds all of them again" if ledger else "goes on where this one ended"
    assert f"Interrupted. The same command {how}." in " ".join(terminal.text.split())
    rows = results_of(here / "people.results.csv")
    assert [row["external_id"] for row in rows] == [str(number) for number in range(600)]
    count = sum(row["outcome"] == "ADDED" for row in rows)
    assert 30 <= count < 600
    assert count == len(sandbox.leads), "what was in flight has ended, and stands there"
    if not ledger:
        assert add_leads("people.csv", "--concurrency", "50").exit_code in (0, 1)
        external_ids = [lead["externalId"] for lead in sandbox.leads]
        assert len(external_ids) == len(set(external_ids))
        assert len(external_ids) == 600


def test_ctrl_c_before_anything_was_started(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    Path("people.csv").write_text(PEOPLE)
    monkeypatch.setattr("nlpearl.cli.files.Source.examine", interrupted)
    done = add_leads("people.csv")
    assert done.exit_code == 130
    assert done.stderr.strip() == "Interrupted."


def test_ctrl_c_in_this_process(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As above, where coverage sees it: after five results."""
    add = report.Results.add
    count = [0]

    def interrupting(self: report.Results, result: Any) -> None:
        add(self, result)
        count[0] += 1
        if count[0] == 5:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(report.Results, "add", interrupting)
    Path("people.csv").write_text(people(200))
    done = add_leads("people.csv")
    assert done.exit_code == 130
    rows = results_of(here / "people.results.csv")
    assert len(rows) == 200
    assert sum(row["outcome"] == "ADDED" for row in rows) == len(sandbox.leads)


def test_ctrl_c_twice_leaves_the_loop(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupting(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(report.Results, "add", interrupting)
    Path("people.csv").write_text(people(200))
    done = add_leads("people.csv")
    assert done.exit_code == 130
    assert done.stderr.strip() == "Interrupted."
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_result_that_never_came_is_unknown(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = report.Results.add

    def forgetful(self: report.Results, result: Any) -> None:
        if result.position != 2:
            add(self, result)

    monkeypatch.setattr(report.Results, "add", forgetful)
    Path("people.csv").write_text(people(10))
    assert add_leads("people.csv").exit_code == 1
    rows = results_of(here / "people.results.csv")
    assert [row["outcome"] for row in rows].count("ADDED") == 9
    assert rows[2]["outcome"] == "UNKNOWN"


def test_a_bar_in_this_process_and_quiet_lines_elsewhere(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "QUIET", 0.0)
    Path("people.csv").write_text(people(20))
    done = add_leads("people.csv")
    assert "20 of 20 rows, 20 added" in done.stdout
    done = add_leads("-", stdin=people(3))
    assert "3 rows, 3 added" in done.stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    done = add_leads("people.csv")
    assert "\x1b" in done.stdout
    assert "20/20" in done.stdout


# The parts


def test_a_broken_row_says_why_however_it_is_read() -> None:
    row = BrokenRow("no reason")
    for read in (lambda: row["x"], lambda: list(row), lambda: len(row)):
        with pytest.raises(ValueError, match="no reason"):
            read()
    assert LONGEST_CELL == 100_000


def test_the_forms_of_map() -> None:
    assert read_map(" Mobile = phone_number ") == ("Mobile", "phone_number")
    assert read_map("a=b=call_data.c") == ("a=b", "call_data.c")
    assert read_map("Notes=") == ("Notes", "")
    with pytest.raises(FileError):
        read_map("=phone_number")
    columns = Columns({}, "leave-out")
    assert columns.target("call_data.x") == "call_data.x"
    assert columns.target("x") == ""


def test_many_rows_over_http_keep_their_order(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(request: Request) -> bytes:
        if str(request.json["externalId"]).endswith("0"):
            time.sleep(0.05)
        return answer()

    with Server(replying(reply)) as server:
        monkeypatch.setenv("NLPEARL_API_KEY", KEY)
        monkeypatch.setenv("NLPEARL_BASE_URL", server.url)
        Path("people.csv").write_text(people(100))
        assert add_leads("people.csv", "--rate", "1000").exit_code == 0
    rows = results_of(here / "people.results.csv")
    assert [row["line"] for row in rows] == [str(line) for line in range(2, 102)]
