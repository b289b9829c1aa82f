"""Answers each request as its `x-fuzz` header says, in a process of its own; the port is its first line of output."""

from __future__ import annotations

import asyncio
import re
import sys
from contextlib import suppress

from fuzz.answers import answer

_CASE = re.compile(rb"^x-fuzz: (\d+)\r?$", re.MULTILINE | re.IGNORECASE)
_LENGTH = re.compile(rb"^content-length: (\d+)\r?$", re.MULTILINE | re.IGNORECASE)
_FOREVER = 20.0


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        while await _answer(reader, writer):
            pass
    with suppress(OSError):
        writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    case, length = _CASE.search(head), _LENGTH.search(head)
    if length is not None:
        await reader.readexactly(int(length[1]))
    if case is None:
        return False
    planned = answer(int(case[1]))
    for piece, wait in zip(planned.pieces, planned.waits, strict=True):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(wait)
    if planned.ending == "keep":
        return True
    if planned.ending == "reset":
        await asyncio.sleep(0.01)  # a reset discards what the client has not read yet
        writer.transport.abort()
    if planned.ending == "stall":
        await asyncio.wait_for(reader.read(), _FOREVER)
    if planned.ending == "drip":
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.005)
    return False


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
