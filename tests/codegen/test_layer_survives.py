"""The handwritten layer on code that was generated from a changed document, without an edit of its own."""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from chatkit_sessions import AsyncSessions, ChatSession, Sessions, types
from spec.checks import validate
from spec.document import Object
from spec.generate import generate
from spec.load import Source
from spec.parse import parse
from spec.refresh import SESSIONS, refresh
from support.regeneration import ROOT
from support.upstream import published

from generated_client.limits import ATTRIBUTES, SCHEMAS

PRELUDE = """
import json, httpx
from chatkit_sessions import ChatKitClient, Sessions
from generated_client.api.sessions import create_chat_session
from generated_client.models import ChatSessionHistory, ChatSessionWorkflowParam, SessionCreateParams
import chatkit_sessions, generated_client
assert chatkit_sessions.__file__.startswith(ROOT) and generated_client.__file__.startswith(ROOT)

SESSION = {
    "id": "cksess_1", "object": "chatkit.session", "expires_at": 1800000000, "client_secret": "ek_1", "user": "u",
    "workflow": {"id": "wf_1", "version": None, "state_variables": None, "tracing": {"enabled": True}},
    "rate_limits": {"max_requests_per_1_minute": 10}, "max_requests_per_1_minute": 10, "status": "paused",
    "chatkit_configuration": {
        "automatic_thread_titling": {"enabled": True},
        "file_upload": {"enabled": False, "max_file_size": None, "max_files": None},
        "history": {"enabled": True, "recent_threads": None, "days": 3},
    },
    "region": "eu",
}
sent = []

def answer(request):
    sent.append(json.loads(request.content))
    return httpx.Response(200, json=SESSION)

options = {"api_key": "sk-test", "http_client": httpx.Client(transport=httpx.MockTransport(answer))}
sessions = Sessions(**options)
"""


def lay_out(root: Path, document: Object) -> Path:
    """Generate from a document beside an unedited copy of the handwritten layer."""
    validate(document)
    generate(document, root / "generated_client", "./generate.sh")
    shutil.copytree(ROOT / "overrides" / "chatkit_sessions", root / "chatkit_sessions")
    return root


def run(root: Path, script: str) -> subprocess.CompletedProcess[str]:
    code = f"ROOT = {str(root)!r}\n{PRELUDE}\n{script}"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree from a document with a new optional request field, new response fields and a new status."""
    document = published()
    schemas = document["components"]["schemas"]
    for name in ("CreateChatSessionBody", "ChatSessionResource"):
        schemas[name]["properties"]["region"] = {"type": "string", "enum": ["eu", "us"]}
    for name in ("HistoryParam", "ChatSessionHistory"):
        schemas[name]["properties"]["days"] = {"type": "integer", "maximum": 30}
    schemas["ChatSessionStatus"]["enum"].append("paused")
    return lay_out(tmp_path_factory.mktemp("changed"), refresh(Source(document, "", None), SESSIONS))


@pytest.mark.parametrize(
    "script",
    [
        # A new field of the request, at the top by extra_body and further down as any other key.
        """
sessions.create(
    user="u", workflow="wf_1", extra_body={"region": "eu"}, chatkit_configuration={"history": {"days": 3}}
)
assert sent[0]["region"] == "eu"
assert sent[0]["chatkit_configuration"] == {"history": {"days": 3}}
""",
        # Its limit is the new document's.
        """
try:
    sessions.create(user="u", workflow="wf_1", chatkit_configuration={"history": {"days": 31}})
except ValueError as error:
    assert "days" in str(error) and "30" in str(error), error
else:
    raise AssertionError("31 days were sent")
assert not sent
""",
        # As a typed keyword of the generated model, through the generated function.
        """
body = SessionCreateParams(user="u", workflow=ChatSessionWorkflowParam(id="wf_1"), region="us")
session = create_chat_session.sync(client=ChatKitClient(**options), body=body)
assert sent[0]["region"] == "us"
assert session.region == "eu"
""",
        # New fields and a new status of the response.
        """
session = sessions.create(user="u", workflow="wf_1")
assert (session.region, session.status) == ("eu", "paused")
assert session.chatkit_configuration.history.days == 3
assert session.to_dict() == SESSION
""",
        # A server that does not know the new fields yet.
        """
del SESSION["region"]
session = sessions.create(user="u", workflow="wf_1")
assert "region" not in session.to_dict() and session.client_secret == "ek_1"
""",
    ],
    ids=["sent", "limited", "typed", "read", "not yet known"],
)
def test_what_is_new_in_the_document_can_be_used_at_once(changed: Path, script: str) -> None:
    done = run(changed, script)
    assert done.returncode == 0, done.stderr


def test_a_renamed_schema_fails_in_the_one_seam_module_and_says_what_to_do(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8").replace("WorkflowParam", "FlowParam")
    document: Any = parse(text.encode(), "openapi.yaml")
    done = run(lay_out(tmp_path, document), "")
    assert done.returncode == 1
    *_, message = done.stderr.strip().splitlines()
    frames = [line for line in done.stderr.splitlines() if line.startswith("  File ")]
    assert "chatkit_sessions/_generated.py" in frames[-1]
    assert message.startswith("ImportError: generated_client does not have what the handwritten layer needs")
    assert "ChatSessionWorkflowParam" in message


REQUEST_OPTIONS = {"extra_headers", "extra_query", "extra_body", "timeout", "deadline", "max_retries"}


@pytest.mark.parametrize("sessions", [Sessions, AsyncSessions])
def test_the_arguments_of_create_are_the_properties_of_the_document(sessions: type[Sessions | AsyncSessions]) -> None:
    arguments = dict(inspect.signature(sessions.create).parameters)
    del arguments["self"]
    mirrored = {name: argument for name, argument in arguments.items() if name not in REQUEST_OPTIONS}
    schema = SCHEMAS["SessionCreateParams"]
    assert mirrored.keys() == schema["properties"].keys()
    assert {argument.kind for argument in arguments.values()} == {inspect.Parameter.KEYWORD_ONLY}
    required = {name for name, argument in mirrored.items() if argument.default is inspect.Parameter.empty}
    assert required == set(schema["required"])


@pytest.mark.parametrize(
    ("hints", "schema", "ours"),
    [
        (types.Workflow, "ChatSessionWorkflowParam", set[str]()),
        (types.Tracing, "ChatSessionWorkflowParamTracing", set[str]()),
        (types.ExpiresAfter, "ChatSessionExpiresAfterParam", set[str]()),
        (types.RateLimits, "ChatSessionRateLimitsParam", {"requests_per_minute"}),
        (types.ChatKitConfiguration, "ChatSessionChatKitConfigurationParam", set[str]()),
        (
            types.AutomaticThreadTitling,
            "ChatSessionChatKitConfigurationParamAutomaticThreadTitling",
            set[str](),
        ),
        (types.FileUpload, "ChatSessionChatKitConfigurationParamFileUpload", set[str]()),
        (types.History, "ChatSessionChatKitConfigurationParamHistory", set[str]()),
    ],
)
def test_the_typed_dictionaries_have_the_properties_of_the_document(hints: type, schema: str, ours: set[str]) -> None:
    assert get_type_hints(hints).keys() == SCHEMAS[schema]["properties"].keys() | ours


def test_a_session_has_every_property_of_the_document() -> None:
    attributes = {ATTRIBUTES["ChatSession"].get(name, name) for name in SCHEMAS["ChatSession"]["properties"]}
    assert attributes <= set(inspect.signature(ChatSession).parameters)
