"""The endpoint in FastAPI."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from ._adapters import importing
from ._answers import REFUSALS
from ._endpoint import SessionEndpoint

with importing("FastAPI"):
    from fastapi import APIRouter, Depends, HTTPException, Request, Response
    from fastapi.routing import APIRoute
    from pydantic import BaseModel

from .starlette import end_sessions, respond, session_routes

__all__ = ["ClientSecret", "Problem", "end_sessions", "session_router"]


class ClientSecret(BaseModel):
    """What ChatKit needs: a secret, and when it expires, in Unix time."""

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
    [others] = session_routes(endpoint, user=user, path=path)

    class SessionRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handle_signed_out(request: Request) -> Response:
                try:
                    return await handle(request)
                except HTTPException as error:
                    if error.status_code != 401:
                        raise
                return await chatkit_session(request, None)

            return handle_signed_out

    router = APIRouter(route_class=SessionRoute)
    problems = _problems(401, 403, 429, 502, 503, *((400, 413, 415) if endpoint.accepts else ()))

    @router.delete(path, status_code=204, responses=_problems(401, 403, 502), summary="End the visitor's chat")
    @router.post(path, response_model=ClientSecret, responses=problems, summary="Get a client secret for ChatKit")
    async def chatkit_session(request: Request, visitor: Annotated[object, Depends(user)]) -> Response:
        async def known() -> object:
            return visitor

        return await respond(endpoint, request, known)

    router.add_route(path, others.endpoint, include_in_schema=False)
    return router


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem, "description": text} for status, text in REFUSALS.values() if status in statuses}
