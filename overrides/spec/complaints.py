"""Turns the generator's complaints into one sentence that names the cause and its place."""

import json
import re
from collections.abc import Iterator, Sequence

from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.strings import PythonIdentifier

from spec.document import Json, Object, SpecError, child, pointer

# How the generator says that a schema is missing, after it has complained about that schema.
_CONSEQUENCE = re.compile(r"Could not find reference|Reference \S+ not found|was not processed|Referent schema not")
_SCHEMA = re.compile(r"(?:/components/schemas/|Unable to process schema )([\w.$-]+)")


def explain(complaints: Sequence[GeneratorError], document: Object) -> SpecError:
    """Return the error to show, about the first complaint that is not the consequence of another one.

    Args:
        complaints: What the generator complains of, schemas before endpoints.
        document: The document that it read.
    """
    causes = [it for it in complaints if not _CONSEQUENCE.search(it.detail or "")] or list(complaints)
    cause = causes[0]
    said = re.sub(r"\s+", " ", f"{cause.header.strip()} {(cause.detail or '').partition('Failure to process')[0]}")
    said = re.sub(r"<\S+ object at \w+>", "…", said).strip()[:500].rstrip(":. ")
    place = _place(cause, document)
    if "same python_name" in said:
        said += _same_names(child(child(document, "components"), "schemas"), place)
    more = f" ({len(complaints) - 1} more complaints, which may follow from this one)" if len(complaints) > 1 else ""
    return SpecError(f"The generator refuses the document{f' at {place}' if place else ''}: {said}.{more}")


def _same_names(schemas: Object, place: str | None) -> str:
    """Return the properties that have the same name in Python; the generator hides their names in the document."""
    schema = schemas.get(str(place).rpartition("/")[2])
    names = child(schema, "properties") if isinstance(schema, dict) else {}
    alike = [name for name in names if any(_in_python(name) == _in_python(it) for it in names if it != name)]
    return f" ({', '.join(map(repr, alike))}): take one out by an overlay, it is in additional_properties then"


def _in_python(name: str) -> str:
    return str(PythonIdentifier(name, "field_", skip_snake_case=True))


def _place(cause: GeneratorError, document: Object) -> str | None:
    """Return the pointer to the part of the document that a complaint is about."""
    named = _SCHEMA.search(f"{cause.header} {cause.detail}")
    schemas = child(child(document, "components"), "schemas")
    start: tuple[str, ...] = ("components", "schemas", named[1]) if named and named[1] in schemas else ()
    node: Json = schemas[start[-1]] if start else document
    data = cause.data if isinstance(cause, ParseError) else None
    if data is not None:
        wanted: Json = json.loads(data.model_dump_json(exclude_unset=True, by_alias=True))
        for place, found in _walk(node, start):
            if found == wanted:
                return pointer(*place)
    return pointer(*start) if start else None


def _walk(node: Json, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    yield place, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _walk(value, (*place, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _walk(value, (*place, number))
