import math
import pickle
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from chatkit_sessions import RetryPolicy
from chatkit_sessions._retry import MAX_RETRY_AFTER, retry_after

# Tuesday, 10 March 2026, 12:00:00 GMT, and no date of the tables is measured from any other moment.
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()
POLICY = RetryPolicy()
BACKOFF = None  # the wait is the computed one
GIVE_UP = math.inf

# header → what is read in it, and what comes of it: exactly that wait, the computed one, or the end of the call
RETRY_AFTER = [
    ("1", 1, 1),
    ("0.5", 0.5, 0.5),
    (".25", 0.25, 0.25),
    ("7.", 7, 7),
    ("  3\t", 3, 3),
    ("+4", 4, 4),
    ("1e1", 10, 10),
    ("1E-1", 0.1, 0.1),
    ("007", 7, 7),
    ("119.999", 119.999, 119.999),
    ("120", 120, 120),
    ("120.001", 120.001, GIVE_UP),
    ("121", 121, GIVE_UP),
    ("3600", 3600, GIVE_UP),
    ("1e308", 1e308, GIVE_UP),
    ("1e309", math.inf, GIVE_UP),
    ("9" * 400, math.inf, GIVE_UP),
    ("0", 0, BACKOFF),
    ("-0", 0, BACKOFF),
    ("-1", -1, BACKOFF),
    ("-1e400", -math.inf, BACKOFF),
    ("", None, BACKOFF),
    ("   ", None, BACKOFF),
    ("nan", None, BACKOFF),
    ("NaN", None, BACKOFF),
    ("inf", None, BACKOFF),
    ("-Infinity", None, BACKOFF),
    ("soon", None, BACKOFF),
    ("5 seconds", None, BACKOFF),
    ("1,5", None, BACKOFF),
    ("1_000", None, BACKOFF),
    ("0x10", None, BACKOFF),
    ("10, 20", None, BACKOFF),
    ("\u0665", None, BACKOFF),  # a digit, but no ASCII one
    ("1.2.3", None, BACKOFF),
    # the three forms of RFC 9110, 5.6.7
    ("Tue, 10 Mar 2026 12:00:30 GMT", 30, 30),
    ("Tuesday, 10-Mar-26 12:00:30 GMT", 30, 30),
    ("Tue Mar 10 12:00:30 2026", 30, 30),
    ("Tue, 10 Mar 2026 12:02:00 GMT", 120, 120),
    ("Tue, 10 Mar 2026 12:02:01 GMT", 121, GIVE_UP),
    ("Tue, 10 Mar 2026 12:00:00 GMT", 0, BACKOFF),
    ("Tue, 10 Mar 2026 11:59:59 GMT", -1, BACKOFF),
    ("Sun Nov  6 08:49:37 1994", -989032223, BACKOFF),
    ("tue, 10 mar 2026 12:00:30 gmt", 30, 30),
    ("Tue, 10 Mar 2026 13:00:30 +0100", 30, 30),
    ("Tue, 10 Mar 2026 12:00:30 UTC", 30, 30),
    ("Mon, 10 Mar 2026 12:00:30 GMT", 30, 30),  # the wrong day of the week
    ("Tue, 31 Feb 2026 12:00:30 GMT", None, BACKOFF),
    ("Tue, 10 Mar 99999 12:00:30 GMT", None, BACKOFF),
    ("Tue, 10 Mar 2026 25:61:61 GMT", None, BACKOFF),
    ("Tue, 10 Mar 2026 12:00:30 +99:99", None, BACKOFF),
    ("Tue, 10 Mar 2026", None, BACKOFF),
    ("12:00:30", None, BACKOFF),
    ("2026-03-10T12:00:30Z", None, BACKOFF),
    ("Tue, " + "9" * 80 + " 12:00:30 GMT", None, BACKOFF),
    # one that takes long to read is not read
    ("9" * 1001, None, BACKOFF),
    ("1" * 65_536 + "x", None, BACKOFF),
    ("Tue, 10 Mar 2026 12:00:30" + " " * 72 + "GMT", 30, 30),
    ("Tue, 10 Mar 2026 12:00:30" + " " * 73 + "GMT", None, BACKOFF),
]


@pytest.mark.parametrize(("value", "seconds", "_outcome"), RETRY_AFTER, ids=range(len(RETRY_AFTER)))
def test_retry_after_is_read_in_every_form(value: str, seconds: float | None, _outcome: float | None) -> None:
    assert retry_after({"retry-after": value}, now=NOW) == seconds


@pytest.mark.parametrize(("value", "_seconds", "outcome"), RETRY_AFTER, ids=range(len(RETRY_AFTER)))
def test_retry_after_is_waited_exactly_up_to_two_minutes(
    value: str, _seconds: float | None, outcome: float | None
) -> None:
    headers = {"retry-after": value}
    assert POLICY.retries(429, headers, now=NOW) is (outcome != GIVE_UP)
    if outcome == GIVE_UP:
        return
    delay = POLICY.delay(0, headers, now=NOW, share=1)
    assert delay == (0.375 if outcome is BACKOFF else outcome)


MILLISECONDS: list[tuple[dict[str, str], float | None]] = [
    ({"retry-after-ms": "1500"}, 1.5),
    ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ({"retry-after-ms": "0.5"}, 0.0005),
    ({"retry-after-ms": "120000"}, 120),
    ({"retry-after-ms": "120001"}, 120.001),
    ({"retry-after-ms": "nan", "retry-after": "9"}, 9),
    ({"retry-after-ms": "", "retry-after": "9"}, 9),
    ({"retry-after-ms": "Tue, 10 Mar 2026 12:00:30 GMT", "retry-after": "9"}, 9),
    ({"retry-after-ms": "soon", "retry-after": "Tue, 10 Mar 2026 12:00:30 GMT"}, 30),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), MILLISECONDS)
def test_milliseconds_come_before_seconds(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds


def test_headers_of_httpx_are_read_whatever_their_case() -> None:
    assert retry_after(httpx.Headers({"Retry-After": "4"})) == 4
    assert not POLICY.retries(503, httpx.Headers({"X-Should-Retry": "FALSE"}))


def test_a_date_is_measured_from_the_present_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    assert retry_after({"retry-after": "Tue, 10 Mar 2026 12:00:30 GMT"}) == 30


RETRIED = {408, 409, 429, *range(500, 600), 600, 999}


def test_only_some_statuses_are_retried() -> None:
    assert {status for status in [*range(100, 600), 600, 999] if POLICY.retries(status, {})} == RETRIED


@pytest.mark.parametrize(
    ("status", "wish", "retried"),
    [
        (400, "true", True),
        (400, " TRUE ", True),
        (302, "true", True),
        (500, "false", False),
        (429, "False", False),
        (500, "no", True),
        (500, "", True),
        (400, "1", False),
        (200, "true", False),
        (204, "true", False),
    ],
)
def test_what_the_server_says_of_retrying_wins_over_the_status(status: int, wish: str, retried: bool) -> None:
    assert POLICY.retries(status, {"x-should-retry": wish}) is retried


def test_a_server_that_wants_a_retry_after_too_long_gets_none() -> None:
    assert not POLICY.retries(503, {"x-should-retry": "true", "retry-after": str(MAX_RETRY_AFTER + 1)})


@pytest.mark.parametrize(
    ("retries_taken", "longest"), [(0, 0.5), (1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (64, 8), (2000, 8), (10**9, 8)]
)
def test_the_wait_doubles_up_to_a_limit_less_some_jitter(retries_taken: int, longest: float) -> None:
    assert POLICY.delay(retries_taken, share=0) == longest
    assert POLICY.delay(retries_taken, {}, share=1) == longest * 0.75
    drawn = {POLICY.delay(retries_taken) for _ in range(20)}
    assert len(drawn) > 1
    assert all(longest * 0.75 <= delay <= longest for delay in drawn)


def test_a_policy_of_ones_own_sets_the_waits() -> None:
    policy = RetryPolicy(max_retries=9, initial_delay=2, max_delay=5, jitter=0)
    assert [policy.delay(taken) for taken in range(4)] == [2, 4, 5, 5]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"max_retries": -1}, ValueError, "max_retries: expected a whole number from 0, got -1"),
        ({"max_retries": True}, TypeError, "max_retries: expected a whole number from 0, got True"),
        ({"max_retries": 1.0}, TypeError, "max_retries: expected a whole number from 0, got 1.0"),
        ({"max_retries": "2"}, TypeError, "max_retries: expected a whole number from 0, got '2'"),
        ({"max_retries": None}, TypeError, "max_retries: expected a whole number from 0, got None"),
        ({"initial_delay": -0.1}, ValueError, "initial_delay: expected a finite number of seconds from 0, got -0.1"),
        ({"initial_delay": math.nan}, ValueError, "initial_delay: expected a finite number of seconds from 0, got nan"),
        ({"max_delay": math.inf}, ValueError, "max_delay: expected a finite number of seconds from 0, got inf"),
        ({"max_delay": "8"}, TypeError, "max_delay: expected a finite number of seconds from 0, got '8'"),
        ({"jitter": 1.1}, ValueError, "jitter: expected a number from 0 to 1, got 1.1"),
        ({"jitter": False}, TypeError, "jitter: expected a number from 0 to 1, got False"),
    ],
)
def test_a_policy_refuses_what_makes_no_sense(values: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        RetryPolicy(**values)
    assert str(caught.value) == message


def test_a_policy_is_a_frozen_value() -> None:
    policy = RetryPolicy(max_retries=4)
    assert policy == RetryPolicy(max_retries=4) != RetryPolicy()
    assert hash(policy) == hash(RetryPolicy(max_retries=4))
    assert pickle.loads(pickle.dumps(policy)) == policy
    with pytest.raises(FrozenInstanceError):
        policy.max_retries = 5  # type: ignore[misc] # what the test is about
