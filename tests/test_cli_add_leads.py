"""`nlpearl add-leads`: a file in, leads at the API, results out, exit codes."""

import contextlib
import json
import re
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from nlpearl import NLPearl
from nlpearl.cli.results import Results
from nlpearl.sandbox import Sandbox

from .cli_running import LEDGER, add_leads, people, results_of
from .conftest import KEY
from .servers import CAMPAIGN_ID, Request, Server, replying, response

pytest_plugins = ["tests.cli_fixtures"]

PEOPLE = """phone_number,external_id,time_zone,firstName,city
+14155550123,1,America/Los_Angeles,Joe,Rome
+14155550124,2,,"Ann
Mary",
nobody,3,,,
"""


def test_a_file_is_added_and_every_row_accounted_for(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(PEOPLE)
    done = add_leads("people.csv", "--call-data", "firstName")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr
    first, second, third = results_of(here / "people.results.csv")
    stored = {str(lead["externalId"]): lead for lead in sandbox.leads}
    assert first == {
        "line": "2",
        "external_id": "1",
        "status": "added",
        "lead_id": stored["1"]["leadId"],
        "reason": "",
    }
    assert (second["line"], second["lead_id"]) == ("3", stored["2"]["leadId"])
    assert (third["line"], third["external_id"], third["status"]) == ("5", "3", "invalid")
    assert third["reason"].startswith("phone number: ")
    assert stored["1"]["callData"] == {"firstName": "Joe"}
    assert stored["2"]["callData"] == {"firstName": "Ann\nMary"}
    assert stored["1"]["timeZoneId"] == "Pacific Standard Time"
    assert "timeZoneId" not in stored["2"], "an empty cell is left out"


def test_what_is_shown_of_it(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(PEOPLE)
    said = add_leads("people.csv", "--call-data", "firstName").stderr
    lines = [re.sub(" +", " ", line) for line in said.splitlines()]
    assert lines[:4] == [
        "File people.csv, 3 rows",
        f"Campaign {CAMPAIGN_ID}",
        f"Host {sandbox.url}, a sandbox: no real calls",
        f"Ledger {LEDGER}",
    ]
    assert lines[4:11] == [
        "",
        " phone_number phone number …23, …24, nobody",
        " external_id external id 1, 2, 3",
        " time_zone time zone America/Los_Angeles",
        " firstName call data 'firstName' Joe, Ann Mary",
        " Not used: city",
        "",
    ]
    assert "1 invalid: not sent\n  phone number: " in said
    assert re.search(r": 1 row, line 5\n\n2 added, 1 not added, in \d s\n", said)
    assert lines[-2:] == [
        "Results people.results.csv",
        "Next Correct the row that is invalid or rejected, and run the same command: nobody is "
        "added twice.",
    ]


def test_the_same_command_again_adds_nobody_twice(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(PEOPLE)
    add_leads("people.csv")
    before = results_of(here / "people.results.csv")
    Path("people.csv").write_text(PEOPLE.replace("nobody", "+14155550125"))
    done = add_leads("people.csv")
    assert done.exit_code == 0
    assert len(sandbox.leads) == 3
    after = results_of(here / "people.results.csv")
    assert [row["status"] for row in after] == ["added earlier", "added earlier", "added"]
    assert [row["lead_id"] for row in after[:2]] == [row["lead_id"] for row in before[:2]]
    assert "3 added (1 new, 2 by earlier runs), 0 not added" in done.stderr
    assert "Next" not in done.stderr, "there is nothing to do"
    assert (here / LEDGER).is_file()
    assert add_leads("people.csv", "--no-ledger").exit_code == 0
    assert len(sandbox.leads) == 6


def test_one_ledger_serves_all_files_of_a_folder(sandbox: Sandbox, here: Path) -> None:
    for name in ("a.csv", "b.csv"):
        Path(name).write_text("phone_number,external_id\n+14155550123,1\n")
        assert add_leads(name).exit_code == 0
    assert len(sandbox.leads) == 1
    assert results_of(here / "b.results.csv")[0]["status"] == "added earlier"


def test_a_ledger_of_an_earlier_version_stops_the_command(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(1))
    with contextlib.closing(sqlite3.connect("people.ledger")) as old:
        old.executescript(f"PRAGMA application_id = {0x4E4C504C}; PRAGMA user_version = 1")
    done = add_leads("people.csv")
    assert done.exit_code == 2
    assert "people.ledger is a ledger of an earlier version, which cannot be used" in done.stderr
    assert "The leads that it has would be added again" in done.stderr
    assert "Then move people.ledger away, or delete it" in done.stderr
    assert "--ledger" not in done.stderr
    done = add_leads("people.csv", "--ledger", "people.ledger")
    assert done.exit_code == 2
    assert "it has version 1, of a library that was never published" in done.stderr
    assert not sandbox.requests
    assert add_leads("people.csv", "--no-ledger").exit_code == 0
    Path("people.ledger").unlink()
    assert add_leads("people.csv").exit_code == 0


@pytest.mark.parametrize("content", [b"", b"no ledger" * 20])
def test_what_is_called_as_a_ledger_stops_the_command(
    sandbox: Sandbox, here: Path, content: bytes
) -> None:
    Path("people.csv").write_text(people(1))
    Path("people.ledger").write_bytes(content)
    assert add_leads("people.csv").exit_code == 2
    Path("people.ledger").unlink()
    Path("people.ledger").mkdir()
    assert add_leads("people.csv").exit_code == 2


def test_a_ledger_that_was_named_once_is_not_left_aside(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(1))
    assert add_leads("people.csv", "--ledger", "people.ledger").exit_code == 0
    done = add_leads("people.csv")
    assert done.exit_code == 2
    assert "Use it: --ledger people.ledger. Or give it the name of the default le" in done.stderr
    Path("people.ledger").rename(LEDGER)
    assert add_leads("people.csv").exit_code == 0
    assert len(sandbox.leads) == 1


def test_a_file_that_is_called_as_its_ledger(sandbox: Sandbox, here: Path) -> None:
    file = Path(LEDGER).with_suffix(".csv")
    file.write_text(people(1))
    for _ in range(2):
        assert add_leads(str(file)).exit_code == 0
    assert len(sandbox.leads) == 1


def test_json_of_every_kind_of_value(sandbox: Sandbox, here: Path) -> None:
    lines = [
        '{"phone_number": "+14155550123", "external_id": 1, "call_data": {"visits": 3}, "n": 1.5}',
        "",
        "{broken +14155550199",
        "[1]",
        '{"external_id": 4}',
        "{}",
    ]
    Path("people.jsonl").write_text("\n".join(lines))
    assert add_leads("people.jsonl").exit_code == 1
    assert [lead["callData"] for lead in sandbox.leads] == [{"visits": "3"}]
    rows = results_of(here / "people.results.csv")
    assert [(row["line"], row["status"]) for row in rows] == [
        ("1", "added"), ("3", "invalid"), ("4", "invalid"), ("5", "invalid"),
    ]  # fmt: skip
    assert rows[1]["reason"].startswith("invalid JSON: ")
    assert rows[3]["reason"] == "phone number is missing"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv"], "error: none.csv: No such file or directory\n"),
        (["."], "error: .: it is a folder\n"),
        (["people.csv", "--map", "x"], "error: --map 'x' is not of the form COLUMN=ARGUMENT"),
        (["people.csv", "--map", "a=name"], "a column becomes phone_number, external_id"),
        (["people.csv", "--map", "Mobile=phone_number"], "people.csv: there is no column 'Mobile'"),
        (["people.csv", "--call-data", "Mobile"], "people.csv: there is no column 'Mobile'"),
        (["people.csv", "--encoding", "nothing"], "--encoding: 'nothing' is not an encoding"),
        (["people.csv", "--sheet", "A"], "--sheet is for Excel workbooks"),
        (["people.csv", "--concurrency", "0"], "Invalid value for '--concurrency'"),
        (["people.csv", "--rate", "0"], "Invalid value for '--rate'"),
        (["people.csv", "--default-region", "XX"], "error: --default-region 'XX' is "),
        (["people.csv", "--results", "people.csv"], "results would overwrite people.csv. Name ano"),
        (["people.csv", "--ledger", "a", "--results", "./a"], "the results would overwrite a"),
        (["people.csv", "--do-not-call", "a", "--results", "a"], "the results would overwrite a"),
        (["people.csv", "--results", "none/x.csv"], "none/x.csv: No such file or directory. Name"),
        (["people.csv", "--ledger", "people.csv"], "it is not a ledger"),
        (["people.csv", "--ledger", "a", "--no-ledger"], "--ledger and --no-ledger exclude each"),
        (["people.csv", "--no-ledger", "--resend-unknown"], "--no-ledger and --resend-unknown ex"),
        (["people.csv", "--no-ledger", "--allow-same-number"], "and --allow-same-number exclude"),
        (["people.csv", "--ledger", "mysql://a:secret@b/c"], "error: mysql://b/c cannot be"),
        (["people.csv", "--do-not-call", "none"], "error: none: No such file or directory\n"),
        (["people.csv", "--nothing"], "No such option"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_nothing_is_started(
    sandbox: Sandbox, here: Path, arguments: list[str], said: str
) -> None:
    Path("people.csv").write_text(PEOPLE)
    done = add_leads(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not sandbox.requests
    assert {path.name for path in here.iterdir()} <= {"people.csv", "people.csv-wal"}


def test_a_campaign_id_that_is_not_a_file_name_is_refused(sandbox: Sandbox, here: Path) -> None:
    from .cli_running import run

    Path("people.csv").write_text(PEOPLE)
    done = run("add-leads", "../x", "people.csv")
    assert done.exit_code == 2
    assert "error: campaign id must be" in done.stderr
    assert [path.name for path in here.iterdir()] == ["people.csv"]


@pytest.mark.parametrize("url", ["ftp://x", "not a url"])
def test_an_invalid_base_url_is_refused_with_a_sentence(
    here: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("NLPEARL_BASE_URL", url)
    Path("people.csv").write_text(PEOPLE)
    done = add_leads("people.csv", "--dry-run")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: NLPEARL_BASE_URL")


def test_standard_input_needs_a_ledger_or_no_ledger(sandbox: Sandbox, here: Path) -> None:
    done = add_leads("-", stdin=PEOPLE)
    assert done.exit_code == 2
    assert (
        "the same command would call everybody again. Name a ledger: --ledger PLACE" in done.stderr
    )
    assert not sandbox.requests
    assert add_leads("-", "--ledger", "x", stdin=PEOPLE).exit_code == 1
    assert add_leads("-", "--ledger", "x", stdin=PEOPLE).exit_code == 1
    assert len(sandbox.leads) == 2
    done = add_leads("-", "--no-ledger", stdin=PEOPLE)
    assert done.exit_code == 1
    assert "Ledger    none: the same command would add everybody again" in done.stderr
    assert "Next     There is no ledger: the same command would add everybody" in done.stderr
    assert "File      standard input, 3 rows" in done.stderr
    assert sorted(path.name for path in here.iterdir()) == ["leads.results.csv", "x"]


def test_standard_input_is_examined_before_anything_is_sent(sandbox: Sandbox, here: Path) -> None:
    done = add_leads("-", "--no-ledger", stdin=people(100).encode() + b"+1415555\xff124,2\n")
    assert done.exit_code == 2
    assert "error: standard input: line 102 is not UTF-8" in done.stderr
    assert not sandbox.requests


def test_a_summary_for_programs(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(PEOPLE)
    done = add_leads("people.csv", "--json")
    told = json.loads(done.stdout)
    assert told.pop("seconds") >= 0
    assert told == {
        "campaign_id": CAMPAIGN_ID,
        "file": "people.csv",
        "dry_run": False,
        "base_url": sandbox.url,
        "rows": 3,
        "counts": {"added": 2, "invalid": 1},
        "ledger": LEDGER,
        "results": "people.results.csv",
        "exit_code": 1,
        "error": None,
    }
    done = add_leads("none.csv", "--json")
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.exit_code == 2
    assert told["error"] == "none.csv: No such file or directory"


def test_a_rejected_key_ends_it_and_every_row_is_counted(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(100))
    sandbox.inject_fault(status=401, times=100)
    done = add_leads("people.csv", "--concurrency", "2")
    assert done.exit_code == 1
    assert "error: 401" in done.stderr
    assert KEY not in done.stderr
    rows = results_of(here / "people.results.csv")
    assert [row["external_id"] for row in rows] == [str(number) for number in range(100)]
    assert {row["status"] for row in rows} <= {"rejected", "not sent", "pending"}
    assert rows[-1]["reason"] == "not processed: the run stopped first"


def test_a_wrong_campaign_ends_it_with_the_first_rows(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(100))
    sandbox.inject_fault(status=404, times=100)
    done = add_leads("people.csv", "--concurrency", "2")
    assert done.exit_code == 1
    assert "error: 404" in done.stderr
    assert "Check the campaign id" in done.stderr
    assert len(sandbox.requests) <= 2
    assert len(results_of(here / "people.results.csv")) == 100


def test_what_was_unknown_says_how_to_find_out(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(2))
    sandbox.inject_fault(lost="close")
    done = add_leads("people.csv", "--concurrency", "1")
    assert done.exit_code == 1
    assert "1 unknown: they may have been added" in done.stderr
    assert f"Look up the leads that are unknown: nlpearl ledger settle {LEDGER}\n" in done.stderr
    again = add_leads("people.csv")
    [unknown, _] = results_of(here / "people.results.csv")
    assert "--resend-unknown" in unknown["reason"]
    assert "=True" not in unknown["reason"] + again.stderr
    assert add_leads("people.csv", "--reconcile").exit_code == 0


def test_a_second_run_at_the_same_time_adds_nobody_twice(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(50))
    with NLPearl(KEY, base_url=sandbox.url) as client:
        rows = [{"phone_number": f"+1415555{n:04}", "external_id": n} for n in range(50)]
        with client.add_leads(CAMPAIGN_ID, rows, ledger=LEDGER) as other:
            next(other)
            done = add_leads("people.csv")
    assert done.exit_code == 0
    assert len(sandbox.leads) == 50


@pytest.mark.parametrize("before", [None, "the results of the other run\n"])
def test_a_second_run_does_not_spoil_the_results_of_the_first(
    sandbox: Sandbox, here: Path, before: str | None
) -> None:
    Path("people.csv").write_text(PEOPLE)
    path = here / "people.results.csv"
    if before:
        path.write_text(before)
    first = Results(path, "line")
    done = add_leads("people.csv")
    assert done.exit_code == 2
    assert "error: people.results.csv: another run is writing it. Wait until" in done.stderr
    assert not sandbox.requests
    assert path.read_text() == (before or "")
    first.close()
    assert path.exists() == bool(before)
    assert add_leads("people.csv").exit_code == 1


def test_a_file_that_grows_while_it_is_sent_is_added_as_it_was(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("people.csv").write_text(people(20))
    add = Results.add

    def growing(self: Results, result: Any) -> None:
        add(self, result)
        with Path("people.csv").open("a") as file:
            file.write("+14155550999,more\n" * 5000)

    monkeypatch.setattr(Results, "add", growing)
    assert add_leads("people.csv").exit_code == 0
    assert len(sandbox.leads) == 20


def test_a_file_that_changes_while_it_is_sent_ends_the_run(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(f"+1415555{number:04},{number},{'x' * 5000}\n" for number in range(100))
    Path("people.csv").write_text("phone_number,external_id,note\n" + text)
    add = Results.add

    def changing(self: Results, result: Any) -> None:
        add(self, result)
        Path("people.csv").write_text("phone_number,external_id\n" + "x" * 600_000)

    monkeypatch.setattr(Results, "add", changing)
    done = add_leads("people.csv")
    assert done.exit_code == 1
    assert "error: people.csv: the file changed while its rows were sent. Run the" in done.stderr
    assert 0 < len(sandbox.leads) < 100
    rows = results_of(here / "people.results.csv")
    assert sum(row["status"] == "added" for row in rows) == len(sandbox.leads)


def test_ctrl_c_before_anything_was_started(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    Path("people.csv").write_text(PEOPLE)
    monkeypatch.setattr("nlpearl.cli.source.Source.examine", interrupted)
    done = add_leads("people.csv")
    assert done.exit_code == 130
    assert done.stderr.strip() == "Interrupted."


def test_ctrl_c_stops_and_every_row_is_accounted_for(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in test_cli_terminal.py, where coverage sees it: after five results."""
    add = Results.add
    count = [0]

    def interrupting(self: Results, result: Any) -> None:
        add(self, result)
        count[0] += 1
        if count[0] == 5:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Results, "add", interrupting)
    Path("people.csv").write_text(people(200))
    done = add_leads("people.csv")
    assert done.exit_code == 130
    assert "\nInterrupted.\n" in done.stderr
    rows = results_of(here / "people.results.csv")
    assert len(rows) == 200
    assert sum(row["status"] == "added" for row in rows) == len(sandbox.leads)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_twice_leaves_the_loop(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupting(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Results, "add", interrupting)
    Path("people.csv").write_text(people(200))
    done = add_leads("people.csv")
    assert done.exit_code == 130
    assert done.stderr.endswith("Interrupted.\n")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_disk_that_is_full_is_a_sentence(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Results, "write", full)
    Path("people.csv").write_text(people(20))
    done = add_leads("people.csv")
    assert done.exit_code == 1
    assert "error: No space left on device\n" in done.stderr


def test_many_rows_over_http_keep_their_order(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reply(request: Request) -> bytes:
        if str(request.json["externalId"]).endswith("0"):
            time.sleep(0.05)
        return response()

    with Server(replying(reply)) as server:
        monkeypatch.setenv("NLPEARL_API_KEY", KEY)
        monkeypatch.setenv("NLPEARL_BASE_URL", server.url)
        Path("people.csv").write_text(people(100))
        assert add_leads("people.csv", "--rate", "1000").exit_code == 0
    rows = results_of(here / "people.results.csv")
    assert [row["line"] for row in rows] == [str(line) for line in range(2, 102)]


def test_real_calls_are_announced(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("people.csv").write_text(people(1))
    said = add_leads("people.csv", "--dry-run").stderr
    assert re.search(r"Host +https://\S+, real calls\n", said)
    assert re.search(r"Dry run +nothing is sent\n", said)
