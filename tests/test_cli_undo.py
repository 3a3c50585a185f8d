"""`nlpearl undo`: a wrong list is deleted again where nobody has called, in the ledger too."""

import _thread
import contextlib
import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from nlpearl import AddedLead, Lead, Ledger
from nlpearl.cli import commands, undoing
from nlpearl.cli import undo as undo_module
from nlpearl.ledger.claims import Claim
from nlpearl.sandbox import Sandbox

from .cli_running import LEDGER, add_leads, people, run
from .conftest import KEY
from .servers import CAMPAIGN_ID, Request, Server, replying, response, responses

pytest_plugins = ["tests.cli_fixtures"]

RESULTS = "people.results.csv"
HEADER = "line,external_id,status,lead_id,reason\n"


def undo(*options: str) -> Result:
    return run("undo", CAMPAIGN_ID, RESULTS, "--yes", *options)


def counts(place: str) -> dict[str, int]:
    with contextlib.closing(Ledger(place)) as found:
        return dict(found.counts().get(CAMPAIGN_ID, {}))


def rows(done: Result) -> list[list[str]]:
    """The rows of the table: line, and what follows the lead id."""
    return [" ".join(line.split()).split(" ", 3) for line in done.stdout.splitlines()[1:]]


@pytest.fixture
def added(sandbox: Sandbox, here: Path, ledger_place: str) -> str:
    """The ledger of a run that has added three leads."""
    Path("people.csv").write_text(people(3))
    add_leads("people.csv", "--ledger", ledger_place, "--concurrency", "1")
    return ledger_place


class Platform:
    """A platform that does with leads what a test wants, as a script of a server."""

    def __init__(self, count: int) -> None:
        self.leads: dict[str, dict[str, Any]] = {
            f"id{number}": {
                "id": f"id{number}", "externalId": str(number), "status": 1, "callsId": [],
                "phoneNumber": f"+1415555{number:04}", "lastCall": None,
            }
            for number in range(count)
        }  # fmt: skip
        self.campaign = response(200, b'{"id": "x", "name": "Spring", "status": 1}')
        self.deletion: Callable[[list[str]], bytes] = self.delete
        self.before: Callable[[str, str], bytes | None] = lambda _method, _id: None
        self.deletions: list[list[str]] = []

    def delete(self, ids: list[str]) -> bytes:
        for each in ids:
            self.leads.pop(each, None)
        return response(200, b"true")

    def reply(self, request: Request) -> bytes:
        name = request.target.rpartition("/")[2]
        if said := self.before(request.method, name):
            return said
        if request.method == "DELETE":
            ids: Any = request.json["leadIds"]
            self.deletions.append(ids)
            return self.deletion(ids)
        if name == CAMPAIGN_ID:
            return self.campaign
        found = self.leads.get(name)
        return response(200, json.dumps(found).encode()) if found else response(404, b"")

    def results(self, status: str = "added") -> None:
        """The results file of the run that has added them."""
        lines = [f"{2 + n},{n},{status},{id_},\n" for n, id_ in enumerate(self.leads)]
        Path(RESULTS).write_text(HEADER + "".join(lines))

    def ledger(self, url: str) -> None:
        """The ledger of that run."""
        with contextlib.closing(Ledger(LEDGER)) as ledger:
            for id_, lead in self.leads.items():
                sent = Lead(str(lead["phoneNumber"]), external_id=str(lead["externalId"]))
                claim = ledger.claim(
                    (url, "v1"), CAMPAIGN_ID, sent, id_, 9.0, resend=False, same_number=False
                ).result()
                assert isinstance(claim, Claim)
                ledger.finish((url, "v1"), claim, AddedLead(id_, sent)).result()


@pytest.fixture
def platform(here: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Platform]:
    """Three leads, their results file and their ledger."""
    made = Platform(3)
    made.results()
    monkeypatch.setenv("NLPEARL_API_KEY", KEY)
    monkeypatch.setattr(undoing, "PAUSES", (0.0, 0.01))
    with Server(replying(made.reply)) as server:
        monkeypatch.setenv("NLPEARL_BASE_URL", server.url)
        made.ledger(server.url)
        yield made


def test_a_wrong_list_is_undone_and_can_be_added_again(added: str, sandbox: Sandbox) -> None:
    done = undo("--ledger", added)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1] == "3 leads: 3 deleted"
    assert f"Campaign  Sandbox ({CAMPAIGN_ID}), running" in done.stderr
    assert "people.results.csv: 3 rows added.\n" in done.stderr
    assert sandbox.leads == []
    assert counts(added) == {}
    done = undo("--ledger", added)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-2] == "3 leads: 3 not there"
    assert undo("--ledger", added, "--gone").exit_code == 0
    assert add_leads("people.csv", "--ledger", added).exit_code == 0
    assert len(sandbox.leads) == 3


def test_in_version_2_and_without_a_ledger(sandbox: Sandbox, here: Path) -> None:
    v2 = ["--no-ledger", "--api-version", "v2"]
    Path("people.csv").write_text(people(120))
    add_leads("people.csv", *v2)
    done = undo(*v2)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "120 leads: 120 deleted"
    assert sandbox.leads == []
    deletions = [each for each in sandbox.requests if each.method == "DELETE"]
    assert [len(json.loads(each.body)["leadIds"]) for each in deletions] == [50, 50, 20]


def test_what_earlier_runs_added_is_left(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(2))
    add_leads("people.csv")
    Path("people.csv").write_text(people(3))
    add_leads("people.csv")
    done = undo()
    assert done.exit_code == 0
    assert "1 row added. 2 rows that earlier runs added are left." in done.stderr
    assert [each["externalId"] for each in sandbox.leads] in (["0", "1"], ["1", "0"])
    assert counts(LEDGER) == {"added": 2}
    add_leads("people.csv")
    add_leads("people.csv")
    done = undo()
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: {RESULTS}: the run has added nobody. 3 rows that earlier runs added are left. "
        "Nothing to undo\n"
    )


def test_who_was_called_is_left(platform: Platform) -> None:
    platform.leads["id0"]["callsId"] = ["call"]
    platform.leads["id1"]["status"] = 20
    done = undo()
    assert done.exit_code == 1
    assert rows(done) == [
        ["2", "0", "id0", "called already it was called"],
        ["3", "1", "id1", "called already its status is IN_CALL_QUEUE"],
    ]
    assert done.stderr.splitlines()[-1] == "3 leads: 1 deleted, 2 called already"
    assert {*platform.leads} == {"id0", "id1"}
    assert counts(LEDGER) == {"added": 2}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"lastCall": {"id": "x"}}, "it was called"),
        ({"status": None}, "the API does not tell its status"),
        ({"status": 42}, "its status is UNKNOWN_42"),
        ({"id": "another"}, "the API has responded with another lead"),
    ],
)
def test_what_is_not_certain_is_left(platform: Platform, change: dict[str, Any], why: str) -> None:
    platform.leads["id0"].update(change)
    done = undo()
    assert done.exit_code == 1
    assert rows(done) == [["2", "0", "id0", f"called already {why}"]]
    assert platform.deletions == [["id1", "id2"]]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (response(200, b"false"), "the API says that not all were deleted"),
        (response(200, b"true"), "the API says that it was deleted"),
        (
            response(400, b'{"title": "some"}'),
            "400 some. All of it, or a part, may have been done.",
        ),
        (response(500, b""), "500 Internal Server Error."),
        (response(404, b""), "404 Not Found. Check the campaign id: API v1 takes the outbound id"),
        (response(429, b"", {"Retry-After": "0.01"}), "429 Too Many Requests."),
        (response(200, b"<html>"), "200 the response has no result"),
    ],
)
def test_a_deletion_is_believed_only_as_far_as_it_is_seen(
    platform: Platform, said: bytes, reason: str
) -> None:
    def deletion(ids: list[str]) -> bytes:
        platform.leads.pop("id1", None)
        return said

    platform.deletion = deletion
    done = undo()
    assert done.exit_code == 1
    found = rows(done)
    assert [each[:3] for each in found] == [["2", "0", "id0"], ["4", "2", "id2"]]
    for each in found:
        assert each[3].startswith(f"still there {reason}")
    assert "3 leads: 1 deleted, 2 still there" in done.stderr
    assert "Run the same command again: it goes on with the rest." in done.stderr
    assert counts(LEDGER) == {"added": 2}
    platform.deletion = platform.delete
    done = undo()
    assert "3 leads: 2 deleted, 1 not there" in done.stderr
    assert counts(LEDGER) == {}


def test_a_deletion_that_shows_late_is_waited_for(platform: Platform) -> None:
    left: list[list[str]] = []

    def deletion(ids: list[str]) -> bytes:
        left.append(ids)
        return response(200, b"true")

    def before(method: str, name: str) -> None:
        if left and name == "id2" and method == "GET":
            looks.append(name)
            if len(looks) == 2:
                platform.delete(left[0])

    looks: list[str] = []
    platform.deletion, platform.before = deletion, before
    assert undo().exit_code == 1, "the first two were looked at before"
    assert undo("--gone").exit_code == 0
    assert counts(LEDGER) == {}


def test_nothing_is_released_by_a_server_that_finds_nothing(platform: Platform) -> None:
    def deletion(ids: list[str]) -> bytes:
        platform.before = lambda _method, _id: response(404, b"")
        return response(200, b"true")

    platform.deletion = deletion
    done = undo()
    assert done.exit_code == 1
    assert rows(done)[0][3].startswith("unknown not found, but neither is its campaign: 404 ")
    assert "3 leads: 3 unknown" in done.stderr
    assert counts(LEDGER) == {"added": 3}


@pytest.mark.parametrize("broken", [response(401, b""), response(500, b""), b""])
def test_what_cannot_be_looked_up_afterwards_is_unknown(platform: Platform, broken: bytes) -> None:
    def deletion(ids: list[str]) -> bytes:
        platform.delete(ids)
        platform.before = lambda _method, name: broken if name == "id1" else None
        return response(200, b"true")

    platform.deletion = deletion
    if not broken:
        broken = response(200, b"not JSON")
    done = undo()
    assert done.exit_code == 1
    assert [each[3].split(":")[0] for each in rows(done)] == ["unknown it cannot be looked up"] * 2
    assert "3 leads: 1 deleted, 2 unknown" in done.stderr
    assert counts(LEDGER) == {"added": 2}


@pytest.mark.parametrize("status", [400, 500])
def test_a_row_that_cannot_be_looked_up_does_not_stop_the_others(
    platform: Platform, status: int
) -> None:
    said = b'{"errors": {"x": ["y"]}}'
    platform.before = lambda _method, name: response(status, said) if name == "id1" else None
    done = undo()
    assert done.exit_code == 1
    assert rows(done)[0][3].startswith(f"not done it cannot be looked up: {status} x: y")
    assert "3 leads: 2 deleted, 1 not done" in done.stderr


@pytest.mark.parametrize(
    "broken", [response(401, b""), response(429, b"", {"Retry-After": "0.01"})]
)
def test_an_error_of_all_rows_ends_it_with_all_accounted_for(
    platform: Platform, broken: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo_module, "BATCH", 1)
    platform.before = lambda _method, name: broken if name == "id1" else None
    done = undo()
    assert done.exit_code == 1
    assert [each[3] for each in rows(done)] == ["not done not processed"] * 2
    assert "3 leads: 1 deleted, 2 not done" in done.stderr
    assert f"\nerror: {broken.split()[1].decode()} " in done.stderr
    platform.before = lambda _method, _id: None
    assert undo("--gone").exit_code == 0


@pytest.mark.parametrize(
    "absent", [response(200, b"null"), response(400, b"{}"), response(404, b"")]
)
def test_a_lead_that_is_not_there_is_released_only_by_a_person(
    platform: Platform, absent: bytes
) -> None:
    platform.before = lambda _method, name: absent if name == "id1" else None
    done = undo()
    assert done.exit_code == 1
    assert rows(done) == [["3", "1", "id1", "not there deleted already, or not found yet"]]
    assert "the same command with --gone makes the ledger forget it" in done.stderr
    assert counts(LEDGER) == {"added": 1}
    assert undo("--gone").exit_code == 0
    assert platform.deletions == [["id0", "id2"], ["id0", "id1", "id2"]]
    assert counts(LEDGER) == {}


def test_two_leads_of_one_number_are_told_apart(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text("phone_number,external_id\n+14155550001,1\n")
    add_leads("people.csv")
    Path("people.csv").write_text("phone_number,external_id\n+14155550001,2\n")
    add_leads("people.csv", "--allow-same-number")
    assert undo().exit_code == 0
    assert [each["externalId"] for each in sandbox.leads] == ["1"]
    assert counts(LEDGER) == {"added": 1}


def test_a_lead_without_an_external_id(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text("phone_number\n+14155550001\n")
    add_leads("people.csv")
    sandbox.clear()
    done = undo("--gone")
    assert done.exit_code == 1
    assert "nothing names it there: nlpearl ledger forget, with its --phone-number" in done.stdout
    assert "1 lead: 1 deleted, but in the ledger" in done.stderr
    Path("people.csv").write_text("phone_number\n+14155550002\n")
    add_leads("people.csv")
    assert undo().exit_code == 0
    assert counts(LEDGER) == {"added": 1}


def test_a_ledger_that_is_in_use_or_another_is_said(platform: Platform) -> None:
    url = os.environ["NLPEARL_BASE_URL"]
    with contextlib.closing(Ledger(LEDGER)) as other:
        other.forget(CAMPAIGN_ID, external_id="1")
        other.claim(
            (url, "v1"), CAMPAIGN_ID, Lead("+14155550001", external_id="1"), "x", 60.0,
            resend=False, same_number=False,
        ).result()  # fmt: skip
        other.forget(CAMPAIGN_ID, external_id="2")
        done = undo()
    assert done.exit_code == 1
    assert rows(done) == [
        ["3", "1", "id1", "deleted, but in the ledger this lead is being added at this moment; try "
         "again later"],
        ["4", "2", "id2", "deleted, not in the ledger is it the ledger of the run?"],
    ]  # fmt: skip


def test_ctrl_c_ends_it_after_a_batch(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_module, "BATCH", 1)

    def deletion(ids: list[str]) -> bytes:
        _thread.interrupt_main()
        return platform.delete(ids)

    platform.deletion = deletion
    done = undo()
    assert done.exit_code == 130
    assert "3 leads: 1 deleted, 2 not done" in done.stderr
    assert done.stderr.splitlines()[-1] == "Interrupted."
    assert counts(LEDGER) == {"added": 2}


def test_a_second_ctrl_c_leaves_what_is_open_unknown(platform: Platform) -> None:
    def deletion(ids: list[str]) -> bytes:
        platform.delete(ids)
        _thread.interrupt_main()
        platform.before = interrupting
        return response(200, b"true")

    def interrupting(_method: str, _id: str) -> None:
        _thread.interrupt_main()

    platform.deletion = deletion
    done = undo()
    assert done.exit_code == 130
    assert rows(done)[0][3] == "unknown interrupted: it may be deleted"
    assert "3 leads: 3 unknown" in done.stderr
    assert counts(LEDGER) == {"added": 3}
    platform.before, platform.deletion = (lambda _method, _id: None), platform.delete
    assert undo("--gone").exit_code == 0
    assert counts(LEDGER) == {}


@pytest.mark.parametrize(
    ("status", "said"), [(401, "Check the API key"), (404, "use --api-version v2"), (500, "500 ")]
)
def test_a_wrong_key_or_campaign_changes_nothing(
    platform: Platform, status: int, said: str
) -> None:
    platform.campaign = response(status, b"")
    done = undo()
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert platform.deletions == []


def test_a_dead_server_changes_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Platform(1).results()
    monkeypatch.setenv("NLPEARL_API_KEY", KEY)
    with Server(responses(b"")) as server:
        monkeypatch.setenv("NLPEARL_BASE_URL", server.url)
    done = undo("--no-ledger")
    assert done.exit_code == 2
    assert "Nothing was sent" in done.stderr


def test_the_ledger_of_the_run_has_to_be_named(platform: Platform) -> None:
    Path(LEDGER).rename("other.ledger")
    done = undo()
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: there is no ledger {LEDGER}. Name the one of the run: --ledger PLACE. If it had "
        "none: --no-ledger\n"
    )
    done = undo("--ledger", "x", "--no-ledger")
    assert done.exit_code == 2
    assert done.stderr == "error: --ledger and --no-ledger exclude each other\n"
    done = undo("--ledger", "other.ledger", "--api-version", "v2")
    assert done.exit_code == 2
    assert "it is bound to " in done.stderr
    assert platform.deletions == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not a results file of nlpearl add-leads: its first line is not line,"),
        ("phone_number,external_id\n+14155550001,1\n", "it is not a results file"),
        (HEADER + "1,2,3\n", "line 2 is not as nlpearl add-leads has written it"),
        (HEADER + "x,1,added,id0,\n", "line 2 is not as"),
        (HEADER + "2,1,called,id0,\n", "line 2 is not as"),
        (HEADER + "\n2,1,added,,\n", "line 3 is not as"),
        (HEADER + '2,"1', "it is not a results file"),
        (HEADER + "2,1,not sent,,why\n", "the run has added nobody. Nothing to undo"),
        (HEADER, "the run has added nobody. Nothing to undo"),
        (b"PK\x03\x04\xff\xfe", "it is not a results file"),
    ],
)
def test_an_invalid_results_file_is_refused(
    platform: Platform, text: str | bytes, said: str
) -> None:
    Path(RESULTS).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = undo()
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {RESULTS}: {said}")
    assert platform.deletions == []


def test_no_file_a_folder_and_one_that_is_being_written(platform: Platform) -> None:
    with Path(RESULTS).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = undo()
    assert done.stderr == f"error: {RESULTS}: a run is writing it. Wait until that has ended\n"
    Path(RESULTS).unlink()
    assert undo().stderr == f"error: {RESULTS}: No such file or directory\n"
    Path(RESULTS).mkdir()
    assert undo().stderr == f"error: {RESULTS}: Is a directory\n"


def test_an_external_id_is_read_as_it_was(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text("phone_number,external_id\n+14155550001,=1\n")
    add_leads("people.csv")
    assert "'=1" in Path(RESULTS).read_text()
    sandbox.clear()
    assert undo("--gone").exit_code == 0
    assert counts(LEDGER) == {}


def test_nobody_can_be_asked_without_a_terminal(platform: Platform) -> None:
    done = run("undo", CAMPAIGN_ID, RESULTS, stdin="y\n")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1] == (
        "error: standard input is not a terminal, so nobody can be asked. Pass --yes"
    )
    assert platform.deletions == []


@pytest.mark.parametrize(
    ("typed", "code", "deleted"), [(b"y\n", 0, True), (b"n\n", 2, False), (b"\x04", 130, False)]
)
def test_somebody_is_asked(
    platform: Platform,
    typed: bytes,
    code: int,
    deleted: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, typed)
    monkeypatch.setattr(sys, "argv", ["nlpearl", "undo", CAMPAIGN_ID, RESULTS])
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        try:
            ended = commands.run()
        except SystemExit as left:
            ended = int(str(left.code))
    os.close(ours)
    assert ended == code
    shown = capsys.readouterr().err
    assert f"Delete up to 3 leads of Spring ({CAMPAIGN_ID})? Leads that were already" in shown
    assert ("nothing was changed" in shown) == (code == 2)
    assert bool(platform.deletions) == deleted


def test_ctrl_c_at_the_prompt_changes_nothing(platform: Platform) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("nlpearl")), "undo", CAMPAIGN_ID, RESULTS],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        os.close(theirs)
        assert process.stderr
        text = b""
        while b"[y/N]" not in text:
            text += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    os.close(ours)
    assert platform.deletions == []
