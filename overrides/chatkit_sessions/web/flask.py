"""The endpoint in Flask."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from ._adapters import check, importing, place_of, set_cookies
from ._drivers import drive
from ._endpoint import SessionEndpoint
from ._values import Facts

with importing("Flask"):
    from flask import Blueprint, Request, Response, request
    from flask.blueprints import BlueprintSetupState
    from werkzeug.exceptions import HTTPException


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
    check(endpoint, user, is_async=False)
    blueprint = Blueprint("chatkit_session", __name__)

    def session() -> Response:
        this: Request = cast("Any", request)._get_current_object()  # noqa: SLF001 # the proxy does not outlive it
        answer = drive(endpoint.handle(_facts(this), partial(user, this)))
        return set_cookies(Response(answer.body, answer.status, answer.headers), answer.cookies)

    def take_every_method(state: BlueprintSetupState) -> None:
        for rule in state.app.url_map.iter_rules(f"{state.name_prefix}.{state.name}.session".lstrip(".")):
            rule.methods = None  # `add_url_rule` cannot set this

    blueprint.add_url_rule(path, view_func=session, provide_automatic_options=False)
    blueprint.record(take_every_method)
    return blueprint


def end_sessions(
    endpoint: SessionEndpoint, request: Request, *, user: object, response: Response | None = None
) -> None:
    """End the sessions of `user` in this browser at a sign-out; a `response` makes the browser forget them."""
    set_cookies(response, drive(endpoint.end(_facts(request), user)))


def _facts(request: Request) -> Facts:
    return Facts(
        method=request.method,
        header=lambda name: request.headers.get(name, ""),
        cookies=request.cookies,
        address=place_of(request.remote_addr or ""),
        read=request.stream.read,
        request=request,
        refusals=(HTTPException,),
    )
