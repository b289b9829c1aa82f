"""Finds out whether the API can be reached, without creating anything."""

import socket
import ssl
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import httpx

from chatkit_sessions import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    Sessions,
)
from chatkit_sessions._call.hints import is_of_the_api

# Cancelling what does not exist changes nothing, takes the same permissions as the real calls, and is answered 404
# once the key and the beta header have been accepted.
MADE_UP_ID: Final = "cksess_doctor_made_this_up"

# The first of these in the error's chain of causes gives the reason.
_REASONS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (APITimeoutError, "timeout", "no answer came in time"),
    (httpx.ProxyError, "proxy", "the proxy refuses the request"),
    (socket.gaierror, "dns", "the name of the server or the proxy is not known"),
    (ConnectionRefusedError, "refused", "nothing listens at the address of the server or the proxy"),
    (ssl.SSLError, "tls", "no trusted TLS connection can be made"),
    (APIConnectionError, "connection", "the connection fails"),
    (AuthenticationError, "authentication", "the key is not accepted"),
    (PermissionDeniedError, "permission", "the key may not do this, or not from here"),
    (NotFoundError, "wrong_url", "something answers, but the API is not at this base URL"),
    (RateLimitError, "rate_limit", "too many requests, or no quota left"),
    (APIStatusError, "status", "the server answers with an error"),
    (APIError, "answer", "the answer is not one of the API"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether the API can be used.

    Attributes:
        ok: It can.
        reason: Why not, in one word: `authentication`, `permission`, `wrong_url`, `rate_limit`, `status`, `answer`, or
            without an answer `timeout`, `proxy`, `dns`, `refused`, `tls`, `connection`; `accepted` if it can.
        message: The same for a person.
        status: The HTTP status, if there was one.
        request_id: The `x-request-id` of the answer, if there was one.
    """

    ok: bool
    reason: str
    message: str
    status: int | None = None
    request_id: str | None = None


def reach(sessions: Sessions) -> Finding:
    """Ask the API to cancel a session that does not exist, and judge the answer."""
    try:
        sessions.cancel(MADE_UP_ID)
    except APIError as error:
        return judged(error)
    return Finding(False, "answer", f"something answers, but cancels {MADE_UP_ID}, which does not exist", 200)


def judged(error: APIError) -> Finding:
    """Return what the answer to the made-up id means, or that there is no answer."""
    status = error.status_code if isinstance(error, APIStatusError) else None
    if isinstance(error, NotFoundError) and is_of_the_api(error.response.content):
        return Finding(True, "accepted", "the API answers, and accepts the key", status, error.request_id)
    causes = list(_causes(error))
    reason, words = next(meaning for kind, *meaning in _REASONS if any(isinstance(cause, kind) for cause in causes))
    return Finding(False, reason, f"{words} ({error})", status, error.request_id)


def _causes(error: BaseException | None) -> Generator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
