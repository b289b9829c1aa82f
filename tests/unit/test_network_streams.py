"""Our network streams, over one end of a socket whose other end the test holds."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import httpcore
import pytest
from chatkit_sessions._deadline import Deadline
from chatkit_sessions._transport.async_streams import AsyncStream
from chatkit_sessions._transport.response_head import ResponseHead
from chatkit_sessions._transport.streams import ConnectionState, Stream

# These need sockets that are no connections, so that nothing is lost on the way.
pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no pairs of sockets")

BACKENDS = ("sync", "asyncio", "trio")
Job = Callable[["Wire"], Awaitable[Any]]


class Wire:
    """A stream of either kind, used as the asynchronous one is."""

    def __init__(self, stream: Stream | AsyncStream, state: ConnectionState) -> None:
        self.stream = stream
        self.state = state

    async def write(self, data: bytes, timeout: float | None = None) -> None:
        if isinstance(self.stream, Stream):
            self.stream.write(data, timeout)
        else:
            await self.stream.write(data, timeout)

    async def read(self, timeout: float | None = None) -> bytes:
        if isinstance(self.stream, Stream):
            return self.stream.read(100, timeout)
        return await self.stream.read(100, timeout)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(10)
        yield ours, theirs


def run(backend: str, ours: socket.socket, job: Job, *, reads_answers: bool = True, deadline: float | None = 5) -> Any:
    state = ConnectionState()
    state.head = ResponseHead(Deadline(deadline))
    if backend == "sync":
        coroutine: Any = job(Wire(Stream(ours, state, reads_answers=reads_answers), state))
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
    ours.setblocking(False)

    async def main() -> Any:
        return await job(Wire(AsyncStream(ours, state, reads_answers=reads_answers), state))

    return anyio.run(main, backend=backend)


each = pytest.mark.parametrize("backend", BACKENDS)
Ends = tuple[socket.socket, socket.socket]


@each
@pytest.mark.parametrize(
    ("sends_early", "pieces", "leaves_before"),
    [(True, [b"head ", b"body"], True), (True, [b"head "], False), (False, [b"head ", b"body"], False)],
    ids=["head and body", "a head alone", "behind a chunked answer"],
)
def test_a_request_leaves_in_one_piece_once_its_body_is_written_or_an_answer_is_waited_for(
    backend: str, ends: Ends, sends_early: bool, pieces: list[bytes], leaves_before: bool
) -> None:
    async def job(wire: Wire) -> bytes:
        wire.state.sends_early = sends_early
        for piece in pieces:
            await wire.write(piece)
        assert bool(select.select([theirs], [], [], 0)[0]) is leaves_before
        return await wire.read()

    ours, theirs = ends
    theirs.send(b"answer")
    assert run(backend, ours, job) == b"answer"
    assert theirs.recv(100) == b"".join(pieces)


@each
def test_what_waits_to_be_sent_shows_in_no_traceback(backend: str, ends: Ends) -> None:
    async def job(wire: Wire) -> str:
        await wire.write(b"authorization: Bearer sk-secret")
        return repr(vars(wire.stream))

    assert "sk-secret" not in run(backend, ends[0], job)


@each
def test_an_answer_is_read_though_the_server_did_not_take_all_of_the_request(backend: str, ends: Ends) -> None:
    async def job(wire: Wire) -> bytes:
        await wire.write(b"x" * 10_000_000)
        return await wire.read()

    ours, theirs = ends
    theirs.send(b"answer")
    theirs.shutdown(socket.SHUT_RD)
    assert run(backend, ours, job) == b"answer"


@each
def test_a_request_that_nobody_takes_fails_in_time(backend: str, ends: Ends) -> None:
    async def job(wire: Wire) -> None:
        await wire.write(b"x" * 10_000_000, 0.01)
        with pytest.raises(httpcore.WriteTimeout):
            await wire.read()

    run(backend, ends[0], job)


def test_a_sync_request_that_is_taken_slowly_ends_at_the_deadline(ends: Ends) -> None:
    """Each piece comes in time, all of them do not; of an async call a cancel scope is the end."""

    def take() -> None:
        while ours.fileno() >= 0 and theirs.recv(4096):
            time.sleep(0.001)

    async def job(wire: Wire) -> None:
        await wire.write(b"x" * 50_000_000, 10)
        with pytest.raises((httpcore.ReadTimeout, httpcore.WriteTimeout)):
            await wire.read()

    ours, theirs = ends
    reader = threading.Thread(target=take)
    reader.start()
    run("sync", ours, job, deadline=0.1)
    ours.close()
    reader.join()


@each
@pytest.mark.parametrize("reads_answers", [True, False])
def test_what_is_read_is_followed_for_the_call_that_waits(backend: str, ends: Ends, reads_answers: bool) -> None:
    async def job(wire: Wire) -> int:
        await wire.read()
        head = wire.stream._state.head  # pyright: ignore[reportPrivateUsage] # what the pool gave it
        assert head is not None
        return head.received

    ours, theirs = ends
    theirs.send(b"answer")
    assert run(backend, ours, job, reads_answers=reads_answers) == len(b"answer") * reads_answers


@pytest.mark.parametrize(("deadline", "timeout"), [(0.01, None), (0.01, 9), (None, 0.01), (9, 0.01)])
def test_a_sync_read_ends_with_its_timeout_and_with_the_call(
    ends: Ends, deadline: float | None, timeout: float | None
) -> None:
    async def job(wire: Wire) -> None:
        with pytest.raises(httpcore.ReadTimeout):
            await wire.read(timeout)

    run("sync", ends[0], job, deadline=deadline)


def test_nothing_is_sent_after_the_deadline(ends: Ends) -> None:
    async def job(wire: Wire) -> None:
        await wire.write(b"head")
        with pytest.raises(httpcore.ReadTimeout):
            await wire.read()

    ours, theirs = ends
    run("sync", ours, job, deadline=-1)
    assert not select.select([theirs], [], [], 0)[0]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_nothing_is_sent_in_a_cancelled_scope(backend: str, ends: Ends) -> None:
    async def job(wire: Wire) -> None:
        await wire.write(b"head")
        with anyio.CancelScope() as scope:
            scope.cancel()
            await wire.read()
        assert scope.cancelled_caught

    ours, theirs = ends
    run(backend, ours, job)
    assert not select.select([theirs], [], [], 0)[0]


@each
def test_a_connection_that_is_reset_is_a_read_error(backend: str, ends: Ends) -> None:
    async def job(wire: Wire) -> None:
        with pytest.raises(httpcore.ReadError, match=r"^Connection reset by peer$"):
            await wire.read()

    ours, theirs = ends
    ours.send(b"what nobody reads")
    theirs.close()
    run(backend, ours, job)
