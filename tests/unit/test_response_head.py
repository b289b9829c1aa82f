"""The head of an answer is followed however it comes, and little of it is kept."""

from __future__ import annotations

import pytest
from chatkit_sessions._deadline import Deadline
from chatkit_sessions._transport.response_head import ResponseHead

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"

# What has been read, the status that it tells, whether the headers are whole.
HEADS: list[tuple[bytes, int | None, bool]] = [
    (b"", None, False),
    (b"HTTP/1.1 20", None, False),
    (b"HTTP/1.1 200", 200, False),
    (b"HTTP/1.1 200 OK\r\n", 200, False),
    (b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n{}", 200, True),
    (b"HTTP/1.1 200 OK\nx: y\n\n{}", 200, True),
    (b"HTTP/1.1 200\r\n\r\n", 200, True),
    (b"HTTP/1.0 201 Created\r\n", 201, False),
    (b"HTTP/1.2 200", 200, False),
    (b"HTTP/2 200 \r\n", 200, False),
    (b"http/1.1 200 OK\r\n", 200, False),
    (b"HTTP/1.1   200 OK\r\n", 200, False),
    (b"HTTP/1.1\t200 OK\r\n", 200, False),
    (b"\r\nHTTP/1.1 200 OK\r\n", 200, False),
    (b"\r\n\n \xef\xbb\xbfHTTP/1.1 200 OK\r\n", 200, False),
    (b"HTTP/1.1 500 Oops\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 500, True),
    (b"HTTP/1.1 500 Oops\r\nx: HTTP/1.1 200 OK", 500, False),
    (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, True),
    (EARLY_HINTS, None, False),
    (EARLY_HINTS * 3 + b"HTTP/1.1 200 ", 200, False),
    (EARLY_HINTS + b"HTTP/1.1 503 ", 503, False),
    (b"HTTP/1.1 103 Early Hints\r\nlink: HTTP/1.1 200 OK\r\n", 103, False),
    (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", None, False),
    (bytes(range(256)), None, False),
]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(("data", "status", "is_complete"), HEADS)
def test_a_status_is_known_as_soon_as_its_digits_have_come(
    data: bytes, status: int | None, is_complete: bool, size: int
) -> None:
    head = ResponseHead(Deadline(None))
    for start in range(0, len(data), size):
        head.feed(data[start : start + size])
    assert (head.status, head.is_complete, head.received) == (status, is_complete, len(data))
    assert head.is_2xx() == (status in (200, 201))


@pytest.mark.parametrize("flood", [EARLY_HINTS * 100, b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000, b"\n" * 10_000])
def test_of_a_head_without_an_end_hardly_anything_is_kept(flood: bytes) -> None:
    head = ResponseHead(Deadline(None))
    for _ in range(10):
        head.feed(flood)
    assert len(head._rest) < 100  # pyright: ignore[reportPrivateUsage] # this is what it keeps


def test_a_proxys_answer_is_forgotten() -> None:
    head = ResponseHead(Deadline(None))
    head.feed(b"HTTP/1.1 200 Connection established\r\n\r\n")
    head.reset()
    assert (head.is_2xx(), head.received) == (False, 0)
