"""What one attempt puts on the wire."""

from collections.abc import AsyncIterator, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import httpx

from .. import _headers, _query
from .._config import Options
from .._headers import BETA, HeaderValue
from .._secret import Secret
from .._version import __version__
from .call import Call

_PLAIN: Final = (httpx.Client, httpx.AsyncClient)
_DEFAULTS: Final[Mapping[str, str]] = {
    "Accept": "application/json",
    # A session is some 600 bytes: compressing it costs more than it saves.
    "Accept-Encoding": "identity",
    "User-Agent": f"chatkit-sessions/{__version__}",
}


def url_of(call: Call[Any], options: Options) -> httpx.URL:
    """Return the URL of a call, with its query."""
    try:
        url = _parsed(options.base_url + call.path)
        if options.default_query or call.extra_query:
            url = _query.add(url, options.default_query, call.extra_query)
        return url
    except httpx.InvalidURL as error:
        raise ValueError(f"session_id or extra_query: the URL cannot be sent ({error})") from None


def new_request(
    call: Call[Any], options: Options, url: httpx.URL, key: Secret, retries_taken: int, extensions: dict[str, Any]
) -> httpx.Request:
    """Return a request for our own connections, with nothing that they do not need."""
    if options.default_headers or call.extra_headers:
        headers = httpx.Headers(_headers.merge(_frame(call, url), *_layers(call, options, key, retries_taken)))
    else:
        length = None if call.content is None else len(call.content)
        headers = _constant_headers(url.netloc, length, options.organization, options.project, retries_taken).copy()
        headers["Authorization"] = f"Bearer {key.reveal()}"
    content = _Content(call.content)
    return httpx.Request(call.operation.method, url, headers=headers, stream=content, extensions=extensions)


@lru_cache(maxsize=64)
def _constant_headers(
    host: bytes, length: int | None, organization: str | None, project: str | None, retries_taken: int
) -> httpx.Headers:
    """Return what the headers of calls have in common; copying it is faster than making it."""
    frame = {"Host": host.decode("ascii"), "Content-Length": str(length or 0)}
    defaults = _defaults(organization, project, length is not None, retries_taken)
    return httpx.Headers(_headers.merge(frame, defaults, dict([BETA])))


def request_of(
    http_client: httpx.Client | httpx.AsyncClient,
    call: Call[Any],
    options: Options,
    url: httpx.URL,
    key: Secret,
    retries_taken: int,
    extensions: dict[str, Any],
) -> httpx.Request:
    """Return a request with what the user's client adds to every request; what we add replaces that.

    A client that adds headers and cookies alone does not build the request: that takes as long as sending it.
    """
    layers = _layers(call, options, key, retries_taken)
    if type(http_client) in _PLAIN and not http_client.params:
        headers = _headers.merge(_frame(call, url), http_client.headers, *layers)
        content, cookies = _Content(call.content), http_client.cookies
        return httpx.Request(
            call.operation.method, url, headers=headers, cookies=cookies, stream=content, extensions=extensions
        )
    request = http_client.build_request(
        call.operation.method,
        url,
        params=url.params,  # from the URL alone, the client would drop them
        headers=_headers.merge(*layers),
        content=call.content,
        extensions=extensions,
    )
    for name in _headers.removed(*layers):
        request.headers.pop(name, None)
    return request


def forget_cookies_beyond_ascii(http_client: httpx.Client | httpx.AsyncClient) -> None:
    """Remove the cookies of a user's client that no header can carry.

    The client keeps what any server sets, and would then fail at every request.
    """
    jar = http_client.cookies.jar
    for cookie in list(jar):
        if not f"{cookie.name}{cookie.value}".isascii():
            jar.clear(cookie.domain, cookie.path, cookie.name)


def _frame(call: Call[Any], url: httpx.URL) -> dict[str, str]:
    return {"Host": url.netloc.decode("ascii"), "Content-Length": str(len(call.content or b""))}


def _layers(call: Call[Any], options: Options, key: Secret, retries_taken: int) -> list[Mapping[str, HeaderValue]]:
    defaults = _defaults(options.organization, options.project, call.content is not None, retries_taken)
    authorization = {"Authorization": f"Bearer {key.reveal()}"}
    return [authorization, defaults, options.default_headers, dict([BETA]), call.extra_headers]


@lru_cache(maxsize=64)
def _defaults(
    organization: str | None, project: str | None, has_content: bool, retries_taken: int
) -> Mapping[str, HeaderValue]:
    defaults: dict[str, HeaderValue] = dict(_DEFAULTS)
    if has_content:
        defaults["Content-Type"] = "application/json"
    if organization is not None:
        defaults["OpenAI-Organization"] = organization
    if project is not None:
        defaults["OpenAI-Project"] = project
    return {**defaults, "x-stainless-retry-count": str(retries_taken)}


@lru_cache(maxsize=64)
def _parsed(text: str) -> httpx.URL:
    # Parsing a URL is the slowest step of making a request.
    return httpx.URL(text)


class _Content(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in one piece. httpx's own is an async generator, which makes trio warn when a call is cancelled."""

    def __init__(self, content: bytes | None) -> None:
        self._content = content or b""

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._content,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Pieces(iter(self))


class _Pieces:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> "_Pieces":
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration
