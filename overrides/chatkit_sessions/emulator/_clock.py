"""The emulator's time."""

import threading
import time
from datetime import timedelta


class Clock:
    """The machine's clock, plus what a test has added."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._lock = threading.Lock()

    @property
    def ahead(self) -> float:
        """How many seconds it is ahead of the machine's clock."""
        return self._ahead

    def now(self) -> float:
        """Return the emulator's time in Unix seconds."""
        return time.time() + self._ahead

    def advance(self, by: float | timedelta) -> None:
        """Move the time forward.

        Args:
            by: How far, in seconds or as a `timedelta`.

        Raises:
            ValueError: `by` is negative.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else float(by)
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"by: a clock only moves forward, by a finite number of seconds; got {seconds}")
        with self._lock:
            self._ahead += seconds

    def reset(self) -> None:
        """Go back to the machine's time."""
        with self._lock:
            self._ahead = 0.0
