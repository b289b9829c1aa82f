"""Our own words: they stand everywhere, and change nothing but words."""

from collections.abc import Iterator

from spec.document import Json, Object, SpecError, obj, operations
from spec.trim import strip


def check_only_prose(before: Object, after: Object, name: str) -> None:
    """Checks that an overlay of prose describes only what the document has.

    Raises:
        SpecError: It added or changed more than prose.
    """
    place = _first_difference(before, strip(after), "")
    if place is not None:
        raise SpecError(f"{name} describes {place}, which is not in the document or is no place for prose.")


def _first_difference(before: Json, after: Json, place: str) -> str | None:
    if before == after:
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in after.items():
            if key not in before:
                return f"{place}.{key}".lstrip(".")
            inner = _first_difference(before[key], value, f"{place}.{key}")
            if inner is not None:
                return inner
    return place.lstrip(".") or "the document"


def undescribed(document: Object) -> list[str]:
    """Names every operation, parameter, body, response, schema and property that has no description."""
    nodes = [("info", document.get("info"))]
    for (method, path), operation in operations(document).items():
        where = f"paths.{path}.{method}"
        nodes.append((where, operation))
        if "requestBody" in operation:
            nodes.append((f"{where}.requestBody", operation["requestBody"]))
        parameters = operation.get("parameters")
        for parameter in parameters if isinstance(parameters, list) else []:
            nodes.append((f"{where}.parameters.{obj(parameter, where).get('name')}", parameter))
        nodes += [(f"{where}.responses.{code}", it) for code, it in obj(operation.get("responses", {}), where).items()]
    components = obj(document.get("components", {}), "components")
    for name, schema in obj(components.get("schemas", {}), "components.schemas").items():
        where = f"components.schemas.{name}"
        nodes += [(where, schema), *_properties(schema, where)]
    return [where for where, node in nodes if isinstance(node, dict) and not node.get("description")]


def _properties(node: Json, where: str) -> Iterator[tuple[str, Json]]:
    """Yields the properties of a schema, and those of schemas inside it."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _properties(item, f"{where}[{number}]")
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                for name, child in obj(value, where).items():
                    yield f"{where}.properties.{name}", child
                    yield from _properties(child, f"{where}.properties.{name}")
            else:
                yield from _properties(value, f"{where}.{key}")
