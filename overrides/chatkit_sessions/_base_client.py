"""How every client of this package is made, copied and closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self, TypeVar, cast

import httpx

from . import _config, _headers, _log
from ._base_url import DataResidency
from ._config import OPTIONS, Options
from ._errors import ChatKitError, ConfigurationError
from ._headers import HeaderValue
from ._omit import Omit, omit
from ._query import QueryValue
from ._retry import RetryPolicy
from ._secret import Secret, conceal, mask
from ._transport.network import HttpBackend, remember_system_proxies
from ._transport.transports import HttpClient, Transports, as_httpx, check_backend, kind_of

if TYPE_CHECKING:
    from . import types as types
else:

    class _Types:
        """The module `types`, loaded when a hint is evaluated; no call needs it."""

        def __getattr__(self, name: str) -> Any:
            from . import types

            return getattr(types, name)

    types: Final = _Types()

ApiKeyT = TypeVar("ApiKeyT")
HttpClientT = TypeVar("HttpClientT", bound="HttpClient | types.Httpx2Client | types.Httpx2AsyncClient")
F = TypeVar("F", bound="Callable[..., object]")

_HOW_TO_SEND: Final = ("http_client", "http_backend")
# What can be assigned in the official client, and what to do here instead.
_FIXED: Final[Mapping[str, str]] = {
    **{name: f"make a copy: with_options({name}=…)" for name in OPTIONS},
    **dict.fromkeys(_HOW_TO_SEND, "make a new client"),
    "token": "make a copy: with_options(api_key=…)",  # as the generated client calls the key
}


def careful(method: F) -> F:
    """Hide the credentials among the options of a method from tracebacks, and refuse unknown options."""
    known = tuple(method.__kwdefaults__ or ())

    @wraps(method)
    def wrapper(self: object, *positional: object, **options: object) -> object:
        name = type(self).__name__ + ("" if method.__name__ == "__init__" else f".{method.__name__}")
        if "api_key" in options:
            options["api_key"] = conceal(options["api_key"])
        if "default_headers" in options:
            options["default_headers"] = _headers.conceal(options["default_headers"])
        if positional:
            positional = ()  # the key, probably
            raise TypeError(f"{name}() takes keyword arguments only: {', '.join(known)}")
        _config.refuse_unknown(name, options, known)
        return method(self, **options)

    return cast("F", wrapper)


class _State:
    _options: Options
    _transports: Transports
    _owns_transports: bool
    _is_closed: bool


class BaseClient(_State, Generic[ApiKeyT, HttpClientT]):
    """A client with options. `ApiKeyT` is what it takes as `api_key`, `HttpClientT` what it can send through."""

    _http_client_types: ClassVar[tuple[type[HttpClient], ...]]

    def _configure(self, *, http_client: HttpClientT | None, http_backend: HttpBackend, **options: object) -> None:
        resolved = _config.resolve(**options)
        sender = self._checked_http(http_client, http_backend)
        self._set_up(resolved, Transports(sender, http_backend), owns_transports=True)
        if httpx.Client in self._http_client_types:
            self._transports.load()
        _log.follow_environment()

    @careful
    def with_options(
        self,
        *,
        api_key: ApiKeyT | Omit = omit,
        organization: str | Omit = omit,
        project: str | Omit = omit,
        base_url: str | httpx.URL | types.Httpx2URL | Omit = omit,
        data_residency: DataResidency | Omit = omit,
        timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | Omit | None = omit,
        deadline: float | timedelta | Omit | None = omit,
        max_retries: int | RetryPolicy | Omit = omit,
        default_headers: Mapping[str, HeaderValue] | Omit = omit,
        default_query: Mapping[str, QueryValue] | Omit = omit,
        max_response_bytes: int | Omit = omit,
    ) -> Self:
        """Return a copy with other options, which sends over the same connections.

        The arguments are those of the client itself. Headers and query parameters are added to the client's own.
        None and blank keep what the client has, but None as `timeout` or `deadline` sets no limit. Closing the
        copy leaves this client open; closing this client closes both.

        Raises:
            ConfigurationError: An option is malformed; the message names it.
            TypeError: An argument is not known.
        """
        options = _config.override(
            self._options,
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
        remember_system_proxies(options.base_url)

    def _checked_http(self, given: object, http_backend: object) -> HttpClient | None:
        http_client = as_httpx(given)
        if http_client is not None and not isinstance(http_client, self._http_client_types):
            names = [kind.__name__ for kind in self._http_client_types]
            accepted = " or ".join(f"{package}.{name}" for package in ("httpx", "httpx2") for name in names)
            raise TypeError(f"http_client: {type(self).__name__} takes an {accepted}, got {kind_of(given)}")
        if http_backend != "httpx":
            if http_backend == "aiohttp" and httpx.AsyncClient not in self._http_client_types:
                raise ConfigurationError("http_backend: 'aiohttp' serves async calls only; use AsyncSessions")
            if http_client is not None:
                raise ConfigurationError("http_backend: give either this or http_client, not both")
            check_backend(http_backend)
        return http_client

    def _open_transports(self) -> Transports:
        if self._is_closed:
            raise ChatKitError(f"this {type(self).__name__} has been closed; make a new one")
        return self._transports

    def __repr__(self) -> str:
        if not hasattr(self, "_options"):
            return f"{type(self).__name__}(not made: its options were refused)"
        key = self._options.api_key
        shown = mask(key.value.reveal()) if isinstance(key.value, Secret) else "from a callable"
        return f"{type(self).__name__}(base_url={self._options.base_url!r}, api_key={shown!r})"

    if not TYPE_CHECKING:  # type checkers would conclude that any attribute can be set

        def __setattr__(self, name: str, value: object) -> None:
            if name in _FIXED and hasattr(self, "_is_closed"):
                value = None  # it may be a key
                raise AttributeError(f"{name} of a {type(self).__name__} cannot be set; {_FIXED[name]}")
            super().__setattr__(name, value)

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} holds a key and connections: make one in each process, or with_options")


class Closes(_State):
    """A client that can be closed and is a context manager."""

    def close(self) -> None:
        """Close the connections, unless this is a copy; closing twice does no harm."""
        self._is_closed = True
        if self._owns_transports:
            self._transports.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class AsyncCloses(_State):
    """The asynchronous twin of `Closes`."""

    async def aclose(self) -> None:
        """Close the connections, unless this is a copy; closing twice does no harm."""
        self._is_closed = True
        if self._owns_transports:
            await self._transports.aclose()

    async def __aenter__(self) -> Self:
        if not self._is_closed:
            await self._transports.prepare(is_encrypted=self._options.base_url.startswith("https"))
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()
