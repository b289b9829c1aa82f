import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from chatkit_sessions import AsyncSessions, Sessions
from chatkit_sessions.emulator import Emulator, Fault
from chatkit_sessions.web import SessionEndpoint, Visit
from support.delays import hold_delays
from support.services import gunicorn
from support.sites import ASYNC, NO_TLS, Browser, Site

Make = Callable[..., SessionEndpoint]
UNAVAILABLE = {
    "408": Fault(status=408),
    "409": Fault(status=409),
    "429": Fault(status=429),
    "500": Fault(status=500),
    "502 with a page": Fault(status=502, html=True),
    "529": Fault(status=529),
    "no answer": Fault(drop=True),
    "an answer that broke off": Fault(truncate=True),
    "silence": Fault(delay=3),
}
MISCONFIGURED = {
    "302": Fault(status=302, headers={"location": "https://evil.example"}),
    "400": Fault(status=400),
    "401": Fault(status=401),
    "403": Fault(status=403),
    "404": Fault(status=404),
    "422": Fault(status=422),
    "a page": Fault(html=True),
    "no session": Fault(json={"id": "cksess_1"}),
    "a list": Fault(json=[]),
}


@pytest.mark.parametrize("fault", UNAVAILABLE.values(), ids=UNAVAILABLE.keys())
def test_an_outage_is_a_503_with_a_time_to_wait(
    make: Make,
    browser: Browser,
    upstream: Emulator,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
) -> None:
    endpoint = make()
    upstream.faults.add(fault)

    with monkeypatch.context() as patch:
        if fault.delay:
            patch.setitem(vars(endpoint)["_options"], "deadline", 0.5)
        answer = browser.ask()

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "chat_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["error"]["retry_after"] == 2
    assert "set-cookie" not in answer.headers
    assert any(record.name == "chatkit_sessions.web" for record in caplog.records)
    assert browser.ask().status_code == 200


@pytest.mark.parametrize("fault", MISCONFIGURED.values(), ids=MISCONFIGURED.keys())
def test_a_mistake_of_ours_is_a_502_and_an_error_in_the_log(
    browser: Browser, upstream: Emulator, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    upstream.faults.add(fault)

    answer = browser.ask()

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "chat_misconfigured")
    assert "retry-after" not in answer.headers
    assert "retry_after" not in answer.json()["error"]
    assert [record.levelno for record in caplog.records if record.name == "chatkit_sessions.web"] == [logging.ERROR]


@pytest.mark.parametrize(("asked", "told"), [("0.2", "2"), ("7.2", "8"), ("3600", "120"), ("soon", "2")])
def test_the_wait_is_what_openai_asks_for_within_bounds(
    browser: Browser, upstream: Emulator, asked: str, told: str
) -> None:
    upstream.faults.add(Fault(status=503, retry_after=asked))

    assert browser.ask().headers["retry-after"] == told


def test_an_error_has_the_request_id_and_no_word_of_openai(browser: Browser, upstream: Emulator) -> None:
    for status in (401, 404, 500):
        upstream.faults.add(Fault(status=status, headers={"x-request-id": "req_1"}))
        answer = browser.ask()

        assert answer.json()["error"]["request_id"] == "req_1"
        text = (answer.text + repr(answer.headers)).lower()
        assert not any(word in text for word in ("openai", "wf_1", "sk-", "emulator", "api key"))


def test_a_request_id_that_is_none_is_left_out(browser: Browser, upstream: Emulator) -> None:
    upstream.faults.add(Fault(status=500, headers={"x-request-id": "<script>"}))

    assert "request_id" not in browser.ask().json()["error"]


@pytest.mark.parametrize("error", [RuntimeError("the vault is away"), None])
def test_a_key_callable_that_fails_is_a_502(
    site: Site,
    make: Make,
    browser: Browser,
    upstream: Emulator,
    caplog: pytest.LogCaptureFixture,
    error: Exception | None,
) -> None:
    def key() -> str:
        if error is not None:
            raise error
        return ""

    kind = AsyncSessions if site.name in ASYNC else Sessions
    make(sessions=kind(api_key=key, base_url=upstream.base_url))

    answer = browser.ask()

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "chat_misconfigured")
    assert "vault" not in answer.text
    assert any(record.levelname == "ERROR" for record in caplog.records)


def test_one_retry_is_the_default(make: Make, browser: Browser, upstream: Emulator) -> None:
    make(max_retries=1)
    upstream.faults.add(Fault(status=503, retry_after_ms=1))

    assert browser.ask().status_code == 200


def test_after_three_failures_nobody_waits_and_one_call_tries(
    make: Make, browser: Browser, upstream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(limit=4)
    clock = Clock(monkeypatch)
    upstream.faults.add(Fault(status=503), times=4)
    assert [browser.ask().status_code for _ in range(3)] == [503] * 3
    before = len(upstream.requests)

    answers = [browser.ask() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert [int(answer.headers["retry-after"]) for answer in answers] == [5] * 3
    assert len(upstream.requests) == before, "they were not asked for, nor did they count"

    clock.add(5.1)
    assert browser.ask().status_code == 503
    assert len(upstream.requests) == before + 1
    assert browser.ask(user="bob").status_code == 503
    assert len(upstream.requests) == before + 1

    clock.add(5.1)
    assert [browser.ask(user="bob").status_code for _ in range(3)] == [200] * 3
    assert browser.ask().status_code == 429, "four were counted"


def test_failures_that_are_not_in_a_row_do_no_harm(browser: Browser, upstream: Emulator) -> None:
    for _ in range(4):
        upstream.faults.add(Fault(status=503), times=2)
        assert [browser.ask().status_code for _ in range(3)] == [503, 503, 200]


def test_a_visitor_who_asks_too_often_does_not_take_the_place_of_the_call_that_tries(
    make: Make, browser: Browser, upstream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(limit=3)
    clock = Clock(monkeypatch)
    upstream.faults.add(Fault(status=503), times=3)
    assert [browser.ask().status_code for _ in range(3)] == [503] * 3
    clock.add(5.1)

    assert browser.ask().status_code == 429
    assert browser.ask(user="bob").status_code == 200


def ask_once(url: str, user: str) -> int:
    with closing(Browser(url, user)) as browser:
        return browser.ask().status_code


def test_one_call_at_a_time_tries_however_long_it_takes(
    make: Make, browser: Browser, upstream: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(deadline=30)
    clock, over = Clock(monkeypatch), hold_delays(monkeypatch)
    upstream.faults.add(Fault(status=503), times=3)
    assert [browser.ask().status_code for _ in range(3)] == [503] * 3
    clock.add(5.1)
    before = len(upstream.requests)
    upstream.faults.add(Fault(delay=1))
    with ThreadPoolExecutor(1) as pool:
        trying = pool.submit(browser.ask)
        while len(upstream.requests) == before and not trying.done():
            time.sleep(0.01)
        clock.add(5.1)

        assert ask_once(browser.url, "bob") == 503
        assert len(upstream.requests) == before + 1
        over.set()
        assert trying.result().status_code == 200


def test_each_client_has_a_memory_of_its_own_for_failures(
    site: Site, make: Make, browser: Browser, upstream: Emulator
) -> None:
    kind = AsyncSessions if site.name in ASYNC else Sessions
    clients = {name: kind(api_key=upstream.api_key, base_url=upstream.base_url) for name in ("alice", "bob")}

    def sessions(visit: Visit) -> object:
        return clients[visit.user]

    make(sessions=sessions)
    upstream.faults.add(Fault(status=503), times=3)

    assert [browser.ask().status_code for _ in range(3)] == [503] * 3
    assert browser.ask(user="bob").status_code == 200
    before = len(upstream.requests)
    assert browser.ask().status_code == 503
    assert len(upstream.requests) == before, "alice's client is not asked"


HANGING = """
from chatkit_sessions import Sessions
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web.flask import session_blueprint
from flask import Flask

endpoint = SessionEndpoint(Sessions(), workflow="wf_1", secret="a secret of the tests, long enough", deadline=1)
app = Flask(__name__)
app.register_blueprint(session_blueprint(endpoint, user=lambda request: request.headers["x-user"]), url_prefix="/chat")
app.add_url_rule("/", view_func=lambda: "the start page")
"""


def test_the_start_page_of_four_threads_answers_while_openai_hangs(upstream: Emulator, tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(HANGING, encoding="utf-8")
    environment = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": upstream.api_key}
    upstream.faults.add(Fault(delay=60), times=12)
    with gunicorn("hanging:app", tmp_path, "--threads=4", **environment) as url, ThreadPoolExecutor(13) as pool:
        visitors = [pool.submit(ask_once, url, str(number)) for number in range(12)]
        page = pool.submit(lambda: httpx.get(url, timeout=30, verify=NO_TLS).text)

        assert page.result() == "the start page"
        assert [visitor.result() for visitor in visitors] == [503] * 12


def test_while_openai_hangs_few_wait_for_it_and_all_are_answered(
    make: Make, browser: Browser, upstream: Emulator
) -> None:
    make(deadline=0.5)
    before = len(upstream.requests)
    upstream.faults.add(Fault(delay=30), times=12)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(ask_once, [browser.url] * 12, map(str, range(12))))

    assert statuses == [503] * 12
    # Four at once; until the third has failed, each that fails makes room for another.
    assert len(upstream.requests) - before <= 4 + 2


class Clock:
    """The breaker's clock, which stands still unless it is moved on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = time.monotonic()
        monkeypatch.setattr("chatkit_sessions.web._limits.time", self)

    def monotonic(self) -> float:
        return self._now

    def add(self, seconds: float) -> None:
        self._now += seconds


DEFAULT_LOGGING = """
from chatkit_sessions import Sessions
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web.flask import session_blueprint
from flask import Flask

app = Flask(__name__)
endpoint = SessionEndpoint(Sessions(), workflow="wf_1", secret="a secret of the tests, long enough")
app.register_blueprint(session_blueprint(endpoint, user=lambda request: "alice"))
print(app.test_client().post("/session").status_code)
"""


def test_a_502_leaves_a_line_on_stderr_where_nobody_configured_logging(shared_upstream: Emulator) -> None:
    environment = {"OPENAI_BASE_URL": shared_upstream.base_url, "OPENAI_API_KEY": "sk-of-somebody-else"}
    done = subprocess.run(
        [sys.executable, "-c", DEFAULT_LOGGING],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "502\n"
    [line] = done.stderr.splitlines()
    assert line.startswith("chat is misconfigured: AuthenticationError: 401")
    assert "sk-of-somebody-else" not in line
