"""Connections kept open between calls, the one used last first."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any

import httpcore
import httpx

from .network import MAX_CONNECTIONS, Origin, has_expired, is_available, is_stock, origin_of
from .response_head import UnsolicitedResponse
from .streams import CORE_ERRORS, Backend, ConnectionState, core_request, httpx_error, new_connection


class ConnectionPool(httpx.BaseTransport):
    """A transport over a stack of connections of httpcore's.

    httpcore looks through its whole pool for every request and response, which under load costs more than the call;
    here the connection used last is taken, in constant time.
    """

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[_Connection]] = {}
        # As many tokens as there may be connections; threading.Semaphore does the same in Python, which takes longer.
        self._slots = SimpleQueue[None]()
        for _ in range(MAX_CONNECTIONS):
            self._slots.put(None)
        self._lock = threading.Lock()
        self._is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of its own.

        Raises:
            httpx.PoolTimeout: All connections were in use for too long.
            httpx.TransportError: Whatever else httpx meets.
        """
        timeout: float | None = request.extensions["timeout"]["pool"]
        try:
            self._slots.get(timeout=timeout)
        except Empty:
            raise httpx.PoolTimeout(f"all {MAX_CONNECTIONS} connections were in use") from None
        connection = None
        try:
            connection = self._available_connection(origin_of(request.url)) or _Connection(request.url)
            response = connection.handle_request(request)
        except BaseException:
            self.discard(connection)
            raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_PoolByteStream(response.stream, self, connection)
        )

    def close(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        with self._lock:
            self._is_closed = True
            idle = [connection for stack in self._idle.values() for connection in stack]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def __del__(self) -> None:
        """Close what nobody closed, lest Python complains of open sockets."""
        self.close()

    def release(self, connection: "_Connection") -> None:
        """Take back a connection whose response has ended."""
        connection.idle_since = time.monotonic()
        stale: list[_Connection] = []
        with self._lock:
            if self._is_closed:
                stale.append(connection)
            else:
                stack = self._idle.setdefault(connection.origin, deque())
                stack.append(connection)
                while has_expired(stack[0].idle_since):
                    stale.append(stack.popleft())
        self._slots.put(None)
        for connection in stale:
            connection.close()

    def discard(self, connection: "_Connection | None") -> None:
        """Free the slot of a connection that failed, and close it: nothing is known of its state."""
        self._slots.put(None)
        if connection is not None:
            connection.close()

    def _available_connection(self, origin: Origin) -> "_Connection | None":
        while True:
            with self._lock:
                stack = self._idle.get(origin)
                connection = stack.pop() if stack else None
            if connection is None or is_available(connection.state.socket, connection.idle_since):
                return connection
            connection.close()


class _Connection:
    """One connection, directly or through a proxy."""

    def __init__(self, url: httpx.URL) -> None:
        self.origin = origin_of(url)
        self.idle_since = 0.0
        self.state = ConnectionState()
        self._connection = new_connection(url, Backend(self.state, reads_answers=url.scheme != "https"))

    def handle_request(self, request: httpx.Request) -> httpcore.Response:
        state, is_kept = self.state, self.state.socket is not None
        state.serve(request.extensions["response_head"])
        try:
            response = self._connection.handle_request(core_request(request))
        except CORE_ERRORS as error:
            raise httpx_error(error) from error
        # Where a tool for tests answers in the place of httpcore, nothing is read.
        if (
            is_kept
            and not request.extensions["response_head"].received
            and is_stock(type(self._connection).handle_request)
        ):
            raise UnsolicitedResponse
        state.head = None
        return response

    def close(self) -> None:
        self._connection.close()
        if self.state.stream is not None:  # httpcore does not know it when the deadline came between TCP and TLS
            self.state.stream.close()


class _PoolByteStream(httpx.SyncByteStream):
    """A response's stream that releases its connection once it is closed."""

    def __init__(self, stream: Any, pool: ConnectionPool, connection: _Connection) -> None:
        self._stream = stream
        self._pool = pool
        self._connection: _Connection | None = connection

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except CORE_ERRORS as error:
            raise httpx_error(error) from error

    def close(self) -> None:
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        try:
            self._stream.close()
        except BaseException:
            self._pool.discard(connection)
            raise
        self._pool.release(connection)
