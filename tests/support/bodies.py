"""Strategies that make bodies from the document, and spoil them."""

from __future__ import annotations

import copy
import json
from typing import Any

from chatkit_sessions._generated import document
from hypothesis import strategies as st

SCHEMAS: dict[str, Any] = document()["components"]["schemas"]

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def valid(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a part of the document allows."""
    if "$ref" in schema:
        return valid(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return st.one_of(*(valid(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            return _object(schema)
        case "string":
            return st.text(min_size=schema.get("minLength", 0), max_size=8)
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case _:
            return st.none()


def _object(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    properties = schema.get("properties", {})
    if not properties:
        return st.dictionaries(st.text(max_size=8), valid(schema["additionalProperties"]), max_size=3)
    required = {name: valid(part) for name, part in properties.items() if name in schema["required"]}
    optional = {name: valid(part) for name, part in properties.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def sessions(draw: st.DrawFn) -> dict[str, Any]:
    """A session that a `create` may return: valid, with properties that a later document may add."""
    session: dict[str, Any] = draw(valid(SCHEMAS["ChatSessionResource"]))
    session["id"] = draw(st.text(min_size=1, max_size=8))
    session["client_secret"] = draw(st.text(min_size=1, max_size=8))
    later: dict[str, Any] = draw(st.dictionaries(st.text(max_size=8), JSON, max_size=2))
    return {**later, **session}


@st.composite
def spoiled(draw: st.DrawFn, bodies: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """A body with some of its parts taken away, replaced or added."""
    body: dict[str, Any] = copy.deepcopy(draw(bodies))
    changes: int = draw(st.integers(1, 3))
    for _ in range(changes):
        place = body
        depth: int = draw(st.integers(0, 3))
        for _ in range(depth):
            nested = [name for name, part in place.items() if isinstance(part, dict)]
            place = place[draw(st.sampled_from(nested))] if nested else place
        name: str = draw(st.sampled_from([*place, "more"]))
        goes: bool = draw(st.booleans())
        if goes:
            place.pop(name, None)
        else:
            place[name] = draw(JSON)
    return body


@st.composite
def spoiled_bytes(draw: st.DrawFn, bodies: st.SearchStrategy[dict[str, Any]]) -> bytes:
    """The JSON of a body with some of its bytes cut off, replaced or inserted."""
    content = json.dumps(draw(bodies)).encode()
    at = draw(st.integers(0, len(content)))
    inserted = draw(st.binary(max_size=3))
    return content[:at] + inserted + content[draw(st.integers(at, len(content))) :]
