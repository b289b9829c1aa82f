"""What the bare generator gets wrong without a word, each of which must stop our pipeline."""

from pathlib import Path
from typing import Any

import pytest
from spec.checks import check_integers, validate
from spec.document import SpecError
from spec.generate import generate
from spec.trim import select


def generated(document: dict[str, Any], folder: Path) -> Path:
    validate(document)
    check_integers(document)
    generate(document, folder / "client", "./generate.sh")
    return folder / "client"


@pytest.fixture
def sessions(document: dict[str, Any]) -> dict[str, Any]:
    """The sessions as published, titles and all."""
    selected: dict[str, Any] = select(document, "^/chatkit/sessions")
    for schema in selected["components"]["schemas"].values():
        del schema["title"]
    for name in ("ChatkitWorkflow", "WorkflowParam"):
        del selected["components"]["schemas"][name]["properties"]["state_variables"]
        selected["components"]["schemas"][name]["required"] = []
    return selected


def test_without_these_faults_the_document_generates(sessions: dict[str, Any], tmp_path: Path) -> None:
    assert (generated(sessions, tmp_path) / "models" / "chat_session.py").is_file()


def test_two_schemas_with_one_title_would_lose_a_model(sessions: dict[str, Any], tmp_path: Path) -> None:
    for name in ("HistoryParam", "ChatSessionHistory"):
        sessions["components"]["schemas"][name]["title"] = "History"
    with pytest.raises(SpecError, match='Attempted to generate duplicate models with name "History"'):
        generated(sessions, tmp_path)


def test_a_fixed_header_would_drop_an_endpoint(sessions: dict[str, Any], tmp_path: Path) -> None:
    header = {"name": "OpenAI-Beta", "in": "header", "required": True, "schema": {"const": "chatkit_beta=v1"}}
    sessions["paths"]["/chatkit/sessions"]["post"]["parameters"] = [header]
    with pytest.raises(SpecError, match="Endpoint will not be generated"):
        generated(sessions, tmp_path)


def test_one_of_integer_and_number_would_refuse_every_integer(sessions: dict[str, Any], tmp_path: Path) -> None:
    sessions["components"]["schemas"]["HistoryParam"]["properties"]["recent_threads"] = {
        "oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "number"}]
    }
    with pytest.raises(SpecError, match="refuses every integer"):
        generated(sessions, tmp_path)


def test_a_body_that_the_generator_cannot_write_would_be_left_out(sessions: dict[str, Any], tmp_path: Path) -> None:
    sessions["paths"]["/chatkit/sessions"]["post"]["requestBody"]["content"] = {"text/csv": {}}
    with pytest.raises(SpecError, match="The generator refuses the document"):
        generated(sessions, tmp_path)


def test_an_operation_without_an_id_is_named(sessions: dict[str, Any], tmp_path: Path) -> None:
    del sessions["paths"]["/chatkit/sessions"]["post"]["operationId"]
    with pytest.raises(SpecError, match="POST /chatkit/sessions has no operationId"):
        generated(sessions, tmp_path)
