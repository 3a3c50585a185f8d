"""The dry run: everything that can be known without a request, and nothing sent."""

import contextlib
import re
import sqlite3
from concurrent.futures import Future
from pathlib import Path

import pytest

from nlpearl import Lead, Ledger, LedgerError, NLPearl
from nlpearl.cli import dry_run
from nlpearl.cli.repeats import Repeats
from nlpearl.cli.results import Place
from nlpearl.sandbox import Sandbox

from .cli_running import LEDGER, add_leads, people, results_of
from .conftest import KEY
from .postgres import Database
from .servers import CAMPAIGN_ID

pytest_plugins = ["tests.cli_fixtures"]

PEOPLE = """phone_number,external_id,time_zone
+14155550123,1,
nobody,2,
,3,
,4,
+14155550124,1,
+14155550123,5,
+14155550125,6,EST
+14155550126,7,
"""


def statuses(path: Path) -> list[str]:
    return [row["status"] for row in results_of(path)]


def test_it_finds_every_fault_and_sends_nothing(here: Path) -> None:
    """No API key is needed."""
    Path("people.csv").write_text(PEOPLE)
    done = add_leads("people.csv", "--dry-run")
    assert (done.exit_code, done.stdout) == (1, "")
    rows = results_of(here / "people.results.csv")
    assert [(row["line"], row["external_id"], row["status"]) for row in rows] == [
        ("2", "1", "pending"), ("3", "2", "invalid"), ("4", "3", "invalid"), ("5", "4", "invalid"),
        ("6", "1", "not sent"), ("7", "5", "not sent"), ("8", "6", "invalid"),
        ("9", "7", "pending"),
    ]  # fmt: skip
    assert rows[0]["reason"] == "valid; not sent in a dry run"
    assert rows[4]["reason"] == "duplicate: the same external id as in line 2"
    assert rows[5]["reason"] == "duplicate: the same phone number as in line 2"
    assert "\n  phone number is missing: 2 rows, lines 4, 5\n" in done.stderr
    assert "\n8 rows: 2 would be added, 6 would not. Nothing was sent\n" in done.stderr
    assert "and run the same command without --dry-run" in done.stderr
    assert sorted(path.name for path in here.iterdir()) == ["people.csv", "people.results.csv"]


def test_a_file_without_faults_is_good(here: Path) -> None:
    Path("people.csv").write_text("phone_number\n(415) 555-0123\n")
    done = add_leads("people.csv", "--dry-run", "--default-region", "US")
    assert done.exit_code == 0
    assert "Next     Run the same command without --dry-run: nobody is added" in done.stderr
    assert add_leads("-", "--dry-run", stdin=people(1)).exit_code == 0, "needs no ledger"


def test_it_says_of_each_row_what_the_run_then_does(
    sandbox: Sandbox, here: Path, ledger_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ["--ledger", ledger_place]
    Path("first.csv").write_text(people(5))
    assert add_leads("first.csv", *ledger, "--dry-run").exit_code == 0, "nobody is known"
    sandbox.inject_fault(lost="close")
    sandbox.inject_fault(status=400)
    add_leads("first.csv", *ledger, "--concurrency", "1")
    # Another number under an id, another id for a number, another time zone, no id any more.
    text = people(9).replace("phone_number,external_id", "phone_number,external_id,time_zone")
    text = text.replace("+14155550003,3", "+14155550999,3").replace("0002,2", "0002,2,UTC")
    text = text.replace("0004,4", "0004,x").replace("0005,5", "0005,").replace("0006,6", "0005,6")
    Path("second.csv").write_text(text)
    requests = len(sandbox.requests)
    monkeypatch.setattr(dry_run, "AHEAD", 4)
    dry = add_leads("second.csv", *ledger, "--dry-run")
    assert dry.exit_code == 1
    assert len(sandbox.requests) == requests
    expected = results_of(here / "second.results.csv")
    assert [row["status"] for row in expected] == [
        "unknown", "pending", "added earlier", "not sent", "not sent", "pending", "not sent",
        "pending", "pending",
    ]  # fmt: skip
    assert expected[0]["reason"].startswith("this lead was sent at 20")
    assert expected[0]["reason"].endswith(
        "and its outcome is unknown: it may exist. Look it up: nlpearl ledger settle LEDGER. "
        "--resend-unknown sends it again, which calls anyone who was added twice"
    )
    assert expected[2]["reason"] == "not as it was sent then: time zone"
    assert "external id was added with another phone number (lead id" in expected[3]["reason"]
    assert "--allow-same-number adds it again, and it is called again" in expected[4]["reason"]
    assert expected[6]["reason"] == "duplicate: the same phone number as in line 7"
    assert "4 would be added, 1 were added by earlier runs, 4 would not" in dry.stderr
    run = add_leads("second.csv", *ledger)
    assert run.exit_code == 1
    done = results_of(here / "second.results.csv")
    for before, after in zip(expected, done, strict=True):
        if before["status"] == "pending":
            assert after["status"] == "added"
        else:
            assert after == before


def test_it_heeds_what_is_to_be_sent_again(sandbox: Sandbox, here: Path) -> None:
    Path("first.csv").write_text(people(2))
    sandbox.inject_fault(lost="close")
    add_leads("first.csv", "--concurrency", "1")
    Path("second.csv").write_text(people(2).replace(",1", ",x") + "+14155550001,y\n+14155550009,\n")
    options = ["--resend-unknown", "--allow-same-number"]
    assert add_leads("second.csv", *options, "--dry-run").exit_code == 1
    *others, last = results_of(here / "second.results.csv")
    assert [row["status"] for row in others] == ["pending"] * 3
    assert last["reason"] == (
        "external id is missing: with --allow-same-number it alone tells leads apart"
    )
    assert add_leads("second.csv", *options).exit_code == 1
    *others, _ = results_of(here / "second.results.csv")
    assert [row["status"] for row in others] == ["added"] * 3


def test_who_is_being_added_at_this_moment_is_told(
    sandbox: Sandbox, here: Path, ledger_place: str
) -> None:
    api = (sandbox.url, "v1")
    Path("people.csv").write_text(people(1))
    with contextlib.closing(Ledger(ledger_place)) as other:
        lead = Lead("+14155550000", external_id="0")
        other.claim(api, CAMPAIGN_ID, lead, "other", 60.0, resend=False, same_number=False).result()
        done = add_leads("people.csv", "--dry-run", "--ledger", ledger_place)
    assert done.exit_code == 1
    [row] = results_of(here / "people.results.csv")
    assert row["status"] == "unknown"
    assert re.fullmatch(
        r"this lead is being added at this moment; add it again in \d+ s", row["reason"]
    )


def contents(path: Path) -> list[str]:
    """All that a SQLite ledger holds."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_the_ledger_is_only_read(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(3))
    add_leads("people.csv")
    Path("people.csv").write_text(people(5).replace(",2", ","))
    before = contents(Path(LEDGER))
    assert add_leads("people.csv", "--dry-run").exit_code == 0
    assert contents(Path(LEDGER)) == before
    assert sorted(path.name for path in here.iterdir()) == [
        LEDGER, "people.csv", "people.results.csv",
    ]  # fmt: skip


def test_a_database_is_only_read(
    sandbox: Sandbox, here: Path, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("people.csv").write_text(people(1))
    ledger = ["--ledger", postgres.url]
    assert add_leads("people.csv", "--dry-run", *ledger).exit_code == 0
    assert postgres("SELECT to_regclass('nlpearl_leads')") == [(None,)]
    with contextlib.closing(Ledger(postgres.url)) as unbound:
        assert unbound.counts() == {}
    done = add_leads("people.csv", "--dry-run", *ledger)
    assert done.exit_code == 0
    assert postgres("SELECT base_url FROM nlpearl_ledger") == [(None,)]
    add_leads("people.csv", *ledger)
    monkeypatch.setenv("NLPEARL_BASE_URL", "http://127.0.0.1:9")
    done = add_leads("people.csv", "--dry-run", *ledger)
    assert done.exit_code == 2
    assert f"it is bound to {sandbox.url}" in done.stderr


def test_no_password_is_shown(sandbox: Sandbox, here: Path, postgres: Database) -> None:
    Path("people.csv").write_text(people(1))
    url = postgres.role("CREATE, USAGE ON SCHEMA public", password="Sesame.7")
    shown = f"postgresql://{url.rpartition('@')[2]}"
    for options in (["--dry-run"], [], ["--json"]):
        done = add_leads("people.csv", "--ledger", url, *options)
        assert done.exit_code == 0
        assert f"Ledger    {shown}\n" in done.stderr
        assert "Sesame" not in done.stderr + done.stdout
    assert shown in done.stdout
    wrong = url.replace("Sesame.7", "Sesame.8")
    for options in (["--dry-run"], []):
        done = add_leads("people.csv", "--ledger", wrong, *options)
        assert done.exit_code == 2
        assert f"error: ledger '{shown}': " in done.stderr
        assert "Sesame" not in done.stderr + done.stdout


def test_what_a_crash_left_is_read_as_well(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(1))
    add_leads("people.csv")
    # A change that is in the -wal file alone.
    connection = sqlite3.connect(LEDGER)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE leads SET lead_id = 'other'")
    connection.commit()
    assert Path(f"{LEDGER}-wal").exists()
    assert add_leads("people.csv", "--dry-run").exit_code == 0
    connection.close()
    assert results_of(here / "people.results.csv")[0]["lead_id"] == "other"


def test_a_ledger_that_is_in_use_is_read_as_well(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(2))
    with NLPearl(KEY, base_url=sandbox.url) as client:
        rows = [{"phone_number": "+14155550000", "external_id": 0}, {}]
        with client.add_leads(CAMPAIGN_ID, rows, ledger=LEDGER) as other:
            # The invalid row may come first, while the other one is being added.
            assert any(result.added for result in other)
            assert add_leads("people.csv", "--dry-run").exit_code == 0
    statuses_ = [row["status"] for row in results_of(here / "people.results.csv")]
    assert statuses_ == ["added earlier", "pending"]


def test_a_ledger_that_cannot_be_read_is_a_sentence(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("people.csv").write_text(people(2))
    done = add_leads("people.csv", "--dry-run", "--ledger", "people.csv")
    assert done.exit_code == 2
    assert "error: ledger 'people.csv': it is not a ledger; choose another path" in done.stderr
    done = add_leads("people.csv", "--dry-run", "--ledger", "none/x")
    assert done.exit_code == 2
    assert "error: ledger 'none/x': the folder 'none' does not exist" in done.stderr
    assert not (here / "people.results.csv").exists()


def test_a_ledger_that_hangs_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlpearl.ledger.ledger.PATIENCE", 0.0)
    monkeypatch.setattr("nlpearl.ledger.ledger.HANGS", 0.0)
    rows = [(Place(2, ""), Lead("+14155550123"))]
    with pytest.raises(LedgerError, match="does not respond"):
        list(dry_run.findings(rows, lambda _: Future()))


@pytest.mark.parametrize("one", ["a", None])
def test_repeats_are_found_by_number_and_by_id(one: str | None) -> None:
    repeats = Repeats("row")
    assert repeats.find(Lead("+14155550123", external_id=one), 2) is None
    assert repeats.find(Lead("+14155550124"), 3) is None
    said = "duplicate: the same phone number as in row 2"
    assert repeats.find(Lead("+14155550123", external_id="b"), 4) == said
    assert repeats.find(Lead("+14155550123"), 5) == said
    assert repeats.find(Lead("+14155550125", external_id="b"), 6) is None, "row 4 is not sent"
    assert repeats.find(Lead("+14155550126", external_id="b"), 7) == (
        "duplicate: the same external id as in row 6"
    )
    repeats.close()


def test_a_number_may_come_twice_where_that_is_wanted() -> None:
    repeats = Repeats("row", same_number=True)
    assert repeats.find(Lead("+14155550123", external_id="a"), 2) is None
    assert repeats.find(Lead("+14155550123", external_id="b"), 3) is None
    assert repeats.find(Lead("+14155550124", external_id="b"), 4) is not None
    assert repeats.find(Lead("+14155550123"), 5) is None
    repeats.close()
