"""The ASGI application: the emulator's own pages and its control, and the API at every other URL."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from ._api import not_routed
from ._errors import ApiError
from ._exchange import Exchange


def create_app(exchange: Exchange, *, pages: Sequence[BaseRoute], control: Sequence[BaseRoute]) -> Starlette:
    """Return the application.

    Args:
        exchange: Plays the API.
        pages: What a browser gets.
        control: What is under `/_emulator/`.
    """
    app = Starlette(
        routes=[*pages, Mount("/_emulator", routes=control)],
        exception_handlers={ApiError: _refused, HTTPException: _not_routed},
    )
    # A trailing slash is another URL here, as it is there.
    app.router.redirect_slashes = False
    app.router.default = exchange
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _not_routed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return not_routed(error.status_code, request.method, request.url.path, headers=headers).response()
