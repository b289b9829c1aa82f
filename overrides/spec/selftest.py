"""Tries the handwritten layer on a generated package before that is put into place."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from openapi_schema_validator import OAS31Validator

from spec.document import Json, Object, SpecError, as_object, child, items, operations, pointer
from spec.sampling import partial, samples, spoiled
from spec.shapes import resolve

_OVERRIDES = Path(__file__).parents[1]
_PROBE = Path(__file__).with_name("probe.py")
_WAY_OUT = "correct the document in overrides/spec/corrections.yaml, or teach overrides/chatkit_sessions"
_BY_OVERLAY = "take it out in overrides/spec/corrections.yaml, and its value is in additional_properties"
# The operations whose answers ChatSession reads; the first one makes a session.
_OF_SESSIONS = ("createChatSession", "cancelChatSession")
# What create checks; a request that is restricted by anything else would be sent unchecked.
_CHECKED = frozenset(
    {
        *("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "properties", "required", "additionalProperties"),
        *("propertyNames", "minProperties", "maxProperties", "items", "minItems", "maxItems", "uniqueItems"),
        *("minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("multipleOf", "format", "default", "description", "deprecated", "discriminator", "nullable"),
        *("readOnly", "writeOnly", "title"),
    }
)


def try_layer(document: Object, package: Path) -> list[str]:
    """Try the layer on answers and arguments sampled from a document, and return what a person has to touch.

    Args:
        document: The trimmed and corrected document.
        package: The package generated from it.

    Raises:
        SpecError: The layer cannot read an answer, or does not check an argument as the document says.
    """
    _check_keywords(document)
    body, answers = _schemas(document)
    requests = samples(document, body)
    is_valid = _validator(document, body)
    bodies = [it for it in requests if is_valid(it)]
    responses: list[Json] = []
    for answer in answers:
        made = samples(document, answer)
        responses += [*filter(_validator(document, answer), made)] or made[:1]
    if not responses:
        raise SpecError("No sample of an answer can be made, so that the handwritten layer cannot be tried.")
    found = _probe(
        package,
        {
            "bodies": bodies,
            "answers": responses,
            "partial": [*partial(responses[0])],
            "spoiled": [it for body in bodies[:1] for it in spoiled(body) if not is_valid(it)],
        },
    )
    problems = [*items(found, "problems"), *_wrongly_sent(items(found, "sent"), is_valid)]
    if problems:
        first = str(problems[0])
        way = _BY_OVERLAY if "of ours" in first else _WAY_OUT
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        raise SpecError(f"The handwritten layer does not fit the document: {first}{more}; {way}.")
    untried = [] if bodies else ["What is sent could not be tried: no sample of it is known, perhaps for a pattern."]
    return [*untried, *(str(place) for place in items(found, "places"))]


def _wrongly_sent(sent: list[Json], is_valid: Callable[[Json], bool]) -> Iterator[Json]:
    for body in sent:
        if not is_valid(body):
            yield f"create sends what the document does not allow: {json.dumps(body)[:300]}"


def _validator(document: Object, schema: Json) -> Callable[[Json], bool]:
    """Return a validator for a schema of a document."""
    validator = OAS31Validator({"components": document.get("components", {}), "allOf": [schema]})
    return lambda value: bool(validator.is_valid(value))


def _schemas(document: Object) -> tuple[Json, list[Json]]:
    """Return the schema of what a session is made from, and those of the answers that are sessions."""
    found = {str(it.get("operationId")): it for it in operations(document).values()}
    create, *others = (found[name] for name in _OF_SESSIONS)
    answers = [it for operation in (create, *others) for it in child(operation, "responses").values()]
    contents = [_content(document, it) for it in (create["requestBody"], *answers)]
    return contents[0], [it for it in contents[1:] if it is not None]


def _content(document: Object, node: Json) -> Json:
    for content in child(resolve(document, node)[1], "content").values():
        return as_object(content, "content").get("schema")
    return None


def _check_keywords(document: Object) -> None:
    schemas = child(child(document, "components"), "schemas")
    waiting: list[tuple[tuple[str | int, ...], Json]] = [(("requestBody",), _schemas(document)[0])]
    seen: set[str] = set()
    while waiting:
        place, node = waiting.pop(0)
        if not isinstance(node, dict):
            continue
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            name = reference.rpartition("/")[2]
            waiting.append((("components", "schemas", name), schemas.get(name)))
        for key in node.keys() - _CHECKED:
            raise SpecError(f"create does not check {key} at {pointer(*place)}: {_WAY_OUT}.")
        if isinstance(pattern := node.get("pattern"), str):
            try:
                re.compile(pattern)
            except re.error as error:
                raise SpecError(
                    f"Python cannot check the pattern at {pointer(*place)} ({error}): {_WAY_OUT}."
                ) from error
        waiting += [((*place, "properties", name), part) for name, part in child(node, "properties").items()]
        waiting += [((*place, key), node.get(key)) for key in ("items", "additionalProperties", "propertyNames")]
        for key in ("anyOf", "oneOf", "allOf"):
            waiting += [((*place, key, number), part) for number, part in enumerate(items(node, key))]


def _probe(package: Path, given: Object) -> Object:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "OPENAI_"))}
    path = os.pathsep.join([str(package.parent), str(_OVERRIDES)])
    done = subprocess.run(  # noqa: S603 - no shell
        [sys.executable, "-P", "-B", str(_PROBE)],
        env={**kept, "PYTHONUTF8": "1", "PYTHONPATH": path},
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise SpecError(
            f"The handwritten layer does not fit the document: {(done.stderr.strip() or '?').splitlines()[-1]}."
        )
    return as_object(json.loads(done.stdout), "what was found out")
