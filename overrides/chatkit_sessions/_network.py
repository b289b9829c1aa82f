"""What the environment says about reaching the server: certificates and proxies."""

import os
import ssl
from functools import cache
from urllib.request import getproxies, proxy_bypass

import httpx


def ssl_context() -> ssl.SSLContext:
    """Return the context that verifies servers, made once per process since that takes 50 ms."""
    return _ssl_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _ssl_context(_file: str | None, _directory: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def no_ssl_context() -> ssl.SSLContext:
    """Return a context for a server without TLS: httpx asks for one, and an empty one is made at once."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def proxy(url: httpx.URL) -> str | None:
    """Return the proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name for a URL."""
    proxies = getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or proxy_bypass(url.netloc.decode()):
        return None
    return named if "://" in named else f"http://{named}"
