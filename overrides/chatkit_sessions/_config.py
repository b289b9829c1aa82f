"""What a client is made with: options from arguments and the environment, checked before anything is sent."""

import os
import re
import sys
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from ipaddress import ip_address
from threading import TIMEOUT_MAX
from typing import Any, Final, Literal, cast

import httpx

from . import _headers, _query
from ._errors import ConfigurationError
from ._headers import HeaderValue
from ._omit import Omit, omit
from ._query import QueryValue
from ._retry import RetryPolicy
from ._secret import Secret

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
DEFAULT_TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
DEFAULT_DEADLINE: Final = 60.0

DataResidency = Literal["global", "us", "eu", "ae", "au", "in", "jp"]
# The hosts behind the official SDK's option of the same name.
_RESIDENCIES: Final[Mapping[str, str]] = {
    "global": DEFAULT_BASE_URL,
    **{region: f"https://{region}.api.openai.com/v1" for region in ("us", "eu", "ae", "au", "in", "jp")},
}

# Host names have no underscore, but names in a container network often do.
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")

SyncKeyCallable = Callable[[], str]
KeyCallable = SyncKeyCallable | Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, or what gives one before each attempt, and where it came from."""

    value: Secret | KeyCallable
    source: str


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that one client decides about its calls."""

    api_key: ApiKey
    base_url: str
    organization: str | None
    project: str | None
    timeout: httpx.Timeout
    deadline: float | None
    max_retries: RetryPolicy
    # Users put credentials of other systems there, which a traceback with local variables must not show.
    default_headers: Mapping[str, HeaderValue] = field(repr=False)
    default_query: Mapping[str, QueryValue] = field(repr=False)
    max_response_bytes: int | Omit


def conceal(api_key: object) -> object:
    """Wrap a key that came as text, so that no frame above shows it while its form is judged."""
    return Secret(api_key) if isinstance(api_key, str) else api_key


def resolve(**values: object) -> Options:
    """Return the options of a new client; None reads the official SDK's environment variable, where there is one.

    Raises:
        ConfigurationError: An option is missing or malformed; the message names it.
    """
    return Options(**_checked(values))


def override(options: Options, **values: object) -> Options:
    """Return the options with those values replaced that are not `omit`; headers and query are merged.

    Raises:
        ConfigurationError: An option is malformed; the message names it.
    """
    given = _checked({name: value for name, value in values.items() if value is not omit})
    if "default_headers" in given:
        given["default_headers"] = _headers.overlaid(options.default_headers, given["default_headers"])
    if "default_query" in given:
        given["default_query"] = {**options.default_query, **given["default_query"]}
    return replace(options, **given)


def check_key(value: object, source: str) -> Secret:
    """Return a key fit to be sent, without white space at its ends.

    Raises:
        ConfigurationError: It is no string, blank, or has a character that no key has. The key is not shown.
    """
    value = conceal(value)
    if isinstance(value, Coroutine):
        value.close()
        raise ConfigurationError(f"api_key: {source} is async, which only AsyncSessions can await; return a str")
    if not isinstance(value, Secret):
        raise ConfigurationError(f"api_key: expected a str from {source}, got {type(value).__name__}")
    key = Secret(value.reveal().strip())
    if not key.reveal():
        raise ConfigurationError(f"api_key: the key from {source} is blank; an OpenAI API key is needed")
    if not all("!" <= character <= "~" for character in key.reveal()):
        raise ConfigurationError(
            f"api_key: the key from {source} has white space, a control character or a character outside ASCII in it; "
            "copy it anew from the OpenAI dashboard"
        )
    return key


def check_timeout(value: object) -> httpx.Timeout:
    """Return the timeouts of one attempt.

    Raises:
        TypeError: Neither a number, an `httpx.Timeout` nor None.
        ValueError: Not a finite number of seconds above 0.
    """
    accepted = "seconds above 0, an httpx.Timeout, or None for no limit"
    if isinstance(value, httpx.Timeout):
        for phase, seconds in value.as_dict().items():
            _seconds(seconds, f"timeout.{phase}", accepted)
        return value
    return httpx.Timeout(_seconds(value, "timeout", accepted))


def check_deadline(value: object) -> float | None:
    """Return the limit of a whole call, in seconds.

    Raises:
        TypeError: Neither a number nor None.
        ValueError: Not a finite number of seconds above 0.
    """
    return _seconds(value, "deadline", "seconds above 0, or None for no limit")


def check_retry(value: object) -> RetryPolicy:
    """Return the policy that a number of retries or a policy stands for.

    Raises:
        TypeError: Neither a whole number nor a `RetryPolicy`.
        ValueError: A negative number.
    """
    if isinstance(value, RetryPolicy):
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"max_retries: expected a whole number from 0 or a RetryPolicy, got {value!r:.80}")
    return RetryPolicy(max_retries=value)


def _seconds(value: object, name: str, accepted: str) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name}: expected {accepted}, got {value!r:.80}")
    if not 0 < value <= TIMEOUT_MAX:  # 292 years; no socket takes more
        raise ValueError(f"{name}: expected {accepted}, got {value!r:.80}")
    return float(value)


def _checked(values: Mapping[str, object]) -> dict[str, Any]:
    try:
        checked: dict[str, Any] = {name: check(values[name]) for name, check in _CHECKS.items() if name in values}
        if "base_url" in values or "data_residency" in values:
            checked["base_url"] = _base_url(values.get("base_url"), values.get("data_residency"))
    except ConfigurationError:
        raise
    except (TypeError, ValueError) as error:
        raise ConfigurationError(str(error)) from None
    return checked


def _environment(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def _api_key(value: object) -> ApiKey:
    value = conceal(value)
    if callable(value):
        return ApiKey(cast("KeyCallable", value), "the api_key callable")
    if value is None or (isinstance(value, Secret) and not value.reveal().strip()):
        name = "OPENAI_API_KEY"
        if (found := conceal(_environment(name))) is None:
            raise ConfigurationError(f"api_key: no key is given; pass api_key or set {name}")
        return ApiKey(check_key(found, f"the environment variable {name}"), f"the environment variable {name}")
    return ApiKey(check_key(value, "the api_key argument"), "the api_key argument")


def _identifier(argument: str, variable: str) -> Callable[[object], str | None]:
    def check(value: object) -> str | None:
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{argument}: expected a str, got {value!r:.80}")
        source, text = argument, (value or "").strip()
        if not text:
            source, text = variable, _environment(variable) or ""
        if not all("!" <= character <= "~" for character in text):
            raise ValueError(f"{source}: expected visible ASCII characters without spaces, got {text!r:.80}")
        return text or None

    return check


def _default_headers(value: object) -> dict[str, HeaderValue]:
    return {} if value is None else _headers.check(value, "default_headers")


def _default_query(value: object) -> dict[str, QueryValue]:
    return {} if value is None else _query.check(value, "default_query")


def _base_url(value: object, data_residency: object) -> str:
    if data_residency is not None:
        if value is not None:
            raise ValueError("data_residency: give either this or base_url, not both")
        if not isinstance(data_residency, str) or data_residency not in _RESIDENCIES:
            raise ValueError(f"data_residency: expected one of {', '.join(_RESIDENCIES)}, got {data_residency!r:.80}")
        return _RESIDENCIES[data_residency]
    source = "base_url"
    if value is None or (isinstance(value, str) and not value.strip()):
        source, value = "OPENAI_BASE_URL", _environment("OPENAI_BASE_URL")
    if value is None:
        return DEFAULT_BASE_URL
    if not isinstance(value, str | httpx.URL):
        raise TypeError(f"{source}: expected a str or httpx.URL, got {value!r:.80}")
    try:
        url = httpx.URL(value.strip() if isinstance(value, str) else value)
        host, port = url.host, url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"{source}: not a URL ({error})") from None
    # The URL may hold a password or a token, so what is wrong is said without it.
    if url.scheme not in ("http", "https") or not host:
        raise ValueError(f"{source}: expected an absolute http or https URL such as {DEFAULT_BASE_URL}")
    if url.userinfo:
        raise ValueError(f"{source}: a user name or password in it is not accepted; the API key authenticates")
    if url.query or url.fragment or "?" in str(url) or "#" in str(url):
        raise ValueError(f"{source}: a query or fragment is not accepted; use default_query")
    if not _is_host(url.raw_host.decode()):
        raise ValueError(f"{source}: not a URL (its host is neither a host name nor an IP address)")
    if port is not None and not 1 <= port <= 65_535:
        raise ValueError(f"{source}: port {port} is not accepted; 1 to 65535 are")
    if url.scheme == "http" and not _is_loopback(host):
        _warn_of_plain_http(host)
    return str(url).rstrip("/")


def _is_host(host: str) -> bool:
    """Tell whether a host can be looked up; any other, which httpx takes too, ends in an error of Python's own."""
    try:
        ip_address(host)
    except ValueError:
        return len(host) <= 253 and all(map(_LABEL.fullmatch, host.removesuffix(".").split(".")))
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def _warn_of_plain_http(host: str) -> None:
    warnings.warn(
        f"base_url: plain http sends the API key to {host} unencrypted; use https outside this machine",
        stacklevel=_callers_level(),
    )


def _callers_level() -> int:
    """Return how far up the stack the code is that called this package, counted as `warnings.warn` does."""
    package = __name__.rpartition(".")[0]
    level, frame = 0, sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # `inspect` takes 10 ms to load
    while frame is not None and f"{frame.f_globals.get('__name__')}.".startswith(f"{package}."):
        level, frame = level + 1, cast("Any", frame.f_back)
    return level + 1


def _max_response_bytes(value: object) -> int | Omit:
    if isinstance(value, Omit):
        return value
    accepted = "a whole number of bytes from 1"
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"max_response_bytes: expected {accepted}, got {value!r:.80}")
    if value < 1:
        raise ValueError(f"max_response_bytes: expected {accepted}, got {value}")
    return value


_CHECKS: Final[Mapping[str, Callable[[object], Any]]] = {
    "api_key": _api_key,
    "organization": _identifier("organization", "OPENAI_ORG_ID"),
    "project": _identifier("project", "OPENAI_PROJECT_ID"),
    "timeout": check_timeout,
    "deadline": check_deadline,
    "max_retries": check_retry,
    "default_headers": _default_headers,
    "default_query": _default_query,
    "max_response_bytes": _max_response_bytes,
}
