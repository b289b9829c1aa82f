"""The endpoint in FastAPI."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

try:
    from fastapi import APIRouter, Depends, HTTPException, Request, Response
    from fastapi.routing import APIRoute
    from pydantic import BaseModel
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "chatkit_sessions.web.fastapi needs FastAPI, which is not installed: pip install fastapi", name=error.name
    ) from None

from ._drivers import adrive
from ._endpoint import SessionEndpoint
from .starlette import end_sessions, facts_of, response_of, session_routes

__all__ = ["ClientSecret", "Problem", "end_sessions", "session_router"]


class ClientSecret(BaseModel):
    """What ChatKit in the page asks for: a secret, and when it expires, in Unix time."""

    client_secret: str
    expires_at: int


class ProblemDetail(BaseModel):
    """A code for the page, a text that it may show, and after how many seconds it may ask again."""

    code: str
    message: str
    request_id: str | None = None
    retry_after: int | None = None


class Problem(BaseModel):
    """An error."""

    error: ProblemDetail


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "Nobody is signed in"},
    403: {"model": Problem, "description": "A page of another origin asked"},
    429: {"model": Problem, "description": "The visitor asked too often"},
    502: {"model": Problem, "description": "Chat is misconfigured"},
    503: {"model": Problem, "description": "Chat is not available at the moment"},
}


def session_router(endpoint: SessionEndpoint, *, user: Callable[..., Any], path: str = "/session") -> APIRouter:
    """Return a router with an endpoint, to be included in an application.

    Args:
        endpoint: What answers.
        user: A dependency that gives the id of the visitor who is signed in; None, or an `HTTPException` with status
            401, if nobody is.
        path: Where the page finds it.

    Raises:
        TypeError: The endpoint is synchronous.
    """
    [others] = session_routes(endpoint, user=lambda _: None, path=path)

    async def respond(request: Request, visitor: object) -> Response:
        async def given(_: Request) -> object:
            return visitor

        return response_of(await adrive(endpoint.handle(facts_of(request, given))))

    class SessionRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handle_signed_out(request: Request) -> Response:
                try:
                    return await handle(request)
                except HTTPException as error:
                    if error.status_code != 401:
                        raise
                return await respond(request, None)

            return handle_signed_out

    async def chatkit_session(request: Request, visitor: Annotated[object, Depends(user)]) -> Response:
        return await respond(request, visitor)

    router = APIRouter(route_class=SessionRoute)
    router.add_api_route(
        path,
        chatkit_session,
        methods=["POST"],
        response_model=ClientSecret,
        responses=_PROBLEMS,
        summary="Get a client secret for ChatKit",
    )
    router.add_api_route(
        path,
        chatkit_session,
        methods=["DELETE"],
        status_code=204,
        response_model=None,
        responses={status: _PROBLEMS[status] for status in (401, 403)},
        summary="End the visitor's chat",
    )
    router.add_route(path, others.endpoint, include_in_schema=False)
    return router
