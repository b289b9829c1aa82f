"""Reads a schema as a set of alternatives, each of one type, so that two schemas can be compared."""

from typing import TypeAlias

from spec.document import Json, Object, as_object, child, items
from spec.trim import lookup

# A schema of one type, and its name in components if it has one.
Shape: TypeAlias = tuple[str | None, Object]

# A schema that says nothing of the type takes any.
ANY = "any value"


def resolve(document: Object, node: Json) -> tuple[str | None, Object]:
    """Returns what a node refers to, and the name it has in components when it is a reference."""
    name = None
    while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
        _, name, node = lookup(document, reference)
    if isinstance(node, bool):
        return name, {} if node else {"enum": []}
    return name, as_object(node, name or "a schema")


def shapes(document: Object, node: Json) -> dict[str, list[Shape]]:
    """Returns the named or nameless schemas that a value may meet, by type."""
    found: dict[str, list[Shape]] = {}
    for name, schema in _alternatives(document, node, set()):
        for kind in _types(schema):
            found.setdefault(kind, []).append((name, schema))
    return found


def values(schema: Object) -> list[Json] | None:
    """Returns the only values that a schema takes, None when it names none."""
    if "const" in schema:
        return [schema["const"]]
    return items(schema, "enum") if "enum" in schema else None


def _alternatives(document: Object, node: Json, seen: set[str]) -> list[Shape]:
    name, schema = resolve(document, node)
    if name in seen:
        return []
    if name:
        seen.add(name)
    if "allOf" in schema:
        schema = _merge_all_of(document, schema, set())
    options = [*items(schema, "anyOf"), *items(schema, "oneOf")]
    if not options:
        return [(name, schema)]
    common = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf", "discriminator"}}
    return [
        # A nameless alternative is known by its place, so that a circle through it is noticed.
        (inner or (name and f"{name}[{number}]"), {**common, **alternative})
        for number, option in enumerate(options)
        for inner, alternative in _alternatives(document, option, seen)
    ]


def _merge_all_of(document: Object, schema: Object, seen: set[str]) -> Object:
    merged: Object = {}
    for part in [*items(schema, "allOf"), {key: value for key, value in schema.items() if key != "allOf"}]:
        name, resolved = resolve(document, part)
        if name in seen:
            continue
        if name:
            seen.add(name)
        if "allOf" in resolved:
            resolved = _merge_all_of(document, resolved, seen)
        properties = {**child(merged, "properties"), **child(resolved, "properties")}
        required = [*items(merged, "required"), *items(resolved, "required")]
        merged = {**merged, **resolved, "properties": properties, "required": required}
    return merged


def _types(schema: Object) -> list[str]:
    declared = schema.get("type")
    if isinstance(declared, str):
        return [declared]
    if isinstance(declared, list):
        return [str(kind) for kind in declared]
    named = values(schema)
    if named:
        return list(dict.fromkeys(_type_of(value) for value in named))
    return ["object"] if schema.get("properties") else ["array"] if "items" in schema else [ANY]


def _type_of(value: Json) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return next((kind for python, kind in kinds.items() if type(value) is python), "null")
