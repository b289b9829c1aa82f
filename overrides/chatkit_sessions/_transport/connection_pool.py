"""Connections kept open between calls, the one used last first."""

import select
import time
from collections import deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Final
from weakref import ref

import httpcore
import httpx

from .._deadline import Deadline
from .network import find_proxy, is_stock
from .streams import CORE_ERRORS, Backend, ConnectionState, core_request, httpx_error, new_connection

MAX_CONNECTIONS: Final = 100
IDLE_SECONDS: Final = 30.0
"""How long an unused connection is kept; servers and load balancers close theirs after a minute or more."""

Origin = tuple[str, str, int | None]
_MOMENT: Final = 1.0
"""Seconds after which a waiting thread looks for lost slots again."""


def origin_of(url: httpx.URL) -> Origin:
    """Return what two URLs must have in common to share a connection."""
    return url.scheme, url.host, url.port


def has_expired(idle_since: float) -> bool:
    """Return whether a connection has been idle for so long that it is better closed."""
    return time.monotonic() - idle_since > IDLE_SECONDS


def is_available(socket: Any, idle_since: float) -> bool:
    """Return whether an idle connection can be used: it cannot if there is anything to read."""
    if socket is None or has_expired(idle_since) or (descriptor := socket.fileno()) < 0:
        return False
    if hasattr(socket, "pending") and socket.pending():  # TLS holds what the socket does not show any more
        return False
    if not hasattr(select, "poll"):  # on Windows, where `select` takes any number of sockets
        return not select.select([descriptor], [], [], 0)[0]
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return not poll.poll(0)


class Slot:
    """The right to use one connection."""

    __slots__ = ("__weakref__",)


class Slots:
    """As many slots as there may be connections, for threads.

    A signal handler may raise anywhere, so a slot can be lost without a release. When none is left, lost slots are
    replaced.

    Attributes:
        release: Takes back a slot, which must not be used any more.
    """

    def __init__(self, count: int) -> None:
        """Make all slots, free."""
        self._count = count
        self._free = SimpleQueue[Slot]()
        self.release = self._free.put
        self._all: list[ref[Slot]] = []
        self._lock = Lock()
        self._replace_lost()

    def acquire(self, timeout: float | None) -> Slot:
        """Return a slot, waiting for one no longer than the timeout, in seconds."""
        try:
            return self._free.get_nowait()
        except Empty:
            deadline = Deadline(timeout)
        while True:
            self._replace_lost()
            left = deadline.remaining()
            try:
                return self._free.get(timeout=_MOMENT if left is None else max(min(left, _MOMENT), 0))
            except Empty:
                if deadline.has_passed():
                    raise httpx.PoolTimeout(f"all {self._count} connections were in use") from None

    def _replace_lost(self) -> None:
        with self._lock:
            self._all = [each for each in self._all if each() is not None]
            while len(self._all) < self._count:
                slot = Slot()
                self._all.append(ref(slot))
                self._free.put(slot)


class ConnectionPool(httpx.BaseTransport):
    """A transport over a stack of connections of httpcore's.

    httpcore searches its whole pool for every request and response, which under load costs more than the call. Here
    the connection used last is taken, in constant time.
    """

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[_Connection]] = {}
        self._slots = Slots(MAX_CONNECTIONS)
        self._lock = Lock()
        self._is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection that no other uses."""
        slot, connection = self._slots.acquire(request.extensions["timeout"]["pool"]), None
        try:
            while True:
                connection = self._available_connection(origin_of(request.url)) or _Connection(request.url)
                if (response := connection.handle_request(request)) is not None:
                    break
        except BaseException:
            self.discard(connection, slot)
            raise
        stream = _PoolByteStream(response, self, connection, slot)
        return httpx.Response(response.status, headers=response.headers, stream=stream)

    def close(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        with self._lock:
            self._is_closed = True
            idle = [connection for stack in self._idle.values() for connection in stack]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def release(self, connection: "_Connection", slot: Slot) -> None:
        """Take back a connection after its response has ended."""
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
        self._slots.release(slot)
        for each in stale:
            each.close()

    def discard(self, connection: "_Connection | None", slot: Slot) -> None:
        """Close a connection after a failure, and free its slot."""
        if connection is not None:
            connection.close()
        self._slots.release(slot)

    def _available_connection(self, origin: Origin) -> "_Connection | None":
        while True:
            with self._lock:
                stack = self._idle.get(origin)
                connection = stack.pop() if stack else None
            if connection is None or is_available(connection.state.socket, connection.idle_since):
                return connection
            connection.close()


class BaseConnection:
    """One connection, directly or through a proxy: what a sync and an async one have in common."""

    def __init__(self, url: httpx.URL) -> None:
        """Take a URL of the host to connect to."""
        self.origin = origin_of(url)
        self.idle_since = 0.0
        self.state = ConnectionState()
        self._url = url
        self._proxy = find_proxy(url)

    def failure(self, error: Exception) -> httpx.TransportError:
        """Return the error of httpx for one of httpcore's; it says where it happened."""
        return httpx_error(error, self._url, self._proxy, is_connected=self.state.socket is not None)

    def close(self) -> None:
        """Close it."""
        if self.state.socket is not None:
            self.state.socket.close()

    def __del__(self) -> None:
        """Close what was left open, so that Python does not warn of an open socket."""
        if hasattr(self, "state"):
            self.close()


class _Connection(BaseConnection):
    def __init__(self, url: httpx.URL) -> None:
        super().__init__(url)
        backend = Backend(self.state, reads_answers=url.scheme != "https")
        self._connection = new_connection(url, self._proxy, backend)

    def handle_request(self, request: httpx.Request) -> httpcore.Response | None:
        """Return the response; None if the connection already held another, so that nothing was sent."""
        head, is_kept = request.extensions["response_head"], self.state.socket is not None
        self.state.head = head
        try:
            response = self._connection.handle_request(core_request(request))
        except CORE_ERRORS as error:
            raise self.failure(error) from error
        # A tool for tests that replaces the method of httpcore reads nothing.
        if is_kept and not head.received and is_stock(type(self._connection).handle_request):
            self.close()
            return None
        head.expect_body(response.headers)
        self.state.sends_early = not head.is_chunked
        return response


class _PoolByteStream(httpx.SyncByteStream):
    """A response's stream that releases its connection once it is closed."""

    def __init__(self, response: httpcore.Response, pool: ConnectionPool, connection: _Connection, slot: Slot) -> None:
        self._stream: Any = response.stream
        self._pool = pool
        self._connection = connection
        self._slot = slot
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except CORE_ERRORS as error:
            raise self._connection.failure(error) from error

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._stream.close()
        except BaseException:
            self._pool.discard(self._connection, self._slot)
            raise
        head = self._connection.state.head
        if head is None or head.has_surplus():
            self._pool.discard(self._connection, self._slot)
        else:
            self._pool.release(self._connection, self._slot)
