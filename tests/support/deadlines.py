"""Checks that a call ends when it must."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from chatkit_sessions import APITimeoutError

from support.clients import Twin
from support.fault_server import FaultServer


def assert_times_out(
    twin: Twin,
    serve: Callable[[], FaultServer],
    *,
    requests: int = 1,
    http: dict[str, Any] | None = None,
    library: Any = httpx,
    **limit: float,
) -> None:
    """Check that a call meets its `timeout` or `deadline`, soon after that, and with so many requests sent.

    A machine may be too busy to send them in so short a time; the call then gets more of it, once.
    """
    reached: list[int] = []
    for factor in (1, 10):
        longer = {name: seconds * factor for name, seconds in limit.items()}
        with serve() as server:
            started = time.monotonic()
            with pytest.raises(APITimeoutError):
                twin.create(base_url=server.base_url, http=http, library=library, **longer)
            assert time.monotonic() - started < 2.5 + max(requests, 1) * sum(longer.values())
            assert server.settles_at(0)
        reached.append(len(server.requests))
        if reached[-1] == requests:
            return
    raise AssertionError(f"{requests} requests were to reach the server, and {reached} did")
