"""How a connection comes about, and what is said when it does not."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit_sessions import APIConnectionError, APITimeoutError
from chatkit_sessions._deadline import Deadline
from chatkit_sessions._transport import async_streams, streams
from chatkit_sessions._transport.network import Address, look_up
from support.behaviours import answer
from support.clients import ALL_TWINS, TWINS, Twin
from support.fault_server import FaultServer
from support.listener import closed_port

OWN = pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
ANY = pytest.mark.parametrize("twin", ALL_TWINS, ids=lambda twin: twin.name)
HOST = "localhost"


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Let a host have an address for each port of loopback."""
    ask = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host != HOST:
            return ask(host, port, *args, **options)
        if options.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "not numeric")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", each)) for each in ports]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@OWN
def test_the_next_address_is_tried_where_one_refuses(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(answer) as server, closed_port() as deaf:
        resolve_to(monkeypatch, deaf, deaf, int(server.base_url.split(":")[2].split("/")[0]))
        assert twin.create(base_url=f"http://{HOST}/v1", max_retries=0).user == "user_1"


@OWN
def test_a_host_none_of_whose_addresses_answers_is_named_with_the_reason(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closed_port() as deaf:
        resolve_to(monkeypatch, deaf, deaf)
        with pytest.raises(APIConnectionError) as caught:
            twin.create(base_url=f"http://{HOST}:81/v1", max_retries=0)
        assert str(caught.value) == f"Connection error: Connection refused ({HOST}:81)"


def test_all_addresses_together_have_the_time_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def drop(_address: Address, timeout: float) -> socket.socket:
        given.append(timeout)
        raise TimeoutError

    resolve_to(monkeypatch, 1, 2, 3, 4)
    monkeypatch.setattr(streams, "_connect", drop)
    monkeypatch.setattr("chatkit_sessions._deadline.time", SimpleNamespace(monotonic=lambda: 0.0))
    with pytest.raises(TimeoutError):
        streams._connected(HOST, 80, Deadline(8))  # pyright: ignore[reportPrivateUsage] # nothing else shows the shares
    # None of them took any time here, so that each leaves more to the next.
    assert given == pytest.approx([2, 8 / 3, 4, 8])


@ANY
def test_a_name_that_is_not_looked_up_in_time_ends_at_the_deadline(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    over, ask = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: str, *args: Any, **options: Any) -> Any:
        if host == HOST and not options.get("flags"):
            over.wait(60)
        return ask("127.0.0.1" if host == HOST and not options.get("flags") else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    # asyncio's own threads, which aiohttp uses, are waited for when a loop ends.
    timer = threading.Timer(3 if twin.name == "aiohttp" else 30, over.set)
    timer.start()
    try:
        with pytest.raises(APITimeoutError):
            twin.create(base_url=f"http://{HOST}:9/v1", deadline=0.3)
        assert twin.name == "aiohttp" or not over.is_set()
    finally:
        over.set()
        timer.cancel()


@ANY
def test_a_name_that_nobody_knows_is_named(twin: Twin) -> None:
    with pytest.raises(APIConnectionError) as caught:
        twin.create(base_url="https://nowhere.invalid/v1", max_retries=0)
    assert "nowhere.invalid:443" in str(caught.value)
    assert isinstance(root(caught.value), socket.gaierror)


@pytest.mark.parametrize(("host", "port"), [("a..example", 80), (f"{'x' * 70}.example", 80), ("localhost", 70_000)])
def test_a_name_that_no_host_can_have_is_told_from_one_that_nobody_knows(host: str, port: int) -> None:
    with pytest.raises(ValueError, match=r"^no host can have that name or port"):
        look_up(host, port, 5)


@ANY
def test_a_refusal_says_where_and_why(twin: Twin) -> None:
    with closed_port() as deaf, pytest.raises(APIConnectionError, match=rf"127\.0\.0\.1:{deaf}") as caught:
        twin.create(base_url=f"http://127.0.0.1:{deaf}/v1", max_retries=0)
    assert twin.name == "aiohttp" or str(caught.value) == f"Connection error: Connection refused (127.0.0.1:{deaf})"
    assert isinstance(root(caught.value), ConnectionRefusedError)


@OWN
def test_a_lack_of_descriptors_is_told(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(streams, "new_socket", refuse)
    monkeypatch.setattr(async_streams, "new_socket", refuse)
    with pytest.raises(APIConnectionError, match=r"^Connection error: Too many open files \(127\.0\.0\.1:9\)$"):
        twin.create(base_url="http://127.0.0.1:9/v1", max_retries=0)


@OWN
def test_a_client_of_the_users_says_where_and_why_too(twin: Twin) -> None:
    with (
        closed_port() as deaf,
        pytest.raises(APIConnectionError, match=rf"Connection refused \(127\.0\.0\.1:{deaf}\)$"),
    ):
        twin.create(base_url=f"http://127.0.0.1:{deaf}/v1", max_retries=0, http={})


def root(error: BaseException) -> BaseException:
    """Return the error that began a chain of causes."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
