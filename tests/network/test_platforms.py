"""What other systems lack or do otherwise, put on as a costume."""

import asyncio
import errno
import select
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit_sessions import APIConnectionError, APITimeoutError, Sessions
from chatkit_sessions._transport import connection_pool
from support.behaviours import answer, session, whole
from support.certificates import Authority
from support.clients import Client, Twin
from support.fault_server import FaultServer, Peer
from support.listener import closed_port
from support.proactor import ProactorEventLoop


@pytest.mark.parametrize("is_readable", [False, True])
def test_where_select_has_no_poll_an_idle_connection_is_looked_at_all_the_same(
    monkeypatch: pytest.MonkeyPatch, is_readable: bool
) -> None:
    monkeypatch.setattr(connection_pool, "select", SimpleNamespace(select=select.select))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        if is_readable:
            theirs.sendall(b"HTTP/1.1 200 OK")
        assert connection_pool.is_available(ours, time.monotonic()) is not is_readable


def test_calls_share_a_connection_where_select_has_no_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_pool, "select", SimpleNamespace(select=select.select))
    with (
        FaultServer(otherwise=answer) as server,
        Sessions(api_key="sk-0123456789", base_url=server.base_url) as sessions,
    ):
        for _ in range(3):
            sessions.create(user="u", workflow="wf_1")
        assert server.connections == 1


@pytest.fixture(params=["asyncio", "aiohttp"])
def on_windows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Twin:
    """An async client whose event loop is of the kind that Windows has."""
    monkeypatch.setattr(asyncio.events, "new_event_loop", ProactorEventLoop)
    return Twin(request.param)


def test_calls_share_connections_on_the_event_loop_of_windows(on_windows: Twin) -> None:
    users = [f"user_{n}" for n in range(10)]

    async def job(client: Client) -> None:
        assert isinstance(asyncio.get_running_loop(), ProactorEventLoop)
        for user in users:
            assert (await client.create(user=user)).user == user
        together = await asyncio.gather(*(client.create(user=user) for user in users))
        assert [session.user for session in together] == users

    with FaultServer(otherwise=answer) as server:
        on_windows.run(job, base_url=server.base_url)
        assert server.connections == len(users)
        assert server.settles_at(0)


def test_what_the_event_loop_of_windows_has_read_ahead_is_no_answer_to_the_next_call(on_windows: Twin) -> None:
    is_sent = threading.Event()

    def answer_twice(peer: Peer) -> None:
        answer(peer)
        peer.send(whole(session("intruder")))
        is_sent.set()

    async def job(client: Client) -> None:
        for user in ("user_1", "user_2", "user_3"):
            is_sent.clear()
            assert (await client.create(user=user)).user == user
            assert await asyncio.to_thread(is_sent.wait, 60)
            # Time in which the loop reads what nobody has asked for.
            await asyncio.sleep(0.05)

    with FaultServer(otherwise=answer_twice) as server:
        on_windows.run(job, base_url=server.base_url)
        assert len(server.requests) == 3


@pytest.mark.parametrize("http", [None, {}], ids=["our own connections", "a user's client"])
def test_a_connection_that_is_refused_has_the_words_of_windows(
    monkeypatch: pytest.MonkeyPatch, http: dict[str, Any] | None
) -> None:
    """There `os.strerror` calls every error of a socket unknown."""
    monkeypatch.setattr(socket, "errorTab", {errno.ECONNREFUSED: "Refused as on Windows."}, raising=False)
    with (
        closed_port() as port,
        pytest.raises(APIConnectionError, match=rf"Refused as on Windows \(127\.0\.0\.1:{port}\)"),
    ):
        Twin("asyncio").create(base_url=f"http://127.0.0.1:{port}/v1", http=http, max_retries=0)


def test_a_deadline_ends_a_call_on_the_event_loop_of_windows(on_windows: Twin) -> None:
    async def job(client: Client) -> None:
        with pytest.raises(APITimeoutError):
            await client.create(deadline=0.2)

    with FaultServer(Peer.stall) as server:
        on_windows.run(job, base_url=server.base_url)
        assert server.settles_at(0)


def test_tls_is_spoken_on_the_event_loop_of_windows(
    on_windows: Twin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = Authority()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path)))

    async def job(client: Client) -> list[str | None]:
        return [(await client.create(user=f"user_{n}")).user for n in range(2)]

    with FaultServer(otherwise=answer, tls=authority.server_context()) as server:
        assert on_windows.run(job, base_url=server.base_url) == ["user_0", "user_1"]
        assert server.connections == 1
