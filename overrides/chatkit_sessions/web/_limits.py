"""Limits how often a visitor may ask, and stops asking OpenAI while it fails."""

import time
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import Any, Final, Protocol, cast

from throttled import MemoryStore, Throttled, per_duration

from .. import APIConnectionError, APIError, APIStatusError
from ._answers import Refusal
from ._values import Step, Steps

_WINDOW: Final = timedelta(minutes=10)
_MOST_KEYS: Final = 100_000
"""The most visitors counted at a time; the one seen longest ago is forgotten first."""
_FAILURES: Final = 3
_PAUSE: Final = 5.0
_PASSING: Final = frozenset({408, 409, 429})


class Limiter(Protocol):
    """Counts requests: throttled's `Throttled`, sync or async, or anything with the same method."""

    def limit(self, key: str, /) -> Any:
        """Count one request of a key; return an object with `limited` and `state.retry_after`, in seconds."""


class _Own(Throttled):
    """A limiter that never waits, and needs no thread."""


def limiter_of(argument: str, given: int | Limiter | None) -> Limiter | None:
    """Return a limiter for so many sessions in ten minutes, or the one that was given.

    Raises:
        ValueError: It is neither a number nor a limiter.
    """
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        store = MemoryStore(options={"MAX_SIZE": _MOST_KEYS})
        return _Own(using="gcra", quota=per_duration(_WINDOW, given), store=store)
    if given is None or (callable(getattr(given, "limit", None)) and not isinstance(given, type)):
        return cast("Limiter | None", given)
    raise ValueError(f"{argument}: expected a number from 1, an object with limit(key), or None, got {given!r}")


def count(limiter: Limiter | None, key: str) -> Steps[None]:
    """Count one session.

    Raises:
        Refusal: There were too many, or the limiter failed.
    """
    if limiter is None:
        return
    try:
        result = limiter.limit(key) if isinstance(limiter, _Own) else (yield partial(limiter.limit, key))
        wait = float(result.state.retry_after) if result.limited else None
    except Exception as error:
        raise Refusal("chat_unavailable", retry_after=0, error=error) from None
    if wait is not None:
        raise Refusal("too_many_sessions", retry_after=wait)


class Breaker:
    """Saves visitors the wait while OpenAI fails: after three failures in a row, one call at a time tries.

    Args:
        patience: Seconds that a trying call may take, if that is more than the pause before it.
    """

    def __init__(self, patience: float | None) -> None:
        self._turn = max(_PAUSE, patience or 0)
        self._failures = 0
        self._resumes = 0.0
        self._lock = Lock()

    def check(self) -> None:
        """Check that OpenAI may be asked.

        Raises:
            Refusal: OpenAI is away, or was a moment ago.
        """
        wait = self._resumes - time.monotonic()
        if self._failures >= _FAILURES and wait > 0:
            raise Refusal("chat_unavailable", retry_after=wait)

    def call(self, step: Step) -> Steps[Any]:
        """Make a call, and note how it ends.

        Raises:
            Refusal: OpenAI is away, or was a moment ago.
        """
        with self._lock:
            self.check()
            self._resumes = time.monotonic() + self._turn
        try:
            session = yield step
        except APIError as error:
            if not is_passing(error):
                self._failures = 0
                raise
            with self._lock:
                self._failures += 1
                self._resumes = time.monotonic() + _PAUSE
            raise Refusal("chat_unavailable", retry_after=error.retry_after or 0, error=error) from None
        self._failures = 0
        return session


def is_passing(error: BaseException) -> bool:
    """Return whether an error says that OpenAI is away or busy for a while."""
    status = error.status_code if isinstance(error, APIStatusError) else 0
    return isinstance(error, APIConnectionError) or status in _PASSING or status >= 500
