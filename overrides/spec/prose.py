"""Checks our own descriptions: every place has one, and they change nothing else."""

from collections.abc import Iterator

from spec.document import Json, Object, SpecError, as_object, child, items, operations
from spec.trim import strip


def check_only_prose(before: Object, after: Object, name: str) -> None:
    """Check that an overlay of prose describes only what the document has.

    Args:
        before: The document without prose.
        after: The same after the overlay.
        name: What an error calls the overlay.

    Raises:
        SpecError: It added or changed more than prose.
    """
    place = _first_difference(before, strip(after))
    if place is not None:
        raise SpecError(f"{name} describes {'.'.join(place) or 'something'}, which the document does not have.")


def _first_difference(before: Json, after: Json) -> list[str] | None:
    if before == after:
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in after.items():
            inner = _first_difference(before[key], value) if key in before else []
            if inner is not None:
                return [key, *inner]
    return []


def undescribed(document: Object) -> list[str]:
    """Name every operation, parameter, body, response, schema and property that has no description."""
    return [where for where, node in _described(document) if isinstance(node, dict) and not node.get("description")]


def _described(document: Object) -> Iterator[tuple[str, Json]]:
    yield "info", document.get("info")
    for (method, path), operation in operations(document).items():
        where = f"{method} {path}"
        yield where, operation
        yield f"{where}: requestBody", operation.get("requestBody")
        for parameter in items(operation, "parameters"):
            yield f"{where}: parameter {as_object(parameter, where).get('name')}", parameter
        for status, response in child(operation, "responses").items():
            yield f"{where}: response {status}", response
    for name, schema in child(child(document, "components"), "schemas").items():
        yield name, schema
        yield from _properties(schema, name)


def _properties(node: Json, where: str) -> Iterator[tuple[str, Json]]:
    """Yield the properties of a schema, and those of schemas inside it."""
    if isinstance(node, list):
        for item in node:
            yield from _properties(item, where)
    elif isinstance(node, dict):
        for name, schema in child(node, "properties").items() if "properties" in node else ():
            yield f"{where}.{name}", schema
            yield from _properties(schema, f"{where}.{name}")
        for key, inner in node.items():
            if key != "properties":
                yield from _properties(inner, where)
