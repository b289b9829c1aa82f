"""Reads OpenAI's document from a file or a URL, as JSON or YAML, within limits that no honest document meets."""

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import yaml

from spec.document import Json, Object, SpecError, describe

# OpenAI's document has 3.4 MB, 61,000 nodes and a depth of 20.
MAX_BYTES = 16 * 1024 * 1024
MAX_NODES = 500_000
MAX_DEPTH = 100
FETCH_SECONDS = 30.0


@dataclass(frozen=True)
class Source:
    """A document as it was read, and what identifies it."""

    document: Object
    name: str
    sha256: str
    revision: str | None


def load(source: str) -> Source:
    """Reads a document.

    Args:
        source: A path or an http(s) URL.

    Raises:
        SpecError: It cannot be read, or is no OpenAPI document that one could work with.
    """
    is_url = source.startswith(("http://", "https://"))
    data = _fetch(source) if is_url else _read(Path(source))
    name = (urlsplit(source).path.rsplit("/", 1)[-1] if is_url else Path(source).name) or "document"
    document = parse(data, source)
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise SpecError(f"{source} is no OpenAPI document: it has no paths.")
    version = document.get("openapi")
    if not (isinstance(version, str) and version.startswith("3.1")):
        raise SpecError(f"{source} is no OpenAPI 3.1 document: its version is {version!r}.")
    revision = _revision_in_url(source) if is_url else _revision_in_git(Path(source))
    return Source(document, name, hashlib.sha256(data).hexdigest(), revision)


def parse(data: bytes, name: str) -> Json:
    """Parses JSON when the first character says so, YAML otherwise.

    Raises:
        SpecError: It is neither, or larger than any honest document.
    """
    if len(data) > MAX_BYTES:
        raise SpecError(f"{name} is larger than {MAX_BYTES // 1024**2} MiB, which no OpenAPI document of OpenAI's is.")
    try:
        text = data.decode("utf-8-sig")
        document = _parse_json(text) if text.lstrip()[:1] in {"{", "["} else _parse_yaml(text)
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise SpecError(f"{name} is neither JSON nor YAML: {reason}.") from error
    except (RecursionError, _TooLargeError) as error:
        raise SpecError(f"{name} is nested or repeated beyond all measure and was not read.") from error
    return document


class _TooLargeError(Exception):
    """The document would take too much memory."""


class _Loader(yaml.CSafeLoader):
    """YAML 1.2's core schema: a date, `on` or `012` is a string."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to say it


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+][0-9]+)?)", "-+0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def _parse_json(text: str) -> Json:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON number")

    document = cast("Json", json.loads(text, parse_constant=refuse))
    _check_size(document)
    return document


def _parse_yaml(text: str) -> Json:
    _check_expansion(text)
    return _string_keys(cast("Json", yaml.load(text, Loader=_Loader)))  # noqa: S506 - a safe loader


def _check_size(document: Json) -> None:
    level: list[Json] = [document]
    nodes = depth = 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise _TooLargeError
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        ]


def _check_expansion(text: str) -> None:
    """Counts nodes as if every alias were written out, without ever building them."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]

    def count(anchor: str | None, size: int) -> None:
        outer, total = open_nodes.pop()
        open_nodes.append((outer, total + size))
        if anchor:
            sizes[anchor] = size
        if total + size > MAX_NODES:
            raise _TooLargeError

    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1))
            if len(open_nodes) > MAX_DEPTH:
                raise _TooLargeError
        elif isinstance(event, yaml.CollectionEndEvent):
            count(*open_nodes.pop())
        elif isinstance(event, yaml.ScalarEvent):
            # A long text repeated by aliases weighs as well.
            count(event.anchor, 1 + len(event.value) // 100)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ValueError(f"the alias *{event.anchor} refers to nothing complete")
            count(None, sizes[event.anchor])


def _string_keys(node: Json) -> Json:
    """Makes strings of keys such as 200, as they would be in JSON."""
    if isinstance(node, list):
        return [_string_keys(item) for item in node]
    if not isinstance(node, dict):
        return node
    keys = cast("dict[Json, Json]", node)
    for key in keys:
        if not isinstance(key, str) and type(key) is not int:
            raise ValueError(f"a key must be a string, not {describe(key)}")
    return {str(key): _string_keys(value) for key, value in keys.items()}


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}.") from error


def _fetch(url: str) -> bytes:
    data = bytearray()
    try:
        with httpx.stream("GET", url, timeout=FETCH_SECONDS, follow_redirects=True) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_BYTES:
                    break
    except httpx.HTTPStatusError as error:
        raise SpecError(f"{url} cannot be fetched: the server answered {error.response.status_code}.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SpecError(f"{url} cannot be fetched: {error}.") from error
    return bytes(data)


def _revision_in_url(url: str) -> str | None:
    found = re.search(r"openai/openai-openapi/(?:\w+/)?([0-9a-f]{40})/", url)
    return found[1] if found else None


def _revision_in_git(path: Path) -> str | None:
    def git(*arguments: str) -> str | None:
        command = ["git", "-C", str(path.parent), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    # A copy inside another repository, or one edited since the commit, has no revision of OpenAI's.
    if "openai/openai-openapi" not in (git("config", "--get", "remote.origin.url") or ""):
        return None
    if git("status", "--porcelain", "--", path.name) != "":
        return None
    return git("log", "-1", "--format=%H", "--", path.name) or None
