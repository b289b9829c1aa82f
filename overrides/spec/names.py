"""Refuses names that do not belong in code, before anything writes code from them."""

import re
from collections.abc import Iterator

from spec.document import NAME_MAPS, Json, Object, SpecError

_NAME = re.compile(r"[A-Za-z0-9_.$@\[\]/:+*-]+")
_TEXT = re.compile(r"[A-Za-z0-9 _.$@\[\]/:+*,;=<>()!?%&#|-]*")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9_.:-]+|\{[A-Za-z0-9_]+\}))+(?:\?[A-Za-z0-9_=&-]+)?")

_LENGTH = 200

# The keywords with values that become names, and those with values that are written into code.
_NAMES = frozenset({"operationId", "name", "in", "type", "required"})
_TEXTS = frozenset({"tags", "format", "enum", "const", "default"})


def check_names(document: Object) -> None:
    """Check every name and every value that code is made from.

    Raises:
        SpecError: One has a quote, a newline, or anything else that no name of OpenAI's has.
    """
    for keyword, name in _names(document):
        pattern = _PATH if keyword == "paths" else _TEXT if keyword in _TEXTS else _NAME
        if len(name) > _LENGTH or not pattern.fullmatch(name):
            raise SpecError(f"A name under {keyword!r} is not a name that can be written into code: {name[:80]!a}.")


def _names(node: Json) -> Iterator[tuple[str, str]]:
    """Yield keywords, and the names and values under them."""
    if isinstance(node, list):
        for item in node:
            yield from _names(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in NAME_MAPS and isinstance(value, dict):
                for name, inner in value.items():
                    yield key, name
                    yield from _names(inner)
            elif key in _NAMES | _TEXTS:
                yield from ((key, text) for text in _texts(value))
            else:
                yield from _names(value)


def _texts(node: Json) -> Iterator[str]:
    """Yield every string of a value, its keys too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, (list, dict)):
        for item in node if isinstance(node, list) else [*node, *node.values()]:
            yield from _texts(item)
