import inspect
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn

import anyio
import pytest
from chatkit_sessions import AsyncSessions, ChatKitClient, Sessions
from support.clients import FLAVOURS, Flavour, Maker
from support.leaks import FAKE_KEY

if sys.implementation.name == "pypy":
    # PyPy has no tracemalloc, and no wheels of what the others import.
    collect_ignore = [
        "test_compressed_and_large_answers.py",
        "test_emulator_parts.py",
        "test_import_errors.py",
        "test_properties.py",
        "test_public_names.py",
        "test_regular_expressions.py",
        "test_session.py",
        "test_tools_that_replace_transports.py",
    ]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def refuse(*_args: Any) -> NoReturn:
        raise AssertionError("a unit test opened a connection")

    def refuse_but_for_pairs(sock: socket.socket, place: Any) -> None:
        # Each event loop has a pair of sockets. Windows has no such pairs, so Python connects two to each other there.
        if not inspect.stack(context=0)[1].function.endswith("socketpair"):
            refuse()
        connect(sock, place)

    monkeypatch.setattr(socket.socket, "connect", refuse_but_for_pairs)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that were asked for, none of which is really waited."""
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(time, "sleep", asked.append)
    monkeypatch.setattr(anyio, "sleep", sleep)
    return asked


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Which twin, in which event loop, and whether through a client of httpx that the user gave."""
    flavour: Flavour = request.param
    return flavour


@pytest.fixture
def anyio_backend(flavour: Flavour) -> str:
    return "trio" if flavour[0] == "trio" else "asyncio"


@pytest.fixture
def maker(flavour: Flavour, monkeypatch: pytest.MonkeyPatch) -> Iterator[Maker]:
    """A maker of clients whose servers were asked exactly what the test says."""
    kind, injected = flavour
    maker = Maker(kind != "sync", injected, monkeypatch)
    yield maker
    for script in maker.scripts:
        script.check_finished()


@pytest.fixture(params=[Sessions, AsyncSessions, ChatKitClient])
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """One of our clients, to be made with the fake key unless the test gives another."""
    return partial(request.param, api_key=FAKE_KEY)
