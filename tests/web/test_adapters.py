"""What each framework gets besides the endpoint: its document, its default visitor, its addresses."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit_sessions import AsyncSessions, Sessions
from chatkit_sessions.emulator import Emulator
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web import django as web_django
from chatkit_sessions.web import fastapi as web_fastapi
from chatkit_sessions.web import flask as web_flask
from chatkit_sessions.web import starlette as web_starlette
from django.test import AsyncRequestFactory, RequestFactory
from fastapi import FastAPI
from fastapi.testclient import TestClient
from flask import Flask, Request
from support.sites import Browser, Site

SECRET = "a secret of the tests, long enough"


def endpoint_of(kind: type[Sessions | AsyncSessions], upstream: Emulator, **given: Any) -> SessionEndpoint:
    client = kind(api_key=upstream.api_key, base_url=upstream.base_url)
    return SessionEndpoint(client, workflow="wf_1", secret=SECRET, **given)


def document(endpoint: SessionEndpoint) -> dict[str, Any]:
    app = FastAPI()
    app.include_router(web_fastapi.session_router(endpoint, user=lambda: "alice"), prefix="/chat")
    return app.openapi()


def test_fastapi_documents_the_endpoint(upstream: Emulator) -> None:
    described = document(endpoint_of(AsyncSessions, upstream))

    assert list(described["paths"]) == ["/chat/session"]
    post, delete = described["paths"]["/chat/session"]["post"], described["paths"]["/chat/session"]["delete"]
    assert described["paths"]["/chat/session"].keys() == {"post", "delete"}
    assert post["responses"].keys() == {"200", "401", "403", "429", "502", "503"}
    assert delete["responses"].keys() == {"204", "401", "403", "502"}
    answer = post["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    schemas = described["components"]["schemas"]
    assert schemas[answer.rpartition("/")[2]]["properties"].keys() == {"client_secret", "expires_at"}
    for each in (post, delete):
        errors = [response for status, response in each["responses"].items() if status >= "400"]
        assert {error["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2] for error in errors} == {
            "Problem"
        }
        assert all(error["description"] for error in errors)
    assert schemas["ProblemDetail"]["required"] == ["code", "message"]


def test_fastapi_documents_what_a_body_may_come_to(upstream: Emulator) -> None:
    described = document(endpoint_of(AsyncSessions, upstream, accepts=["plan"]))

    assert described["paths"]["/chat/session"]["post"]["responses"].keys() >= {"400", "413", "415"}


def test_dependencies_of_a_fastapi_router_run(upstream: Emulator) -> None:
    from fastapi import Depends

    seen: list[str] = []
    app = FastAPI()
    endpoint = endpoint_of(AsyncSessions, upstream)
    router = web_fastapi.session_router(endpoint, user=lambda: None, path="/secret")
    app.include_router(router, prefix="/chat", dependencies=[Depends(lambda: seen.append("ran"))])

    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        assert client.post("/chat/secret").status_code == 401
    assert seen == ["ran"]


def test_flask_and_starlette_take_another_path(upstream: Emulator) -> None:
    app = Flask(__name__)

    def nobody(_: Request) -> None: ...

    app.register_blueprint(
        web_flask.session_blueprint(endpoint_of(Sessions, upstream), user=nobody, path="/secret"), url_prefix="/chat"
    )
    assert app.test_client().post("/chat/secret").status_code == 401

    [route] = web_starlette.session_routes(endpoint_of(AsyncSessions, upstream), user=lambda _: None)
    assert route.path == "/session"


USERS = {"signed in": (7, "7"), "signed out": (None, None)}


@pytest.mark.parametrize(("key", "user"), USERS.values(), ids=USERS.keys())
def test_the_visitor_of_django_is_its_user(
    all_sites: dict[str, Site], upstream: Emulator, key: int | None, user: str | None
) -> None:
    signed_in = SimpleNamespace(pk=key, is_authenticated=key is not None)

    async def auser() -> object:
        return signed_in

    request, arequest = RequestFactory().post("/chat/session"), AsyncRequestFactory().post("/chat/session")
    request.user, arequest.auser = signed_in, auser  # type: ignore[assignment] # as its middleware sets them
    view = web_django.session_view(endpoint_of(Sessions, upstream))
    aview: Any = web_django.asession_view(endpoint_of(AsyncSessions, upstream))

    answers = [view(request), asyncio.run(aview(arequest))]

    assert [answer.status_code for answer in answers] == [200 if user else 401] * 2
    if user:
        assert [each.user for each in list(upstream.sessions.values())[-2:]] == [user, user]


def test_a_sign_out_needs_no_response(
    site: Site, make: Callable[..., SessionEndpoint], browser: Browser, upstream: Emulator
) -> None:
    browser.ask()
    kept = dict(browser.cookies)

    assert browser.ask("POST", "/logout", headers={"x-without-response": "yes"}).status_code == 204

    assert list(upstream.sessions.values())[-1].status == "cancelled"
    assert browser.cookies == kept, "nothing told the browser to forget"
