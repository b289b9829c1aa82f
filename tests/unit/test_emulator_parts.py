"""The emulator's decisions, without its server."""

from datetime import timedelta
from typing import Any

import pytest
from chatkit_sessions.emulator import Clock, Fault, Faults, RecordedRequest
from chatkit_sessions.emulator._admission import RateLimit
from chatkit_sessions.emulator._bounded_store import BoundedStore
from chatkit_sessions.emulator._errors import ApiError
from chatkit_sessions.emulator._recording import MAX_BYTES, Recorder
from chatkit_sessions.emulator._validation import Validator


def refusal(schema: dict[str, Any], body: Any, **components: Any) -> tuple[str | None, str | None, str]:
    with pytest.raises(ApiError) as raised:
        Validator(schema, components).validate(body)
    return raised.value.param, raised.value.code, raised.value.message


@pytest.mark.parametrize("by", [0, 1.5, timedelta(minutes=2)])
def test_a_clock_goes_on_from_where_it_was_moved(by: float | timedelta) -> None:
    clock = Clock()
    before = clock.now()

    clock.advance(by)

    seconds = by.total_seconds() if isinstance(by, timedelta) else by
    assert before + seconds <= clock.now() <= before + seconds + 5


@pytest.mark.parametrize("by", [-1, float("nan"), float("inf"), timedelta(seconds=-1)])
def test_a_clock_does_not_go_back(by: float | timedelta) -> None:
    with pytest.raises(ValueError, match=r"^by: a clock only moves forward"):
        Clock().advance(by)


def test_a_bounded_store_forgets_the_oldest_when_it_is_full() -> None:
    store = BoundedStore[int, str](max_values=2, max_bytes=1000)
    for number in range(4):
        store.put(number, str(number), size=1)

    assert store.values() == ["2", "3"]
    assert store.get(0) is None


def test_a_bounded_store_forgets_the_oldest_when_it_holds_too_many_bytes() -> None:
    store = BoundedStore[int, str](max_values=100, max_bytes=10)
    for number in range(4):
        store.put(number, str(number), size=4)

    assert store.values() == ["2", "3"]


def test_a_bounded_store_keeps_the_newest_however_large_it_is() -> None:
    store = BoundedStore[int, str](max_values=100, max_bytes=10)
    store.put(1, "small", size=1)
    store.put(2, "large", size=1000)

    assert store.values() == ["large"]


def test_a_bounded_store_stays_within_its_bounds_for_ever() -> None:
    store = BoundedStore[int, int](max_values=1000, max_bytes=10_000)
    for number in range(200_000):
        store.put(number, number, size=number % 20)

    assert len(store) <= 1000
    assert sum(value % 20 for value in store.values()) <= 10_000


def test_long_heads_count_as_what_is_kept() -> None:
    recorder = Recorder()
    path, headers = "/" + "p" * 30_000, [(b"x-long", b"v" * 30_000)]
    for number in range(3_000):
        recorder.arrived(RecordedRequest(str(number), "POST", path, "", headers, b""))

    assert len(recorder.requests) * 60_000 <= MAX_BYTES
    assert recorder.requests[-1].id == "2999"


def test_a_minute_begins_with_the_first_request_after_the_last_one_ended() -> None:
    limit = RateLimit(2)

    assert limit.take(100.0)["x-ratelimit-reset-requests"] == "60.000s"
    assert limit.take(130.0)["x-ratelimit-reset-requests"] == "30.000s"
    with pytest.raises(ApiError) as raised:
        limit.take(159.5)
    assert raised.value.headers["retry-after"] == "1"
    assert limit.take(160.0)["x-ratelimit-remaining-requests"] == "1"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"status": 199}, "status"),
        ({"status": 600}, "status"),
        ({"delay": -1}, "delay"),
        ({"delay": float("nan")}, "delay"),
        ({"delay": float("inf")}, "delay"),
        ({"html": True, "json": 1}, "html, json"),
        ({"drop": True, "status": 500}, "drop"),
        ({"drop": True, "html": True}, "drop"),
        ({"drop": True, "json": None}, "drop"),
        ({"drop": True, "truncate": True}, "drop"),
        ({"headers": {"a b": "c"}}, "headers"),
        ({"headers": {"a": "b\nc: d"}}, "headers"),
        ({"headers": {"a": "\u20ac"}}, "headers"),
        ({"retry_after": "1\n2"}, "headers"),
    ],
)
def test_a_fault_that_makes_no_sense_says_why(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        Fault(**arguments)


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object()])
def test_a_fault_takes_only_what_json_can_say(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        Fault(json=value)


@pytest.mark.parametrize("times", [0, -1])
def test_a_fault_happens_at_least_once(times: int) -> None:
    with pytest.raises(ValueError, match=r"^times: "):
        Faults().add(Fault(status=500), times=times)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match=r"^rate: "):
        Faults().at_rate(rate, Fault(status=500))


def test_of_several_faults_the_first_in_order_of_their_paths_is_named() -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in "cab"}}

    assert refusal(schema, {"c": 1, "b": 2, "a": 3})[0] == "a"


def test_what_a_schema_leaves_open_on_purpose_stays_open() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True}

    assert Validator(schema).validate({"b": 1}) == {"b": 1}


def test_a_closed_schema_is_closed_behind_a_reference_too() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Inner"}}}
    inner = {"type": "object", "properties": {"b": {"type": "string"}}}

    assert refusal(schema, {"a": {"c": 1}}, Inner=inner)[:2] == ("a.c", "unknown_parameter")


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "string"}, 1.5, "Invalid type for 'a': expected a string, but got a number."),
        ({"type": "boolean"}, None, "Invalid type for 'a': expected a boolean, but got null."),
        ({"type": "integer"}, {}, "Invalid type for 'a': expected an integer, but got an object."),
        ({"type": "object"}, [], "Invalid type for 'a': expected an object, but got an array."),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            3,
            "Invalid type for 'a': expected a string or null, but got an integer.",
        ),
        (
            {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]},
            "abc",
            "Invalid value for 'a': expected a string of at most 2 characters.",
        ),
        ({"enum": ["x", "y"]}, "z", "Invalid value for 'a': expected 'x' or 'y'."),
        ({"pattern": "^x{2}$"}, "z", "Invalid value for 'a': expected a value for which pattern is ^x{2}$."),
    ],
)
def test_a_refusal_says_what_was_expected(schema: dict[str, Any], value: Any, message: str) -> None:
    assert refusal({"type": "object", "properties": {"a": schema}}, {"a": value})[2] == message


def test_a_fault_deep_in_an_alternative_is_named_by_its_own_path() -> None:
    alternative = {"type": "object", "properties": {"b": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"a": {"anyOf": [alternative, {"type": "null"}]}}}

    assert refusal(schema, {"a": {"b": "text"}})[:2] == ("a.b", "invalid_type")
