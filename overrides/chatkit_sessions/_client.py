"""A client for the generated endpoint functions, which makes them behave as `Sessions` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final, Self

import httpx

from . import _headers
from ._base_client import AsyncCloses, BaseClient, Closes, careful, types
from ._base_url import DataResidency
from ._call import exchange, failures
from ._call.attempts import Attempts
from ._call.call import OPERATIONS, Call
from ._call.decoding import MISFITS, Received, misfit
from ._config import DEFAULT_DEADLINE, DEFAULT_TIMEOUT, KeyCallable, Options
from ._generated import AuthenticatedClient
from ._headers import HeaderValue
from ._omit import Omit, omit
from ._query import QueryValue
from ._retry import RetryPolicy
from ._secret import HIDDEN
from ._transport.network import HttpBackend
from ._transport.transports import HttpClient, Transports
from ._version import public

_ROUTES: Final = tuple((each, re.compile(re.sub(r"\{\w+\}", "[^/]+", each.path))) for each in OPERATIONS)
_OF_THE_CARRIER: Final = ("host", "content-length", "cookie")
"""Headers that httpx adds to a generated function's request; ours gets its own."""


@public
class ChatKitClient(
    BaseClient[str | KeyCallable, "HttpClient | types.Httpx2Client | types.Httpx2AsyncClient"],
    Closes,
    AsyncCloses,
    AuthenticatedClient,
):
    """A client for the functions in `generated_client.api`.

    A generated function that runs on it sends the beta header, authenticates, is retried, and raises the errors of
    this package. One client serves sync and async calls, many threads, a forked child and one event loop after another.
    """

    _http_client_types = (httpx.Client, httpx.AsyncClient)

    @careful
    def __init__(
        self,
        *,
        api_key: str | KeyCallable | None = None,
        organization: str | None = None,
        project: str | None = None,
        base_url: str | httpx.URL | types.Httpx2URL | None = None,
        data_residency: DataResidency | None = None,
        timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | None = DEFAULT_TIMEOUT,
        deadline: float | timedelta | None = DEFAULT_DEADLINE,
        max_retries: int | RetryPolicy = 2,
        default_headers: Mapping[str, HeaderValue] | None = None,
        default_query: Mapping[str, QueryValue] | None = None,
        http_client: httpx.Client | httpx.AsyncClient | types.Httpx2Client | types.Httpx2AsyncClient | None = None,
        http_backend: HttpBackend = "httpx",
        max_response_bytes: int | Omit = omit,
    ) -> None:
        """Make a client. The options are those of `Sessions`; a key may come from an async function for async calls.

        Raises:
            ConfigurationError: An option is missing or malformed; the message names it.
            TypeError: `http_client` is of the wrong kind, or an argument is not known.
        """
        self._configure(
            api_key=api_key,
            organization=organization,
            project=project,
            base_url=base_url,
            data_residency=data_residency,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            default_headers=default_headers,
            default_query=default_query,
            http_client=http_client,
            http_backend=http_backend,
            max_response_bytes=max_response_bytes,
        )

    def _set_up(self, options: Options, transports: Transports, *, owns_transports: bool) -> None:
        # The base class would put the token into headers and its repr; here each attempt gets the key.
        AuthenticatedClient.__init__(self, base_url=options.base_url, token=HIDDEN)
        super()._set_up(options, transports, owns_transports=owns_transports)

    def get_httpx_client(self) -> httpx.Client:
        """Return an httpx client that sends through this one."""
        if self._client is None:
            self._client = httpx.Client(transport=_Transport(self._receive), base_url=self._base_url)
            self._client.headers.clear()
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return an asynchronous httpx client that sends through this one."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(transport=_Transport(self._areceive), base_url=self._base_url)
            self._async_client.headers.clear()
        return self._async_client

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Send through another HTTP client from now on, as with `http_client`."""
        return self._send_through(client)

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Send through another HTTP client from now on, as with `http_client`."""
        return self._send_through(async_client)

    def with_headers(self, headers: dict[str, str]) -> Self:
        """Return a copy that sends more headers."""
        headers = _headers.conceal(headers)
        return self.with_options(default_headers=headers)

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """Return a copy that sends cookies."""
        header, cookies = "; ".join(f"{name}={value}" for name, value in cookies.items()), {}
        return self.with_headers({"Cookie": header})

    def with_timeout(self, timeout: httpx.Timeout) -> Self:
        """Return a copy with another timeout."""
        return self.with_options(timeout=timeout)

    def _receive(self, request: httpx.Request) -> httpx.Response:
        call, transports = _call(request, self._options), self._open_transports()
        return _parseable(*exchange.receive(self._options, transports, call))

    async def _areceive(self, request: httpx.Request) -> httpx.Response:
        from ._call import async_exchange

        return _parseable(
            *await async_exchange.receive(self._options, self._open_transports(), _call(request, self._options))
        )

    def _send_through(self, http_client: HttpClient) -> Self:
        self._transports = Transports(self._checked_http(http_client, "httpx"), "httpx")
        return self


class _Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends what a generated function gives its httpx client."""

    def __init__(self, receive: Callable[[httpx.Request], Any]) -> None:
        self._receive = receive

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response: httpx.Response = self._receive(request)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response: httpx.Response = await self._receive(request)
        return response


def _call(request: httpx.Request, options: Options) -> Call[Any]:
    raw_path, _, _ = request.url.raw_path.partition(b"?")
    path = raw_path.removeprefix(httpx.URL(options.base_url).raw_path.rstrip(b"/")).decode()
    for operation, route in _ROUTES:
        if request.method == operation.method and route.fullmatch(path):
            break
    else:  # httpx has resolved the dots of a session id, which changed the path
        raise ValueError("session_id: expected the id of a session such as 'cksess_123', not '', '.' or '..'")
    params = request.url.params
    return Call(
        operation,
        path,
        content=request.content or None,
        extra_headers={k: v for k, v in request.headers.items() if k not in _OF_THE_CARRIER},
        extra_query={name: params.get_list(name) for name in params},
    )


def _parseable(attempts: Attempts[Any], received: Received) -> httpx.Response:
    """Return the response if the generated parser, stricter than ours, understands it; raise our error if not."""
    attempts.accept(received)
    response = attempts.whole(received)
    try:
        if response.status_code != HTTPStatus.OK:
            raise ValueError(f"the document knows only status {HTTPStatus.OK.value}")
        attempts.call.operation.model.from_dict(response.json())
    except MISFITS as error:
        problem = misfit(error)
    else:
        return response
    raise failures.validation_error(attempts.failed(), received, response.json(), problem)
