"""What other systems lack or do otherwise, put on as a costume."""

import select
import socket
import time
from types import SimpleNamespace

import pytest
from chatkit_sessions import Sessions
from chatkit_sessions._transport import connection_pool
from support.behaviours import answer
from support.fault_server import FaultServer


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
