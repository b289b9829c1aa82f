"""An ASGI application on a port, served by uvicorn in a thread."""

import asyncio
import socket
import threading
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._exchange import CONNECTION

# Longer than a client keeps an idle connection, so that the server never closes one under a new request.
KEEP_ALIVE_SECONDS = 600
BACKLOG = 2048
# The most seconds of one wait, since Windows does not interrupt a wait.
_PIECE = 0.5


class ServerThread:
    """Serves from the moment it is made until `stop`.

    Args:
        app: The application.
        host: The address to listen on.
        port: The port; 0 takes a free one.

    Raises:
        OSError: The emulator cannot listen there.
    """

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            raise OSError(error.errno, f"The emulator cannot listen on {host}, port {port}: {error.strerror}") from None
        # Connections inherit it. An answer is written in two parts, and Nagle's algorithm would delay the second.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            server_header=False,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, name=f"chatkit-emulator-{self.port}", daemon=True)
        self._thread.start()
        while not self._server.ready.wait(_PIECE):
            pass
        if not self._server.started:
            raise RuntimeError("The emulator's server did not start; its thread has printed why.")

    def stop(self) -> None:
        """Close the port and every connection, and return when the thread has ended."""
        self._server.stop()
        self.wait()

    def wait(self) -> None:
        """Return when the thread has ended."""
        while self._thread.is_alive():
            self._thread.join(_PIECE)

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._socket]))
        finally:
            self._server.ready.set()


class _Server(uvicorn.Server):
    """Starts and stops at once: uvicorn's own loop looks every 0.1 s, and needs as long again to shut down."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    def stop(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # They notice that their connections are closed.
        await asyncio.gather(*self.server_state.tasks)


class _Protocol(H11Protocol):
    """Hands its connection to the application, and does not configure uvicorn's loggers."""

    def connection_made(
        self,
        transport: asyncio.Transport,  # type: ignore[override] # as uvicorn itself narrows it: TCP gives no other
    ) -> None:
        super().connection_made(transport)
        self.access_log = False
        self.app_state: dict[str, Any] = {**self.app_state, CONNECTION: transport}
