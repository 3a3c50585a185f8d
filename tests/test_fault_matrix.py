"""Never twice, never lost: the invariant, in every cell of the matrix and for random sequences."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlpearl import AddedLead, APIConnectionError, NLPearlError, Outcome

from .conftest import Either
from .fault_matrix import CELLS, FAULTS, OK, Cell, Fault, FaultServer, play, violation
from .servers import Server


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_what_the_caller_is_told_agrees_with_what_the_server_stored(cell: Cell) -> None:
    end, stored = play(cell)
    assert violation(end, stored) is None, end
    if cell.fault is OK:
        assert isinstance(end, AddedLead)
    elif cell.fault.stores:
        assert isinstance(end, NLPearlError)
        assert end.outcome is Outcome.UNKNOWN


def reconciles(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlpearl.calls.retries.FIRST_BACKOFF", 0.05)
    monkeypatch.setattr("tests.fault_matrix.RECONCILING", 1.2)
    end, stored = play(cell, reconcile=True)
    assert violation(end, stored) is None, end
    if cell.fault.stores:
        assert isinstance(end, AddedLead), end


@pytest.mark.parametrize(
    "cell", [cell for cell in CELLS if cell.fault.stage == "mid-response"], ids=str
)
def test_lookups_make_the_unknown_known(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    reconciles(cell, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_lookups_make_the_unknown_known_in_every_cell_and_nothing_else(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconciles(cell, monkeypatch)


def test_a_violation_would_be_seen() -> None:
    lost = APIConnectionError("x", outcome=Outcome.UNKNOWN)
    not_sent = APIConnectionError("x", outcome=Outcome.NOT_SENT)
    assert violation(lost, 2)
    assert violation(not_sent, 1)
    assert violation(lost, 1) is None
    assert violation(lost, 0) is None
    assert violation(not_sent, 0) is None


# A silent server costs a whole timeout each time, so few of a sequence are silent.
QUICK = [fault for fault in FAULTS if "silent" not in fault.name]
FAULT = st.one_of(st.sampled_from(QUICK), st.sampled_from(QUICK), st.just(OK))


@pytest.mark.parametrize("name", ["sync", "async"])
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(FAULT, min_size=1, max_size=60), calls=st.integers(20, 40))
def test_no_sequence_of_faults_adds_a_lead_twice_or_hides_one(
    name: Any, faults: list[Fault], calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlpearl.calls.retries.FIRST_BACKOFF", 0.001)
    server = FaultServer([*faults, OK])
    leads = [{"external_id": f"row-{number}"} for number in range(calls)]
    with Server(server.script) as listening:
        options = {"timeout": 5, "max_retries": 2}
        ends = Either(name).add_all(listening.url, leads, client=options)
    for lead, end in zip(leads, ends, strict=True):
        assert violation(end, server.stored[lead["external_id"]]) is None, end
