import time
from collections.abc import Callable

import pytest
from chatkit_sessions.emulator import Emulator
from chatkit_sessions.web import SessionEndpoint
from itsdangerous import URLSafeTimedSerializer
from support.sites import Browser, set_cookies

Make = Callable[..., SessionEndpoint]
SECRET = "a secret of the tests, long enough"
HANDLE = "__Host-chatkit-session-"
VISITOR = "__Host-chatkit-visitor"


def cancels(upstream: Emulator) -> int:
    return sum(number for (operation, _), number in upstream.counts.items() if operation == "cancel")


def foreign(browser: Browser, value: str) -> dict[str, str]:
    other = Browser(str(browser.url), "bob")
    other.ask()
    other.close()
    return other.cookies


def forged(value: str) -> str:
    """Changes the signature in its first character; the last one holds bits that stand for nothing."""
    signed, _, signature = value.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def bare(browser: Browser, value: str) -> dict[str, str]:
    return {f"{HANDLE}0123abcd": "cksess_0123456789abcdef0123456789abcdef"}


HOSTILE: dict[str, Callable[[Browser, str], dict[str, str]]] = {
    "forged": lambda _, value: {f"{HANDLE}0123abcd": forged(value)},
    "another's": foreign,
    "a bare id": bare,
    "another purpose's value": lambda browser, _: {f"{HANDLE}0123abcd": browser.cookies.get(VISITOR, "")},
    "signed with another secret": lambda _, __: {
        f"{HANDLE}0123abcd": URLSafeTimedSerializer("another secret, also long enough").dumps("cksess_1")
    },
    "signed with django-concat and SHA-1": lambda _, __: {
        f"{HANDLE}0123abcd": URLSafeTimedSerializer(SECRET, salt="chatkit_sessions.web:session:user:alice").dumps(
            "cksess_1"
        )
    },
    "empty": lambda _, __: {f"{HANDLE}0123abcd": ""},
    "dots": lambda _, __: {f"{HANDLE}0123abcd": "....."},
    "8 kB": lambda _, __: {f"{HANDLE}0123abcd": "x" * 8000},
    "under another name": lambda _, value: {f"{HANDLE}0123abcg": value, f"x{HANDLE}0123abcd": value},
    "200 of them": lambda _, value: {f"{HANDLE}{number:08x}": value[:60] for number in range(200)},
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_cookie_that_is_not_a_handle_of_the_visitor_ends_nothing(
    browser: Browser, upstream: Emulator, hostile: Callable[[Browser, str], dict[str, str]]
) -> None:
    browser.ask()
    [value] = browser.cookies.values()
    browser.cookies = hostile(browser, value)
    before = cancels(upstream)

    assert browser.ask("DELETE").status_code == 204
    assert cancels(upstream) == before
    assert browser.ask().status_code == 200


def test_a_handle_ends_nothing_for_another_visitor(browser: Browser, upstream: Emulator) -> None:
    browser.ask()
    before = cancels(upstream)

    assert browser.ask("DELETE", user="bob").status_code == 204
    assert cancels(upstream) == before


def test_a_handle_that_was_replayed_ends_nothing_more(browser: Browser, upstream: Emulator) -> None:
    browser.ask()
    kept = dict(browser.cookies)
    browser.ask("DELETE")
    browser.ask()
    browser.cookies = kept | browser.cookies

    assert browser.ask("DELETE").status_code == 204
    assert browser.cookies == {}


@pytest.mark.parametrize(("age", "ended"), [(659, 1), (662, 0), (-30, 1)])
def test_a_handle_lasts_eleven_minutes(
    browser: Browser, upstream: Emulator, monkeypatch: pytest.MonkeyPatch, age: int, ended: int
) -> None:
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr("chatkit_sessions.web._cookies.time.time", lambda: now)
        browser.ask()
        before = cancels(upstream)
        patch.setattr("chatkit_sessions.web._cookies.time.time", lambda: now + age)
        browser.ask("DELETE")

    assert cancels(upstream) - before == ended


def test_there_are_never_more_than_eight_handles(make: Make, browser: Browser, upstream: Emulator) -> None:
    make(limit=None)
    first = next(iter(browser.ask().headers.get_list("set-cookie"))).partition("=")[0]
    for _ in range(9):
        browser.ask()
        assert len(browser.cookies) <= 8

    assert first not in browser.cookies
    before = cancels(upstream)
    browser.ask("DELETE")
    assert cancels(upstream) - before == 8


def test_what_is_useless_makes_room_first_and_little_by_little(browser: Browser) -> None:
    browser.ask()
    [good] = browser.cookies
    browser.cookies |= {f"{HANDLE}{number:08x}": "junk" for number in range(30)}

    for _ in range(4):
        answer = browser.ask()
        assert len(answer.headers.get_list("set-cookie")) <= 9

    assert good in browser.cookies
    assert len(browser.cookies) == 8


def test_a_new_secret_may_be_put_before_the_old_one(make: Make, browser: Browser, upstream: Emulator) -> None:
    new = "another secret, also long enough"
    browser.ask()
    make(secret=[new, SECRET])
    browser.ask()
    make(secret=new)
    before = cancels(upstream)

    browser.ask("DELETE")

    assert cancels(upstream) - before == 1


def test_an_anonymous_visitor_keeps_an_id(make: Make, browser: Browser, upstream: Emulator) -> None:
    make(anonymous=True)
    first = browser.ask(user=None)
    cookies = dict(set_cookies(first))
    visitor = cookies[VISITOR]
    assert (visitor["max-age"], visitor["path"], visitor["samesite"]) == ("2592000", "/", "Lax")
    assert visitor["secure"]
    assert visitor["httponly"]

    browser.ask(user=None)

    users = [each.user for each in list(upstream.sessions.values())[-2:]]
    assert users[0] == users[1]
    assert users[0].startswith("anonymous_")
    assert len(users[0]) == len("anonymous_") + 24


@pytest.mark.parametrize(("age", "is_known"), [(30 * 24 * 3600 - 60, True), (30 * 24 * 3600 + 60, False)])
def test_an_anonymous_visitor_is_known_for_thirty_days(
    make: Make, browser: Browser, upstream: Emulator, monkeypatch: pytest.MonkeyPatch, age: int, is_known: bool
) -> None:
    make(anonymous=True)
    browser.ask(user=None)
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr("chatkit_sessions.web._cookies.time.time", lambda: now + age)
        browser.ask(user=None)

    first, second = (each.user for each in list(upstream.sessions.values())[-2:])
    assert (first == second) == is_known


def test_an_anonymous_visitor_may_end_the_chat(make: Make, browser: Browser, upstream: Emulator) -> None:
    make(anonymous=True)
    assert browser.ask("DELETE", user=None).status_code == 204
    assert browser.cookies == {}
    browser.ask(user=None)
    before = cancels(upstream)

    browser.ask("DELETE", user=None)

    assert cancels(upstream) - before == 1
    assert list(browser.cookies) == [VISITOR]


def test_who_signs_in_is_not_taken_for_an_anonymous_visitor(make: Make, browser: Browser, upstream: Emulator) -> None:
    make(anonymous=True)
    browser.ask(user=None)
    anonymous = list(upstream.sessions.values())[-1].user
    before = cancels(upstream)

    browser.ask("DELETE", user=anonymous)

    assert cancels(upstream) == before


@pytest.mark.parametrize("hostile", ["a handle", "an id", "forged"])
def test_another_value_is_not_taken_for_a_visitor(
    make: Make, browser: Browser, upstream: Emulator, hostile: str
) -> None:
    make(anonymous=True)
    browser.ask()
    browser.ask(user=None)
    visitor = browser.cookies[VISITOR]
    handle = next(value for name, value in browser.cookies.items() if name.startswith(HANDLE))
    value = {"a handle": handle, "an id": "anonymous_" + "0" * 24, "forged": forged(visitor)}[hostile]
    known = list(upstream.sessions.values())[-1].user
    browser.cookies = {VISITOR: value}

    browser.ask(user=None)

    made = list(upstream.sessions.values())[-1].user
    assert made.startswith("anonymous_")
    assert made not in (known, "anonymous_" + "0" * 24)
