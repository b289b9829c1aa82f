"""A server on loopback that serves each connection in a thread of its own."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Self

# No system gives these to a socket that asks for any port, so nobody takes a free one by chance.
_GIVEN_TO_NOBODY: Final = range(10_000, 32_768)


@contextmanager
def closed_port() -> Generator[int]:
    """Yield a port at which nothing listens, and at which nothing will."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield deaf.getsockname()[1]


def free_port() -> int:
    """Return a port at which somebody else can listen."""
    while True:
        port = random.SystemRandom().choice(_GIVEN_TO_NOBODY)  # the seed of the tests is that of all workers
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_for(port: int, seconds: float = 120.0) -> None:
    """Return as soon as a server listens on a port."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end, f"nobody listens on port {port}"
            time.sleep(0.02)
        else:
            return


def end_accepting(listener: socket.socket) -> None:
    """Wake a thread that waits in `accept`, which closing does not: it gets an error, or on macOS a connection."""
    try:
        listener.shutdown(socket.SHUT_RDWR)
    except OSError:
        socket.create_connection(listener.getsockname()).close()


def accepted(listener: socket.socket) -> Iterator[socket.socket]:
    """Yield each connection that comes, until accepting ends."""
    with suppress(OSError):
        while True:
            yield listener.accept()[0]


class Listener:
    """What such servers have in common.

    Attributes:
        connections: How many have come.
        place: Where it listens, as `host:port`.
    """

    def __init__(self) -> None:
        self.connections = 0
        self._is_stopping = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.place = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopping = True
        end_accepting(self._listener)
        self._threads[0].join(60)
        self._listener.close()
        for thread in self._threads:
            thread.join(60)

    def serve(self, sock: socket.socket) -> None:
        """Serve one connection."""
        raise NotImplementedError

    def _accept(self) -> None:
        for sock in accepted(self._listener):
            if self._is_stopping:
                sock.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):  # which comes when the client has left
            self.serve(sock)
