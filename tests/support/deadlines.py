"""Checks that a call ends when it must."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from chatkit_sessions import APITimeoutError

from support.clients import Twin
from support.fault_server import FaultServer


def assert_times_out(
    twin: Twin,
    serve: Callable[[], AbstractContextManager[FaultServer]],
    *,
    requests: int = 1,
    match: str = "",
    http: dict[str, Any] | None = None,
    library: Any = httpx,
    **limit: float,
) -> None:
    """Check that a call meets its `timeout` or `deadline` soon after that, with so many requests sent.

    Its error must match as well. A machine may be too busy for all of that in so short a time; the call then gets more
    of it, twice.
    """
    seen: list[tuple[int, bool, str]] = []
    for factor in (1, 10, 10):
        longer = {name: seconds * factor for name, seconds in limit.items()}
        with serve() as server:
            started = time.monotonic()
            with pytest.raises(APITimeoutError) as caught:
                twin.create(base_url=server.base_url, http=http, library=library, **longer)
            is_soon = time.monotonic() - started < 2.5 + max(requests, 1) * sum(longer.values())
            assert server.settles_at(0)
        seen.append((len(server.requests), is_soon, str(caught.value)))
        if seen[-1][:2] == (requests, True) and re.search(match, seen[-1][2]):
            return
    raise AssertionError(f"expected {(requests, True, match)}, got {seen}")
