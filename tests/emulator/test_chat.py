"""Using a client secret, as a page does."""

from collections.abc import Iterator

import httpx
import pytest
from chatkit_sessions import ChatSession, Sessions
from chatkit_sessions.emulator import Emulator


@pytest.fixture
def page(emulator: Emulator) -> Iterator[httpx.Client]:
    """A page's `fetch`: it bears no API key."""
    with httpx.Client(
        base_url=emulator.base_url.removesuffix("/v1"), headers={"origin": "https://shop.test"}
    ) as client:
        yield client


@pytest.fixture
def session(sessions: Sessions) -> ChatSession:
    return sessions.create(user="user_abc", workflow="wf_123", rate_limits=3)


def say(page: httpx.Client, secret: str, text: object = "hello") -> httpx.Response:
    return page.post("/chat", json=text, headers={"authorization": f"Bearer {secret}".strip()})


def test_a_secret_gets_an_echo(page: httpx.Client, session: ChatSession, emulator: Emulator) -> None:
    response = say(page, session.client_secret, {"text": "hello"})

    assert response.status_code == 200
    assert response.json() == {"session_id": session.id, "user": "user_abc", "echo": {"text": "hello"}}
    assert response.headers["access-control-allow-origin"] == "*"
    assert emulator.sessions[session.id].messages == 1


def test_a_secret_is_no_good_once_it_expired(page: httpx.Client, session: ChatSession, emulator: Emulator) -> None:
    emulator.clock.advance(600)

    response = say(page, session.client_secret)

    assert (response.status_code, response.json()["error"]["code"]) == (401, "session_expired")
    assert response.headers["access-control-allow-origin"] == "*"


def test_a_secret_is_no_good_once_its_session_is_cancelled(
    page: httpx.Client, session: ChatSession, sessions: Sessions
) -> None:
    sessions.cancel(session)

    response = say(page, session.client_secret)

    assert (response.status_code, response.json()["error"]["code"]) == (401, "session_cancelled")


@pytest.mark.parametrize("secret", ["", "ek_unknown", "sk-emulator"])
def test_nothing_but_a_secret_is_a_secret(page: httpx.Client, secret: str) -> None:
    response = say(page, secret)

    assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_client_secret")


def test_a_session_has_its_own_rate_limit(page: httpx.Client, session: ChatSession, emulator: Emulator) -> None:
    responses = [say(page, session.client_secret) for _ in range(4)]
    emulator.clock.advance(60)

    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert 0 < int(responses[3].headers["retry-after"]) <= 60
    assert say(page, session.client_secret).status_code == 200


def test_chatting_is_no_request_to_the_api(page: httpx.Client, session: ChatSession, emulator: Emulator) -> None:
    before = len(emulator.requests)

    say(page, session.client_secret)

    assert len(emulator.requests) == before


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'"' + b"x" * 2_000_000 + b'"', "application/json", 413),
    ],
)
def test_a_message_that_is_not_json_is_refused(
    page: httpx.Client, session: ChatSession, content: bytes, content_type: str, status: int
) -> None:
    headers = {"authorization": f"Bearer {session.client_secret}", "content-type": content_type}

    assert page.post("/chat", content=content, headers=headers).status_code == status


def test_a_browser_may_ask_first(page: httpx.Client) -> None:
    response = page.options(
        "/chat",
        headers={
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        },
    )

    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    ("path", "media_type", "words", "cors"),
    [
        ("/", "text/html; charset=utf-8", "ChatKit emulator", False),
        ("/page.css", "text/css; charset=utf-8", "body", False),
        ("/page.js", "text/javascript; charset=utf-8", "_emulator/", False),
        ("/chatkit.js", "text/javascript; charset=utf-8", "openai-chatkit", True),
    ],
)
def test_a_browser_gets_pages(page: httpx.Client, path: str, media_type: str, words: str, *, cors: bool) -> None:
    response = page.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert words in response.text
    assert ("access-control-allow-origin" in response.headers) is cors


@pytest.mark.parametrize("path", ["/chatkit/sessions", "/chatkit/sessions/x/cancel"])
def test_the_api_itself_is_not_for_pages(page: httpx.Client, path: str) -> None:
    assert "access-control-allow-origin" not in page.post(f"/v1{path}").headers


@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("GET", "/chat"), ("DELETE", "/chatkit.js")])
def test_other_methods_are_refused(page: httpx.Client, method: str, path: str) -> None:
    response = page.request(method, path)

    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_supported")
