"""Reads what an operation may take from its path or from the document: who may call it, and where."""

import json

from spec.document import Json, Object, as_object, child, items
from spec.shapes import resolve


def security(document: Object, _item: Object, operation: Object) -> dict[str, str]:
    """Return the ways to authenticate, each in one form and as a text to show; a name is not part of the form."""
    holder = operation if "security" in operation else document
    ways = [as_object(way, "security") for way in items(holder, "security")] or [{}]
    return {json.dumps(_meaning(document, way), sort_keys=True): " and ".join(way) or "none" for way in ways}


def _meaning(document: Object, way: Object) -> list[Json]:
    schemes = child(child(document, "components"), "securitySchemes")
    found: list[Json] = [[resolve(document, schemes.get(name, {}))[1], scopes] for name, scopes in way.items()]
    return sorted(found, key=lambda scheme: json.dumps(scheme, sort_keys=True))


def servers(document: Object, item: Object, operation: Object) -> dict[str, str]:
    """Return the servers that an operation is offered on, each in one form and as a text to show."""
    holder = next((node for node in (operation, item) if "servers" in node), document)
    found = [as_object(server, "servers") for server in items(holder, "servers")]
    return {json.dumps(server, sort_keys=True): str(server.get("url")) for server in found}
