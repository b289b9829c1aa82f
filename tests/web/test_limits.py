import inspect
import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit_sessions.emulator import Emulator
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web._adapters import place_of
from support.sites import ASYNC, Browser, Site
from throttled import Throttled, per_duration

Make = Callable[..., SessionEndpoint]


def mints(upstream: Emulator) -> int:
    return sum(number for (operation, _), number in upstream.counts.items() if operation == "create")


def test_a_visitor_gets_the_whole_limit_at_once_and_no_more(make: Make, browser: Browser, upstream: Emulator) -> None:
    make(limit=3)
    before = mints(upstream)

    answers = [browser.ask() for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert mints(upstream) - before == 3
    error = answers[3].json()["error"]
    assert error["code"] == "too_many_sessions"
    assert answers[3].headers["retry-after"] == str(error["retry_after"]) == "120"
    assert browser.ask(user="bob").status_code == 200


@pytest.mark.parametrize(("limit", "wait"), [(20, 30), (600, 2)])
def test_the_wait_is_between_2_and_120_seconds(make: Make, browser: Browser, limit: int, wait: int) -> None:
    make(limit=Spent(wait if limit == 20 else 0.1))

    assert browser.ask().headers["retry-after"] == str(wait)


@pytest.mark.parametrize("wait", [float("inf"), float("nan"), -1, 3600])
def test_an_odd_wait_is_brought_between_2_and_120_seconds(make: Make, browser: Browser, wait: float) -> None:
    make(limit=Spent(wait))

    assert browser.ask().headers["retry-after"] in ("2", "120")


def test_the_limit_comes_back_evenly_over_ten_minutes(
    make: Make, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(limit=4)
    let_through: dict[int, int] = {}
    reads = itertools.count()
    for seconds in (0, 140, 160, 290, 310, 2000):
        with monkeypatch.context() as patch:
            # Going on a little, since no limit comes back to its last bit on a clock that stands still.
            patch.setattr("throttled.utils.now_mono_f", lambda ahead=seconds: 1e6 + ahead + next(reads) / 1e6)
            let_through[seconds] = [browser.ask().status_code for _ in range(5)].count(200)

    assert let_through == {0: 4, 140: 0, 160: 1, 290: 0, 310: 1, 2000: 4}


def test_twenty_is_the_default(browser: Browser) -> None:
    assert [browser.ask().status_code for _ in range(21)] == [200] * 20 + [429]


def test_mints_that_failed_count(make: Make, browser: Browser, upstream: Emulator) -> None:
    from chatkit_sessions.emulator import Fault

    make(limit=2)
    upstream.faults.add(Fault(status=503), times=2)

    assert [browser.ask().status_code for _ in range(3)] == [503, 503, 429]


def test_none_is_no_limit(make: Make, browser: Browser) -> None:
    make(limit=None)

    assert {browser.ask().status_code for _ in range(25)} == {200}


def test_anonymous_visitors_are_limited_by_address_as_well(make: Make, browser: Browser) -> None:
    make(anonymous=True, anonymous_limit=2)
    statuses: list[int] = []
    for _ in range(3):
        browser.cookies.clear()
        statuses.append(browser.ask(user=None).status_code)

    assert statuses == [200, 200, 429]
    assert browser.ask().status_code == 200, "who is signed in is not anonymous"


def test_the_addresses_of_one_machine_are_one_place(make: Make, browser: Browser) -> None:
    make(anonymous=True, anonymous_limit=2)
    statuses: list[int] = []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1", "192.0.2.7"):
        browser.cookies.clear()
        statuses.append(browser.ask(user=None, headers={"x-address": address}).status_code)

    assert statuses == [200, 200, 429, 200, 200]


class Spent:
    """A limiter that lets nothing through."""

    def __init__(self, wait: float) -> None:
        self.wait = wait
        self.keys: list[str] = []

    def limit(self, key: str) -> Any:
        self.keys.append(key)
        return SimpleNamespace(limited=True, state=SimpleNamespace(retry_after=self.wait))


class Away:
    def limit(self, key: str) -> Any:
        raise ConnectionError("redis://:password@cache is away")


@pytest.mark.parametrize("name", ["limit", "anonymous_limit"])
def test_a_limit_store_that_is_away_is_a_503(
    make: Make, browser: Browser, caplog: pytest.LogCaptureFixture, upstream: Emulator, name: str
) -> None:
    make(anonymous=True, **{name: Away()})
    before = mints(upstream)

    answer = browser.ask(user=None)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "chat_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert mints(upstream) == before
    assert any(record.levelname == "ERROR" for record in caplog.records)


def test_a_limiter_of_ones_own_is_asked_with_the_visitor(site: Site, make: Make, browser: Browser) -> None:
    limiter = Spent(7)
    make(limit=limiter)

    browser.ask()
    browser.ask(user="bob")

    assert limiter.keys == ["user:alice", "user:bob"]


def test_a_limiter_may_be_asynchronous_where_the_framework_is(site: Site, make: Make, browser: Browser) -> None:
    from throttled.asyncio import Throttled as AsyncThrottled

    kind: Any = AsyncThrottled if site.name in ASYNC else Throttled
    from datetime import timedelta

    make(limit=kind(using="gcra", quota=per_duration(timedelta(minutes=10), 2), key_prefix=f"test-{site.name}"))

    assert [browser.ask().status_code for _ in range(3)] == [200, 200, 429]
    assert inspect.iscoroutinefunction(kind.limit) == (site.name in ASYNC)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_machine_has_one_place(address: str, place: str) -> None:
    assert place_of(address) == place
