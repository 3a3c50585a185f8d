"""How fast a run goes: the rate, and the pause after a 429. A clock that the test turns."""

import logging

import pytest

from nlpearl import APIConnectionError, NLPearlError, Outcome, RateLimitError
from nlpearl.bulk.pace import Pace, Reach


def limit(retry_after: float | None = None) -> RateLimitError:
    return RateLimitError("429", status_code=429, retry_after=retry_after)


def longest(low: float, high: float) -> float:
    assert low == high / 2
    return high


def test_without_a_rate_every_lead_may_go_now() -> None:
    pace = Pace(None)
    for _ in range(3):
        assert pace.left(100.0) == 0
        pace.goes(100.0)


def test_a_rate_spaces_the_leads_and_knows_no_bursts() -> None:
    pace = Pace(4)
    pace.goes(100.0)
    assert pace.left(100.0) == 0.25
    assert pace.left(100.25) == 0
    pace.goes(200.0)
    assert pace.left(200.0) == 0.25, "an idle time is not made up for"


def test_the_turn_of_what_was_not_sent_goes_to_the_next_unless_that_has_gone() -> None:
    pace = Pace(4)
    turn = pace.take(100.0)
    pace.give_back(turn)
    assert pace.left(100.0) == 0
    turn = pace.take(100.0)
    pace.take(100.25)
    pace.give_back(turn)
    assert pace.left(100.25) == 0.25


def test_nothing_goes_before_the_pause_is_over() -> None:
    pace = Pace(4)
    pace.goes(99.0)
    assert not pace.is_paused(100.0)
    assert pace.limited(limit(3.0), sent=99.0, now=100.0)
    assert pace.is_paused(100.0)
    assert pace.left(100.0) == 3.0
    assert pace.left(102.5) == 0.5
    assert pace.left(103.0) == 0.0
    assert not pace.is_paused(103.0)


def test_the_longest_retry_after_of_a_wave_holds() -> None:
    pace = Pace(None)
    for seconds in (3.0, 5.0, 1.0):
        assert pace.limited(limit(seconds), sent=99.0, now=100.0)
    assert pace.left(100.0) == 5.0


def test_a_wave_of_429s_is_one_pause_and_the_next_wave_a_longer_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pace = Pace(None, longest)
    now = 100.0
    with caplog.at_level(logging.WARNING, "nlpearl"):
        for pause in (0.5, 1.0, 2.0, 4.0, 8.0, 8.0):
            for _ in range(5):
                assert pace.limited(limit(), sent=now - 0.1, now=now)
            assert pace.left(now) == pause
            now += pause + 1
    assert len(caplog.records) == 6
    assert caplog.records[-1].message == "429: the API limits the rate; nothing is sent for 8.0 s"


def test_a_retry_after_of_0_is_a_pause_that_grows_with_each_wave() -> None:
    pace = Pace(None)
    now = 100.0
    for pause in (1.0, 2.0, 4.0, 8.0, 8.0):
        for _ in range(5):
            assert pace.limited(limit(0.0), sent=now - 0.1, now=now)
        assert pace.left(now) == pause
        assert pace.limited(limit(0.5), sent=now - 0.1, now=now + 0.5), "of the same wave"
        assert pace.left(now) == pause
        now += pause + 1
    pace.responded()
    pace.limited(limit(0.0), sent=now - 0.1, now=now)
    assert pace.left(now) == 1.0


def test_every_request_takes_its_turn() -> None:
    pace = Pace(4)
    assert [pace.goes(100.0) for _ in range(3)] == [0.0, 0.25, 0.5]
    assert pace.left(100.0) == 0.75, "the next lead comes after the retries"
    assert Pace(None).goes(100.0) == 0


def test_a_response_resets_the_backoff() -> None:
    pace = Pace(None, longest)
    for now in (100.0, 200.0):
        pace.limited(limit(), sent=now - 1, now=now)
    pace.responded()
    pace.limited(limit(), sent=299.0, now=300.0)
    assert pace.left(300.0) == 0.5


def test_ten_minutes_of_429_alone_end_the_run() -> None:
    pace = Pace(None, longest)
    assert pace.limited(limit(), sent=99.0, now=100.0)
    assert pace.limited(limit(), sent=699.0, now=699.9)
    assert not pace.limited(limit(), sent=700.0, now=700.0)


def test_a_response_in_between_gives_ten_minutes_more() -> None:
    pace = Pace(None, longest)
    assert pace.limited(limit(), sent=99.0, now=100.0)
    pace.responded()
    assert pace.limited(limit(), sent=699.0, now=700.0)
    assert pace.limited(limit(), sent=1299.0, now=1299.9)


def test_a_retry_after_of_more_than_ten_minutes_ends_the_run_at_once() -> None:
    pace = Pace(None)
    assert pace.limited(limit(600.0), sent=99.0, now=100.0)
    assert not pace.limited(limit(601.0), sent=99.0, now=100.0)


def unreached(outcome: Outcome = Outcome.NOT_SENT) -> APIConnectionError:
    return APIConnectionError("refused", outcome=outcome)


@pytest.mark.parametrize(("concurrency", "most"), [(1, 3), (8, 8)])
def test_as_many_leads_as_are_in_flight_fail_before_a_run_ends(concurrency: int, most: int) -> None:
    reach = Reach(concurrency)
    last = [unreached() for _ in range(most)]
    assert [reach.ended(error) for error in last] == [None] * (most - 1) + [last[-1]]


@pytest.mark.parametrize("reached", [NLPearlError("500"), limit(), unreached(Outcome.UNKNOWN)])
def test_a_run_that_has_reached_the_api_never_ends_so(reached: NLPearlError) -> None:
    reach = Reach(1)
    error = unreached()
    error.is_permanent = True
    assert reach.ended(reached) is None
    assert [reach.ended(error) for _ in range(9)] == [None] * 9
    assert Reach(8).ended(error) is error
