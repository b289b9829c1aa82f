"""Follows what the connections of a user's client read, as our own connections do.

httpcore reports each network stream that it opens to the `trace` extension of a request. The stream is patched to pass
on what it reads to the call that waits for an answer. A context variable names that call, since a stream outlives the
call that opened it.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from inspect import iscoroutinefunction
from typing import Any, Final, cast

import httpx

from .response_head import ResponseHead

awaited: Final[ContextVar[ResponseHead | None]] = ContextVar("awaited", default=None)
"""The head of the answer that this thread or task is waiting for."""

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client of HTTP/2 sends first."""

# RFC 9113, sections 4.1, 4.2 and 6.
_HEAD: Final = 9
_LONGEST: Final = 16_384
_DATA, _HEADERS, _RST_STREAM, _GOAWAY = 0x0, 0x1, 0x3, 0x7
_END_STREAM: Final = 0x1
_STREAM_ID: Final = 0x7FFFFFFF


def send(http_client: httpx.Client, request: httpx.Request, head: ResponseHead) -> httpx.Response:
    """Send a request, and follow the answer with `head`; the body is left unread."""
    auth = None if "authorization" in request.headers else httpx.USE_CLIENT_DEFAULT  # its own would replace ours
    token = awaited.set(head)
    try:
        response = http_client.send(request, stream=True, auth=auth, follow_redirects=False)
    finally:
        awaited.reset(token)
    if _is_unsolicited(response, head):
        response.close()
        raise _unsolicited(request)
    response.stream = _Body(cast("httpx.SyncByteStream", response.stream), head)
    return response


async def asend(http_client: httpx.AsyncClient, request: httpx.Request, head: ResponseHead) -> httpx.Response:
    """Send a request as `send` does."""
    auth = None if "authorization" in request.headers else httpx.USE_CLIENT_DEFAULT
    token = awaited.set(head)
    try:
        response = await http_client.send(request, stream=True, auth=auth, follow_redirects=False)
    finally:
        awaited.reset(token)
    if _is_unsolicited(response, head):
        await response.aclose()
        raise _unsolicited(request)
    return response


def _is_unsolicited(response: httpx.Response, head: ResponseHead) -> bool:
    """Return whether nothing was read for a response: it came with an earlier one, so it is not the answer.

    Only a patched stream shows what is read, and only HTTP/1 reads for one request at a time.
    """
    stream = response.extensions.get("network_stream")
    is_patched = getattr(getattr(stream, "read", None), "__module__", None) == __name__
    return is_patched and not head.received and response.http_version.startswith("HTTP/1")


def _unsolicited(request: httpx.Request) -> httpx.RemoteProtocolError:
    return httpx.RemoteProtocolError("the connection held an unsolicited answer", request=request)


class _Body(httpx.SyncByteStream):
    """A body that keeps to the deadline within each chunk, also within one that never ends."""

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


def trace(http_client: httpx.Client | httpx.AsyncClient, head: ResponseHead, scheme: str) -> Callable[..., Any]:
    """Return the `trace` extension of a request to a URL of a scheme: it follows the answer with `head`."""
    repeater: _Repeater | None = None
    is_tunnel = False

    def note(event: str, info: Mapping[str, Any]) -> None:
        nonlocal repeater, is_tunnel
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            head.reset()  # what came before was a proxy's answer
            repeater = _Repeater(
                info["return_value"], reads_answers=scheme != "https" or event.endswith("start_tls.complete")
            )
        elif event.endswith("send_request_headers.started"):
            is_tunnel = info["request"].method == b"CONNECT"
            if is_tunnel and repeater is not None:
                repeater.reads_answers = False
            # Nothing more will be opened, and each event costs time; httpcore has no other way to stop them. (Over
            # HTTP/2 a server may not take the request, which then needs a new connection.) With hooks they go on: a
            # hook may fail after a 2xx answer on an older connection, and nothing else shows that.
            elif event.startswith("http11.") and not any(http_client.event_hooks.values()):
                info["request"].extensions.pop("trace", None)
        elif event.endswith("receive_response_headers.complete") and not is_tunnel:
            head.status = next(part for part in info["return_value"] if isinstance(part, int))

    async def anote(event: str, info: Mapping[str, Any]) -> None:
        note(event, info)

    return anote if isinstance(http_client, httpx.AsyncClient) else note


class _Repeater:
    """Passes on what a stream reads; over HTTP/2, where a connection serves several calls, it checks the time only.

    Attributes:
        reads_answers: Whether what is read is the answer, and not a proxy's.
    """

    def __init__(self, stream: Any, *, reads_answers: bool) -> None:
        self.reads_answers = reads_answers
        self._stream, self._read, self._write = stream, stream.read, stream.write
        self._frames: _Frames | None = None
        stream.read = self.aread if iscoroutinefunction(stream.read) else self.read
        stream.write = self.write

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while not (frame := self._next_frame()):
            data = self._repeated(self._read(max_bytes, _within_call(timeout)))
            if self._frames is None or not data:
                return data
            self._frames.receive(data)
        return frame

    async def aread(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while not (frame := self._next_frame()):
            data = self._repeated(await self._read(max_bytes, timeout))
            if self._frames is None or not data:
                return data
            self._frames.receive(data)
        return frame

    def write(self, buffer: bytes, timeout: float | None = None) -> Any:
        """Return what the stream's own `write` returns, to be awaited or not."""
        if buffer.startswith(_PREFACE):
            self._frames = _Frames()
        return self._write(buffer if self._frames is None else self._frames.send(buffer), timeout)

    def _next_frame(self) -> bytes:
        if self._frames is None:
            return b""
        frame = self._frames.next()
        if not frame and self._frames.is_over():
            import httpcore  # which loads trio

            core = sys.modules.get(type(self._stream).__module__.partition(".")[0])  # httpx2 has its own
            raise getattr(core, "ConnectionNotAvailable", httpcore.ConnectionNotAvailable)
        return frame

    def _repeated(self, data: bytes) -> bytes:
        head = awaited.get()
        if head is not None:
            if self.reads_answers and self._frames is None:
                head.feed(data)
            if head.deadline.has_passed():
                raise httpx.ReadTimeout("")
        return data


class _Frames:
    """The frames of one HTTP/2 connection, passed on one by one, so that answers arrive after the server's GOAWAY.

    A GOAWAY frame names the last request that the server answers; these answers follow it. h2 refuses what follows
    that frame: an answer would be lost, and its call made again. So h2 does not get the frame. Requests that the
    server did not take are sent over another connection.
    """

    def __init__(self) -> None:
        self._received: bytes = b""
        self._last: int | None = None
        self._open: set[int] = set()

    def is_over(self) -> bool:
        """Return whether the server has answered all that it will answer."""
        # A copy, since threads share a connection.
        return self._last is not None and not any(stream <= self._last for stream in tuple(self._open))

    def send(self, data: bytes) -> bytes:
        """Take what a client sends, and return what to send of it."""
        for frame in _split(data.removeprefix(_PREFACE)):
            if _kind(frame) == _HEADERS:
                self._open.add(_number(frame, 5))
            elif _kind(frame) == _RST_STREAM:
                self._open.discard(_number(frame, 5))
        return b"" if self.is_over() else data

    def receive(self, data: bytes) -> None:
        """Take what has been read."""
        self._received += data

    def next(self) -> bytes:
        """Return the next frame; nothing if more must be read first."""
        for frame in _split(self._received):
            self._received = self._received[len(frame) :]
            # A server that has taken nothing on a connection might do the same on the next.
            if _kind(frame) == _GOAWAY and (last := _number(frame, _HEAD)) > 0:
                self._last = last
                continue
            if _is_last(frame):
                self._open.discard(_number(frame, 5))
            return frame
        return b""


def _within_call(timeout: float | None) -> float | None:
    """Return a timeout that ends no later than the waiting call; async calls use a cancel scope instead."""
    head = awaited.get()
    return timeout if head is None else head.deadline.within(timeout)


def _split(data: bytes) -> Iterator[bytes]:
    """Yield the complete frames at the start of data; one that is too long for h2 comes with all that follows."""
    while len(data) >= _HEAD:
        length = int.from_bytes(data[:3])
        end = _HEAD + length if length <= _LONGEST else len(data)
        if len(data) < end:
            return
        yield data[:end]
        data = data[end:]


def _kind(frame: bytes) -> int:
    return frame[3]


def _is_last(frame: bytes) -> bool:
    """Return whether a frame ends its stream."""
    return _kind(frame) == _RST_STREAM or (_kind(frame) in (_DATA, _HEADERS) and bool(frame[4] & _END_STREAM))


def _number(frame: bytes, start: int) -> int:
    return int.from_bytes(frame[start : start + 4]) & _STREAM_ID
