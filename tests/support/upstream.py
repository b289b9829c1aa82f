"""A whole document as OpenAI would publish it: the facts of openapi.yaml without our corrections, in the midst of more.

Tests of the tool behind generate.sh change this one, so that they need no copy of OpenAI's own.
"""

import copy
from functools import cache
from pathlib import Path
from typing import Any

from spec.parse import parse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT.parent / "shared" / "upstream"


@cache
def _committed() -> Any:
    return parse((ROOT / "openapi.yaml").read_bytes(), "openapi.yaml")


def published() -> dict[str, Any]:
    """Return a fresh document, free to be changed."""
    document: dict[str, Any] = copy.deepcopy(_committed())
    del document["x-source"]
    schemas = document["components"]["schemas"]
    create = document["paths"]["/chatkit/sessions"]["post"]
    cancel = document["paths"]["/chatkit/sessions/{session_id}/cancel"]["post"]

    del create["requestBody"]["required"]
    for operation, name in ((create, "CreateChatSessionMethod"), (cancel, "CancelChatSessionMethod")):
        del operation["tags"]
        operation |= {"operationId": name, "summary": "Published summary", "x-oaiMeta": {"beta": True}}
    returned = schemas["ChatkitWorkflow"]["properties"]["state_variables"]["anyOf"][0]
    for variables in (schemas["WorkflowParam"]["properties"]["state_variables"], returned):
        variables["additionalProperties"]["oneOf"] = variables["additionalProperties"].pop("anyOf")
    session = schemas["ChatSessionResource"]
    session["properties"]["object"]["enum"] = ["chatkit.session"]
    session["properties"]["status"] = {"$ref": "#/components/schemas/ChatSessionStatus"}
    del session["properties"]["client_secret"]["format"]
    session["example"] = {"id": "cksess_123", "workflow": {"version": "2024-10-01"}}
    for schema in schemas.values():
        schema |= {"title": "The same title", "description": "Published prose."}

    document["info"] |= {"description": "Published prose.", "contact": {"name": "Somebody"}}
    document["paths"]["/files"] = {
        "get": {
            "operationId": "listFiles",
            "responses": {
                "200": {
                    "description": "Published prose.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/File"}}},
                }
            },
        }
    }
    schemas["File"] = {
        "type": "object",
        "title": "The same title",
        "properties": {
            "title": {"type": "string", "title": "Title"},
            "description": {"type": "string", "example": "dropped"},
            "folder": {"$ref": "#/components/schemas/File"},
        },
    }
    schemas["Settings"] = {"type": "object", "default": {"title": "kept, since it is data"}}
    document["components"]["securitySchemes"]["AdminApiKeyAuth"] = {"type": "http", "scheme": "bearer"}
    return document
