"""Refuses names that do not belong in code, before anything writes code from them."""

import re
from collections.abc import Iterator

from spec.document import NAME_MAPS, Json, Object, SpecError

_NAME = re.compile(r"[A-Za-z0-9_.$@\[\]/:+*;= -]{0,200}")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9_.:-]+|\{[A-Za-z0-9_]+\}))+")

# The other values that the generator writes into code, or takes names from.
_VALUES = frozenset({"operationId", "tags", "name", "in", "type", "format", "enum", "const", "default", "required"})


def check_names(document: Object) -> None:
    """Checks every name and every value that code is made from.

    Raises:
        SpecError: One has a quote, a newline, or anything else that no name of OpenAI's has.
    """
    for where, name in _names(document, "document"):
        if not (_PATH if where == "paths" else _NAME).fullmatch(name):
            raise SpecError(f"A name under {where} has characters that do not belong in one: {name[:80]!r}.")


def _names(node: Json, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for item in node:
            yield from _names(item, where)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in NAME_MAPS and isinstance(value, dict):
                for name, inner in value.items():
                    yield key, name
                    yield from _names(inner, name)
            elif key in _VALUES:
                yield from ((f"{where}.{key}", text) for text in _texts(value))
            else:
                yield from _names(value, key)


def _texts(node: Json) -> Iterator[str]:
    """Yields every string of a value, its keys too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, (list, dict)):
        for item in node if isinstance(node, list) else [*node, *node.values()]:
            yield from _texts(item)
