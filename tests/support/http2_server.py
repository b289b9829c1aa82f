"""A server of HTTP/2 without TLS, whose connections end as those of real servers do."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Final

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, StreamEnded
from hyperframe.frame import GoAwayFrame, RstStreamFrame

from support.behaviours import session
from support.listener import Listener

Ending = Callable[[int, bytes, bytes], bytes]
"""What a connection sends for its last request, whose stream it is given, with the head and the body of an answer."""
EVERY_STREAM: Final = 2**31 - 1


class Http2Server(Listener):
    """Answers with sessions.

    Args:
        ending: What a connection sends for its last request, before it is closed.
        requests: How many a connection takes.
    """

    def __init__(self, ending: Ending, *, requests: int) -> None:
        self.users: list[str] = []
        self._ending = ending
        self._most = requests
        super().__init__()
        self.base_url = f"http://{self.place}/v1"

    def serve(self, sock: socket.socket) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        sock.sendall(connection.data_to_send())
        bodies: dict[int, bytes] = {}
        served = 0
        while served < self._most and (data := sock.recv(65_536)):
            for event in connection.receive_data(data):
                if isinstance(event, DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                elif isinstance(event, StreamEnded) and served < self._most:
                    served += 1
                    self.users.append(json.loads(bodies[event.stream_id])["user"])
                    before, head, body = _answer(connection, event.stream_id)
                    last = self._ending(event.stream_id, head, body) if served == self._most else head + body
                    sock.sendall(before + last)
            sock.sendall(connection.data_to_send())
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65_536):
            pass


def goaway(last: int, error: ErrorCodes = ErrorCodes.NO_ERROR) -> bytes:
    """Return the frame that takes leave of a connection, whose requests up to that stream are answered."""
    return GoAwayFrame(last_stream_id=last, error_code=error).serialize()


def reset(stream: int, error: ErrorCodes) -> bytes:
    """Return the frame that ends a stream."""
    return RstStreamFrame(stream, error_code=error).serialize()


def _answer(connection: H2Connection, stream: int) -> tuple[bytes, bytes, bytes]:
    """Return what is to be sent before an answer, its head and its body."""
    before, body = connection.data_to_send(), session()
    length = str(len(body))
    connection.send_headers(
        stream, [(":status", "200"), ("content-type", "application/json"), ("content-length", length)]
    )
    head = connection.data_to_send()
    connection.send_data(stream, body, end_stream=True)
    return before, head, connection.data_to_send()
