"""Where the API is: a base URL, checked before the key is sent there."""

import re
import sys
import warnings
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from typing import Any, Final, Literal, cast

import httpx

from ._generated import CANCEL, CREATE

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"

DataResidency = Literal["global", "us", "eu", "ae", "au", "in", "jp"]
# The hosts behind the official SDK's option of the same name.
_RESIDENCIES: Final[Mapping[str, str]] = {
    "global": DEFAULT_BASE_URL,
    **{region: f"https://{region}.api.openai.com/v1" for region in ("us", "eu", "ae", "au", "in", "jp")},
}

# Names in a container network often have an underscore, though host names have none.
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_ENDPOINT: Final = re.compile(rf"({CREATE[1]}|{CANCEL[1].format(session_id='[^/]+')})$")


def check_residency(value: object, label: str) -> str:
    """Return the base URL of a region; an error begins with `label`."""
    if not isinstance(value, str) or value not in _RESIDENCIES:
        raise ValueError(f"{label}: expected one of {', '.join(_RESIDENCIES)}, got {value!r:.80}")
    return _RESIDENCIES[value]


def check_base_url(value: object, label: str) -> str:
    """Return a base URL without a slash at its end; an error begins with `label`.

    The error does not show the value, which may hold a password or a token.
    """
    if not isinstance(value, _url_types()):
        raise TypeError(f"{label}: expected a str or httpx.URL, got {value!r:.80}")
    try:
        url = httpx.URL(str(value).strip())
        host, port = url.host, url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"{label}: not a URL ({error})") from None
    if url.scheme not in ("http", "https") or not host:
        raise ValueError(f"{label}: expected an absolute http or https URL such as {DEFAULT_BASE_URL}")
    if url.userinfo:
        raise ValueError(f"{label}: a user name or password in it is not accepted; the API key authenticates")
    if url.query or url.fragment or "?" in str(url) or "#" in str(url):
        raise ValueError(f"{label}: a query or fragment is not accepted; use default_query")
    if not _is_host(url.raw_host.decode()):
        raise ValueError(f"{label}: not a URL (its host is neither a host name nor an IP address)")
    if port is not None and not 1 <= port <= 65_535:
        raise ValueError(f"{label}: port {port} is not accepted; 1 to 65535 are")
    base = str(url).rstrip("/")
    if endpoint := _ENDPOINT.search(base):
        raise ValueError(f"{label}: it ends in the path of an endpoint; give {base[: endpoint.start()]}")
    if url.scheme == "http" and not _is_loopback(host):
        _warn_of_plain_http(host)
    return base


def _url_types() -> tuple[type[Any], ...]:
    # httpx2 is not required; a program that passes its URL has loaded it.
    httpx2: Any = sys.modules.get("httpx2")
    return (str, httpx.URL) if httpx2 is None else (str, httpx.URL, httpx2.URL)


def _is_host(host: str) -> bool:
    """Return whether a host can be looked up; httpx also accepts names for which Python raises its own errors."""
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
    """Return the stack level of the code that called this package, as `warnings.warn` counts."""
    package = __name__.rpartition(".")[0]
    level, frame = 0, sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # `inspect` takes 10 ms to load
    while frame is not None and f"{frame.f_globals.get('__name__')}.".startswith(f"{package}."):
        level, frame = level + 1, cast("Any", frame.f_back)
    return level + 1
