"""Parses JSON and YAML within limits that no honest document reaches."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import yaml

from spec.document import Json, SpecError

# OpenAI's document has 3.4 MB, 61,000 nodes and a depth of 20.
MAX_BYTES = 16 * 1024 * 1024
MAX_NODES = 500_000
MAX_DEPTH = 100


class _TooLargeError(Exception):
    """The document would take too much memory."""


def parse(data: bytes, name: str) -> Json:
    """Parse JSON when the first character says so, YAML otherwise.

    Args:
        data: The file's content.
        name: What an error calls the file.

    Raises:
        SpecError: It is neither, or larger than any honest document.
    """
    if len(data) > MAX_BYTES:
        raise SpecError(f"{name} is larger than {MAX_BYTES // 1024**2} MiB, and OpenAI's document has 4.")
    try:
        text = data.decode("utf-8-sig")
        return _parse_json(text) if text.lstrip()[:1] in {"{", "["} else _parse_yaml(text)
    except (ValueError, yaml.YAMLError) as error:
        raise SpecError(f"{name} is neither JSON nor YAML: {' '.join(str(error).split())[:300]}.") from error
    except (RecursionError, _TooLargeError) as error:
        raise SpecError(f"{name} is nested or repeated too much to be read.") from error


def _parse_json(text: str) -> Json:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not a JSON number")

    document = cast("Json", json.loads(text, parse_constant=refuse))
    level: list[Json] = [document]
    nodes = depth = 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise _TooLargeError
        level = [child for node in level for child in _children(node)]
    return document


def _children(node: Json) -> list[Json]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeLoader as _FastestLoader
else:
    from yaml import CSafeLoader as _FastestLoader


class _Loader(_FastestLoader):
    """YAML 1.2's core schema, as JSON has no more: a date, `on` and `012` are strings."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the way to have none of PyYAML's


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", "-+0123456789"),
    ("merge", r"<<", "<"),
):
    cast("Any", _Loader).add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


def _parse_yaml(text: str) -> Json:
    _check_expansion(text)
    return _as_json(yaml.load(text, Loader=_Loader))  # noqa: S506 - a subclass of the safe one


def _check_expansion(text: str) -> None:
    """Count nodes as if every alias were written out, without ever building them."""
    sizes: dict[str, int] = {}
    unfinished: list[tuple[str | None, int]] = [(None, 0)]

    def add(anchor: str | None, size: int) -> None:
        outer, total = unfinished.pop()
        unfinished.append((outer, total + size))
        if anchor:
            sizes[anchor] = size
        if total + size > MAX_NODES:
            raise _TooLargeError

    for event in cast("Iterator[yaml.Event]", cast("Any", yaml).parse(text, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            unfinished.append((event.anchor, 1))
            if len(unfinished) > MAX_DEPTH:
                raise _TooLargeError
        elif isinstance(event, yaml.CollectionEndEvent):
            add(*unfinished.pop())
        elif isinstance(event, yaml.ScalarEvent):
            # A long text that aliases repeat counts too.
            add(event.anchor, 1 + len(event.value) // 100)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ValueError(f"the alias *{event.anchor} stands before, or within, what it repeats")
            add(None, sizes[event.anchor])


def _as_json(node: object) -> Json:
    """Make strings of keys such as 200, and refuse what JSON does not have."""
    if isinstance(node, dict):
        entries = cast("dict[object, object]", node)
        for key in entries:
            if isinstance(key, bool) or not isinstance(key, (str, int)):
                raise ValueError(f"{key!r} is not a key")
        return {str(key): _as_json(value) for key, value in entries.items()}
    if isinstance(node, list):
        return [_as_json(item) for item in cast("list[object]", node)]
    if node is None or isinstance(node, (str, int, float)):
        return node
    raise ValueError(f"{node!r} is not a value that JSON has")
