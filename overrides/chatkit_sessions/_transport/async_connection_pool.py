"""The asynchronous twin of `connection_pool`: the connections of one event loop."""

import time
from collections import deque

import anyio
import httpcore
import httpx

from .async_streams import AsyncBackend, TranslatedStream
from .connection_pool import MAX_CONNECTIONS, BaseConnection, Origin, has_expired, is_available, origin_of
from .network import is_stock
from .streams import CORE_ERRORS, core_request, new_async_connection


class AsyncConnectionPool(httpx.AsyncBaseTransport):
    """A transport over a stack of connections of httpcore's."""

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[_Connection]] = {}
        self._slots = anyio.Semaphore(MAX_CONNECTIONS)
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection that no other uses."""
        await self._acquire(request.extensions["timeout"]["pool"])
        connection = None
        try:
            while True:
                connection = self._available_connection(origin_of(request.url)) or _Connection(request.url)
                if (response := await connection.handle_async_request(request)) is not None:
                    break
        except BaseException:
            self.discard(connection)
            raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_PoolByteStream(response, self, connection)
        )

    async def aclose(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        self._is_closed = True
        idle = [connection for stack in self._idle.values() for connection in stack]
        self._idle.clear()
        for connection in idle:
            connection.close()

    def release(self, connection: "_Connection") -> None:
        """Take back a connection after its response has ended."""
        connection.idle_since = time.monotonic()
        if self._is_closed:
            connection.close()
        else:
            stack = self._idle.setdefault(connection.origin, deque())
            stack.append(connection)
            while has_expired(stack[0].idle_since):
                stack.popleft().close()
        self._slots.release()

    def discard(self, connection: "_Connection | None") -> None:
        """Close a connection after a failure, and free its slot."""
        if connection is not None:
            connection.close()
        self._slots.release()

    async def _acquire(self, timeout: float | None) -> None:
        try:
            self._slots.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(timeout) as scope:
                await self._slots.acquire()
            if scope.cancelled_caught:
                raise httpx.PoolTimeout(f"all {MAX_CONNECTIONS} connections were in use") from None

    def _available_connection(self, origin: Origin) -> "_Connection | None":
        stack = self._idle.get(origin)
        while stack:
            connection = stack.pop()
            if is_available(connection.state.socket, connection.idle_since):
                return connection
            connection.close()
        return None


class _Connection(BaseConnection):
    def __init__(self, url: httpx.URL) -> None:
        super().__init__(url)
        backend = AsyncBackend(self.state, reads_answers=url.scheme != "https")
        self._connection = new_async_connection(url, self._proxy, backend)

    async def handle_async_request(self, request: httpx.Request) -> httpcore.Response | None:
        """Return the response; None if the connection already held another, so that nothing was sent."""
        head, is_kept = request.extensions["response_head"], self.state.socket is not None
        self.state.head = head
        try:
            response = await self._connection.handle_async_request(core_request(request))
        except CORE_ERRORS as error:
            raise self.failure(error) from error
        # As in the twin.
        if is_kept and not head.received and is_stock(type(self._connection).handle_async_request):
            self.close()
            return None
        head.expect_body(response.headers)
        self.state.sends_early = not head.is_chunked
        return response


class _PoolByteStream(TranslatedStream):
    """A response's stream that releases its connection once it is closed."""

    _errors = CORE_ERRORS

    def __init__(self, response: httpcore.Response, pool: AsyncConnectionPool, connection: _Connection) -> None:
        self._stream = response.stream
        self._pool = pool
        self._connection = connection
        self._is_closed = False

    def _failure(self, error: Exception) -> Exception:
        failure = self._connection.failure(error)
        failure.__cause__ = error
        return failure

    async def aclose(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._stream.aclose()
        except BaseException:
            self._pool.discard(self._connection)
            raise
        head = self._connection.state.head
        if head is None or head.has_surplus():
            self._pool.discard(self._connection)
        else:
            self._pool.release(self._connection)
