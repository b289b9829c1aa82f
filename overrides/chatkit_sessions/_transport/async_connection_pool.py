"""The asynchronous twin of `connection_pool`: connections for each event loop, closed when the loop ends."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

import anyio
import httpcore
import httpx

from .network import (
    MAX_CONNECTIONS,
    HttpBackend,
    Origin,
    has_rested_too_long,
    is_stock,
    is_usable,
    origin_of,
    ssl_context,
)
from .response_head import UnaskedAnswer, heard
from .streams import CORE_ERRORS, AsyncBackend, Line, as_httpx, connection, core_request

Target = httpx.AsyncBaseTransport | httpx.AsyncClient


class LoopTargets:
    """What the async calls of one client and its copies are sent through."""

    def __init__(self, backend: HttpBackend) -> None:
        self._backend: HttpBackend = backend
        self._held: WeakKeyDictionary[object, dict[bool, tuple[Target, AsyncGenerator[None]]]] = WeakKeyDictionary()

    async def target(self) -> Target:
        """Return what calls of the running event loop are sent through."""
        loop = _running_loop()
        held = self._held.get(loop) or self._held.setdefault(loop, {})
        is_our_own = self._backend == "aiohttp" or is_stock(httpx.AsyncHTTPTransport.handle_async_request)
        if is_our_own not in held:
            target = self._new_target() if is_our_own else httpx.AsyncClient(verify=ssl_context())
            held[is_our_own] = target, _closed_with_its_loop(target)
            await anext(held[is_our_own][1])
        return held[is_our_own][0]

    async def aclose(self) -> None:
        """Close what the running event loop has; the others close with their loops."""
        for _, keeper in self._held.pop(_running_loop(), {}).values():
            await keeper.aclose()

    def _new_target(self) -> Target:
        if self._backend == "aiohttp":
            from .aiohttp import new_transport

            return new_transport()
        return AsyncConnections()


def _running_loop() -> object:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        # By name, for type checkers where trio is not installed.
        token: object = import_module("trio").lowlevel.current_trio_token()
        return token


async def _closed_with_its_loop(target: Target) -> AsyncGenerator[None]:
    """Close a target when its event loop ends: that is when a loop closes the generators that it has seen."""
    try:
        yield
    finally:
        await target.aclose()


class AsyncConnections(httpx.AsyncBaseTransport):
    """A transport over a stack of lanes, each with one connection of httpcore's, for one event loop."""

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[_Lane]] = {}
        self._free = anyio.Semaphore(MAX_CONNECTIONS)
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
        return httpx.Response(response.status, headers=response.headers, stream=_Held(response.stream, self, lane))

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
            if is_usable(lane.line.socket, lane.rests_since):
                return lane
            await lane.aclose()
        return None


class _Lane:
    """One connection, directly or through a proxy."""

    def __init__(self, url: httpx.URL) -> None:
        self.origin = origin_of(url)
        self.rests_since = 0.0
        self.line = Line()
        self._connection = connection(url, "Async", AsyncBackend(self.line, listens=url.scheme != "https"))

    async def handle_async_request(self, request: httpx.Request) -> httpcore.Response:
        line, is_kept = self.line, self.line.socket is not None
        line.serve(heard.get(), None)
        try:
            response: httpcore.Response = await self._connection.handle_async_request(core_request(request))
        except CORE_ERRORS as error:
            raise as_httpx(error) from error
        if is_kept and not line.heard:
            raise UnaskedAnswer
        line.heard = None
        return response

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):  # or a cancelled call would leave its connection open
            await self._connection.aclose()
            if self.line.stream is not None:  # httpcore forgets it when it is cancelled between TCP and TLS
                await self.line.stream.aclose()


class _Held(httpx.AsyncByteStream):
    """A response's stream that gives its lane back once it is closed."""

    def __init__(self, stream: Any, connections: AsyncConnections, lane: _Lane) -> None:
        self._stream = stream
        self._connections = connections
        self._lane: _Lane | None = lane

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except CORE_ERRORS as error:
            raise as_httpx(error) from error

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
