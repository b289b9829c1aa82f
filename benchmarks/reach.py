"""Finds out how many requests per second the canned server can answer, with a client that does next to nothing."""

import socket
import ssl
import time
from typing import Final
from urllib.parse import urlsplit

from benchmarks.contender import API_KEY
from benchmarks.processes import Server

_CONNECTIONS: Final = 64
_SECONDS: Final = 1.0


def reach(server: Server, kind: str) -> dict[str, float]:
    """Return requests per second by the clock, and per second of the server's processor time."""
    address = urlsplit(server.urls[kind])
    body = b'{"workflow":{"id":"wf_123"},"user":"user_abc"}'
    head = [
        f"POST {address.path}/chatkit/sessions HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {API_KEY}",
        "OpenAI-Beta: chatkit_beta=v1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    request = "\r\n".join([*head, "", ""]).encode() + body
    connections = _connected(server, kind)
    processor, started, answered = server.processor_seconds(), time.perf_counter(), 0
    while time.perf_counter() - started < _SECONDS:
        for connection in connections:
            connection.sendall(request)
        for connection in connections:
            connection.recv(65536)
        answered += _CONNECTIONS
    rate = answered / (time.perf_counter() - started)
    for connection in connections:
        connection.close()
    return {"rate": rate, "rate_per_processor": answered / (server.processor_seconds() - processor)}


def _connected(server: Server, kind: str) -> list[socket.socket]:
    address = urlsplit(server.urls[kind])
    host, port = address.hostname or "", address.port or 0
    plain = [socket.create_connection((host, port)) for _ in range(_CONNECTIONS)]
    if kind != "tls":
        return plain
    context = ssl.create_default_context(cafile=server.trusted)
    return [context.wrap_socket(connection, server_hostname=host) for connection in plain]
