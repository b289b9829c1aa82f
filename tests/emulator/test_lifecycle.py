"""Starting, stopping and embedding."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from chatkit_sessions import APIConnectionError, AsyncSessions, Sessions
from chatkit_sessions.emulator import Emulator, Fault
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Message
from support.listener import free_port

BACKENDS = ["asyncio", "trio"]


def test_it_listens_while_it_is_entered_and_not_after() -> None:
    with Emulator() as emulator:
        address = urlsplit(emulator.base_url)
        with Sessions(base_url=emulator.base_url, api_key=emulator.api_key) as sessions:
            sessions.create(user="user_abc", workflow="wf_123")

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))
    with pytest.raises(RuntimeError, match="does not listen"):
        _ = emulator.base_url


def test_leaving_it_ends_its_thread_and_hangs_up_on_callers() -> None:
    before = set(threading.enumerate())
    with Emulator() as emulator:
        emulator.faults.add(Fault(delay=60))
        address = urlsplit(emulator.base_url)
        connection = socket.create_connection((address.hostname, address.port))
        connection.sendall(b"POST /v1/chatkit/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        while not emulator.requests:
            time.sleep(0.01)

    with closing(connection):
        assert connection.recv(1000) == b""
    assert set(threading.enumerate()) <= before


def test_a_caller_that_leaves_in_the_middle_of_its_request_is_not_recorded() -> None:
    with Emulator() as emulator:
        address = urlsplit(emulator.base_url)
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(b"POST /v1/chatkit/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        httpx.get(emulator.base_url)

        assert [request.method for request in emulator.requests] == ["GET"]


def test_waiting_for_it_ends_when_it_is_left() -> None:
    with Emulator() as emulator:
        waiting = threading.Thread(target=emulator.wait)
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()

    waiting.join()


def test_its_state_outlives_its_listening() -> None:
    emulator = Emulator()
    for _ in range(2):
        with emulator, Sessions(base_url=emulator.base_url, api_key=emulator.api_key) as sessions:
            sessions.create(user="user_abc", workflow="wf_123")

    assert len(emulator.sessions) == 2


def test_it_can_not_be_entered_twice_at_once() -> None:
    with Emulator() as emulator, pytest.raises(RuntimeError, match="is already listening"):
        emulator.__enter__()


def test_several_run_at_once_and_know_nothing_of_each_other() -> None:
    with Emulator(api_key="sk-one") as one, Emulator(api_key="sk-two") as two:
        with Sessions(base_url=one.base_url, api_key="sk-one") as sessions:
            sessions.create(user="user_abc", workflow="wf_123")

        assert one.base_url != two.base_url
        assert (len(one.sessions), len(two.sessions)) == (1, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_can_be_entered_from_asynchronous_code(backend: str) -> None:
    async def use() -> str | None:
        async with (
            Emulator() as emulator,
            AsyncSessions(base_url=emulator.base_url, api_key=emulator.api_key) as sessions,
        ):
            session = await sessions.create(user="user_abc", workflow="wf_123")
            return (await sessions.cancel(session)).status

    assert anyio.run(use, backend=backend) == "cancelled"


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_gone_after_a_cancellation_too(backend: str) -> None:
    addresses: list[tuple[str | None, int | None]] = []

    async def use() -> None:
        with anyio.CancelScope() as scope:
            async with Emulator() as emulator:
                address = urlsplit(emulator.base_url)
                addresses.append((address.hostname, address.port))
                scope.cancel()
                await anyio.sleep(60)

    anyio.run(use, backend=backend)

    [address] = addresses
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


@contextmanager
def taken_port() -> Generator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_port_that_is_taken_is_named() -> None:
    with taken_port() as port, pytest.raises(OSError, match=f"cannot listen on 127.0.0.1, port {port}: .+"):
        Emulator(port=port).__enter__()


def test_it_listens_on_the_port_it_is_given() -> None:
    port = free_port()
    with Emulator(port=port) as emulator:
        assert emulator.base_url == f"http://127.0.0.1:{port}/v1"


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


HOSTS = [
    ("0.0.0.0", "127.0.0.1"),
    ("localhost", "localhost"),
    pytest.param("::1", "::1", marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")),
]


@pytest.mark.parametrize(("host", "shown"), HOSTS)
def test_its_url_can_be_called_whatever_it_listens_on(host: str, shown: str) -> None:
    with Emulator(host=host) as emulator:
        assert urlsplit(emulator.base_url).hostname == shown
        assert httpx.post(f"{emulator.base_url}/chatkit/sessions").status_code == 401


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"api_key": ""}, "api_key"),
        ({"api_key": "sk one"}, "api_key"),
        ({"api_key": "sk-é"}, "api_key"),
        ({"port": 70_000}, "port"),
        ({"requests_per_minute": 0}, "requests_per_minute"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        Emulator(**arguments)  # type: ignore[arg-type] # wrong on purpose


@pytest.mark.parametrize("backend", BACKENDS)
def test_its_application_runs_without_a_socket(backend: str) -> None:
    emulator = Emulator()

    async def use() -> str | None:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(emulator.app)) as http_client,
            AsyncSessions(
                base_url="http://localhost/v1", api_key=emulator.api_key, http_client=http_client
            ) as sessions,
        ):
            session = await sessions.create(user="user_abc", workflow="wf_123")
            return (await sessions.cancel(session)).status

    assert anyio.run(use, backend=backend) == "cancelled"


@pytest.mark.parametrize("fault", [Fault(drop=True), Fault(truncate=True)])
def test_a_broken_connection_looks_like_one_without_a_socket_too(fault: Fault) -> None:
    emulator = Emulator()
    emulator.faults.add(fault)

    async def use() -> None:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(emulator.app)) as http_client,
            AsyncSessions(
                base_url="http://localhost/v1", api_key=emulator.api_key, http_client=http_client, max_retries=0
            ) as sessions,
        ):
            await sessions.create(user="user_abc", workflow="wf_123")

    with pytest.raises(APIConnectionError):
        anyio.run(use)


def test_its_application_can_be_mounted_in_another() -> None:
    emulator = Emulator()
    site = Starlette(routes=[Mount("/fake", emulator.app)])

    async def use() -> str:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(site)) as http_client,
            AsyncSessions(
                base_url="http://localhost/fake/v1", api_key=emulator.api_key, http_client=http_client
            ) as sessions,
        ):
            return (await sessions.create(user="user_abc", workflow="wf_123")).id

    assert emulator.sessions[anyio.run(use)].user == "user_abc"
    assert emulator.requests[0].operation == "create"


def test_its_application_takes_part_in_the_life_of_another_server() -> None:
    received = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[str] = []

    async def receive() -> Message:
        return {"type": next(received)}

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def use() -> None:
        await Emulator().app({"type": "lifespan"}, receive, send)

    anyio.run(use)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_it_answers_many_requests_in_parallel() -> None:
    async def one(sessions: AsyncSessions) -> None:
        session = await sessions.create(user="user_abc", workflow="wf_123")
        await sessions.cancel(session)

    async def use() -> None:
        async with (
            Emulator() as emulator,
            AsyncSessions(base_url=emulator.base_url, api_key=emulator.api_key, max_retries=0) as sessions,
            anyio.create_task_group() as group,
        ):
            for _ in range(200):
                group.start_soon(one, sessions)
        assert emulator.counts == {("create", 200): 200, ("cancel", 200): 200}

    anyio.run(use)


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "jsonschema"])
def test_without_the_extra_one_sentence_says_how_to_install_it(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "try:\n"
        "    import chatkit_sessions.emulator\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == (
        f"The emulator needs {missing}, which is not installed: pip install 'chatkit-sessions[emulator]'\n"
    )
