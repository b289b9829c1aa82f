"""What our network streams add to those of httpcore."""

from __future__ import annotations

from typing import Any

import anyio
import httpcore
import pytest
from chatkit_sessions._deadline import Deadline
from chatkit_sessions._transport.response_head import ResponseHead
from chatkit_sessions._transport.streams import AsyncStream, ConnectionState, Stream


class Network(httpcore.NetworkStream):
    """A network that answers every read, and notes how it is used."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.written: list[tuple[bytes, float | None]] = []
        self.read_timeouts: list[float | None] = []
        self._failure = failure

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.read_timeouts.append(timeout)
        return b"answer"[:max_bytes]

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written.append((buffer, timeout))
        if self._failure is not None:
            raise self._failure

    def get_extra_info(self, info: str) -> Any:
        return f"the {info}"


class AsyncNetwork(httpcore.AsyncNetworkStream):
    def __init__(self, network: Network) -> None:
        self._network = network

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._network.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._network.write(buffer, timeout)

    def get_extra_info(self, info: str) -> Any:
        return self._network.get_extra_info(info)


def exchange(network: Network, state: ConnectionState, *, is_async: bool, reads_answers: bool = True) -> bytes:
    """Write twice and read once."""
    if not is_async:
        stream = Stream(network, state, reads_answers=reads_answers)
        stream.write(b"head ", 3)
        stream.write(b"body", 4)
        return stream.read(100, 5)

    async def run() -> bytes:
        stream = AsyncStream(AsyncNetwork(network), state, reads_answers=reads_answers)
        await stream.write(b"head ", 3)
        await stream.write(b"body", 4)
        return await stream.read(100, 5)

    return anyio.run(run)


both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@both
def test_what_is_written_leaves_at_once_when_an_answer_is_waited_for(is_async: bool) -> None:
    network = Network()
    assert exchange(network, ConnectionState(), is_async=is_async) == b"answer"
    assert network.written == [(b"head body", 4)]
    assert network.read_timeouts == [5]


@both
def test_an_answer_is_read_though_the_server_did_not_take_all_of_the_request(is_async: bool) -> None:
    assert exchange(Network(httpcore.WriteError("reset")), ConnectionState(), is_async=is_async) == b"answer"


@both
def test_a_request_that_cannot_be_written_in_time_fails(is_async: bool) -> None:
    with pytest.raises(httpcore.WriteTimeout):
        exchange(Network(httpcore.WriteTimeout("slow")), ConnectionState(), is_async=is_async)


@both
@pytest.mark.parametrize("reads_answers", [True, False])
def test_what_is_read_is_noted_for_the_call_that_waits(is_async: bool, reads_answers: bool) -> None:
    state, head = ConnectionState(), ResponseHead(Deadline(None))
    state.serve(head)
    exchange(Network(), state, is_async=is_async, reads_answers=reads_answers)
    assert head.received == len(b"answer") * reads_answers
    assert state.socket == "the socket"


@pytest.mark.parametrize("timeout", [9.0, None])
def test_a_sync_read_ends_with_the_call(timeout: float | None) -> None:
    network, state = Network(), ConnectionState()
    stream = Stream(network, state, reads_answers=True)
    state.serve(ResponseHead(Deadline(7)))
    stream.read(100, timeout)
    stream.read(100, 0.5)
    within, given = network.read_timeouts
    assert within is not None
    assert 6 < within <= 7
    assert given == 0.5


def test_nothing_is_read_or_written_after_the_deadline() -> None:
    network, state = Network(), ConnectionState()
    state.serve(ResponseHead(Deadline(-1)))
    with pytest.raises(httpcore.ReadTimeout):
        exchange(network, state, is_async=False)
    assert (network.written, network.read_timeouts) == ([], [])
