"""How a server is reached: limits, certificates and proxies."""

import os
import select
import ssl
import time
from functools import cache
from importlib.util import find_spec
from types import FunctionType
from typing import Any, Final, Literal
from urllib.request import getproxies, proxy_bypass

import httpx

from .._errors import ConfigurationError

MAX_CONNECTIONS: Final = 100
IDLE_SECONDS: Final = 30.0
"""How long an unused connection is kept; servers and load balancers close theirs after a minute or more."""

HttpBackend = Literal["httpx", "aiohttp"]
Origin = tuple[str, str, int | None]


def origin_of(url: httpx.URL) -> Origin:
    """Return what two URLs must have in common to share a connection."""
    return url.scheme, url.host, url.port


def is_stock(*methods: object) -> bool:
    """Return whether methods of httpx or httpcore are theirs, and not of a tool for tests or tracing."""
    for method in methods:  # every call asks this: all() would cost three times as much
        if type(method) is not FunctionType or not method.__globals__["__name__"].startswith(("httpx.", "httpcore.")):
            return False
    return True


def has_expired(idle_since: float) -> bool:
    """Return whether a connection has been idle for so long that it is better closed."""
    return time.monotonic() - idle_since > IDLE_SECONDS


def is_available(socket: Any, idle_since: float) -> bool:
    """Return whether an idle connection can be used: all there is to read from one is its end."""
    if socket is None or has_expired(idle_since) or (descriptor := socket.fileno()) < 0:
        return False
    if not hasattr(select, "poll"):  # on Windows, whose `select` takes any number of sockets
        return not select.select([descriptor], [], [], 0)[0]
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return not poll.poll(0)


def ssl_context() -> ssl.SSLContext:
    """Return the context that verifies servers, made once per process since that takes 50 ms.

    Raises:
        ConfigurationError: The certificates that the environment names cannot be loaded.
    """
    try:
        return _ssl_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    except OSError as error:  # an SSLError is one too
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"SSL_CERT_FILE, SSL_CERT_DIR: no certificates can be loaded ({reason})") from None


@cache
def _ssl_context(_file: str | None, _directory: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def no_ssl_context() -> ssl.SSLContext:
    """Return a context for a server without TLS: httpx asks for one, and an empty one is made at once."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def proxy(url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name for a URL.

    Raises:
        ConfigurationError: It cannot be used.
    """
    proxies = getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or proxy_bypass(url.netloc.decode()):
        return None
    try:
        found = httpx.Proxy(named if "://" in named else f"http://{named}")
    except (httpx.InvalidURL, ValueError):
        raise ConfigurationError(f"the proxy that the environment names for {url.host} is no proxy URL") from None
    if found.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError(
            f"the environment names a SOCKS proxy for {url.host}, which needs: pip install 'httpx[socks]'"
        )
    return found
