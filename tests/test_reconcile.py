"""From unknown to known: what a lookup proves after a lost response, and what it does not."""

import json
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from nlpearl import (
    AddedLead,
    APIConnectionError,
    APITimeoutError,
    InvalidArgumentError,
    Ledger,
    NLPearl,
    NLPearlError,
    Outcome,
    ServerError,
    UnsettledLeadError,
)
from nlpearl.sandbox import Sandbox

from .conftest import KEY, PHONE, Either, Ended
from .servers import CAMPAIGN_ID, LEAD_ID, Connection, Server, response
from .test_add_leads import added, rows
from .test_ledger import errors_of, states

#: Several minutes between our clock and the server's, either way, and none.
SKEWS = [timedelta(0), timedelta(minutes=7), timedelta(minutes=-7)]

RECONCILE = {"reconcile": True, "timeout": 2.0}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlpearl.calls.retries.FIRST_BACKOFF", 0.05)
    monkeypatch.setattr("nlpearl.calls.retries.LONGEST_BACKOFF", 0.1)


class LosingServer:
    """Loses the response to each PUT, and responds to each GET as `look_up` says: a status, a body,
    and headers. `now` is its clock."""

    def __init__(
        self,
        look_up: "Callable[[LosingServer], bytes]",
        *,
        skew: timedelta = timedelta(0),
        lose: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        self.look_up = look_up
        self.skew = skew
        self.lose = lose
        self.put_at: datetime | None = None
        self.puts = 0
        self.gets = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def script(self, connection: Connection) -> None:
        while True:
            request = connection.read_request()
            if request.method == "PUT":
                self.puts += 1
                self.put_at = self.now()
                self.lose(connection)
                return
            self.gets += 1
            connection.send(self.look_up(self))

    def found(self, *, date: bool = True, **changed: object) -> bytes:
        lead = {"id": LEAD_ID, "externalId": "crm-42", "phoneNumber": PHONE}
        created = (self.put_at or self.now()).isoformat()
        body = json.dumps({**lead, "created": created, **changed}).encode()
        headers = {"Date": format_datetime(self.now(), usegmt=True)} if date else {}
        return response(200, body, headers)


def add(either: Either, server: LosingServer, **options: Any) -> Ended:
    with Server(server.script) as listening:
        return either.add(listening.url, client={**RECONCILE, **options}, external_id="crm-42")


@pytest.mark.parametrize("skew", SKEWS, ids=str)
def test_a_lost_response_is_found_again(either: Either, skew: timedelta) -> None:
    server = LosingServer(LosingServer.found, skew=skew)
    ended = add(either, server)
    assert isinstance(ended, AddedLead)
    assert ended.lead_id == LEAD_ID
    assert ended.lead.external_id == "crm-42"
    assert server.puts == 1
    assert server.gets >= 1


def test_a_lead_that_appears_late_is_waited_for(either: Either) -> None:
    def look_up(server: LosingServer) -> bytes:
        return server.found() if server.gets > 3 else response(404, b"")

    assert isinstance(add(either, LosingServer(look_up)), AddedLead)


@pytest.mark.parametrize("skew", SKEWS, ids=str)
@pytest.mark.parametrize("older", [timedelta(seconds=3), timedelta(minutes=5)])
def test_an_older_lead_of_that_external_id_proves_nothing(
    either: Either, skew: timedelta, older: timedelta
) -> None:
    def look_up(server: LosingServer) -> bytes:
        assert server.put_at
        return server.found(created=(server.put_at - older).isoformat())

    said = unknown(add(either, LosingServer(look_up, skew=skew), timeout=1.5))
    assert "found one that was added before this one was sent" in said


def unknown(ended: Ended) -> str:
    """The note of an error that has stayed unknown."""
    assert isinstance(ended, NLPearlError)
    assert ended.outcome is Outcome.UNKNOWN
    assert isinstance(ended, (APIConnectionError, ServerError))
    [note] = ended.__notes__
    assert note.startswith("Looked up ")
    return note


NO_PROOF: dict[str, tuple[Callable[[LosingServer], bytes], str]] = {
    "another phone number": (
        lambda server: server.found(phoneNumber="+14155550199"),
        "found one with another phone number",
    ),
    "no phone number": (
        lambda server: server.found(phoneNumber=None),
        "found one with another phone number",
    ),
    "no date": (
        lambda server: server.found(created=None),
        "found one without a date that says when it was added",
    ),
    "no offset": (
        lambda server: server.found(created=server.now().replace(tzinfo=None).isoformat()),
        "found one without a date that says when it was added",
    ),
    "a response without a Date": (
        lambda server: server.found(date=False),
        "the response has no Date to compare its age with",
    ),
    "not there": (lambda _: response(404, b""), "not found, which proves nothing"),
    "an empty response": (lambda _: response(200, b""), "not found, which proves nothing"),
    "another 400": (
        lambda _: response(400, b'{"errors": {"outboundId": ["Bad."]}}'),
        "400 campaign_id: Bad.",
    ),
    "a lookup that is refused": (lambda _: response(403, b""), "403 Forbidden"),
    "a lookup that fails": (lambda _: response(503, b""), "503 Service Unavailable"),
    "a limit": (lambda _: response(429, b""), "429 Too Many Requests"),
    "garbage": (lambda _: b"garbage\r\n\r\n", "while waiting for the response"),
}


@pytest.mark.parametrize("case", NO_PROOF)
def test_what_proves_nothing_leaves_it_unknown(either: Either, case: str) -> None:
    look_up, said = NO_PROOF[case]
    server = LosingServer(look_up)
    assert said in unknown(add(either, server, timeout=1.5))
    assert server.puts == 1


def test_an_offset_of_another_zone_is_the_same_moment(either: Either) -> None:
    zone = timezone(timedelta(hours=-8))

    def look_up(server: LosingServer) -> bytes:
        assert server.put_at
        return server.found(created=server.put_at.astimezone(zone).isoformat())

    assert isinstance(add(either, LosingServer(look_up)), AddedLead)


def test_a_refusal_ends_the_lookups(either: Either) -> None:
    server = LosingServer(lambda _: response(401, b""))
    began = time.monotonic()
    unknown(add(either, server, timeout=30.0))
    assert server.gets == 1
    assert time.monotonic() - began < 10


def test_the_lookups_stay_within_the_timeout(either: Either) -> None:
    """A server that falls silent costs two thirds; the lookups have the last one."""
    server = LosingServer(LosingServer.found, lose=Connection.silence)
    began = time.monotonic()
    ended = add(either, server, timeout=3.0)
    assert isinstance(ended, AddedLead)
    assert 1.9 < time.monotonic() - began < 10
    silent = LosingServer(lambda _: b"", lose=Connection.silence)
    error = add(either, silent, timeout=0.9)
    assert isinstance(error, APITimeoutError)
    assert silent.puts == 1


def test_nothing_is_looked_up_without_reason(either: Either) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        either.add(sandbox.url, client=RECONCILE, external_id="crm-42")
        sandbox.inject_fault(status=400)
        either.add(sandbox.url, client=RECONCILE, external_id="crm-43")
        sandbox.inject_fault(lost="close")
        either.add(sandbox.url, client=RECONCILE)  # no external id
        sandbox.inject_fault(lost="close")
        either.add(sandbox.url, external_id="crm-44")  # off unless asked for
        assert [request.method for request in sandbox.requests] == ["PUT"] * 4


def test_an_external_id_that_cannot_be_looked_up_is_not_asked_for(either: Either) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        sandbox.inject_fault(lost="close")
        error = either.add(sandbox.url, client=RECONCILE, external_id="..")
        assert isinstance(error, APIConnectionError)
        assert [request.method for request in sandbox.requests] == ["PUT"]


@pytest.mark.parametrize("lost", ["close", "reset", "cut"])
def test_it_works_with_the_sandbox_which_finds_late_and_loses_lookups_too(
    either: Either, lost: Any
) -> None:
    with Sandbox(api_key=KEY, findable_after=0.3) as sandbox:
        sandbox.inject_fault(lost=lost)
        sandbox.inject_fault(lost="close", times=2)
        ended = either.add(sandbox.url, client=RECONCILE, external_id="crm-42")
        assert isinstance(ended, AddedLead)
        assert ended.lead_id == sandbox.leads[0]["leadId"]
        assert len(sandbox.leads) == 1


def test_closing_the_client_ends_the_lookups() -> None:
    server = LosingServer(lambda _: response(404, b""))
    ends: list[object] = []

    def call() -> None:
        try:
            client.add_lead(CAMPAIGN_ID, PHONE, external_id="crm-42", timeout=60)
        except NLPearlError as error:
            ends.append(error)

    with Server(server.script) as listening:
        client = NLPearl(KEY, base_url=listening.url, reconcile=True)
        thread = threading.Thread(target=call)
        thread.start()
        while not server.gets:
            time.sleep(0.01)
        client.close()
        thread.join(30)
    assert [type(end) for end in ends] == [APIConnectionError]


def test_ctrl_c_during_a_lookup_says_that_the_lead_may_exist() -> None:
    main = threading.main_thread().ident or 0

    def look_up(_: LosingServer) -> bytes:
        signal.pthread_kill(main, signal.SIGINT)
        time.sleep(1)
        return response(404, b"")

    with (
        Server(LosingServer(look_up).script) as listening,
        NLPearl(KEY, base_url=listening.url, reconcile=True) as client,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE, external_id="crm-42")
    assert "The lead may exist" in caught.value.__notes__[0]


# Many leads


def test_many_leads_are_looked_up_where_their_responses_are_lost(either: Either) -> None:
    with Sandbox(api_key=KEY) as sandbox:
        sandbox.inject_fault(lost="close", times=5)
        results, error = either.add_leads(
            sandbox.url, rows(30), client={"reconcile": True}, concurrency=5
        )
    assert error is None
    assert len(added(results)) == len(sandbox.leads) == 30
    stored = {lead["externalId"]: lead["leadId"] for lead in sandbox.leads}
    for result in results:
        assert result.added
        assert result.added.lead_id == stored[str(result.position)]


def lose_three(either: Either, sandbox: Sandbox, path: Path) -> None:
    """A first run that does not reconcile: three responses lost, two of them of stored leads."""
    sandbox.inject_fault(lost="close", times=2)
    sandbox.inject_fault(lost="close", stored=False)
    results, _ = either.add_leads(sandbox.url, rows(10), ledger=path, concurrency=1)
    assert sorted(errors_of(results)) == [0, 1, 2]
    assert states(path) == {"added": 7, "unknown": 3}


def test_a_resumed_ledger_is_settled(either: Either, tmp_path: Path) -> None:
    path = tmp_path / "leads.ledger"
    client = {"reconcile": True, "timeout": 1.0}
    with Sandbox(api_key=KEY) as sandbox:
        lose_three(either, sandbox, path)
        results, error = either.add_leads(sandbox.url, rows(10), ledger=path, client=client)
        assert error is None
        assert errors_of(results) == {2: UnsettledLeadError}
        [unsettled] = [result.error for result in results if result.error]
        assert unsettled.__notes__[0].startswith("Looked up ")
        stored = {lead["externalId"]: lead["leadId"] for lead in sandbox.leads}
        for result in results:
            if result.added:
                assert result.added.lead_id == stored[str(result.position)]
        assert states(path) == {"added": 9, "unknown": 1}
        # Once settled, nobody has to be asked again. (The last lookup of 2 may still arrive.)
        asked = [each for each in sandbox.requests if not each.path.endswith("/2")]
        either.add_leads(sandbox.url, [*rows(2)], ledger=path, client=client)
        assert [each for each in sandbox.requests if not each.path.endswith("/2")] == asked


def test_what_a_lookup_does_not_settle_is_sent_again_only_when_asked(
    either: Either, tmp_path: Path
) -> None:
    path = tmp_path / "leads.ledger"
    client = {"reconcile": True, "timeout": 1.0}
    with Sandbox(api_key=KEY) as sandbox:
        lose_three(either, sandbox, path)
        results, _ = either.add_leads(
            sandbox.url, rows(10), ledger=Ledger(path), client=client, resend_unknown=True
        )
        assert len(added(results)) == 10
        external_ids = [str(lead["externalId"]) for lead in sandbox.leads]
        assert sorted(external_ids) == sorted(map(str, range(10))), "each once, all the same"


def test_a_row_without_external_id_cannot_be_settled(either: Either, tmp_path: Path) -> None:
    path = tmp_path / "leads.ledger"
    row = {"phone_number": PHONE}
    with Sandbox(api_key=KEY) as sandbox:
        sandbox.inject_fault(lost="close")
        either.add_leads(sandbox.url, [row], ledger=path)
        results, _ = either.add_leads(sandbox.url, [row], ledger=path, client={"reconcile": True})
        assert errors_of(results) == {0: UnsettledLeadError}
        assert len(sandbox.requests) == 1


def test_an_older_lead_does_not_settle_a_row(either: Either, tmp_path: Path) -> None:
    """Added by somebody else long before the run that lost its response."""
    path = tmp_path / "leads.ledger"
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    server = LosingServer(lambda server: server.found(created=long_ago.isoformat()))
    row = {"phone_number": PHONE, "external_id": "crm-42"}
    with Server(server.script) as listening:
        either.add_leads(listening.url, [row], ledger=path)
        results, _ = either.add_leads(
            listening.url, [row], ledger=path, client={"reconcile": True, "timeout": 0.5}
        )
    assert errors_of(results) == {0: UnsettledLeadError}
    assert server.puts == 1
    assert states(path) == {"unknown": 1}


def test_a_note_of_what_was_seen_survives_copies() -> None:
    import pickle

    ended = add(Either("async"), LosingServer(lambda _: response(404, b"")), timeout=0.5)
    assert unknown(pickle.loads(pickle.dumps(ended))) == unknown(ended)


def test_find_lead_takes_a_timeout_of_its_own() -> None:
    with NLPearl(KEY) as client:
        with pytest.raises(InvalidArgumentError, match="timeout"):
            client.find_lead(CAMPAIGN_ID, "crm-42", timeout=float("nan"))
        with pytest.raises(APITimeoutError, match="before it began"):
            client.find_lead(CAMPAIGN_ID, "crm-42", timeout=-1)
