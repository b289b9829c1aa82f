"""What is wrong with an endpoint is said when it, or its routes, are made."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit_sessions import AsyncSessions, RetryPolicy, Sessions
from chatkit_sessions.web import Event, SessionEndpoint, Visit
from chatkit_sessions.web.django import asession_view, session_view
from chatkit_sessions.web.fastapi import session_router
from chatkit_sessions.web.flask import session_blueprint
from chatkit_sessions.web.starlette import session_routes
from throttled import Throttled
from throttled.asyncio import Throttled as AsyncThrottled

SECRET = "a secret of the tests, long enough"
SESSIONS = Sessions(api_key="sk-0123456789")
ASYNC_SESSIONS = AsyncSessions(api_key="sk-0123456789")
WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no client": ({"sessions": None}, TypeError, "sessions: expected a Sessions, an AsyncSessions or a function"),
    "a class": ({"sessions": Sessions}, TypeError, "sessions: expected"),
    "no workflow": ({"workflow": ""}, ValueError, "workflow: expected the id of a workflow such as 'wf_123', got ''"),
    "a workflow with white space": ({"workflow": " wf_1"}, ValueError, "workflow: expected no white space"),
    "a blank workflow": ({"workflow": " "}, ValueError, "workflow: expected no white space"),
    "the newest workflow": (
        {"workflow": {"id": "wf_1", "version": "latest"}},
        ValueError,
        "workflow.version: 'latest'",
    ),
    "a class of workflows": ({"workflow": dict}, TypeError, "workflow: expected"),
    "the API key": ({"sessions": "sk-0123456789"}, TypeError, "sessions: expected a Sessions"),
    "a short secret": ({"secret": "password"}, ValueError, "secret: expected 16 characters or more, got 8"),
    "no secret": ({"secret": ""}, ValueError, "secret: expected 16 characters or more, got 0"),
    "a secret that is None": ({"secret": None}, TypeError, "secret: expected a str or a list of str, got NoneType"),
    "a secret in bytes": ({"secret": SECRET.encode()}, TypeError, "secret: expected a str"),
    "a blank secret": ({"secret": " \n" * 20}, ValueError, "secret: expected 16 characters or more, got 0"),
    "a blank secret in a list": ({"secret": [" " * 20]}, ValueError, "secret: expected 16 characters or more, got 0"),
    "secrets in no order": ({"secret": {SECRET}}, TypeError, "secret: expected a str or a list of str, got set"),
    "secrets in bytes": (
        {"secret": [SECRET.encode()]},
        TypeError,
        "secret: expected a str or a list of str, got bytes",
    ),
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
    "a name that is empty": ({"accepts": ["plan", ""]}, ValueError, "accepts: expected names that are neither empty"),
    "the name that is dropped": (
        {"accepts": ["currentClientSecret"]},
        ValueError,
        "accepts: expected names that are neither empty nor 'currentClientSecret', each once, got 'cur",
    ),
    "a name twice": ({"accepts": ("plan", "plan")}, ValueError, "accepts: expected names that are neither empty"),
    "a name in bytes": ({"accepts": [b"plan"]}, TypeError, "accepts: expected a list of names, got [b'plan']"),
    "names that lead somewhere": ({"accepts": {"plan": "pro"}}, TypeError, "accepts: expected a list of names"),
    "no names at all": ({"accepts": None}, TypeError, "accepts: expected a list of names, got None"),
    "an origin twice": ({"origins": ["https://a.example"] * 2}, ValueError, "origins: expected 'https://app.example'"),
    "a path": ({"origins": ["https://a.example/app"]}, ValueError, "origins: expected"),
    "a scheme in capitals": ({"origins": ["HTTPS://a.example"]}, ValueError, "origins: expected"),
    "letters that browsers write otherwise": (
        {"origins": ["https://b\xfccher.example"]},
        ValueError,
        "origins: expected",
    ),
    "a wildcard": ({"origins": ["https://*.a.example"]}, ValueError, "origins: expected"),
    "a port with a zero": ({"origins": ["https://a.example:08443"]}, ValueError, "origins: expected"),
    "white space around an origin": ({"origins": [" https://a.example"]}, ValueError, "origins: expected"),
    "an empty origin": ({"origins": [""]}, ValueError, "origins: expected 'https://app.example'"),
    "an origin that is none": ({"origins": [None]}, TypeError, "origins: expected a list of origins"),
    "no origins at all": ({"origins": None}, TypeError, "origins: expected a list of origins"),
    "no number": ({"limit": "20"}, ValueError, "limit: expected a number from 1"),
    "less than none": ({"limit": -1}, ValueError, "limit: expected a number from 1"),
    "half a number": ({"limit": 1.5}, ValueError, "limit: expected a number from 1"),
    "a limiter's class": ({"limit": Throttled}, ValueError, "limit: expected a number from 1"),
    "a truth as a limit": ({"limit": True}, ValueError, "limit: expected a number from 1"),
    "zero for an address": ({"anonymous_limit": 0}, ValueError, "anonymous_limit: expected a number from 1"),
    "zero": ({"limit": 0}, ValueError, "limit: expected a number from 1"),
    "a truth": ({"anonymous_limit": True}, ValueError, "anonymous_limit: expected a number from 1"),
    "a deadline below zero": ({"deadline": -1}, ValueError, "deadline"),
    "a deadline that is no number": ({"deadline": float("nan")}, ValueError, "deadline: expected seconds above 0"),
    "a deadline that never comes": ({"deadline": float("inf")}, ValueError, "deadline: expected seconds above 0"),
    "a deadline in words": ({"deadline": "8"}, TypeError, "deadline: expected seconds above 0"),
    "a truth as a deadline": ({"deadline": True}, TypeError, "deadline: expected seconds above 0"),
    "a truth as retries": ({"max_retries": True}, TypeError, "max_retries: expected a whole number from 0"),
    "no retries at all": ({"max_retries": None}, TypeError, "max_retries: expected a whole number from 0"),
    "half a retry": ({"max_retries": 0.5}, TypeError, "max_retries: expected a whole number from 0"),
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
    "no time": ({"expires_after": 0}, ValueError, "expires_after.seconds: expected a whole number"),
    "time in words": ({"expires_after": "300"}, TypeError, "expires_after: expected whole seconds, a timedelta"),
    "time that is None": ({"expires_after": None}, TypeError, "expires_after: None is not accepted"),
    "a truth as a time": ({"expires_after": True}, TypeError, "expires_after: expected whole seconds, a timedelta"),
    "no requests": ({"rate_limits": 0}, ValueError, "rate_limits.max_requests_per_1_minute: expected"),
    "a truth in words": ({"secure": "no"}, TypeError, "secure: expected True or False, got 'no'"),
    "a number for a truth": ({"anonymous": 1}, TypeError, "anonymous: expected True or False, got 1"),
    "a class of events": ({"on_event": Event}, TypeError, "on_event: expected a function or None"),
    "an event that is none": ({"on_event": "print"}, TypeError, "on_event: expected a function"),
}


@pytest.mark.parametrize(("options", "error", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_argument_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    right: dict[str, Any] = {"sessions": SESSIONS, "workflow": "wf_1", "secret": SECRET}

    with pytest.raises(error) as raised:
        SessionEndpoint(**{**right, **options})

    assert str(raised.value).startswith(message)
    assert SECRET not in str(raised.value)
    assert "sk-" not in str(raised.value)


RIGHT: dict[str, dict[str, Any]] = {
    "tuples": {"accepts": ("plan",), "origins": ("https://a.example",), "secret": (SECRET, SECRET[::-1])},
    "sets": {"accepts": {"plan"}, "origins": frozenset({"http://[::1]:8080", "capacitor://localhost"})},
    "a secret of 16 characters": {"secret": "0123456789abcdef"},
    "a secret that is no Unicode": {"secret": "\udcff" * 16},
    "a time and a policy": {"deadline": timedelta(seconds=8), "max_retries": RetryPolicy(max_retries=0)},
    "no limits": {"limit": None, "anonymous_limit": None, "deadline": None},
    "functions": {"sessions": print, "workflow": print, "on_event": print},
    "a client of somebody's own": {"sessions": SimpleNamespace(create=print, cancel=print)},
}


@pytest.mark.parametrize("options", RIGHT.values(), ids=RIGHT.keys())
def test_a_right_argument_is_accepted(options: dict[str, Any]) -> None:
    right: dict[str, Any] = {"sessions": SESSIONS, "workflow": "wf_1", "secret": SECRET}

    SessionEndpoint(**{**right, **options})


def test_the_repr_shows_no_secret() -> None:
    assert SECRET not in repr(SessionEndpoint(SESSIONS, workflow="wf_1", secret=SECRET))


def nobody(*_: object) -> None: ...


async def asynchronous(_: Visit) -> None: ...


ADAPTERS: dict[str, tuple[bool, Callable[..., object]]] = {
    "fastapi": (True, session_router),
    "starlette": (True, session_routes),
    "django_asgi": (True, asession_view),
    "django_wsgi": (False, session_view),
    "flask": (False, session_blueprint),
}
ROUTES: dict[str, tuple[bool, Callable[[SessionEndpoint], object]]] = {
    name: (is_async, partial(make, user=nobody)) for name, (is_async, make) in ADAPTERS.items()
}


@pytest.mark.parametrize(("is_async", "routes"), ROUTES.values(), ids=ROUTES.keys())
def test_a_client_of_the_other_kind_is_refused(is_async: bool, routes: Callable[[SessionEndpoint], object]) -> None:
    right, wrong = (ASYNC_SESSIONS, SESSIONS) if is_async else (SESSIONS, ASYNC_SESSIONS)
    routes(SessionEndpoint(right, workflow="wf_1", secret=SECRET))

    with pytest.raises(TypeError, match=f"sessions: expected .* got {type(wrong).__name__}"):
        routes(SessionEndpoint(wrong, workflow="wf_1", secret=SECRET))


@pytest.mark.parametrize("name", ["sessions", "workflow", "on_event", "limit", "anonymous_limit"])
@pytest.mark.parametrize("routes", [routes for is_async, routes in ROUTES.values() if not is_async])
def test_an_async_function_is_refused_where_the_framework_is_not(
    routes: Callable[[SessionEndpoint], object], name: str
) -> None:
    given = AsyncThrottled() if name.endswith("limit") else asynchronous
    options: dict[str, Any] = {"sessions": SESSIONS, "workflow": "wf_1", "secret": SECRET, name: given}

    with pytest.raises(TypeError, match=f"{name}: expected a synchronous function"):
        routes(SessionEndpoint(**options))


@pytest.mark.parametrize(("is_async", "make"), ADAPTERS.values(), ids=ADAPTERS.keys())
def test_the_visitor_comes_from_a_function(is_async: bool, make: Callable[..., object]) -> None:
    endpoint = SessionEndpoint(ASYNC_SESSIONS if is_async else SESSIONS, workflow="wf_1", secret=SECRET)

    with pytest.raises(TypeError, match="user: expected a function, got 'alice'"):
        make(endpoint, user="alice")
    if is_async:
        make(endpoint, user=asynchronous)
    else:
        with pytest.raises(TypeError, match="user: expected a synchronous function"):
            make(endpoint, user=asynchronous)
