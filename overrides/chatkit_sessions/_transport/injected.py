"""Makes the connections of a user's client tell what they read, as our own do.

httpcore announces each network stream that it opens to the `trace` extension of a request. The streams announced are
patched to repeat what they read to the call that is waiting for its answer, which a context variable knows: a stream
outlives the call that opened it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from inspect import iscoroutinefunction
from typing import Any, Final, cast

import httpx

from .response_head import ResponseHead

awaited: Final[ContextVar[ResponseHead | None]] = ContextVar("awaited", default=None)
"""The head of the answer that this thread or task is waiting for."""


def send(http_client: httpx.Client, request: httpx.Request, head: ResponseHead) -> httpx.Response:
    """Send a request, and follow the answer with `head`; the body is left unread."""
    auth = None if "authorization" in request.headers else httpx.USE_CLIENT_DEFAULT  # its own would replace ours
    token = awaited.set(head)
    try:
        response = http_client.send(request, stream=True, auth=auth, follow_redirects=False)
    finally:
        awaited.reset(token)
    response.stream = _Body(cast("httpx.SyncByteStream", response.stream), head)
    return response


async def asend(http_client: httpx.AsyncClient, request: httpx.Request, head: ResponseHead) -> httpx.Response:
    """Send a request as `send` does."""
    auth = None if "authorization" in request.headers else httpx.USE_CLIENT_DEFAULT
    token = awaited.set(head)
    try:
        return await http_client.send(request, stream=True, auth=auth, follow_redirects=False)
    finally:
        awaited.reset(token)


class _Body(httpx.SyncByteStream):
    """A body each of whose chunks ends at the deadline, also one that never gets whole."""

    def __init__(self, stream: httpx.SyncByteStream, head: ResponseHead) -> None:
        self._stream = stream
        self._head = head

    def __iter__(self) -> Iterator[bytes]:
        stream = iter(self._stream)
        while True:
            token = awaited.set(self._head)
            try:
                chunk = next(stream, None)
            finally:
                awaited.reset(token)
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        self._stream.close()


def patch_stream(event: str, info: Mapping[str, Any], scheme: str) -> None:
    """Patch the stream that an event of httpcore's trace announces; other events are of no interest.

    What comes before TLS is a proxy's answer, and is not repeated.
    """
    is_tls = event.endswith("start_tls.complete")
    if not is_tls and not event.endswith("connect_tcp.complete"):
        return
    stream = info["return_value"]
    if is_tls or scheme != "https":
        if (head := awaited.get()) is not None:
            head.reset()
        stream.read = _repeating(stream.read)


def _repeating(read: Callable[..., Any]) -> Callable[..., Any]:
    def repeating(max_bytes: int, timeout: float | None = None) -> bytes:
        return _repeated(read(max_bytes, timeout))

    async def arepeating(max_bytes: int, timeout: float | None = None) -> bytes:
        return _repeated(await read(max_bytes, timeout))

    return arepeating if iscoroutinefunction(read) else repeating


def _repeated(data: bytes) -> bytes:
    head = awaited.get()
    if head is not None:
        head.feed(data)
        if head.deadline.has_passed():
            raise httpx.ReadTimeout("")
    return data
