"""`limits.py` agrees with the generated code and with the document."""

import importlib
import json

import attrs
import pytest
from support.regeneration import ROOT

import generated_client
from generated_client import models
from generated_client.limits import ATTRIBUTES, OPERATIONS, SCHEMAS

MODELS = [name for name, schema in SCHEMAS.items() if "properties" in schema]


@pytest.mark.parametrize("name", MODELS)
def test_every_schema_is_a_generated_class_with_these_attributes(name: str) -> None:
    cls = getattr(models, name)
    attributes = {ATTRIBUTES.get(name, {}).get(it, it) for it in SCHEMAS[name]["properties"]}
    assert attributes == {field.name for field in attrs.fields(cls)} - {"additional_properties"}


def test_every_reference_leads_to_a_schema() -> None:
    text = json.dumps(SCHEMAS)
    assert text.count('"$ref"') == sum(text.count(f'{{"$ref": "{name}"}}') for name in SCHEMAS)


@pytest.mark.parametrize("operation", ["create_chat_session", "cancel_chat_session"])
def test_every_operation_has_its_function(operation: str) -> None:
    method, path = OPERATIONS[operation]
    module = importlib.import_module(f"{generated_client.__name__}.api.sessions.{operation}")
    assert callable(module.sync_detailed)
    assert method.lower() in json.loads((ROOT / "generated_client/openapi.json").read_text("utf-8"))["paths"][path]
    assert len(OPERATIONS) == 2


def test_the_limits_of_the_document_are_there() -> None:
    assert SCHEMAS["ChatSessionExpiresAfterParam"]["properties"]["seconds"]["maximum"] == 600
    assert SCHEMAS["ChatSessionWorkflowParam"]["properties"]["state_variables"]["maxProperties"] == 64
    assert "description" not in json.dumps(SCHEMAS)


@pytest.mark.parametrize(
    "name",
    [
        *("ChatSession", "SessionCreateParams", "ChatSessionWorkflowParam", "ChatSessionExpiresAfterParam"),
        *("ChatSessionRateLimitsParam", "ChatSessionChatKitConfigurationParam", "ChatSessionStatus"),
        *("ChatSessionRateLimits", "ChatSessionChatKitConfiguration", "ChatSessionAutomaticThreadTitling"),
        *("ChatSessionFileUpload", "ChatSessionHistory", "ChatKitWorkflow", "ChatKitWorkflowTracing"),
        *("ChatKitWorkflowStateVariables", "ChatSessionWorkflowParamTracing"),
    ],
)
def test_classes_have_the_names_of_the_official_sdks(name: str) -> None:
    assert name in models.__all__
