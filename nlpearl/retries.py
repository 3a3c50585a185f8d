"""When a request may be sent again, and after how long. Pure.

The policy:

- Only the outcome decides, never the HTTP method: a PUT creates a lead here.
- NOT_SENT (name look-up, connect, TLS, proxy, pool) and 429 are sent again, up to `max_retries`
  times. UNKNOWN never is: the lead may exist. REFUSED never is: it would be refused again.
- A look-up changes nothing, so it is sent again after every failure that may pass.
- After a 429 with Retry-After: when the server says, not earlier.
- Otherwise exponential backoff with full jitter: a random time between zero and 0.5 s, 1 s, 2 s, …
  with a cap of 8 s (the AWS Architecture Blog's "Exponential Backoff And Jitter", 2015).
- A wait that does not end before the deadline is not begun: the error is raised at once.
"""

import random
from collections.abc import Callable

from .errors import (
    APIConnectionError,
    NLPearlError,
    Outcome,
    RateLimitError,
    ServerError,
    UnexpectedResponseError,
)

#: Seconds; the backoff before the first retry is at most this, and doubles with each.
FIRST_BACKOFF = 0.5
#: Seconds; no backoff is longer. What Retry-After asks for may be.
LONGEST_BACKOFF = 8.0


def wait_before_retry(
    error: NLPearlError,
    sent: int,
    *,
    max_retries: int,
    left: float,
    reads: bool = False,
    jitter: Callable[[float, float], float] = random.uniform,
) -> float | None:
    """Seconds to wait before sending again, or None to give up and raise `error`.

    `sent` counts the requests so far, `left` is what remains of the deadline in seconds. A request
    that only `reads` may be sent again after any failure that may pass.
    """
    if sent > max_retries or not (may_be_sent_again(error) or (reads and may_be_read_again(error))):
        return None
    if isinstance(error, RateLimitError) and error.retry_after is not None:
        wait = error.retry_after
    else:
        wait = backoff(sent - 1, jitter)
    return wait if wait < left else None


def backoff(before: int, jitter: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds to wait after so many waits before: exponential, with full jitter."""
    return jitter(0.0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(before, 16)))


def may_be_read_again(error: NLPearlError) -> bool:
    """Whether to ask again may fare better, where asking changes nothing."""
    return isinstance(error, APIConnectionError | ServerError | UnexpectedResponseError)


def may_be_sent_again(error: NLPearlError) -> bool:
    """Whether another request cannot make a second lead, and may fare better."""
    if isinstance(error, APIConnectionError):
        return error.outcome is Outcome.NOT_SENT
    return isinstance(error, RateLimitError)
