"""What every part of the tool shares: the type of a document, and the errors that a user sees."""

from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Object: TypeAlias = dict[str, Json]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Keys under these keywords are chosen names: a property called `title` is not a title.
NAME_MAPS = frozenset(
    {
        *("paths", "webhooks", "callbacks", "responses", "content", "headers", "links", "encoding", "variables"),
        *("schemas", "parameters", "requestBodies", "securitySchemes", "pathItems"),
        *("properties", "patternProperties", "dependentSchemas", "$defs"),
    }
)


class SpecError(Exception):
    """A problem that the user can solve, in one sentence."""

    exit_code = 1


class StaleCorrectionError(SpecError):
    """A correction matches nothing in the document."""

    exit_code = 12


def as_object(value: Json, where: str) -> Object:
    """Return the value when it is an object.

    Raises:
        SpecError: It is something else.
    """
    if not isinstance(value, dict):
        raise SpecError(f"{where} must be an object in the document, and is {type_of(value)}.")
    return value


def child(node: Object, key: str) -> Object:
    """Return the object under a key, an empty one when there is none.

    Raises:
        SpecError: Something else is there.
    """
    return as_object(node.get(key, {}), key)


def items(node: Object, key: str) -> list[Json]:
    """Return the list under a key, an empty one when there is none."""
    value = node.get(key)
    return value if isinstance(value, list) else []


def type_of(value: Json) -> str:
    """Name a value's JSON type."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return "a string"
    return "null" if value is None else "a boolean" if isinstance(value, bool) else "a number"


def operations(document: Object) -> dict[tuple[str, str], Object]:
    """Return the operations of a document by method and path."""
    return {
        (method.upper(), path): as_object(operation, f"{method} of {path}")
        for path, item in child(document, "paths").items()
        for method, operation in as_object(item, path).items()
        if method in METHODS
    }


def pointer(*parts: str | int) -> str:
    """Return the JSON Pointer of a place in a document, as a URI fragment that people can read."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def printable(text: str) -> str:
    """Return a text as one line without anything that a terminal would execute."""
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text)
