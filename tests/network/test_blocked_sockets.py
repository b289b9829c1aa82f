"""Tools that forbid sockets in tests, as pytest-socket does: what they raise is theirs to explain."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import httpx2
import pytest
from support.clients import Twin

BASE_URL = "http://localhost:9/v1"


class SocketBlockedError(RuntimeError):
    """As pytest-socket raises it."""


class GuardedSocket(socket.socket):
    """A socket that nobody may make, but for those that event loops need for themselves."""

    def __init__(self, family: int = -1, *args: Any, **kwargs: Any) -> None:
        if family in (socket.AF_INET, socket.AF_INET6, -1):
            raise SocketBlockedError("A test tried to use socket.socket.")
        super().__init__(family, *args, **kwargs)


def guarded_look_up(*_arguments: Any, **_options: Any) -> None:
    raise SocketBlockedError("A test tried to use socket.getaddrinfo.")


@pytest.fixture(params=["socket", "getaddrinfo"], autouse=True)
def _guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    guards = {"socket": GuardedSocket, "getaddrinfo": guarded_look_up}
    monkeypatch.setattr(socket, request.param, guards[request.param])


def test_what_forbids_sockets_reaches_the_caller(any_twin: Twin) -> None:
    with pytest.raises(SocketBlockedError):
        any_twin.create(base_url=BASE_URL)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_what_forbids_sockets_reaches_the_caller_through_a_client_of_the_users(twin: Twin, library: Any) -> None:
    with pytest.RaisesGroup(SocketBlockedError, allow_unwrapped=True, flatten_subgroups=True):
        twin.create(base_url=BASE_URL, http={}, library=library)
