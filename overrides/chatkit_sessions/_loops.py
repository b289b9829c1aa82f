"""The transports of async calls: one for each event loop, closed when the loop ends."""

import asyncio
from collections.abc import AsyncGenerator
from importlib import import_module
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import httpx

if TYPE_CHECKING:
    from ._pool import HttpBackend


class LoopTransports:
    """What the async calls of one client and its copies are sent through."""

    def __init__(self, backend: "HttpBackend") -> None:
        self._backend: HttpBackend = backend
        self._held: WeakKeyDictionary[object, tuple[httpx.AsyncBaseTransport, AsyncGenerator[None]]]
        self._held = WeakKeyDictionary()

    async def transport(self) -> httpx.AsyncBaseTransport:
        """Return the transport of the running event loop."""
        loop = _running_loop()
        if (held := self._held.get(loop)) is not None:
            return held[0]
        transport = self._new_transport()
        keeper = _closed_with_its_loop(transport)
        self._held[loop] = (transport, keeper)
        await anext(keeper)
        return transport

    async def aclose(self) -> None:
        """Close the transport of the running event loop; the others close with their loops."""
        if (held := self._held.pop(_running_loop(), None)) is not None:
            await held[1].aclose()

    def _new_transport(self) -> httpx.AsyncBaseTransport:
        if self._backend == "aiohttp":
            # By name: a copy in another tree has no such module, and its type checker would miss it.
            transport: httpx.AsyncBaseTransport = import_module("._aiohttp", __package__).new_transport()
            return transport
        from ._async_connections import AsyncConnections

        return AsyncConnections()


def _running_loop() -> object:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        # By name, for type checkers where trio is not installed.
        token: object = import_module("trio").lowlevel.current_trio_token()
        return token


async def _closed_with_its_loop(transport: httpx.AsyncBaseTransport) -> AsyncGenerator[None]:
    """Close a transport when its event loop ends: that is when a loop closes the generators that it has seen."""
    try:
        yield
    finally:
        await transport.aclose()
