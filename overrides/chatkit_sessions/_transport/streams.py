"""Network streams over sockets, which follow the head of an answer and keep to the deadline of the call.

They use plain sockets, also under an event loop, since its own streams read ahead. So bytes wait in the kernel and in
TLS only, an idle connection shows what it holds, and it can be closed after its event loop has ended.
"""

import socket
from collections.abc import Iterable, Mapping
from ssl import SSLContext
from typing import Any, Final, cast

import httpcore
import httpx

from .._deadline import Deadline
from .network import Address, Proxy, address_of, look_up, reason, refusal, ssl_context
from .response_head import ResponseHead

PIECE: Final = 65_536
"""Bytes given to a socket at once; the deadline is checked in between."""


class ConnectionState:
    """What a connection and its streams share about their current request.

    Attributes:
        head: The head of the answer that is being read.
        socket: The socket that it uses, None before there is one.
        sends_early: Whether a request is sent once its body is written. Not after a chunked answer: httpcore may hold
            another one, which must be found before.
    """

    def __init__(self) -> None:
        self.head: ResponseHead | None = None
        self.socket: Any = None
        self.sends_early = True

    def reset(self) -> None:
        """Drop what was read before TLS: that is a proxy's answer."""
        if self.head is not None:
            self.head.reset()

    def within(self, timeout: float | None) -> float | None:
        """Return a timeout that ends no later than the call: a server that drips never reaches its timeout."""
        if self.head is None:
            return timeout
        try:
            return self.head.deadline.within(timeout)
        except TimeoutError:
            raise httpcore.ReadTimeout from None


class BaseStream:
    """A network stream over a socket: what a sync and an async one have in common."""

    def __init__(self, sock: Any, state: ConnectionState, *, reads_answers: bool) -> None:
        """Take whether what is read is the answer, and not a proxy's."""
        self.socket = state.socket = sock
        self._state = state
        self._reads_answers = reads_answers
        self._unsent: list[memoryview] = []
        self._write_timeout: float | None = None

    def get_extra_info(self, info: str) -> Any:
        """Return something else that is known of the stream."""
        if info == "ssl_object":
            return self.socket if hasattr(self.socket, "selected_alpn_protocol") else None
        return self.socket if info == "socket" else None


class Stream(BaseStream, httpcore.NetworkStream):
    """A network stream that sends headers with their body, or when an answer is waited for.

    httpcore writes headers and body separately, which would take two packets and twice the system calls. Unsent data
    holds the API key, so it is kept in views, which show nothing in a traceback.
    """

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what has been written, and read what has come."""
        if self._unsent:
            self._send()
        try:
            self.socket.settimeout(self._state.within(timeout))
            data: bytes = self.socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError(reason(error)) from error
        if self._reads_answers and self._state.head is not None:
            self._state.head.feed(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Take a buffer to send; the second one sends both."""
        if not buffer:  # what ends a body of known length
            return
        self._unsent.append(memoryview(buffer))
        self._write_timeout = timeout
        if self._state.sends_early and len(self._unsent) > 1:
            self._send()

    def _send(self) -> None:
        unsent = memoryview(b"".join(self._unsent))
        self._unsent.clear()
        try:
            while unsent:
                self.socket.settimeout(self._state.within(self._write_timeout))
                unsent = unsent[self.socket.send(unsent[:PIECE]) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError:
            pass  # a server may answer and close early; if it does not, reading fails too

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return a stream with TLS over this one."""
        self._state.reset()
        try:
            self.socket.settimeout(self._state.within(timeout))
            self.socket = self._state.socket = wrapped(self.socket, ssl_context, server_hostname)
            self.socket.do_handshake()
        except (OSError, ValueError) as error:
            raise connect_failure(error) from error
        return Stream(self.socket, self._state, reads_answers=True)


class BaseBackend:
    """What opens the stream of one connection."""

    def __init__(self, state: ConnectionState, *, reads_answers: bool) -> None:
        """Take whether what is read before TLS is the answer, and not a proxy's."""
        self._state = state
        self._reads_answers = reads_answers


class Backend(BaseBackend, httpcore.NetworkBackend):
    """Opens streams that block."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_args: Any, **_options: Any
    ) -> httpcore.NetworkStream:
        """Connect to one of a host's addresses, within a timeout in seconds for all of them together."""
        try:
            sock = _connected(host, port, Deadline(self._state.within(timeout)))
        except (OSError, ValueError) as error:
            raise connect_failure(error) from error
        return Stream(sock, self._state, reads_answers=self._reads_answers)


def new_socket(address: Address) -> socket.socket:
    """Return a socket for an address, not connected yet."""
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def wrapped(sock: Any, context: SSLContext, server_hostname: str | None) -> Any:
    """Return a socket with TLS over another; its handshake is still to be made."""
    if hasattr(sock, "selected_alpn_protocol"):
        from .nested_tls import NestedTLSSocket

        return NestedTLSSocket(sock, context, server_hostname)
    return context.wrap_socket(sock, server_hostname=server_hostname, do_handshake_on_connect=False)


def connect_failure(error: Exception) -> Exception:
    """Return the error of httpcore for a failure to connect."""
    if isinstance(error, TimeoutError):
        return httpcore.ConnectTimeout(*error.args)
    if isinstance(error, ValueError):  # no host, or no certificate, can have that name
        return httpcore.LocalProtocolError(str(error))
    return httpcore.ConnectError(reason(error))


def _connected(host: str, port: int, phase: Deadline) -> socket.socket:
    """Return a socket that is connected to the first address that answers, each given its share of the time."""
    waiting = look_up(host, port, phase.remaining())
    while True:
        address = waiting.pop(0)
        left = phase.remaining()
        try:
            return _connect(address, left if left is None else max(left, 0.001) / (len(waiting) + 1))
        except OSError:
            if not waiting:
                raise


def _connect(address: Address, timeout: float | None) -> socket.socket:
    sock = new_socket(address)
    try:
        sock.settimeout(timeout)
        sock.connect(address.place)
    except BaseException:
        sock.close()
        raise
    return sock


def new_connection(
    url: httpx.URL, proxy: Proxy | None, backend: httpcore.NetworkBackend
) -> httpcore.ConnectionInterface:
    """Return a connection to a URL's host, directly or through a proxy."""
    kinds = httpcore.HTTPConnection, httpcore.SOCKSProxy, httpcore.HTTPProxy
    connection: httpcore.ConnectionInterface = _new_connection(url, proxy, backend, *kinds)
    return connection


def new_async_connection(
    url: httpx.URL, proxy: Proxy | None, backend: httpcore.AsyncNetworkBackend
) -> httpcore.AsyncConnectionInterface:
    """Return what `new_connection` does, for async calls."""
    kinds = httpcore.AsyncHTTPConnection, httpcore.AsyncSOCKSProxy, httpcore.AsyncHTTPProxy
    connection: httpcore.AsyncConnectionInterface = _new_connection(url, proxy, backend, *kinds)
    return connection


def _new_connection(url: httpx.URL, proxy: Proxy | None, backend: Any, direct: Any, socks: Any, http: Any) -> Any:
    options = {"ssl_context": ssl_context() if url.scheme == "https" else None, "network_backend": backend}
    origin = _core_url(url).origin
    if proxy is None:
        return direct(origin, **options)
    if not proxy.is_socks:
        options["proxy_ssl_context"] = ssl_context() if proxy.url.scheme == "https" else None
    kind = socks if proxy.is_socks else http
    return kind(_core_url(proxy.url), proxy.raw_auth, **options).create_connection(origin)


def core_request(request: httpx.Request) -> httpcore.Request:
    """Return a request as one of httpcore's."""
    core = httpcore.Request(request.method, _core_url(request.url), extensions=request.extensions)
    # The constructor would check each header again.
    core.headers, core.stream = request.headers.raw, cast("Iterable[bytes]", request.stream)
    return core


_HTTPX_ERRORS: Final[Mapping[type[Exception], tuple[type[httpx.TransportError], str]]] = {
    httpcore.ConnectTimeout: (httpx.ConnectTimeout, "no connection in time"),
    httpcore.ReadTimeout: (httpx.ReadTimeout, "no answer in time"),
    httpcore.WriteTimeout: (httpx.WriteTimeout, "the request was not taken in time"),
    httpcore.PoolTimeout: (httpx.PoolTimeout, "no free connection in time"),
    httpcore.ConnectError: (httpx.ConnectError, "no connection"),
    httpcore.ReadError: (httpx.ReadError, "the connection broke"),
    httpcore.WriteError: (httpx.WriteError, "the connection broke"),
    httpcore.ProxyError: (httpx.ProxyError, "the proxy refused"),
    httpcore.UnsupportedProtocol: (httpx.UnsupportedProtocol, "an unknown protocol"),
    httpcore.LocalProtocolError: (httpx.LocalProtocolError, "the request is not valid HTTP"),
    httpcore.RemoteProtocolError: (httpx.RemoteProtocolError, "the answer is not valid HTTP"),
}
CORE_ERRORS: Final = tuple(_HTTPX_ERRORS)


def httpx_error(error: Exception, url: httpx.URL, proxy: Proxy | None, *, is_connected: bool) -> httpx.TransportError:
    """Return the error of httpx for one of httpcore's, with the place where it happened.

    If there is a proxy, an open connection leads to it.
    """
    kind, text = _HTTPX_ERRORS[type(error)]
    text, server = str(error) or text, address_of(url)
    if proxy is None:
        return kind(f"{text} ({server})")
    if isinstance(error, httpcore.ProxyError):
        return refusal(proxy, server, text)
    is_of_proxy = not is_connected or url.scheme == "http"
    return kind(f"{text} (the proxy {proxy.label})" if is_of_proxy else f"{text} ({server}, through {proxy.label})")


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
