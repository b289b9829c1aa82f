"""The one seam to the generated package: whatever else needs of it, takes it from here.

A regeneration that renames something fails here, and vendoring rewrites the imports here.
"""

import json
from importlib.resources import files
from typing import Any, Final

try:
    import generated_client
    from generated_client import AuthenticatedClient, models
    from generated_client.limits import ATTRIBUTES, OPERATIONS, SCHEMAS
    from generated_client.models import (
        ChatSession,
        ChatSessionChatKitConfigurationParam,
        ChatSessionExpiresAfterParam,
        ChatSessionRateLimitsParam,
        ChatSessionWorkflowParam,
    )

    CREATE: Final = OPERATIONS["create_chat_session"]
    CANCEL: Final = OPERATIONS["cancel_chat_session"]
    CREATE_PARAMS: Final = SCHEMAS["SessionCreateParams"]
except (ImportError, KeyError, TypeError) as error:
    from ._import_error import explained

    raise explained(error) from error

__all__ = [
    "ATTRIBUTES",
    "CANCEL",
    "CREATE",
    "CREATE_PARAMS",
    "SCHEMAS",
    "AuthenticatedClient",
    "ChatSession",
    "ChatSessionChatKitConfigurationParam",
    "ChatSessionExpiresAfterParam",
    "ChatSessionRateLimitsParam",
    "ChatSessionWorkflowParam",
    "document",
    "models",
    "provenance",
]


def document() -> dict[str, Any]:
    """Return the OpenAPI document that the generated code was made from."""
    return _json("openapi.json")


def provenance() -> dict[str, Any]:
    """Return what the generated code was made from, and with what."""
    return _json("provenance.json")


def _json(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(files(generated_client).joinpath(name).read_text(encoding="utf-8"))
    return parsed
