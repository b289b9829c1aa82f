"""What every part of the tool shares: the type of a document, and the one error that a user sees."""

from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Object: TypeAlias = dict[str, Json]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Under these keywords stand names that somebody chose; a property called `title` is not a title.
NAME_MAPS = frozenset(
    {
        *("paths", "webhooks", "callbacks", "responses", "content", "headers", "links", "encoding", "variables"),
        *("schemas", "parameters", "requestBodies", "securitySchemes", "pathItems"),
        *("properties", "patternProperties", "dependentSchemas", "$defs"),
    }
)


class SpecError(Exception):
    """Something the user can act on, said in one sentence."""


def obj(value: Json, where: str) -> Object:
    """Returns the value when it is an object.

    Raises:
        SpecError: It is something else.
    """
    if not isinstance(value, dict):
        raise SpecError(f"{where}: an object is expected here, not {describe(value)}.")
    return value


def describe(value: Json) -> str:
    """Names a value's JSON type."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def operations(document: Object) -> dict[tuple[str, str], Object]:
    """Returns the operations of a document by method and path."""
    found: dict[tuple[str, str], Object] = {}
    for path, item in obj(document.get("paths"), "paths").items():
        for method, operation in obj(item, f"paths.{path}").items():
            if method in METHODS:
                found[method, path] = obj(operation, f"paths.{path}.{method}")
    return found
