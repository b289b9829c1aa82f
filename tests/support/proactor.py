"""An event loop that behaves as the one of Windows does, on any system.

It is asyncio's own, over completions: one cannot wait for a socket, only ask for what shall be done with it, and a
transport asks for the next bytes before anybody wants them. Only what completes them is made up.
"""

import asyncio
import selectors
import socket
from asyncio import proactor_events
from collections.abc import Callable
from typing import Any

Operation = Callable[[], Any]


class _Completions:
    """What stands for the completion port of Windows."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._waiting: dict[tuple[int, int], tuple[asyncio.Future[Any], Operation]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def set_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[object]:
        for key, events in self._selector.select(timeout):
            for event in (selectors.EVENT_READ, selectors.EVENT_WRITE):
                if events & event:
                    self._complete(key.fd, event)
        return []

    def close(self) -> None:
        self._selector.close()

    def recv(self, sock: socket.socket, size: int, flags: int = 0) -> asyncio.Future[bytes]:
        return self._ask(sock, selectors.EVENT_READ, lambda: sock.recv(size, flags))

    def recv_into(self, sock: socket.socket, buffer: bytearray, flags: int = 0) -> asyncio.Future[int]:
        return self._ask(sock, selectors.EVENT_READ, lambda: sock.recv_into(buffer, 0, flags))

    def send(self, sock: socket.socket, data: bytes, flags: int = 0) -> asyncio.Future[int]:
        return self._ask(sock, selectors.EVENT_WRITE, lambda: sock.send(data, flags))

    def accept(self, listener: socket.socket) -> asyncio.Future[tuple[socket.socket, Any]]:
        return self._ask(listener, selectors.EVENT_READ, listener.accept)

    def _stop_serving(self, listener: socket.socket) -> None:
        pass

    def connect(self, sock: socket.socket, place: Any) -> asyncio.Future[None]:
        def connected() -> None:
            if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, "not connected")

        sock.connect_ex(place)
        return self._ask(sock, selectors.EVENT_WRITE, connected)

    def _ask(self, sock: socket.socket, event: int, operation: Operation) -> asyncio.Future[Any]:
        assert self._loop is not None
        future = self._loop.create_future()
        descriptor = sock.fileno()
        self._waiting[descriptor, event] = future, operation
        self._watch(descriptor)
        future.add_done_callback(lambda _: self._forget(descriptor, event, future))
        return future

    def _complete(self, descriptor: int, event: int) -> None:
        future, operation = self._waiting[descriptor, event]
        if future.done():  # as one that was cancelled a moment ago
            return
        try:
            future.set_result(operation())
        except BlockingIOError:
            return
        except OSError as error:
            future.set_exception(error)
        self._forget(descriptor, event, future)

    def _forget(self, descriptor: int, event: int, future: asyncio.Future[Any]) -> None:
        # The number may be another socket's by now.
        if self._waiting.get((descriptor, event), (None,))[0] is future:
            del self._waiting[descriptor, event]
            self._watch(descriptor)

    def _watch(self, descriptor: int) -> None:
        events = sum(event for number, event in self._waiting if number == descriptor)
        is_known = descriptor in self._selector.get_map()
        if events and is_known:
            self._selector.modify(descriptor, events)
        elif events:
            self._selector.register(descriptor, events)
        elif is_known:
            self._selector.unregister(descriptor)


class ProactorEventLoop(proactor_events.BaseProactorEventLoop):
    """Such a loop."""

    # What the loop of Windows too takes of this class.
    _self_reading_future: asyncio.Future[bytes] | None
    _loop_self_reading: Callable[[], None]

    def __init__(self) -> None:
        super().__init__(_Completions())

    def run_forever(self) -> None:
        """Run as the loop of Windows does, which listens for other threads while it runs."""
        self.call_soon(self._loop_self_reading)
        try:
            super().run_forever()
        finally:
            if self._self_reading_future is not None:
                self._self_reading_future.cancel()
                self._self_reading_future = None
