"""AsyncSessions on aiohttp's connection pool, for hundreds of calls at once (extra `aiohttp`)."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError
from httpx_aiohttp import AiohttpTransport

from .._errors import ConfigurationError
from .async_streams import TranslatedStream
from .connection_pool import IDLE_SECONDS, MAX_CONNECTIONS, Origin, origin_of
from .injected import awaited
from .network import address_of, find_proxy, no_ssl_context, reason, refusal, ssl_context


class _EndlessHeadError(aiohttp.ClientError):
    """The head of an answer became too large."""


# The first match counts. A text replaces aiohttp's, which quotes the server's bytes, perhaps a client secret.
# httpx-aiohttp itself reports each failed connection as a connect timeout, and does not translate errors of HTTP.
_AS_HTTPX: Final[tuple[tuple[type[Exception], type[httpx.TransportError], str], ...]] = (
    (aiohttp.SocketTimeoutError, httpx.ReadTimeout, ""),
    (aiohttp.ServerTimeoutError, httpx.ConnectTimeout, ""),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError, ""),
    (aiohttp.ClientConnectorError, httpx.ConnectError, ""),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError, "the server closed the connection before its answer"),
    (aiohttp.ClientConnectionError, httpx.ReadError, ""),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError, "the body of the answer broke off"),
    (_EndlessHeadError, httpx.RemoteProtocolError, "the head of the answer does not end"),
    (aiohttp.ClientError, httpx.RemoteProtocolError, "the answer is not valid HTTP"),
    (HttpProcessingError, httpx.RemoteProtocolError, "the answer is not valid HTTP"),
)
_LARGEST_HEAD: Final = 1_048_576
"""Bytes of an answer's head, with all 1xx before it: aiohttp keeps each of these until the last has come."""
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
        # These rounds of the loop read what has come on an idle connection and would be taken for the answer: the first
        # polls the sockets, and the second runs after their callbacks.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        token = awaited.set(request.extensions["response_head"])
        try:
            response = await self._transport(request.url).handle_async_request(request)
            response.stream = _Stream(response.stream, request.url)
            return response
        except _FAILURES as error:
            failure = _as_httpx(error, request.url)
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
                raise ConfigurationError(f"http_backend: 'aiohttp' cannot use the SOCKS proxy {proxy.label}")
            through = httpx.Proxy(proxy.url, headers=proxy.headers()) if proxy else None
            self._by_origin[origin] = AiohttpTransport(verify=no_ssl_context(), client=self._session, proxy=through)
        return self._by_origin[origin]


class _Stream(TranslatedStream):
    _errors = _FAILURES

    def __init__(self, stream: Any, url: httpx.URL) -> None:
        self._stream = stream
        self._url = url

    def _failure(self, error: Exception) -> Exception:
        return _as_httpx(error, self._url)

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Response(aiohttp.ClientResponse):
    """A response that passes what its connection reads to a `ResponseHead`, and fails if that is too much."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        protocol: Any = connection.protocol
        head = awaited.get()
        if head is None:
            return await super().start(connection)

        transport = connection.transport
        with suppress(AttributeError):
            del protocol.data_received  # what an earlier response has put there
        receive = protocol.data_received

        def follow(data: bytes) -> None:
            head.feed(data)
            if head.is_complete or head.received <= _LARGEST_HEAD:
                receive(data)
            else:
                protocol.set_exception(_EndlessHeadError())
            end_with_surplus()

        def end_with_surplus() -> None:
            # aiohttp has its connection back by now. What is left in it would begin the next answer.
            body: Any = self.content  # None until the headers have come
            if body is not None and body.is_eof():
                head.expect_body(self.raw_headers)
                if head.has_surplus():
                    transport.abort()

        protocol.data_received = follow
        try:
            await super().start(connection)
        except BaseException:
            if transport is not None:
                transport.abort()  # an orderly end of TLS would wait for the server
            raise
        end_with_surplus()
        return self


def _session() -> aiohttp.ClientSession:
    # trust_env stays off: it reads ~/.netrc for every request, and its passwords collide with the API key.
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=IDLE_SECONDS, ssl=ssl_context()),
        cookie_jar=aiohttp.DummyCookieJar(),
        response_class=_Response,
    )


def _as_httpx(error: Exception, url: httpx.URL) -> Exception:
    """Return the error of httpx for one of aiohttp's; raise it outside the `except` block."""
    cause = error.__cause__ if isinstance(error, httpx.TransportError) else error
    server, proxy = address_of(url), find_proxy(url)
    if isinstance(cause, aiohttp.ClientHttpProxyError) and proxy is not None:
        return refusal(proxy, server, f"{cause.status} {cause.message}")
    where = f"the proxy {proxy.label}" if isinstance(cause, aiohttp.ClientProxyConnectionError) and proxy else server
    for kind, meant, text in _AS_HTTPX:
        if isinstance(cause, kind):
            failure = meant(f"{text or reason(cause)} ({where})")
            failure.__cause__ = None if text else cause
            return failure
    return error
