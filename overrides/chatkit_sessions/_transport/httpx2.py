"""Lets a client of httpx2 send in place of one of httpx.

httpx2 has the classes of httpx in another package. Requests, responses and errors are translated on their way.
The hooks, cookies, proxies and transports of the client work as before.
"""

from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from typing import Any, Final

import httpx

# By name, for type checkers where it is not installed.
httpx2: Any = import_module("httpx2")
# No longer true of a body that a hook has read and decompressed.
_TRANSFER_HEADERS: Final = (b"content-encoding", b"content-length", b"transfer-encoding")


def bridged(http_client: Any) -> httpx.Client | httpx.AsyncClient:
    """Return a client of httpx that sends through one of httpx2."""
    return _Client(http_client) if isinstance(http_client, httpx2.Client) else _AsyncClient(http_client)


class _Bridged:
    """What a client of httpx takes from the client of httpx2 behind it."""

    _theirs: Any

    @property
    def is_closed(self) -> bool:
        return bool(self._theirs.is_closed)

    @property
    def event_hooks(self) -> dict[str, list[Any]]:
        return dict(self._theirs.event_hooks)

    @property
    def cookies(self) -> Any:
        return self._theirs.cookies

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:
        theirs = self._theirs.build_request(method, str(url), **_translated(options))
        ours: httpx.Request = _translated_request(httpx.Request, theirs)
        return ours


class _Client(_Bridged, httpx.Client):  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride] # nobody sets them
    def __init__(self, theirs: Any) -> None:
        super().__init__(transport=httpx.BaseTransport())
        self._theirs = theirs

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        sent = _translated_request(httpx2.Request, request)
        try:
            return _response(self._theirs.send(sent, **_translated(options)), request)
        except httpx2.HTTPError as error:
            failure = _failure(error, sent, request)
        raise failure


class _AsyncClient(_Bridged, httpx.AsyncClient):  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride] # nobody sets them
    def __init__(self, theirs: Any) -> None:
        super().__init__(transport=httpx.AsyncBaseTransport())
        self._theirs = theirs

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        sent = _translated_request(httpx2.Request, request)
        try:
            return _response(await self._theirs.send(sent, **_translated(options)), request)
        except httpx2.HTTPError as error:
            failure = _failure(error, sent, request)
        raise failure


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A response's body as it comes over the wire, with the errors of httpx."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.stream
            return
        except httpx2.HTTPError as error:
            failure = _failure(error)
        raise failure

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.stream:
                yield chunk
            return
        except httpx2.HTTPError as error:
            failure = _failure(error)
        raise failure

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        await self._response.aclose()


def _translated(options: dict[str, Any]) -> dict[str, Any]:
    if options.get("auth") is httpx.USE_CLIENT_DEFAULT:
        options["auth"] = httpx2.USE_CLIENT_DEFAULT
    if "params" in options:
        options["params"] = options["params"].multi_items()
    return options


def _translated_request(kind: Any, request: Any) -> Any:
    """Return a request as one of the other package, with a new stream, since each package accepts only its own."""
    return kind(
        request.method,
        str(request.url),
        headers=request.headers.raw,
        content=b"".join(request.stream),
        extensions=request.extensions,
    )


def _response(response: Any, request: httpx.Request | None) -> httpx.Response:
    headers = response.headers.raw
    if not response.is_stream_consumed:
        return httpx.Response(
            response.status_code,
            headers=headers,
            stream=_Body(response),
            extensions=response.extensions,
            request=request,
        )
    try:
        content = response.content  # a hook has read it, or a mock made it whole
    except httpx2.ResponseNotRead:
        consumed = httpx.Response(response.status_code, headers=headers, stream=_Body(response), request=request)
        consumed.is_stream_consumed = True
        return consumed
    headers = [(name, value) for name, value in headers if name.lower() not in _TRANSFER_HEADERS]
    return httpx.Response(
        response.status_code, headers=headers, content=content, extensions=response.extensions, request=request
    )


def _failure(error: Any, sent: Any = None, request: httpx.Request | None = None) -> httpx.HTTPError:
    """Return the error of httpx with the same name; raise it outside the `except` block."""
    about = getattr(error, "_request", None)
    request = request if about is sent else None
    failure: httpx.HTTPError
    if isinstance(error, httpx2.HTTPStatusError):
        failure = httpx.HTTPStatusError(
            str(error),
            request=request or httpx.Request(error.request.method, str(error.request.url)),
            response=_response(error.response, request),
        )
    else:
        kinds = [getattr(httpx, kind.__name__, None) for kind in type(error).__mro__ if kind.__module__ == "httpx2"]
        kind: Any = next(kind for kind in kinds if kind is not None)
        failure = kind(str(error), request=request)
    failure.__cause__ = error.__cause__
    return failure
