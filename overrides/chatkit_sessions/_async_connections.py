"""The asynchronous twin of `_connections`; a cancel scope ends what there the watchdog ends."""

import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx

from ._network import IDLE_SECONDS, MAX_CONNECTIONS, Origin, lane_options, origin_of


class AsyncConnections(httpx.AsyncBaseTransport):
    """A transport over a stack of single-connection transports, for one event loop."""

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[tuple[float, httpx.AsyncHTTPTransport]]] = {}
        self._free = anyio.Semaphore(MAX_CONNECTIONS, fast_acquire=True)
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of its own.

        Raises:
            httpx.PoolTimeout: All connections were in use for too long.
            httpx.TransportError: Whatever else httpx meets.
        """
        await self._acquire(request.extensions["timeout"]["pool"])
        origin = origin_of(request.url)
        lane = None
        try:
            stack = self._idle.get(origin)
            lane = stack.pop()[1] if stack else httpx.AsyncHTTPTransport(**lane_options(request.url))
            response = await lane.handle_async_request(request)
        except BaseException:
            self._free.release()
            if lane is not None:
                await _closed(lane)
            raise
        response.stream = _Held(response.stream, lambda: self._give_back(origin, lane))
        return response

    async def aclose(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        self._closed = True
        idle = [lane for stack in self._idle.values() for _, lane in stack]
        self._idle.clear()
        for lane in idle:
            await _closed(lane)

    async def _acquire(self, timeout: float | None) -> None:
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(timeout) as scope:
                await self._free.acquire()
            if scope.cancelled_caught:
                raise httpx.PoolTimeout(f"all {MAX_CONNECTIONS} connections were in use") from None

    def _give_back(self, origin: Origin, lane: httpx.AsyncHTTPTransport) -> list[httpx.AsyncHTTPTransport]:
        """Make a connection available again and return those that are to be closed instead."""
        self._free.release()
        if self._closed:
            return [lane]
        now = time.monotonic()
        stack = self._idle.setdefault(origin, deque())
        stack.append((now, lane))
        stale: list[httpx.AsyncHTTPTransport] = []
        while now - stack[0][0] > IDLE_SECONDS:
            stale.append(stack.popleft()[1])
        return stale


async def _closed(lane: httpx.AsyncHTTPTransport) -> None:
    with anyio.CancelScope(shield=True):  # or a cancelled call would leave its connection open
        await lane.aclose()


class _Held(httpx.AsyncByteStream):
    """A response's stream that gives its connection back once it is closed."""

    def __init__(self, stream: Any, give_back: Callable[[], list[httpx.AsyncHTTPTransport]]) -> None:
        self._stream: httpx.AsyncByteStream = stream
        self._give_back: Callable[[], list[httpx.AsyncHTTPTransport]] | None = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        give_back, self._give_back = self._give_back, None
        try:
            await self._stream.aclose()
        finally:
            for stale in give_back() if give_back is not None else ():
                await _closed(stale)
