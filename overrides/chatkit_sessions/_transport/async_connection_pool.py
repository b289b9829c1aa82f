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
    has_expired,
    is_available,
    is_stock,
    origin_of,
    ssl_context,
)
from .response_head import UnsolicitedResponse
from .streams import CORE_ERRORS, AsyncBackend, ConnectionState, core_request, httpx_error, new_async_connection

Target = httpx.AsyncBaseTransport | httpx.AsyncClient


class LoopTransports:
    """What the async calls of one client and its copies are sent through."""

    def __init__(self, backend: HttpBackend) -> None:
        self._backend: HttpBackend = backend
        self._held: WeakKeyDictionary[object, dict[bool, tuple[Target, AsyncGenerator[None]]]] = WeakKeyDictionary()

    async def target(self) -> Target:
        """Return what calls of the running event loop are sent through."""
        loop = _running_loop()
        held = self._held.get(loop) or self._held.setdefault(loop, {})
        is_our_own = self._backend == "aiohttp" or is_stock(
            httpx.AsyncHTTPTransport.handle_async_request, httpx.AsyncClient.send
        )
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
            from .aiohttp import new_transport  # type: ignore[import-not-found,unused-ignore] # no vendored copy has it

            target: Target = new_transport()
            return target
        return AsyncConnectionPool()


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


class AsyncConnectionPool(httpx.AsyncBaseTransport):
    """A transport over a stack of connections of httpcore's, for one event loop."""

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[_Connection]] = {}
        self._slots = anyio.Semaphore(MAX_CONNECTIONS)
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of its own.

        Raises:
            httpx.PoolTimeout: All connections were in use for too long.
            httpx.TransportError: Whatever else httpx meets.
        """
        await self._acquire(request.extensions["timeout"]["pool"])
        connection = None
        try:
            connection = await self._available_connection(origin_of(request.url)) or _Connection(request.url)
            response = await connection.handle_async_request(request)
        except BaseException:
            await self.discard(connection)
            raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_PoolByteStream(response.stream, self, connection)
        )

    async def aclose(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        self._is_closed = True
        idle = [connection for stack in self._idle.values() for connection in stack]
        self._idle.clear()
        for connection in idle:
            await connection.aclose()

    async def release(self, connection: "_Connection") -> None:
        """Take back a connection whose response has ended."""
        connection.idle_since = time.monotonic()
        stale: list[_Connection] = []
        if self._is_closed:
            stale.append(connection)
        else:
            stack = self._idle.setdefault(connection.origin, deque())
            stack.append(connection)
            while has_expired(stack[0].idle_since):
                stale.append(stack.popleft())
        self._slots.release()
        for connection in stale:
            await connection.aclose()

    async def discard(self, connection: "_Connection | None") -> None:
        """Free the slot of a connection that failed, and close it: nothing is known of its state."""
        self._slots.release()
        if connection is not None:
            await connection.aclose()

    async def _acquire(self, timeout: float | None) -> None:
        try:
            self._slots.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(timeout) as scope:
                await self._slots.acquire()
            if scope.cancelled_caught:
                raise httpx.PoolTimeout(f"all {MAX_CONNECTIONS} connections were in use") from None

    async def _available_connection(self, origin: Origin) -> "_Connection | None":
        stack = self._idle.get(origin)
        while stack:
            connection = stack.pop()
            if is_available(connection.state.socket, connection.idle_since):
                return connection
            await connection.aclose()
        return None


class _Connection:
    """One connection, directly or through a proxy."""

    def __init__(self, url: httpx.URL) -> None:
        self.origin = origin_of(url)
        self.idle_since = 0.0
        self.state = ConnectionState()
        self._connection = new_async_connection(url, AsyncBackend(self.state, reads_answers=url.scheme != "https"))

    async def handle_async_request(self, request: httpx.Request) -> httpcore.Response:
        state, is_kept = self.state, self.state.socket is not None
        state.serve(request.extensions["response_head"])
        try:
            response = await self._connection.handle_async_request(core_request(request))
        except CORE_ERRORS as error:
            raise httpx_error(error) from error
        # Where a tool for tests answers in the place of httpcore, nothing is read.
        if (
            is_kept
            and not request.extensions["response_head"].received
            and is_stock(type(self._connection).handle_async_request)
        ):
            raise UnsolicitedResponse
        state.head = None
        return response

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):  # or a cancelled call would leave its connection open
            await self._connection.aclose()
            if self.state.stream is not None:  # httpcore forgets it when it is cancelled between TCP and TLS
                await self.state.stream.aclose()


class _PoolByteStream(httpx.AsyncByteStream):
    """A response's stream that releases its connection once it is closed."""

    def __init__(self, stream: Any, pool: AsyncConnectionPool, connection: _Connection) -> None:
        self._stream = stream
        self._pool = pool
        self._connection: _Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except CORE_ERRORS as error:
            raise httpx_error(error) from error

    async def aclose(self) -> None:
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        try:
            await self._stream.aclose()
        except BaseException:
            await self._pool.discard(connection)
            raise
        await self._pool.release(connection)
