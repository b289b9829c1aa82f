"""The official client takes the emulator for its server. Runs where `openai` is installed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chatkit_sessions.emulator import Emulator, Fault

openai: Any = pytest.importorskip("openai", reason="the official client is no dependency of this project")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """One whose exchanges are not compared with the document: the benchmarks' environment has no openapi-core."""
    with Emulator() as running:
        yield running


@pytest.fixture
def official(emulator: Emulator) -> Iterator[Any]:
    with openai.OpenAI(api_key=emulator.api_key, base_url=emulator.base_url) as client:
        yield client


def test_it_creates_and_cancels(official: Any, emulator: Emulator) -> None:
    session = official.beta.chatkit.sessions.create(
        user="user_abc",
        workflow={"id": "wf_123", "state_variables": {"plan": "pro", "seats": 3}},
        expires_after={"anchor": "created_at", "seconds": 300},
        rate_limits={"max_requests_per_1_minute": 20},
        chatkit_configuration={"history": {"enabled": False}},
    )

    assert session.status == "active"
    assert session.workflow.state_variables == {"plan": "pro", "seats": 3}
    assert session.max_requests_per_1_minute == 20
    assert session.chatkit_configuration.history.enabled is False
    assert session._request_id == emulator.requests[0].id
    assert official.beta.chatkit.sessions.cancel(session.id).status == "cancelled"


GOOD: dict[str, Any] = {"user": "u", "workflow": {"id": "w"}}
REFUSED: list[tuple[str, Callable[[Any], Any], str, str | None]] = [
    ("BadRequestError", lambda it: it.create(**{**GOOD, "user": ""}), "string_below_min_length", "user"),
    ("BadRequestError", lambda it: it.create(**GOOD, extra_body={"usr": "u"}), "unknown_parameter", "usr"),
    ("BadRequestError", lambda it: it.create(**GOOD, extra_headers={"OpenAI-Beta": "no"}), "invalid_beta", None),
    ("AuthenticationError", lambda it: it.cancel("c", extra_headers={"Authorization": "no"}), "invalid_api_key", None),
    ("NotFoundError", lambda it: it.cancel("cksess_unknown"), "session_not_found", "session_id"),
]


@pytest.mark.parametrize(("error", "call", "code", "param"), REFUSED)
def test_it_understands_a_refusal(
    official: Any, emulator: Emulator, error: str, call: Callable[[Any], Any], code: str, param: str | None
) -> None:
    with pytest.raises(getattr(openai, error)) as raised:
        call(official.beta.chatkit.sessions)

    assert (raised.value.code, raised.value.param) == (code, param)
    assert raised.value.request_id == emulator.requests[0].id


def test_it_does_not_repeat_a_cancellation_that_conflicts(official: Any, emulator: Emulator) -> None:
    session = official.beta.chatkit.sessions.create(**GOOD)
    official.beta.chatkit.sessions.cancel(session.id)

    with pytest.raises(openai.ConflictError):
        official.beta.chatkit.sessions.cancel(session.id)

    assert emulator.counts["cancel", 409] == 1


FAULTS = [
    (Fault(status=403), "PermissionDeniedError", 1),
    (Fault(status=422), "UnprocessableEntityError", 1),
    (Fault(status=429, retry_after_ms=1), "RateLimitError", 3),
    (Fault(status=500, retry_after_ms=1), "InternalServerError", 3),
    (Fault(status=520, html=True, retry_after_ms=1), "InternalServerError", 3),
]


@pytest.mark.parametrize(("fault", "error", "attempts"), FAULTS)
def test_it_repeats_what_can_be_repeated(
    official: Any, emulator: Emulator, fault: Fault, error: str, attempts: int
) -> None:
    emulator.faults.add(fault, times=3)

    with pytest.raises(getattr(openai, error)):
        official.beta.chatkit.sessions.create(**GOOD)

    assert len(emulator.requests) == attempts


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(drop=True), "APIConnectionError"),
        (Fault(truncate=True), "APIConnectionError"),
        (Fault(delay=60), "APITimeoutError"),
    ],
)
def test_it_notices_a_broken_connection(official: Any, emulator: Emulator, fault: Fault, error: str) -> None:
    emulator.faults.add(fault)

    with pytest.raises(getattr(openai, error)):
        official.with_options(max_retries=0, timeout=0.3).beta.chatkit.sessions.create(**GOOD)
