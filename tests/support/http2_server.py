"""A server of HTTP/2 without TLS, that takes leave after some requests as nginx does."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded

from support.behaviours import session


class Http2Server:
    """Answers with sessions, over connections that serve a number of requests each.

    Args:
        requests: How many a connection answers; with the last, it sends a GOAWAY frame, and waits for the end.
        leaves_first: Whether the frame comes before the last answer, as nginx sends it.
    """

    def __init__(self, *, requests: int, leaves_first: bool) -> None:
        self._leaves_first = leaves_first
        self.connections = 0
        self.requests = 0
        self._most = requests
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(20)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        sock.sendall(connection.data_to_send())
        served = 0
        with sock:
            while data := _received(sock):
                for event in connection.receive_data(data):
                    if isinstance(event, StreamEnded):
                        served += 1
                        self.requests += 1
                        _answer(connection, event.stream_id)
                        answer, leave = connection.data_to_send(), b""
                        if served == self._most:
                            connection.close_connection(last_stream_id=event.stream_id)
                            leave = connection.data_to_send()
                        sock.sendall(leave + answer if self._leaves_first else answer + leave)
                sock.sendall(connection.data_to_send())


def _answer(connection: H2Connection, stream: int) -> None:
    body = session()
    length = str(len(body))
    connection.send_headers(
        stream, [(":status", "200"), ("content-type", "application/json"), ("content-length", length)]
    )
    connection.send_data(stream, body, end_stream=True)


def _received(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65_536)
    except OSError:
        return b""
