"""The endpoint in Django, for WSGI and for ASGI."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from ._adapters import check, importing, place_of, set_cookies
from ._answers import Answer
from ._drivers import adrive, drive
from ._endpoint import SessionEndpoint
from ._values import Facts, Step

with importing("Django"):
    from asgiref.sync import sync_to_async
    from django.core.exceptions import PermissionDenied
    from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError


def signed_in(request: HttpRequest) -> object:
    """Return the primary key of the user who is logged in, or None."""
    return request.user.pk if request.user.is_authenticated else None


async def asigned_in(request: HttpRequest) -> object:
    """Return the primary key of the user who is logged in, or None."""
    user = await request.auser()
    return user.pk if user.is_authenticated else None


def session_view(
    endpoint: SessionEndpoint, *, user: Callable[[HttpRequest], Any] = signed_in
) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of an endpoint that has a `Sessions`.

    Django's own protection against other sites is off for it, since the endpoint checks the origin itself.

    Args:
        endpoint: What answers.
        user: Returns the id of the visitor who is signed in, or None. Default: the primary key of the user.

    Raises:
        TypeError: The endpoint is asynchronous.
    """
    check(endpoint, user, is_async=False)

    def view(request: HttpRequest) -> HttpResponse:
        return _response(drive(endpoint.handle(_facts(request), partial(user, request))))

    view.csrf_exempt = True  # type: ignore[attr-defined] # where Django looks
    return view


def asession_view(
    endpoint: SessionEndpoint, *, user: Callable[[HttpRequest], Any] = asigned_in
) -> Callable[[HttpRequest], Awaitable[HttpResponse]]:
    """Return the async view of an endpoint that has an `AsyncSessions`; as `session_view`, and `user` may be async."""
    check(endpoint, user, is_async=True)

    async def view(request: HttpRequest) -> HttpResponse:
        return _response(await adrive(endpoint.handle(_facts(request), partial(user, request)), _in_thread))

    view.csrf_exempt = True  # type: ignore[attr-defined] # where Django looks
    return view


def end_sessions(
    endpoint: SessionEndpoint, request: HttpRequest, *, user: object, response: HttpResponse | None = None
) -> None:
    """End the sessions of `user` in this browser at a sign-out; a `response` makes the browser forget them."""
    set_cookies(response, drive(endpoint.end(_facts(request), user)))


async def aend_sessions(
    endpoint: SessionEndpoint, request: HttpRequest, *, user: object, response: HttpResponse | None = None
) -> None:
    """Do what `end_sessions` does, for an endpoint that has an `AsyncSessions`."""
    set_cookies(response, await adrive(endpoint.end(_facts(request), user), _in_thread))


def _in_thread(step: Step) -> Awaitable[Any]:
    return sync_to_async(step)()


def _facts(request: HttpRequest) -> Facts:
    meta = request.META
    # Under WSGI Django ignores a body without a length, even if the server marks its end.
    is_chunked = meta.get("wsgi.input_terminated") and not meta.get("CONTENT_LENGTH")
    return Facts(
        method=request.method or "",
        header=lambda name: request.headers.get(name, ""),
        cookies=request.COOKIES,
        address=place_of(meta.get("REMOTE_ADDR", "")),
        read=meta["wsgi.input"].read if is_chunked else request.read,
        request=request,
        refusals=(PermissionDenied, Http404, UnreadablePostError),
    )


def _response(answer: Answer) -> HttpResponse:
    return set_cookies(HttpResponse(answer.body, status=answer.status, headers=answer.headers), answer.cookies)
