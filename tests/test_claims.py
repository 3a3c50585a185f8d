"""Who may send: the policy alone, by examples and by a machine that tries every order."""

from typing import Any

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from nlpearl import (
    AddedLead,
    APIConnectionError,
    BadRequestError,
    DuplicateLeadError,
    Lead,
    LeadInProgressError,
    NLPearlError,
    Outcome,
)
from nlpearl.configuration import CLAIM_MARGIN
from nlpearl.ledger.claims import Ask, Claim, Unsettled, Verdict, ask, decide, finish, release
from nlpearl.ledger.records import SKEW, Book, Now, Record, State

SALT = b"salt"
CAMPAIGN = "67d42f167f3c392c6d7a2d40"
X, Y = "+14155550123", "+14155550124"
TIMEOUT = 30.0
NOT_SENT = NLPearlError("not sent")
REJECTED = BadRequestError("400", status_code=400)
UNKNOWN = APIConnectionError("lost", outcome=Outcome.UNKNOWN)


def at(seconds: float, epoch: str = "boot", gone: frozenset[str] = frozenset()) -> Now:
    return Now(epoch, seconds, f"at {seconds:g}", seconds, gone.__contains__)


class World:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.attempts = 0
        self.now = at(1000.0)

    def book(self) -> Book:
        return Book(self.records)

    def keep(self, book: Book) -> None:
        self.records = book.all()

    def ask(self, number: str, external_id: str | None = None, **options: Any) -> Verdict:
        self.attempts += 1
        details = {key: options.pop(key) for key in ("time_zone", "call_data") if key in options}
        lead = Lead(number, external_id=external_id, **details)
        asked = ask(
            SALT, CAMPAIGN, lead, f"owner{self.attempts}", f"process{self.attempts}", TIMEOUT,
            **options,
        )  # fmt: skip
        return self.decide(asked)

    def decide(self, asked: Ask) -> Verdict:
        book = self.book()
        verdict = decide(book, asked, self.now)
        self.keep(book)
        return verdict

    def claim(self, number: str, external_id: str | None = None, **options: Any) -> Claim:
        verdict = self.ask(number, external_id, **options)
        assert isinstance(verdict, Claim), verdict
        return verdict

    def finish(self, claim: Claim, ended: AddedLead | NLPearlError) -> None:
        book = self.book()
        finish(book, claim, ended, self.now)
        self.keep(book)

    def add(self, number: str, external_id: str | None = None, **options: Any) -> Claim:
        claim = self.claim(number, external_id, **options)
        self.finish(claim, AddedLead("lead-1", claim.ask.lead))
        return claim

    def state(self) -> list[State]:
        return [record.state_at(self.now) for record in self.records]


@pytest.fixture
def world() -> World:
    return World()


def test_a_lead_that_was_added_is_not_sent_again(world: World) -> None:
    world.add(X, "id1")
    known = world.records
    verdict = world.ask(X, "id1")
    assert isinstance(verdict, AddedLead)
    assert (verdict.lead_id, verdict.earlier, verdict.differs) == ("lead-1", True, ())
    book = world.book()
    decide(book, ask(SALT, CAMPAIGN, Lead(X, external_id="id1"), "o", None, 1.0), world.now)
    assert not book.written, "a lead that is known costs no write"
    assert world.records == known


@pytest.mark.parametrize(
    ("then", "now", "differs"),
    [
        ({}, {"time_zone": "Europe/Rome"}, ("time_zone",)),
        ({"call_data": {"a": 1}}, {"call_data": {"a": 2}}, ("call_data",)),
        ({"call_data": {"a": 1, "b": 2}}, {"call_data": {"b": "2", "a": "1"}}, ()),
        ({"time_zone": "Europe/Rome", "call_data": {"a": 1}}, {}, ("time_zone", "call_data")),
    ],
)
def test_what_differs_from_what_was_sent_is_told(
    world: World, then: dict[str, Any], now: dict[str, Any], differs: tuple[str, ...]
) -> None:
    world.add(X, "id1", **then)
    verdict = world.ask(X, "id1", **now)
    assert isinstance(verdict, AddedLead)
    assert verdict.differs == differs


ADDED = AddedLead("lead-1", Lead(X))

#: What is held, in which state, and what follows for (id1, X).
CROSSED: list[tuple[str, str | None, AddedLead | NLPearlError | None, type[Any]]] = [
    (X, "id1", ADDED, AddedLead),
    (X, None, ADDED, AddedLead),
    (X, "id2", ADDED, DuplicateLeadError),
    (Y, "id1", ADDED, DuplicateLeadError),
    (Y, "id2", ADDED, Claim),
    (X, "id1", None, LeadInProgressError),
    (X, None, None, LeadInProgressError),
    (X, "id2", None, LeadInProgressError),
    (Y, "id1", None, LeadInProgressError),
    (Y, "id2", None, Claim),
    (X, "id1", UNKNOWN, Unsettled),
    (X, None, UNKNOWN, Unsettled),
    (X, "id2", UNKNOWN, Unsettled),
    (Y, "id1", UNKNOWN, Unsettled),
    (X, "id1", REJECTED, Claim),
    (X, None, NOT_SENT, Claim),
    (X, "id2", REJECTED, Claim),
    (Y, "id1", NOT_SENT, Claim),
]


@pytest.mark.parametrize(("number", "external_id", "ended", "kind"), CROSSED)
def test_one_identity_in_common_is_enough(
    world: World,
    number: str,
    external_id: str | None,
    ended: AddedLead | NLPearlError | None,
    kind: type[Any],
) -> None:
    claim = world.claim(number, external_id)
    if ended is not None:
        world.finish(claim, ended)
    assert isinstance(world.ask(X, "id1"), kind)


@pytest.mark.parametrize("first", ["id1", None])
def test_no_external_id_is_not_another_id(world: World, first: str | None) -> None:
    world.add(X, first)
    assert isinstance(world.ask(X), AddedLead)


def test_an_external_id_that_comes_later_is_bound_to_the_lead(world: World) -> None:
    world.add(X)
    verdict = world.ask(X, "id1")
    assert isinstance(verdict, AddedLead)
    assert verdict.differs == ("external_id",)
    assert isinstance(world.ask(X, "id2"), DuplicateLeadError)
    assert isinstance(world.ask(Y, "id1"), DuplicateLeadError)


def test_a_claim_that_is_free_again_is_replaced_with_both_identities(world: World) -> None:
    world.finish(world.claim(X, "id2"), REJECTED)
    world.finish(world.claim(Y, "id1"), NOT_SENT)
    world.add(X, "id1")
    assert world.state() == [State.ADDED]
    assert isinstance(world.ask(X, "id2"), DuplicateLeadError)
    assert isinstance(world.ask(Y, "id2"), Claim)


def test_the_number_alone_may_be_allowed_and_the_external_id_stays_unique(world: World) -> None:
    world.add(X, "id1")
    assert isinstance(world.ask(X, "id2", same_number=True), Claim)
    assert isinstance(world.ask(Y, "id1", same_number=True), DuplicateLeadError)
    assert isinstance(world.ask(X, "id1", same_number=True), AddedLead)


def test_campaigns_do_not_know_each_other(world: World) -> None:
    world.add(X, "id1")
    other = ask(SALT, "other", Lead(X, external_id="id1"), "owner", None, TIMEOUT)
    assert isinstance(world.decide(other), Claim)


# A claim that is over


def over(record: Record) -> list[Now]:
    """Every way in which the claim may be over."""
    assert record.process
    return [
        at(record.until),
        at(record.since, gone=frozenset({record.process})),
        at(record.since, epoch="another boot"),
        at(record.since - SKEW - 1),
    ]


@pytest.mark.parametrize("way", range(4))
def test_a_claim_that_is_over_is_unknown_and_never_free(world: World, way: int) -> None:
    claim = world.claim(X, "id1")
    world.now = at(claim.record.until - 0.001)
    assert isinstance(world.ask(X, "id1"), LeadInProgressError)
    world.now = over(claim.record)[way]
    verdict = world.ask(X, "id1")
    assert isinstance(verdict, Unsettled)
    assert (verdict.age is None) == (way >= 2), "where clocks cannot be compared nothing is proven"
    assert isinstance(world.ask(X, "id2"), Unsettled)


def test_a_claim_in_progress_says_how_long_it_may_take(world: World) -> None:
    world.claim(X)
    world.now = at(1010.0)
    verdict = world.ask(X)
    assert isinstance(verdict, LeadInProgressError)
    assert verdict.retry_after == TIMEOUT + CLAIM_MARGIN - 10
    assert verdict.retryable
    assert verdict.outcome is Outcome.UNKNOWN


def test_asking_twice_is_asking_once(world: World) -> None:
    """After a lost connection nobody knows whether the first one was written."""
    claim = world.claim(X)
    assert world.decide(claim.ask) == claim
    assert len(world.records) == 1


@pytest.mark.parametrize("late", [0.0, 1e6])
def test_a_lead_that_was_added_is_recorded_however_late(world: World, late: float) -> None:
    first = world.claim(X, "id1")
    world.now = at(first.record.until + 1)
    second = world.claim(X, "id1", resend=True)
    world.now = at(world.now.seconds + late)
    world.finish(first, AddedLead("first", first.ask.lead))
    world.finish(second, AddedLead("second", second.ask.lead))
    world.finish(second, REJECTED)
    verdict = world.ask(X, "id1")
    assert isinstance(verdict, AddedLead)
    assert verdict.lead_id == "first", "added is final"


def test_a_lead_that_was_added_is_recorded_though_it_was_forgotten(world: World) -> None:
    claim = world.claim(X, "id1")
    world.records = []
    world.finish(claim, REJECTED)
    assert world.records == []
    world.finish(claim, ADDED)
    assert isinstance(world.ask(X, "id1"), AddedLead)


@pytest.mark.parametrize("ended", [REJECTED, NOT_SENT, UNKNOWN], ids=str)
def test_no_other_outcome_is_taken_from_a_former_owner(world: World, ended: NLPearlError) -> None:
    first = world.claim(X)
    world.now = at(first.record.until)
    second = world.claim(X, resend=True)
    world.finish(first, ended)
    assert world.state() == [State.CLAIMED]
    assert isinstance(world.decide(attrs.evolve(second.ask)), Claim)


@pytest.mark.parametrize("ended", [REJECTED, NOT_SENT], ids=str)
@pytest.mark.parametrize("how", ["unknown", "over"])
def test_neither_a_rejection_nor_time_ends_a_doubt(
    world: World, ended: NLPearlError, how: str
) -> None:
    """F1 to F3: an unknown lead that was resent and rejected was sent once more by the next run."""
    claim = world.claim(X)
    if how == "unknown":
        world.finish(claim, UNKNOWN)
    world.now = at(claim.record.until + 1)
    again = world.claim(X, resend=True)
    assert again.record.doubt == claim.record.since
    world.finish(again, ended)
    world.now = at(world.now.seconds + 1e9)
    verdict = world.ask(X)
    assert isinstance(verdict, Unsettled)
    assert verdict.record.doubt == claim.record.since, "the earliest send counts"


def test_a_person_ends_a_doubt(world: World) -> None:
    world.finish(world.claim(X), UNKNOWN)
    book = world.book()
    assert release(book, world.records[0], world.now)
    world.keep(book)
    assert isinstance(world.ask(X), Claim)
    assert not release(world.book(), world.records[0], world.now), "not while it is being sent"
    world.finish(Claim(world.claim(Y).ask, world.records[-1], 0), ADDED)
    assert not release(world.book(), world.records[-1], world.now), "never what was added"


def test_nothing_personal_is_kept_of_an_added_lead(world: World) -> None:
    claim = world.claim(X, "crm-42", call_data={"firstName": "Joe"})
    assert "crm-42" in repr(world.records), "an unknown lead is looked up by it"
    world.finish(claim, ADDED)
    for private in ("crm-42", X, "Joe", "firstName"):
        assert private not in repr(world.records)


# Every order


class Attempt:
    """One worker that has a claim."""

    def __init__(self, claim: Claim, resend: bool, same_number: bool) -> None:
        self.claim = claim
        self.resend = resend
        self.same_number = same_number
        self.sent = False
        self.stored = False
        self.dead = False
        self.told = False


IDS = st.sampled_from([None, "id1", "id2"])
NUMBERS = st.sampled_from([X, Y])


class EveryOrder(RuleBasedStateMachine):
    """Workers that claim, send, die, are late, and tell; a server that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.attempts: list[Attempt] = []
        self.stored: list[tuple[str, str | None]] = []
        #: What may be there more than once, since somebody has asked for it.
        self.excused: set[str | None] = {None}

    def now(self, seconds: float, epoch: str) -> None:
        gone = {f"process{n.claim.ask.owner[5:]}" for n in self.attempts if n.dead}
        self.world.now = at(seconds, epoch, frozenset(gone))

    @rule(number=NUMBERS, external_id=IDS, resend=st.booleans(), same_number=st.booleans())
    def ask(self, number: str, external_id: str | None, resend: bool, same_number: bool) -> None:
        same_number = same_number and external_id is not None
        verdict = self.world.ask(number, external_id, resend=resend, same_number=same_number)
        if isinstance(verdict, AddedLead):
            assert any(
                number == there and (external_id is None or id_ in (None, external_id))
                for there, id_ in self.stored
            ), "nobody is said to be added who is not"
        if isinstance(verdict, Claim):
            self.attempts.append(Attempt(verdict, resend, same_number))

    @precondition(lambda self: any(not a.sent and not a.dead for a in self.attempts))
    @rule(data=st.data(), stored=st.booleans())
    def send(self, data: st.DataObject, stored: bool) -> None:
        ready = [a for a in self.attempts if not a.sent and not a.dead and not a.told]
        if not ready:
            return
        attempt = data.draw(st.sampled_from(ready))
        record, now = attempt.claim.record, self.world.now
        if now.epoch != record.epoch or now.seconds >= record.until - CLAIM_MARGIN:
            return  # the owner looks at its claim before it sends
        attempt.sent, attempt.stored = True, stored
        lead = attempt.claim.ask.lead
        if attempt.resend:
            self.excused |= {lead.phone_number, lead.external_id}
        if attempt.same_number:
            self.excused.add(lead.phone_number)
        if stored:
            self.stored.append((lead.phone_number, lead.external_id))

    @precondition(lambda self: bool(self.attempts))
    @rule(data=st.data(), lost=st.booleans())
    def tell(self, data: st.DataObject, lost: bool) -> None:
        attempt = data.draw(st.sampled_from(self.attempts))
        if attempt.dead or attempt.told:
            return
        attempt.told = True
        ended: AddedLead | NLPearlError = NOT_SENT
        if attempt.sent:
            ended = AddedLead("lead", attempt.claim.ask.lead) if attempt.stored else REJECTED
            ended = UNKNOWN if lost else ended
        self.world.finish(attempt.claim, ended)

    @precondition(lambda self: bool(self.attempts))
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.attempts)).dead = True
        self.now(self.world.now.seconds, self.world.now.epoch)

    @rule(seconds=st.sampled_from([1.0, TIMEOUT, TIMEOUT + CLAIM_MARGIN, 1e6, -60.0]))
    def pass_time(self, seconds: float) -> None:
        self.now(self.world.now.seconds + seconds, self.world.now.epoch)

    @rule()
    def reboot(self) -> None:
        for attempt in self.attempts:
            attempt.dead = True
        self.now(5.0, self.world.now.epoch + "+")

    @invariant()
    def nobody_is_added_twice(self) -> None:
        for names in zip(*self.stored, strict=True):
            for name in {*names} - self.excused:
                assert names.count(name) <= 1, f"{name} is there twice: {self.stored}"


#: Without shrinking what was found.
HUNTS = settings(max_examples=2000, stateful_step_count=40, database=None, phases=[Phase.generate])

EveryOrder.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestEveryOrder = EveryOrder.TestCase


@pytest.mark.slow
def test_the_machine_finds_a_ledger_that_sends_again_what_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As queues and Powertools do: a claim past its deadline is executed again."""
    state_at = Record.state_at

    def executes(self: Record, now: Now) -> State:
        state = state_at(self, now)
        return State.FREE if state is State.UNKNOWN and self.state == State.CLAIMED else state

    monkeypatch.setattr(Record, "state_at", executes)
    with pytest.raises(AssertionError, match="is there twice"):
        run_state_machine_as_test(EveryOrder, settings=HUNTS)
