from datetime import timedelta
from typing import Any

import pytest
from support.clients import Maker, each_twin
from support.refusals import check_refused, variables

from generated_client.models import ChatSessionExpiresAfterParam, ChatSessionRateLimitsParam, ChatSessionWorkflowParam

pytestmark = [pytest.mark.anyio, each_twin]

LATEST = (
    "workflow.version: 'latest' is not a version; leave version out to run the newest one. "
    "The API accepts it and the chat then fails without an error (openai/chatkit-js issue 41)"
)
CYCLE: dict[str, Any] = {}
CYCLE["self"] = CYCLE
MODEL: Any = ChatSessionExpiresAfterParam
UNFIT: Any = True


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


# arguments → the error, whose text names what was wrong, what came and what is accepted
REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
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
    await check_refused(maker, arguments, error, message)
