"""What the document may become: the layer reads and checks it as it is, or the sync says what stands in the way."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spec.checks import validate
from spec.document import SpecError
from spec.generate import generate
from spec.load import Source
from spec.refresh import SESSIONS, refresh
from spec.selftest import try_layer
from support.regeneration import ROOT
from support.upstream import published

Parts = dict[str, Any]
Edit = Callable[[Parts], object]
R = "#/components/schemas/"


def tried(edit: Edit, folder: Path, paths: str = SESSIONS) -> list[str]:
    """Generate from an edited document into a folder, try the layer, and return what a person has to touch."""
    document = published()
    edit(document["components"]["schemas"])
    changed = refresh(Source(document, "", None), paths)
    validate(changed)
    generate(changed, folder / "generated_client", "./generate.sh")
    return try_layer(changed, folder / "generated_client")


def reshape(schemas: Parts) -> None:
    """Give the answer and the request what the plan of today's document never had."""
    answer, request = (schemas[name]["properties"] for name in ("ChatSessionResource", "CreateChatSessionBody"))
    answer |= {
        "parent": {"$ref": f"{R}ChatSessionResource"},
        "agent": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "notes": {"type": "object", "properties": {"text": {"type": "string"}}},
        "histories": {"type": "array", "items": {"$ref": f"{R}ChatSessionHistory"}},
        "by_name": {"type": "object", "additionalProperties": {"$ref": f"{R}ChatSessionHistory"}},
        "source": {"oneOf": [{"$ref": f"{R}Page"}, {"$ref": f"{R}Bot"}], "discriminator": {"propertyName": "kind"}},
        "created": {"type": "string", "format": "date-time"},
        "closed_on": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
        "limits": {"allOf": [{"$ref": f"{R}ChatSessionRateLimits"}]},
        "expiresAt": {"type": "integer"},
        "moments": {"type": "array", "items": {"type": "string", "format": "date-time"}},
    }
    schemas["Page"] = {
        "type": "object",
        "required": ["kind", "path"],
        "properties": {"kind": {"const": "page"}, "path": {"type": "string"}},
    }
    schemas["Bot"] = {
        "type": "object",
        "required": ["kind", "id"],
        "properties": {"kind": {"type": "string", "enum": ["bot"]}, "id": {"type": "string", "format": "uuid"}},
    }
    schemas["ChatSessionResource"]["required"] += ["created", "histories", "agent", "undeclared"]
    schemas["ChatSessionHistory"]["additionalProperties"] = False
    for name in ("expires_after", "rate_limits"):
        request[name] = {"allOf": [request[name]]}
    schemas["WorkflowParam"]["properties"]["version"] = {"type": ["string", "null"], "pattern": "^[a-z]+$"}
    schemas["WorkflowTracingParam"]["properties"] |= {
        "rate": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "level": {"type": "integer", "enum": [1, 2]},
        "kind": {"const": "all"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": True},
    }
    request["chatkit_configuration"]["maxProperties"] = 2
    schemas["HistoryParam"]["required"] = ["undeclared"]


@pytest.fixture(scope="module")
def shaped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shaped")
    places = tried(reshape, folder)
    added = ("rate", "level", "kind", "tags")
    assert {place.partition(" yet")[0] for place in places} == {f"Tracing has no key {name}" for name in added}
    return folder


PRELUDE = """
import copy, datetime, json, pickle, uuid
import httpx
from chatkit_sessions import ChatSession, Sessions
HISTORY = {"enabled": True, "recent_threads": 3, "unknown": 1}
ANSWER = {
    "id": "cksess_1", "object": "chatkit.session", "expires_at": 1800000000, "client_secret": "ek_1", "user": "u",
    "workflow": {"id": "wf_1", "version": None, "state_variables": {"seats": 3}, "tracing": {"enabled": True}},
    "rate_limits": {"max_requests_per_1_minute": 10}, "max_requests_per_1_minute": 10, "status": "active",
    "chatkit_configuration": {
        "automatic_thread_titling": {"enabled": True}, "history": HISTORY,
        "file_upload": {"enabled": False, "max_file_size": None, "max_files": None},
    },
    "parent": {"id": "cksess_0", "parent": {"id": "cksess_00"}}, "agent": {"name": "a"}, "notes": {},
    "histories": [HISTORY, {}], "by_name": {"a": HISTORY, "b": {}}, "created": "2026-01-02T03:04:05Z",
    "source": {"kind": "bot", "id": "6F1D1C2E-0B1E-4C53-9F0C-0D1C2B3A4F5E"}, "closed_on": "2026-01-02",
    "limits": {"max_requests_per_1_minute": 9}, "expiresAt": 7, "moments": ["2026-01-02T03:04:05Z", "soon"],
    "undeclared": {"z": 1},
}
def same(data):
    session = ChatSession.from_dict(data)
    for each in (session, copy.copy(session), copy.deepcopy(session), pickle.loads(pickle.dumps(session))):
        assert each.to_dict() == data, (each.to_dict(), data)
        assert each == session and repr(each)
    return session
def refused(**arguments):
    try:
        sessions.create(**{"user": "u", "workflow": "wf_1", **arguments})
    except (TypeError, ValueError) as error:
        return str(error)
    raise AssertionError(arguments)
sent = []
def answer(request):
    sent.append(json.loads(request.content))
    return httpx.Response(200, json=ANSWER)
sessions = Sessions(api_key="sk-test", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
"""

SCRIPTS = {
    "read": """
session = same(ANSWER)
assert type(session.parent.parent).__name__ == "ChatSession" and session.parent.parent.id == "cksess_00"
assert session.agent.name == "a" and session.notes.text is None
assert [each.recent_threads for each in session.histories] == [3, None]
assert session.histories[0].additional_properties == {"unknown": 1}
assert session.by_name.additional_properties["a"].enabled is True
assert type(session.source).__name__ == "Bot" and session.source.id == uuid.UUID(ANSWER["source"]["id"])
assert session.created == datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
assert session.closed_on == datetime.date(2026, 1, 2)
assert session.limits.max_requests_per_1_minute == 9
assert (session.expiresAt, session.expires_at, session["undeclared"]) == (7, 1800000000, {"z": 1})
assert session.moments == [session.created, "soon"]
""",
    "read in part": """
for key in ANSWER:
    same({name: value for name, value in ANSWER.items() if name != key})
    same({**ANSWER, key: None})
for key, odd in {"source": {"kind": "bot"}, "created": "soon", "closed_on": 7, "histories": {}, "moments": "x"}.items():
    session = same({**ANSWER, key: odd})
assert type(same({**ANSWER, "source": {"kind": "bot"}}).source).__name__ == "Bot"
assert type(same({**ANSWER, "source": {"kind": "page", "id": "x"}}).source).__name__ == "Page"
changed = ChatSession.from_dict(ANSWER)
changed.created = changed.created.replace(year=2027)
assert changed.to_dict() == {**ANSWER, "created": "2027-01-02T03:04:05+00:00"}
""",
    "sent": """
session = sessions.create(user="u", workflow="wf_1", expires_after=300, rate_limits=20)
assert sent[0]["expires_after"] == {"seconds": 300, "anchor": "created_at"}
assert sent[0]["rate_limits"] == {"max_requests_per_1_minute": 20}
assert session.to_dict() == ANSWER
tracing = {"rate": 0.5, "level": 2, "kind": "all", "tags": ["a", "b"]}
sessions.create(user="u", workflow={"id": "wf_1", "version": None, "tracing": tracing})
assert sent[1]["workflow"] == {"id": "wf_1", "version": None, "tracing": tracing}
sessions.create(user="u", workflow="wf_1", chatkit_configuration={"history": {"undeclared": [1]}})
""",
    "checked": """
assert "from 1 to 600" in refused(expires_after=601)
assert "from 1" in refused(rate_limits=0)
assert "matches" in refused(workflow={"id": "wf_1", "version": "2"})
assert "at most 2 keys" in refused(chatkit_configuration={"history": {"undeclared": 1}, "file_upload": {},
    "automatic_thread_titling": {}})
assert "missing key 'undeclared'" in refused(chatkit_configuration={"history": {}})
for tracing, complaint in (
    ({"rate": 0}, "above 0"), ({"rate": 1.5}, "to 1"), ({"level": 3}, "1 or 2"), ({"kind": "some"}, "'all'"),
    ({"tags": ["a", "a"]}, "differ"), ({"tags": ["a", "b", "c"]}, "0 to 2 items"), ({"level": "1"}, "whole number"),
):
    assert complaint in refused(workflow={"id": "wf_1", "tracing": tracing}), tracing
assert not sent
""",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_new_shapes_need_no_edit_of_the_layer(shaped: Path, script: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(shaped), str(ROOT / "overrides")])}
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", PRELUDE + script],
        cwd=shaped,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def in_answer(name: str, schema: Any, of: str = "ChatSessionResource") -> Edit:
    return lambda schemas: schemas[of]["properties"].update({name: schema})


TEXT = {"type": "string"}
REFUSED: dict[str, tuple[Edit, str]] = {
    "expires": (in_answer("expires", TEXT), "'expires' of ChatSession would take the place of ChatSession.expires of"),
    "expires_in": (in_answer("expires_in", TEXT), "would take the place of ChatSession.expires_in of ours"),
    "request_id": (in_answer("request_id", TEXT), "would take the place of ChatSession.request_id of ours"),
    "to_dict within": (in_answer("to_dict", TEXT, "ChatSessionHistory"), "the place of ChatSessionHistory.to_dict"),
    "object_": (in_answer("object_", TEXT), "('object', 'object_'): take one out by an overlay"),
    "another type of what create needs": (
        in_answer("expires_at", {"type": "string", "format": "date-time"}),
        "the body has no expires_at that is a whole number",
    ),
    "a keyword that create does not check": (
        in_answer("user", {"type": "string", "not": {"const": "root"}}, "CreateChatSessionBody"),
        "create does not check not at #/components/schemas/CreateChatSessionBody/properties/user",
    ),
}


@pytest.mark.parametrize(("edit", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_the_layer_cannot_read_or_check_is_refused_by_name(edit: Edit, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        tried(edit, tmp_path)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def grow(schemas: Parts) -> None:
    schemas["CreateChatSessionBody"]["properties"] |= {"metadata": {"type": "object"}, "timeout": {"type": "integer"}}
    schemas["CreateChatSessionBody"]["required"].append("region")
    schemas["ExpiresAfterParam"]["properties"]["anchor"]["enum"].append("first_use")
    schemas["WorkflowTracingParam"]["properties"]["on"] = {"type": "boolean"}


def test_each_place_that_a_person_has_to_touch_is_said(tmp_path: Path) -> None:
    places = tried(grow, tmp_path)
    for place in (
        "The request has a property metadata, so far sent by extra_body only: add it to create and open",
        "The request has a property region, so far sent by extra_body only",
        "The request has a property timeout, which is an option of create",
        "CreateArguments has no key metadata yet",
        "Tracing has no key on yet",
        "ExpiresAfter.anchor lists other values than the document",
    ):
        assert any(it.startswith(place) for it in places), (place, places)


def test_the_answer_of_another_endpoint_is_not_read_as_a_session(tmp_path: Path) -> None:
    assert tried(lambda _: None, tmp_path, f"{SESSIONS}|^/files$") == []
