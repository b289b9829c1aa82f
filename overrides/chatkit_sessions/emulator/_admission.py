"""What a request needs before its body is read: a key, the beta header, and room under the rate limit."""

import hmac
import math
import threading
from collections.abc import Mapping

import httpx

from ._clock import Clock
from ._errors import ApiError

BETA = "chatkit_beta=v1"
WINDOW_SECONDS = 60


def bearer_token(headers: httpx.Headers) -> str:
    """Return the credential of the Authorization header, or an empty text."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def same_text(one: str, other: str) -> bool:
    """Compare two texts in a time that does not show where they differ."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


class Admission:
    """Decides whether a request is let in.

    Args:
        api_keys: The accepted keys, each with its project; one without a project sees all projects.
        any_api_key: Whether every other key is accepted too, as one without a project.
        rate_limit: Counts the requests that are let in.
        clock: Tells the time.
    """

    def __init__(
        self, api_keys: Mapping[str, str | None], rate_limit: "RateLimit", clock: Clock, *, any_api_key: bool
    ) -> None:
        self._api_keys = api_keys
        self._any_api_key = any_api_key
        self._rate_limit = rate_limit
        self._clock = clock

    def authenticate(self, headers: httpx.Headers) -> str | None:
        """Return the project of the key that a request carries, or None if the key belongs to no project.

        Raises:
            ApiError: 401: the key is wrong, or the request names another project.
        """
        given = bearer_token(headers)
        if not given:
            raise _unauthorized("No API key was sent: the Authorization header must read 'Bearer YOUR_KEY'.")
        # All are compared, so that the time does not show which one is similar.
        matching = [project for api_key, project in self._api_keys.items() if same_text(given, api_key)]
        if not matching and not self._any_api_key:
            raise _unauthorized("The API key is not one that this emulator was started with.")
        project = matching[0] if matching else None
        if project is not None and headers.get("openai-project", project).strip() != project:
            raise ApiError(401, "The OpenAI-Project header names another project.", code="mismatched_project")
        return project

    def admit(self, headers: httpx.Headers) -> dict[str, str]:
        """Let an authenticated request in.

        Returns:
            The headers that tell the caller how many requests are left.

        Raises:
            ApiError: 400 for a request that does not ask for the beta, or 429.
        """
        if BETA not in (value.strip() for value in headers.get("openai-beta", "").split(",")):
            raise ApiError(400, f"ChatKit is in beta: send the header 'OpenAI-Beta: {BETA}'.", code="invalid_beta")
        return self._rate_limit.take(self._clock.now())


def _unauthorized(message: str) -> ApiError:
    return ApiError(401, message, code="invalid_api_key", headers={"www-authenticate": "Bearer"})


class RateLimit:
    """Allows a number of requests in each minute; a minute begins with the first request after the last minute.

    Args:
        per_minute: The number of requests.
    """

    __slots__ = ("_lock", "_per_minute", "_started", "_taken")

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget the requests that were counted."""
        with self._lock:
            self._started = -math.inf
            self._taken = 0

    def take(self, now: float) -> dict[str, str]:
        """Count one request.

        Args:
            now: The time in Unix seconds.

        Returns:
            The headers that tell the caller how many requests are left.

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
