"""What the page gets. Every text is ours, since the page may show it."""

import json
import math
import re
from collections.abc import Sequence
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

# The type is set without a body too, since frameworks would set text/html.
_HEADERS: Final = {"Cache-Control": "no-store", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}
_REQUEST_ID: Final = re.compile(r"[\w.-]{1,100}", re.ASCII)


class Answer:
    """A response, of no framework.

    Args:
        status: Its status.
        told: What it says as JSON, or None.
        cookies: The cookies that it sets.
    """

    def __init__(self, status: int, told: object = None, cookies: Sequence[Cookie] = ()) -> None:
        self.status = status
        self.headers = dict(_HEADERS)
        self.body = b"" if told is None else json.dumps(told).encode()
        self.cookies = cookies


class Refusal(Exception):  # noqa: N818 - it is an answer
    """Ends a request with an error as its answer.

    Args:
        code: One of those above.
        retry_after: Seconds after which the page may ask again.
        error: The cause.
    """

    def __init__(self, code: str, *, retry_after: float | None = None, error: BaseException | None = None) -> None:
        super().__init__(code)
        self.code, self.error = code, error
        status, message = REFUSALS[code]
        told: dict[str, object] = {"code": code, "message": message}
        headers = {"Allow": ", ".join(METHODS)} if status == 405 else {}
        request_id = str(getattr(error, "request_id", None) or "")
        if _REQUEST_ID.fullmatch(request_id):
            told["request_id"] = request_id
        if retry_after is not None:
            # With the arguments in this order NaN becomes the shortest wait.
            told["retry_after"] = wait = math.ceil(min(max(SHORTEST_WAIT, retry_after), LONGEST_WAIT))
            headers["Retry-After"] = str(wait)
        self.answer = Answer(status, {"error": told})
        self.answer.headers |= headers
