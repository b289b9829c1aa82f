"""Lets a client of httpx2 send through a transport of httpx, so that one fake server serves both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import httpx
import httpx2


class Through(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """A transport of httpx2 over one of httpx."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        try:
            return _response(self._transport.handle_request(_request(request)))
        except httpx.HTTPError as error:
            failure = _error(error)
        raise failure

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        try:
            return _response(await self._transport.handle_async_request(_request(request)))
        except httpx.HTTPError as error:
            failure = _error(error)
        raise failure


class _Body(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from cast("httpx.SyncByteStream", self._response.stream)
            return
        except httpx.HTTPError as error:
            failure = _error(error)
        raise failure

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in cast("httpx.AsyncByteStream", self._response.stream):
                yield chunk
            return
        except httpx.HTTPError as error:
            failure = _error(error)
        raise failure

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        await self._response.aclose()


def new_client(*, is_async: bool, **options: Any) -> Any:
    """Return a client of httpx2 made with the options of one of httpx's."""
    if "transport" in options:
        options["transport"] = Through(options["transport"])
    if "mounts" in options:
        options["mounts"] = {pattern: Through(transport) for pattern, transport in options["mounts"].items()}
    if isinstance(options.get("auth"), httpx.DigestAuth):
        options["auth"] = httpx2.DigestAuth("user", "password")
    return httpx2.AsyncClient(**options) if is_async else httpx2.Client(**options)


def _request(request: httpx2.Request) -> httpx.Request:
    return httpx.Request(
        request.method,
        str(request.url),
        headers=request.headers.raw,
        content=request.content,
        extensions=request.extensions,
    )


def _response(response: httpx.Response) -> httpx2.Response:
    body: dict[str, Any] = {"content": response.content} if response.is_stream_consumed else {"stream": _Body(response)}
    return httpx2.Response(response.status_code, headers=response.headers.raw, **body)


def _error(error: httpx.HTTPError) -> httpx2.HTTPError:
    failure: httpx2.HTTPError = getattr(httpx2, type(error).__name__)(str(error))
    failure.__cause__ = error.__cause__
    return failure
