"""Keeps the facts of OpenAI's document without its prose, for the selected operations and what they need."""

import re
from collections.abc import Iterator

from spec.document import NAME_MAPS, Json, Object, SpecError, as_object, child, items

_PROSE = frozenset({"title", "summary", "description", "example", "examples", "externalDocs", "$comment"})

# These hold data, not OpenAPI: a default may have a key called `title`.
DATA = frozenset({"const", "default", "enum", "required", "mapping", "scopes", "security"})


def strip(document: Object) -> Object:
    """Return the document without prose, examples and `x-` extensions.

    Titles go as well: two schemas with one title make the generator lose a model.
    """
    stripped = _strip_keywords(document)
    # OpenAPI demands a title.
    stripped["info"] = {"title": "", "version": child(stripped, "info").get("version", "")}
    return stripped


def _strip_keywords(node: Object) -> Object:
    kept: Object = {}
    for key, value in node.items():
        if key in _PROSE or key.startswith("x-"):
            continue
        if key in NAME_MAPS and isinstance(value, dict):
            kept[key] = {name: _strip(inner) for name, inner in value.items()}
        else:
            kept[key] = value if key in DATA else _strip(value)
    for response in child(kept, "responses").values() if "responses" in kept else ():
        # OpenAPI demands a description.
        if isinstance(response, dict) and "$ref" not in response:
            response["description"] = ""
    return kept


def _strip(node: Json) -> Json:
    if isinstance(node, dict):
        return _strip_keywords(node)
    return [_strip(item) for item in node] if isinstance(node, list) else node


def select(document: Object, paths: str) -> Object:
    """Return the part of a document that some paths need.

    Args:
        document: A whole OpenAPI document.
        paths: A regular expression, searched for in each path.

    Raises:
        SpecError: No path matches, or a reference leads nowhere or back to itself.
    """
    kept = {path: item for path, item in child(document, "paths").items() if re.search(paths, path)}
    if not kept:
        raise SpecError(f"No path of the document matches {paths!r}: it is another document, or paths have moved.")
    needed: dict[str, Object] = {}
    queue = [*_references(kept), *_security_schemes(document, kept)]
    while queue:
        kind, name, target = lookup(document, queue.pop())
        if name not in needed.setdefault(kind, {}):
            needed[kind][name] = target
            queue.extend(_references(target))
    checked: set[str] = set()
    for schema in needed.get("schemas", {}).values():
        _check_ends(document, schema, (), checked)
    return {
        **{key: document[key] for key in ("openapi", "info", "servers", "security") if key in document},
        "paths": kept,
        # In the order of the document, not in the order of the search.
        "components": {
            kind: {name: entry for name, entry in as_object(entries, kind).items() if name in needed[kind]}
            for kind, entries in child(document, "components").items()
            if kind in needed
        },
    }


def _check_ends(document: Object, schema: Json, inside: tuple[str, ...], checked: set[str]) -> None:
    """Refuse a schema that consists of itself; a tree with trees as properties is fine."""
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in checked:
        if reference in inside:
            raise SpecError(f"The reference {reference!r} leads back to itself.")
        _check_ends(document, lookup(document, reference)[2], (*inside, reference), checked)
        checked.add(reference)
    for part in (part for key in ("allOf", "anyOf", "oneOf") for part in items(schema, key)):
        _check_ends(document, part, inside, checked)


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


def _security_schemes(document: Object, paths: Object) -> Iterator[str]:
    secured = [document, *(part for item in paths.values() if isinstance(item, dict) for part in item.values())]
    for part in secured:
        for requirement in items(part, "security") if isinstance(part, dict) else []:
            for scheme in as_object(requirement, "security"):
                yield f"#/components/securitySchemes/{scheme}"


def lookup(document: Object, reference: str) -> tuple[str, str, Json]:
    """Return the kind and the name of the component that a reference names, and the component.

    Raises:
        SpecError: It names none.
    """
    if not reference.startswith("#"):
        raise SpecError(f"The reference {reference!r} leads out of the document, which is not supported.")
    found = re.fullmatch(r"#/components/([^/]+)/([^/]+)", reference)
    if not found:
        raise SpecError(f"The reference {reference!r} is not supported: it must name an entry of components.")
    kind, name = found[1], found[2]
    entries = child(child(document, "components"), kind)
    if name not in entries:
        raise SpecError(f"The reference {reference!r} leads nowhere.")
    return kind, name, entries[name]
