"""A proxy that leads all connections to one server, by CONNECT or by SOCKS 5, over TLS if need be."""

from __future__ import annotations

import select
import socket
import ssl
from typing import Final, Literal

from support.listener import Listener

_NO_AUTH: Final = b"\x00"
_PASSWORD: Final = b"\x02"
_REFUSED: Final = b"\xff"


class TunnelServer(Listener):
    """Listens on a free port of loopback while its context is entered.

    Args:
        target: The URL of the server that every tunnel leads to, whatever was asked for.
        scheme: What it speaks; https is CONNECT over TLS.
        tls: For https.
        user: User and password that SOCKS asks for.

    Attributes:
        asked_for: Host and port of each tunnel.
        connections: How many there were.
    """

    def __init__(
        self,
        target: str,
        scheme: Literal["https", "socks5"],
        *,
        tls: ssl.SSLContext | None = None,
        user: tuple[str, str] | None = None,
    ) -> None:
        host, _, port = target.split("/")[2].partition(":")
        self.asked_for: list[str] = []
        self._target = host, int(port)
        self._tls = tls
        self._user = user
        super().__init__()
        self.url = f"{scheme}://{self.place}"

    def serve(self, sock: socket.socket) -> None:
        with sock if self._tls is None else self._tls.wrap_socket(sock, server_side=True) as client:
            if self._connect(client) if self._tls is not None else self._connect_by_socks(client):
                with socket.create_connection(self._target) as server:
                    _relay(client, server)

    def _connect(self, client: socket.socket) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        self.asked_for.append(head.split()[1].decode())
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return True

    def _connect_by_socks(self, client: socket.socket) -> bool:
        """RFC 1928 and RFC 1929, as far as a client that connects needs them."""
        _version, count = _exactly(client, 2)
        wanted = _PASSWORD if self._user else _NO_AUTH
        is_offered = wanted in _exactly(client, count)
        client.sendall(b"\x05" + (wanted if is_offered else _REFUSED))
        if not is_offered or (self._user and not self._has_signed_in(client)):
            return False
        *_, kind, length = _exactly(client, 5)
        host = (bytes([length]) + _exactly(client, 3)) if kind == 1 else _exactly(client, length)
        port = int.from_bytes(_exactly(client, 2))
        self.asked_for.append(f"{socket.inet_ntoa(host) if kind == 1 else host.decode()}:{port}")
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        return True

    def _has_signed_in(self, client: socket.socket) -> bool:
        _version, length = _exactly(client, 2)
        user = _exactly(client, length).decode()
        password = _exactly(client, _exactly(client, 1)[0]).decode()
        is_right = (user, password) == self._user
        client.sendall(b"\x01\x00" if is_right else b"\x01\x01")
        return is_right


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (more := sock.recv(size - len(data))):
            raise ConnectionResetError
        data += more
    return data


def _relay(client: socket.socket, server: socket.socket) -> None:
    while True:
        is_pending = isinstance(client, ssl.SSLSocket) and client.pending()
        for sock in [client] if is_pending else select.select([client, server], [], [])[0]:
            if not (data := sock.recv(65_536)):
                return
            (server if sock is client else client).sendall(data)
