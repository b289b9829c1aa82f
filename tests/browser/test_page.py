"""A page with the emulator's stand-in element, in Chromium."""

from collections.abc import Callable
from typing import Any

import pytest
from chatkit_sessions.emulator import Emulator, Fault
from chatkit_sessions.web import SessionEndpoint
from playwright.sync_api import BrowserContext, Page
from support.sites import Site

Visit = Callable[..., Page]
both = pytest.mark.parametrize("site", ["fastapi", "django_wsgi"], indirect=True)


def say(page: Page, text: str = "hello") -> str:
    """Send a message, and return what the element shows at last."""
    page.evaluate("text => chat.sendUserMessage({ text }).catch(() => {})", text)
    return str(page.locator("openai-chatkit p").last.inner_text())


def ready(page: Page) -> Page:
    page.wait_for_function("window.asked?.length > 0")
    return page


@both
def test_the_first_secret_is_asked_for_with_null_and_used(visit: Visit, upstream: Emulator) -> None:
    page = ready(visit())

    assert say(page, "hello") == "hello"
    assert page.evaluate("asked") == [None]
    assert page.evaluate("errors") == []
    [session] = upstream.sessions.values()
    assert (session.user, session.messages) == ("alice", 1)


def test_a_secret_that_expired_is_replaced_by_another(visit: Visit, upstream: Emulator) -> None:
    page = ready(visit())
    say(page)
    upstream.clock.advance(601)

    assert say(page, "still there?") == "still there?"

    first, second = upstream.sessions.values()
    assert page.evaluate("asked") == [None, first.client_secret]
    assert (first.status, second.status) == ("expired", "active")


def test_two_tabs_have_a_secret_and_a_handle_each(visit: Visit, context: BrowserContext, upstream: Emulator) -> None:
    one, other = ready(visit()), ready(visit())

    assert (say(one, "one"), say(other, "other")) == ("one", "other")
    assert len(upstream.sessions) == 2
    assert sum("chatkit-session" in str(cookie.get("name")) for cookie in context.cookies()) == 2


@pytest.mark.usefixtures("_short_waits")
def test_an_outage_is_waited_out(visit: Visit, upstream: Emulator) -> None:
    upstream.faults.add(Fault(status=503), times=2, operation="create")

    assert say(ready(visit())) == "hello"
    assert upstream.counts["create", 503] == 2


@pytest.mark.usefixtures("_short_waits")
def test_after_three_tries_the_element_tells_what_the_endpoint_said(visit: Visit, upstream: Emulator) -> None:
    upstream.faults.add(Fault(status=503), times=3, operation="create")

    page = visit()
    page.wait_for_function("window.errors?.length > 0")

    assert page.evaluate("errors") == ["Chat is not available at the moment. Please try again shortly."]
    assert upstream.counts["create", 503] == 3


def test_who_is_not_signed_in_is_asked_to(visit: Visit, upstream: Emulator) -> None:
    page = visit(user=None)
    page.wait_for_function("window.errors?.length > 0")

    assert page.evaluate("[signIns, errors]") == [1, ["Please sign in to chat."]]
    assert len(upstream.sessions) == 0


def test_a_mistake_of_ours_is_told_at_once(visit: Visit, upstream: Emulator) -> None:
    upstream.faults.add(Fault(status=401), operation="create")
    page = visit()
    page.wait_for_function("window.errors?.length > 0")

    assert page.evaluate("errors") == ["Chat does not work at the moment."]
    assert len(upstream.requests) == 1


@both
def test_a_sign_out_ends_both_tabs(visit: Visit, context: BrowserContext, upstream: Emulator) -> None:
    one, other = ready(visit()), ready(visit())
    say(one)
    say(other)

    one.evaluate("endSessions('/chat/session')")
    context.clear_cookies(name="user")
    for page in (one, other):
        page.evaluate("chat.sendUserMessage({ text: 'after' }).catch(() => {})")

    assert [session.status for session in upstream.sessions.values()] == ["cancelled", "cancelled"]
    assert [page.evaluate("errors") for page in (one, other)] == [["Please sign in to chat."]] * 2
    assert not any("chatkit-session" in str(cookie.get("name")) for cookie in context.cookies())


def test_no_script_sees_a_cookie(visit: Visit, context: BrowserContext) -> None:
    page = ready(visit())
    say(page)

    assert context.cookies()
    assert page.evaluate("document.cookie") == ""


ATTACKS: dict[str, str] = {
    "a simple fetch": "fetch(url, { method: 'POST', credentials: 'include' })",
    "a fetch with text": "fetch(url, { method: 'POST', credentials: 'include', body: '{}' })",
    "a fetch that nobody reads": "fetch(url, { method: 'POST', credentials: 'include', mode: 'no-cors' })",
    "a fetch with JSON": """fetch(url, {
        method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{}',
    })""",
    "a fetch that ends": "fetch(url, { method: 'DELETE', credentials: 'include' })",
    "a beacon": "navigator.sendBeacon(url, '{}')",
    "a form": """(() => {
        const form = document.body.appendChild(document.createElement('form'));
        Object.assign(form, { method: 'post', action: url, target: 'frame' }).submit();
    })()""",
}


@both
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["another site", "another port of the same site"])
def test_a_page_of_another_origin_gets_nothing_and_ends_nothing(
    all_sites: dict[str, Site], site: Site, visit: Visit, context: BrowserContext, upstream: Emulator, host: str
) -> None:
    say(ready(visit()), "hello")  # with a secret, so that the page's own answer is no longer on its way
    page = context.new_page()
    page.goto(all_sites["flask"].url.replace("127.0.0.1", host) + "/page")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<iframe name=frame></iframe>')")
    before = len(upstream.requests)
    url = site.url.replace("127.0.0.1", "localhost") + "/chat/session"
    answers: list[Any] = []
    context.on("response", lambda response: answers.append(response.status) if response.url == url else None)
    context.on("requestfailed", lambda request: answers.append(None) if request.url == url else None)

    for name, attack in ATTACKS.items():
        answers.clear()
        page.evaluate(f"url => {{ Promise.resolve({attack}).catch(() => {{}}); }}", url)
        for _ in range(3000):
            if answers:
                break
            page.wait_for_timeout(10)
        # 405 answers the question whether it may, which browsers ask before they send JSON or DELETE.
        assert answers, name
        assert set(answers) <= {403, 405, None}, name

    assert len(upstream.requests) == before
    assert [session.status for session in upstream.sessions.values()] == ["active"]


@pytest.fixture
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit_sessions.web._answers.SHORTEST_WAIT", 1)


def test_a_page_of_a_trusted_origin_may(
    all_sites: dict[str, Site], site: Site, visit: Visit, context: BrowserContext, upstream: Emulator
) -> None:
    friend = all_sites["flask"].url.replace("127.0.0.1", "localhost")
    site.use(
        SessionEndpoint(site.sessions, workflow="wf_1", secret="a secret of the tests, long enough", origins=[friend])
    )
    say(ready(visit()), "hello")  # with a secret, so that the page's own answer is no longer on its way
    page = context.new_page()
    page.goto(friend + "/page")
    url = site.url.replace("127.0.0.1", "localhost") + "/chat/session"

    # What it gets to read is up to the CORS headers of the application; that it asked is what counts here.
    before = len(upstream.sessions)
    page.evaluate("url => fetch(url, { method: 'POST', credentials: 'include', mode: 'no-cors' })", url)

    assert len(upstream.sessions) == before + 1
