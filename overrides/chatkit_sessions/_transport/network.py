"""How a server is reached: its addresses, the proxy on the way, and the certificates that are trusted."""

import os
import socket
import ssl
import sys
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import FunctionType
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import unquote
from urllib.request import getproxies, getproxies_environment, proxy_bypass

import httpx

from .._errors import ConfigurationError

HttpBackend = Literal["httpx", "aiohttp"]

SOURCES: Final = "trusted certificates come from SSL_CERT_FILE or SSL_CERT_DIR; REQUESTS_CA_BUNDLE is not read"
"""What to say where a server is not trusted."""

_EXAMPLE: Final = "http://proxy.example:3128"
_SOCKS: Final = ("socks5", "socks5h")
_CURES: Final = {
    "socks": "write socks5:// for it",
    **dict.fromkeys(("socks4", "socks4a"), "SOCKS 4 is not supported; most such proxies speak socks5://, too"),
}
_WRONG_CREDENTIALS: Final = ("Invalid username/password", "Requested ")
"""How httpcore begins to say that a SOCKS proxy wants another user and password, or some or none."""
_LONGEST_LABEL: Final = 63
_LAST_PORT: Final = 65_535


def is_stock(*methods: Any) -> bool:
    """Return whether methods of httpx or httpcore are their own, and not those of a tool for tests or tracing."""
    for method in methods:  # every call asks this: all() would cost three times as much
        if type(method) not in _FUNCTIONS or not method.__globals__["__name__"].startswith(("httpx.", "httpcore.")):
            return False
    return True


_FUNCTIONS: Final = (FunctionType, type(is_stock))
"""The type of a function, and of one that Nuitka has compiled."""


class Address(NamedTuple):
    """What a socket of a family connects to."""

    family: int
    place: Any


def address_of(url: httpx.URL) -> str:
    """Return host and port of a URL, as an error names them."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def look_up(host: str, port: int, timeout: float | None) -> list[Address]:
    """Return the addresses of a host, in the order in which to try them.

    A name is looked up in another thread, since a lookup cannot be stopped. At the timeout, in seconds, the thread is
    abandoned; it ends when the system's resolver gives up.
    """
    if numeric := numeric_addresses(host, port):
        return numeric
    answers = SimpleQueue[list[Address] | Exception]()

    def answer() -> None:
        try:
            answers.put(ask_resolver(host, port))
        except Exception as error:
            answers.put(error)

    try:
        Thread(target=answer, name=f"look up {host}", daemon=True).start()
    except RuntimeError:  # the interpreter is ending
        answer()
    try:
        found = answers.get(timeout=timeout)
    except Empty:
        raise TimeoutError("its name was not looked up in time") from None
    if isinstance(found, Exception):
        raise found
    return found


def error_text(number: int) -> str:
    """Return the system's text for the number of an error; Windows has another table for sockets."""
    of_sockets: dict[int, str] = getattr(socket, "errorTab", {})
    return of_sockets.get(number, "").rstrip(".") or os.strerror(number)


def reason(error: Exception) -> str:
    """Return what an error of the system says, without its number."""
    text: str | None = getattr(error, "strerror", None)
    return text or str(error) or type(error).__name__


def numeric_addresses(host: str, port: int) -> list[Address]:
    """Return the address of a numeric host; none if it is a name."""
    try:
        return ask_resolver(host, port, socket.AI_NUMERICHOST)
    except (OSError, ValueError):
        return []


def ask_resolver(host: str, port: int, flags: int = 0) -> list[Address]:
    """Return the addresses of a host, however long that takes."""
    try:
        if port > _LAST_PORT:  # some systems take it for another
            raise OverflowError(f"port {port} is above {_LAST_PORT}")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except (UnicodeError, OverflowError) as error:
        raise ValueError(f"no host can have that name or port: {error}") from None
    return [Address(family, place) for family, _, _, _, place in found]


@dataclass(slots=True, eq=False)
class Proxy:
    """A proxy: `url` lacks user and password, which are `auth`; `label` is for people, with the password hidden."""

    url: httpx.URL
    auth: tuple[str, str] | None = field(repr=False)
    label: str

    @property
    def raw_auth(self) -> tuple[bytes, bytes] | None:
        """User and password in bytes."""
        return self.auth and (self.auth[0].encode(), self.auth[1].encode())

    def headers(self) -> dict[str, str]:
        """Return the header with user and password."""
        if self.auth is None:
            return {}
        return {"Proxy-Authorization": f"Basic {b64encode(':'.join(self.auth).encode()).decode()}"}

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, and not HTTP."""
        return self.url.scheme in _SOCKS


def find_proxy(url: httpx.URL) -> Proxy | None:
    """Return the proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name for a URL.

    The error for one that cannot be used names the variable, and shows neither user nor password.
    """
    # No frame that raises has the password in a local variable.
    found = _find(url)
    if isinstance(found, str):
        raise ConfigurationError(found)
    return found


def remember_system_proxies(url: str) -> None:
    """Ask macOS now for the proxies of a URL, unless variables of the environment name some.

    A forked child must not ask: that may crash it.
    """
    if _asks_macos():
        proxies_of_macos(httpx.URL(url).netloc.decode())


def _asks_macos() -> bool:
    return sys.platform == "darwin" and not getproxies_environment()


@cache
def proxies_of_macos(host: str) -> dict[str, str]:
    """Return the proxies that the settings of macOS name for a host, asked for once."""
    proxies = getproxies()
    return {} if proxies and proxy_bypass(host) else proxies


def _find(url: httpx.URL) -> Proxy | str | None:
    host, asks_macos = url.netloc.decode(), _asks_macos()
    proxies = proxies_of_macos(host) if asks_macos else getproxies()
    scheme = url.scheme if proxies.get(url.scheme) else "all"
    value = proxies.get(scheme, "").strip()
    if not value or (not asks_macos and proxy_bypass(host)):
        return None
    names = f"{scheme}_proxy", f"{scheme}_proxy".upper()
    variable = next((name for name in names if os.environ.get(name)), "the proxy settings of the system")
    proxy = _parsed(value)
    return f"{variable}: {proxy}" if isinstance(proxy, str) else proxy


def _parsed(value: str) -> Proxy | str:
    """Return the proxy that a value names, or what is wrong with it."""
    if value[0] in "'\"":
        return "the value is in quotes; leave them out"
    text = value if "://" in value else f"http://{value}"
    scheme = text.partition("://")[0].lower()
    if scheme not in ("http", "https", *_SOCKS):
        cure = _CURES.get(scheme, "expected http://, https:// or socks5://")
        return f"a proxy with {scheme:.20}:// cannot be used; {cure}"
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if b"@" in url.raw_path or (not url.host and "@" in text):
        return "the password has characters that must be percent-encoded, such as / as %2F and # as %23"
    if not _is_host(url.raw_host.decode("ascii")) or (url.port or 1) > _LAST_PORT:
        return f"expected the URL of a proxy, such as {_EXAMPLE}"
    if scheme in _SOCKS and find_spec("socksio") is None:
        return "a SOCKS proxy needs another package: pip install 'httpx[socks]'"
    user, _, password = url.userinfo.partition(b":")
    try:
        auth = (unquote(user, errors="strict"), unquote(password, errors="strict")) if user or password else None
    except UnicodeDecodeError:
        return "user and password are not UTF-8 when they are decoded"
    # httpcore treats both alike, and before 1.0.7 knows only one.
    bare = url.copy_with(scheme=_SOCKS[0] if scheme in _SOCKS else scheme, userinfo=b"", raw_path=b"/")
    hidden = f"{auth[0]}:[hidden]@" if auth else ""
    return Proxy(bare, auth, f"{scheme}://{hidden}{bare.netloc.decode('ascii')}")


def _is_host(host: str) -> bool:
    """Return whether a host can be looked up: Python raises other errors if a part of the name is too long."""
    labels = host.removesuffix(".").split(".")
    return ":" in host or all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def ssl_context() -> ssl.SSLContext:
    """Return the context that verifies servers, made once per process since that takes 50 ms."""
    return _ssl_context(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))


@cache
def _ssl_context(file: str, folders: str) -> ssl.SSLContext:
    variable, path = ("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folders)
    if file and not Path(file).exists():
        raise ConfigurationError(f"SSL_CERT_FILE: there is no file {file!r}")
    if not file and folders and not any(Path(folder).is_dir() for folder in folders.split(os.pathsep)):
        raise ConfigurationError(f"SSL_CERT_DIR: there is no folder {folders!r}")
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # an SSLError is one too
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"{variable}: no certificates can be loaded from {path!r} ({reason})") from None


@cache
def no_ssl_context() -> ssl.SSLContext:
    """Return a context for a server without TLS: httpx asks for one, and an empty one is made at once."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class ProxyRefused(httpx.ProxyError):
    """A proxy refused to connect to the server, and would do so again."""


def refusal(proxy: Proxy, server: str, text: str) -> httpx.ProxyError:
    """Return the error for a proxy that does not connect to a server, with what it said."""
    kind = ProxyRefused if is_lasting_refusal(text) else httpx.ProxyError
    return kind(f"the proxy {proxy.label} does not connect to {server}: {text:.100}")


def is_lasting_refusal(text: str) -> bool:
    """Return whether a proxy with this text, which may begin with a status, would refuse again."""
    if text.startswith(_WRONG_CREDENTIALS):
        return True
    status = int(text[:3]) if text[:3].isdecimal() else 0
    return 400 <= status < 500 and status not in (408, 429)
