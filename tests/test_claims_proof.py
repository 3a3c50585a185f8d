"""The proof of the claims, on both stores; claim_harness.py says how it is made.

`pytest -rP` shows the numbers.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from .claim_harness import Attempt, Event, Report, Stored, Task, Told, judge, play
from .postgres import Database

SEED = 20_261_125


def check(report: Report, kills: int) -> None:
    print(report)
    findings = report.findings
    assert findings.twice == {}
    assert findings.untrue == []
    assert findings.unexplained == []
    assert report.events["kill -9"] == kills
    # It was really tried: amid the work of the processes that were killed, and with all faults.
    assert report.told["killed"] > kills
    assert report.told["LeadInProgressError"] > 0
    assert {*report.faults} >= {"lost", "503", "503, stored", "dropped", "rejected", "limited"}
    # Whoever calls every lead unknown lies to nobody.
    assert report.stored > 0.9 * report.leads
    assert report.told["ADDED"] > report.deliveries / 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_one_sqlite_file_adds_each_lead_once_while_processes_die(tmp_path: Path) -> None:
    kills = 120
    report = play(tmp_path, str(tmp_path / "x.ledger"), leads=2000, kills=kills, seed=SEED)
    check(report, kills)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_one_postgresql_database_adds_each_lead_once_while_processes_die(
    tmp_path: Path, postgres: Database
) -> None:
    ended: list[int] = []

    def end_connections(_: Callable[[], None]) -> None:
        """End every third of the ledgers' connections."""
        sessions = postgres.sessions()[::3]
        postgres("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", sessions)
        ended.extend(sessions)

    def restarting(how: str) -> Callable[[Callable[[], None]], None]:
        def restart(kill: Callable[[], None]) -> None:
            postgres.server.stop(how)
            kill()  # a process that waits for the database
            postgres.server.start()

        return restart

    events = [Event(n / 41, "connections ended", end_connections) for n in range(1, 41)]
    for at, how in ((0.2, "fast"), (0.4, "immediate"), (0.6, "fast"), (0.8, "immediate")):
        events.append(Event(at, f"restart, {how}", restarting(how)))
    kills = 100
    report = play(tmp_path, postgres.url, leads=2000, kills=kills, seed=SEED, events=events)
    print(f"{len(ended)} connections ended")
    check(report, kills + 4)
    assert len(ended) >= 60


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("control", ["expired is free", "errors free"])
def test_what_others_do_is_found_to_add_people_twice(tmp_path: Path, control: str) -> None:
    ledger = str(tmp_path / "x.ledger")
    report = play(tmp_path, ledger, leads=400, kills=20, seed=SEED, control=control)
    print(report)
    assert report.findings.leads_twice > 0


# What the judge finds


TASK = Task("+14155550101", "1")
ADDED = Told("ADDED", lead_id="a")
LEAD = Stored("+14155550101", "1", attempt=0, lead_id="a")
DUPLICATE = Told("NOT_SENT", error="DuplicateLeadError", said="added earlier (lead id a)")


def attempt(told: Told | None, number: int = 0, task: Task = TASK) -> Attempt:
    return Attempt(number, task, told)


@pytest.mark.parametrize(
    ("attempts", "stored"),
    [
        ([attempt(ADDED)], [LEAD]),
        ([attempt(ADDED), attempt(Told("ADDED", lead_id="a", earlier=True), 1)], [LEAD]),
        ([attempt(Told("REJECTED"))], []),
        ([attempt(None)], [LEAD]),
        ([attempt(None), attempt(Told("UNKNOWN", error="UnsettledLeadError"), 1)], []),
        ([attempt(ADDED), attempt(DUPLICATE, 1, Task("+14155550101", "2"))], [LEAD]),
    ],
)
def test_what_may_be_is_not_found(attempts: list[Attempt], stored: list[Stored]) -> None:
    findings = judge(attempts, stored)
    assert (findings.twice, findings.untrue, findings.unexplained) == ({}, [], [])


@pytest.mark.parametrize(
    ("attempts", "stored", "lie"),
    [
        ([attempt(ADDED)], [], "no such lead"),
        ([attempt(ADDED), attempt(ADDED, 1)], [LEAD], "another attempt has sent it"),
        ([attempt(ADDED, task=Task("+14155550102", "1"))], [LEAD], "the lead has the number"),
        ([attempt(Told("ADDED", lead_id="a", earlier=True))], [LEAD], "it was sent now"),
        ([attempt(Told("NOT_SENT"))], [LEAD], "stored as"),
        ([attempt(Told("REJECTED"))], [LEAD], "stored as"),
        ([attempt(DUPLICATE)], [], "nobody has added it"),
    ],
)
def test_a_lie_is_found(attempts: list[Attempt], stored: list[Stored], lie: str) -> None:
    [found] = judge(attempts, stored).untrue
    assert lie in found


@pytest.mark.parametrize(
    ("second", "twice"),
    [
        (Stored("+14155550101", "2", 1, "b"), {"+14155550101": 2}),
        (Stored("+14155550102", "1", 1, "b"), {"1": 2}),
        (Stored("+14155550101", None, 1, "b"), {"+14155550101": 2}),
    ],
)
def test_a_second_lead_is_found_by_id_and_by_number(second: Stored, twice: dict[str, int]) -> None:
    findings = judge([], [LEAD, second])
    assert findings.twice == twice
    assert findings.leads_twice >= 1


def test_a_lead_that_is_unknown_without_a_reason_is_found() -> None:
    unsettled = Told("UNKNOWN", error="UnsettledLeadError")
    [found] = judge([attempt(Told("REJECTED")), attempt(unsettled, 1)], []).unexplained
    assert "+14155550101" in found
