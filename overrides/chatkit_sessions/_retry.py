"""When a failed attempt is tried again, and after how long."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import random
from threading import TIMEOUT_MAX
from typing import Final, cast

from ._version import public

MAX_RETRY_AFTER: Final = 120.0
"""Seconds. The longest wait that a server may ask for, as in the official SDK; a longer one ends the call."""

# `re` compiles them at first use, so a start does not pay for them.
_NUMBER: Final = r"(?ai)[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?"
_HTTP_DATE: Final = r"(?ais)(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s.*\d\d:\d\d:\d\d"
_LONGEST_NUMBER: Final = 1000
_LONGEST_DATE: Final = 100
"""Characters. dateutil takes seconds for a header of the length that a server may send."""
_RETRIED_STATUSES: Final = frozenset({408, 409, 429})
_QUOTA_CODES: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})


@public
@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often to retry, and after which waits. Pass one as `max_retries` to change more than the number.

    - Retried: a failed connection, 408, 409, 429, 500 and every status above it. `x-should-retry: true` or `false` from
      the server wins over the status. A 429 because the quota is used up is never retried.
    - The wait is what the server asks for in `retry-after-ms` or `Retry-After` (seconds, also fractional, or an HTTP
      date), exactly, if that is above 0 and at most 120 seconds. Above that the call ends with the last error.
    - Otherwise it is `initial_delay`, doubled for each retry, at most `max_delay`, less a random part up to `jitter`.
    - Nothing is retried once a 2xx status line has arrived, nor past the call's deadline.

    Attributes:
        max_retries: Retries after the first attempt; 0 turns them off.
        initial_delay: Seconds before the first retry.
        max_delay: Seconds that no computed wait exceeds.
        jitter: The largest share, from 0 to 1, that is taken off a computed wait at random.

    Raises:
        TypeError: A value is not a number.
        ValueError: A value is negative or not finite, or `jitter` is above 1.
    """

    max_retries: int = 2
    initial_delay: float = 0.5
    max_delay: float = 8.0
    jitter: float = 0.25

    def __post_init__(self) -> None:
        retries = cast("object", self.max_retries)
        if not isinstance(retries, int) or isinstance(retries, bool):
            raise TypeError(f"max_retries: expected a whole number from 0, got {retries!r:.80}")
        if retries < 0:
            raise ValueError(f"max_retries: expected a whole number from 0, got {retries}")
        for name, most in (("initial_delay", TIMEOUT_MAX), ("max_delay", TIMEOUT_MAX), ("jitter", 1.0)):
            value: object = getattr(self, name)
            accepted = "a number from 0 to 1" if most == 1 else "a finite number of seconds from 0"
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise TypeError(f"{name}: expected {accepted}, got {value!r:.80}")
            if not 0 <= value <= most:
                raise ValueError(f"{name}: expected {accepted}, got {value}")

    def retries(
        self, status: int, headers: Mapping[str, str], *, code: str | None = None, now: float | None = None
    ) -> bool:
        """Return whether a response of this status is worth another attempt.

        Args:
            status: The HTTP status; a 2xx never is.
            headers: The response's headers, looked up in lower case.
            code: The `code` of OpenAI's error object in the response, if any.
            now: Unix time that a `Retry-After` date is measured from; the present by default.
        """
        if not is_transient(status, headers, code):
            return False
        asked = retry_after(headers, now=now)
        return asked is None or asked <= MAX_RETRY_AFTER

    def delay(
        self,
        retries_taken: int,
        headers: Mapping[str, str] | None = None,
        *,
        now: float | None = None,
        share: float | None = None,
    ) -> float:
        """Return the seconds to wait before the next attempt.

        Args:
            retries_taken: Retries made so far.
            headers: The headers of the response that failed, if there was one.
            now: Unix time that a `Retry-After` date is measured from; the present by default.
            share: How much of the jitter to take off, from 0 to 1; random by default.
        """
        asked = retry_after(headers, now=now) if headers is not None else None
        if asked is not None and 0 < asked <= MAX_RETRY_AFTER:
            return asked
        # 2.0 ** 1024 overflows; max_delay applies long before.
        longest = min(self.initial_delay * 2.0 ** min(retries_taken, 64), self.max_delay)
        return longest * (1 - self.jitter * (random() if share is None else share))  # noqa: S311 - not for secrecy


def is_transient(status: int, headers: Mapping[str, str], code: str | None) -> bool:
    """Return whether the same call may succeed later, however long that takes. The arguments are those of `retries`."""
    if 200 <= status < 300 or is_quota_used_up(status, code):
        return False
    wish = headers.get("x-should-retry", "").strip().lower()
    if wish in ("true", "false"):
        return wish == "true"
    return status in _RETRIED_STATUSES or status >= 500


def is_quota_used_up(status: int, code: str | None) -> bool:
    """Return whether a response says that a bill must be paid, or a limit raised, first."""
    return status == 429 and code in _QUOTA_CODES


def retry_after(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Return how many seconds the server asks to wait; None if it does not, or in an unknown form.

    A date in the past gives a negative number, one too large for a float gives infinity.
    """
    for name, per_second in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = headers.get(name, "").strip()
        if len(value) <= _LONGEST_NUMBER and re.fullmatch(_NUMBER, value):
            return float(value) / per_second
    date = headers.get("retry-after", "").strip()
    if len(date) > _LONGEST_DATE or not re.match(_HTTP_DATE, date):
        return None
    # Only a server that sends a date makes us load dateutil, which has no types.
    from dateutil import parser  # type: ignore[import-untyped, unused-ignore] # where its stubs are not installed

    try:
        moment: datetime = parser.parse(date.upper(), tzinfos=_zone_offset)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)  # the asctime form names no zone and means UTC (RFC 9110, 5.6.7)
        return (moment - datetime.fromtimestamp(time.time() if now is None else now, UTC)).total_seconds()
    except (ValueError, OverflowError):  # also for an offset of a day or more, which only the difference meets
        return None


def _zone_offset(_name: str | None, offset: int | None) -> int:
    """Return UTC for every zone with a name: an HTTP date knows only GMT."""
    return offset or 0
