"""The endpoint in Starlette."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ._adapters import check, importing, place_of, set_cookies
from ._drivers import adrive
from ._endpoint import SessionEndpoint
from ._values import Facts, Step

with importing("Starlette"):
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import Receive, Scope, Send


def session_routes(endpoint: SessionEndpoint, *, user: Callable[[Request], Any], path: str = "/session") -> list[Route]:
    """Return the routes of an endpoint.

    Args:
        endpoint: What answers.
        user: Returns the id of the visitor who is signed in, or None; sync or async.
        path: Where the page finds it.

    Raises:
        TypeError: The endpoint is synchronous.
    """
    check(endpoint, user, is_async=True)
    return [Route(path, _Application(endpoint, user), name="chatkit_session")]


async def end_sessions(
    endpoint: SessionEndpoint, request: Request, *, user: object, response: Response | None = None
) -> None:
    """End the sessions of `user` in this browser at a sign-out; a `response` makes the browser forget them."""
    set_cookies(response, await adrive(endpoint.end(_facts(request), user)))


class _Application:
    """An ASGI application and not a function, which Starlette would limit to some methods."""

    def __init__(self, endpoint: SessionEndpoint, user: Callable[[Request], Any]) -> None:
        self._endpoint, self._user = endpoint, user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await respond(self._endpoint, request, partial(self._user, request))
        await response(scope, receive, send)


async def respond(endpoint: SessionEndpoint, request: Request, user: Step) -> Response:
    """Answer a request."""
    answer = await adrive(endpoint.handle(_facts(request), user))
    return set_cookies(Response(answer.body, answer.status, answer.headers), answer.cookies)


def _facts(request: Request) -> Facts:
    return Facts(
        method=request.method,
        header=lambda name: ",".join(request.headers.getlist(name)),
        cookies=request.cookies,
        address=place_of(request.client.host if request.client else ""),
        read=partial(_read, request),
        request=request,
        refusals=(HTTPException, ClientDisconnect),
    )


async def _read(request: Request, most: int) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) >= most:
            break
    return body
