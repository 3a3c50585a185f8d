"""What somebody sees: in a terminal of each width, in a pipe, in each encoding, interrupted."""

import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

import pytest

from nlpearl.cli import progress
from nlpearl.cli.output import prepared_streams
from nlpearl.sandbox import Sandbox

from .cli_running import add_leads, people, results_of, run
from .servers import CAMPAIGN_ID
from .writers import xlsxwriter

pytest_plugins = ["tests.cli_fixtures"]

#: As it was installed.
COMMAND = [str(Path(sys.executable).with_name("nlpearl"))]


class Terminal:
    """The command in a pseudo-terminal; `text` is what it has shown."""

    def __init__(self, *arguments: str, width: int = 80, **environment: str) -> None:
        ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color", **environment}
        env.pop("COLUMNS", None)
        self.process = subprocess.Popen(
            [*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=env
        )
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

    def lines(self) -> list[str]:
        """What is on the screen, without colors; of a line that was written over, the last."""
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text)
        return [line.rstrip("\r").split("\r")[-1] for line in plain.split("\n")]


SLOW = pytest.mark.slow
FAULTY = people(100) + "nobody,100\n,101\n"


@pytest.mark.parametrize("width", [60, *(pytest.param(each, marks=SLOW) for each in (80, 120))])
def test_a_terminal_sees_a_bar_colors_and_no_line_that_is_cut(
    sandbox: Sandbox, here: Path, width: int
) -> None:
    Path("people.csv").write_text(FAULTY)
    sandbox.inject_fault(status=400)
    terminal = Terminal("add-leads", CAMPAIGN_ID, "people.csv", width=width)
    assert terminal.wait() == 1
    lines = terminal.lines()
    assert max(map(len, lines)) <= width
    assert "102 / 102" in terminal.text
    assert re.search(r"\d+/s  \d+ s left", terminal.text)
    assert "99 added" in terminal.text
    assert "1 rejected" in terminal.text
    assert "2 invalid" in terminal.text
    assert "\x1b[32m" in terminal.text
    assert "\x1b[31m" in terminal.text
    assert "\x1b[33m" not in terminal.text, "yellow cannot be read on white"
    assert len(sandbox.leads) == 99
    assert "Next     Correct the 3 rows that are invalid" in terminal.text
    assert "…" not in [line[-1:] for line in lines if "people.csv" in line]


def test_without_colors(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(FAULTY)
    terminal = Terminal("add-leads", CAMPAIGN_ID, "people.csv", NO_COLOR="1")
    assert terminal.wait() == 1
    assert not re.search(r"\x1b\[(1;)?3\dm", terminal.text)
    assert "102 / 102" in terminal.text


def test_a_terminal_that_knows_ascii_alone(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(FAULTY)
    terminal = Terminal("add-leads", CAMPAIGN_ID, "people.csv", PYTHONIOENCODING="ascii")
    assert terminal.wait() == 1
    assert terminal.text.isascii()
    assert "102 / 102" in terminal.text
    assert "phone number  ...00, ...01, ...02" in " ".join(terminal.lines())


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "ascii", *(pytest.param(each, marks=SLOW) for each in ("cp1252", "utf-16"))],
)
def test_a_pipe_sees_neither_bar_nor_colors_nor_a_traceback(
    sandbox: Sandbox, here: Path, encoding: str
) -> None:
    text = FAULTY.replace("external_id", "external_id,東京").replace("1\n", "1,x\n")
    Path("Zoë.csv").write_text(text)
    done = subprocess.run(
        [*COMMAND, "add-leads", CAMPAIGN_ID, "Zoë.csv", "--call-data", "東京"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    said = done.stderr.decode(encoding)
    assert "Traceback" not in said
    assert "\x1b" not in said
    assert "102 / 102" not in said
    assert "100 added, 2 not added" in said
    masked = {"ascii": "...00, ...01"}.get(encoding, "…00, …01")
    assert masked in said
    assert {"ascii": "Zo?.csv"}.get(encoding, "Zoë.csv") in said


def test_no_line_is_wrapped_in_a_pipe(sandbox: Sandbox, here: Path) -> None:
    names = [f"a column with a long name {number}" for number in range(60)]
    Path("people.csv").write_text(",".join(["phone_number", *names]) + "\n+14155550123\nnobody\n")
    said = add_leads("people.csv", "--map", "a column with a long name 1=time_zone").stderr
    [unused] = [line for line in said.splitlines() if "Not used" in line]
    assert unused.endswith("a column with a long name 59")
    assert not [line for line in said.splitlines() if line != line.rstrip()]


def test_control_characters_of_a_file_do_not_reach_the_terminal(
    sandbox: Sandbox, here: Path
) -> None:
    Path("people.csv").write_text(
        "phone_number,\x1b[31mred,\x1b]0;title\x07\n+14155550123,\x1b[2Jx,\x1b[31m\n\x1b[2J,,\n"
    )
    done = add_leads("people.csv", "--call-data", "all")
    assert done.exit_code == 1
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr


def test_phone_numbers_and_call_data_are_not_shown(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(
        "phone_number,external_id,card,name,note\n"
        "+14155550123,1,4111 1111 1111 1111,Ann,secret\n"
        "(415) 555-0124 x,+14155550124,,Bob,secret\n"
    )
    sandbox.inject_fault(status=400)
    done = add_leads("people.csv", "--call-data", "card,name", "--default-region", "US")
    shown = done.stderr + (here / "people.results.csv").read_text().replace("'+14155550124", "")
    assert "5550123" not in shown
    assert "555-0124" not in shown
    assert "1111 1111" not in shown
    assert "secret" not in shown
    assert "…11" in done.stderr


def test_an_external_id_is_asked_for_if_a_column_could_be_one(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text("phone_number,Contact ID,Paid\n+14155550123,7,1\n")
    said = add_leads("people.csv").stderr
    assert (
        "No external id. If Contact ID is your own id for a lead: --map 'Contact ID=external_id'"
        in said
    )
    assert "No external id" not in add_leads("people.csv", "--map", "Contact ID=external_id").stderr


def test_hidden_columns_are_told(sandbox: Sandbox, here: Path) -> None:
    with xlsxwriter.Workbook("people.xlsx") as book:
        sheet = book.add_worksheet("Leads")
        book.add_worksheet("Notes").write(0, 0, "x")
        for row, cells in enumerate([["phone", "", "tz"], ["+14155550123", "a", "UTC"], ["+1"]]):
            sheet.write_row(row, 0, cells)
        sheet.set_column(2, 2, None, None, {"hidden": True})
        sheet.set_row(2, None, None, {"hidden": True})
    done = add_leads("people.xlsx")
    assert done.exit_code == 1
    assert "File      people.xlsx, 2 rows, 1 of them hidden and left out\n" in done.stderr
    assert "Note      the sheet 'Leads' is read: it is the only one with a column of" in done.stderr
    assert re.search(r"tz +time zone \(hidden column\) +UTC\n", done.stderr)
    assert "the row is hidden in the sheet. Show it there to add it: 1 row, row 3" in done.stderr
    assert results_of(here / "people.results.csv")[1]["status"] == "not sent"


def test_one_row_is_not_1_rows(here: Path) -> None:
    Path("people.csv").write_text("phone_number,\n+14155550123,x\n")
    assert "people.csv, 1 row\n" in add_leads("people.csv", "--dry-run").stderr


# Progress, in this process


def test_a_line_now_and_then_without_a_terminal(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "QUIET", 0.0)
    Path("people.csv").write_text(people(20))
    assert "20 of 20 rows, 20 added\n" in add_leads("people.csv").stderr


def test_a_bar_in_this_process(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    Path("people.csv").write_text(people(20))
    for more in ([], ["--dry-run"]):
        done = add_leads("people.csv", *more)
        assert "\x1b" in done.stderr
        assert "20 / 20" in done.stderr
        assert "Reading people.csv" in done.stderr


def test_streams_that_are_not_text_streams_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", object())
    monkeypatch.setattr(sys, "stderr", None)
    with prepared_streams():
        assert sys.stderr is None


def test_what_cannot_be_decoded_is_still_an_error() -> None:
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", "nlpearl")
    assert "a…→日".encode("ascii", "nlpearl") == b"a...->?"


def test_messages_in_an_encoding_without_their_characters(here: Path) -> None:
    done = run("add-leads", CAMPAIGN_ID, "none→.csv", charset="ascii")
    assert done.exit_code == 2
    assert done.stderr == "error: NLPEARL_API_KEY is empty or not set. Set NLPEARL_API_KEY to " + (
        '"AccountId:SecretKey".\n'
    )
    done = run("add-leads", CAMPAIGN_ID, "none→.csv", "--dry-run", charset="ascii")
    assert done.stderr == "error: none->.csv: No such file or directory\n"


# Interrupted


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


@pytest.mark.parametrize("ledger", [[], ["--no-ledger"]])
@pytest.mark.slow
def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(
    sandbox: Sandbox, here: Path, ledger: list[str]
) -> None:
    Path("people.csv").write_text(people(600))
    terminal = Terminal("add-leads", CAMPAIGN_ID, "people.csv", *ledger, width=100)
    until(lambda: len(sandbox.requests) >= 30)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.wait() == 130
    assert "Traceback" not in terminal.text
    assert "Interrupted." in terminal.text
    how = "There is no ledger: the" if ledger else "Run the same command: nobody is added twice."
    assert how in " ".join(terminal.text.split())
    rows = results_of(here / "people.results.csv")
    assert [row["external_id"] for row in rows] == [str(number) for number in range(600)]
    count = sum(row["status"] == "added" for row in rows)
    assert 30 <= count < 600
    assert count == len(sandbox.leads), "what was in flight has finished, and is recorded"
    if not ledger:
        assert add_leads("people.csv", "--concurrency", "50").exit_code in (0, 1)
        external_ids = [lead["externalId"] for lead in sandbox.leads]
        assert len(external_ids) == len(set(external_ids)) == 600
