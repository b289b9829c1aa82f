"""Hears a 2xx status line as soon as it is read; httpcore tells of it only when all headers have come.

A call that breaks in between must not be sent again, since its session exists. So the network streams that httpcore
hands out when they are opened are made to repeat what they read to the call that is waiting for its answer.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from inspect import iscoroutinefunction
from typing import Any, Final, cast

import httpx

from .._deadline import Deadline

# It may stand behind 1xx answers.
_2XX_STATUS_LINE: Final = re.compile(rb"(?:\A|\n\r?\n)HTTP/1\.[01] 2\d\d[^\n]*\n")


class Heard(list[bytes]):
    """What has been read as the answer to one attempt, as far as its headers.

    Attributes:
        is_complete: Whether the headers have come, so that no more is kept.
    """

    def __init__(self, deadline: Deadline) -> None:
        """Take when the call must be over."""
        super().__init__()
        self.is_complete = False
        self._deadline = deadline

    def note(self, data: bytes) -> None:
        """Add a chunk, and raise what httpx raises for a read that takes too long if the call should have ended."""
        if not self.is_complete:
            self.append(data)
        if self._deadline.has_passed():
            raise httpx.ReadTimeout("")

    def is_2xx(self) -> bool:
        """Tell whether a 2xx status line is in it."""
        return _2XX_STATUS_LINE.search(b"".join(self)) is not None


heard: Final[ContextVar[Heard | None]] = ContextVar("heard", default=None)
"""What is heard for the call that waits for its answer in this thread or task."""


def chunks_of(response: httpx.Response, chunks: Heard) -> Iterator[bytes]:
    """Yield a body as it comes over the wire; even a chunk that never gets whole ends at the deadline."""
    stream = iter(cast("httpx.SyncByteStream", response.stream))
    while True:
        listening = heard.set(chunks)
        try:
            chunk = next(stream, None)
        finally:
            heard.reset(listening)
        if chunk is None:
            return
        yield chunk


class UnaskedAnswer(httpx.RemoteProtocolError):
    """An answer for which nothing was read: it came together with the one before, and may be another visitor's."""

    def __init__(self) -> None:
        super().__init__("the connection held an answer that nobody had asked for; the session may exist")


def opened_stream(event: str, info: Mapping[str, Any], scheme: str) -> Any:
    """Return the stream that an event of httpcore's trace announces, made to repeat what it reads; None for others.

    What comes before TLS is a proxy's answer, and is not repeated.
    """
    is_tls = event.endswith("start_tls.complete")
    if not is_tls and not event.endswith("connect_tcp.complete"):
        return None
    stream = info["return_value"]
    if is_tls or scheme != "https":
        if (chunks := heard.get()) is not None:
            chunks.clear()
        stream.read = _repeating(stream.read)
    return stream


def _repeating(read: Callable[..., Any]) -> Callable[..., Any]:
    def listen(max_bytes: int, timeout: float | None = None) -> bytes:
        return _repeated(read(max_bytes, timeout))

    async def alisten(max_bytes: int, timeout: float | None = None) -> bytes:
        return _repeated(await read(max_bytes, timeout))

    return alisten if iscoroutinefunction(read) else listen


def _repeated(data: bytes) -> bytes:
    chunks = heard.get()
    if chunks is not None:
        chunks.note(data)
    return data
