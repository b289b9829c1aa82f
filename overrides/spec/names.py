"""Refuses names that do not belong in code, before anything writes code from them."""

import re
from collections.abc import Iterator

from spec.document import NAME_MAPS, Json, Object, SpecError

_NAME = re.compile(r"[A-Za-z0-9_.$@\[\]/:+*;= -]{1,200}")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9_.:-]+|\{[A-Za-z0-9_]+\}))+")
_NAMING = frozenset({"operationId", "name", "in", "type", "format", "propertyName", "const", "default", "$ref"})
_NAMING_LISTS = frozenset({"tags", "enum", "required", "type"})


def check_names(document: Object) -> None:
    """Checks every name and every value that the generator writes into code.

    Raises:
        SpecError: One holds a quote, a newline, or anything else that no name of OpenAI's has.
    """
    for where, name in _names(document, ""):
        pattern = _PATH if where == "paths" else _NAME
        if not pattern.fullmatch(name.removeprefix("#/") if where.endswith("$ref") else name):
            raise SpecError(f"{where}: the name {name[:80]!r} has characters that have no place in a name.")


def _names(node: Json, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for item in node:
            yield from _names(item, where)
    elif isinstance(node, dict):
        for key, value in node.items():
            place = f"{where}.{key}".lstrip(".")
            if isinstance(value, str) and key in _NAMING:
                yield place, value
            elif isinstance(value, list) and key in _NAMING_LISTS:
                yield from ((place, item) for item in value if isinstance(item, str))
            elif isinstance(value, dict) and key in NAME_MAPS:
                yield from ((place, name) for name in value)
                for name, child in value.items():
                    yield from _names(child, f"{place}.{name}")
            else:
                yield from _names(value, place)
