"""Every way a request can be wrong, and the error it is answered with."""

import json
from typing import Any

import httpx
import pytest
from chatkit_sessions.emulator import Emulator

GOOD = {"user": "user_abc", "workflow": {"id": "wf_123"}}


def error_of(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["x-request-id"].startswith("req_")
    body = response.json()
    assert list(body) == ["error"]
    error: dict[str, Any] = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return error


@pytest.mark.parametrize(
    "value", [None, "", "Bearer", "Basic c2stZW11bGF0b3I=", "Bearer sk-wrong", "sk-emulator", "Bearer ä"]
)
def test_a_request_without_the_right_key_is_unauthorized(emulator: Emulator, value: str | None) -> None:
    headers = [(b"openai-beta", b"chatkit_beta=v1")]
    if value is not None:
        headers.append((b"authorization", value.encode()))

    response = httpx.post(f"{emulator.base_url}/chatkit/sessions", json=GOOD, headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    error = error_of(response)
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, "invalid_api_key")
    assert "sk-" not in response.text


def test_the_scheme_of_the_key_may_be_in_any_case(api: httpx.Client, emulator: Emulator) -> None:
    headers = {"authorization": f"bearer {emulator.api_key}"}

    assert api.post("/chatkit/sessions", json=GOOD, headers=headers).status_code == 200


@pytest.mark.parametrize("value", [None, "", "chatkit_beta=v2", "assistants=v2", "chatkit_beta"])
@pytest.mark.parametrize("path", ["/chatkit/sessions", "/chatkit/sessions/cksess_1/cancel"])
def test_a_request_that_does_not_ask_for_the_beta_is_refused(api: httpx.Client, path: str, value: str | None) -> None:
    request = api.build_request("POST", path, json=GOOD)
    del request.headers["openai-beta"]
    if value is not None:
        request.headers["openai-beta"] = value

    response = api.send(request)

    assert response.status_code == 400
    error = error_of(response)
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, "invalid_beta")


def test_the_beta_may_be_asked_for_in_a_line_of_its_own() -> None:
    headers = [("authorization", "Bearer sk-emulator"), ("openai-beta", "assistants=v2")]
    headers.append(("openai-beta", "chatkit_beta=v1"))
    with Emulator() as emulator:
        response = httpx.post(f"{emulator.base_url}/chatkit/sessions", json=GOOD, headers=headers, verify=False)

    assert response.status_code == 200


INVALID: list[tuple[Any, str | None, str]] = [
    ([], None, "invalid_type"),
    (None, None, "invalid_type"),
    ("text", None, "invalid_type"),
    ({"user": "u"}, "workflow", "missing_required_parameter"),
    ({"workflow": {"id": "wf"}}, "user", "missing_required_parameter"),
    ({**GOOD, "user": ""}, "user", "string_below_min_length"),
    ({**GOOD, "user": None}, "user", "invalid_type"),
    ({**GOOD, "user": 7}, "user", "invalid_type"),
    ({**GOOD, "workflow": "wf_123"}, "workflow", "invalid_type"),
    ({**GOOD, "workflow": {}}, "workflow.id", "missing_required_parameter"),
    ({**GOOD, "wrokflow": {}}, "wrokflow", "unknown_parameter"),
    ({**GOOD, "workflow": {"id": "wf", "name": "x"}}, "workflow.name", "unknown_parameter"),
    ({**GOOD, "workflow": {"id": "wf", "tracing": {"on": True}}}, "workflow.tracing.on", "unknown_parameter"),
    ({**GOOD, "workflow": {"id": "wf", "tracing": {"enabled": 1}}}, "workflow.tracing.enabled", "invalid_type"),
    ({**GOOD, "workflow": {"id": "wf", "state_variables": []}}, "workflow.state_variables", "invalid_type"),
    (
        {**GOOD, "workflow": {"id": "wf", "state_variables": {"plan": None}}},
        "workflow.state_variables.plan",
        "invalid_type",
    ),
    (
        {**GOOD, "workflow": {"id": "wf", "state_variables": {"plan": ["pro"]}}},
        "workflow.state_variables.plan",
        "invalid_type",
    ),
    (
        {**GOOD, "workflow": {"id": "wf", "state_variables": {"plan": "x" * 10_485_761}}},
        "workflow.state_variables.plan",
        "string_above_max_length",
    ),
    (
        {**GOOD, "workflow": {"id": "wf", "state_variables": {str(n): n for n in range(65)}}},
        "workflow.state_variables",
        "object_above_max_properties",
    ),
    ({**GOOD, "expires_after": 300}, "expires_after", "invalid_type"),
    ({**GOOD, "expires_after": {"seconds": 300}}, "expires_after.anchor", "missing_required_parameter"),
    ({**GOOD, "expires_after": {"anchor": "created_at"}}, "expires_after.seconds", "missing_required_parameter"),
    ({**GOOD, "expires_after": {"anchor": "now", "seconds": 300}}, "expires_after.anchor", "invalid_value"),
    (
        {**GOOD, "expires_after": {"anchor": "created_at", "seconds": 0}},
        "expires_after.seconds",
        "integer_below_min_value",
    ),
    (
        {**GOOD, "expires_after": {"anchor": "created_at", "seconds": 601}},
        "expires_after.seconds",
        "integer_above_max_value",
    ),
    ({**GOOD, "expires_after": {"anchor": "created_at", "seconds": 1.5}}, "expires_after.seconds", "invalid_type"),
    ({**GOOD, "expires_after": {"anchor": "created_at", "seconds": True}}, "expires_after.seconds", "invalid_type"),
    ({**GOOD, "rate_limits": {"requests_per_minute": 20}}, "rate_limits.requests_per_minute", "unknown_parameter"),
    (
        {**GOOD, "rate_limits": {"max_requests_per_1_minute": 0}},
        "rate_limits.max_requests_per_1_minute",
        "integer_below_min_value",
    ),
    (
        {**GOOD, "chatkit_configuration": {"file_upload": {"max_file_size": 513}}},
        "chatkit_configuration.file_upload.max_file_size",
        "integer_above_max_value",
    ),
    (
        {**GOOD, "chatkit_configuration": {"history": {"recent_threads": None}}},
        "chatkit_configuration.history.recent_threads",
        "invalid_type",
    ),
    ({**GOOD, "{}{0}%s": 1}, "{}{0}%s", "unknown_parameter"),
    ({**GOOD, "\ud800": 1}, "\ud800", "unknown_parameter"),
    ({**GOOD, "k" * 1000: 1}, "k" * 80, "unknown_parameter"),
]


@pytest.mark.parametrize(("body", "param", "code"), INVALID, ids=[f"{param}-{code}" for _, param, code in INVALID])
def test_an_invalid_body_is_refused_with_the_path_of_its_fault(
    api: httpx.Client, body: Any, param: str | None, code: str
) -> None:
    content, headers = json.dumps(body), {"content-type": "application/json"}

    response = api.post("/chatkit/sessions", content=content, headers=headers)

    assert response.status_code == 400
    error = error_of(response)
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert len(error["message"]) < 300


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"\xff", id="no text"),
        pytest.param("{}".encode("utf-16"), id="not UTF-8"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b'{"user": -Infinity}', id="infinity"),
        pytest.param(b'{"user": 1e999}', id="too large a float"),
        pytest.param(b"9" * 10_000, id="too long an integer"),
        pytest.param(b"[" * 100_000, id="too deep"),
    ],
)
def test_a_body_that_is_not_json_is_refused(api: httpx.Client, content: bytes) -> None:
    response = api.post("/chatkit/sessions", content=content, headers={"content-type": "application/json"})

    assert response.status_code == 400
    error = error_of(response)
    assert (error["param"], error["code"]) == (None, "invalid_json")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonl"])
def test_a_body_of_another_type_is_refused(api: httpx.Client, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}

    response = api.post("/chatkit/sessions", content=json.dumps(GOOD), headers=headers)

    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_content_type"


def test_the_type_of_a_body_may_have_parameters(api: httpx.Client) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    assert api.post("/chatkit/sessions", content=json.dumps(GOOD), headers=headers).status_code == 200


def test_too_large_a_body_is_refused_and_not_kept(api: httpx.Client, emulator: Emulator) -> None:
    response = api.post("/chatkit/sessions", json={**GOOD, "user": "x" * 13_000_000})

    assert response.status_code == 413
    assert error_of(response)["code"] == "request_too_large"
    assert emulator.requests[0].body == b""


def test_a_long_path_is_not_repeated_whole(api: httpx.Client) -> None:
    assert len(api.post("/" + "p" * 30_000).content) < 1000


def test_an_unknown_session_can_not_be_cancelled(api: httpx.Client) -> None:
    response = api.post("/chatkit/sessions/cksess_unknown/cancel")

    assert response.status_code == 404
    error = error_of(response)
    assert (error["param"], error["code"]) == ("session_id", "session_not_found")


@pytest.mark.parametrize(
    "path",
    ["/chatkit/sessions/", "/chatkit/sessions/cksess_1", "/chatkit/sessions//cancel", "/chatkit/threads", "/models"],
)
def test_there_is_nothing_at_any_other_path(api: httpx.Client, path: str) -> None:
    response = api.post(path, json=GOOD)

    assert response.status_code == 404
    assert error_of(response)["code"] == "unknown_url"


@pytest.mark.parametrize("path", ["/chatkit/sessions", "/chatkit/sessions/cksess_1/cancel"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_any_other_method_is_refused(api: httpx.Client, method: str, path: str) -> None:
    response = api.request(method, path)

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert error_of(response)["code"] == "method_not_supported"


def test_requests_are_counted_and_refused_beyond_the_limit_until_the_minute_is_over() -> None:
    with Emulator(requests_per_minute=2) as emulator:
        headers = {"authorization": f"Bearer {emulator.api_key}", "openai-beta": "chatkit_beta=v1"}
        with httpx.Client(base_url=emulator.base_url, headers=headers) as api:
            unauthorized = api.post("/chatkit/sessions", json=GOOD, headers={"authorization": "Bearer sk-wrong"})
            first, second, third = [api.post("/chatkit/sessions", json=GOOD) for _ in range(3)]
            emulator.clock.advance(60)
            fourth = api.post("/chatkit/sessions", json=GOOD)

    assert "x-ratelimit-limit-requests" not in unauthorized.headers
    answers = [first, second, third, fourth]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200]
    assert [answer.headers["x-ratelimit-limit-requests"] for answer in answers] == ["2", "2", "2", "2"]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0", "1"]
    assert 0 < int(third.headers["retry-after"]) <= 60
    error = error_of(third)
    assert (error["type"], error["code"]) == ("requests", "rate_limit_exceeded")
