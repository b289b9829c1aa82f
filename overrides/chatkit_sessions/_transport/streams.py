"""Connections of httpcore's, over network streams that follow the head of an answer.

A sync stream ends at the deadline of the call as well; an async call is ended by a cancel scope.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from ssl import SSLContext, SSLError
from typing import Any, Final

import anyio
import httpcore
import httpx

from .._deadline import Deadline
from .network import proxy, ssl_context
from .response_head import ResponseHead


def new_connection(url: httpx.URL, backend: httpcore.NetworkBackend) -> httpcore.ConnectionInterface:
    """Return a connection to a URL's host, directly or through the proxy that the environment names.

    Args:
        url: Where to connect.
        backend: What opens network streams.

    Raises:
        ConfigurationError: The proxy or the certificates that the environment names cannot be used.
    """
    context, origin, through = _context(url), core_url(url).origin, proxy(url)
    if through is None:
        return httpcore.HTTPConnection(origin, ssl_context=context, network_backend=backend)
    if through.url.scheme.startswith("socks"):
        socks = httpcore.SOCKSProxy(
            core_url(through.url), through.raw_auth, ssl_context=context, network_backend=backend
        )
        return socks.create_connection(origin)
    return httpcore.HTTPProxy(
        core_url(through.url),
        through.raw_auth,
        through.headers.raw,
        ssl_context=context,
        proxy_ssl_context=_context(through.url),
        network_backend=backend,
    ).create_connection(origin)


def new_async_connection(url: httpx.URL, backend: httpcore.AsyncNetworkBackend) -> httpcore.AsyncConnectionInterface:
    """Return what `new_connection` does, for async calls."""
    context, origin, through = _context(url), core_url(url).origin, proxy(url)
    if through is None:
        return httpcore.AsyncHTTPConnection(origin, ssl_context=context, network_backend=backend)
    if through.url.scheme.startswith("socks"):
        socks = httpcore.AsyncSOCKSProxy(
            core_url(through.url), through.raw_auth, ssl_context=context, network_backend=backend
        )
        return socks.create_connection(origin)
    return httpcore.AsyncHTTPProxy(
        core_url(through.url),
        through.raw_auth,
        through.headers.raw,
        ssl_context=context,
        proxy_ssl_context=_context(through.url),
        network_backend=backend,
    ).create_connection(origin)


def _context(url: httpx.URL) -> SSLContext | None:
    return ssl_context() if url.scheme == "https" else None


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


_HTTPX_ERRORS: Final[Mapping[type[Exception], type[httpx.TransportError]]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}
CORE_ERRORS: Final = tuple(_HTTPX_ERRORS)


def httpx_error(error: Exception) -> httpx.TransportError:
    """Return the error of httpx that stands for one of httpcore's."""
    return _HTTPX_ERRORS[type(error)](str(error))


class ConnectionState:
    """What a connection and its streams know of the request that they serve.

    Attributes:
        head: The head of the answer that is being read; None once it has come.
        stream: The stream opened last, None before there is one.
        socket: Its socket.
    """

    def __init__(self) -> None:
        self.head: ResponseHead | None = None
        self.stream: Any = None
        self.socket: Any = None
        self._deadline: Deadline | None = None

    def serve(self, head: ResponseHead) -> None:
        """Begin with a request."""
        self.head, self._deadline = head, head.deadline

    def opened(self, stream: Any) -> None:
        """Take note of a new stream."""
        self.stream, self.socket = stream, stream.get_extra_info("socket")

    def feed(self, data: bytes) -> None:
        """Take note of what has been read."""
        if self.head is not None:
            self.head.feed(data)

    def reset(self) -> None:
        """Drop what was read before TLS: that is a proxy's answer."""
        if self.head is not None:
            self.head.reset()

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

    def __init__(self, state: ConnectionState, *, reads_answers: bool) -> None:
        """Take whether what is read before TLS is the answer."""
        self._state = state
        self._reads_answers = reads_answers
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
        return Stream(stream, self._state, reads_answers=self._reads_answers)


class Stream(httpcore.NetworkStream):
    """A network stream of httpcore's that tells the state of its connection what it reads.

    What is written is sent when an answer is waited for: httpcore writes headers and body one after the other, which
    would be two packets and twice the system calls.
    """

    def __init__(self, stream: httpcore.NetworkStream, state: ConnectionState, *, reads_answers: bool) -> None:
        self._stream = stream
        self._state = state
        self._reads_answers = reads_answers
        self._unsent = b""
        self._write_timeout: float | None = None
        state.opened(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what has been written, and read what has come."""
        if self._unsent:
            self._send()
        data = self._stream.read(max_bytes, self._state.within(timeout))
        if self._reads_answers:
            self._state.feed(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take a buffer to send."""
        self._unsent += buffer
        self._write_timeout = timeout

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, b""
        with suppress(httpcore.WriteError):  # a server may answer and close early; if it does not, reading fails too
            self._stream.write(unsent, self._state.within(self._write_timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return a stream with TLS over this one."""
        self._state.reset()
        stream = self._stream.start_tls(ssl_context, server_hostname, self._state.within(timeout))
        return Stream(stream, self._state, reads_answers=True)

    def get_extra_info(self, info: str) -> Any:
        """Return something else that is known of the stream."""
        return self._stream.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """The asynchronous twin of `Backend`, on anyio."""

    def __init__(self, state: ConnectionState, *, reads_answers: bool) -> None:
        """Take whether what is read before TLS is the answer."""
        self._state = state
        self._reads_answers = reads_answers
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
        return AsyncStream(stream, self._state, reads_answers=self._reads_answers)


class AsyncStream(httpcore.AsyncNetworkStream):
    """The asynchronous twin of `Stream`; a cancel scope is what ends it at the deadline."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, state: ConnectionState, *, reads_answers: bool) -> None:
        self._stream = stream
        self._state = state
        self._reads_answers = reads_answers
        self._unsent = b""
        self._write_timeout: float | None = None
        state.opened(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what has been written, and read what has come."""
        if self._unsent:
            await self._send()
        data = await self._stream.read(max_bytes, timeout)
        if self._reads_answers:
            self._state.feed(data)
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
        self._state.reset()
        try:
            stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except (SSLError, anyio.EndOfStream) as error:  # httpcore itself makes it one of its errors since 1.0.6
            raise httpcore.ConnectError(str(error)) from error
        return AsyncStream(stream, self._state, reads_answers=True)

    def get_extra_info(self, info: str) -> Any:
        """Return something else that is known of the stream."""
        return self._stream.get_extra_info(info)
