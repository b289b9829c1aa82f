"""A server over raw sockets that does with each request what its script says, and counts what reached it."""

from __future__ import annotations

import json
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

from support.listener import accepted, end_accepting

_FOREVER: Final = 60.0
"""Seconds after which a behaviour that waits gives up: longer than any test, shorter than a lost afternoon."""

_TCP_TABLE: Final = Path("/proc/net/tcp")
_NOTHING: Final = ("0", "0")


@dataclass(frozen=True)
class Request:
    """What reached the server, and on which of its connections, counted from 0."""

    connection: int
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def user(self) -> str:
        """The `user` of a create."""
        return str(cast("dict[str, object]", json.loads(self.body or b"{}")).get("user", ""))


class Peer:
    """One connection, as a behaviour sees it."""

    def __init__(self, sock: socket.socket, number: int, stopping: threading.Event) -> None:
        self.number = number
        self.request = Request(number, "", {}, b"")
        self._sock = sock
        self._stopping = stopping
        self._buffer = b""

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._sock.sendall(data)

    def send_below_tls(self, data: bytes) -> None:
        """Send bytes as they are over a connection that speaks TLS."""
        with socket.socket(fileno=os.dup(self._sock.fileno())) as below:
            below.sendall(data)

    def end_tls(self) -> None:
        """Say that nothing more will come over TLS, and wait for nobody."""
        self._sock.settimeout(0)
        with suppress(OSError):
            cast("ssl.SSLSocket", self._sock).unwrap()

    def drip(self, start: bytes, again: bytes, every: float = 0.01) -> None:
        """Send bytes at once, then others one at a time and for ever, until the client leaves."""
        self.send(start)
        for byte in cycle(again):
            if self._stopping.wait(every):
                return
            self.send(bytes([byte]))

    def stall(self) -> None:
        """Say nothing until the client leaves."""
        self._sock.settimeout(_FOREVER)
        while self._sock.recv(65536):
            pass

    def wait_until_read(self) -> None:
        """Wait until the client has read all that was sent."""
        if not _TCP_TABLE.exists():
            time.sleep(0.05)  # no system but Linux tells
            return
        ours, theirs = (f"0100007F:{port:04X}" for _, port in (self._sock.getsockname(), self._sock.getpeername()))
        while not self._stopping.wait(0.001):
            rows = [line.split() for line in _TCP_TABLE.read_text().splitlines()[1:]]
            waiting = {tuple(row[1:3]): row[4].split(":") for row in rows}
            unsent, _ = waiting.get((ours, theirs), _NOTHING)
            _, unread = waiting.get((theirs, ours), _NOTHING)
            if int(unsent, 16) + int(unread, 16) == 0:
                return

    def take(self) -> bytes:
        """Return whatever comes next."""
        return self._sock.recv(65536)

    def close(self) -> None:
        """Close the connection in the ordinary way."""
        self._sock.close()

    def reset(self) -> None:
        """Close the connection so that the client sees a reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    @property
    def is_closed(self) -> bool:
        """Whether this side has closed it."""
        return self._sock.fileno() < 0

    def read_request(self) -> Request | None:
        """Return the next request, None when the client has left."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._receive():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        length = int(headers.get("content-length", 0))
        while len(self._buffer) < length:
            if not self._receive():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        self.request = Request(self.number, line, headers, body)
        return self.request

    def wrap(self, context: ssl.SSLContext) -> None:
        """Go on over TLS."""
        self._sock = context.wrap_socket(self._sock, server_side=True)

    def shut_down(self) -> None:
        """Wake a behaviour that waits for the client."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _receive(self) -> bool:
        chunk = self._sock.recv(65536)
        self._buffer += chunk
        return bool(chunk)


Behaviour = Callable[[Peer], None]


class FaultServer:
    """Listens on a free port of loopback while its context is entered.

    A request for which the script has nothing is refused with a reset, and fails the test on leaving.

    Args:
        script: what to do with each request, in the order of their arrival.
        otherwise: what to do with all requests after those.
        at_connect: what to do with each connection before anything is read from it.
        tls: makes it speak TLS.
    """

    def __init__(
        self,
        *script: Behaviour,
        otherwise: Behaviour | None = None,
        at_connect: Behaviour | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.most_connections = 0
        self.surprises: list[str] = []
        self._script = list(script)
        self._otherwise = otherwise
        self._at_connect = at_connect
        self._tls = tls
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._threads: dict[threading.Thread, Peer] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        scheme = "http" if tls is None else "https"
        self.base_url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def settles_at(self, connections: int) -> bool:
        """Wait until no more connections than these are open; tell whether that came to be."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._threads) <= connections, timeout=_FOREVER)

    def receives(self, requests: int) -> bool:
        """Wait until so many requests have come; tell whether they did."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.requests) >= requests, timeout=_FOREVER)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        end_accepting(self._listener)
        self._acceptor.join()
        self._listener.close()
        for thread, peer in list(self._threads.items()):
            peer.shut_down()
            thread.join(_FOREVER)
        if error is None and self.surprises:
            raise AssertionError(f"the script has nothing for this: {'; '.join(self.surprises)}")

    def _accept(self) -> None:
        for sock in accepted(self._listener):
            if self._stopping.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(sock, self.connections, self._stopping)
            thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
            with self._changed:
                self.connections += 1
                self._threads[thread] = peer
                self.most_connections = max(self.most_connections, len(self._threads))
            thread.start()

    def _serve(self, peer: Peer) -> None:
        try:
            if self._tls is not None:
                peer.wrap(self._tls)
            if self._at_connect is not None:
                self._at_connect(peer)
            while not peer.is_closed and (request := peer.read_request()) is not None:
                self._behaviour_for(request)(peer)
        except OSError:
            pass  # the client has left
        except Exception as error:
            self.surprises.append(repr(error))
        finally:
            peer.close()
            with self._changed:
                del self._threads[threading.current_thread()]
                self._changed.notify_all()

    def _behaviour_for(self, request: Request) -> Behaviour:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            if self._script:
                return self._script.pop(0)
        if self._otherwise is not None:
            return self._otherwise
        self.surprises.append(request.line)
        return Peer.reset
