"""Clients over forks, event loops, copies and their end."""

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import trio
from chatkit_sessions import AsyncSessions, ChatKitError, ConfigurationError, Sessions
from support.behaviours import answer
from support.certificates import Authority
from support.fault_server import FaultServer
from support.leaks import FAKE_KEY
from support.programs import run

FORK = """
    import os, sys, threading, warnings
    from chatkit_sessions import Sessions

    warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)  # the threads are what is tested

    def create(user):
        assert sessions.create(user=user, workflow="wf_1").user == user

    def busy():
        connect("busy")
        while not stop.is_set():
            create("busy")

    def connect(user):  # each on a connection of its own: OpenSSL itself may not be forked during a handshake
        with sessions.with_streaming_response.create(user=user, workflow="wf_1"):
            connected.wait()

    sessions = Sessions(base_url=sys.argv[1], api_key="sk-test", max_retries=0)
    stop = threading.Event()
    threads = [threading.Thread(target=busy) for _ in range(int(sys.argv[2]))]
    connected = threading.Barrier(len(threads) + 1)
    for thread in threads:
        thread.start()
    connect("parent")
    for n in range(5):
        child = os.fork()
        if child == 0:
            try:
                create(f"child_{n}")
                create(f"child_{n}")
                sessions.close()
                os._exit(0)
            except BaseException as error:
                print(repr(error), flush=True)
                os._exit(1)
        create("parent")
        assert os.waitpid(child, 0)[1] == 0
    stop.set()
    for thread in threads:
        thread.join()
    create("parent")
    sessions.close()
"""

LEAVE = {
    "sync": """
        import sys
        from chatkit_sessions import Sessions
        sessions = Sessions(base_url=sys.argv[1], api_key="sk-test")
        sessions.create(user="user_1", workflow="wf_1")
    """,
    "asyncio": """
        import asyncio, sys
        from chatkit_sessions import AsyncSessions
        sessions = AsyncSessions(base_url=sys.argv[1], api_key="sk-test")
        for _ in range(3):
            asyncio.run(sessions.create(user="user_1", workflow="wf_1"))
    """,
    "trio": """
        import sys, trio
        from chatkit_sessions import AsyncSessions
        sessions = AsyncSessions(base_url=sys.argv[1], api_key="sk-test")
        trio.run(lambda: sessions.create(user="user_1", workflow="wf_1"))
    """,
}


@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("threads", ["0", "4"], ids=["one thread", "busy threads"])
def test_a_forked_child_has_connections_of_its_own(
    encrypted: bool, threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority() if encrypted else None
    if authority is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path)))
    with FaultServer(otherwise=answer, tls=authority.server_context() if authority else None) as server:
        assert run(FORK, server.base_url, threads) == ""
        of_parent = {it.connection for it in server.requests if it.user in ("parent", "busy")}
        of_children = [it.connection for it in server.requests if it.user.startswith("child")]
        assert len(of_children) == 10
        assert len(set(of_children)) == 5
        assert of_parent.isdisjoint(of_children)


@pytest.mark.parametrize("kind", LEAVE)
def test_a_program_may_end_without_closing(kind: str) -> None:
    with FaultServer(otherwise=answer) as server:
        assert run(LEAVE[kind], server.base_url) == ""


@pytest.mark.parametrize("options", [{}, {"http_backend": "aiohttp"}], ids=["httpx", "aiohttp"])
def test_one_client_serves_one_event_loop_after_another(options: dict[str, Any]) -> None:
    with FaultServer(otherwise=answer) as server:
        sessions = AsyncSessions(base_url=server.base_url, api_key=FAKE_KEY, max_retries=0, **options)
        for n in range(3):
            asyncio.run(sessions.create(user="user_1", workflow="wf_1"))
            assert server.settles_at(0)
            assert server.connections == n + 1
        if not options:
            trio.run(lambda: sessions.create(user="user_1", workflow="wf_1"))
            assert server.settles_at(0)
        gc.collect()  # what was not closed warns now


def test_aiohttp_under_trio_is_a_clear_error() -> None:
    sessions = AsyncSessions(api_key=FAKE_KEY, http_backend="aiohttp")
    with pytest.raises(ConfigurationError, match=r"^http_backend: 'aiohttp' runs on asyncio only; under trio"):
        trio.run(lambda: sessions.create(user="user_1", workflow="wf_1"))


def test_one_client_serves_two_event_loops_at_once() -> None:
    async def main(name: str) -> None:
        for n in range(50):
            assert (await sessions.create(user=f"{name}_{n}", workflow="wf_1")).user == f"{name}_{n}"

    def run_loop(name: str) -> None:
        asyncio.run(main(name))

    with FaultServer(otherwise=answer) as server:
        sessions = AsyncSessions(base_url=server.base_url, api_key=FAKE_KEY, max_retries=0)
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(run_loop, ("one", "two")))
        assert server.connections == 2
        assert server.settles_at(0)


def test_a_copy_shares_the_connections_and_leaves_them_open() -> None:
    with FaultServer(otherwise=answer) as server:
        sessions = Sessions(base_url=server.base_url, api_key=FAKE_KEY)
        sessions.create(user="user_1", workflow="wf_1")
        with sessions.with_options(timeout=10) as copy:
            copy.create(user="user_2", workflow="wf_1")
        with pytest.raises(ChatKitError, match="closed"):
            copy.create(user="user_2", workflow="wf_1")
        sessions.create(user="user_3", workflow="wf_1")
        assert server.connections == 1
        other = sessions.with_options(timeout=10)
        sessions.close()
        sessions.close()
        for closed in (sessions, other):
            with pytest.raises(ChatKitError, match="closed"):
                closed.create(user="user_4", workflow="wf_1")
        assert server.settles_at(0)
        assert len(server.requests) == 3


def test_an_asynchronous_copy_shares_the_connections_and_leaves_them_open() -> None:
    async def main(base_url: str) -> None:
        sessions = AsyncSessions(base_url=base_url, api_key=FAKE_KEY)
        await sessions.create(user="user_1", workflow="wf_1")
        async with sessions.with_options(timeout=10) as copy:
            await copy.create(user="user_2", workflow="wf_1")
        with pytest.raises(ChatKitError, match="closed"):
            await copy.create(user="user_2", workflow="wf_1")
        await sessions.create(user="user_3", workflow="wf_1")
        other = sessions.with_options(timeout=10)
        await sessions.aclose()
        await sessions.aclose()
        for closed in (sessions, other):
            with pytest.raises(ChatKitError, match="closed"):
                await closed.create(user="user_4", workflow="wf_1")

    with FaultServer(otherwise=answer) as server:
        asyncio.run(main(server.base_url))
        assert server.connections == 1
        assert len(server.requests) == 3
