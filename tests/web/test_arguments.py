"""What is wrong with an endpoint is said when it, or its routes, are made."""

from collections.abc import Callable
from typing import Any

import pytest
from chatkit_sessions import AsyncSessions, Sessions
from chatkit_sessions.web import SessionEndpoint, Visit
from chatkit_sessions.web.django import asession_view, session_view
from chatkit_sessions.web.fastapi import session_router
from chatkit_sessions.web.flask import session_blueprint
from chatkit_sessions.web.starlette import session_routes

SECRET = "a secret of the tests, long enough"
SESSIONS = Sessions(api_key="sk-0123456789")
ASYNC_SESSIONS = AsyncSessions(api_key="sk-0123456789")
WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no client": ({"sessions": None}, TypeError, "sessions: expected a Sessions, an AsyncSessions or a function"),
    "a class": ({"sessions": Sessions}, TypeError, "sessions: expected"),
    "no workflow": ({"workflow": ""}, ValueError, "workflow: expected the id of a workflow such as 'wf_123', got ''"),
    "a short secret": ({"secret": "password"}, ValueError, "secret: expected 16 characters or more, got 8"),
    "no secret": ({"secret": ""}, ValueError, "secret: expected 16 characters or more, got 0"),
    "a secret that is None": ({"secret": None}, TypeError, "secret: expected a str or a list of str, got NoneType"),
    "a secret in bytes": ({"secret": SECRET.encode()}, TypeError, "secret: expected a str"),
    "no secrets": ({"secret": []}, ValueError, "secret: expected a str or a list of str, got an empty list"),
    "a short secret after a long one": ({"secret": [SECRET, "old"]}, ValueError, "secret: expected 16"),
    "one name": ({"accepts": "plan"}, TypeError, "accepts: expected a list of names, got 'plan'"),
    "names that are none": ({"accepts": [1]}, TypeError, "accepts: expected a list of names"),
    "one origin": ({"origins": "https://a.example"}, TypeError, "origins: expected a list of origins"),
    "a host": ({"origins": ["a.example"]}, ValueError, "origins: expected 'https://app.example'"),
    "a URL": ({"origins": ["https://a.example/"]}, ValueError, "origins: expected"),
    "a star": ({"origins": ["*"]}, ValueError, "origins: expected"),
    "null": ({"origins": ["null"]}, ValueError, "origins: expected"),
    "capitals": ({"origins": ["https://A.example"]}, ValueError, "origins: expected"),
    "the port that https has anyway": ({"origins": ["https://a.example:443"]}, ValueError, "origins: expected"),
    "the port that http has anyway": ({"origins": ["http://[::1]:80"]}, ValueError, "origins: expected"),
    "no scheme": ({"origins": ["//a.example"]}, ValueError, "origins: expected"),
    "a user": ({"origins": ["https://a@a.example"]}, ValueError, "origins: expected"),
    "no number": ({"limit": "20"}, ValueError, "limit: expected a number from 1"),
    "zero": ({"limit": 0}, ValueError, "limit: expected a number from 1"),
    "a truth": ({"anonymous_limit": True}, ValueError, "anonymous_limit: expected a number from 1"),
    "a deadline below zero": ({"deadline": -1}, ValueError, "deadline"),
    "retries below zero": ({"max_retries": -1}, ValueError, "max_retries"),
    "no deadline at all": ({"deadline": 0}, ValueError, "deadline: expected seconds above 0"),
    "a deadline where the client comes later": ({"sessions": print, "deadline": 0}, ValueError, "deadline: expected"),
    "retries where the client comes later": (
        {"sessions": print, "max_retries": -1},
        ValueError,
        "max_retries: expected",
    ),
    "a workflow from nowhere": ({"workflow": None}, TypeError, "workflow: None is not accepted; give the id"),
    "an unknown part of a workflow": ({"workflow": {"identifier": "wf_1"}}, ValueError, "workflow: unknown key"),
    "an unknown configuration": (
        {"chatkit_configuration": {"histry": {}}},
        ValueError,
        "chatkit_configuration: unknown key 'histry'; did you mean 'history'?",
    ),
    "a time that is too long": ({"expires_after": 601}, ValueError, "expires_after.seconds: expected a whole number"),
    "no requests": ({"rate_limits": 0}, ValueError, "rate_limits.max_requests_per_1_minute: expected"),
    "a truth in words": ({"secure": "no"}, TypeError, "secure: expected True or False, got 'no'"),
    "a number for a truth": ({"anonymous": 1}, TypeError, "anonymous: expected True or False, got 1"),
    "an event that is none": ({"on_event": "print"}, TypeError, "on_event: expected a function"),
}


@pytest.mark.parametrize(("options", "error", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_argument_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    right: dict[str, Any] = {"sessions": SESSIONS, "workflow": "wf_1", "secret": SECRET}

    with pytest.raises(error) as raised:
        SessionEndpoint(**{**right, **options})

    assert str(raised.value).startswith(message)
    assert SECRET not in str(raised.value)


def test_the_repr_shows_no_secret() -> None:
    assert SECRET not in repr(SessionEndpoint(SESSIONS, workflow="wf_1", secret=SECRET))


def nobody(*_: object) -> None: ...


async def asynchronous(_: Visit) -> None: ...


ROUTES: dict[str, tuple[bool, Callable[[SessionEndpoint], object]]] = {
    "fastapi": (True, lambda endpoint: session_router(endpoint, user=nobody)),
    "starlette": (True, lambda endpoint: session_routes(endpoint, user=nobody)),
    "django_asgi": (True, lambda endpoint: asession_view(endpoint, user=nobody)),
    "django_wsgi": (False, lambda endpoint: session_view(endpoint, user=nobody)),
    "flask": (False, lambda endpoint: session_blueprint(endpoint, user=nobody)),
}


@pytest.mark.parametrize(("is_async", "routes"), ROUTES.values(), ids=ROUTES.keys())
def test_a_client_of_the_other_kind_is_refused(is_async: bool, routes: Callable[[SessionEndpoint], object]) -> None:
    right, wrong = (ASYNC_SESSIONS, SESSIONS) if is_async else (SESSIONS, ASYNC_SESSIONS)
    routes(SessionEndpoint(right, workflow="wf_1", secret=SECRET))

    with pytest.raises(TypeError, match=f"sessions: expected .* got {type(wrong).__name__}"):
        routes(SessionEndpoint(wrong, workflow="wf_1", secret=SECRET))


@pytest.mark.parametrize("name", ["sessions", "workflow", "on_event", "limit"])
@pytest.mark.parametrize("routes", [routes for is_async, routes in ROUTES.values() if not is_async])
def test_an_async_function_is_refused_where_the_framework_is_not(
    routes: Callable[[SessionEndpoint], object], name: str
) -> None:
    from throttled.asyncio import Throttled

    given = Throttled() if name == "limit" else asynchronous
    options: dict[str, Any] = {"sessions": SESSIONS, "workflow": "wf_1", "secret": SECRET, name: given}

    with pytest.raises(TypeError, match=f"{name}: expected a synchronous function"):
        routes(SessionEndpoint(**options))
