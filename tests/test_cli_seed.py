"""`nlpearl ledger seed`: who is on the platform already is not added again."""

import _thread
import contextlib
import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from nlpearl import Lead, Ledger
from nlpearl.cli import pages, progress
from nlpearl.cli.pages import Page, Pages
from nlpearl.sandbox import Sandbox

from .cli_running import LEDGER, add_leads, people, run
from .conftest import KEY
from .servers import CAMPAIGN_ID, Request, Server, replying, response

pytest_plugins = ["tests.cli_fixtures"]


def seed(place: str, *options: str) -> Result:
    return run("ledger", "seed", place, CAMPAIGN_ID, *options)


def counts(place: str) -> dict[str, int]:
    with contextlib.closing(Ledger(place)) as found:
        return dict(found.counts().get(CAMPAIGN_ID, {}))


def lead(number: int, **fields: Any) -> dict[str, Any]:
    """A lead as a search shows it."""
    return {
        "id": f"{number:024}", "externalId": str(number), "phoneNumber": f"+1415555{number:04}",
        "timeZone": "-8.0", "status": 1, "created": "2026-01-01T00:00:00", "callData": None,
        **fields,
    }  # fmt: skip


def listing(leads: list[dict[str, Any]], **said: Any) -> Callable[[Request], bytes]:
    """The response to a search among these leads; `said` instead of what is true."""

    def reply(request: Request) -> bytes:
        skip, limit = (int(str(request.json[name])) for name in ("skip", "limit"))
        found = {"count": len(leads), "results": leads[skip : skip + limit], **said}
        return response(200, json.dumps(found).encode())

    return reply


def seeded(
    reply: Callable[[Request], bytes], monkeypatch: pytest.MonkeyPatch, *options: str
) -> Result:
    """The command with a server as its API."""
    monkeypatch.setenv("NLPEARL_API_KEY", KEY)
    with Server(replying(reply)) as server:
        monkeypatch.setenv("NLPEARL_BASE_URL", server.url)
        return seed(LEDGER, *options)


def test_who_is_on_the_platform_is_not_added_again(
    sandbox: Sandbox, here: Path, ledger_place: str
) -> None:
    Path("people.csv").write_text(people(250))
    add_leads("people.csv", "--no-ledger")
    done = seed(ledger_place)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1] == "250 leads: 250 entered"
    assert counts(ledger_place) == {"added": 250}
    done = seed(ledger_place)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "250 leads: 250 known already"
    done = add_leads("people.csv", "--ledger", ledger_place)
    assert done.exit_code == 0
    assert len(sandbox.leads) == 250
    assert "not as it was sent then" not in done.stderr


def test_an_import_computes_the_same_digests(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(
        "phone_number,external_id,firstName\n+1 (415) 555-0001, 7 ,Joe\n+14155550002,,\n"
    )
    options = ["--call-data", "firstName", "--ledger", "a.ledger"]
    assert add_leads("people.csv", *options).exit_code == 0

    def rows(place: str, **changes: object) -> list[tuple[object, ...]]:
        """With the salt of the first."""
        with contextlib.closing(sqlite3.connect(place)) as found:
            columns = "campaign, number, external, external_id, content, state, lead_id"
            return sorted(found.execute(f"SELECT {columns} FROM leads"))

    with contextlib.closing(Ledger("b.ledger")) as new:
        new.counts()
    with contextlib.closing(sqlite3.connect("a.ledger")) as first:
        salt = first.execute("SELECT salt FROM ledger").fetchone()
    with contextlib.closing(sqlite3.connect("b.ledger")) as second, second:
        second.execute("UPDATE ledger SET salt = ?", salt)
    assert seed("b.ledger").exit_code == 0
    assert rows("b.ledger") == rows("a.ledger")


def test_in_version_2(sandbox: Sandbox, here: Path) -> None:
    Path("people.csv").write_text(people(3))
    add_leads("people.csv", "--no-ledger", "--api-version", "v2")
    assert seed(LEDGER, "--api-version", "v2").exit_code == 0
    assert sandbox.requests[-1].path == f"/v2/Outbound/{CAMPAIGN_ID}/Leads"
    done = seed(LEDGER)
    assert done.exit_code == 2
    assert "(API v2), not to " in done.stderr


def test_nobody_is_on_the_platform(sandbox: Sandbox, here: Path) -> None:
    done = seed(LEDGER)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "0 leads: nothing to enter"


def test_conflicts_are_shown_and_nobody_of_them_is_called_again(
    sandbox: Sandbox, here: Path, ledger_place: str
) -> None:
    Path("people.csv").write_text(
        "phone_number,external_id\n"
        "+14155550001,1\n+14155550001,2\n"  # one number under two ids
        "+14155550002,1\n"  # one id with two numbers
        "+14155550001,1\n"  # the first once more
    )
    for row in (1, 2, 3, 4):
        lines = Path("people.csv").read_text().splitlines()
        Path("one.csv").write_text(f"{lines[0]}\n{lines[row]}\n")
        add_leads("one.csv", "--no-ledger")
    assert len(sandbox.leads) == 4
    done = seed(ledger_place)
    assert done.exit_code == 0, "everybody is entered"
    assert done.stderr.splitlines()[-1] == "4 leads: 1 entered, 3 conflicting"
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()[1:]]
    ids = [each["leadId"] for each in sandbox.leads]
    assert rows[0] == (
        f"{ids[1]} 2 conflicting this phone number was added under another external id (lead id "
        f"{ids[0]})"
    )
    assert rows[1] == (
        f"{ids[2]} 1 conflicting this external id was added with another phone number (lead id "
        f"{ids[0]})"
    )
    assert rows[2] == (f"{ids[3]} 1 conflicting the ledger has this lead with the lead id {ids[0]}")
    before = counts(ledger_place)
    assert seed(ledger_place).exit_code == 0
    assert counts(ledger_place) == before == {"added": 3}
    for text in ("+14155550001,1", "+14155550001,2", "+14155550002,1", "+14155550002,"):
        Path("again.csv").write_text(f"phone_number,external_id\n{text}\n")
        add_leads("again.csv", "--ledger", ledger_place)
    assert len(sandbox.leads) == 4


def test_what_was_unknown_is_entered(sandbox: Sandbox, here: Path, ledger_place: str) -> None:
    Path("people.csv").write_text(people(2))
    sandbox.inject_fault(lost="close")
    add_leads("people.csv", "--ledger", ledger_place, "--concurrency", "1")
    assert counts(ledger_place) == {"added": 1, "unknown": 1}
    done = seed(ledger_place)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "2 leads: 1 entered, 1 known already"
    assert counts(ledger_place) == {"added": 2}


def test_what_is_unknown_of_another_lead_stays_unknown(
    sandbox: Sandbox, here: Path, ledger_place: str
) -> None:
    Path("people.csv").write_text("phone_number,external_id\n+14155550001,1\n")
    sandbox.inject_fault(lost="close", stored=False)
    add_leads("people.csv", "--ledger", ledger_place)
    Path("people.csv").write_text("phone_number,external_id\n+14155550001,2\n+14155550002,1\n")
    add_leads("people.csv", "--no-ledger", "--concurrency", "1")
    done = seed(ledger_place)
    assert done.exit_code == 0
    assert done.stdout.count("was sent, and its outcome is unknown") == 2
    assert counts(ledger_place) == {"added": 2, "unknown": 1}


def test_who_is_being_added_is_left(sandbox: Sandbox, here: Path, ledger_place: str) -> None:
    Path("people.csv").write_text(people(2))
    add_leads("people.csv", "--no-ledger")
    with contextlib.closing(Ledger(ledger_place)) as other:
        other.claim(
            (sandbox.url, "v1"), CAMPAIGN_ID, Lead("+14155550001", external_id="1"), "x", 60.0,
            resend=False, same_number=False,
        ).result()  # fmt: skip
        done = seed(ledger_place)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == "2 leads: 1 entered, 1 being added"
    assert "somebody is adding it at this moment" in done.stdout


def test_what_cannot_be_read_is_reported(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        lead(1, phoneNumber="4155550001"),
        lead(2, phoneNumber=None),
        lead(3, id=None),
        lead(4, externalId="1.2E+17"),  # the number is entered
        lead(5, callData={"sum": ["x"], "name": "Joe"}),
        lead(6, callData={}, externalId=""),
    ]
    done = seeded(listing(found), monkeypatch)
    assert done.exit_code == 1
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()[1:]]
    assert rows[0].startswith(f"{1:024} 1 not readable phone number: ")
    assert "4155550001" not in done.output
    assert "--default-region" in rows[0]
    assert rows[1].startswith(f"{2:024} 2 not readable phone number: ")
    assert rows[2] == "3 not readable it has no lead id"
    assert done.stderr.splitlines()[-1] == "6 leads: 3 entered, 3 not readable"
    done = seeded(listing(found[:1]), monkeypatch, "--default-region", "US")
    assert done.exit_code == 2, "the server is another one"
    done = seeded(listing([]), monkeypatch, "--default-region", "XX")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: --default-region")


def test_a_national_number_is_read_in_its_region(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [lead(1, phoneNumber="(415) 555-0001")]
    assert seeded(listing(found), monkeypatch, "--default-region", "US").exit_code == 0


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_nothing_is_made_if_the_first_page_fails(
    status: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = seeded(lambda _: response(status, b"", {"Retry-After": "0.01"}), monkeypatch)
    assert done.exit_code == 2
    assert f"error: {status} " in done.stderr
    assert not Path(LEDGER).exists()


@pytest.mark.parametrize(
    "broken",
    [
        response(401, b""),
        response(500, b""),
        response(200, b"not JSON"),
        response(200, b'{"count": 3}'),
        response(200, b'{"count": 3, "results": [1]}'),
        b"",
    ],
)
def test_a_page_that_fails_ends_it_and_a_repetition_goes_on(
    broken: bytes, here: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    monkeypatch.setattr(pages, "LIMIT", 3)
    Path("people.csv").write_text(people(8))
    add_leads("people.csv", "--no-ledger")
    if broken:
        sandbox.inject_fault(delay=0.001)
        for _ in range(3):
            status = int(broken.split()[1])
            sandbox.inject_fault(status=status, body=broken.partition(b"\r\n\r\n")[2])
    else:
        sandbox.inject_fault(delay=0.001)
        for _ in range(3):
            sandbox.inject_fault(lost="close")
    done = seed(LEDGER)
    assert done.exit_code == 1
    *_, sums, error = done.stderr.splitlines()
    assert sums == "3 leads: 3 entered"
    assert error.startswith("error: ")
    assert error.endswith(". Some leads may be missing: run the same command again")
    assert counts(LEDGER) == {"added": 3}
    sandbox._records.faults.clear()  # pyright: ignore[reportPrivateUsage]
    done = seed(LEDGER)
    assert done.stderr.splitlines()[-1] == "8 leads: 5 entered, 3 known already"


def test_ctrl_c_shows_how_far_it_came(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = listing([lead(number) for number in range(5)])

    def reply(request: Request) -> bytes:
        if request.json["skip"]:
            _thread.interrupt_main()
        return found(request)

    monkeypatch.setattr(pages, "LIMIT", 3)
    done = seeded(reply, monkeypatch)
    assert done.exit_code == 130
    assert done.stderr.splitlines()[-3:] == ["3 leads: 3 entered", "", "Interrupted."]


def test_a_claim_of_a_seed_that_was_killed_is_entered_by_the_next(
    sandbox: Sandbox, here: Path
) -> None:
    Path("people.csv").write_text(people(1))
    add_leads("people.csv", "--no-ledger")
    with contextlib.closing(Ledger(LEDGER)) as killed:
        killed.claim(
            (sandbox.url, "v1"), CAMPAIGN_ID, Lead("+14155550000", external_id="0"), "x", 60.0,
            resend=False, same_number=False,
        ).result()  # fmt: skip
    with contextlib.closing(sqlite3.connect(LEDGER)) as connection, connection:
        connection.execute("UPDATE leads SET epoch = 'another boot'")
    assert seed(LEDGER).stderr.splitlines()[-1] == "1 lead: 1 entered"
    assert counts(LEDGER) == {"added": 1}


@pytest.mark.parametrize("count", [None, 0, 2, "x"])
def test_a_count_that_is_too_small_does_no_harm(
    count: object, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [lead(number) for number in range(5)]
    done = seeded(listing(found, count=count), monkeypatch)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "5 leads: 5 entered"


def test_a_count_that_is_too_large_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = seeded(listing([lead(1)], count=1200), monkeypatch)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == (
        "error: the API counts 1,200 leads, but lists 1. Some leads may be missing: run the same "
        "command again"
    )


def test_pages_that_repeat_come_to_an_end(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [lead(1), lead(2)]
    done = seeded(listing(found, results=found), monkeypatch)
    assert done.exit_code == 1
    assert "error: the API lists the same leads again and again. Some leads" in done.stderr
    assert done.stderr.splitlines()[-2] == "2 leads: 2 entered"


def test_a_line_now_and_then_where_nobody_looks(
    sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "QUIET", 0.0)
    Path("people.csv").write_text(people(2))
    add_leads("people.csv", "--no-ledger")
    assert "\n1 of 2\n2 of 2\n" in seed(LEDGER).stderr


def test_a_bar_in_a_terminal(sandbox: Sandbox, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    Path("people.csv").write_text(people(2))
    add_leads("people.csv", "--no-ledger")
    assert "2 / 2" in seed(LEDGER).stderr


class Campaign:
    """Leads that come and go between two pages."""

    def __init__(self, count: int, *, ascending: bool = True, most: int = 1000) -> None:
        self.leads = [{"id": str(number)} for number in range(count)]
        self.ascending = ascending
        self.most = most
        self.requests = 0
        self.between: Callable[[], None] = lambda: None

    def search(self, skip: int, limit: int) -> Page:
        if self.requests:
            self.between()
        self.requests += 1
        leads = self.leads if self.ascending else self.leads[::-1]
        return Page(leads[skip : skip + min(limit, self.most)], len(self.leads))

    def read(self) -> tuple[list[str], str | None]:
        found = Pages(self.search)
        return [each["id"] for page in found for each in page], found.doubt


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 101, 199, 200, 1000])
@pytest.mark.parametrize("most", [2, 50, 1000])
def test_every_lead_comes_once_also_if_the_api_caps_the_pages(count: int, most: int) -> None:
    campaign = Campaign(count, most=most)
    assert campaign.read() == ([each["id"] for each in campaign.leads], None)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("ascending", [True, False])
def test_who_stays_is_read_while_leads_come_and_go(seed: int, ascending: bool) -> None:
    chance = random.Random(seed)
    campaign = Campaign(1000, ascending=ascending)
    gone: set[str] = set()

    def between() -> None:
        if campaign.requests < 30:
            for _ in range(chance.randrange(40)):
                lead = campaign.leads.pop(chance.randrange(len(campaign.leads)))
                gone.add(lead["id"])
            news = range(chance.randrange(40))
            campaign.leads += [{"id": f"{campaign.requests} {number}"} for number in news]

    campaign.between = between
    found, doubt = campaign.read()
    assert len(found) == len({*found})
    stayed = {str(number) for number in range(1000)} - gone
    assert stayed <= {*found}
    assert doubt is None or not ascending
