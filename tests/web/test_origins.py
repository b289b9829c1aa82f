from collections.abc import Callable
from typing import Any

import pytest
from chatkit_sessions.emulator import Emulator
from chatkit_sessions.web import SessionEndpoint
from support.sites import Browser

Make = Callable[..., SessionEndpoint]
HOST = "chat.example"
TRUSTED = "https://www.example"
PASSES: dict[str, dict[str, str]] = {
    "no browser": {},
    "the same origin": {"origin": "https://chat.example", "sec-fetch-site": "same-origin"},
    "typed by hand": {"sec-fetch-site": "none"},
    "the same origin behind a proxy that ends TLS": {"origin": "http://chat.example", "sec-fetch-site": "same-origin"},
    "a trusted page of the same site": {"origin": TRUSTED, "sec-fetch-site": "same-site"},
    "a trusted page of another site": {"origin": TRUSTED, "sec-fetch-site": "cross-site"},
    "a trusted page in an old browser": {"origin": TRUSTED},
    "the same origin in an old browser": {"origin": "https://chat.example"},
    "the same origin in capitals": {"origin": "https://CHAT.example"},
    "a port of its own": {"host": "chat.example:8443", "origin": "https://chat.example:8443"},
}
REFUSED: dict[str, dict[str, Any]] = {
    "another site": {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    "another port of the same site": {"origin": "https://chat.example:8443", "sec-fetch-site": "same-site"},
    "a sibling": {"origin": "https://evil.chat.example", "sec-fetch-site": "same-site"},
    "another site without an origin": {"sec-fetch-site": "cross-site"},
    "another site in an old browser": {"origin": "https://evil.example"},
    "another port in an old browser": {"origin": "https://chat.example:8443"},
    "a sandboxed frame": {"origin": "null", "sec-fetch-site": "cross-site"},
    "a sandboxed frame in an old browser": {"origin": "null"},
    "a host that begins like ours": {"origin": "https://chat.example.evil.example"},
    "a host that ends like ours": {"origin": "https://evilchat.example"},
    "a user's name like ours": {"origin": "https://chat.example@evil.example"},
    "no URL": {"origin": "https://[chat.example"},
    "an unknown site": {"origin": "https://chat.example", "sec-fetch-site": "same-orígin".encode("latin-1")},
    "a trusted host over http": {"origin": "http://www.example"},
    "a hostile host": {"origin": "null", "host": "null"},
}


@pytest.fixture(autouse=True)
def _trusting(browser: Browser, make: Make) -> None:
    make(origins=[TRUSTED])


@pytest.mark.parametrize("headers", PASSES.values(), ids=PASSES.keys())
def test_our_own_pages_may(browser: Browser, headers: dict[str, Any]) -> None:
    assert browser.ask(headers={"host": HOST, **headers}).status_code == 200


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
def test_other_pages_may_not(browser: Browser, upstream: Emulator, headers: dict[str, Any]) -> None:
    before = len(upstream.requests)

    answer = browser.ask(headers={"host": HOST, **headers})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_origin")
    assert len(upstream.requests) == before
    assert "set-cookie" not in answer.headers


def test_other_pages_may_end_nothing(browser: Browser, upstream: Emulator) -> None:
    browser.ask()

    assert browser.ask("DELETE", headers={"host": HOST, **REFUSED["another site"]}).status_code == 403
    assert list(upstream.sessions.values())[-1].status == "active"


def test_two_origins_are_none(browser: Browser) -> None:
    twice = [("host", HOST), ("origin", "https://evil.example"), ("origin", "https://chat.example")]
    for headers in (twice, [*twice, ("sec-fetch-site", "same-origin")], [twice[0], *reversed(twice[1:])]):
        assert browser.ask(headers=headers).status_code == 403


def test_a_page_of_another_origin_learns_nothing_of_who_is_signed_in(browser: Browser) -> None:
    answer = browser.ask(user=None, headers={"host": HOST, **REFUSED["another site"]})

    assert answer.status_code == 403
