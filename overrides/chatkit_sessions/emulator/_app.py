"""The ASGI application: two operations, and around every request the faults and the records."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ._errors import ApiError
from ._exchange import ExchangeMiddleware
from ._faults import Faults
from ._gate import Gate
from ._recording import Recorder
from ._state import SessionStore
from ._validation import RequestValidator, parse_json
from ._wire import AsciiJSONResponse

PREFIX = "/v1"

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(
    *, gate: Gate, sessions: SessionStore, validator: RequestValidator, faults: Faults, recorder: Recorder
) -> Starlette:
    """Return the application.

    Args:
        gate: admits a request or refuses it.
        sessions: holds the state.
        validator: checks bodies.
        faults: says what goes wrong.
        recorder: keeps what happens.
    """

    async def create(request: Request) -> Response:
        body = await request.body()
        valid = validator.check(parse_json(request.headers.get("content-type", ""), body))
        return AsciiJSONResponse(sessions.create(valid, size=len(body)))

    async def cancel(request: Request) -> Response:
        return AsciiJSONResponse(sessions.cancel(request.path_params["session_id"]))

    def admitted(operation: Endpoint) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            limits = gate.admit(request.headers)
            try:
                response = await operation(request)
            except ApiError as error:
                response = error.response()
            response.headers.update(limits)
            return response

        return endpoint

    app = Starlette(
        routes=[
            Route(f"{PREFIX}/chatkit/sessions", admitted(create), methods=["POST"]),
            Route(f"{PREFIX}/chatkit/sessions/{{session_id}}/cancel", admitted(cancel), methods=["POST"]),
        ],
        middleware=[Middleware(ExchangeMiddleware, faults=faults, recorder=recorder)],
        exception_handlers={ApiError: _refused, HTTPException: _not_routed},
    )
    # A trailing slash is another URL here, as it is there.
    app.router.redirect_slashes = False
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _not_routed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, reason = {
        404: ("unknown_url", "There is nothing at this URL"),
        405: ("method_not_supported", "This URL does not take this method"),
    }[error.status_code]
    message = f"{reason}: {request.method} {request.url.path}"
    return ApiError(error.status_code, message, code=code, headers=error.headers).response()
