"""The endpoint that a page calls, ours or written on the official package, as a service of its own.

Run as `python web_service.py ours|openai` with OPENAI_BASE_URL and OPENAI_API_KEY set. It prints its port. After a line
`watch` on standard input it times the callbacks of its event loop, and at a line `longest` it prints the longest, in
milliseconds of processor time without the garbage collector's.
"""

import asyncio
import gc
import socket
import sys
import time
from importlib import import_module
from typing import Annotated, Any, cast

import uvicorn
from fastapi import Depends, FastAPI, Header

app = FastAPI()


def current_user(x_user: Annotated[str, Header()]) -> str:
    return x_user


def ours() -> None:
    """Include the router."""
    from chatkit_sessions import AsyncSessions
    from chatkit_sessions.web import SessionEndpoint
    from chatkit_sessions.web.fastapi import session_router

    endpoint = SessionEndpoint(AsyncSessions(), workflow="wf_123", secret="a secret of the benchmark's own")
    app.include_router(session_router(endpoint, user=current_user), prefix="/chat")


def openai() -> None:
    """Write the endpoint as the documentation of both shows it, without any of the rest."""
    client: Any = import_module("openai").AsyncOpenAI()

    @app.post("/chat/session")
    async def start(user: Annotated[str, Depends(current_user)]) -> dict[str, str | int]:
        session = await client.beta.chatkit.sessions.create(user=user, workflow={"id": "wf_123"})
        return {"client_secret": session.client_secret, "expires_at": session.expires_at}


class Longest:
    """Times every callback of the event loop, apart from the garbage collector."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._collecting = self._collected = 0.0
        gc.callbacks.append(self._collect)
        run = asyncio.Handle._run

        def timed(handle: Any) -> None:
            self._collected, began = 0.0, time.thread_time()
            run(handle)
            self.seconds = max(self.seconds, time.thread_time() - began - self._collected)

        cast("Any", asyncio.Handle)._run = timed  # asyncio has no place to hook into

    def _collect(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.thread_time()
        else:
            self._collected += time.thread_time() - self._collecting


async def serve() -> None:
    """Serve until standard input ends."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    # asyncio does this for a socket that uvicorn opens, not for this one: an answer of two packets would take 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(listening.getsockname()[1], flush=True)
    server = uvicorn.Server(uvicorn.Config(app, http="h11", loop="asyncio", log_level="critical"))
    serving = asyncio.create_task(server.serve([listening]))
    longest: Longest | None = None
    while order := await asyncio.to_thread(sys.stdin.readline):
        if order == "watch\n":
            longest = Longest()
        elif longest is not None:
            print(longest.seconds * 1000, flush=True)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    {"ours": ours, "openai": openai}[sys.argv[1]]()
    asyncio.run(serve())
