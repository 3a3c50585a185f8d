"""The ledger: what a second run knows of the first, and files that cannot be used."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nlpearl import (
    APIConnectionError,
    BadRequestError,
    DuplicateLeadError,
    LeadResult,
    Ledger,
    LedgerError,
    NLPearl,
    NLPearlError,
    Outcome,
    UnsettledLeadError,
)
from nlpearl.ledger import claims, session, sqlite
from nlpearl.sandbox import Sandbox

from .conftest import KEY, Colour
from .servers import CAMPAIGN_ID, Request, Server, answer, answers, replying
from .test_add_leads import added, external_ids, rows

OTHER_CAMPAIGN = "67d42f167f3c392c6d7a2d99"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leads.ledger"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(api_key=KEY) as running:
        yield running


def errors_of(results: list[LeadResult]) -> dict[int, type]:
    return {result.position: type(result.error) for result in results if result.error}


def states(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as connection:
        found = dict(connection.execute("SELECT state, count(*) FROM leads GROUP BY state"))
    connection.close()
    return found


def test_a_second_run_adds_nothing_twice_and_knows_the_lead_ids(
    colour: Colour, sandbox: Sandbox, path: Path
) -> None:
    first, error = colour.add_leads(sandbox.url, rows(40), ledger=Ledger(path))
    assert error is None
    assert len(added(first)) == 40
    second, error = colour.add_leads(sandbox.url, rows(50), ledger=str(path))
    assert error is None
    assert len(sandbox.leads) == len(sandbox.requests) == 50
    by_position = {result.position: result.added for result in first}
    for result in second:
        assert result.added
        if result.position < 40:
            assert result.added == by_position[result.position]
    assert states(path) == {"added": 50}


def test_a_row_without_an_external_id_is_known_by_its_content(sandbox: Sandbox, path: Path) -> None:
    people: list[dict[str, Any]] = [
        {"phone_number": "+14155550123"},
        {"phone_number": "+14155550124", "time_zone": "Europe/Rome"},
        {"phone_number": "+14155550124", "call_data": {"a": 1, "b": 2}},
        {"phone_number": "+14155550124", "call_data": {"a": 1, "b": 3}},
    ]
    with NLPearl(KEY, base_url=sandbox.url) as client:
        first = list(client.add_leads(CAMPAIGN_ID, people, ledger=path))
        people[2]["call_data"] = {"b": 2, "a": 1}  # the order is none of its content
        second = list(client.add_leads(CAMPAIGN_ID, people, ledger=path))
    assert len(added(first)) == len(added(second)) == len(sandbox.leads) == 4


def test_the_same_row_twice_in_one_input_is_a_duplicate(
    colour: Colour, sandbox: Sandbox, path: Path
) -> None:
    people = [
        {"phone_number": "+14155550123", "external_id": 1},
        {"phone_number": "+14155550123", "external_id": 1},
        {"phone_number": "+14155550124", "external_id": 1},
        {"phone_number": "+14155550123"},
        {"phone_number": "+14155550123"},
    ]
    results, error = colour.add_leads(sandbox.url, people, ledger=path, concurrency=1)
    assert error is None
    assert errors_of(results) == dict.fromkeys([1, 2, 4], DuplicateLeadError)
    said = {result.position: str(result.error) for result in results}
    assert said[1] == "the same row came earlier in this input"
    assert said[2] == "the same external id, with other content, came earlier in this input"
    assert len(sandbox.leads) == 2
    # The next run says the same.
    results, _ = colour.add_leads(sandbox.url, people, ledger=path, concurrency=1)
    assert errors_of(results) == dict.fromkeys([1, 2, 4], DuplicateLeadError)
    assert len(sandbox.leads) == 2


def test_a_known_external_id_with_other_content_is_a_duplicate(
    sandbox: Sandbox, path: Path
) -> None:
    with NLPearl(KEY, base_url=sandbox.url) as client:
        [first] = client.add_leads(
            CAMPAIGN_ID, [{"phone_number": "+14155550123", "external_id": "crm-1"}], ledger=path
        )
        [second] = client.add_leads(
            CAMPAIGN_ID, [{"phone_number": "+14155550124", "external_id": "crm-1"}], ledger=path
        )
    assert first.added
    assert isinstance(second.error, DuplicateLeadError)
    assert second.error.outcome is Outcome.NOT_SENT
    assert first.added.lead_id in str(second.error)
    assert len(sandbox.leads) == 1


def test_campaigns_and_servers_are_told_apart(sandbox: Sandbox, path: Path) -> None:
    with (
        Sandbox(api_key=KEY) as other,
        NLPearl(KEY, base_url=sandbox.url) as client,
        NLPearl(KEY, base_url=other.url) as elsewhere,
    ):
        for where, campaign_id in (
            (client, CAMPAIGN_ID),
            (client, OTHER_CAMPAIGN),
            (elsewhere, CAMPAIGN_ID),
        ):
            assert len(added(list(where.add_leads(campaign_id, rows(3), ledger=path)))) == 3
        assert len(sandbox.leads) == 6
        assert len(other.leads) == 3


def test_what_has_no_known_end_is_reported_and_not_sent(colour: Colour, path: Path) -> None:
    def reply(request: Request) -> bytes:
        return answer(503) if request.json["externalId"] == "2" else answer()

    with Server(replying(reply)) as server:
        results, _ = colour.add_leads(server.url, rows(5), ledger=path)
        assert states(path) == {"added": 4, "unknown": 1}
        for _ in range(2):
            results, error = colour.add_leads(server.url, rows(5), ledger=path)
            assert error is None
            assert errors_of(results) == {2: UnsettledLeadError}
        assert len(server.requests) == 5
        [unsettled] = [result.error for result in results if result.error]
        assert unsettled.outcome is Outcome.UNKNOWN
        assert "resend_unknown=True" in str(unsettled)


def test_an_unknown_external_id_with_other_content_is_unknown_all_the_same(path: Path) -> None:
    """The lead may exist, whatever the row says by now."""
    with Server(answers(answer(503))) as server, NLPearl(KEY, base_url=server.url) as client:
        for number in ("+14155550123", "+14155550124"):
            row = {"phone_number": number, "external_id": "crm-1"}
            [result] = client.add_leads(CAMPAIGN_ID, [row], ledger=path)
    assert isinstance(result.error, UnsettledLeadError)
    assert len(server.requests) == 1


def test_resend_unknown_sends_again_what_has_no_known_end(colour: Colour, path: Path) -> None:
    with Server(answers(answer(), answer(503), answer())) as server:
        colour.add_leads(server.url, rows(3), ledger=path, concurrency=1)
        results, _ = colour.add_leads(server.url, rows(3), ledger=path, resend_unknown=True)
    assert len(added(results)) == 3
    assert external_ids(server) == ["0", "1", "2", "1"]
    assert states(path) == {"added": 3}


@pytest.mark.parametrize("number", ["+14155550101", "+14155550199"])
def test_what_was_refused_is_tried_again_also_when_it_was_mended(
    colour: Colour, path: Path, number: str
) -> None:
    with Server(answers(answer(), answer(400), answer())) as server:
        results, _ = colour.add_leads(server.url, rows(3), ledger=path, concurrency=1)
        assert errors_of(results) == {1: BadRequestError}
        assert states(path) == {"added": 2, "not added": 1}
        mended = [*rows(3)]
        mended[1]["phone_number"] = number
        results, _ = colour.add_leads(server.url, mended, ledger=path)
    assert len(added(results)) == 3
    assert external_ids(server) == ["0", "1", "2", "1"]


def test_what_could_not_be_sent_is_tried_again(
    colour: Colour, sandbox: Sandbox, path: Path
) -> None:
    server = Server(answers(answer()))
    with server:
        port = server.port
    results, _ = colour.add_leads(f"http://127.0.0.1:{port}", rows(2), ledger=path)
    assert errors_of(results) == dict.fromkeys([0, 1], APIConnectionError)
    assert states(path) == {"not added": 2}


def test_a_limit_leaves_nothing_unknown_behind(colour: Colour, path: Path) -> None:
    """A run that ends in a pause: what waited was certainly not added."""
    limit = answer(429, b"", {"Retry-After": "601"})
    with Server(answers(answer(), limit)) as server:
        results, error = colour.add_leads(server.url, rows(100), ledger=path, concurrency=4)
        assert error is not None
        assert states(path) == {"added": 1, "not added": len(results) - 1}


def test_what_a_limit_held_back_is_sent_and_noted_again(colour: Colour, path: Path) -> None:
    limit = answer(429, b"", {"Retry-After": "0"})
    with Server(answers(answer(), limit, limit, limit, answer())) as server:
        results, error = colour.add_leads(server.url, rows(20), ledger=path, concurrency=2)
    assert error is None
    assert len(added(results)) == 20
    assert len(server.requests) == 23
    assert states(path) == {"added": 20}


def test_a_run_that_is_left_has_noted_every_end(colour: Colour, path: Path) -> None:
    with Server(answers(answer())) as server:
        colour.add_leads(server.url, rows(1000), ledger=path, until=10, concurrency=5)
        assert states(path)["added"] == len(server.requests)
        assert states(path).keys() <= {"added", "not added"}


# What stands in the file


def test_the_file_says_what_it_is_and_little_about_people(sandbox: Sandbox, path: Path) -> None:
    row = {
        "phone_number": "+14155550177",
        "external_id": "crm-42",
        "time_zone": "Europe/Rome",
        "call_data": {"firstName": "Josephine"},
    }
    with NLPearl(KEY, base_url=sandbox.url) as client:
        [result] = client.add_leads(CAMPAIGN_ID, [row], ledger=path)
    dump = subprocess.run(
        [sys.executable, "-m", "sqlite3", str(path), "SELECT state, external_id FROM leads"],
        capture_output=True, text=True, check=False,
    ) if sys.version_info >= (3, 12) else None  # fmt: skip
    assert dump is None or dump.stdout == "('added', 'crm-42')\n"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (sqlite.VERSION,)
        assert connection.execute("PRAGMA application_id").fetchone() == (0x4E4C504C,)
        schema = "\n".join(
            sql for [sql] in connection.execute("SELECT sql FROM sqlite_schema") if sql
        )
        [columns] = connection.execute(
            "SELECT campaign_id, external_id, state, lead_id, run FROM leads"
        )
    connection.close()
    assert result.added
    assert columns == (CAMPAIGN_ID, "crm-42", "added", result.added.lead_id, 1)
    for word in ("-- digest", "-- as the caller gave it", "-- the platform's, if added"):
        assert word in schema, "the columns are explained where they are looked at"
    content = path.read_bytes()
    for private in (b"4155550177", b"Josephine", b"firstName", KEY.encode()):
        assert private not in content
    assert [file.name for file in path.parent.iterdir()] == ["leads.ledger"]


def test_two_files_cannot_be_compared(sandbox: Sandbox, tmp_path: Path) -> None:
    digests: list[bytes] = []
    with NLPearl(KEY, base_url=sandbox.url) as client:
        for name in ("one", "two"):
            list(client.add_leads(CAMPAIGN_ID, rows(1), ledger=tmp_path / name))
            with sqlite3.connect(tmp_path / name) as connection:
                digests += connection.execute("SELECT row, content FROM leads").fetchone()
            connection.close()
    assert len(set(digests)) == 4


def test_many_leads_share_a_sync_to_disk(
    colour: Colour, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit for each note would be 400; a slow disk is when it matters."""
    commits: list[int] = []
    commit = session.Session._commit  # pyright: ignore[reportPrivateUsage]

    def slow(self: session.Session, notes: list[session.Change]) -> None:
        time.sleep(0.01)
        commits.append(len(notes))
        commit(self, notes)

    monkeypatch.setattr(session.Session, "_commit", slow)
    colour.add_leads(sandbox.url, rows(200), ledger=path, concurrency=50)
    assert sum(commits) == 400
    assert len(commits) < 150


def test_a_ledger_says_which_file_it_is(path: Path) -> None:
    assert repr(Ledger(path)) == f"Ledger({str(path)!r})"
    assert Ledger(str(path)).path == Ledger(path).path == path
    with pytest.raises(TypeError):
        Ledger(7)  # type: ignore[arg-type]  # pyright: ignore


# Files that cannot be used


def refused(colour: Colour, url: str, path: Path, said: str) -> None:
    """The run ends with a LedgerError, before it reads or sends anything."""
    read: list[object] = []

    def source() -> Iterator[dict[str, Any]]:
        for row in rows(3):
            read.append(row)
            yield row

    results, error = colour.add_leads(url, source(), ledger=path)
    assert type(error) is LedgerError
    assert str(error).startswith(f"ledger {str(path)!r}: ")
    assert said in str(error)
    assert error.outcome is Outcome.NOT_SENT
    assert error.__context__ is None
    assert results == read == []


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()


def newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE ledger (x)")
        connection.execute(f"PRAGMA application_id = {sqlite.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {sqlite.VERSION + 1}")
    connection.close()


def truncated(path: Path) -> None:
    with Sandbox(api_key=KEY) as sandbox, NLPearl(KEY, base_url=sandbox.url) as client:
        list(client.add_leads(CAMPAIGN_ID, rows(200), ledger=path, concurrency=50))
    path.write_bytes(path.read_bytes()[:5000])


def text(path: Path) -> None:
    path.write_text("phone_number,external_id\n" * 100)


def nowhere(path: Path) -> None:
    path.symlink_to(path.parent / "none" / "x")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (text, "it is not a ledger"),
        (foreign, "it is another database; choose another path"),
        (newer, "it has version 2, written by a newer nlpearl-client"),
        (truncated, "malformed"),
        (Path.mkdir, "it is a folder; name a file in it"),
        (nowhere, "unable to open"),
    ],
    ids=["text", "foreign", "newer", "truncated", "directory", "nowhere"],
)
def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(
    colour: Colour, path: Path, make: Callable[[Path], object], said: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with Server(answers(answer())) as server:
        refused(colour, server.url, path, said)
    assert not server.requests
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_folder_that_is_missing_is_named(colour: Colour, path: Path) -> None:
    with Server(answers(answer())) as server:
        missing = path.parent / "missing"
        refused(
            colour, server.url, missing / "x.ledger", f"the folder {str(missing)!r} does not exist"
        )
    assert not missing.exists()


def test_an_empty_file_becomes_a_ledger(sandbox: Sandbox, path: Path) -> None:
    path.touch()
    with NLPearl(KEY, base_url=sandbox.url) as client:
        assert len(added(list(client.add_leads(CAMPAIGN_ID, rows(2), ledger=path)))) == 2


def test_a_path_that_sqlite_has_a_meaning_for_is_a_file(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with NLPearl(KEY, base_url=sandbox.url) as client:
        for _ in range(2):
            list(client.add_leads(CAMPAIGN_ID, rows(2), ledger=":memory:"))
    assert len(sandbox.leads) == 2
    assert (tmp_path / ":memory:").is_file()


@pytest.mark.parametrize("mode", [0o555, 0o777], ids=["directory too", "file alone"])
def test_a_read_only_file_is_refused(sandbox: Sandbox, mode: int) -> None:
    """Root may write anywhere, so whoever runs the tests becomes nobody for this; whom pytest's own
    directory is closed to."""
    with tempfile.TemporaryDirectory() as directory:
        play_read_only(sandbox, Path(directory, "leads.ledger"), mode)


def play_read_only(sandbox: Sandbox, path: Path, mode: int) -> None:
    with NLPearl(KEY, base_url=sandbox.url) as client:
        list(client.add_leads(CAMPAIGN_ID, rows(1), ledger=path))
    path.chmod(0o444)
    path.parent.chmod(mode)
    code = """
    import encodings.idna, httpx, importlib, nlpearl, pkgutil
    for module in pkgutil.iter_modules(nlpearl.__path__, "nlpearl."):  # they may be out of reach
        if not module.ispkg and not module.name.endswith("__"):
            importlib.import_module(module.name)
    with NLPearl(KEY, base_url=URL) as client:
        run = client.add_leads(CAMPAIGN_ID, rows, ledger=PATH)  # has read the certificates
        if os.geteuid() == 0:
            os.seteuid(65534)
        try:
            list(run)
        except Exception as error:
            print(type(error).__name__, error)
    """
    with in_a_process(code, sandbox.url, str(path)) as process:
        said, _ = process.communicate(timeout=60)
    assert said == f"LedgerError ledger {str(path)!r}: it is read-only\n"
    assert len(sandbox.requests) == 1


def test_a_file_that_may_not_be_written_is_refused(
    colour: Colour, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object, **__: object) -> bool:
        return False

    path.touch()
    monkeypatch.setattr(os, "access", nothing)
    refused(colour, sandbox.url, path, "it is read-only")


# Two at a time


def test_a_second_run_on_the_same_ledger_is_refused_while_the_first_lives(
    colour: Colour, sandbox: Sandbox, path: Path
) -> None:
    with NLPearl(KEY, base_url=sandbox.url) as client:
        with client.add_leads(CAMPAIGN_ID, rows(20), ledger=path) as run:
            next(run)
            refused(colour, sandbox.url, path, "it is in use by another run")
        results, error = colour.add_leads(sandbox.url, rows(20), ledger=path)
    assert error is None
    assert len(added(results)) == len(sandbox.leads) == 20


def in_a_process(code: str, *arguments: str) -> subprocess.Popen[str]:
    head = f"""
    import os, signal, sys, threading
    from nlpearl import NLPearl
    KEY, CAMPAIGN_ID, URL, PATH = {KEY!r}, {CAMPAIGN_ID!r}, *sys.argv[1:3]
    rows = (
        {{"phone_number": f"+14155550{{100 + n % 100}}", "external_id": n}} for n in range(100_000)
    )
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_process_is_refused_while_the_first_lives_and_not_after_its_death(
    colour: Colour, sandbox: Sandbox, path: Path
) -> None:
    code = """
    run = NLPearl(KEY, base_url=URL).add_leads(CAMPAIGN_ID, rows, ledger=PATH, concurrency=1)
    next(run)
    print("running", flush=True)
    signal.pause()
    """
    with in_a_process(code, sandbox.url, str(path)) as process:
        assert process.stdout
        assert process.stdout.readline() == "running\n"
        refused(colour, sandbox.url, path, "it is in use by another run")
        process.kill()
    results, error = colour.add_leads(sandbox.url, rows(2), ledger=path)
    assert error is None
    assert len(added(results)) >= 1


# A disk that is full


def test_a_full_disk_at_the_start_is_refused(sandbox: Sandbox, path: Path) -> None:
    code = """
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        list(NLPearl(KEY, base_url=URL).add_leads(CAMPAIGN_ID, rows, ledger=PATH))
    except Exception as error:
        print(type(error).__name__, error)
    """
    with in_a_process(code, sandbox.url, str(path)) as process:
        said, _ = process.communicate(timeout=60)
    assert said.startswith("LedgerError ledger ")
    assert "disk" in said
    assert not sandbox.requests


def test_a_ledger_without_room_ends_the_run_and_notes_the_ends_that_it_can(
    colour: Colour, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ledger = sqlite.open_ledger

    def small(path: Path) -> tuple[sqlite3.Connection, bytes, int]:
        connection, salt, run = open_ledger(path)
        connection.execute("PRAGMA max_page_count = 12").fetchall()
        return connection, salt, run

    monkeypatch.setattr(session, "open_ledger", small)
    results, error = colour.add_leads(sandbox.url, rows(10_000), ledger=path, concurrency=20)
    assert type(error) is LedgerError
    assert str(error) == f"ledger {str(path)!r}: database or disk is full"
    assert len(added(results)) == len(sandbox.leads) == len(sandbox.requests) > 20
    # What was noted already when the run ended was not sent any more.
    assert set(errors_of(results).values()) <= {LedgerError, NLPearlError}
    # The ends for which there was no room will be unknown; nobody is called twice.
    noted = states(path)
    assert noted["added"] + noted.get("sending", 0) >= len(sandbox.leads) >= noted["added"]
    assert noted.get("sending", 0) <= 20


def test_an_end_that_cannot_be_noted_ends_the_run(
    colour: Colour, sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = session.Session.end
    ends: list[session.Change] = []

    def broken(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    def breaking(self: session.Session, entry: claims.Claim, ended: Any) -> session.Change:
        note = end(self, entry, ended)
        ends.append(note)
        if len(ends) > 5:
            note.apply = broken
        return note

    monkeypatch.setattr(session.Session, "end", breaking)
    results, error = colour.add_leads(sandbox.url, rows(1000), ledger=path, concurrency=4)
    assert type(error) is LedgerError
    # Nobody is lost: the caller is told of the lead that the ledger will call unknown.
    assert 5 < len(added(results)) == len(sandbox.leads) <= len(ends) < 15
    assert states(path)["added"] == 5


def test_a_disk_that_fills_up_ends_the_run_and_nothing_more_is_sent(
    sandbox: Sandbox, path: Path
) -> None:
    code = """
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    added = 0
    try:
        with NLPearl(KEY, base_url=URL) as client:
            for result in client.add_leads(CAMPAIGN_ID, rows, ledger=PATH, concurrency=20):
                added += result.added is not None
    except Exception as error:
        print(added, type(error).__name__, error)
    """
    with in_a_process(code, sandbox.url, str(path)) as process:
        said, _ = process.communicate(timeout=100)
    count, kind, message = said.split(" ", 2)
    assert kind == "LedgerError"
    assert "disk" in message
    assert 20 < int(count) == len(sandbox.leads) == len(sandbox.requests) < 5000
    # With room again the next run goes on, and nobody is added twice.
    with NLPearl(KEY, base_url=sandbox.url) as client:
        results = list(client.add_leads(CAMPAIGN_ID, rows(int(count) + 50), ledger=path))
    stored = [lead["externalId"] for lead in sandbox.leads]
    assert len(stored) == len(set(stored))
    for result in results:
        if result.error:
            assert isinstance(result.error, UnsettledLeadError)
    assert len(errors_of(results)) <= 20
    assert len(added(results)) >= int(count) + 30
