import copy
import json
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, get_type_hints

import attrs
import pytest
from chatkit_sessions import ChatSession
from chatkit_sessions._session import _plan  # pyright: ignore[reportPrivateUsage] # to clear its cache
from fastapi.encoders import jsonable_encoder
from rich.pretty import pretty_repr
from support.leaks import FAKE_SECRET
from support.mock import CANCEL_EXAMPLE, SESSION

from generated_client.models import ChatSession as GeneratedSession
from generated_client.types import Response

NOW = 1_773_144_000.0  # 10 March 2026, 12:00 UTC


@pytest.fixture(autouse=True)
def _a_clock_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)


@pytest.fixture(autouse=True)
def _a_fresh_plan() -> None:
    _plan.cache_clear()  # or only the first test of a process makes it


def without(*keys: str) -> dict[str, Any]:
    return {name: value for name, value in SESSION.items() if name not in keys}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the session with one value replaced, or removed if it is `...`."""
    data = copy.deepcopy(SESSION)
    *parents, last = path.split(".")
    place = data
    for name in parents:
        place = place[name]
    place[last] = value
    if value is ...:
        del place[last]
    return data


def test_a_session_has_every_property_under_its_own_name() -> None:
    session = ChatSession.from_dict(SESSION)
    assert session.id == "cksess_1"
    assert session.object == session.object_ == "chatkit.session"
    assert (session.client_secret, type(session.client_secret)) == (FAKE_SECRET, str)
    assert session.expires_at == 1_800_000_000
    assert (session.user, session.status) == ("user_1", "active")
    assert (session.workflow.id, session.workflow.version, session.workflow.tracing.enabled) == ("wf_1", None, True)
    assert session.rate_limits.max_requests_per_1_minute == session.max_requests_per_1_minute == 10
    assert session.chatkit_configuration.file_upload.max_files == 10
    assert session.chatkit_configuration.history.recent_threads is None
    assert session.request_id is None
    assert isinstance(session, GeneratedSession)


# What the server may send: more, less and other than the document says.
TOLERATED: list[dict[str, Any]] = [
    SESSION,
    CANCEL_EXAMPLE,
    {},
    {"id": "cksess_1"},
    {"id": None},
    {"more": {"of": [1, None]}},
    {**SESSION, "more": {"of": [1, None]}, "scope": None},
    *(without(key) for key in SESSION),
    *({**SESSION, key: None} for key in SESSION),
    {**SESSION, "status": "paused"},
    {**SESSION, "status": 7},
    {**SESSION, "object": "chatkit.other"},
    {**SESSION, "expires_at": "soon", "user": ["user_1"], "max_requests_per_1_minute": 1.5},
    changed("workflow.version", "7"),
    changed("workflow.version", ...),
    changed("workflow.state_variables", None),
    changed("workflow.state_variables", ...),
    changed("workflow.tracing", ...),
    changed("workflow.tracing", None),
    changed("workflow.tracing", {}),
    changed("workflow.more", {"of": 1}),
    changed("workflow.tracing.more", 1),
    changed("rate_limits", {}),
    changed("chatkit_configuration", {}),
    changed("chatkit_configuration.file_upload", ...),
    changed("chatkit_configuration.file_upload", {"enabled": None}),
    changed("chatkit_configuration.history.recent_threads", ...),
    changed("chatkit_configuration.history.more", "x"),
    {"client_secret": {"value": FAKE_SECRET}},
    {"to_dict": 1, "left_out": 2, "schema": 3, "additional_properties": 4, "__class__": 5, "request_id": 6},
]


@pytest.mark.parametrize("data", TOLERATED, ids=range(len(TOLERATED)))
def test_a_session_gives_back_what_was_sent_through_every_copy(data: dict[str, Any]) -> None:
    before = copy.deepcopy(data)
    session = ChatSession.from_dict(data)
    session.request_id = "req_1"
    pickled = [pickle.loads(pickle.dumps(session, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for same in (session, copy.copy(session), copy.deepcopy(session), *pickled):
        assert isinstance(same, ChatSession)
        assert same.to_dict() == data
        assert same.request_id == "req_1"
        assert same == session
    assert data == before, "what was parsed was changed"


@pytest.mark.parametrize("data", TOLERATED, ids=range(len(TOLERATED)))
def test_no_repr_shows_the_secret(data: dict[str, Any]) -> None:
    session = ChatSession.from_dict(data)
    assert FAKE_SECRET not in repr(session) + str(session) + f"{session}" + repr([session])
    assert FAKE_SECRET not in pretty_repr(session)  # what rich prints, and the tracebacks of typer
    assert repr(session).startswith(f"ChatSession(id={data.get('id')!r}, status={data.get('status')!r}, ")


def test_a_generated_session_does_not_show_the_secret_either() -> None:
    session = GeneratedSession.from_dict(SESSION)
    assert FAKE_SECRET not in repr(session) + pretty_repr(session)


def test_what_the_server_left_out_reads_none() -> None:
    session = ChatSession.from_dict(CANCEL_EXAMPLE)
    left_out = ("client_secret", "user", "rate_limits", "chatkit_configuration", "expires_at", "expires")
    assert [name for name in left_out if getattr(session, name) is not None] == []
    assert (session.expires_in(), session.is_expired()) == (timedelta(), True)
    assert session.workflow.version == "1"
    assert session.workflow.tracing is None
    assert session.additional_properties == {
        "scope": {"customer_id": "cust_456"},
        "ttl_seconds": 900,
        "cancelled_at": 1712345678,
    }
    assert session["ttl_seconds"] == 900


NO_OBJECTS: list[Any] = [[], "wf_1", 7, True]
MISSHAPEN: list[tuple[Any, str]] = [
    (None, "the session"),
    *((odd, "the session") for odd in NO_OBJECTS),
    *(({**SESSION, "workflow": odd}, "workflow") for odd in NO_OBJECTS),
    ({"rate_limits": 10}, "rate_limits"),
    (changed("workflow.tracing", True), "workflow.tracing"),
    (changed("chatkit_configuration.history", []), "chatkit_configuration.history"),
]


@pytest.mark.parametrize(("data", "path"), MISSHAPEN)
def test_another_shape_than_the_documents_is_an_error_that_names_it(data: Any, path: str) -> None:
    with pytest.raises(TypeError) as caught:
        ChatSession.from_dict(data)
    assert str(caught.value) == f"{path} is not a JSON object"


MOMENTS: list[tuple[int, datetime, timedelta]] = [
    (int(NOW) + 600, datetime(2026, 3, 10, 12, 10, tzinfo=UTC), timedelta(minutes=10)),
    (int(NOW) + 1, datetime(2026, 3, 10, 12, 0, 1, tzinfo=UTC), timedelta(seconds=1)),
    (int(NOW), datetime(2026, 3, 10, 12, tzinfo=UTC), timedelta()),
    (int(NOW) - 1, datetime(2026, 3, 10, 11, 59, 59, tzinfo=UTC), timedelta()),
    (0, datetime(1970, 1, 1, tzinfo=UTC), timedelta()),
    (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), timedelta()),
    (253_402_300_799, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), timedelta(seconds=253_402_300_799 - NOW)),
    *(
        (huge, datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC) - datetime.fromtimestamp(NOW, UTC))
        for huge in (253_402_300_800, 10**12, 10**18, 10**30, 2**63, 10**4000)
    ),
    *((-huge, datetime.min.replace(tzinfo=UTC), timedelta()) for huge in (10**12, 10**18, 10**30, 2**63, 10**4000)),
]


@pytest.mark.parametrize(("seconds", "moment", "left"), MOMENTS, ids=range(len(MOMENTS)))
def test_the_expiry_is_told_as_a_moment_and_as_the_time_left(seconds: int, moment: datetime, left: timedelta) -> None:
    session = ChatSession.from_dict({**SESSION, "expires_at": seconds})
    assert session.expires_at == seconds
    assert session.expires == moment
    assert session.expires.tzinfo is UTC
    assert session.expires_in() == left
    assert session.is_expired() is (not left)


@pytest.mark.parametrize("odd", ["soon", "1800000000", [], {}, None])
def test_an_expiry_that_is_no_number_is_none(odd: Any) -> None:
    session = ChatSession.from_dict({**SESSION, "expires_at": odd})
    assert session.to_dict()["expires_at"] == odd
    no_moment: object = session.expires
    assert no_moment is None
    assert session.is_expired()


def test_a_part_of_a_session_can_be_copied_by_itself() -> None:
    session = ChatSession.from_dict(CANCEL_EXAMPLE)
    for part in (session.workflow, ChatSession.from_dict(SESSION).workflow):
        assert pickle.loads(pickle.dumps(part)).to_dict() == copy.deepcopy(part).to_dict() == part.to_dict()


def test_sessions_are_equal_when_what_was_sent_is() -> None:
    assert ChatSession.from_dict(SESSION) == ChatSession.from_dict(copy.deepcopy(SESSION))
    assert ChatSession.from_dict(SESSION) != ChatSession.from_dict({**SESSION, "status": "cancelled"})
    assert ChatSession.from_dict(CANCEL_EXAMPLE) == ChatSession.from_dict(CANCEL_EXAMPLE)


def test_a_session_can_be_changed_like_any_generated_model() -> None:
    session = ChatSession.from_dict(without("user"))
    session.user = "user_2"
    session["more"] = 1
    assert session.to_dict() == {**SESSION, "user": "user_2", "more": 1}
    whole = ChatSession.from_dict(SESSION)
    whole.status = "cancelled"
    assert whole.to_dict() == {**SESSION, "status": "cancelled"}


def test_a_session_becomes_a_dictionary_with_all_that_was_sent() -> None:
    for data in (SESSION, CANCEL_EXAMPLE):
        session = ChatSession.from_dict(data)
        assert dict(session) == data
        assert jsonable_encoder(session) == data  # what FastAPI returns from an endpoint


def test_a_session_changed_by_attrs_keeps_what_no_property_holds() -> None:
    for data in (SESSION, CANCEL_EXAMPLE):
        session = ChatSession.from_dict({**data, "more": 1})
        session.request_id = "req_1"
        changed = attrs.evolve(session, status="cancelled")
        assert (changed.request_id, changed["more"], changed.status) == ("req_1", 1, "cancelled")
        assert changed.to_dict() == {**data, "more": 1, "status": "cancelled"}


def test_the_hints_of_a_session_can_be_evaluated() -> None:
    hints = get_type_hints(ChatSession)
    assert (hints["expires_at"], hints["request_id"]) == (int, str | None)
    assert get_type_hints(hints["workflow"])["tracing"].__name__ == "ChatKitWorkflowTracing"
    for name in ("from_dict", "expires_in", "is_expired", "to_dict"):
        assert get_type_hints(getattr(ChatSession, name))


def test_what_a_generated_function_returns_does_not_show_the_secret() -> None:
    session = ChatSession.from_dict(SESSION)
    content = json.dumps(SESSION).encode()
    response = Response(HTTPStatus.OK, content, {"set-cookie": FAKE_SECRET}, session)
    assert FAKE_SECRET not in repr(response) + pretty_repr(response)
    assert repr(response).startswith("Response(status_code=<HTTPStatus.OK: 200>, parsed=ChatSession(id='cksess_1'")
    assert response == Response(HTTPStatus.OK, content, {"set-cookie": FAKE_SECRET}, session)
    assert response != Response(HTTPStatus.OK, b"", {}, session)


def test_a_failed_comparison_does_not_show_the_secret(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(COMPARISON, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-vv", "-p", "no:randomly", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.count("AssertionError") >= 2, done.stdout + done.stderr
    assert FAKE_SECRET not in done.stdout + done.stderr


COMPARISON = f"""
from http import HTTPStatus
from chatkit_sessions import ChatSession
from generated_client.types import Response

class Secret(str):
    def __repr__(self): return "..."

DATA = {{"id": "cksess_1", "client_secret": Secret({FAKE_SECRET[:4]!r} + {FAKE_SECRET[4:]!r})}}

def test_sessions():
    assert ChatSession.from_dict(DATA) == ChatSession.from_dict({{**DATA, "user": "u"}})

def test_responses():
    body = str.__str__(DATA["client_secret"]).encode()
    one, other = (Response(HTTPStatus.OK, body, {{}}, user) for user in "ab")
    del body
    assert one == other
"""
