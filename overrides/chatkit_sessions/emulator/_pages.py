"""What a browser gets: the emulator's own page, the stand-in element, and something for it to talk to."""

from collections.abc import Awaitable, Callable
from importlib.resources import files

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ._admission import bearer_token
from ._errors import ApiError
from ._exchange import read_json
from ._sessions import SessionStore
from ._wire import AsciiJSONResponse

STATIC = files(__name__.rpartition(".")[0]) / "static"
MAX_MESSAGE_BYTES = 1024 * 1024

# The page shows what callers have sent. Whatever that is, nothing but its own script runs in it.
_PAGE_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
    ),
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
# Pages of other origins load the element, and their element talks to the emulator. A secret is all that this needs, no
# cookie takes part, so every origin may.
_CORS = {"access-control-allow-origin": "*", "cache-control": "no-store"}
_CHAT = {**_CORS, "access-control-expose-headers": "Retry-After"}
_PREFLIGHT = {
    **_CORS,
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "Authorization, Content-Type",
    "access-control-max-age": "600",
}


def page_routes(sessions: SessionStore) -> list[BaseRoute]:
    """Return the routes.

    Args:
        sessions: The sessions; a page can use their secrets.
    """

    async def chat(request: Request) -> Response:
        try:
            session = sessions.use(bearer_token(httpx.Headers(request.headers.raw)))
            echo = await read_json(request, MAX_MESSAGE_BYTES, "message")
        except ApiError as error:
            response = error.response()
        else:
            response = AsciiJSONResponse({"session_id": session.id, "user": session.user, "echo": echo})
        response.headers.update(_CHAT)
        return response

    return [
        Route("/", _static("index.html", "text/html", _PAGE_HEADERS)),
        Route("/page.css", _static("page.css", "text/css", _PAGE_HEADERS)),
        Route("/page.js", _static("page.js", "text/javascript", _PAGE_HEADERS)),
        Route("/chatkit.js", _static("chatkit.js", "text/javascript", _CORS)),
        Route("/chat", chat, methods=["POST"]),
        Route("/chat", _preflight, methods=["OPTIONS"]),
    ]


def _static(name: str, media_type: str, headers: dict[str, str]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        content = (STATIC / name).read_bytes()
        return Response(content, media_type=media_type, headers=headers)

    return endpoint


async def _preflight(_: Request) -> Response:
    return Response(status_code=204, headers=_PREFLIGHT)
