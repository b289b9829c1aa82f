"""The asynchronous twin of `_connections`: connections for each event loop, closed when the loop ends.

A cancel scope ends here what there the watchdog ends.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import anyio
import httpx

from ._listening import UnaskedAnswer, heard, opened_stream
from ._network import MAX_CONNECTIONS, Origin, has_rested_too_long, is_usable, lane_options, origin_of

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


class AsyncConnections(httpx.AsyncBaseTransport):
    """A transport over a stack of lanes, each a transport with one connection, for one event loop."""

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[_Lane]] = {}
        self._free = anyio.Semaphore(MAX_CONNECTIONS, fast_acquire=True)
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a lane of its own.

        Raises:
            httpx.PoolTimeout: All connections were in use for too long.
            httpx.TransportError: Whatever else httpx meets.
        """
        await self._acquire(request.extensions["timeout"]["pool"])
        lane = None
        try:
            lane = await self._taken(origin_of(request.url)) or _Lane(request.url)
            response = await lane.handle_async_request(request)
        except BaseException:
            await self.drop(lane)
            raise
        response.stream = _Held(response.stream, self, lane)
        return response

    async def aclose(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        self._is_closed = True
        idle = [lane for stack in self._idle.values() for lane in stack]
        self._idle.clear()
        for lane in idle:
            await lane.aclose()

    async def give_back(self, lane: "_Lane") -> None:
        """Take a lane back whose response has ended."""
        lane.rests_since = time.monotonic()
        stale: list[_Lane] = []
        if self._is_closed:
            stale.append(lane)
        else:
            stack = self._idle.setdefault(lane.origin, deque())
            stack.append(lane)
            while has_rested_too_long(stack[0].rests_since):
                stale.append(stack.popleft())
        self._free.release()
        for lane in stale:
            await lane.aclose()

    async def drop(self, lane: "_Lane | None") -> None:
        """Free the place of a lane that failed, of whose connection nothing is known any more."""
        self._free.release()
        if lane is not None:
            await lane.aclose()

    async def _acquire(self, timeout: float | None) -> None:
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(timeout) as scope:
                await self._free.acquire()
            if scope.cancelled_caught:
                raise httpx.PoolTimeout(f"all {MAX_CONNECTIONS} connections were in use") from None

    async def _taken(self, origin: Origin) -> "_Lane | None":
        stack = self._idle.get(origin)
        while stack:
            lane = stack.pop()
            if is_usable(lane.stream, lane.rests_since):
                return lane
            await lane.aclose()
        return None


class _Lane:
    """One connection: a transport, and the stream that it reads from."""

    def __init__(self, url: httpx.URL) -> None:
        self.origin = origin_of(url)
        self.rests_since = 0.0
        self.stream: Any = None
        self._transport = httpx.AsyncHTTPTransport(**lane_options(url))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        is_kept = self.stream is not None
        if not is_kept:
            request.extensions["trace"] = self._connecting
        response = await self._transport.handle_async_request(request)
        if is_kept and not heard.get():
            raise UnaskedAnswer
        self.stream = response.extensions.get("network_stream")
        return response

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):  # or a cancelled call would leave its connection open
            await self._transport.aclose()
            if self.stream is not None:  # httpcore forgets it when it is cancelled between TCP and TLS
                await self.stream.aclose()

    async def _connecting(self, event: str, info: Mapping[str, Any]) -> None:
        self.stream = opened_stream(event, info, self.origin[0]) or self.stream


class _Held(httpx.AsyncByteStream):
    """A response's stream that gives its lane back once it is closed."""

    def __init__(self, stream: Any, connections: AsyncConnections, lane: _Lane) -> None:
        self._stream: httpx.AsyncByteStream = stream
        self._connections = connections
        self._lane: _Lane | None = lane

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        if self._lane is None:
            return
        lane, self._lane = self._lane, None
        try:
            await self._stream.aclose()
        except BaseException:
            await self._connections.drop(lane)
            raise
        await self._connections.give_back(lane)
