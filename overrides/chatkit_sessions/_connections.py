"""Connections kept open between calls, last in, first out; and what both kinds of them share."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx

from ._errors import ConfigurationError
from ._network import no_ssl_context, proxy, ssl_context

MAX_CONNECTIONS: Final = 100
IDLE_SECONDS: Final = 30.0
"""How long an unused connection is kept; servers and load balancers close theirs after a minute or more."""


def lane_options(url: httpx.URL) -> dict[str, Any]:
    """Return the options of an httpx transport that holds one connection to a URL's host.

    Raises:
        ConfigurationError: The proxy that the environment names cannot be used.
    """
    through = proxy(url)
    encrypted = url.scheme == "https" or (through or "").startswith("https")
    try:
        return {
            "verify": ssl_context() if encrypted else no_ssl_context(),
            "proxy": None if through is None else httpx.Proxy(through),
            "limits": httpx.Limits(max_connections=1, keepalive_expiry=IDLE_SECONDS),
        }
    except (httpx.InvalidURL, ValueError):
        raise ConfigurationError(f"the proxy that the environment names for {url.host} is no proxy URL") from None


class Connections(httpx.BaseTransport):
    """A transport over a stack of single-connection transports.

    httpcore looks through its whole pool for every request and response, which under load costs more than the call;
    here the connection used last is taken, in constant time.
    """

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str, int | None], deque[tuple[float, httpx.HTTPTransport]]] = {}
        self._free = threading.Semaphore(MAX_CONNECTIONS)
        self._lock = threading.Lock()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of its own.

        Raises:
            httpx.PoolTimeout: All connections were in use for too long.
            httpx.TransportError: Whatever else httpx meets.
        """
        timeout: float | None = request.extensions["timeout"]["pool"]
        if not self._free.acquire(timeout=timeout):
            raise httpx.PoolTimeout(f"all {MAX_CONNECTIONS} connections were in use")
        url = request.url
        key = (url.scheme, url.host, url.port)
        lane = None
        try:
            lane = self._taken(key) or httpx.HTTPTransport(**lane_options(url))
            response = lane.handle_request(request)
        except BaseException:
            self._free.release()
            if lane is not None:
                lane.close()
            raise
        response.stream = _Held(response.stream, lambda: self._give_back(key, lane))
        return response

    def close(self) -> None:
        """Close the idle connections now, and the others when their responses end."""
        self._closed = True
        with self._lock:
            idle = [lane for stack in self._idle.values() for _, lane in stack]
            self._idle.clear()
        for lane in idle:
            lane.close()

    def _taken(self, key: tuple[str, str, int | None]) -> httpx.HTTPTransport | None:
        with self._lock:
            stack = self._idle.get(key)
            return stack.pop()[1] if stack else None

    def _give_back(self, key: tuple[str, str, int | None], lane: httpx.HTTPTransport) -> None:
        now = time.monotonic()
        stale: list[httpx.HTTPTransport] = []
        with self._lock:
            if self._closed:
                stale.append(lane)
            else:
                stack = self._idle.setdefault(key, deque())
                stack.append((now, lane))
                while now - stack[0][0] > IDLE_SECONDS:
                    stale.append(stack.popleft()[1])
        self._free.release()
        for lane in stale:
            lane.close()


class _Held(httpx.SyncByteStream):
    """A response's stream that gives its connection back once it is closed."""

    def __init__(self, stream: Any, give_back: Callable[[], None]) -> None:
        self._stream: httpx.SyncByteStream = stream
        self._give_back: Callable[[], None] | None = give_back

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        give_back, self._give_back = self._give_back, None
        try:
            self._stream.close()
        finally:
            if give_back is not None:
                give_back()
