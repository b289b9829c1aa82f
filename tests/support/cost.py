"""Counts what one call costs, and prints the counts as JSON.

Run as `support.cost` in a process of its own: coverage or the suite's watch for secrets would be counted too.
A count of Python function calls is the same on every machine, busy or not.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Final

from support.session import SESSION

_KEY: Final = "sk-0123456789abcdef"
_OURS: Final = ("chatkit_sessions", "generated_client")


class Count:
    """Counts Python function calls in this thread while it is entered: `ours` are those of our own packages."""

    def __init__(self) -> None:
        self.ours = 0
        self.total = 0

    def __enter__(self) -> Count:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            # attrs names the file of what it generates after the class.
            where = f"{frame.f_globals.get('__name__')} {frame.f_code.co_filename}"
            self.total += 1
            self.ours += any(name in where for name in _OURS)


def counted(call: Callable[[], object]) -> dict[str, int]:
    """Count one call, after some that open the connection and fill the caches."""
    for _ in range(3):
        call()
    with Count() as count:
        call()
    return {"ours": count.ours, "total": count.total}


async def acounted(call: Callable[[], Awaitable[object]]) -> dict[str, int]:
    """Count one async call, with what its event loop does meanwhile."""
    for _ in range(3):
        await call()
    with Count() as count:
        await call()
    return {"ours": count.ours, "total": count.total}


def over_a_socket() -> dict[str, dict[str, int]]:
    """Count calls over real connections, and calls of bare httpx for comparison."""
    import httpx
    from chatkit_sessions import AsyncSessions, Sessions

    base_url = _serve()
    arguments = {"user": "user_1", "workflow": {"id": "wf_1"}}
    with httpx.Client(headers={"authorization": f"Bearer {_KEY}"}) as client:
        bare = counted(lambda: client.post(f"{base_url}/chatkit/sessions", json=arguments).json())
    with Sessions(api_key=_KEY, base_url=base_url) as sessions:
        create = counted(lambda: sessions.create(user="user_1", workflow="wf_1"))
        cancel = counted(lambda: sessions.cancel("cksess_1"))

    async def count_async() -> tuple[dict[str, int], dict[str, int]]:
        async with httpx.AsyncClient() as client, AsyncSessions(api_key=_KEY, base_url=base_url) as sessions:
            return (
                await acounted(lambda: sessions.create(user="user_1", workflow="wf_1")),
                await acounted(lambda: client.post(f"{base_url}/chatkit/sessions", json=arguments)),
            )

    async_create, async_bare = asyncio.run(count_async())
    return {
        "create": create,
        "cancel": cancel,
        "bare httpx": bare,
        "async create": async_create,
        "bare async httpx": async_bare,
    }


def injected() -> dict[str, dict[str, int]]:
    """Count calls through clients of httpx that a mock answers."""
    import httpx
    from chatkit_sessions import AsyncSessions, Sessions

    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=SESSION))
    with httpx.Client(transport=transport) as client, Sessions(api_key=_KEY, http_client=client) as sessions:
        create = counted(lambda: sessions.create(user="user_1", workflow="wf_1"))

    async def count_async() -> dict[str, int]:
        async with (
            httpx.AsyncClient(transport=transport) as client,
            AsyncSessions(api_key=_KEY, http_client=client) as sessions,
        ):
            return await acounted(lambda: sessions.create(user="user_1", workflow="wf_1"))

    return {"create": create, "async create": asyncio.run(count_async())}


def _serve() -> str:
    """Answer every request with a session, and return the base URL."""
    body = json.dumps(SESSION).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        received = b""
        while data := connection.recv(65536):
            received += data
            request_head, ended, content = received.partition(b"\r\n\r\n")
            _, has_length, rest = request_head.lower().partition(b"content-length:")
            if ended and len(content) >= (int(rest.partition(b"\r\n")[0]) if has_length else 0):
                received = b""
                connection.sendall(head + body)

    def accept() -> None:
        while True:
            threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


if __name__ == "__main__":
    print(json.dumps({"over a socket": over_a_socket(), "injected": injected()}))
