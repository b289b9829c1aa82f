"""Lets an answer over HTTP/2 come although its server has taken leave of the connection.

A server does so with a GOAWAY frame, which names the last request that it answers, and the answers follow. h2 refuses
what follows that frame: an answer on its way would be lost, and its call made twice. So the frame is kept from it. What
the server did not take is sent over another connection.
"""

from collections.abc import Iterator
from typing import Final

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What a client of HTTP/2 sends first."""

# RFC 9113, sections 4.1, 4.2 and 6.
_HEAD: Final = 9
_LONGEST: Final = 16_384
_DATA, _HEADERS, _RST_STREAM, _GOAWAY = 0x0, 0x1, 0x3, 0x7
_END_STREAM: Final = 0x1
_STREAM_ID: Final = 0x7FFFFFFF


class Frames:
    """The frames of one connection, handed on one by one."""

    def __init__(self) -> None:
        self._received: bytes = b""
        self._last: int | None = None
        self._open: set[int] = set()

    def is_over(self) -> bool:
        """Return whether the server has answered all that it will answer."""
        # A copy, since threads share a connection.
        return self._last is not None and not any(stream <= self._last for stream in tuple(self._open))

    def send(self, data: bytes) -> bytes:
        """Take what a client sends, and return what is worth sending."""
        for frame in _split(data.removeprefix(PREFACE)):
            if _kind(frame) == _HEADERS:
                self._open.add(_number(frame, 5))
            elif _kind(frame) == _RST_STREAM:
                self._open.discard(_number(frame, 5))
        return b"" if self.is_over() else data

    def receive(self, data: bytes) -> None:
        """Take what has been read."""
        self._received += data

    def next(self) -> bytes:
        """Return the next frame; nothing if more must be read for it."""
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


def _split(data: bytes) -> Iterator[bytes]:
    """Return the whole frames that data begins with; one that is too long for h2 with all that follows."""
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
