"""Connections kept open between calls, the one used last first."""

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from ._listening import UnaskedAnswer, heard, opened_stream
from ._network import MAX_CONNECTIONS, Origin, has_rested_too_long, is_usable, lane_options, origin_of
from ._watchdog import Watchdog


class Connections(httpx.BaseTransport):
    """A transport over a stack of lanes, each a transport with one connection.

    httpcore looks through its whole pool for every request and response, which under load costs more than the call;
    here the lane used last is taken, in constant time.
    """

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[_Lane]] = {}
        self._free = threading.Semaphore(MAX_CONNECTIONS)
        self._lock = threading.Lock()
        self._watchdog = Watchdog()
        self._is_closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a lane of its own.

        Raises:
            httpx.PoolTimeout: All connections were in use for too long.
            httpx.TransportError: Whatever else httpx meets.
        """
        timeout: float | None = request.extensions["timeout"]["pool"]
        if not self._free.acquire(timeout=timeout):
            raise httpx.PoolTimeout(f"all {MAX_CONNECTIONS} connections were in use")
        lane = None
        try:
            lane = self._taken(origin_of(request.url)) or _Lane(request.url, self._watchdog)
            response = lane.handle_request(request)
        except BaseException:
            self.drop(lane)
            raise
        response.stream = _Held(response.stream, self, lane)
        return response

    def close(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        with self._lock:
            self._is_closed = True
            idle = [lane for stack in self._idle.values() for lane in stack]
            self._idle.clear()
        self._watchdog.close()
        for lane in idle:
            lane.close()

    def give_back(self, lane: "_Lane") -> None:
        """Take a lane back whose response has ended."""
        lane.rest()
        stale: list[_Lane] = []
        with self._lock:
            if self._is_closed:
                stale.append(lane)
            else:
                stack = self._idle.setdefault(lane.origin, deque())
                stack.append(lane)
                while has_rested_too_long(stack[0].rests_since):
                    stale.append(stack.popleft())
        self._free.release()
        for lane in stale:
            lane.close()

    def drop(self, lane: "_Lane | None") -> None:
        """Free the place of a lane that failed, of whose connection nothing is known any more."""
        self._free.release()
        if lane is not None:
            lane.close()

    def _taken(self, origin: Origin) -> "_Lane | None":
        while True:
            with self._lock:
                stack = self._idle.get(origin)
                lane = stack.pop() if stack else None
            if lane is None or is_usable(lane.stream, lane.rests_since):
                return lane
            lane.close()


class _Lane:
    """One connection: a transport, and the stream that it reads from."""

    def __init__(self, url: httpx.URL, watchdog: Watchdog) -> None:
        self.origin = origin_of(url)
        self.rests_since = 0.0
        self._transport = httpx.HTTPTransport(**lane_options(url))
        self._watchdog = watchdog
        self._deadline: float | None = None
        self.stream: Any = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._deadline = request.extensions["deadline"]
        is_kept = self.stream is not None
        if is_kept:
            self._watch(self.stream)
        else:
            request.extensions["trace"] = self._connecting
        response = self._transport.handle_request(request)
        if is_kept and not heard.get():
            raise UnaskedAnswer
        self.stream = response.extensions.get("network_stream")
        return response

    def rest(self) -> None:
        self._watchdog.forget(self)
        self.rests_since = time.monotonic()

    def close(self) -> None:
        self._watchdog.forget(self)
        self._transport.close()

    def _connecting(self, event: str, info: Mapping[str, Any]) -> None:
        if (stream := opened_stream(event, info, self.origin[0])) is not None:
            self._watch(stream)

    def _watch(self, stream: Any) -> None:
        if self._deadline is not None:
            self._watchdog.watch(self, self._deadline, stream)


class _Held(httpx.SyncByteStream):
    """A response's stream that gives its lane back once it is closed."""

    def __init__(self, stream: Any, connections: Connections, lane: _Lane) -> None:
        self._stream: httpx.SyncByteStream = stream
        self._connections = connections
        self._lane: _Lane | None = lane

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

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
