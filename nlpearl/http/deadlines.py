"""When a call ends: one deadline for all that it waits for."""

import time


class Deadline:
    """The moment at which a call ends, waits and retries included."""

    __slots__ = ("at", "seconds")

    def __init__(self, seconds: float, began: float | None = None) -> None:
        #: How long the whole call may take.
        self.seconds: float = seconds
        #: The end, on `time.monotonic`'s clock.
        self.at: float = (time.monotonic() if began is None else began) + seconds

    def left(self) -> float:
        """Seconds until the end; negative once it is past."""
        return self.at - time.monotonic()

    def part(self, share: float) -> "Deadline":
        """One that ends when this share of the time that is left now is over."""
        return Deadline(self.left() * share)


class TimeLeft(float):
    """A timeout that knows its deadline. httpcore hands it to the stream untouched, as it is.

    As a plain number, for code that knows only numbers, it is what was left when it was made.
    """

    at: float

    def __new__(cls, at: float, most: float = float("inf")) -> "TimeLeft":
        self = super().__new__(cls, min(at - time.monotonic(), most))
        self.at = at
        return self

    def now(self) -> float:
        """Seconds left now, never more than at the beginning."""
        return min(self, self.at - time.monotonic())
