"""TLS inside TLS: to a server through a proxy of https."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

_RECORD: Final = 65_536


class NestedTLSSocket:
    """A socket with TLS over another one, as far as our streams use it; `ssl` does not wrap a socket twice.

    If the socket below does not block, its errors that say what to wait for pass through; then make the call again.
    """

    def __init__(self, outer: Any, context: ssl.SSLContext, server_hostname: str | None) -> None:
        self._outer = outer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._unsent = memoryview(b"")
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)

    def do_handshake(self) -> None:
        """Agree on keys, and verify the server."""
        self._run(self._tls.do_handshake)
        self._flush()

    def recv(self, size: int) -> bytes:
        """Return what has come, empty at the end."""
        self._flush()
        try:
            data: bytes = self._run(self._tls.read, size)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        return data

    def send(self, data: memoryview) -> int:
        """Encrypt all data, and send as much as possible; `recv` sends the rest."""
        self._flush()
        sent: int = self._run(self._tls.write, data)
        with suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):  # already encrypted: it must not be given again
            self._flush()
        return sent

    def pending(self) -> int:
        """Return how many bytes have come and not been read."""
        return self._tls.pending() + self._incoming.pending + int(self._outer.pending())

    def selected_alpn_protocol(self) -> str | None:
        """Return the protocol that was agreed on."""
        return self._tls.selected_alpn_protocol()

    def settimeout(self, timeout: float | None) -> None:
        """Set how many seconds each step may take."""
        self._outer.settimeout(timeout)

    def fileno(self) -> int:
        """Return the descriptor, negative once it is closed."""
        return int(self._outer.fileno())

    def close(self) -> None:
        """Close the socket below."""
        self._outer.close()

    def _run(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        while True:
            try:
                return operation(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                if data := self._outer.recv(_RECORD):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._unsent = memoryview(bytes(self._unsent) + self._outgoing.read())
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]
