import math
from typing import Any
from uuid import UUID

import pytest
from chatkit_sessions import ChatSession, omit
from support.clients import Maker, each_twin
from support.mock import SESSION
from support.refusals import check_refused, variables

from generated_client.models import ChatSessionWorkflowParam

pytestmark = [pytest.mark.anyio, each_twin]

UNSET = "if it comes from the environment, the variable is not set"
ENDS = "expected no white space or control character at its ends, got"
EXPIRY = "whole seconds, a timedelta or a mapping"
BOTH = "did you mean 'max_requests_per_1_minute' or 'requests_per_minute'?"
LIMITS = "a whole number or a mapping"

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
    # a session is not shown, since it holds its secret
    ({"user": SESSION}, TypeError, "user: expected a str, got dict"),
    ({"user": ChatSession.from_dict(SESSION)}, TypeError, "user: expected a str, got ChatSession"),
    ({"workflow": [SESSION]}, TypeError, "workflow: expected the id of a workflow or a mapping, got list"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), REFUSED, ids=range(len(REFUSED)))
async def test_a_wrong_argument_is_refused_before_sending(
    maker: Maker, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    await check_refused(maker, arguments, error, message)


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
