"""Answers whose heads do not end: neither time nor memory goes to them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest
from chatkit_sessions import APIConnectionError, APITimeoutError
from support.clients import Twin
from support.fault_server import Behaviour, FaultServer, Peer

MEGABYTE = 2**20
LONG = b"link: " + b"x" * 8000 + b"\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\n" + LONG + b"\r\n"


def endless(start: bytes, again: bytes) -> Behaviour:
    """Send without a pause, until the client leaves."""

    def behave(peer: Peer) -> None:
        peer.send(start)
        while True:
            peer.send(again * 8)

    return behave


HEADS = pytest.mark.parametrize(
    "behaviour",
    [endless(b"", HINTS), endless(b"HTTP/1.1 200 OK\r\n", LONG), endless(b"HTTP/1.1 200 ", b"O" * 8000)],
    ids=["early hints", "headers", "a status line"],
)


@pytest.fixture
def peak() -> Iterator[Any]:
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@HEADS
def test_a_head_that_does_not_end_costs_little_memory_and_no_more_time_than_the_call_has(
    any_twin: Twin, behaviour: Behaviour, peak: Any
) -> None:
    with FaultServer(otherwise=behaviour) as server:
        with pytest.raises(APIConnectionError):
            any_twin.create(base_url=server.base_url, deadline=0.5)
        assert peak() < 16 * MEGABYTE
        assert server.settles_at(0)


@HEADS
@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_head_that_does_not_end_costs_little_through_a_client_of_the_users(
    twin: Twin, behaviour: Behaviour, library: Any, peak: Any
) -> None:
    with FaultServer(otherwise=behaviour) as server:
        with pytest.raises(APIConnectionError):
            twin.create(base_url=server.base_url, deadline=0.5, http={}, library=library)
        assert peak() < 16 * MEGABYTE
        assert server.settles_at(0)


def test_hints_without_end_meet_the_deadline(twin: Twin) -> None:
    with FaultServer(endless(b"", HINTS)) as server, pytest.raises(APITimeoutError):
        twin.create(base_url=server.base_url, deadline=0.3)


def test_aiohttp_keeps_no_more_than_a_megabyte_of_hints() -> None:
    with FaultServer(otherwise=endless(b"", HINTS)) as server:
        with pytest.raises(
            APIConnectionError, match=r"the head of the answer does not end \(127\.0\.0\.1:\d+\)"
        ) as caught:
            Twin("aiohttp").create(base_url=server.base_url, deadline=30)
        assert not isinstance(caught.value, APITimeoutError)
        assert len(server.requests) == 3
