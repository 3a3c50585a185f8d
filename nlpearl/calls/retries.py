"""When a request is retried, and after how long. Pure.

The policy:

- Only the outcome decides, never the HTTP method: a PUT creates a lead here.
- NOT_SENT (name lookup, connect, TLS, proxy, pool) and 429 are retried, up to `max_retries` times;
  not what stays as it is: a certificate, a proxy that refuses, a name that does not exist.
  UNKNOWN is not: the lead may exist. REJECTED is not: it would be rejected again.
- A lookup changes nothing, so it is retried after every failure that may pass.
- After a 429 with Retry-After: when the server says, not earlier. Less than a second, also 0, is
  1 s, 2 s, 4 s, … up to 8 s.
- Otherwise exponential backoff with full jitter: a random time between zero and 0.5 s, 1 s, 2 s, …
  up to 8 s (the AWS Architecture Blog's "Exponential Backoff And Jitter", 2015).
- A wait that would not end before the deadline does not begin: the error is raised at once.
"""

import random
from collections.abc import Callable

from ..errors import (
    APIConnectionError,
    NLPearlError,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
)

#: Seconds; the backoff before the first retry is at most this, and doubles with each.
FIRST_BACKOFF = 0.5
#: Seconds; no backoff is longer. What Retry-After asks for may be.
LONGEST_BACKOFF = 8.0
#: Seconds; no pause is shorter, also if Retry-After asks for less.
LEAST_PAUSE = 1.0


def wait_before_retry(
    error: NLPearlError,
    tries: int,
    *,
    max_retries: int,
    left: float,
    reads: bool = False,
    jitter: Callable[[float, float], float] = random.uniform,
) -> float | None:
    """Seconds to wait before the next try, or None to give up and raise `error`.

    `tries` counts the requests so far, `left` is what remains of the deadline in seconds. A request
    that only `reads` is retried after any failure that may pass.
    """
    if isinstance(error, APIConnectionError) and error.is_permanent:
        return None
    if tries > max_retries or not (error.retryable or (reads and _may_pass(error))):
        return None
    if isinstance(error, RateLimitError) and error.retry_after is not None:
        wait = pause_for(error.retry_after, tries - 1)
    else:
        wait = backoff(tries - 1, jitter)
    return wait if wait < left else None


def backoff(before: int, jitter: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds to wait, after so many waits before: exponential, with full jitter."""
    return jitter(0.0, doubled(FIRST_BACKOFF, before))


def doubled(seconds: float, times: int) -> float:
    """So many times twice as long, and never longer than the longest backoff."""
    return min(LONGEST_BACKOFF, seconds * 2.0 ** min(times, 16))


def pause_for(retry_after: float, before: int) -> float:
    """Seconds that a Retry-After asks for, after so many pauses before: 0 is still a pause."""
    if retry_after >= LEAST_PAUSE:
        return retry_after
    return doubled(LEAST_PAUSE, before)


def _may_pass(error: NLPearlError) -> bool:
    return isinstance(error, APIConnectionError | ServerError | UnexpectedResponseError)
