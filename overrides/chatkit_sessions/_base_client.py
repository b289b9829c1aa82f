"""How every client of this package is made, copied and closed."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

import httpx

from . import _config, _log
from ._config import DataResidency, Options
from ._errors import ChatKitError, ConfigurationError
from ._headers import HeaderValue
from ._omit import Omit, omit
from ._query import QueryValue
from ._retry import RetryPolicy
from ._secret import Secret, mask
from ._transport.network import HttpBackend
from ._transport.transports import HttpClient, Transports, check_backend

ApiKeyT = TypeVar("ApiKeyT")
HttpClientT = TypeVar("HttpClientT", bound=HttpClient)


class BaseClient(Generic[ApiKeyT, HttpClientT]):
    """A client with options. `ApiKeyT` is what it takes as `api_key`, `HttpClientT` what it can send through."""

    _http_client_types: ClassVar[tuple[type[HttpClient], ...]]
    _options: Options
    _transports: Transports
    _owns_transports: bool
    _is_closed: bool

    def _configure(self, *, http_client: HttpClientT | None, http_backend: HttpBackend, **options: object) -> None:
        resolved = _config.resolve(**options)
        self._check_http(http_client, http_backend)
        self._set_up(resolved, Transports(http_client, http_backend), owns_transports=True)
        _log.follow_environment()

    def with_options(
        self,
        *,
        api_key: ApiKeyT | Omit = omit,
        organization: str | Omit = omit,
        project: str | Omit = omit,
        base_url: str | httpx.URL | Omit = omit,
        data_residency: DataResidency | Omit = omit,
        timeout: float | httpx.Timeout | Omit | None = omit,
        deadline: float | Omit | None = omit,
        max_retries: int | RetryPolicy | Omit = omit,
        default_headers: Mapping[str, HeaderValue] | Omit = omit,
        default_query: Mapping[str, QueryValue] | Omit = omit,
        max_response_bytes: int | Omit = omit,
    ) -> Self:
        """Return a copy with other options, which sends over the same connections.

        The arguments are those of the client itself. Headers and query parameters are added to the client's own.
        Closing the copy leaves this client open; closing this client closes both.

        Raises:
            ConfigurationError: An option is malformed; the message names it.
        """
        hidden_key = _config.conceal(api_key)
        api_key = omit
        options = _config.override(
            self._options,
            api_key=hidden_key,
            organization=organization,
            project=project,
            base_url=base_url,
            data_residency=data_residency,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            default_headers=default_headers,
            default_query=default_query,
            max_response_bytes=max_response_bytes,
        )
        copy = object.__new__(type(self))
        copy._set_up(options, self._transports, owns_transports=False)
        return copy

    def _set_up(self, options: Options, transports: Transports, *, owns_transports: bool) -> None:
        self._options = options
        self._transports = transports
        self._owns_transports = owns_transports
        self._is_closed = False

    def _check_http(self, http_client: object, http_backend: object) -> None:
        accepted = " or ".join(f"httpx.{kind.__name__}" for kind in self._http_client_types)
        if http_client is not None and not isinstance(http_client, self._http_client_types):
            raise TypeError(f"http_client: {type(self).__name__} takes an {accepted}, got {type(http_client).__name__}")
        if http_backend != "httpx":
            if http_backend == "aiohttp" and httpx.AsyncClient not in self._http_client_types:
                raise ConfigurationError("http_backend: 'aiohttp' serves async calls only; use AsyncSessions")
            if http_client is not None:
                raise ConfigurationError("http_backend: give either this or http_client, not both")
            check_backend(http_backend)

    def _open_transports(self) -> Transports:
        if self._is_closed:
            raise ChatKitError(f"this {type(self).__name__} has been closed; make a new one")
        return self._transports

    def __repr__(self) -> str:
        key = self._options.api_key
        shown = mask(key.value.reveal()) if isinstance(key.value, Secret) else "from a callable"
        return f"{type(self).__name__}(base_url={self._options.base_url!r}, api_key={shown!r})"

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} holds a key and connections: make one in each process, or with_options")


class Closes:
    """What closes and is a context manager."""

    _transports: Transports
    _owns_transports: bool
    _is_closed: bool

    def close(self) -> None:
        """Close the connections, unless this is a copy; closing twice does no harm."""
        self._is_closed = True
        if self._owns_transports:
            self._transports.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncCloses:
    """What closes asynchronously and is an asynchronous context manager."""

    _transports: Transports
    _owns_transports: bool
    _is_closed: bool

    async def aclose(self) -> None:
        """Close the connections, unless this is a copy; closing twice does no harm."""
        self._is_closed = True
        if self._owns_transports:
            await self._transports.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
