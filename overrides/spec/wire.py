"""Refuses operations if their generated function would send or read something other than the document says."""

import re
from collections.abc import Iterator

from spec.document import Json, Object, SpecError, as_object, child, items, operations
from spec.refresh import SESSIONS
from spec.shapes import resolve

_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def check_wire(document: Object, paths: str) -> None:
    """Check that the generator can write and read everything on the wire.

    Args:
        document: The trimmed and corrected document.
        paths: The expression by which its operations were selected.

    Raises:
        SpecError: An operation has a body, an answer or a parameter of another kind.
    """
    wrong = {(method, path): fault for (method, path), fault in _faults(document)}
    if wrong:
        (method, path), fault = next(iter(wrong.items()))
        more = f" So it is with {', '.join(' '.join(it) for it in [*wrong][1:6])}." if len(wrong) > 1 else ""
        raise SpecError(f"{method} {path} {fault}.{more} {way_out(document, [path for _, path in wrong], paths)}")


def way_out(document: Object, unwanted: list[str], paths: str) -> str:
    """Return the sentence that says how to leave some paths out.

    Args:
        document: The trimmed and corrected document.
        unwanted: The paths to leave out.
        paths: The expression by which the document's paths were selected.
    """
    if paths == SESSIONS:
        return "To take the document over, correct it in overrides/spec/corrections.yaml."
    correct = "correct the document with --corrections FILE (docs/regenerating.md)"
    if not child(document, "paths").keys() - {*unwanted}:
        return f"To have it, {correct}."
    escaped = "|".join(dict.fromkeys(re.sub(r"([.?+{}])", r"\\\1", path) for path in unwanted))
    rest = paths[1:] if paths.startswith("^") and "|" not in paths else f".*?(?:{paths})"
    return f"Leave it out with --paths '^(?!({escaped})$){rest}', or {correct}."


def _faults(document: Object) -> Iterator[tuple[tuple[str, str], str]]:
    for place, operation in operations(document).items():
        item = as_object(child(document, "paths")[place[1]], place[1])
        fault = next(iter([*_request(document, place[1], item, operation), *_answers(document, operation)]), None)
        if fault:
            yield place, fault


def _request(document: Object, path: str, item: Object, operation: Object) -> Iterator[str]:
    if "servers" in {*item, *operation}:
        yield "has a server of its own, and the generated function would call that of the client"
    parameters = [resolve(document, it)[1] for it in (*items(item, "parameters"), *items(operation, "parameters"))]
    if "?" in path and any(parameter.get("in") == "query" for parameter in parameters):
        yield "has a query in its path, which parameters of the query would replace"
    for parameter in parameters:
        name, place = parameter.get("name"), str(parameter.get("in"))
        usual = _STYLES.get(place)
        if "schema" not in parameter:
            yield f"has the parameter {name} without a schema, and the generated function would leave it out"
        elif parameter.get("style", usual) != usual or parameter.get("explode", usual == "form") != (usual == "form"):
            yield f"has the parameter {name} in a style that the generated function does not write"
    body = child(resolve(document, operation.get("requestBody", {}))[1], "content")
    if len(body) > 1:
        yield f"accepts several media types ({', '.join(body)}), and the generated function would mix them"
    for media, content in body.items():
        if _is_json(media) and _has_bytes(document, as_object(content, media).get("schema")):
            yield "has bytes in a JSON body"
        if "encoding" in as_object(content, media):
            yield f"encodes parts of its {media} body in a way of their own, which the generated function ignores"


def _answers(document: Object, operation: Object) -> Iterator[str]:
    for status, response in child(operation, "responses").items():
        answer = child(resolve(document, response)[1], "content")
        if len(answer) > 1:
            yield f"answers {status} in several media types ({', '.join(answer)}), and the generated function reads one"
        for media, content in answer.items():
            schema = as_object(content, media).get("schema")
            kind = media.partition(";")[0].strip().lower()
            if kind == "text/event-stream":
                yield f"answers {status} with a stream of events, which the generated function would read as a text"
            elif _is_json(media) and _has_bytes(document, schema):
                yield f"answers {status} with bytes in JSON"
            elif kind.startswith("text/") and schema and resolve(document, schema)[1].get("type") != "string":
                yield f"answers {status} with {media} that is not a text"
            elif kind == "application/octet-stream" and schema and not _has_bytes(document, schema):
                yield f"answers {status} with bytes that the document describes as something else"


def _is_json(media: str) -> bool:
    kind = media.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _has_bytes(document: Object, schema: Json) -> bool:
    """Return whether a value of a schema may hold the content of a file."""
    seen: set[str] = set()

    def search(node: Json) -> bool:
        if isinstance(node, list):
            return any(map(search, node))
        if not isinstance(node, dict):
            return False
        if isinstance(node.get("$ref"), str):
            name, target = resolve(document, node)
            if name in seen:
                return False
            seen.add(str(name))
            return search(target)
        return node.get("format") == "binary" or any(map(search, node.values()))

    return search(schema)
