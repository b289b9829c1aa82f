"""Create and cancel: what a session is given, and how it ends."""

import json
import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from chatkit_sessions import Sessions
from chatkit_sessions.emulator import Emulator

from generated_client.limits import OPERATIONS


def create(api: httpx.Client, **parameters: Any) -> dict[str, Any]:
    # As ASCII, in which even half a surrogate pair can be sent.
    body = json.dumps({"user": "user_abc", "workflow": {"id": "wf_123"}, **parameters})
    response = api.post("/chatkit/sessions", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 200
    session: dict[str, Any] = response.json()
    return session


@pytest.mark.parametrize(("name", "route"), OPERATIONS.items())
def test_every_endpoint_of_the_document_is_played(api: httpx.Client, name: str, route: tuple[str, str]) -> None:
    method, path = route
    body = api.request(method, re.sub(r"\{\w+\}", "x", path), json={}).json()
    assert body.get("error", {}).get("code") != "unknown_url", f"the emulator has no {name}"


def test_a_session_is_given_every_default_the_document_states(api: httpx.Client) -> None:
    before = int(time.time())
    session = create(api)

    assert session.pop("id").startswith("cksess_")
    assert session.pop("client_secret").startswith("ek_")
    assert before + 600 <= session.pop("expires_at") <= time.time() + 600
    assert session == {
        "object": "chatkit.session",
        "user": "user_abc",
        "status": "active",
        "workflow": {"id": "wf_123", "version": None, "state_variables": None, "tracing": {"enabled": True}},
        "rate_limits": {"max_requests_per_1_minute": 10},
        "max_requests_per_1_minute": 10,
        "chatkit_configuration": {
            "automatic_thread_titling": {"enabled": True},
            "file_upload": {"enabled": False, "max_file_size": 512, "max_files": 10},
            "history": {"enabled": True, "recent_threads": None},
        },
    }


def test_a_session_is_given_what_was_asked_for(api: httpx.Client) -> None:
    workflow = {
        "id": "wf_123",
        "version": "latest",
        "state_variables": {"plan": "pro", "seats": 3, "trial": False, "share": 0.5},
        "tracing": {"enabled": False},
    }
    configuration = {
        "automatic_thread_titling": {"enabled": False},
        "file_upload": {"enabled": True, "max_file_size": 16, "max_files": 3},
        "history": {"enabled": False, "recent_threads": 7},
    }

    before = int(time.time())
    session = create(
        api,
        workflow=workflow,
        expires_after={"anchor": "created_at", "seconds": 60},
        rate_limits={"max_requests_per_1_minute": 20},
        chatkit_configuration=configuration,
    )

    assert session["workflow"] == workflow
    assert session["chatkit_configuration"] == configuration
    assert session["rate_limits"] == {"max_requests_per_1_minute": 20}
    assert session["max_requests_per_1_minute"] == 20
    assert before + 60 <= session["expires_at"] <= time.time() + 60


def test_a_whole_number_written_as_a_float_becomes_an_integer(api: httpx.Client) -> None:
    session = create(
        api,
        expires_after={"anchor": "created_at", "seconds": 60.0},
        rate_limits={"max_requests_per_1_minute": 2e1},
        chatkit_configuration={"file_upload": {"max_files": 3.0}, "history": {"recent_threads": 7.0}},
    )

    assert type(session["expires_at"]) is int
    assert type(session["max_requests_per_1_minute"]) is int
    assert type(session["chatkit_configuration"]["file_upload"]["max_files"]) is int
    assert type(session["chatkit_configuration"]["history"]["recent_threads"]) is int


@pytest.mark.parametrize("user", ["\u0000", "Zoë 🦊", "\ud800", '"\\', "x" * 100_000])
def test_any_text_comes_back_as_it_went(api: httpx.Client, user: str) -> None:
    assert create(api, user=user)["user"] == user


def test_ids_and_secrets_are_never_given_twice(api: httpx.Client) -> None:
    minted = [create(api) for _ in range(50)]

    assert len({session["id"] for session in minted}) == 50
    assert len({session["client_secret"] for session in minted}) == 50


def test_cancelling_answers_with_the_session_as_it_was_minted_but_for_its_status(api: httpx.Client) -> None:
    session = create(api)

    response = api.post(f"/chatkit/sessions/{session['id']}/cancel")

    assert response.status_code == 200
    assert response.json() == {**session, "status": "cancelled"}


def test_cancelling_twice_is_a_conflict_that_no_client_should_repeat(api: httpx.Client) -> None:
    session = create(api)
    api.post(f"/chatkit/sessions/{session['id']}/cancel")

    response = api.post(f"/chatkit/sessions/{session['id']}/cancel")

    assert response.status_code == 409
    assert response.json()["error"]["code"] == "session_cancelled"
    assert response.headers["x-should-retry"] == "false"


def test_an_expired_session_can_not_be_cancelled(api: httpx.Client, emulator: Emulator) -> None:
    session = create(api)
    assert emulator.sessions[session["id"]].status == "active"

    emulator.clock.advance(timedelta(minutes=10))

    assert emulator.sessions[session["id"]].status == "expired"
    response = api.post(f"/chatkit/sessions/{session['id']}/cancel")
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "session_expired"


def test_a_cancelled_session_does_not_expire(api: httpx.Client, emulator: Emulator) -> None:
    session = create(api)
    api.post(f"/chatkit/sessions/{session['id']}/cancel")

    emulator.clock.advance(3600)

    assert emulator.sessions[session["id"]].status == "cancelled"


def test_a_session_is_forgotten_an_hour_after_it_expired(api: httpx.Client, emulator: Emulator) -> None:
    old = create(api)
    emulator.clock.advance(600 + 3600 + 1)

    create(api)

    assert len(emulator.sessions) == 1
    assert api.post(f"/chatkit/sessions/{old['id']}/cancel").status_code == 404


@pytest.mark.parametrize("others", [0, 1])
def test_what_expired_long_ago_is_unknown_whatever_came_between(
    api: httpx.Client, emulator: Emulator, others: int
) -> None:
    old = create(api)
    emulator.clock.advance(600 + 3600 + 1)
    for _ in range(others):
        create(api)

    assert api.post(f"/chatkit/sessions/{old['id']}/cancel").status_code == 404
    assert old["id"] not in emulator.sessions


@pytest.mark.parametrize("session_id", ["a/b", "ä", "a%2Fb", "%", "a b?c", ".", "x\ny"])
def test_any_id_is_an_id(api: httpx.Client, emulator: Emulator, session_id: str) -> None:
    emulator.sessions.add(id=session_id, user="u")

    response = api.post(f"/chatkit/sessions/{quote(session_id, safe='').replace('.', '%2E')}/cancel")

    assert (response.status_code, response.json()["id"]) == (200, session_id)


def test_the_sessions_can_be_looked_through(api: httpx.Client, emulator: Emulator) -> None:
    first, second = create(api), create(api, user="another")

    assert list(emulator.sessions) == [first["id"], second["id"]]
    assert first["id"] in emulator.sessions
    assert "cksess_unknown" not in emulator.sessions
    assert [session.user for session in emulator.sessions.values()] == ["user_abc", "another"]


def test_our_client_creates_and_cancels(sessions: Sessions, emulator: Emulator) -> None:
    session = sessions.create(
        user="user_abc",
        workflow={"id": "wf_123", "state_variables": {"plan": "pro", "seats": 3}},
        expires_after={"seconds": 600},
        rate_limits={"requests_per_minute": 20},
        chatkit_configuration={"history": {"enabled": False}},
    )

    assert sessions.cancel(session).status == "cancelled"
    assert emulator.requests[0].json == {
        "user": "user_abc",
        "workflow": {"id": "wf_123", "state_variables": {"plan": "pro", "seats": 3}},
        "expires_after": {"anchor": "created_at", "seconds": 600},
        "rate_limits": {"max_requests_per_1_minute": 20},
        "chatkit_configuration": {"history": {"enabled": False}},
    }
    assert session.request_id == emulator.requests[0].id
