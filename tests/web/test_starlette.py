"""Starlette's routes, under which FastAPI's run as well, whose tests have all the rest."""

from collections.abc import Callable

import pytest
from chatkit_sessions.emulator import Emulator
from chatkit_sessions.web import SessionEndpoint
from support.sites import REFUSED, Browser

pytestmark = pytest.mark.parametrize("site", ["starlette"], indirect=True)


def test_a_visitor_gets_a_client_secret_and_ends_it(browser: Browser, upstream: Emulator) -> None:
    secret = browser.ask().json()["client_secret"]
    assert browser.ask("DELETE").status_code == 204

    assert [each.status for each in upstream.sessions.values() if each.client_secret == secret] == ["cancelled"]


def test_the_application_signs_out(browser: Browser, upstream: Emulator) -> None:
    browser.ask()
    assert browser.ask("POST", "/logout").status_code == 204

    assert list(upstream.sessions.values())[-1].status == "cancelled"
    assert browser.cookies == {}


def test_what_is_refused(browser: Browser, make: Callable[..., SessionEndpoint]) -> None:
    make(accepts=["plan"])

    assert browser.ask("PUT").headers["allow"] == "POST, DELETE"
    assert browser.ask(user=None).status_code == 401
    assert browser.ask(user=REFUSED).status_code == 401
    assert browser.ask(headers={"origin": "https://evil.example"}).status_code == 403
    assert browser.ask(json={"user": "bob"}).status_code == 400
    assert browser.ask(content=b"x" * 20_000).status_code == 413
