"""What the page is told. Every text is ours, since the page may show it."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from ._values import Cookie

METHODS: Final = ("POST", "DELETE")
LONGEST_WAIT: Final = 120
SHORTEST_WAIT: Final = 2
REFUSALS: Final = {
    "bad_body": (400, "The request was not understood."),
    "not_signed_in": (401, "Please sign in to chat."),
    "cross_origin": (403, "Chat cannot be used from this page."),
    "method_not_allowed": (405, "This address takes POST and DELETE."),
    "body_too_large": (413, "The request is too large."),
    "not_json": (415, "The request must be JSON."),
    "too_many_sessions": (429, "Chat was opened too often. Please try again later."),
    "chat_misconfigured": (502, "Chat does not work at the moment."),
    "chat_unavailable": (503, "Chat is not available at the moment. Please try again shortly."),
}
"""The status and the text of each code."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Type": "application/json",  # also without a body: frameworks would put text/html in its place
    "X-Content-Type-Options": "nosniff",
}
_REQUEST_ID: Final = re.compile(r"[\w.-]{1,100}", re.ASCII)


class Answer:
    """A response, of no framework.

    Args:
        status: Its status.
        told: What it tells as JSON, or None.
        headers: Its headers, besides those that all answers have.
        cookies: What it sets.
    """

    def __init__(
        self, status: int, told: object = None, headers: Mapping[str, str] | None = None, cookies: Sequence[Cookie] = ()
    ) -> None:
        self.status = status
        self.body = b"" if told is None else json.dumps(told).encode()
        self.headers = {**_HEADERS, **(headers or {})}
        self.cookies = cookies


class Refusal(Exception):  # noqa: N818 - it is an answer
    """Ends the work on a request with an answer that is an error.

    Args:
        code: One of those above.
        retry_after: Seconds after which the page may ask again.
        error: What is behind it.
    """

    def __init__(self, code: str, *, retry_after: float | None = None, error: BaseException | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.error = error
        self.status, self._message = REFUSALS[code]
        self._retry_after = retry_after

    def answer(self, *, has_body: bool) -> Answer:
        """Return what the page is told."""
        told: dict[str, object] = {"code": self.code, "message": self._message}
        headers = {"Allow": ", ".join(METHODS)} if self.status == 405 else {}
        request_id = getattr(self.error, "request_id", None)
        if isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id):
            told["request_id"] = request_id
        if self._retry_after is not None:
            # In this order NaN becomes the shortest wait.
            wait = math.ceil(min(max(SHORTEST_WAIT, self._retry_after), LONGEST_WAIT))
            told["retry_after"] = wait
            headers["Retry-After"] = str(wait)
        return Answer(self.status, {"error": told} if has_body else None, headers)
