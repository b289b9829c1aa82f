"""When a call must be over; only this module reads the clock for that."""

import time


class Deadline:
    """The moment when a whole call, with its retries, must be over.

    Attributes:
        seconds: How long the call may take; None sets no limit.
    """

    __slots__ = ("_ends", "seconds")

    def __init__(self, seconds: float | None) -> None:
        """Start the clock."""
        self.seconds = seconds
        self._ends = None if seconds is None else time.monotonic() + seconds

    def remaining(self) -> float | None:
        """Return the seconds that are left, negative once it has passed; None without a limit."""
        return None if self._ends is None else self._ends - time.monotonic()

    def has_passed(self) -> bool:
        """Return whether no time is left."""
        return self._ends is not None and time.monotonic() >= self._ends

    def allows(self, wait: float) -> bool:
        """Return whether there is time for more after a wait of so many seconds."""
        return self._ends is None or time.monotonic() + wait < self._ends

    def within(self, timeout: float | None) -> float | None:
        """Return a timeout, in seconds, that ends no later than this; raise TimeoutError once this has passed."""
        if self._ends is None:
            return timeout
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left if timeout is None else min(timeout, left)

    def limit(self, timeouts: dict[str, float | None]) -> dict[str, float | None] | None:
        """Return timeouts, in seconds by phase, all within the deadline; None once it has passed."""
        if self._ends is None:
            return timeouts
        most = self._ends - time.monotonic()
        if most <= 0:
            return None
        return {phase: most if seconds is None else min(seconds, most) for phase, seconds in timeouts.items()}
