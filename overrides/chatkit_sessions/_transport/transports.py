"""What a client and its copies send through: connections of their own, or the HTTP client that the user gave."""

import os
import sys
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from .._errors import ChatKitError, ConfigurationError
from .network import HttpBackend, is_stock, ssl_context

if TYPE_CHECKING:
    from .connection_pool import ConnectionPool
    from .event_loops import LoopTransports

HttpClient = httpx.Client | httpx.AsyncClient
HttpClientT = TypeVar("HttpClientT", httpx.Client, httpx.AsyncClient)


class Transports:
    """The transports of one client, each made when it is first needed.

    There is one for each process, since a child must not use its parent's sockets, and one for each event loop. If a
    tool for tests or tracing has replaced a method of httpx, calls go through a plain client of httpx, so that the
    tool sees them.
    """

    def __init__(self, http_client: HttpClient | None, http_backend: HttpBackend) -> None:
        self._http_client = http_client
        self._http_backend: HttpBackend = http_backend
        self._is_closed = False
        self._by_process: dict[tuple[int, bool], ConnectionPool | httpx.Client] = {}

    def load(self) -> None:
        """Load what sync calls need: a child that is forked while another thread loads it would wait forever."""
        if self._http_client is None:
            import encodings.idna  # looking up a host loads it

            from . import connection_pool

            _ = encodings.idna, connection_pool
            import_module("certifi")  # which httpx requires, and loads to verify a server

    async def prepare(self, *, is_encrypted: bool) -> None:
        """Load and make what async calls need, in a thread, so that the event loop goes on and no visitor waits."""
        if self._http_client is not None:
            return

        def prepare() -> None:
            self.load()
            self._loops  # noqa: B018 # loads asyncio's part
            if is_encrypted:
                ssl_context()

        await in_thread(prepare)
        await self._loops.target()

    def sync_target(self) -> "httpx.Client | ConnectionPool":
        """Return what a sync call is sent through."""
        if self._is_closed or self._http_client is not None:
            return self._given(httpx.Client, "a sync call cannot go through an httpx.AsyncClient")
        key = os.getpid(), is_stock(httpx.HTTPTransport.handle_request, httpx.Client.send)
        if (target := self._by_process.get(key)) is None:
            from .connection_pool import ConnectionPool

            # setdefault is atomic, so threads that come together get the same one.
            made = ConnectionPool() if key[1] else httpx.Client(verify=ssl_context())
            target = self._by_process.setdefault(key, made)
        return target

    async def async_target(self) -> httpx.AsyncClient | httpx.AsyncBaseTransport:
        """Return what an async call is sent through in the running event loop."""
        if self._is_closed or self._http_client is not None:
            return self._given(httpx.AsyncClient, "an async call cannot go through an httpx.Client")
        return await self._loops.target()

    def close(self) -> None:
        """Close the connections of this process; a client that the user gave stays open."""
        self._is_closed = True
        for is_our_own in (True, False):
            if (target := self._by_process.pop((os.getpid(), is_our_own), None)) is not None:
                target.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and those of this process."""
        self.close()
        await self._loops.aclose()

    def _given(self, kind: type[HttpClientT], problem: str) -> HttpClientT:
        """Return the user's client if it is of this kind and nothing is closed."""
        if self._is_closed or self._http_client is None:
            raise ChatKitError("this client has been closed; make a new one")
        if self._http_client.is_closed:
            raise ChatKitError("the http_client of this client has been closed; make a new client with an open one")
        if not isinstance(self._http_client, kind):
            raise ChatKitError(f"{problem}; give http_client an httpx.{kind.__name__}")
        return self._http_client

    @cached_property
    def _loops(self) -> "LoopTransports":
        # Importing asyncio takes 25 ms, which a program without async calls saves.
        from .event_loops import LoopTransports

        return LoopTransports(self._http_backend)


async def in_thread(function: Callable[[], None]) -> None:
    """Run a function in a thread of the running event loop, without anyio, which the function may load."""
    import asyncio

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        # By name, for type checkers where trio is not installed; a program that runs on it has it.
        await import_module("trio").to_thread.run_sync(function)
    else:
        await loop.run_in_executor(None, function)


def as_httpx(http_client: object) -> object:
    """Return a client of httpx that sends through a client of httpx2; anything else unchanged."""
    httpx2: Any = sys.modules.get("httpx2")  # not required: a program with such a client has loaded it
    if httpx2 is None or not isinstance(http_client, httpx2.Client | httpx2.AsyncClient):
        return http_client
    from .httpx2 import bridged

    return bridged(http_client)


def kind_of(http_client: object) -> str:
    """Return the name of what was given as a client, with its package if that is httpx or httpx2."""
    kind = type(http_client)
    return f"{kind.__module__}.{kind.__name__}" if kind.__module__ in ("httpx", "httpx2") else kind.__name__


def check_backend(value: object) -> None:
    """Check that a backend other than httpx is known and installed."""
    if value != "aiohttp":
        raise ConfigurationError(f"http_backend: expected 'httpx' or 'aiohttp', got {value!r:.80}")
    # No vendored copy has our module.
    if not all(map(find_spec, ("aiohttp", "httpx_aiohttp", f"{__package__}.aiohttp"))):
        raise ConfigurationError(
            "http_backend: 'aiohttp' needs the package and its extra installed: pip install 'chatkit-sessions[aiohttp]'"
        )
