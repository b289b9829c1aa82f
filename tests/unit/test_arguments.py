from collections import OrderedDict
from datetime import timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from chatkit_sessions import omit
from support.clients import Maker, each_twin
from support.mock import answer

from generated_client.models import (
    ChatSessionChatKitConfigurationParam,
    ChatSessionExpiresAfterParam,
    ChatSessionRateLimitsParam,
    ChatSessionWorkflowParam,
)

pytestmark = [pytest.mark.anyio, each_twin]


class Plan(StrEnum):
    PRO = "pro"


class Seats(IntEnum):
    FEW = 3


BARE: dict[str, Any] = {"workflow": {"id": "wf_1"}, "user": "user_1"}
ANCHORED = {"seconds": 300, "anchor": "created_at"}
EVERYTHING: dict[str, Any] = {
    "automatic_thread_titling": {"enabled": False},
    "file_upload": {"enabled": True, "max_file_size": 512, "max_files": 1},
    "history": {"enabled": True, "recent_threads": 10**9},
}
# arguments beside user and workflow → what is sent beside these
SENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    (
        {"expires_after": omit, "rate_limits": omit, "chatkit_configuration": omit},
        {},
    ),
    ({"expires_after": 300}, {"expires_after": ANCHORED}),
    ({"expires_after": 1}, {"expires_after": {"seconds": 1, "anchor": "created_at"}}),
    ({"expires_after": 600}, {"expires_after": {"seconds": 600, "anchor": "created_at"}}),
    ({"expires_after": timedelta(minutes=5)}, {"expires_after": ANCHORED}),
    ({"expires_after": 300.0}, {"expires_after": ANCHORED}),
    ({"expires_after": {"seconds": 300.0}}, {"expires_after": ANCHORED}),
    ({"expires_after": timedelta(days=1, hours=-24, seconds=300)}, {"expires_after": ANCHORED}),
    ({"expires_after": {"seconds": 300}}, {"expires_after": ANCHORED}),
    ({"expires_after": ANCHORED}, {"expires_after": ANCHORED}),
    ({"expires_after": MappingProxyType({"seconds": 300, "anchor": omit})}, {"expires_after": ANCHORED}),
    (
        {"expires_after": ChatSessionExpiresAfterParam(seconds=300, anchor="created_at")},
        {"expires_after": ANCHORED},
    ),
    ({"rate_limits": 20}, {"rate_limits": {"max_requests_per_1_minute": 20}}),
    ({"rate_limits": 20.0}, {"rate_limits": {"max_requests_per_1_minute": 20}}),
    ({"rate_limits": {"requests_per_minute": 20.0}}, {"rate_limits": {"max_requests_per_1_minute": 20}}),
    ({"rate_limits": {"max_requests_per_1_minute": 20}}, {"rate_limits": {"max_requests_per_1_minute": 20}}),
    ({"rate_limits": {"requests_per_minute": 20}}, {"rate_limits": {"max_requests_per_1_minute": 20}}),
    ({"rate_limits": OrderedDict(requests_per_minute=20)}, {"rate_limits": {"max_requests_per_1_minute": 20}}),
    ({"rate_limits": {}}, {"rate_limits": {}}),
    (
        {"rate_limits": ChatSessionRateLimitsParam(max_requests_per_1_minute=20)},
        {"rate_limits": {"max_requests_per_1_minute": 20}},
    ),
    ({"rate_limits": ChatSessionRateLimitsParam()}, {"rate_limits": {}}),
    ({"chatkit_configuration": {}}, {"chatkit_configuration": {}}),
    ({"chatkit_configuration": EVERYTHING}, {"chatkit_configuration": EVERYTHING}),
    (
        {"chatkit_configuration": {"history": omit, "file_upload": {"enabled": True, "max_files": omit}}},
        {"chatkit_configuration": {"file_upload": {"enabled": True}}},
    ),
    (
        {"chatkit_configuration": ChatSessionChatKitConfigurationParam.from_dict(EVERYTHING)},
        {"chatkit_configuration": EVERYTHING},
    ),
    ({"workflow": "wf_2"}, {"workflow": {"id": "wf_2"}}),
    ({"workflow": {"id": "wf_2", "version": "3"}}, {"workflow": {"id": "wf_2", "version": "3"}}),
    ({"workflow": ChatSessionWorkflowParam(id="wf_2")}, {"workflow": {"id": "wf_2"}}),
    (
        {"workflow": {"id": "wf_2", "tracing": {"enabled": False}, "state_variables": {}}},
        {"workflow": {"id": "wf_2", "tracing": {"enabled": False}, "state_variables": {}}},
    ),
    (
        {
            "workflow": {
                "id": "wf_2",
                "state_variables": {"s": "", "i": -1, "b": False, "f": 0.5, "e": Plan.PRO},
            }
        },
        {"workflow": {"id": "wf_2", "state_variables": {"s": "", "i": -1, "b": False, "f": 0.5, "e": "pro"}}},
    ),
    (
        {"workflow": {"id": "wf_2", "state_variables": {f"v{i}": Seats.FEW for i in range(64)}}},
        {"workflow": {"id": "wf_2", "state_variables": {f"v{i}": 3 for i in range(64)}}},
    ),
    (
        {"workflow": {"id": "wf_2", "state_variables": {"i": 2**13_999 - 1}}},
        {"workflow": {"id": "wf_2", "state_variables": {"i": 2**13_999 - 1}}},
    ),
    ({"user": "ä€😀\0\n a"}, {"user": "ä€😀\0\n a"}),
    ({"user": "a\u0301🏴\U000e0067\U000e007f"}, {"user": "a\u0301🏴\U000e0067\U000e007f"}),
    ({"extra_body": {"more": None, "user": "other"}}, {"more": None, "user": "other"}),
    (
        {"rate_limits": 20, "extra_body": {"rate_limits": {"per_hour": 5}, "workflow": {"version": "latest"}}},
        {"rate_limits": {"per_hour": 5}, "workflow": {"version": "latest"}},
    ),
    ({"extra_body": {}}, {}),
]


@pytest.mark.parametrize(("arguments", "sent"), SENT, ids=range(len(SENT)))
async def test_friendly_arguments_become_what_the_document_asks_for(
    maker: Maker, arguments: dict[str, Any], sent: dict[str, Any]
) -> None:
    client = maker.serve(answer())
    before = repr(arguments)
    await client.create(**arguments)
    assert client.server.sent() == BARE | sent
    assert repr(arguments) == before, "an argument was changed"
    if "expires_after" in arguments and "extra_body" not in arguments:
        assert ".0" not in client.server.request.content.decode(), "a whole number was sent as another"


async def test_what_is_sent_is_not_shared_with_the_caller(maker: Maker) -> None:
    variables: dict[str, Any] = {"plan": "pro"}

    def change(_request: object) -> Any:
        variables["plan"] = "free"
        return answer(500)

    client = maker.serve(change, answer())
    await client.create(workflow={"id": "wf_1", "state_variables": variables})
    assert client.server.requests[0].content == client.server.requests[1].content
