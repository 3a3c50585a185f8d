"""How fast a run of many leads goes: the caller's rate, and the pause that a 429 asks of all; and
whether it goes on where nothing can be reached. Pure, but for the locks: every method is told what
time it is.

The policy:

- `rate` requests start in a second at most, one after the other, never in bursts. Leads that start,
  retries and lookups all count.
- After a 429 nothing of the run is sent until the pause is over: what Retry-After says (0 is
  1 s, and more with each wave of 429s), or a backoff that doubles with each wave, from 0.5 s to
  8 s. What was in flight meanwhile and is refused likewise belongs to the same wave.
- A limit slows a run, and does not fail a lead. It ends the run when Retry-After is longer than ten
  minutes, or when for ten minutes nothing but 429 came.
- A run that has not reached the API at all ends as soon as a lead fails in a way that stays as it
  is, such as by a certificate, or as many leads fail as are in flight at once, and at least three.
"""

import logging
import random
import threading
from collections.abc import Callable

from ..calls.retries import FIRST_BACKOFF, LEAST_PAUSE, doubled, pause_for
from ..errors import APIConnectionError, NLPearlError, Outcome, RateLimitError
from ..leads.results import AddedLead

logger: logging.Logger = logging.getLogger("nlpearl")

#: Seconds; a limit that lasts longer ends the run.
LONGEST_LIMIT = 600.0

#: Leads that fail, at least, before a run that reaches nothing ends.
LEAST_FAILED = 3


class Pace:
    """When the next lead of one run may go. Times are seconds on a monotonic clock."""

    def __init__(
        self, rate: float | None, jitter: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._jitter = jitter
        self._lock = threading.Lock()
        self._next = 0.0
        self._paused_since = float("-inf")
        self._paused_until = float("-inf")
        self._limited_since: float | None = None
        self._waves = 0

    def left(self, now: float) -> float:
        """Seconds until the next lead may go; 0: now."""
        return max(0.0, self._next - now, self._paused_until - now)

    def is_paused(self, now: float) -> bool:
        """Whether a limit holds everything back."""
        return now < self._paused_until

    def goes(self, now: float) -> float:
        """One request goes now, or after the seconds that this returns: when `rate` allows it."""
        return max(0.0, self.take(now) - self._interval - now)

    def take(self, now: float) -> float:
        """One request goes as soon as `rate` allows it; when the next one may go."""
        with self._lock:
            self._next = max(now, self._next) + self._interval
            return self._next

    def give_back(self, taken: float) -> None:
        """What was to go was not sent; unless another has gone since, the next may go at once."""
        with self._lock:
            if self._next == taken:
                self._next -= self._interval

    def responded(self) -> None:
        """Something else than a 429 came: the limit lets calls through."""
        self._limited_since = None
        self._waves = 0

    def limited(self, error: RateLimitError, sent: float, now: float) -> bool:
        """A 429 came for what was sent then; whether the run goes on, after a pause."""
        with self._lock:
            if self._limited_since is None:
                self._limited_since = now
            asked = error.retry_after
            if (asked is None or asked < LEAST_PAUSE) and sent < self._paused_since:
                return True  # it left before the pause, which is for it as well
            if asked is not None:
                wait = pause_for(asked, self._waves)
            else:
                most = doubled(FIRST_BACKOFF, self._waves)
                wait = self._jitter(most / 2, most)
            if wait > LONGEST_LIMIT or now - self._limited_since >= LONGEST_LIMIT:
                return False
            if sent >= self._paused_since:
                self._waves += 1
                self._paused_since = now
                logger.warning("429: the API limits the rate; nothing is sent for %.1f s", wait)
            self._paused_until = max(self._paused_until, now + wait)
            return True


class Reach:
    """Whether one run reaches the API. `concurrency`: the leads that are in flight at once."""

    def __init__(self, concurrency: int) -> None:
        self._most = max(concurrency, LEAST_FAILED)
        self._lock = threading.Lock()
        self._failed = 0
        self._has_reached = False

    def ended(self, ended: AddedLead | NLPearlError) -> APIConnectionError | None:
        """Take the outcome of a lead that was to be sent; the error if it has to end the run."""
        with self._lock:
            if not isinstance(ended, APIConnectionError) or ended.outcome is not Outcome.NOT_SENT:
                self._has_reached = True
            elif not self._has_reached:
                self._failed += 1
                if ended.is_permanent or self._failed >= self._most:
                    return ended
            return None
