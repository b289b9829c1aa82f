"""The one seam to the generated package: all other modules import it from here.

A regeneration that renames something fails here, and vendoring rewrites the imports here. Importing this module has
the only side effect in the package: generated classes no longer show a client secret, and the annotations of an
answer's classes can be evaluated.
"""

import json
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

from ._secret import HIDDEN

try:
    import generated_client
    from generated_client import AuthenticatedClient, models
    from generated_client.limits import ANSWERS, OPERATIONS, SCHEMAS
    from generated_client.models import (
        ChatSession,
        ChatSessionChatKitConfigurationParam,
        ChatSessionExpiresAfterParam,
        ChatSessionRateLimitsParam,
        ChatSessionWorkflowParam,
    )
    from generated_client.types import Response

    CREATE: Final = OPERATIONS["create_chat_session"]
    CANCEL: Final = OPERATIONS["cancel_chat_session"]
    CREATE_PARAMS: Final = SCHEMAS["SessionCreateParams"]
except (ImportError, KeyError, TypeError) as error:
    from ._import_error import explained

    raise explained(error) from error

__all__ = [
    "ANSWERS",
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


def _visible_of_session(session: Any) -> Iterator[tuple[str, object]]:
    yield "id", session.id
    yield "status", session.status
    yield "expires_at", session.expires_at
    yield "client_secret", HIDDEN


def _repr(it: Any) -> str:
    return f"{type(it).__name__}({', '.join(f'{name}={value!r}' for name, value in it.__rich_repr__())})"


def _are_equal(session: Any, other: object) -> bool:
    return session.to_dict() == other.to_dict() if isinstance(other, ChatSession) else NotImplemented


def _visible_of_response(response: Any) -> Iterator[tuple[str, object]]:
    yield "status_code", response.status_code
    yield "parsed", response.parsed


def _are_equal_responses(response: Any, other: object) -> bool:
    def facts(it: Any) -> tuple[object, ...]:
        return it.status_code, it.content, it.headers, it.parsed

    return facts(response) == facts(other) if isinstance(other, Response) else NotImplemented


# The generator's repr prints client_secret, or the body with it. rich, which prints many tracebacks, and pytest's
# comparison of objects show every attribute of an attrs class, unless told not to and unless it has its own `__eq__`.
ChatSession.__repr__ = _repr  # type: ignore[method-assign] # as meant
ChatSession.__rich_repr__ = _visible_of_session  # type: ignore[attr-defined] # as meant
ChatSession.__eq__ = _are_equal  # type: ignore[method-assign] # as meant
Response.__repr__ = _repr  # type: ignore[method-assign] # as meant
Response.__rich_repr__ = _visible_of_response  # type: ignore[attr-defined] # as meant
Response.__eq__ = _are_equal_responses  # type: ignore[method-assign] # as meant

# They name each other, and import each other for type checkers only.
_CLASSES: Final = {name: getattr(models, name) for name in ANSWERS}
for _class in _CLASSES.values():
    vars(sys.modules[_class.__module__]).update(_CLASSES)
