"""Leads whose outcome is unknown: looked up, settled by hand, erased; while others add leads."""

import asyncio
import contextlib
import shlex
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nlpearl import (
    AsyncNLPearl,
    AuthenticationError,
    ConfigurationError,
    InvalidArgumentError,
    Lead,
    Ledger,
    LedgerError,
    NLPearl,
    NLPearlError,
    Outcome,
    SettledLead,
)
from nlpearl.ledger import sqlite
from nlpearl.sandbox import Sandbox

from .cli_running import LEDGER, add_leads, people, results_of, run
from .conftest import KEY, Either
from .postgres import Database
from .servers import CAMPAIGN_ID, Connection, Server, response
from .test_add_leads import added, rows
from .test_cli_ledger import counts, ledger
from .test_reconcile import LosingServer

pytest_plugins = ["tests.cli_fixtures"]


def settle(either: Either, url: str, place: object, **options: Any) -> list[SettledLead]:
    """What `settle` yields, of a client with these options."""
    client: dict[str, Any] = {"api_key": KEY, "base_url": url, "max_retries": 0, "ledger": place}
    client |= options.pop("client", {})

    async def play() -> list[SettledLead]:
        async with AsyncNLPearl(**client) as ours:
            return [lead async for lead in ours.settle(**options)]

    if either.name == "async":
        return asyncio.run(play())
    with NLPearl(**client) as ours:
        return list(ours.settle(**options))


def lose(sandbox: Sandbox, place: str | Path, stored: int, lost: int) -> None:
    """A run of 20 leads, the responses of some of which are lost."""
    for number in range(stored + lost):
        sandbox.inject_fault(lost="close", stored=number < stored)
    with NLPearl(KEY, base_url=sandbox.url) as client:
        for _ in client.add_leads(CAMPAIGN_ID, rows(20), ledger=place, concurrency=1):
            pass


def test_what_is_proven_is_recorded_and_the_rest_is_told(either: Either, ledger_place: str) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        lose(sandbox, ledger_place, 8, 4)
        settled = settle(either, sandbox.url, ledger_place)
        stored = {lead["externalId"]: lead["leadId"] for lead in sandbox.leads}
    assert [lead.external_id for lead in settled] == [str(number) for number in range(12)]
    for lead in settled[:8]:
        assert (lead.outcome, lead.seen) == (Outcome.ADDED, "found")
        assert lead.lead_id == stored[lead.external_id]
        assert lead.campaign_id == CAMPAIGN_ID
    for lead in settled[8:]:
        assert (lead.outcome, lead.lead_id, lead.found) == (Outcome.UNKNOWN, None, None)
        assert lead.seen.startswith("not found, which proves nothing")
        assert datetime.now(UTC) - datetime.fromisoformat(lead.sent) < timedelta(minutes=10)
    assert counts(ledger_place)[CAMPAIGN_ID] == {"added": 16, "unknown": 4}


def test_only_one_campaign_is_settled(either: Either, tmp_path: Path) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        lose(sandbox, tmp_path / "a.ledger", 1, 0)
        asked = len(sandbox.requests)
        assert settle(either, sandbox.url, tmp_path / "a.ledger", campaign_id="other") == []
        assert len(sandbox.requests) == asked
        with pytest.raises(InvalidArgumentError, match="campaign_id"):
            settle(either, sandbox.url, tmp_path / "a.ledger", campaign_id="a/b")


def test_without_a_ledger_there_is_nothing_to_settle(either: Either) -> None:
    with pytest.raises(ConfigurationError, match="settle needs a ledger"):
        settle(either, "http://127.0.0.1:9", None)


def test_a_ledger_that_cannot_be_used_says_so(either: Either, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no ledger, but long enough to be looked at as one" * 9)
    with pytest.raises(LedgerError, match="not a ledger"):
        settle(either, "http://127.0.0.1:9", tmp_path / "x")


def test_a_ledger_of_another_api_is_not_settled(either: Either, tmp_path: Path) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        lose(sandbox, tmp_path / "a.ledger", 1, 0)
    with pytest.raises(LedgerError, match="it is bound to"):
        settle(either, "http://127.0.0.1:9", tmp_path / "a.ledger")


def test_after_a_day_it_is_told_without_a_lookup_unless_asked(
    either: Either, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.ledger"
    with Sandbox(api_key=KEY) as sandbox:
        lose(sandbox, place, 1, 1)
        asked = len(sandbox.requests)

        class Tomorrow(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + timedelta(days=1, minutes=1)

        monkeypatch.setattr(sqlite, "datetime", Tomorrow)
        settled = settle(either, sandbox.url, place)
        assert [lead.outcome for lead in settled] == [Outcome.UNKNOWN] * 2
        assert settled[0].seen == (
            "not looked up: it was sent more than a day ago; look_up_old=True looks it up"
        )
        assert len(sandbox.requests) == asked
        settled = settle(either, sandbox.url, place, look_up_old=True)
        assert [lead.outcome for lead in settled] == [Outcome.ADDED, Outcome.UNKNOWN]


def test_after_a_restart_it_shows_what_it_found_and_a_person_decides(
    either: Either, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.ledger"
    with Sandbox(api_key=KEY) as sandbox:
        lose(sandbox, place, 1, 0)
        with monkeypatch.context() as other:
            other.setattr(sqlite, "boot", lambda: "another boot")
            [lead] = settle(either, sandbox.url, place)
            with contextlib.closing(Ledger(place)) as opened:
                [unknown] = opened.unsettled()
        assert "a lookup proves nothing, since the machine was restarted" in unknown.known
        assert lead.outcome is Outcome.UNKNOWN
        assert lead.lead_id is None
        assert lead.found
        assert lead.found.lead_id == sandbox.leads[0]["leadId"]
        assert lead.seen == (
            "found one, which proves nothing: the machine was restarted, or the database restored, "
            "since it was sent"
        )


@pytest.mark.parametrize(
    ("changed", "seen"),
    [
        ({"phoneNumber": "+14155550199"}, "found one with another phone number"),
        ({"phoneNumber": None}, "found one with another phone number"),
        ({"date": False}, "found one, which proves nothing: the response has no Date"),
        ({"created": "2020-01-01T00:00:00Z"}, "found one that was added before this one was sent"),
        ({"created": None}, "found one without a date"),
    ],
)
def test_what_does_not_prove_a_lead(
    either: Either, tmp_path: Path, changed: dict[str, Any], seen: str
) -> None:
    server = LosingServer(lambda server: server.found(**changed))
    with Server(server.script) as listening:
        either.add(listening.url, client={"ledger": tmp_path / "a.ledger"}, external_id="crm-42")
        [lead] = settle(either, listening.url, tmp_path / "a.ledger")
    assert lead.outcome is Outcome.UNKNOWN
    assert lead.seen.startswith(seen)
    assert lead.found is not None
    assert "555-01" not in repr(lead)


@pytest.mark.parametrize("external_id", [None, ".."])
def test_what_cannot_be_looked_up_is_told(
    either: Either, tmp_path: Path, external_id: str | None
) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        sandbox.inject_fault(lost="close")
        either.add(sandbox.url, client={"ledger": tmp_path / "a.ledger"}, external_id=external_id)
        [lead] = settle(either, sandbox.url, tmp_path / "a.ledger")
        assert len(sandbox.requests) == 1
    assert lead.seen == "it has no external id to look it up by"


@pytest.mark.parametrize(
    ("status", "ends"), [(401, True), (403, True), (429, True), (500, False), (418, False)]
)
def test_a_lookup_that_fails_ends_it_only_if_all_would(
    either: Either, tmp_path: Path, status: int, ends: bool
) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        lose(sandbox, tmp_path / "a.ledger", 2, 0)
        sandbox.inject_fault(status=status, stored=False)
        if ends:
            with pytest.raises(NLPearlError, match=str(status)) as raised:
                settle(either, sandbox.url, tmp_path / "a.ledger")
            assert raised.value.external_id == "0"
            return
        first, second = settle(either, sandbox.url, tmp_path / "a.ledger")
    assert first.seen.startswith(f"the lookup failed: {status}")
    assert (first.outcome, second.outcome) == (Outcome.UNKNOWN, Outcome.ADDED)


def test_a_lookup_is_retried(either: Either, tmp_path: Path) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        lose(sandbox, tmp_path / "a.ledger", 1, 0)
        sandbox.inject_fault(status=503, stored=False)
        client = {"max_retries": 1}
        [lead] = settle(either, sandbox.url, tmp_path / "a.ledger", client=client)
    assert lead.outcome is Outcome.ADDED


def test_a_ledger_that_breaks_while_a_proof_is_recorded_ends_it(
    either: Either, tmp_path: Path
) -> None:
    place = tmp_path / "a.ledger"

    def look_up(server: LosingServer) -> bytes:
        place.rename(tmp_path / "moved")
        return server.found()

    with Server(LosingServer(look_up).script) as listening:
        either.add(listening.url, client={"ledger": place}, external_id="crm-42")
        with pytest.raises(LedgerError, match="replaced, moved or deleted"):
            settle(either, listening.url, place)


def test_a_lead_that_was_forgotten_meanwhile_stays_forgotten(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"

    def look_up(server: LosingServer) -> bytes:
        with contextlib.closing(Ledger(place)) as other:
            assert other.forget(CAMPAIGN_ID, external_id="crm-42")
        return server.found()

    with Server(LosingServer(look_up).script) as listening:
        Either("sync").add(listening.url, client={"ledger": place}, external_id="crm-42")
        settle(Either("sync"), listening.url, place)
    assert counts(str(place)) == {}


@pytest.mark.slow
def test_it_works_while_leads_are_being_added(either: Either, ledger_place: str) -> None:
    """A lead that is being added at this moment is left alone, the unknown ones are not."""
    looked_up, go_on = threading.Event(), threading.Event()

    def script(connection: Connection) -> None:
        while True:
            request = connection.read_request()
            if request.method == "PUT" and request.json["externalId"] == "0":
                return  # the first response is lost
            if request.method == "PUT":
                assert go_on.wait(30)
                connection.send(response())
            else:
                looked_up.set()
                connection.send(response(404, b""))

    with Server(script) as server:
        results: list[Any] = []

        def add() -> None:
            with NLPearl(KEY, base_url=server.url) as client:
                results.extend(
                    client.add_leads(CAMPAIGN_ID, rows(3), ledger=ledger_place, concurrency=1)
                )

        adding = threading.Thread(target=add)
        adding.start()
        while len(server.requests) < 2:
            pass
        settled = settle(either, server.url, ledger_place)
        assert looked_up.is_set()
        with contextlib.closing(Ledger(ledger_place)) as other:
            assert other.erase(CAMPAIGN_ID, external_id="0")
            assert other.release(CAMPAIGN_ID, external_id="0")
            with pytest.raises(LedgerError, match="being added at this moment"):
                other.settle(CAMPAIGN_ID, "x", external_id="1")
        go_on.set()
        adding.join(30)
    assert [lead.external_id for lead in settled] == ["0"]
    assert len(added(results)) == 2
    assert counts(ledger_place)[CAMPAIGN_ID] == {"added": 2, "free": 1}


# By hand


def test_a_person_settles_a_lead_without_external_id(tmp_path: Path) -> None:
    place = tmp_path / "a.ledger"
    with Sandbox(api_key=KEY) as sandbox:
        sandbox.inject_fault(lost="close")
        Either("sync").add(sandbox.url, client={"ledger": place})
        with contextlib.closing(Ledger(place)) as opened:
            with pytest.raises(InvalidArgumentError, match="lead_id is empty"):
                opened.settle(CAMPAIGN_ID, " ", phone_number="+14155550123")
            assert not opened.settle(CAMPAIGN_ID, "x", phone_number="+14155550124")
            assert opened.settle(CAMPAIGN_ID, "abc", phone_number="+14155550123")
            assert not opened.settle(CAMPAIGN_ID, "other", phone_number="+14155550123")
        again = Either("sync").add(sandbox.url, client={"ledger": place})
        assert not isinstance(again, NLPearlError)
        assert (again.lead_id, again.earlier) == ("abc", True)


def test_an_external_id_is_erased_and_its_digest_still_protects(
    either: Either, ledger_place: str, tmp_path: Path
) -> None:
    name = "person-4711@example.com"
    with Sandbox(api_key=KEY) as sandbox:
        sandbox.inject_fault(lost="close")
        client = {"ledger": ledger_place}
        either.add(sandbox.url, client=client, external_id=name)
        with contextlib.closing(Ledger(ledger_place)) as opened:
            assert not opened.erase(CAMPAIGN_ID, external_id="nobody")
            assert opened.erase(CAMPAIGN_ID, external_id=name)
            assert opened.erase(CAMPAIGN_ID, external_id=name), "once more does no harm"
            [unknown] = opened.unsettled()
        assert unknown.external_id is None
        assert unknown.known == ("no usable response came; it has no external id to look it up by")
        for phone in ("+14155550123", "+14155550188"):  # neither the lead nor the id again
            error = either.add(sandbox.url, client=client, external_id=name, phone_number=phone)
            assert isinstance(error, NLPearlError)
            assert error.outcome is Outcome.UNKNOWN
        assert len(sandbox.requests) == 1
    for path in tmp_path.iterdir():
        assert name.encode() not in path.read_bytes(), path


def test_a_claim_whose_owner_is_gone_says_so(tmp_path: Path, monkeypatch: Any) -> None:
    place = tmp_path / "a.ledger"
    with contextlib.closing(Ledger(place)) as opened:
        lead = Lead("+14155550123", external_id="x")
        opened.claim(
            ("http://127.0.0.1", "v1"), CAMPAIGN_ID, lead, "x", 1.0, resend=False, same_number=False
        ).result()
        monkeypatch.setattr(sqlite, "clock", lambda: 1e12)
        [unknown] = opened.unsettled()
    assert unknown.known == "the sender stopped before its outcome was recorded"


# At the terminal


@pytest.fixture
def twelve_lost(sandbox: Sandbox, here: Path) -> Sandbox:
    """An import of 30 leads; 12 responses are lost, 8 of leads that are stored."""
    (here / "people.csv").write_text(people(30))
    sandbox.inject_fault(lost="close", times=8)
    sandbox.inject_fault(lost="close", stored=False, times=4)
    done = add_leads("people.csv", "--concurrency", "1")
    assert "12 unknown" in done.stderr
    assert f"Look up the leads that are unknown: nlpearl ledger settle {LEDGER}\n" in done.stderr
    return sandbox


def commands(said: str, name: str) -> list[list[str]]:
    """The commands on a screen, split as a shell does it."""
    found = [shlex.split(line) for line in said.splitlines() if f"nlpearl ledger {name}" in line]
    return [words[1:] for words in found]


def test_twelve_lost_responses_are_settled_by_what_the_screen_shows(
    twelve_lost: Sandbox, here: Path
) -> None:
    done = ledger("settle", LEDGER)
    assert done.exit_code == 1
    assert "12 leads: 8 added, 4 unknown" in done.stderr
    assert len(done.stdout.splitlines()) == 13
    assert counts(LEDGER)[CAMPAIGN_ID] == {"added": 26, "unknown": 4}
    assert len(commands(done.stderr, "settle")) == 4
    [release] = commands(done.stderr, "release")
    done = run(*release, stdin="y\n")
    assert done.exit_code == 0
    assert "Were these 4 leads certainly not added?" in done.stderr
    assert counts(LEDGER)[CAMPAIGN_ID] == {"added": 26, "free": 4}
    assert ledger("unknown", LEDGER).stderr == ""
    done = ledger("settle", LEDGER)
    assert (done.exit_code, done.stderr) == (0, "0 leads: 0 added, 0 unknown\n")
    assert add_leads("people.csv").exit_code == 0
    ids = [str(lead["externalId"]) for lead in twelve_lost.leads]
    assert sorted(ids, key=int) == [str(number) for number in range(30)]
    assert {row["status"] for row in results_of(here / "people.results.csv")} == {
        "added", "added earlier"
    }  # fmt: skip


def test_one_that_a_person_has_found_is_settled_by_what_the_screen_shows(
    twelve_lost: Sandbox,
) -> None:
    shown = commands(ledger("settle", LEDGER).stderr, "settle")[0]
    assert shown[-1] == "LEAD_ID"
    done = run(*shown[:-1], "67d42f167f3c392c6d7a2d99", stdin="y\n")
    assert done.exit_code == 0, done.stderr
    assert "Is 67d42f167f3c392c6d7a2d99 the platform's id of this lead?" in done.stderr
    assert "Settled: it was added, and is not sent again." in done.stderr
    assert counts(LEDGER)[CAMPAIGN_ID] == {"added": 27, "unknown": 3}
    done = run(*shown[:-1], "67d42f167f3c392c6d7a2d99", "--yes")
    assert done.stderr == (
        "error: the ledger has no such lead whose outcome is unknown. Nothing was changed\n"
    )


def test_a_lead_that_was_found_but_not_proven_is_offered_with_its_id(
    twelve_lost: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "boot", lambda: "another boot")
    done = ledger("settle", LEDGER, "--csv")
    assert "12 leads: 0 added, 12 unknown" in done.stderr
    lead_id = twelve_lost.leads[0]["leadId"]
    assert commands(done.stderr, "settle")[0][-1] == lead_id
    assert done.stdout.splitlines()[1].split(",")[3:5] == ["unknown", lead_id]


def test_settle_is_asked_for_what_is_older_than_a_day(
    twelve_lost: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlpearl.ledger.records.OLD", timedelta(0))
    done = ledger("settle", LEDGER, CAMPAIGN_ID)
    assert "not looked up: it was sent more than a day ago; --all looks it up" in done.stdout
    done = ledger("settle", LEDGER, "--all")
    assert "12 leads: 8 added, 4 unknown" in done.stderr


def test_leads_without_external_id_and_many_of_them(sandbox: Sandbox, here: Path) -> None:
    numbers = "".join(f"+1415555{number:04},\n" for number in range(100, 103))
    Path("people.csv").write_text(
        "phone_number,external_id\n"
        + numbers
        + "".join(f"+1415555{number:04},{number} x\n" for number in range(30))
    )
    sandbox.inject_fault(lost="close", stored=False, times=33)
    add_leads("people.csv", "--concurrency", "1")
    said = ledger("settle", LEDGER).stderr
    by_number, by_id = commands(said, "release")
    assert by_number[-2:] == ["--phone-number", "NUMBER"]
    assert by_number.count("NUMBER") == 1
    assert by_id[-1] == "16 x"
    assert said.endswith("And 13 more.\n")


def test_settle_names_one_lead_of_one_campaign(twelve_lost: Sandbox) -> None:
    one = ["--external-id", "9"]
    done = ledger("settle", LEDGER, CAMPAIGN_ID, *one)
    assert done.stderr == (
        "error: --external-id and --phone-number name the lead of an --added LEAD_ID\n"
    )
    for arguments, said in [
        ([CAMPAIGN_ID], "name the lead by --external-id or by --phone-number"),
        (one, "name the lead by --external-id or by --phone-number"),
        ([CAMPAIGN_ID, *one, "--external-id", "8"], "name one lead alone"),
        ([CAMPAIGN_ID, *one, "--yes", "--added", ""], "lead_id is empty"),
    ]:
        added = [] if "--added" in arguments else ["--added", "x"]
        done = ledger("settle", LEDGER, *arguments, *added)
        assert done.exit_code == 2
        assert said in done.stderr


def test_several_are_changed_and_those_that_are_not_there_named(twelve_lost: Sandbox) -> None:
    named = ["--external-id", "8", "--external-id", "77", "--external-id", "9"]
    done = ledger("release", LEDGER, CAMPAIGN_ID, *named, "--yes")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: the ledger has no such lead whose outcome is unknown: 77. The others were changed\n"
    )
    assert counts(LEDGER)[CAMPAIGN_ID]["free"] == 2
    numbers = ["--phone-number", "+14155550100", "--phone-number", "+14155550010"]
    done = ledger("forget", LEDGER, CAMPAIGN_ID, *numbers, "--yes")
    assert done.stderr == "error: the ledger has no such lead: …00. The others were changed\n"


def test_an_external_id_is_erased_at_the_terminal(twelve_lost: Sandbox) -> None:
    one = [LEDGER, CAMPAIGN_ID, "--external-id", "3"]
    done = ledger("erase", *one, stdin="y\n")
    assert "Erase the external id? The lead can no longer be looked up" in done.stderr
    assert done.stderr.endswith("Erased: the ledger has only a digest of the external id.\n")
    done = ledger("settle", LEDGER)
    assert "12 leads: 7 added, 5 unknown" in done.stderr
    assert "it has no external id to look it up by" in done.stdout


def test_the_lookups_of_a_wrong_key_stop_with_a_sentence(
    twelve_lost: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    twelve_lost.inject_fault(status=404)
    twelve_lost.inject_fault(status=401)
    done = ledger("settle", LEDGER)
    assert done.exit_code == 2
    assert "1 lead: 0 added, 1 unknown" in done.stderr
    assert "error: 401" in done.stderr
    assert issubclass(AuthenticationError, NLPearlError)


def test_a_database_is_settled_and_its_password_not_shown(
    sandbox: Sandbox, here: Path, postgres: Database
) -> None:
    Path("people.csv").write_text(people(2))
    sandbox.inject_fault(lost="close", stored=False)
    add_leads("people.csv", "--ledger", postgres.url)
    said = ledger("settle", postgres.url).stderr
    assert postgres.url.rpartition("@")[0] not in said
    assert f"ledger release postgresql://{postgres.url.rpartition('@')[2]}" in said


def test_a_lead_is_found(sandbox: Sandbox, here: Path) -> None:
    run("add-lead", CAMPAIGN_ID, "+14155550123", "--external-id", "a b", "-d", "firstName=Joe")
    done = run("find-lead", CAMPAIGN_ID, "a b")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert lines["lead id"] == sandbox.leads[0]["leadId"]
    assert (lines["external id"], lines["phone number"]) == ("a b", "…23")
    assert (lines["status"], lines["call data"]) == ("NEW", "firstName")
    assert "Joe" not in done.stdout
    done = run("find-lead", CAMPAIGN_ID, "other")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: not found. That does not prove")
    assert run("find-lead", CAMPAIGN_ID, "..").exit_code == 2
    assert run("find-lead", "a/b", "x").exit_code == 2
