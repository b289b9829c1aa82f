"""The endpoint in Flask."""

from collections.abc import Callable
from typing import Any, Final, cast

try:
    from flask import Blueprint, Request, Response, request
    from werkzeug.exceptions import HTTPException
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "chatkit_sessions.web.flask needs Flask, which is not installed: pip install flask", name=error.name
    ) from None

from ._answers import Answer
from ._drivers import drive
from ._endpoint import SessionEndpoint
from ._values import Facts, set_cookies

_ALL_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
"""So that the endpoint says itself which it takes."""


def session_blueprint(
    endpoint: SessionEndpoint, *, user: Callable[[Request], Any], path: str = "/session"
) -> Blueprint:
    """Return a blueprint with an endpoint.

    Args:
        endpoint: What answers.
        user: Returns the id of the visitor who is signed in, or None.
        path: Where the page finds it.

    Raises:
        TypeError: The endpoint is asynchronous.
    """
    endpoint.check(is_async=False)
    blueprint = Blueprint("chatkit_session", __name__)

    def session() -> Response:
        this: Request = cast("Any", request)._get_current_object()  # noqa: SLF001 # the proxy does not outlive it
        return _response(drive(endpoint.handle(_facts(this, user))))

    blueprint.add_url_rule(path, view_func=session, methods=_ALL_METHODS, provide_automatic_options=False)
    return blueprint


def end_sessions(
    endpoint: SessionEndpoint, request: Request, *, user: object, response: Response | None = None
) -> None:
    """End the sessions that this browser holds of a visitor, when your application signs them out.

    Args:
        endpoint: What the sessions came from.
        request: The request that signs out.
        user: The id of the visitor.
        response: Is told to make the browser forget the sessions.
    """
    set_cookies(response, drive(endpoint.end(_facts(request), user)))


def _facts(request: Request, user: Callable[[Request], Any] = lambda _: None) -> Facts:
    return Facts(
        method=request.method,
        header=lambda name: request.headers.get(name, ""),
        cookies=request.cookies,
        address=request.remote_addr or "",
        user=user,
        read=request.stream.read,
        request=request,
        refusals=(HTTPException,),
    )


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, answer.headers)
    set_cookies(response, answer.cookies)
    return response
