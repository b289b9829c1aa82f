"""AsyncSessions on aiohttp's connection pool, for hundreds of calls at once (extra `aiohttp`)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError
from httpx_aiohttp import AiohttpTransport

from .._errors import ConfigurationError
from .connection_pool import IDLE_SECONDS, MAX_CONNECTIONS, Origin, origin_of
from .injected import awaited
from .network import find_proxy, no_ssl_context, ssl_context

# The first that fits, and what to say where aiohttp quotes the server's bytes, a client secret among them.
# httpx-aiohttp itself takes all failures of a connection for timeouts while connecting, and passes on those of HTTP.
_AS_HTTPX: Final[tuple[tuple[type[Exception], type[httpx.TransportError], str], ...]] = (
    (aiohttp.SocketTimeoutError, httpx.ReadTimeout, ""),
    (aiohttp.ServerTimeoutError, httpx.ConnectTimeout, ""),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError, ""),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError, "the proxy did not connect to the server"),
    (aiohttp.ClientConnectorError, httpx.ConnectError, ""),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError, "the server closed the connection before its answer"),
    (aiohttp.ClientConnectionError, httpx.ReadError, ""),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError, "the body of the answer broke off"),
    (aiohttp.ClientError, httpx.RemoteProtocolError, "the answer is not valid HTTP"),
    (HttpProcessingError, httpx.RemoteProtocolError, "the answer is not valid HTTP"),
)
_FAILURES: Final = (httpx.TransportError, aiohttp.ClientError, HttpProcessingError)


def new_transport() -> httpx.AsyncBaseTransport:
    """Return a transport for the running event loop; proxies come from the environment.

    Raises:
        ConfigurationError: The loop is not one of asyncio's.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError("http_backend: 'aiohttp' runs on asyncio only; under trio, leave it out") from None
    return _AiohttpTransport()


class _AiohttpTransport(httpx.AsyncBaseTransport):
    """A transport over one aiohttp session."""

    def __init__(self) -> None:
        self._session = _session()
        self._by_origin: dict[Origin, AiohttpTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()  # aiohttp sends a body in one piece along with the headers, but a stream piece by piece
        token = awaited.set(request.extensions["response_head"])
        try:
            response = await self._transport(request.url).handle_async_request(request)
            response.stream = _Stream(response.stream)
            return response
        except _FAILURES as error:
            failure = _as_httpx(error)
        finally:
            awaited.reset(token)
        raise failure

    async def aclose(self) -> None:
        await self._session.close()

    def _transport(self, url: httpx.URL) -> AiohttpTransport:
        origin = origin_of(url)
        if origin not in self._by_origin:
            proxy = find_proxy(url)
            if proxy is not None and proxy.is_socks:
                raise ConfigurationError(f"http_backend: 'aiohttp' cannot use the SOCKS proxy {proxy.shown}")
            through = httpx.Proxy(proxy.url, auth=proxy.auth) if proxy else None
            self._by_origin[origin] = AiohttpTransport(verify=no_ssl_context(), client=self._session, proxy=through)
        return self._by_origin[origin]


class _Stream(httpx.AsyncByteStream):
    """A response's stream that fails as those of httpx do."""

    def __init__(self, stream: Any) -> None:
        self._stream: httpx.AsyncByteStream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
            return
        except _FAILURES as error:
            failure = _as_httpx(error)
        raise failure

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Response(aiohttp.ClientResponse):
    """A response whose connection repeats what it reads until the headers are whole, which `response_head` follows."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        protocol, head = connection.protocol, awaited.get()
        if head is None:
            return await super().start(connection)

        receive = protocol.data_received

        def follow(data: bytes) -> None:
            head.feed(data)
            receive(data)

        protocol.data_received = follow
        try:
            return await super().start(connection)
        except BaseException:
            if connection.transport is not None:
                connection.transport.abort()  # to close TLS in the ordinary way is to wait for the server
            raise
        finally:
            del protocol.data_received


def _session() -> aiohttp.ClientSession:
    # trust_env stays off: it reads ~/.netrc for every request, whose passwords then collide with the API key.
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=IDLE_SECONDS, ssl=ssl_context()),
        cookie_jar=aiohttp.DummyCookieJar(),
        response_class=_Response,
    )


def _as_httpx(error: Exception) -> Exception:
    """Return the error of httpx that stands for one of aiohttp's; it is to be raised outside the `except` block."""
    cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
    for kind, meant, text in _AS_HTTPX:
        if isinstance(cause, kind):
            failure = meant(text or str(cause))
            failure.__cause__ = None if text else cause
            return failure
    return error
