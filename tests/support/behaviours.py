"""What a `FaultServer` can do with a request: one answer that is well formed, and many that are not."""

from __future__ import annotations

import json
import threading
from functools import partial

from support.fault_server import Behaviour, Peer
from support.mock import SESSION


def session(user: str = "user_1") -> bytes:
    """Return the body of a session that belongs to a user."""
    return json.dumps({**SESSION, "id": f"cksess_{user}", "user": user}).encode()


def head(status: int = 200, *fields: str, length: int | None = None) -> bytes:
    """Return a status line and headers."""
    lines = [f"HTTP/1.1 {status} Whatever", "content-type: application/json", "x-request-id: req_1", *fields]
    if length is not None:
        lines.append(f"content-length: {length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def whole(body: bytes, status: int = 200, *fields: str) -> bytes:
    """Return a response that is well formed."""
    return head(status, *fields, length=len(body)) + body


def answer(peer: Peer) -> None:
    """Answer with a session of the user who asked, and keep the connection."""
    peer.send(whole(session(peer.request.user)))


def status(code: int, *fields: str) -> Behaviour:
    """Answer with an error of OpenAI's form, and keep the connection."""
    return lambda peer: peer.send(whole(b'{"error": {"message": "no", "code": "c"}}', code, *fields))


def send_and_close(data: bytes) -> Behaviour:
    """Send bytes and close."""

    def behave(peer: Peer) -> None:
        peer.send(data)
        peer.close()

    return behave


def send_and_reset(data: bytes) -> Behaviour:
    """Send bytes, let the client read them, and reset the connection."""

    def behave(peer: Peer) -> None:
        peer.send(data)
        # A reset may discard what the client's kernel has, but the client has not read.
        peer.wait_until_read()
        peer.reset()

    return behave


def send_and_stall(data: bytes) -> Behaviour:
    """Send bytes and then nothing."""

    def behave(peer: Peer) -> None:
        peer.send(data)
        peer.stall()

    return behave


def drip(start: bytes, again: bytes) -> Behaviour:
    """Send bytes at once, then others one at a time and for ever."""
    return partial(Peer.drip, start=start, again=again)


def gather(count: int) -> Behaviour:
    """Answer once so many requests are waiting, never before."""
    barrier = threading.Barrier(count)

    def behave(peer: Peer) -> None:
        barrier.wait(timeout=60)
        answer(peer)

    return behave
