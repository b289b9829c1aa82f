import math
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from chatkit_sessions import ChatSession, omit
from support.clients import Maker, each_twin
from support.mock import SESSION

from generated_client.models import ChatSessionExpiresAfterParam, ChatSessionRateLimitsParam, ChatSessionWorkflowParam

pytestmark = [pytest.mark.anyio, each_twin]

LATEST = (
    "workflow.version: 'latest' is no version; leave version out to run the newest one. "
    "The API accepts it and the chat then fails without an error (openai/chatkit-js issue 41)"
)
UNSET = "if it comes from the environment, the variable is not set"
ENDS = "expected no white space or control character at its ends, got"
EXPIRY = "whole seconds, a timedelta or a mapping"
BOTH = "did you mean 'max_requests_per_1_minute' or 'requests_per_minute'?"
LIMITS = "a whole number or a mapping"
CYCLE: dict[str, Any] = {}
CYCLE["self"] = CYCLE
MODEL: Any = ChatSessionExpiresAfterParam
UNFIT: Any = True


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def variables(value: Any) -> dict[str, Any]:
    return {"workflow": {"id": "wf_1", "state_variables": value}}


# arguments → the error, whose text names what was wrong, what came and what is accepted
REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    # the wrong type
    ({"user": None}, TypeError, "user: None is not accepted; give a str"),
    ({"user": 7}, TypeError, "user: expected a str, got 7 (int); give str(…) of it"),
    ({"user": True}, TypeError, "user: expected a str, got True (bool)"),
    ({"user": 7.0}, TypeError, "user: expected a str, got 7.0 (float)"),
    (
        {"user": UUID(int=7)},
        TypeError,
        "user: expected a str, got UUID('00000000-0000-0000-0000-000000000007') (UUID); give str(…) of it",
    ),
    ({"user": b"user_1"}, TypeError, "user: expected a str, got b'user_1' (bytes)"),
    ({"workflow": None}, TypeError, f"workflow: None is not accepted; give the id of a workflow or a mapping; {UNSET}"),
    ({"workflow": 7}, TypeError, "workflow: expected the id of a workflow or a mapping, got 7 (int)"),
    ({"workflow": ["wf_1"]}, TypeError, "workflow: expected the id of a workflow or a mapping, got ['wf_1'] (list)"),
    ({"workflow": {"id": 7}}, TypeError, "workflow.id: expected a str, got 7 (int)"),
    ({"workflow": {"id": "wf_1", "version": 2}}, TypeError, "workflow.version: expected a str, got 2 (int)"),
    ({"workflow": {"id": "wf_1", "tracing": True}}, TypeError, "workflow.tracing: expected a mapping, got True (bool)"),
    (
        {"workflow": {"id": "wf_1", "tracing": {"enabled": 1}}},
        TypeError,
        "workflow.tracing.enabled: expected a bool, got 1 (int)",
    ),
    (
        {"expires_after": None},
        TypeError,
        f"expires_after: None is not accepted; leave it out, or pass omit, or give {EXPIRY}",
    ),
    (
        {"expires_after": "300"},
        TypeError,
        f"expires_after: expected {EXPIRY}, got '300' (str)",
    ),
    ({"expires_after": 300.5}, TypeError, "expires_after.seconds: expected a whole number, got 300.5 (float)"),
    ({"expires_after": math.nan}, TypeError, "expires_after.seconds: expected a whole number, got nan (float)"),
    ({"expires_after": math.inf}, TypeError, "expires_after.seconds: expected a whole number, got inf (float)"),
    (
        {"expires_after": 601.0},
        ValueError,
        "expires_after.seconds: expected a whole number from 1 to 600, got 601 (int)",
    ),
    (
        {"rate_limits": 2.5},
        TypeError,
        "rate_limits.max_requests_per_1_minute: expected a whole number, got 2.5 (float)",
    ),
    (
        {"expires_after": True},
        TypeError,
        f"expires_after: expected {EXPIRY}, got True (bool)",
    ),
    (
        {"expires_after": {"seconds": "300"}},
        TypeError,
        "expires_after.seconds: expected a whole number, got '300' (str)",
    ),
    (
        {"expires_after": {"seconds": True}},
        TypeError,
        "expires_after.seconds: expected a whole number, got True (bool)",
    ),
    (
        {"rate_limits": None},
        TypeError,
        f"rate_limits: None is not accepted; leave it out, or pass omit, or give {LIMITS}",
    ),
    ({"rate_limits": False}, TypeError, f"rate_limits: expected {LIMITS}, got False (bool)"),
    ({"rate_limits": {7: 7}}, TypeError, "rate_limits: expected a str as key, got 7 (int)"),
    (
        {"rate_limits": {"requests_per_minute": None}},
        TypeError,
        (
            "rate_limits.max_requests_per_1_minute: None is not accepted; "
            "leave it out, or pass omit, or give a whole number"
        ),
    ),
    (
        {"chatkit_configuration": {"history": {"enabled": "yes"}}},
        TypeError,
        "chatkit_configuration.history.enabled: expected a bool, got 'yes' (str)",
    ),
    (
        variables({"plan": None}),
        TypeError,
        (
            "workflow.state_variables.plan: None is not accepted; leave it out, or pass omit, or give "
            "a str or a whole number or a bool or a number"
        ),
    ),
    (
        variables({"plan": ["pro"]}),
        TypeError,
        ("workflow.state_variables.plan: expected a str or a whole number or a bool or a number, got ['pro'] (list)"),
    ),
    (
        variables([("a", 1)]),
        TypeError,
        "workflow.state_variables: expected a mapping, got [('a', 1)] (list)",
    ),
    (variables({1: "pro"}), TypeError, "workflow.state_variables: expected a str as key, got 1 (int)"),
    # unknown and missing keys
    (
        {"rate_limits": {"requests_per_min": 20}},
        ValueError,
        f"rate_limits: unknown key 'requests_per_min'; {BOTH}",
    ),
    (
        {"rate_limits": {"per_minute": 3}},
        ValueError,
        f"rate_limits: unknown key 'per_minute'; {BOTH}",
    ),
    (
        {"rate_limits": {"requests_per_minute": 20, "per_hour": 20}},
        ValueError,
        f"rate_limits: unknown key 'per_hour'; {BOTH}",
    ),
    (
        {"rate_limits": {"requests_per_minute": 1, "max_requests_per_1_minute": 1}},
        ValueError,
        "rate_limits: 'requests_per_minute' and 'max_requests_per_1_minute' mean the same; give one",
    ),
    ({"expires_after": {"second": 5}}, ValueError, "expires_after: unknown key 'second'; did you mean 'seconds'?"),
    ({"expires_after": {}}, ValueError, "expires_after: missing key 'seconds'; got no keys"),
    ({"expires_after": {"seconds": omit}}, ValueError, "expires_after: missing key 'seconds'; got no keys"),
    ({"user": omit}, ValueError, "user: it cannot be left out"),
    ({"workflow": omit}, ValueError, "workflow: it cannot be left out"),
    ({"workflow": {}}, ValueError, "workflow: missing key 'id'; got no keys"),
    ({"workflow": {"version": "1"}}, ValueError, "workflow: missing key 'id'; got 'version'"),
    (
        {"workflow": {"id": "wf_1", "state_variable": {}}},
        ValueError,
        "workflow: unknown key 'state_variable'; did you mean 'state_variables'?",
    ),
    (
        {"chatkit_configuration": {"histroy": {}}},
        ValueError,
        "chatkit_configuration: unknown key 'histroy'; did you mean 'history'?",
    ),
    (
        {"chatkit_configuration": {"x": {}}},
        ValueError,
        "chatkit_configuration: unknown key 'x'; expected 'automatic_thread_titling', 'file_upload', 'history'",
    ),
    # ids that a variable or a file spoiled
    ({"workflow": ""}, ValueError, f"workflow: expected the id of a workflow such as 'wf_123', got ''; {UNSET}"),
    (
        {"workflow": {"id": ""}},
        ValueError,
        f"workflow.id: expected the id of a workflow such as 'wf_123', got ''; {UNSET}",
    ),
    (
        {"workflow": ChatSessionWorkflowParam(id="")},
        ValueError,
        f"workflow.id: expected the id of a workflow such as 'wf_123', got ''; {UNSET}",
    ),
    *(
        ({"workflow": odd}, ValueError, f"workflow: {ENDS} {odd!r}")
        for odd in (" ", "wf_123\r\n", " wf_123", "wf_123\t", "\ufeffwf_123", "wf_123\u200b", "\0wf_123", "wf_123\x7f")
    ),
    ({"workflow": {"id": "wf_123\n"}}, ValueError, f"workflow.id: {ENDS} 'wf_123\\n'"),
    ({"workflow": {"id": "wf_123", "version": "3 "}}, ValueError, f"workflow.version: {ENDS} '3 '"),
    (
        {"workflow": {"id": "wf_123", "version": ""}},
        ValueError,
        "workflow.version: expected the name of a version, got ''; leave it out to run the newest one",
    ),
    ({"user": "user_1\n"}, ValueError, f"user: {ENDS} 'user_1\\n'"),
    ({"user": "\u00a0"}, ValueError, f"user: {ENDS} '\\xa0'"),
    # outside the document's limits
    ({"user": ""}, ValueError, "user: expected a length of at least 1, got 0"),
    ({"user": "a\ud800"}, ValueError, "user: expected Unicode text, got a string with a lone surrogate"),
    ({"expires_after": 0}, ValueError, "expires_after.seconds: expected a whole number from 1 to 600, got 0 (int)"),
    ({"expires_after": 601}, ValueError, "expires_after.seconds: expected a whole number from 1 to 600, got 601 (int)"),
    ({"expires_after": -1}, ValueError, "expires_after.seconds: expected a whole number from 1 to 600, got -1 (int)"),
    (
        {"expires_after": 10**5000},
        ValueError,
        "expires_after.seconds: expected a whole number from 1 to 600, got an int of 14000 bits or more",
    ),
    (
        {"expires_after": timedelta(minutes=11)},
        ValueError,
        "expires_after.seconds: expected a whole number from 1 to 600, got 660 (int)",
    ),
    (
        {"expires_after": timedelta()},
        ValueError,
        "expires_after.seconds: expected a whole number from 1 to 600, got 0 (int)",
    ),
    (
        {"expires_after": timedelta.min},
        ValueError,
        "expires_after.seconds: expected a whole number from 1 to 600, got -86399999913600 (int)",
    ),
    (
        {"expires_after": timedelta(seconds=1.5)},
        ValueError,
        "expires_after: expected whole seconds, got datetime.timedelta(seconds=1, microseconds=500000)",
    ),
    (
        {"expires_after": {"seconds": 5, "anchor": "now"}},
        ValueError,
        "expires_after.anchor: expected 'created_at', got 'now' (str)",
    ),
    (
        {"rate_limits": 0},
        ValueError,
        "rate_limits.max_requests_per_1_minute: expected a whole number from 1, got 0 (int)",
    ),
    (
        {"rate_limits": {"requests_per_minute": -5}},
        ValueError,
        "rate_limits.max_requests_per_1_minute: expected a whole number from 1, got -5 (int)",
    ),
    (
        {"chatkit_configuration": {"file_upload": {"max_file_size": 513}}},
        ValueError,
        "chatkit_configuration.file_upload.max_file_size: expected a whole number from 1 to 512, got 513 (int)",
    ),
    (
        {"chatkit_configuration": {"file_upload": {"max_files": 0}}},
        ValueError,
        "chatkit_configuration.file_upload.max_files: expected a whole number from 1, got 0 (int)",
    ),
    (
        {"chatkit_configuration": {"history": {"recent_threads": 0}}},
        ValueError,
        "chatkit_configuration.history.recent_threads: expected a whole number from 1, got 0 (int)",
    ),
    (
        variables({f"v{i}": i for i in range(65)}),
        ValueError,
        "workflow.state_variables: expected at most 64 keys, got 65",
    ),
    (
        variables({"big": "x" * 10_485_761}),
        ValueError,
        "workflow.state_variables.big: expected a length of 0 to 10485760, got 10485761",
    ),
    (
        variables({"f": float("nan")}),
        ValueError,
        "workflow.state_variables.f: expected a finite number, got nan (float)",
    ),
    (
        variables({"f": float("-inf")}),
        ValueError,
        "workflow.state_variables.f: expected a finite number, got -inf (float)",
    ),
    (
        variables({"i": 10**5000}),
        ValueError,
        "workflow.state_variables.i: expected a whole number, got an int of 14000 bits or more",
    ),
    (
        variables({"i": 2**13_999}),
        ValueError,
        f"workflow.state_variables.i: expected a whole number, got {str(2**13_999)[:80]} (int)",
    ),
    (
        variables({"\ud800": 1}),
        ValueError,
        "workflow.state_variables: key '\\ud800': expected Unicode text, got a string with a lone surrogate",
    ),
    ({"workflow": {"id": "wf_1", "version": "latest"}}, ValueError, LATEST),
    ({"workflow": ChatSessionWorkflowParam(id="wf_1", version="latest")}, ValueError, LATEST),
    # generated models that hold something else than they say
    (
        {"expires_after": MODEL(seconds=601, anchor="created_at")},
        ValueError,
        "expires_after.seconds: expected a whole number from 1 to 600, got 601 (int)",
    ),
    (
        {"rate_limits": ChatSessionRateLimitsParam.from_dict({"per_hour": 1})},
        ValueError,
        "rate_limits: unknown key 'per_hour'; expected 'max_requests_per_1_minute'",
    ),
    ({"workflow": ChatSessionRateLimitsParam()}, ValueError, "workflow: missing key 'id'; got no keys"),
    (
        {"workflow": ChatSessionRateLimitsParam},
        TypeError,
        (
            "workflow: expected the id of a workflow or a mapping, "
            "got <class 'generated_client.models.chat_session_rate_limits_param.ChatSessionRateLi (type)"
        ),
    ),
    ({"workflow": MODEL(seconds=object(), anchor=5)}, ValueError, "workflow: unknown key 'anchor'; expected"),
    (
        {"workflow": ChatSessionWorkflowParam("wf_1", tracing=UNFIT)},
        TypeError,
        "workflow: ChatSessionWorkflowParam holds a value of the wrong type",
    ),
    # a session is not shown, since it holds its secret
    ({"user": SESSION}, TypeError, "user: expected a str, got dict"),
    ({"user": ChatSession.from_dict(SESSION)}, TypeError, "user: expected a str, got ChatSession"),
    ({"workflow": [SESSION]}, TypeError, "workflow: expected the id of a workflow or a mapping, got list"),
    # what goes unchecked must still be JSON
    ({"extra_body": [("a", 1)]}, TypeError, "extra_body: expected a mapping, got [('a', 1)] (list)"),
    ({"extra_body": "a"}, TypeError, "extra_body: expected a mapping, got 'a' (str)"),
    ({"extra_body": {"a": {1, 2}}}, TypeError, "extra_body: cannot be written as JSON"),
    ({"extra_body": {("a",): 1}}, TypeError, "extra_body: cannot be written as JSON"),
    ({"extra_body": {"a": float("nan")}}, ValueError, "extra_body: cannot be written as JSON"),
    ({"extra_body": {"a": 10**5000}}, ValueError, "extra_body: cannot be written as JSON"),
    ({"extra_body": CYCLE}, ValueError, "extra_body: cannot be written as JSON"),
    ({"extra_body": {"a": nested(100_000)}}, ValueError, "extra_body: nested too deeply to be written as JSON"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), REFUSED, ids=range(len(REFUSED)))
async def test_a_wrong_argument_is_refused_before_sending(
    maker: Maker, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    client = maker.serve()
    with pytest.raises(error, match=re.escape(message)) as caught:
        await client.create(**arguments)
    assert type(caught.value) is error
    if not message.endswith(("as JSON", "wrong type", "expected")):
        assert str(caught.value) == message
    with pytest.raises(error) as raw:
        await client.create_raw(**arguments)
    with pytest.raises(error) as streamed:
        await client.create_streamed(**arguments).__aenter__()
    with pytest.raises(error) as opened:
        await client.open(**arguments).__aenter__()
    assert str(raw.value) == str(streamed.value) == str(opened.value) == str(caught.value)


@pytest.mark.parametrize("wrong", [{"user": "user_1"}, {"workflow": "wf_1"}, {"user": "user_1", "workflw": "wf_1"}])
async def test_a_missing_or_unknown_argument_is_pythons_own_error(maker: Maker, wrong: dict[str, Any]) -> None:
    sessions: Any = maker.make()
    raw, streaming = sessions.with_raw_response, sessions.with_streaming_response
    for call in (sessions.create, raw.create, streaming.create, sessions.open):
        with pytest.raises(TypeError, match=r"\b(required|unexpected) keyword"):
            await _entered(call(**wrong))
        with pytest.raises(TypeError, match="positional argument"):
            await _entered(call("user_1", "wf_1"))


async def _entered(result: Any) -> None:
    """Do whatever it takes to make a call begin."""
    if hasattr(result, "__await__"):
        await result
    elif hasattr(result, "__aenter__"):
        await result.__aenter__()
    else:
        result.__enter__()
