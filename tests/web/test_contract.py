import asyncio
import inspect
from collections.abc import Callable

import httpx
import pytest
from chatkit_sessions import omit
from chatkit_sessions.emulator import Emulator, Fault
from chatkit_sessions.web import Event, SessionEndpoint, Visit
from chatkit_sessions.web._answers import REFUSALS
from support.sites import ASYNC, REFUSED, Browser, Site, set_cookies

Make = Callable[..., SessionEndpoint]

IDS = {
    "an email address": "alice@example.com",
    "Unicode": "café 東京 🙂",
    "300 characters": "x" * 300,
    "control characters": "a\r\nSet-Cookie: b=c\x00\x7fd",
    "separators": "session:user:alice",
    "another purpose": "visitor",
    "a dot and a semicolon": "a.b;c=d, e",
}


def test_a_visitor_gets_a_client_secret_and_a_handle(browser: Browser, upstream: Emulator) -> None:
    answer = browser.ask()

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"client_secret", "expires_at"}
    [(name, cookie)] = set_cookies(answer)
    assert httpx.URL(f"http://x/{name}").path.startswith("/__Host-chatkit-session-")
    assert len(name) == len("__Host-chatkit-session-") + 8
    assert (cookie["max-age"], cookie["path"], cookie["samesite"]) == ("660", "/", "Lax")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["domain"] == ""
    session = next(each for each in upstream.sessions.values() if each.client_secret == answer.json()["client_secret"])
    assert (session.user, session.request["workflow"]["id"]) == ("alice", "wf_1")


def test_every_post_mints_a_session_of_its_own(browser: Browser) -> None:
    secrets = {browser.ask().json()["client_secret"] for _ in range(3)}

    assert len(secrets) == 3
    assert len(browser.cookies) == 3


def test_without_secure_the_cookies_work_over_http(make: Make, browser: Browser) -> None:
    make(secure=False)

    [(name, cookie)] = set_cookies(browser.ask())

    assert name.startswith("chatkit-session-")
    assert not cookie["secure"]


def test_sessions_are_made_with_the_options_of_the_endpoint(make: Make, browser: Browser, upstream: Emulator) -> None:
    make(expires_after=60, rate_limits=7, chatkit_configuration={"history": {"enabled": False}})

    secret = browser.ask().json()["client_secret"]

    session = next(each for each in upstream.sessions.values() if each.client_secret == secret)
    assert session.request["expires_after"]["seconds"] == 60
    assert session.request["rate_limits"] == {"max_requests_per_1_minute": 7}
    assert session.request["chatkit_configuration"] == {"history": {"enabled": False}}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("user", [None, REFUSED])
def test_nobody_gets_nothing(browser: Browser, upstream: Emulator, method: str, user: str | None) -> None:
    before = len(upstream.requests)

    answer = browser.ask(method, user=user)

    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": "not_signed_in", "message": "Please sign in to chat."}}
    assert len(upstream.requests) == before


def test_no_answer_is_kept_or_guessed_at(browser: Browser) -> None:
    for method in ("POST", "DELETE", "GET"):
        for user in ("alice", None):
            answer = browser.ask(method, user=user)

            assert answer.headers.get_list("cache-control") == ["no-store"]
            assert answer.headers["x-content-type-options"] == "nosniff"


def ask_for(code: str, browser: Browser, upstream: Emulator) -> httpx.Response:
    """Bring about one of the errors."""
    json = {"content-type": "application/json"}
    if code == "too_many_sessions":
        browser.ask()
    if code in ("chat_misconfigured", "chat_unavailable"):
        upstream.faults.add(Fault(status=401 if code == "chat_misconfigured" else 500), operation="create")
    return {
        "bad_body": lambda: browser.ask(content=b"[]", headers=json),
        "not_signed_in": lambda: browser.ask(user=None),
        "cross_origin": lambda: browser.ask(headers={"origin": "https://evil.example"}),
        "method_not_allowed": lambda: browser.ask("GET"),
        "body_too_large": lambda: browser.ask(content=b" " * 20_000, headers=json),
        "not_json": lambda: browser.ask(content=b"plan=pro"),
    }.get(code, browser.ask)()


@pytest.mark.parametrize("code", REFUSALS)
def test_every_error_has_one_form_and_words_of_our_own(
    make: Make, browser: Browser, upstream: Emulator, code: str
) -> None:
    make(accepts=["plan"], limit=1)
    status, message = REFUSALS[code]

    answer = ask_for(code, browser, upstream)

    assert answer.status_code == status
    assert answer.json().keys() == {"error"}
    error = answer.json()["error"]
    assert error.keys() <= {"code", "message", "request_id", "retry_after"}
    assert (error["code"], error["message"]) == (code, message)
    assert ("retry_after" in error) == ("retry-after" in answer.headers) == (status in (429, 503))
    assert ("allow" in answer.headers) == (status == 405)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert "set-cookie" not in answer.headers
    assert not any(word in answer.text.lower() for word in ("openai", "wf_1", "workflow", "sk-", "api key", "emulator"))


@pytest.mark.parametrize("user", IDS.values(), ids=IDS.keys())
def test_an_odd_id_is_as_good_as_any(make: Make, browser: Browser, upstream: Emulator, user: str) -> None:
    make(user=always(user))

    answer = browser.ask()
    assert answer.status_code == 200
    [session_id] = [
        each.id for each in upstream.sessions.values() if each.client_secret == answer.json()["client_secret"]
    ]
    assert upstream.sessions[session_id].user == user

    assert browser.ask("DELETE").status_code == 204
    assert upstream.sessions[session_id].status == "cancelled"


@pytest.mark.parametrize("user", ["\ud800", " alice ", object(), True, ["alice"], 1.5])
def test_what_is_not_an_id_is_a_mistake_of_the_application(
    make: Make, browser: Browser, upstream: Emulator, caplog: pytest.LogCaptureFixture, user: object
) -> None:
    make(user=always(user))
    before = len(upstream.requests)

    answer = browser.ask()

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "chat_misconfigured")
    assert len(upstream.requests) == before
    assert any(record.levelname == "ERROR" for record in caplog.records)


def test_an_integer_is_an_id(make: Make, browser: Browser, upstream: Emulator) -> None:
    make(user=always(7))

    secret = browser.ask().json()["client_secret"]

    assert [each.user for each in upstream.sessions.values() if each.client_secret == secret] == ["7"]


def test_sessions_and_workflow_may_depend_on_the_visit(make: Make, browser: Browser, upstream: Emulator) -> None:
    client = make().sessions
    visits: list[Visit] = []

    def sessions(visit: Visit) -> object:
        visits.append(visit)
        return client

    def workflow(visit: Visit) -> str:
        return f"wf_{visit.choice['plan']}"

    make(sessions=sessions, workflow=workflow, accepts=["plan"])
    secret = browser.ask(json={"plan": "pro"}).json()["client_secret"]
    browser.ask("DELETE")

    [session] = [each for each in upstream.sessions.values() if each.client_secret == secret]
    assert session.request["workflow"]["id"] == "wf_pro"
    assert session.status == "cancelled"
    first, last = visits
    assert (first.user, first.anonymous, first.choice) == ("alice", False, {"plan": "pro"})
    assert last.choice == {}
    assert first.request.method == "POST"


@pytest.mark.parametrize("name", ["sessions", "workflow"])
def test_a_function_that_fails_is_a_mistake_of_the_application(
    make: Make, browser: Browser, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    def fail(_: Visit) -> None:
        raise RuntimeError("the database of tenants is away")

    make(**{name: fail})
    answer = browser.ask()

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "chat_misconfigured")
    assert "database" not in answer.text
    assert "the database of tenants is away" in caplog.text


def refuse_in_the_words_of(framework: str) -> None:
    if framework.startswith("django"):
        from django.core.exceptions import PermissionDenied

        raise PermissionDenied
    if framework == "flask":
        from flask import abort

        abort(403)
    from starlette.exceptions import HTTPException

    raise HTTPException(403)


@pytest.mark.parametrize("name", ["sessions", "workflow", "user"])
def test_a_function_may_refuse_in_the_words_of_its_framework(
    site: Site, make: Make, browser: Browser, upstream: Emulator, name: str
) -> None:
    def refuse(_: object) -> None:
        refuse_in_the_words_of(site.name)

    make(**{name: refuse})
    before = len(upstream.requests)

    answer = browser.ask()

    assert answer.status_code == 403
    assert "cross_origin" not in answer.text
    assert len(upstream.requests) == before


def test_functions_may_be_asynchronous_where_the_framework_is(site: Site, make: Make, browser: Browser) -> None:
    client = make().sessions

    async def sessions(_: Visit) -> object:
        await asyncio.sleep(0)
        return client

    async def workflow(_: Visit) -> str:
        await asyncio.sleep(0)
        return "wf_2"

    if site.name not in ASYNC:
        with pytest.raises(TypeError, match=r"sessions: expected a synchronous function"):
            make(sessions=sessions)
        return
    make(sessions=sessions, workflow=workflow)

    assert browser.ask().status_code == 200
    assert browser.ask("DELETE").status_code == 204


def test_a_function_that_turns_out_to_be_asynchronous_is_a_mistake(
    site: Site, make: Make, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    async def later(_: Visit) -> str:
        return "wf_1"

    def workflow(visit: Visit) -> object:
        return later(visit)

    make(workflow=workflow)
    answer = browser.ask()

    assert answer.status_code == (200 if site.name in ASYNC else 502)
    assert ("an asynchronous function cannot be used here" in caplog.text) == (site.name not in ASYNC)


def test_the_arguments_have_the_defaults_that_are_documented() -> None:
    parameters = inspect.signature(SessionEndpoint).parameters

    assert {name: each.default for name, each in parameters.items() if each.default is not each.empty} == {
        "anonymous": False,
        "accepts": (),
        "origins": (),
        "limit": 20,
        "anonymous_limit": 100,
        "secure": True,
        "deadline": 8.0,
        "max_retries": 1,
        "on_event": None,
        "expires_after": omit,
        "rate_limits": omit,
        "chatkit_configuration": omit,
    }
    assert [name for name, each in parameters.items() if each.kind is each.POSITIONAL_OR_KEYWORD] == ["sessions"]


def always(user: object) -> Callable[[str | None], object]:
    return lambda _: user


def test_a_client_secret_is_in_its_answer_and_nowhere_else(
    make: Make, browser: Browser, upstream: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    events: list[Event] = []
    make(limit=3, anonymous=True, on_event=events.append)
    for _ in range(4):
        browser.ask()
    browser.ask(user=None)
    browser.ask(headers={"origin": "https://evil.example"})
    upstream.faults.add(Fault(status=401), operation="create")
    browser.ask(user="bob")
    browser.ask("DELETE")
    browser.ask("PUT")

    secrets = [each.client_secret for each in upstream.sessions.values()]
    elsewhere = "".join(repr(answer.headers) for answer in browser.answers) + caplog.text + repr(events)
    elsewhere += "".join(answer.text for answer in browser.answers if answer.status_code != 200)
    assert {answer.status_code for answer in browser.answers} == {200, 204, 403, 405, 429, 502}
    assert not any(secret in elsewhere for secret in secrets)
    assert upstream.api_key not in elsewhere
