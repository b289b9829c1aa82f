"""What a request needs before anyone reads its body: a key, the beta header, and room under the rate limit."""

import hmac
import math
import threading
from collections.abc import Mapping

from ._clock import Clock
from ._errors import ApiError

BETA = "chatkit_beta=v1"
WINDOW_SECONDS = 60


def check_key(headers: Mapping[str, str], api_key: str) -> None:
    """Refuse a request that does not bear `api_key`.

    Raises:
        ApiError: 401, without a word on what the right key is.
    """
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        message = "No API key was sent: the Authorization header must read 'Bearer YOUR_KEY'."
    elif not hmac.compare_digest(given.strip().encode(), api_key.encode()):
        message = "The API key is not the one this emulator was started with."
    else:
        return
    raise ApiError(401, message, code="invalid_api_key", headers={"www-authenticate": "Bearer"})


def check_beta(headers: Mapping[str, str]) -> None:
    """Refuse a request that does not opt in to the beta.

    Raises:
        ApiError: 400 `invalid_beta`.
    """
    if BETA not in (value.strip() for value in headers.get("openai-beta", "").split(",")):
        raise ApiError(400, f"ChatKit is in beta: send the header 'OpenAI-Beta: {BETA}'.", code="invalid_beta")


class Gate:
    """Admits requests.

    Args:
        api_key: the only key that is right.
        rate_limit: counts the requests that bear it.
        clock: tells the time.
    """

    def __init__(self, api_key: str, rate_limit: "RateLimit", clock: Clock) -> None:
        self._api_key = api_key
        self._rate_limit = rate_limit
        self._clock = clock

    def admit(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Let a request in.

        Returns:
            The headers that tell the caller what is left to it.

        Raises:
            ApiError: 401, 400 or 429.
        """
        check_key(headers, self._api_key)
        check_beta(headers)
        return self._rate_limit.take(self._clock.now())


class RateLimit:
    """At most so many requests in each minute; a minute begins with the first request after the last one ended.

    Args:
        per_minute: how many requests fit.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._started = -math.inf
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, now: float) -> dict[str, str]:
        """Count one request.

        Args:
            now: the time in Unix seconds.

        Returns:
            The headers that tell the caller where it stands.

        Raises:
            ApiError: 429 with `Retry-After`, when the minute is full.
        """
        with self._lock:
            if now >= self._started + WINDOW_SECONDS:
                self._started, self._taken = now, 0
            self._taken += 1
            taken, left = self._taken, self._started + WINDOW_SECONDS - now
        headers = {
            "x-ratelimit-limit-requests": str(self._per_minute),
            "x-ratelimit-remaining-requests": str(max(0, self._per_minute - taken)),
            "x-ratelimit-reset-requests": f"{left:.3f}s",
        }
        if taken > self._per_minute:
            raise ApiError(
                429,
                f"The limit of {self._per_minute} requests per minute is reached; it resets in {left:.1f} s.",
                code="rate_limit_exceeded",
                type="requests",
                headers={**headers, "retry-after": str(math.ceil(left))},
            )
        return headers
