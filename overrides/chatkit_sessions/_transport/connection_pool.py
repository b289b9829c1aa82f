"""Connections kept open between calls, the one used last first."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any

import httpcore
import httpx

from .network import MAX_CONNECTIONS, Origin, has_rested_too_long, is_usable, origin_of
from .response_head import UnaskedAnswer, heard
from .streams import CORE_ERRORS, Backend, Line, as_httpx, connection, core_request


class Connections(httpx.BaseTransport):
    """A transport over a stack of lanes, each with one connection of httpcore's.

    httpcore looks through its whole pool for every request and response, which under load costs more than the call;
    here the lane used last is taken, in constant time.
    """

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[_Lane]] = {}
        # As many tokens as there may be connections; threading.Semaphore does the same in Python, which takes longer.
        self._free = SimpleQueue[None]()
        for _ in range(MAX_CONNECTIONS):
            self._free.put(None)
        self._lock = threading.Lock()
        self._is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a lane of its own.

        Raises:
            httpx.PoolTimeout: All connections were in use for too long.
            httpx.TransportError: Whatever else httpx meets.
        """
        timeout: float | None = request.extensions["timeout"]["pool"]
        try:
            self._free.get(timeout=timeout)
        except Empty:
            raise httpx.PoolTimeout(f"all {MAX_CONNECTIONS} connections were in use") from None
        lane = None
        try:
            lane = self._taken(origin_of(request.url)) or _Lane(request.url)
            response = lane.handle_request(request)
        except BaseException:
            self.drop(lane)
            raise
        return httpx.Response(response.status, headers=response.headers, stream=_Held(response.stream, self, lane))

    def close(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        with self._lock:
            self._is_closed = True
            idle = [lane for stack in self._idle.values() for lane in stack]
            self._idle.clear()
        for lane in idle:
            lane.close()

    def __del__(self) -> None:
        """Close what nobody closed, lest Python complains of open sockets."""
        self.close()

    def give_back(self, lane: "_Lane") -> None:
        """Take a lane back whose response has ended."""
        lane.rests_since = time.monotonic()
        stale: list[_Lane] = []
        with self._lock:
            if self._is_closed:
                stale.append(lane)
            else:
                stack = self._idle.setdefault(lane.origin, deque())
                stack.append(lane)
                while has_rested_too_long(stack[0].rests_since):
                    stale.append(stack.popleft())
        self._free.put(None)
        for lane in stale:
            lane.close()

    def drop(self, lane: "_Lane | None") -> None:
        """Free the place of a lane that failed, of whose connection nothing is known any more."""
        self._free.put(None)
        if lane is not None:
            lane.close()

    def _taken(self, origin: Origin) -> "_Lane | None":
        while True:
            with self._lock:
                stack = self._idle.get(origin)
                lane = stack.pop() if stack else None
            if lane is None or is_usable(lane.line.socket, lane.rests_since):
                return lane
            lane.close()


class _Lane:
    """One connection, directly or through a proxy."""

    def __init__(self, url: httpx.URL) -> None:
        self.origin = origin_of(url)
        self.rests_since = 0.0
        self.line = Line()
        self._connection = connection(url, "", Backend(self.line, listens=url.scheme != "https"))

    def handle_request(self, request: httpx.Request) -> httpcore.Response:
        line, is_kept = self.line, self.line.socket is not None
        line.serve(heard.get(), request.extensions["deadline"])
        try:
            response: httpcore.Response = self._connection.handle_request(core_request(request))
        except CORE_ERRORS as error:
            raise as_httpx(error) from error
        if is_kept and not line.heard:
            raise UnaskedAnswer
        line.heard = None
        return response

    def close(self) -> None:
        self._connection.close()
        if self.line.stream is not None:  # httpcore does not know it when the deadline came between TCP and TLS
            self.line.stream.close()


class _Held(httpx.SyncByteStream):
    """A response's stream that gives its lane back once it is closed."""

    def __init__(self, stream: Any, connections: Connections, lane: _Lane) -> None:
        self._stream = stream
        self._connections = connections
        self._lane: _Lane | None = lane

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except CORE_ERRORS as error:
            raise as_httpx(error) from error

    def close(self) -> None:
        if self._lane is None:
            return
        lane, self._lane = self._lane, None
        try:
            self._stream.close()
        except BaseException:
            self._connections.drop(lane)
            raise
        self._connections.give_back(lane)
