"""Reads a schema as a set of alternatives, each of one type and in one form, so that two schemas can be compared."""

import json
import math
from typing import TypeAlias

from spec.document import Json, Object, as_object, items
from spec.trim import lookup

# A schema of one type, and its name in components if it has one.
Shape: TypeAlias = tuple[str | None, Object]

# A schema that says nothing of the type takes any.
ANY = "any value"

# Keywords that say something about a value and restrict nothing.
ANNOTATIONS = frozenset({"default", "deprecated", "discriminator", "readOnly", "writeOnly"})
_OF_TYPE = {
    "string": frozenset({"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems", "prefixItems", "contains"}),
    "object": frozenset(
        {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyNames"}
    ),
}
_OF_TYPE["integer"] = _OF_TYPE["number"]
_OF_SOME_TYPE = frozenset[str]().union(*_OF_TYPE.values())
# What a missing keyword means, so that writing it changes nothing.
_UNSAID: dict[str, tuple[Json, ...]] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), (0,)),
    **dict.fromkeys(("uniqueItems", "nullable", "deprecated", "readOnly", "writeOnly"), (False,)),
    **dict.fromkeys(("additionalProperties", "items", "propertyNames"), (True, {})),
    "properties": ({},),
    "required": ([],),
}
_LARGEST = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_SMALLEST = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})


def resolve(document: Object, node: Json) -> tuple[str | None, Object]:
    """Return what a node refers to, and the name it has in components when it is a reference."""
    name = None
    while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
        _, name, node = lookup(document, reference)
    if isinstance(node, bool):
        return name, {} if node else {"enum": []}
    return name, as_object(node, name or "a schema")


def flat(document: Object, node: Json, seen: frozenset[str] = frozenset()) -> Shape:
    """Return a schema with all that applies at once: what it refers to, what stands beside that, and its `allOf`.

    The name is that of the component that it comes down to, if nothing else restricts it.
    """
    if not isinstance(node, dict):
        return resolve(document, node)
    rest = {key: value for key, value in node.items() if key not in {"$ref", "allOf"}}
    parts: list[Json] = [*items(node, "allOf")]
    name: str | None = None
    merged: Object = {}
    if isinstance(reference := node.get("$ref"), str):
        _, target, schema = lookup(document, reference)
        if target in seen:
            return None, rest
        inner, merged = flat(document, schema, seen | {target})
        name = inner if isinstance(schema, dict) and "$ref" in schema else target
    for part in parts:
        inner, schema = flat(document, part, seen)
        name = inner if len(parts) == 1 and not merged else None
        merged = merge(merged, schema)
    return name if rest.keys() <= ANNOTATIONS else None, merge(merged, rest)


def merge(one: Object, other: Object) -> Object:
    """Return a schema that restricts values as two do together; what cannot be said in one is kept under `allOf`."""
    merged = dict(one)
    apart: list[Json] = []
    for key, value in other.items():
        if key not in merged or key in ANNOTATIONS or merged[key] == value:
            merged[key] = value
        elif (together := _together(key, merged[key], value)) is not None:
            merged[key] = together
        else:
            apart.append({key: value})
    return {**merged, "allOf": [*items(merged, "allOf"), *apart]} if apart else merged


def _together(key: str, one: Json, other: Json) -> Json:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)) and key in _LARGEST | _SMALLEST:
        return max(one, other) if key in _LARGEST else min(one, other)
    if isinstance(one, dict) and isinstance(other, dict) and key == "properties":
        both: Object = {name: {"allOf": [one[name], other[name]]} for name in one if name in other}
        return {**one, **other, **both}
    if isinstance(one, list) and isinstance(other, list) and key in ("required", "enum"):
        return (
            [*one, *(it for it in other if it not in one)] if key == "required" else [it for it in one if it in other]
        )
    if key == "type":
        common = _common_types(_listed(one), _listed(other))
        return common[0] if len(common) == 1 else common or None
    if key in ("additionalProperties", "items", "propertyNames"):
        return {"allOf": [one, other]} if one is not False and other is not False else False
    return None


def _listed(types: Json) -> list[Json]:
    return types if isinstance(types, list) else [types]


def _common_types(one: list[Json], other: list[Json]) -> list[Json]:
    either = [*one, *other]
    narrow = {"number": "integer"}
    return [
        kind
        for kind in dict.fromkeys(map(str, either))
        if all(kind in types or (kind == narrow["number"] and "number" in types) for types in (one, other))
    ]


def shapes(document: Object, node: Json) -> dict[str, list[Shape]]:
    """Return the named or nameless schemas that a value may meet, by type, in one form."""
    found: dict[str, list[Shape]] = {}
    for name, schema in _alternatives(document, node, frozenset()):
        for kind in _types(schema):
            found.setdefault(kind, []).append((name, _in_one_form(kind, schema)))
    return found


def values(schema: Object) -> list[Json] | None:
    """Return the only values that a schema takes, None when it names none."""
    if "const" in schema:
        return [schema["const"]]
    return items(schema, "enum") if "enum" in schema else None


def _alternatives(document: Object, node: Json, seen: frozenset[str]) -> list[Shape]:
    name, schema = flat(document, node)
    if name in seen:
        return []
    if name:
        seen |= {name}
    group = "anyOf" if "anyOf" in schema else "oneOf"
    options = items(schema, group)
    if not options:
        return [(name, schema)]
    common = {key: value for key, value in schema.items() if key not in {group, "discriminator"}}
    return [
        # A nameless alternative is known by its place, so that a circle through it is noticed.
        (inner or (name and f"{name}[{number}]"), merge(common, alternative))
        for number, option in enumerate(options)
        for inner, alternative in _alternatives(document, option, seen)
    ]


def _types(schema: Object) -> list[str]:
    declared = schema.get("type")
    kinds = [str(kind) for kind in (_listed(declared) if declared else _implied(schema))]
    return [*kinds, "null"] if schema.get("nullable") is True and "null" not in kinds else kinds


def _implied(schema: Object) -> list[Json]:
    named = values(schema)
    if named:
        return list(dict.fromkeys(type_name(value) for value in named))
    return ["object"] if schema.get("properties") else ["array"] if "items" in schema else [ANY]


def type_name(value: Json) -> str:
    """Return the name that JSON Schema has for the type of a value."""
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return next((kind for python, kind in kinds.items() if type(value) is python), "null")


def _in_one_form(kind: str, schema: Object) -> Object:
    """Return the keywords of a schema that matter to values of one type, the same for all ways of writing them."""
    kept = {
        key: value
        for key, value in schema.items()
        if key not in {"type", "const", "enum", "nullable"}
        and (key not in _OF_SOME_TYPE or kind == ANY or key in _OF_TYPE.get(kind, ()))
        and not any(_same(value, unsaid) for unsaid in _UNSAID.get(key, ()))
    }
    named = values(schema)
    if named is not None:
        kept["enum"] = [value for value in named if kind == ANY or _is_of(value, kind)]
    if kind in ("integer", "number"):
        _put_bounds(kept, whole=kind == "integer")
    return kept


def _is_of(value: Json, kind: str) -> bool:
    return type_name(value) == kind or (kind == "number" and type_name(value) == "integer")


def in_one_form(schema: Object) -> Object:
    """Return the keywords of a schema in the one form of each that the layer above knows."""
    kept = {key: value for key, value in schema.items() if key not in {"const", "nullable"}}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    if not {"type", "anyOf", "oneOf", "$ref", "allOf"} & schema.keys() and _implied(schema) != [ANY]:
        kinds = _implied(schema)
        kept["type"] = kinds[0] if len(kinds) == 1 else kinds
    if schema.get("nullable") is True and "type" in kept:
        kept["type"] = list(dict.fromkeys([*_listed(kept["type"]), "null"]))
    if {"exclusiveMinimum", "exclusiveMaximum"} & schema.keys():
        _put_bounds(kept, whole=kept.get("type") == "integer")
    return kept


def _same(one: Json, other: Json) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _put_bounds(schema: Object, *, whole: bool) -> None:
    """Leave one lower and one upper bound; for integers an exclusive one becomes the next integer."""
    for side, exclusive, tighter, step in (
        ("minimum", "exclusiveMinimum", max, 1),
        ("maximum", "exclusiveMaximum", min, -1),
    ):
        least, beyond = schema.pop(side, None), schema.pop(exclusive, None)
        bounds: list[tuple[float, bool]] = []
        if isinstance(least, (int, float)):
            bounds.append((least, False))
        if isinstance(beyond, (int, float)) and not isinstance(beyond, bool):
            bounds.append((beyond, True))
        if whole:
            nearest = math.ceil if step == 1 else math.floor
            bounds = [
                ((nearest(value) + step if is_open and value == nearest(value) else nearest(value)), False)
                for value, is_open in bounds
            ]
        if bounds:
            # Of two equal bounds the exclusive one is tighter.
            value, is_open = tighter(bounds, key=lambda bound: (bound[0], step * bound[1]))
            schema[exclusive if is_open else side] = int(value) if value == int(value) else value
