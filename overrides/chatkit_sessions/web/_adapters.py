"""What the modules of the frameworks share."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from inspect import iscoroutinefunction
from ipaddress import IPv6Address
from typing import Any, TypeVar, cast

from ._endpoint import SessionEndpoint
from ._values import Cookie

ResponseT = TypeVar("ResponseT")


@contextmanager
def importing(framework: str) -> Generator[None]:
    """Say which framework to install if an import fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = framework.lower()
        message = f"chatkit_sessions.web.{name} needs {framework}, which is not installed: pip install {name}"
        raise ModuleNotFoundError(message, name=error.name) from None


def check(endpoint: SessionEndpoint, user: Callable[..., Any], *, is_async: bool) -> None:
    """Check that an endpoint is sync or async as the framework needs, and that there is a function for the visitor.

    Raises:
        TypeError: It is of the other kind, or there is no function.
    """
    if not callable(user):
        raise TypeError(f"user: expected a function, got {user!r:.80}")
    create = getattr(endpoint.sessions, "create", None)
    if create is not None and iscoroutinefunction(create) != is_async:
        wanted = "AsyncSessions for async" if is_async else "Sessions for sync"
        raise TypeError(f"sessions: expected {wanted} routes, got {type(endpoint.sessions).__name__}")
    given = {name: getattr(endpoint, name) for name in ("sessions", "workflow", "on_event", "limit", "anonymous_limit")}
    for name, value in {**given, "user": user}.items():
        if not is_async and iscoroutinefunction(getattr(value, "limit", value)):
            raise TypeError(f"{name}: expected a synchronous function for sync routes, got an async one")


def set_cookies(response: ResponseT, cookies: Iterable[Cookie]) -> ResponseT:
    """Set cookies on a framework's response, if there is one, and return it."""
    if response is not None:
        for cookie in cookies:
            cast("Any", response).set_cookie(**cookie)
    return response


def place_of(address: str) -> str:
    """Return what is counted together: an IPv4 address, or an IPv6 network, since one machine has many addresses."""
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
