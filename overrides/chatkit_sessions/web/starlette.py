"""The endpoint in Starlette."""

from collections.abc import Callable
from typing import Any

try:
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import Receive, Scope, Send
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "chatkit_sessions.web.starlette needs Starlette, which is not installed: pip install starlette", name=error.name
    ) from None

from ._answers import Answer
from ._drivers import adrive
from ._endpoint import SessionEndpoint
from ._values import Facts, set_cookies


def session_routes(endpoint: SessionEndpoint, *, user: Callable[[Request], Any], path: str = "/session") -> list[Route]:
    """Return the routes of an endpoint.

    Args:
        endpoint: What answers.
        user: Returns the id of the visitor who is signed in, or None; sync or async.
        path: Where the page finds it.

    Raises:
        TypeError: The endpoint is synchronous.
    """
    endpoint.check(is_async=True)
    return [Route(path, _Application(endpoint, user), name="chatkit_session")]


async def end_sessions(
    endpoint: SessionEndpoint, request: Request, *, user: object, response: Response | None = None
) -> None:
    """End the sessions that this browser holds of a visitor, when your application signs them out.

    Args:
        endpoint: What the sessions came from.
        request: The request that signs out.
        user: The id of the visitor.
        response: Is told to make the browser forget the sessions.
    """
    set_cookies(response, await adrive(endpoint.end(facts_of(request), user)))


class _Application:
    """An ASGI application rather than a function, which Starlette would tie to some methods."""

    def __init__(self, endpoint: SessionEndpoint, user: Callable[[Request], Any]) -> None:
        self._endpoint = endpoint
        self._user = user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = response_of(await adrive(self._endpoint.handle(facts_of(request, self._user))))
        await response(scope, receive, send)


def facts_of(request: Request, user: Callable[[Request], Any] = lambda _: None) -> Facts:
    """Return a request as a value."""

    async def read(most: int) -> bytes:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) >= most:
                break
        return body

    return Facts(
        method=request.method,
        header=lambda name: ",".join(request.headers.getlist(name)),
        cookies=request.cookies,
        address=request.client.host if request.client else "",
        user=user,
        read=read,
        request=request,
        refusals=(HTTPException, ClientDisconnect),
    )


def response_of(answer: Answer) -> Response:
    """Return an answer as a response."""
    response = Response(answer.body, answer.status, answer.headers)
    set_cookies(response, answer.cookies)
    return response
