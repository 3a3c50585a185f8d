"""`nlpearl ledger …`: what a ledger has, moved and corrected."""

import contextlib
import shutil
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest
from click.testing import Result

from nlpearl import Lead, Ledger
from nlpearl.sandbox import Sandbox

from .cli_running import LEDGER, add_leads, people, run
from .postgres import Database
from .servers import CAMPAIGN_ID

pytest_plugins = ["tests.cli_fixtures"]

OTHER = "67d42f167f3c392c6d7a2d99"


def ledger(*arguments: str, stdin: str | None = None) -> Result:
    return run("ledger", *arguments, stdin=stdin)


@pytest.fixture
def used(sandbox: Sandbox, here: Path, ledger_place: str) -> str:
    """A ledger with two leads that were added, one that is unknown, and one that is free."""
    Path("people.csv").write_text(people(4))
    sandbox.inject_fault(lost="close")
    sandbox.inject_fault(status=400)
    add_leads("people.csv", "--ledger", ledger_place, "--concurrency", "1")
    return ledger_place


@contextlib.contextmanager
def somebody_adds(place: str, sandbox: Sandbox) -> Generator[None]:
    """Somebody is in the middle of adding the lead 9."""
    lead = Lead("+14155550009", external_id="9")
    with contextlib.closing(Ledger(place)) as other:
        other.claim(
            (sandbox.url, "v1"), CAMPAIGN_ID, lead, "x", 60.0, resend=False, same_number=False
        ).result()
        yield


def counts(place: str) -> dict[str, dict[str, int]]:
    with contextlib.closing(Ledger(place)) as found:
        return {campaign: dict(counted) for campaign, counted in found.counts().items()}


def test_the_states_of_the_leads_of_each_campaign(used: str) -> None:
    run("add-leads", OTHER, "people.csv", "--ledger", used)
    done = ledger("show", used)
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["campaign", "added", "claimed", "unknown", "free"],
        [CAMPAIGN_ID, "2", "0", "1", "1"],
        [OTHER, "4", "0", "0", "0"],
    ]


def test_the_leads_whose_outcome_is_unknown(used: str) -> None:
    done = ledger("unknown", used)
    names, row = done.stdout.splitlines()
    campaign, external_id, sent, known = row.split(maxsplit=3)
    assert names.split() == ["campaign", "external_id", "sent", "known"]
    assert (campaign, external_id) == (CAMPAIGN_ID, "0")
    assert known.rstrip() == "no usable response came"
    assert done.stderr.startswith("Next: nlpearl ledger settle ")
    assert sent.endswith("+00:00")
    done = ledger("unknown", used, "--csv")
    assert done.stdout == (
        f"campaign,external_id,sent,known\n{CAMPAIGN_ID},0,{sent},no usable response came\n"
    )


def test_a_narrow_terminal_shows_whole_ids(used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "60")
    done = ledger("unknown", used)
    assert "\x1b[1m" in done.stdout
    assert "…" not in done.stdout
    assert max(map(len, done.stdout.splitlines()[1:])) <= 60


def test_a_lead_is_released_and_sent_again(used: str, sandbox: Sandbox) -> None:
    before = len(sandbox.leads)
    done = ledger("release", used, CAMPAIGN_ID, "--external-id", "0", stdin="n\n")
    assert done.exit_code == 2
    assert "Was the lead certainly not added? If it was, it will be called twice" in done.stderr
    assert done.stderr.endswith("error: nothing was changed\n")
    assert counts(used)[CAMPAIGN_ID]["unknown"] == 1
    done = ledger("release", used, CAMPAIGN_ID, "--external-id", "0", stdin="y\n")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Released: it is sent when it is added the next time." in done.stderr
    assert counts(used)[CAMPAIGN_ID] == {"added": 2, "free": 2}
    assert add_leads("people.csv", "--ledger", used).exit_code == 0
    assert len(sandbox.leads) == before + 2


@pytest.mark.parametrize("campaign", [CAMPAIGN_ID, OTHER])
def test_what_was_added_is_not_released(used: str, campaign: str) -> None:
    before = counts(used)
    done = ledger("release", used, campaign, "--external-id", "2", "--yes")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: the ledger has no such lead whose outcome is unknown. Nothing was changed\n"
    )
    assert counts(used) == before


def test_a_lead_is_forgotten_by_its_number_in_any_spelling(used: str, sandbox: Sandbox) -> None:
    before = len(sandbox.leads)
    number = ["--phone-number", "(415) 555-0002"]
    done = ledger("forget", used, CAMPAIGN_ID, *number, "--yes")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: phone number: ")
    assert "--default-region" in done.stderr
    done = ledger("forget", used, CAMPAIGN_ID, *number, "--default-region", "US", stdin="y\n")
    assert done.exit_code == 0
    assert "Was the lead deleted on the platform? If not, it will be called twice" in done.stderr
    assert "Forgotten: it is added the next time." in done.stderr
    done = ledger("forget", used, CAMPAIGN_ID, "--external-id", "2", "--yes")
    assert done.exit_code == 2
    assert done.stderr == "error: the ledger has no such lead. Nothing was changed\n"
    add_leads("people.csv", "--ledger", used)
    assert len(sandbox.leads) == before + 2, "the one that was forgotten, and the one that is free"


def test_a_lead_that_is_being_added_is_left_alone(used: str, sandbox: Sandbox) -> None:
    with somebody_adds(used, sandbox):
        assert "1" in ledger("show", used).stdout.split()[7]
        for command in ("release", "forget"):
            done = ledger(command, used, CAMPAIGN_ID, "--external-id", "9", "--yes")
            assert done.exit_code == 2
            assert "this lead is being added at this moment; try again later" in done.stderr


def test_a_lead_has_to_be_named(used: str) -> None:
    both = ["--external-id", "1", "--phone-number", "+14155550001"]
    for options in ([], both):
        done = ledger("release", used, CAMPAIGN_ID, *options)
        assert done.exit_code == 2
        assert done.stderr == "error: name the lead by --external-id or by --phone-number\n"
    done = ledger("release", used, CAMPAIGN_ID, "--external-id", " ")
    assert done.stderr.startswith("error: external id: it is empty")


def test_a_prompt_that_nobody_sees_counts_as_no(used: str) -> None:
    before = counts(used)
    assert ledger("forget", used, CAMPAIGN_ID, "--external-id", "2").exit_code == 130
    assert counts(used) == before


def test_a_ledger_is_copied_to_a_database_and_back(
    sandbox: Sandbox, here: Path, postgres: Database
) -> None:
    Path("people.csv").write_text(people(3))
    add_leads("people.csv")
    done = ledger("copy", LEDGER, postgres.url)
    assert (done.exit_code, done.stdout) == (0, ""), done.stderr
    shown = f"postgresql://{postgres.url.rpartition('@')[2]}"
    assert done.stderr == f"3 leads copied to {shown}. Use that one from now on.\n"
    assert add_leads("people.csv", "--ledger", postgres.url).exit_code == 0
    assert ledger("copy", postgres.url, "back.ledger").exit_code == 0
    assert add_leads("people.csv", "--ledger", "back.ledger").exit_code == 0
    assert len(sandbox.leads) == 3
    done = ledger("copy", LEDGER, postgres.url)
    assert done.exit_code == 2
    assert f"error: ledger '{shown}': it has leads already; choose a new one" in done.stderr


def test_a_ledger_in_use_is_not_copied(used: str, sandbox: Sandbox, here: Path) -> None:
    with somebody_adds(used, sandbox):
        done = ledger("copy", used, "copy.ledger")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ledger ")
    assert counts("copy.ledger") == {}


def test_a_ledger_is_backed_up_while_it_is_in_use(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(3))
    add_leads("people.csv")
    with somebody_adds(LEDGER, sandbox):
        done = ledger("backup", LEDGER, "backup.ledger")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "Copied to backup.ledger.\n"
    assert counts("backup.ledger")[CAMPAIGN_ID]["added"] == 3
    done = ledger("backup", LEDGER, "backup.ledger")
    assert done.exit_code == 2
    assert "'backup.ledger': File exists; choose another path" in done.stderr


def test_a_database_is_not_backed_up_to_a_file(postgres: Database, here: Path) -> None:
    with contextlib.closing(Ledger(postgres.url)) as new:
        new.counts()
    done = ledger("backup", postgres.url, "x")
    assert done.exit_code == 2
    assert "use pg_dump" in done.stderr


def test_a_ledger_that_may_have_forgotten_somebody_is_accepted(
    sandbox: Sandbox, here: Path
) -> None:
    Path("people.csv").write_text(people(3))
    with contextlib.closing(Ledger(LEDGER)) as other:
        other.counts()
        shutil.copy(LEDGER, "copy.ledger")  # without its -wal
    with contextlib.closing(sqlite3.connect("copy.ledger")) as connection, connection:
        connection.execute("UPDATE users SET process = 'x another-boot ' || process")
    done = add_leads("people.csv", "--ledger", "copy.ledger")
    assert done.exit_code == 2
    assert "(or trust it as it is: nlpearl ledger accept copy.ledger)" in done.stderr
    done = ledger("accept", "copy.ledger")
    assert (done.exit_code, done.stderr) == (0, "Accepted copy.ledger as it is.\n")
    assert add_leads("people.csv", "--ledger", "copy.ledger").exit_code == 0


def test_a_ledger_is_bound_to_another_api(
    used: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = ["https://api.example.com", "--api-version", "v2"]
    done = ledger("rebind", used, *new)
    assert done.exit_code == 2
    assert done.stderr == (
        "error: say what each campaign of the ledger is called there: "
        f"--campaign {CAMPAIGN_ID}=NEW\n"
    )
    for text in ("x", "x=", "=x"):
        done = ledger("rebind", used, *new, "--campaign", text)
        assert done.stderr == f"error: --campaign {text!r} is not of the form OLD=NEW\n"
    done = ledger("rebind", used, "ftp://x", "--campaign", f"{CAMPAIGN_ID}=1")
    assert done.exit_code == 2
    assert "base_url" not in done.stderr
    done = ledger("rebind", used, *new, "--campaign", f" {CAMPAIGN_ID} = {OTHER} ")
    assert (done.exit_code, done.stderr) == (0, "Bound to https://api.example.com, API v2.\n")
    assert {*counts(used)} == {OTHER}
    done = add_leads("people.csv", "--ledger", used)
    assert done.exit_code == 2
    assert "it is bound to https://api.example.com (API v2), not to " in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["show", "{}"],
        ["unknown", "{}"],
        ["copy", "{}", "b"],
        ["backup", "{}", "b"],
        ["accept", "{}"],
        ["rebind", "{}", "https://api.example.com"],
        ["release", "{}", CAMPAIGN_ID, "--external-id", "1"],
        ["forget", "{}", CAMPAIGN_ID, "--external-id", "1"],
        ["erase", "{}", CAMPAIGN_ID, "--external-id", "1"],
        ["settle", "{}"],
        ["settle", "{}", CAMPAIGN_ID, "--external-id", "1", "--added", "x"],
    ],
)
def test_no_ledger_is_made_by_a_slip_of_the_pen(
    command: list[str], here: Path, postgres: Database
) -> None:
    shown = f"postgresql://{postgres.url.rpartition('@')[2]}"
    for place, name in (("a.ledger", "a.ledger"), (postgres.url, shown)):
        done = ledger(*(part.format(place) for part in command))
        assert done.exit_code == 2
        assert done.stderr == f"error: there is no ledger {name}\n"
    assert not [*here.iterdir()]
    assert postgres("SELECT to_regclass('nlpearl_leads')") == [(None,)]


def test_another_database_cannot_be_a_ledger(here: Path) -> None:
    done = ledger("show", "mysql://user:secret@host/x")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: mysql://host/x cannot be a ledger. Name a file, or a database: "
        "postgresql://user@host/database\n"
    )


def test_the_help_names_every_command() -> None:
    text = ledger("-h").stdout
    for command in (
        "show unknown settle release forget erase accept rebind backup copy seed"
    ).split():
        assert f"  {command} " in text
        assert ledger(command, "-h").exit_code == 0
    assert "..." not in text.replace("[ARGS]...", ""), "no sentence is cut"
