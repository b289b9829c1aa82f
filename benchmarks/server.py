"""A server on loopback that gives the same answer to every call, fast enough not to be what is measured.

Run as `python -m benchmarks.server DIRECTORY` with uvloop at hand: it prints its base URLs as one line of JSON and
serves until its standard input ends. DIRECTORY holds the certificate that `benchmarks.certificates` made.
"""

import asyncio
import json
import ssl
import sys
from importlib import import_module
from pathlib import Path
from typing import cast

from benchmarks.canned import FEW_HEADERS, MANY_HEADERS, REFUSAL

_END_OF_HEAD = b"\r\n\r\n"


class Canned(asyncio.Protocol):
    """One connection: finds where each request ends, and answers it."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(_END_OF_HEAD)) >= 0:
            head = self._received[:end].lower()
            end += len(_END_OF_HEAD) + _content_length(head)
            if len(self._received) < end:
                return
            self._received = self._received[end:]
            self._transport.write(self._answer if _is_expected(head) else REFUSAL)


def _content_length(head: bytes) -> int:
    _, found, rest = head.partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _is_expected(head: bytes) -> bool:
    return (
        head.startswith(b"post /v1/chatkit/sessions")
        and b"\r\nauthorization: bearer " in head
        and b"\r\nopenai-beta: chatkit_beta=v1" in head
    )


async def serve(directory: Path) -> None:
    """Serve until standard input ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    loop = asyncio.get_running_loop()
    urls: dict[str, str] = {}
    for name, answer, tls in (("few", FEW_HEADERS, None), ("many", MANY_HEADERS, None), ("tls", FEW_HEADERS, context)):
        server = await loop.create_server(lambda answer=answer: Canned(answer), "127.0.0.1", 0, ssl=tls, backlog=1024)
        port: int = server.sockets[0].getsockname()[1]
        urls[name] = f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
    print(json.dumps(urls), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    import_module("uvloop").run(serve(Path(sys.argv[1])))
