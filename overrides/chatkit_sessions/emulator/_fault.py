"""One failure on demand, made in Python or read from a request header."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from starlette.responses import HTMLResponse, Response

from ._errors import ApiError
from ._wire import AsciiJSONResponse, strict_json

NO_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\xa0-\xff]*")
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>chatkit-sessions emulator</body></html>"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one request. The parts combine, as in `Fault(status=503, retry_after=2, delay=0.1)`.

    With `status`, `html`, `json` or `drop` the request has no effect. Without them it takes effect and is answered as
    usual, but late (`delay`), cut short (`truncate`) or with other headers.

    Args:
        status: Answer with this status, and an error body that fits it.
        html: Answer with a page of HTML, as a gateway does; with status 200 unless `status` says otherwise.
        json: Answer with this value as JSON; with status 200 unless `status` says otherwise.
        retry_after: The `Retry-After` header: seconds, a moment (sent as an HTTP date), or any text.
        retry_after_ms: The `retry-after-ms` header, in milliseconds.
        headers: Any other headers of the answer.
        delay: Seconds to wait before anything else; a caller that gives up meanwhile takes its request back.
        drop: Close the connection before a single byte of an answer.
        truncate: Close the connection in the middle of the answer's body.
    """

    status: int | None = None
    html: bool = False
    json: object = ...
    retry_after: float | datetime | str | None = None
    retry_after_ms: float | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    delay: float = 0
    drop: bool = False
    truncate: bool = False

    def __post_init__(self) -> None:
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError(f"status: a final HTTP status is between 200 and 599; got {self.status}")
        if not (self.delay >= 0 and math.isfinite(self.delay)):
            raise ValueError(f"delay: expected seconds, zero or more; got {self.delay}")
        if self.html and self.json is not ...:
            raise ValueError("html, json: an answer has one body; give one of them")
        for name, value in self.answer_headers().items():
            if not _HEADER.fullmatch(f"{name}:{value}"):
                raise ValueError(f"headers: {name!r} is not a header, or its value is not one line of Latin-1")
        answer = self.response()
        if self.drop and (self.truncate or answer is not None):
            raise ValueError("drop: a dropped connection has no answer; leave out status, html, json and truncate")

    def response(self) -> Response | None:
        """Return the answer that replaces the usual one, or None."""
        status = self.status or 200
        if status in NO_BODY:
            return Response(status_code=status)
        if self.json is not ...:
            return AsciiJSONResponse(self.json, status)
        if self.html:
            return HTMLResponse(PAGE.format(f"{status} {_phrase(status)}"), status)
        if self.status is None:
            return None
        message = f"The emulator was told to answer {status} {_phrase(status)}."
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return ApiError(status, message, code="rate_limit_exceeded", type="requests").response()
        return ApiError(status, message, code="emulator_fault").response()

    def answer_headers(self) -> dict[str, str]:
        """Return the headers to add to the answer."""
        headers = dict(self.headers)
        if isinstance(self.retry_after, datetime):
            headers["retry-after"] = format_datetime(self.retry_after.astimezone(UTC), usegmt=True)
        elif self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        if self.retry_after_ms is not None:
            headers["retry-after-ms"] = str(self.retry_after_ms)
        return headers


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unnamed Status"


def parse_fault(text: str) -> Fault:
    """Read a fault from the value of the request header.

    Args:
        text: Parts separated by semicolons, such as `status=503; retry-after=2; delay=0.1`, `drop`, `truncate`,
            `status=502; html` or, always last, `json={"id": 1}`.

    Raises:
        ApiError: 400, when it is not understood.
    """
    try:
        return Fault(**parse_parts(text, READERS))
    except ValueError as wrong:
        message = f"The fault is not understood: {wrong}."
    raise ApiError(400, message, code="invalid_fault", param="X-Emulator-Fault")


def parse_parts(text: str, readers: Mapping[str, Callable[[str], object]]) -> dict[str, Any]:
    """Read parts separated by semicolons, `name` or `name=value`; `json=…` is always the last.

    Args:
        text: The parts.
        readers: What makes a value of each part's text, by the part's name.

    Returns:
        The values; each name as Python's arguments spell it.

    Raises:
        ValueError: A part is unknown, or its value is wrong.
    """
    before, has_json, body = text.partition("json=")
    parts: dict[str, Any] = {"json": strict_json(body)} if has_json else {}
    for part in filter(None, (part.strip() for part in before.split(";"))):
        name, _, value = part.partition("=")
        if name not in readers:
            raise ValueError(f"unknown part {name[:40]!r}; known are {', '.join(readers)}, json")
        parts[name.replace("-", "_")] = readers[name](value)
    return parts


def _flag(value: str) -> bool:
    if value:
        raise ValueError(f"expected no value, got {value!r}")
    return True


READERS: Mapping[str, Callable[[str], object]] = {
    "status": int,
    "retry-after": str,
    "retry-after-ms": str,
    "delay": float,
    "drop": _flag,
    "truncate": _flag,
    "html": _flag,
}
