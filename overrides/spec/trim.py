"""Takes the facts of OpenAI's document and leaves its prose; keeps the operations asked for and what they need."""

import re
from collections.abc import Iterator

from spec.document import NAME_MAPS, Json, Object, SpecError, obj

_PROSE = frozenset({"title", "summary", "description", "example", "examples", "externalDocs", "$comment"})

# What stands here is data, not OpenAPI: a default may well have a key called `title`.
_DATA = frozenset({"const", "default", "enum", "required", "mapping", "scopes", "security"})


def strip(document: Object) -> Object:
    """Returns the document without prose, examples and `x-` extensions.

    Titles go as well: two schemas with one title make the generator lose a model.
    """
    stripped = _strip_keywords(document)
    info = obj(stripped.get("info", {}), "info")
    stripped["info"] = {key: info[key] for key in ("title", "version") if key in info}
    return stripped


def _strip_keywords(node: Object) -> Object:
    kept: Object = {}
    for key, value in node.items():
        if key in _PROSE or key.startswith("x-"):
            continue
        if key in NAME_MAPS and isinstance(value, dict):
            kept[key] = {name: _strip(child) for name, child in value.items()}
        else:
            kept[key] = value if key in _DATA else _strip(value)
    return kept


def _strip(node: Json) -> Json:
    if isinstance(node, dict):
        return _strip_keywords(node)
    return [_strip(item) for item in node] if isinstance(node, list) else node


def select(document: Object, paths: str) -> Object:
    """Returns the part of a document that some paths need.

    Args:
        document: A whole OpenAPI document.
        paths: A regular expression, searched for in each path.

    Raises:
        SpecError: No path matches, or a reference leads nowhere.
    """
    kept = {path: item for path, item in obj(document.get("paths"), "paths").items() if re.search(paths, path)}
    if not kept:
        raise SpecError(f"The document has no path that matches {paths}: it is another document, or paths have moved.")
    components: dict[str, Object] = {}
    queue = list(_references(kept))
    for scheme in _security_schemes(document, kept):
        queue.append(f"#/components/securitySchemes/{scheme}")
    while queue:
        kind, name, target = _resolve(document, queue.pop())
        if name not in components.setdefault(kind, {}):
            components[kind][name] = target
            queue.extend(_references(target))
    whole = obj(document.get("components", {}), "components")
    selected: Object = {key: document[key] for key in ("openapi", "info", "servers", "security") if key in document}
    selected["paths"] = kept
    # In the order of the document, whatever the order in which they were found.
    selected["components"] = {
        kind: {name: components[kind][name] for name in obj(whole[kind], kind) if name in components[kind]}
        for kind in whole
        if kind in components
    }
    return selected


def _references(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _resolve(document: Object, reference: str) -> tuple[str, str, Json]:
    if not reference.startswith("#"):
        raise SpecError(f"The reference {reference!r} leads out of the document, which is not supported.")
    parts = reference.removeprefix("#/components/").split("/")
    if not reference.startswith("#/components/") or len(parts) != 2:
        raise SpecError(f"The reference {reference!r} is not supported: it must name an entry of components.")
    kind, name = parts
    entries = obj(document.get("components", {}), "components").get(kind)
    if not isinstance(entries, dict) or name not in entries:
        raise SpecError(f"The reference {reference!r} leads nowhere.")
    return kind, name, entries[name]


def _security_schemes(document: Object, paths: Object) -> list[str]:
    requirements = [document.get("security")]
    for item in paths.values():
        if isinstance(item, dict):
            requirements += [operation.get("security") for operation in item.values() if isinstance(operation, dict)]
    return sorted(
        {name for listed in requirements if isinstance(listed, list) for one in listed for name in obj(one, "security")}
    )
