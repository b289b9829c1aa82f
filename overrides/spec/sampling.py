"""Makes values that a schema allows, and values that it does not."""

import copy
import re
from collections.abc import Iterator
from typing import Any, cast

from spec.document import Json, Object, child, items
from spec.patterns import example
from spec.shapes import ANY, shapes

_MOST = 400
_TEXTS = {"date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "uuid": "6f1d1c2e-0b1e-4c53-9f0c-0d1c2b3a4f5e"}
_GUESSES = ("sample", "Sample1", "a", "1", "wf_1", "a-b", "2026-01-02", "https://example.org/a", "a@example.org", "+1")
_OTHERS: dict[str, list[Json]] = {"boolean": [True, False], "null": [None], ANY: ["any", 7, {"any": [None]}]}
_ODD: tuple[Json, ...] = (None, True, "", "x" * 600, -1, 0, 10**9, 1.5, [], ["x"], {}, {"x": 1})


def samples(document: Object, node: Json) -> list[Json]:
    """Return values of a schema, the most complete one first; what the document does not allow may be among them."""
    return _values(document, node, frozenset())[:_MOST]


def _values(document: Object, node: Json, inside: frozenset[str]) -> list[Json]:
    found: list[Json] = []
    for kind, listed in shapes(document, node).items():
        for name, schema in listed:
            if name not in inside:
                found += _of_kind(document, kind, schema, inside | {name} if name else inside)
    return found


def _of_kind(document: Object, kind: str, schema: Object, inside: frozenset[str]) -> list[Json]:
    if "enum" in schema:
        return [*items(schema, "enum")]
    if kind == "string":
        return [*_texts(schema)]
    if kind in ("integer", "number"):
        return [*_numbers(schema, kind)]
    if kind == "array":
        least, most = (schema.get(key) for key in ("minItems", "maxItems"))
        listed = _values(document, schema.get("items", True), inside)[: most if isinstance(most, int) else 3]
        listed += listed[:1] * (least - len(listed) if isinstance(least, int) else 0)
        return [listed, *([[]] if not least else [])]
    if kind == "object":
        return [*_objects(document, schema, inside)]
    return [*_OTHERS.get(kind, [])]


def _texts(schema: Object) -> Iterator[Json]:
    least, most = (schema.get(key) for key in ("minLength", "maxLength"))
    pattern = schema.get("pattern")
    guesses = [_TEXTS.get(str(schema.get("format")), _GUESSES[0]), *(_GUESSES if pattern else ())]
    if isinstance(pattern, str) and (fitting := example(pattern)):
        guesses.insert(0, fitting)
    if isinstance(least, int):
        guesses = [guess + "x" * (least - len(guess)) for guess in guesses]
    if isinstance(most, int):
        guesses = [guess[:most] for guess in guesses] + (["x" * most] if most < 1000 and not pattern else [])
    for guess in guesses:
        if not isinstance(pattern, str) or _fits(pattern, guess):
            yield guess


def _fits(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def _numbers(schema: Object, kind: str) -> Iterator[Json]:
    whole = kind == "integer"
    step = _number(schema, "multipleOf") or (1 if whole else 0.5)
    bounds = [_number(schema, "minimum"), _number(schema, "maximum")]
    inner = [(_number(schema, "exclusiveMinimum"), step), (_number(schema, "exclusiveMaximum"), -step)]
    bounds += [None if bound is None else bound + inwards for bound, inwards in inner]
    for bound in [it for it in bounds if it is not None] or [7 * step]:
        for value in (bound, -(-bound // step) * step, bound // step * step):
            yield int(value) if whole and value == int(value) else value


def _number(schema: Object, key: str) -> float | None:
    value = schema.get(key)
    return value if isinstance(value, (int, float)) else None


def _objects(document: Object, schema: Object, inside: frozenset[str]) -> Iterator[Json]:
    required = [str(name) for name in items(schema, "required")]
    declared: Object = {**dict.fromkeys(required, True), **child(schema, "properties")}
    parts = {name: found for name, part in declared.items() if (found := _values(document, part, inside))}
    if not all(name in parts for name in required):
        return
    whole: Object = {name: found[0] for name, found in parts.items()}
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        whole |= {f"other_{n}": value for n, value in enumerate(_values(document, others, inside)[:3])}
    yield whole
    yield {name: whole[name] for name in required}
    for name, found in parts.items():
        for value in found[1:]:
            yield {**whole, name: value}
        if name not in required:
            yield {key: value for key, value in whole.items() if key != name}


def partial(value: Json) -> Iterator[Json]:
    """Yield the copies of a value that lack one key somewhere."""
    for where in [*_places(value)]:
        copied = copy.deepcopy(value)
        node = _at(copied, where[:-1])
        if isinstance(node, dict):
            del node[str(where[-1])]
            yield copied


def spoiled(value: Json) -> Iterator[Json]:
    """Yield copies of a value that have something odd somewhere."""
    for where in [*_places(value)]:
        for odd in _ODD:
            copied = copy.deepcopy(value)
            node = _at(copied, where[:-1])
            if isinstance(node, dict):
                node[str(where[-1])] = odd
            elif isinstance(node, list) and isinstance(where[-1], int):
                node[where[-1]] = odd
            yield copied


def _places(value: Json, where: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*where, key)
        yield from _places(part, (*where, key))


def _at(value: Any, where: tuple[str | int, ...]) -> Json:
    for key in where:
        value = value[key]
    return cast("Json", value)
