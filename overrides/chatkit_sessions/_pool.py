"""What a client and its copies send through: connections of their own, or the HTTP client that the user gave."""

import asyncio
import os
from collections.abc import AsyncGenerator
from importlib import import_module
from typing import Literal
from weakref import WeakKeyDictionary

import httpx

from ._connections import Connections
from ._errors import ChatKitError, ConfigurationError

HttpBackend = Literal["httpx", "aiohttp"]
HttpClient = httpx.Client | httpx.AsyncClient


class Pool:
    """The transports of one client, each made when it is first needed.

    There is one for each process, since a child must not use its parent's sockets, and one for each event loop, since
    no loop can use another's.
    """

    def __init__(self, http_client: HttpClient | None, http_backend: HttpBackend) -> None:
        self._http_client = http_client
        self._http_backend = http_backend
        self._is_closed = False
        self._by_process: dict[int, Connections] = {}
        self._by_loop: WeakKeyDictionary[object, tuple[httpx.AsyncBaseTransport, AsyncGenerator[None]]]
        self._by_loop = WeakKeyDictionary()

    def sync_target(self) -> httpx.Client | Connections:
        """Return what a sync call is sent through.

        Raises:
            ChatKitError: It is closed, or the user's client is of the other kind.
        """
        self._check_open()
        if self._http_client is not None:
            if not isinstance(self._http_client, httpx.Client):
                raise ChatKitError(
                    "a sync call cannot go through an httpx.AsyncClient; give http_client an httpx.Client"
                )
            return self._http_client
        # setdefault is atomic, so threads that come together get the same one.
        process = os.getpid()
        return self._by_process.get(process) or self._by_process.setdefault(process, Connections())

    async def async_target(self) -> httpx.AsyncClient | httpx.AsyncBaseTransport:
        """Return what an async call is sent through in the running event loop.

        Raises:
            ChatKitError: It is closed, or the user's client is of the other kind.
        """
        self._check_open()
        if self._http_client is not None:
            if not isinstance(self._http_client, httpx.AsyncClient):
                raise ChatKitError(
                    "an async call cannot go through an httpx.Client; give http_client an httpx.AsyncClient"
                )
            return self._http_client
        loop = _running_loop()
        if (held := self._by_loop.get(loop)) is not None:
            return held[0]
        transport = self._new_async_transport()
        keeper = _closed_with_its_loop(transport)
        self._by_loop[loop] = (transport, keeper)
        await anext(keeper)
        return transport

    def close(self) -> None:
        """Close the connections of this process; a client that the user gave stays open."""
        self._is_closed = True
        if (connections := self._by_process.pop(os.getpid(), None)) is not None:
            connections.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and those of this process."""
        self.close()
        if (held := self._by_loop.pop(_running_loop(), None)) is not None:
            await held[1].aclose()

    def _check_open(self) -> None:
        if self._is_closed:
            raise ChatKitError("this client has been closed; make a new one")
        if self._http_client is not None and self._http_client.is_closed:
            raise ChatKitError("the http_client of this client has been closed; make a new client with an open one")

    def _new_async_transport(self) -> httpx.AsyncBaseTransport:
        if self._http_backend == "aiohttp":
            from ._aiohttp import new_transport

            return new_transport()
        from ._async_connections import AsyncConnections

        return AsyncConnections()


def check_backend(value: object) -> None:
    """See that a backend other than httpx is known and installed.

    Raises:
        ConfigurationError: It is not.
    """
    if value != "aiohttp":
        raise ConfigurationError(f"http_backend: expected 'httpx' or 'aiohttp', got {value!r:.80}")
    try:
        import_module("._aiohttp", __package__)
    except ImportError:
        raise ConfigurationError(
            "http_backend: 'aiohttp' needs an extra: pip install 'chatkit-sessions[aiohttp]'"
        ) from None


def _running_loop() -> object:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        import trio

        return trio.lowlevel.current_trio_token()


async def _closed_with_its_loop(transport: httpx.AsyncBaseTransport) -> AsyncGenerator[None]:
    """Close a transport when its event loop ends: that is when loops close the generators they have seen."""
    try:
        yield
    finally:
        await transport.aclose()
