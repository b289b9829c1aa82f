"""All that the emulator remembers, in one place, so that it can be reset together."""

from collections.abc import Iterable, Mapping
from typing import Any

from ._admission import RateLimit
from ._clock import Clock
from ._faults import Faults
from ._recording import Recorder
from ._sessions import SessionStore


class State:
    """The clock, the sessions, the faults to come, and the records.

    Args:
        requests_per_minute: How many requests are answered in each minute.
        seeds: Arguments of `SessionStore.add` for the sessions that are there from the start.
    """

    def __init__(self, *, requests_per_minute: int, seeds: Iterable[Mapping[str, Any]]) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self.recorder = Recorder()
        self.rate_limit = RateLimit(requests_per_minute)
        self.sessions = SessionStore(self.clock)
        self._seeds = [dict(seed) for seed in seeds]
        self._add_seeds()

    def reset(self) -> None:
        """Go back to the start."""
        self.faults.clear()
        self.recorder.reset()
        self.clock.reset()
        self.rate_limit.reset()
        self.sessions.reset()
        self._add_seeds()

    def _add_seeds(self) -> None:
        for seed in self._seeds:
            self.sessions.add(**seed)
