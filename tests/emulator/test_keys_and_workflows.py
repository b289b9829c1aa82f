"""Who may do what: several keys, projects, and the workflows there are."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from chatkit_sessions.emulator import Emulator

GOOD = {"user": "user_abc", "workflow": {"id": "wf_123"}}


@contextmanager
def caller(emulator: Emulator, api_key: str, **headers: str) -> Generator[httpx.Client]:
    """Yield a client with a key of its own."""
    common = {"authorization": f"Bearer {api_key}".strip(), "openai-beta": "chatkit_beta=v1"}
    with httpx.Client(base_url=emulator.base_url, headers=common | headers, verify=False) as client:
        yield client


@pytest.fixture
def emulator() -> Generator[Emulator]:
    with Emulator(api_key="sk-root", api_keys={"sk-a": "proj_a", "sk-b": "proj_b"}) as running:
        yield running


def create(emulator: Emulator, api_key: str, **headers: str) -> httpx.Response:
    with caller(emulator, api_key, **headers) as client:
        return client.post("/chatkit/sessions", json=GOOD)


def cancel(emulator: Emulator, api_key: str, session_id: str) -> int:
    with caller(emulator, api_key) as client:
        return client.post(f"/chatkit/sessions/{session_id}/cancel").status_code


def test_each_key_is_right(emulator: Emulator) -> None:
    assert [create(emulator, key).status_code for key in ("sk-root", "sk-a", "sk-b", "sk-c")] == [200, 200, 200, 401]
    assert [session.project for session in emulator.sessions.values()] == [None, "proj_a", "proj_b"]


def test_a_key_sees_the_sessions_of_its_project_and_one_without_a_project_sees_all(emulator: Emulator) -> None:
    first, second = (create(emulator, "sk-a").json()["id"] for _ in range(2))

    assert cancel(emulator, "sk-b", first) == 404
    assert cancel(emulator, "sk-a", first) == 200
    assert cancel(emulator, "sk-root", second) == 200


@pytest.mark.parametrize(
    ("api_key", "project", "status"),
    [("sk-a", "proj_a", 200), ("sk-a", "proj_b", 401), ("sk-root", "proj_any", 200)],
)
def test_the_project_that_a_request_names_must_be_that_of_its_key(
    emulator: Emulator, api_key: str, project: str, status: int
) -> None:
    response = create(emulator, api_key, **{"openai-project": project})

    assert response.status_code == status
    if status == 401:
        assert response.json()["error"]["code"] == "mismatched_project"


@pytest.mark.parametrize(
    ("arguments", "api_key"),
    [
        ({}, "sk-emulator"),
        ({"api_keys": {"sk-a": "proj_a"}}, "sk-a"),
        ({"api_key": "sk-x", "api_keys": {"sk-a": "p"}}, "sk-x"),
    ],
)
def test_it_names_a_key_to_use(arguments: dict[str, Any], api_key: str) -> None:
    assert Emulator(**arguments).api_key == api_key


@pytest.mark.parametrize(("api_key", "status"), [("My API Key", 200), ("x", 200), ("", 401)])
def test_any_key_is_right_where_that_is_wanted(api_key: str, status: int) -> None:
    with Emulator(any_api_key=True) as emulator:
        assert create(emulator, api_key).status_code == status


@pytest.mark.parametrize(
    ("workflows", "workflow", "status"),
    [
        (None, "wf_any", 200),
        (None, "", 404),
        ({"wf_123"}, "wf_123", 200),
        ({"wf_123"}, "wf_12", 404),
        (["wf_1", "wf_2"], "wf_2", 200),
        (set[str](), "wf_123", 404),
    ],
)
def test_a_workflow_that_there_is_not_is_answered_as_openai_does(workflows: Any, workflow: str, status: int) -> None:
    with Emulator(workflows=workflows) as emulator, caller(emulator, emulator.api_key) as client:
        response = client.post("/chatkit/sessions", json={"user": "u", "workflow": {"id": workflow}})

    assert response.status_code == status
    if status == 404:
        assert response.json()["error"] == {
            "message": f"Workflow with id '{workflow}' not found.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
        assert len(emulator.sessions) == 0
