import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit_sessions.emulator import Emulator, Fault
from chatkit_sessions.web import Event, SessionEndpoint
from support.delays import hold_delays
from support.sites import Browser, Site

Make = Callable[..., SessionEndpoint]


def statuses(upstream: Emulator, number: int) -> list[str]:
    return [each.status for each in list(upstream.sessions.values())[-number:]]


@pytest.mark.parametrize(("method", "url"), [("DELETE", "/chat/session"), ("POST", "/logout")])
def test_signing_out_ends_all_sessions_of_the_browser(
    browser: Browser, upstream: Emulator, method: str, url: str
) -> None:
    for _ in range(3):
        browser.ask()

    answer = browser.ask(method, url)

    assert (answer.status_code, answer.content) == (204, b"")
    assert statuses(upstream, 3) == ["cancelled"] * 3
    assert browser.cookies == {}
    assert browser.ask(method, url).status_code == 204, "also when nothing is left"


def test_another_browser_of_the_visitor_goes_on(browser: Browser, upstream: Emulator) -> None:
    browser.ask()
    other = Browser(browser.url)
    other.ask()

    browser.ask("DELETE")

    assert statuses(upstream, 2) == ["cancelled", "active"]
    other.close()


def test_a_session_that_has_ended_before_is_not_worth_a_word(
    browser: Browser, upstream: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    browser.ask()
    kept = dict(browser.cookies)
    browser.ask("DELETE")
    browser.cookies = kept

    assert browser.ask("DELETE").status_code == 204
    assert "was not ended" not in caplog.text


def test_a_failure_is_logged_and_the_others_are_ended(
    make: Make, browser: Browser, upstream: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    make(on_event=events.append)
    for _ in range(3):
        browser.ask()
    upstream.faults.add(Fault(status=500), operation="cancel")

    answer = browser.ask("DELETE")

    assert answer.status_code == 204
    assert sorted(statuses(upstream, 3)) == ["active", "cancelled", "cancelled"]
    assert browser.cookies == {}
    assert caplog.text.count("was not ended") == 1
    assert sorted((event.name, len(event.session_ids)) for event in events[3:]) == [("ended", 2), ("failed", 1)]


def test_a_sign_out_waits_for_all_at_once(
    make: Make, browser: Browser, upstream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit_sessions.web._endpoint._SIGN_OUT_SECONDS", 30)
    over = hold_delays(monkeypatch)
    for _ in range(5):
        browser.ask()
    before = len(upstream.requests)
    upstream.faults.add(Fault(delay=1), times=5, operation="cancel")

    with ThreadPoolExecutor(1) as pool:
        leaving = pool.submit(browser.ask, "DELETE")
        while len(upstream.requests) < before + 5 and not leaving.done():
            time.sleep(0.01)
        assert not leaving.done()
        over.set()
        assert leaving.result().status_code == 204
    assert statuses(upstream, 5) == ["cancelled"] * 5


def test_a_sign_out_does_not_wait_for_ever(
    make: Make, browser: Browser, upstream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit_sessions.web._endpoint._SIGN_OUT_SECONDS", 0.4)
    for _ in range(5):
        browser.ask()
    upstream.faults.add(Fault(delay=60), times=5, operation="cancel")

    assert browser.ask("DELETE").status_code == 204
    assert statuses(upstream, 5) == ["active"] * 5


def test_the_functions_of_an_application_may_fail_at_a_sign_out(
    make: Make, browser: Browser, upstream: Emulator
) -> None:
    client = make().sessions
    fails = False

    def sessions(_: object) -> object:
        if fails:
            raise RuntimeError
        return client

    make(sessions=sessions)
    browser.ask()
    fails = True

    assert browser.ask("DELETE").status_code == 204


def test_a_client_of_ones_own_needs_no_hash(site: Site, make: Make, browser: Browser) -> None:
    client: Any = site.sessions
    make(sessions=SimpleNamespace(create=client.create, cancel=client.cancel))

    assert browser.ask().status_code == 200
    assert browser.ask("DELETE").status_code == 204
