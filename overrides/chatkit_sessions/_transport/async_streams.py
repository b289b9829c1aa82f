"""The asynchronous twin of `streams`: the same sockets, which an event loop waits for."""

import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from ssl import SSLContext, SSLWantReadError, SSLWantWriteError
from typing import Any, ClassVar, Final

import anyio
import httpcore
import httpx
from anyio import to_thread
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from .network import Address, ask_resolver, error_text, numeric_addresses, reason
from .streams import PIECE, BaseBackend, BaseStream, connect_failure, new_socket, wrapped

try:
    from anyio import wait_readable, wait_writable
except ImportError:  # anyio before 4.7 has them by other names
    from anyio import wait_socket_readable as wait_readable  # type: ignore[assignment] # of newer versions
    from anyio import wait_socket_writable as wait_writable  # type: ignore[assignment]

_HEAD_START: Final = 0.25
"""Seconds before the next address is tried in parallel, as RFC 8305 recommends."""
_LOST: Final = (OSError, anyio.ClosedResourceError, anyio.BusyResourceError)


class AsyncStream(BaseStream, httpcore.AsyncNetworkStream):
    """A network stream that sends headers with their body, or when an answer is waited for."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what has been written, and read what has come."""
        if self._unsent:
            await self._send()
        try:
            with anyio.fail_after(timeout):
                data = await self._receive(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except _LOST as error:
            raise httpcore.ReadError(reason(error)) from error
        if self._reads_answers and self._state.head is not None:
            self._state.head.feed(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take a buffer to send; the second one sends both."""
        if not buffer:  # what ends a body of known length
            return
        self._unsent.append(memoryview(buffer))
        self._write_timeout = timeout
        if self._state.sends_early and len(self._unsent) > 1:
            await self._send()

    async def _receive(self, max_bytes: int) -> bytes:
        if hasattr(self.socket, "pending") and self.socket.pending():  # the socket shows nothing of it
            await checkpoint()
        else:
            await wait_readable(self.socket)
        while True:
            try:
                data: bytes = self.socket.recv(max_bytes)
            except (BlockingIOError, SSLWantReadError):
                await wait_readable(self.socket)
            except SSLWantWriteError:
                await wait_writable(self.socket)
            else:
                return data

    async def _send(self) -> None:
        await checkpoint_if_cancelled()  # an API call that is cancelled before it is sent has no effect
        unsent = memoryview(b"".join(self._unsent))
        self._unsent.clear()
        try:
            while unsent:
                try:
                    unsent = unsent[self.socket.send(unsent[:PIECE]) :]
                except (BlockingIOError, SSLWantWriteError):
                    with anyio.fail_after(self._write_timeout):
                        await wait_writable(self.socket)
                except SSLWantReadError:
                    with anyio.fail_after(self._write_timeout):
                        await wait_readable(self.socket)
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except _LOST:
            pass  # as in the twin

    async def aclose(self) -> None:
        """Close the connection."""
        self.socket.close()

    async def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Return a stream with TLS over this one."""
        self._state.reset()
        try:
            with anyio.fail_after(timeout):
                self.socket = self._state.socket = wrapped(self.socket, ssl_context, server_hostname)
                await _shake_hands(self.socket)
        except (*_LOST, ValueError) as error:
            raise connect_failure(error) from error
        return AsyncStream(self.socket, self._state, reads_answers=True)


class TranslatedStream(httpx.AsyncByteStream):
    """A response's stream that raises the errors of httpx."""

    _stream: Any
    _errors: ClassVar[tuple[type[Exception], ...]]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._stream)
        try:
            while True:
                yield await anext(chunks)  # and into no local variable, which a traceback would show
        except StopAsyncIteration:
            return
        except self._errors as error:
            failure = self._failure(error)
        raise failure

    def _failure(self, error: Exception) -> Exception:
        raise NotImplementedError


class AsyncBackend(BaseBackend, httpcore.AsyncNetworkBackend):
    """The asynchronous twin of `Backend`."""

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_args: Any, **_options: Any
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of a host's addresses, within a timeout in seconds for all of them together."""
        try:
            with anyio.fail_after(timeout):
                sock = await _connected(await _look_up(host, port))
        except (*_LOST, ValueError) as error:
            raise connect_failure(error) from error
        return AsyncStream(sock, self._state, reads_answers=self._reads_answers)


async def _shake_hands(sock: Any) -> None:
    while True:
        try:
            sock.do_handshake()
        except SSLWantReadError:
            await wait_readable(sock)
        except SSLWantWriteError:
            await wait_writable(sock)
        else:
            return


async def _look_up(host: str, port: int) -> list[Address]:
    """Return what `look_up` of the twin does; a cancel scope ends it."""
    if numeric := numeric_addresses(host, port):
        return numeric
    # A separate limiter: threads that are abandoned must not count against those of the program.
    limiter = anyio.CapacityLimiter(1)
    return await to_thread.run_sync(ask_resolver, host, port, abandon_on_cancel=True, limiter=limiter)


async def _connected(addresses: list[Address]) -> socket.socket:
    """Return a socket that is connected to the first address that answers.

    Each has a head start over the next one. If it fails, the next one starts at once.
    """
    if len(addresses) == 1:
        return await _connect(addresses[0])
    connected: list[socket.socket] = []
    failures: list[Exception] = []

    async def attempt(address: Address, over: anyio.Event) -> None:
        try:
            connected.append(await _connect(address))
            group.cancel_scope.cancel()
        except Exception as error:
            failures.append(error)
        over.set()

    try:
        async with anyio.create_task_group() as group:
            for address in addresses:
                over = anyio.Event()
                group.start_soon(attempt, address, over)
                with anyio.move_on_after(_HEAD_START):
                    await over.wait()
        if not connected:
            raise failures[-1]
        return connected.pop(0)
    finally:
        for late in connected:
            late.close()


async def _connect(address: Address) -> socket.socket:
    sock = new_socket(address)
    try:
        sock.setblocking(False)
        with suppress(BlockingIOError):
            sock.connect(address.place)
        await wait_writable(sock)
        if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, error_text(code))
    except BaseException:
        sock.close()
        raise
    return sock
