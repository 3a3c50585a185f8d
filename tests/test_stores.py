"""What holds on every store: the same tests on a SQLite file and on a PostgreSQL database."""

import gc
import os
import threading
import time
import warnings
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from nlpearl import (
    AddedLead,
    APITimeoutError,
    BadRequestError,
    ConfigurationError,
    DuplicateLeadError,
    InvalidArgumentError,
    LeadInProgressError,
    Ledger,
    LedgerError,
    NLPearl,
    Outcome,
    ServerError,
    UnsettledLeadError,
)
from nlpearl.ledger import claims
from nlpearl.ledger.claims import Claim

from .conftest import KEY, PHONE, Either, Ended
from .servers import CAMPAIGN_ID, LEAD_ID, Connection, Server, response, responses

OTHER_PHONE = "+14155550124"
NEW_CAMPAIGN = "67d42f167f3c392c6d7a2d99"
ADDED, REJECTED, LOST = response(), response(400), response(503, b"")

one = {"external_id": "1"}
other_number = {"external_id": "1", "phone_number": OTHER_PHONE}
other_id = {"external_id": "2"}


def add(server: Server, place: str, *leads: dict[str, Any], **client: Any) -> list[Ended]:
    """The ends of calls one after the other, each by a client of its own."""
    ends: list[Ended] = []
    for lead in leads:
        ends += Either("sync").add_all(server.url, [lead], client={"ledger": place, **client})
    return ends


def kinds(ends: list[Ended]) -> list[object]:
    """Of each: whether it was added earlier, or its error."""
    return [end.earlier if isinstance(end, AddedLead) else type(end) for end in ends]


def test_a_lead_is_added_once(either: Either, ledger_place: str) -> None:
    with Server(responses(ADDED)) as server:
        ends = either.add_all(server.url, [one, one], client={"ledger": ledger_place})
        ends += either.add_all(server.url, [one], client={"ledger": ledger_place})
    assert kinds(ends) == [False, True, True]
    assert {end.lead_id for end in ends if isinstance(end, AddedLead)} == {LEAD_ID}
    assert len(server.requests) == 1


def test_what_differs_is_listed(ledger_place: str) -> None:
    zoned = {**one, "time_zone": "Europe/Rome", "call_data": {"name": "Joe"}}
    with Server(responses(ADDED)) as server:
        _, again = add(server, ledger_place, one, zoned)
    assert isinstance(again, AddedLead)
    assert again.differs == ("time_zone", "call_data")


@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        ([one, other_id], [False, DuplicateLeadError]),
        ([one, other_number], [False, DuplicateLeadError]),
        ([one, {}], [False, True]),
        # An id that comes later is bound to the lead.
        ([{}, one, other_id], [False, True, DuplicateLeadError]),
        ([one, {**other_id, "allow_same_number": True}], [False, False]),
        ([one, {**other_number, "allow_same_number": True}], [False, DuplicateLeadError]),
        ([one, {**other_number, "external_id": "2"}], [False, False]),
    ],
)
def test_two_identities(ledger_place: str, leads: list[Any], expected: list[object]) -> None:
    with Server(responses(ADDED)) as server:
        assert kinds(add(server, ledger_place, *leads)) == expected
    assert len(server.requests) == expected.count(False)


@pytest.mark.parametrize("again", [one, other_id, other_number, {}])
def test_an_unknown_lead_is_not_sent_again(
    either: Either, ledger_place: str, again: dict[str, Any]
) -> None:
    with Server(responses(LOST, ADDED)) as server:
        leads = [one, again, again]
        ends = either.add_all(server.url, leads, client={"ledger": ledger_place})
    assert kinds(ends) == [ServerError, UnsettledLeadError, UnsettledLeadError]
    assert len(server.requests) == 1
    with closing(Ledger(ledger_place)) as ledger:
        assert [lead.external_id for lead in ledger.unsettled()] == ["1"]


def test_an_unknown_lead_is_sent_again_when_asked_and_stays_in_doubt(ledger_place: str) -> None:
    again = {**one, "resend_unknown": True}
    with Server(responses(LOST, REJECTED, ADDED)) as server:
        ends = add(server, ledger_place, one, again, one, again, one)
    assert kinds(ends) == [ServerError, UnsettledLeadError, UnsettledLeadError, False, True]
    assert isinstance(ends[1], UnsettledLeadError)
    assert isinstance(ends[1].__cause__, BadRequestError)
    assert ends[1].outcome is Outcome.UNKNOWN
    assert len(server.requests) == 3


def test_a_rejected_lead_is_not_an_obstacle(ledger_place: str) -> None:
    with Server(responses(REJECTED, REJECTED, ADDED)) as server:
        ends = add(server, ledger_place, one, other_number, other_id)
    assert kinds(ends) == [BadRequestError, BadRequestError, False]


def test_a_person_may_release_what_is_unknown(ledger_place: str) -> None:
    with Server(responses(LOST, ADDED)) as server, closing(Ledger(ledger_place)) as ledger:
        add(server, ledger_place, one)
        assert ledger.release(CAMPAIGN_ID, external_id="1")
        assert not ledger.release(CAMPAIGN_ID, external_id="1")
        assert kinds(add(server, ledger_place, one)) == [False]
        assert not ledger.release(CAMPAIGN_ID, phone_number=PHONE), "added is final"
        assert ledger.counts() == {CAMPAIGN_ID: Counter(added=1)}


def test_a_person_may_forget_what_was_added(ledger_place: str) -> None:
    with Server(responses(ADDED)) as server, closing(Ledger(ledger_place)) as ledger:
        add(server, ledger_place, one)
        assert not ledger.forget(CAMPAIGN_ID, external_id="2")
        assert ledger.forget(CAMPAIGN_ID, phone_number=PHONE)
        assert ledger.counts() == {}
        assert kinds(add(server, ledger_place, one)) == [False]


def test_somebody_else_is_waited_for(ledger_place: str) -> None:
    responds = threading.Event()

    def script(connection: Connection) -> None:
        connection.read_request()
        assert responds.wait(30)
        connection.send(ADDED)

    with Server(script) as server:
        ends: list[Ended] = []
        threads = [
            threading.Thread(target=lambda: ends.extend(add(server, ledger_place, one)))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(server.requests) == 1)
        [busy] = add(server, ledger_place, {**one, "wait": 0, "timeout": 20})
        assert isinstance(busy, LeadInProgressError)
        assert busy.retryable
        assert 20 < (busy.retry_after or 0) <= 40, "30 s of the call, and 10 s"
        with (
            closing(Ledger(ledger_place)) as ledger,
            pytest.raises(LedgerError, match="being added"),
        ):
            ledger.release(CAMPAIGN_ID, external_id="1")
        responds.set()
        for thread in threads:
            thread.join()
        assert sorted(map(str, kinds(ends))) == ["False", "True"]
    assert len(server.requests) == 1


def test_a_ledger_is_bound_to_one_api(ledger_place: str) -> None:
    with Server(responses(ADDED)) as server, Server(responses(ADDED)) as elsewhere:
        add(server, ledger_place, one)
        [refused] = add(elsewhere, ledger_place, other_id)
        assert isinstance(refused, LedgerError)
        assert server.url in str(refused)
        assert elsewhere.url in str(refused)
        assert not elsewhere.requests


def test_a_run_continues_where_another_was_left(either: Either, ledger_place: str) -> None:
    with Server(responses(ADDED)) as server:
        people = [{"phone_number": f"+14155550{n}", "external_id": n} for n in range(100, 150)]
        either.add_leads(server.url, people, ledger=ledger_place, until=20)
        results, error = either.add_leads(server.url, people, ledger=ledger_place)
    assert error is None
    assert all(result.added for result in results)
    assert Counter(request.json["externalId"] for request in server.requests) == Counter(
        str(n) for n in range(100, 150)
    )


def test_a_ledger_can_be_accepted(ledger_place: str) -> None:
    with Server(responses(ADDED)) as server, closing(Ledger(ledger_place)) as ledger:
        add(server, ledger_place, one)
        ledger.accept()
        assert kinds(add(server, ledger_place, one)) == [True]


def test_a_ledger_can_be_bound_to_another_api(ledger_place: str) -> None:
    with (
        Server(responses(ADDED, LOST)) as server,
        Server(responses(ADDED)) as elsewhere,
        closing(Ledger(ledger_place)) as ledger,
    ):
        add(server, ledger_place, one, {"external_id": "lost", "phone_number": OTHER_PHONE})
        with pytest.raises(InvalidArgumentError, match=f"no id for {CAMPAIGN_ID}"):
            ledger.rebind(elsewhere.url, "v1", {"another": "campaign"})
        with pytest.raises(ConfigurationError, match="https"):
            ledger.rebind("http://example.com", "v1", {})
        ledger.rebind(elsewhere.url.upper(), "v1", {CAMPAIGN_ID: NEW_CAMPAIGN, "another": "one"})
        assert ledger.counts() == {NEW_CAMPAIGN: Counter(added=1, unknown=1)}
        known = {"campaign_id": NEW_CAMPAIGN, **one}
        assert kinds(add(elsewhere, ledger_place, known, one)) == [True, False]
        assert kinds(add(server, ledger_place, one)) == [LedgerError]
    assert len(elsewhere.requests) == 1


def test_a_ledger_is_not_rebound_while_a_lead_is_being_added(ledger_place: str) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        ledger = Ledger(ledger_place)
        with pytest.raises(LedgerError, match="being added"):
            ledger.rebind(server.url, "v1", {CAMPAIGN_ID: NEW_CAMPAIGN})
        connection.send(ADDED)

    with Server(script) as server:
        assert kinds(add(server, ledger_place, one)) == [False]


def wait_until(happens: Any) -> None:
    until = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.01)


# Moving


@pytest.fixture
def other_place(request: pytest.FixtureRequest, ledger_place: str, tmp_path: Path) -> str:
    """A ledger in the other kind of store."""
    if ledger_place.startswith("postgresql:"):
        return str(tmp_path / "other.ledger")
    url: str = request.getfixturevalue("postgres").url
    return url


lost = {"external_id": "lost", "phone_number": OTHER_PHONE}


def test_a_copy_knows_what_the_ledger_knew(ledger_place: str, other_place: str) -> None:
    with Server(responses(ADDED, LOST, ADDED)) as server:
        add(server, ledger_place, one, lost)
        Ledger(ledger_place).copy_to(Ledger(other_place))
        with closing(Ledger(other_place)) as copy:
            assert copy.counts() == {CAMPAIGN_ID: Counter(added=1, unknown=1)}
            assert [lead.external_id for lead in copy.unsettled()] == ["lost"]
        # Its salt came along: it knows them by number and by id. And there it can be moved on.
        assert kinds(add(server, other_place, one, other_id, {}, lost)) == [
            True,
            DuplicateLeadError,
            True,
            UnsettledLeadError,
        ]
        assert len(server.requests) == 2


def test_a_copy_says_how_many_leads_it_has(ledger_place: str, tmp_path: Path) -> None:
    people = [{"phone_number": f"+14155550{n}", "external_id": n} for n in range(100, 150)]
    copy = Ledger(tmp_path / "copy.ledger")
    with Server(responses(ADDED)) as server:
        add(server, ledger_place, *people)
        assert Ledger(ledger_place).copy_to(copy) == 50
        assert copy.counts() == {CAMPAIGN_ID: Counter(added=50)}
        with pytest.raises(LedgerError, match="has leads already"):
            Ledger(ledger_place).copy_to(copy)
        copy.close()


def test_nothing_is_copied_into_a_ledger_with_leads(ledger_place: str, other_place: str) -> None:
    with Server(responses(ADDED)) as server:
        add(server, ledger_place, one)
        add(server, other_place, other_number)
        with pytest.raises(LedgerError, match="has leads already"):
            Ledger(ledger_place).copy_to(Ledger(other_place))
        assert kinds(add(server, other_place, one)) == [DuplicateLeadError]


@pytest.mark.parametrize("busy", ["source", "target"])
def test_nothing_is_copied_while_somebody_uses_either(
    ledger_place: str, other_place: str, busy: str
) -> None:
    with Server(responses(ADDED)) as server:
        add(server, ledger_place, one)
    with closing(Ledger(ledger_place if busy == "source" else other_place)) as user:
        user.counts()
        with pytest.raises(LedgerError, match="another process uses it"):
            Ledger(ledger_place).copy_to(Ledger(other_place))
    assert Ledger(ledger_place).copy_to(Ledger(other_place)) == 1


def test_nothing_is_copied_while_a_lead_is_being_added(ledger_place: str, tmp_path: Path) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        with pytest.raises(LedgerError, match=r"being added|another process"):
            Ledger(ledger_place).copy_to(Ledger(tmp_path / "copy.ledger"))
        connection.send(ADDED)

    with Server(script) as server:
        assert kinds(add(server, ledger_place, one)) == [False]


# Lifetimes


def test_a_ledger_that_nobody_holds_is_let_go(ledger_place: str) -> None:
    before = {*threading.enumerate()}
    ledger = Ledger(ledger_place)
    ledger.counts()
    [writer] = {*threading.enumerate()} - before
    del ledger
    gc.collect()
    wait_until(lambda: not writer.is_alive())


def test_a_fork_does_not_wait_for_a_thread_that_it_has_not(ledger_place: str) -> None:
    ledger = Ledger(ledger_place)
    lock = ledger._lock  # pyright: ignore[reportPrivateUsage]
    with lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: there are threads
        child = os.fork()
        if not child:
            new = ledger._lock  # pyright: ignore[reportPrivateUsage]
            os._exit(0 if new.acquire(blocking=False) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_time_of_a_call_begins_with_its_claim(
    ledger_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was stopped, or an event loop that was busy, sends nothing with a claim that
    is over."""

    decide = claims.decide

    def decided_long_ago(*asked: Any) -> Any:
        verdict = decide(*asked)
        assert isinstance(verdict, Claim)
        return attrs.evolve(verdict, taken=time.monotonic() - 100)

    with (
        Server(responses(ADDED)) as server,
        closing(Ledger(ledger_place)) as ledger,
        NLPearl(KEY, base_url=server.url, ledger=ledger, max_retries=0) as client,
    ):
        client.add_lead(CAMPAIGN_ID, PHONE)
        monkeypatch.setattr("nlpearl.ledger.ledger.decide", decided_long_ago)
        with pytest.raises(APITimeoutError) as caught:  # on a connection that is there
            client.add_lead(CAMPAIGN_ID, OTHER_PHONE)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert len(server.requests) == 1
        assert ledger.counts() == {CAMPAIGN_ID: Counter(added=1, free=1)}
