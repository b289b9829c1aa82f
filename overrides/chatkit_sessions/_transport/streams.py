"""Connections of httpcore's, over network streams that repeat what they read to the call that waits for it.

A sync stream ends at the deadline of the call as well; an async call is ended by a cancel scope.
"""

from collections.abc import Iterable
from contextlib import suppress
from ssl import SSLContext, SSLError
from typing import Any, Final

import anyio
import httpcore
import httpx

from .._deadline import Deadline
from .network import proxy, ssl_context
from .response_head import Heard


def connection(url: httpx.URL, prefix: str, backend: object) -> Any:
    """Return a connection of httpcore to a URL's host, directly or through the proxy that the environment names.

    Args:
        url: Where to connect.
        prefix: Of the names of httpcore's classes: empty, or "Async".
        backend: What opens network streams.

    Raises:
        ConfigurationError: The proxy or the certificates that the environment names cannot be used.
    """
    options = {"ssl_context": ssl_context() if url.scheme == "https" else None, "network_backend": backend}
    through = proxy(url)
    if through is None:
        return getattr(httpcore, f"{prefix}HTTPConnection")(core_url(url).origin, **options)
    options |= {"proxy_auth": through.raw_auth, "max_connections": 1}
    if through.url.scheme.startswith("socks"):
        return getattr(httpcore, f"{prefix}SOCKSProxy")(core_url(through.url), **options)
    if through.url.scheme == "https":
        options["proxy_ssl_context"] = ssl_context()
    return getattr(httpcore, f"{prefix}HTTPProxy")(core_url(through.url), proxy_headers=through.headers.raw, **options)


def core_url(url: httpx.URL) -> httpcore.URL:
    """Return a URL as httpcore has it."""
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def core_request(request: httpx.Request) -> httpcore.Request:
    """Return a request as httpcore has it."""
    return httpcore.Request(
        request.method,
        core_url(request.url),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


CORE_ERRORS: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def as_httpx(error: Exception) -> httpx.TransportError:
    """Return the error of httpx that one of httpcore's stands for: it has the same name."""
    failure: httpx.TransportError = getattr(httpx, type(error).__name__)(str(error))
    return failure


class Line:
    """What a connection and its streams know of the call that they serve.

    Attributes:
        heard: Where to note what is read; None once the headers have come.
        stream: The stream opened last, None before there is one.
        socket: Its socket.
    """

    def __init__(self) -> None:
        self.heard: Heard | None = None
        self.stream: Any = None
        self.socket: Any = None
        self._deadline: Deadline | None = None

    def serve(self, heard: Heard | None, deadline: Deadline | None) -> None:
        """Begin with a call, and with when it must be over."""
        self.heard, self._deadline = heard, deadline

    def opened(self, stream: Any) -> None:
        """Take note of a new stream."""
        self.stream, self.socket = stream, stream.get_extra_info("socket")

    def note(self, data: bytes) -> None:
        """Take note of what has been read."""
        if self.heard is not None:
            self.heard.note(data)

    def forget(self) -> None:
        """Drop what was read before TLS: that is a proxy's answer."""
        if self.heard is not None:
            self.heard.clear()

    def within(self, timeout: float | None) -> float | None:
        """Return a timeout that ends no later than the call: a server that drips meets none of its own."""
        left = None if self._deadline is None else self._deadline.remaining()
        if left is None:
            return timeout
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)


class Backend(httpcore.NetworkBackend):
    """Opens the streams of one connection."""

    def __init__(self, line: Line, *, listens: bool) -> None:
        """Take whether what is read before TLS is to be noted."""
        self._line = line
        self._listens = listens
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect, within a timeout in seconds."""
        stream = self._backend.connect_tcp(host, port, timeout, local_address, socket_options or ())
        return Stream(stream, self._line, listens=self._listens)


class Stream(httpcore.NetworkStream):
    """A network stream of httpcore's that is bound to a line.

    What is written is sent when an answer is waited for: httpcore writes headers and body one after the other, which
    would be two packets and twice the system calls.
    """

    def __init__(self, stream: httpcore.NetworkStream, line: Line, *, listens: bool) -> None:
        self._stream = stream
        self._line = line
        self._listens = listens
        self._unsent = b""
        self._write_timeout: float | None = None
        line.opened(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what has been written, and read what has come."""
        if self._unsent:
            self._send()
        data = self._stream.read(max_bytes, self._line.within(timeout))
        if self._listens:
            self._line.note(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take a buffer to send."""
        self._unsent += buffer
        self._write_timeout = timeout

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, b""
        with suppress(httpcore.WriteError):  # a server may answer and close early; if it does not, reading fails too
            self._stream.write(unsent, self._line.within(self._write_timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return a stream with TLS over this one."""
        self._line.forget()
        stream = self._stream.start_tls(ssl_context, server_hostname, self._line.within(timeout))
        return Stream(stream, self._line, listens=True)

    def get_extra_info(self, info: str) -> Any:
        """Return something else that is known of the stream."""
        return self._stream.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """The asynchronous twin of `Backend`, on anyio."""

    def __init__(self, line: Line, *, listens: bool) -> None:
        """Take whether what is read before TLS is to be noted."""
        self._line = line
        self._listens = listens
        self._backend: Any = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, within a timeout in seconds."""
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return AsyncStream(stream, self._line, listens=self._listens)


class AsyncStream(httpcore.AsyncNetworkStream):
    """The asynchronous twin of `Stream`; a cancel scope is what ends it at the deadline."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, line: Line, *, listens: bool) -> None:
        self._stream = stream
        self._line = line
        self._listens = listens
        self._unsent = b""
        self._write_timeout: float | None = None
        line.opened(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what has been written, and read what has come."""
        if self._unsent:
            await self._send()
        data = await self._stream.read(max_bytes, timeout)
        if self._listens:
            self._line.note(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take a buffer to send."""
        self._unsent += buffer
        self._write_timeout = timeout

    async def _send(self) -> None:
        unsent, self._unsent = self._unsent, b""
        with suppress(httpcore.WriteError):  # as in the twin
            await self._stream.write(unsent, self._write_timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Return a stream with TLS over this one."""
        self._line.forget()
        try:
            stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except (SSLError, anyio.EndOfStream) as error:  # httpcore itself makes it one of its errors since 1.0.6
            raise httpcore.ConnectError(str(error)) from error
        return AsyncStream(stream, self._line, listens=True)

    def get_extra_info(self, info: str) -> Any:
        """Return something else that is known of the stream."""
        return self._stream.get_extra_info(info)
