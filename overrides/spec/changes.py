"""Compares two documents and tells of each change whether it breaks callers.

A request breaks when what callers send today may be refused tomorrow; a response, when what they read today may be
missing or of another type tomorrow. The values that a response may hold are open here, so one more breaks nothing.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from spec.document import Json, Object, as_object, child, items, operations
from spec.shapes import ANY, Shape, resolve, shapes, values

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Side(StrEnum):
    """Who reads what a schema describes: the service, or our callers."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True)
class Change:
    """One change of shape."""

    where: str
    what: str
    breaking: bool


def compare(old: Object, new: Object) -> list[Change]:
    """Returns what changed between two documents without prose, in the order of the operations."""
    return list(dict.fromkeys(_Comparison(old, new).operations()))


# Keywords by which a value gets too small or too large.
_LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
# Keywords with rules of their own, and those that change nothing on the wire.
_STRUCTURE = frozenset({"type", "enum", "const", "properties", "required", "additionalProperties", "items", "format"})
_SILENT = frozenset({"default", "deprecated", "discriminator", "readOnly", "writeOnly"})
# Formats for which the generated code has another Python type.
_TYPED = frozenset({"date", "date-time", "uuid", "binary"})


class _Comparison:
    def __init__(self, old: Object, new: Object) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, str, Side]] = set()

    def operations(self) -> Iterator[Change]:
        for place, was, now in _both(operations(self._old), operations(self._new)):
            where = " ".join(place)
            if was is None:
                yield Change(where, "operation added", False)
            elif now is None:
                yield _removed(where, "operation")
            else:
                yield from self._operation(where, was, now)
        for key in ("security", "servers"):
            if self._old.get(key) != self._new.get(key):
                yield Change("document", f"{key} changed", key == "security")

    def _operation(self, where: str, old: Object, new: Object) -> Iterator[Change]:
        if old.get("security") != new.get("security"):
            yield Change(where, "security changed", True)
        yield from self._parameters(where, items(old, "parameters"), items(new, "parameters"))
        yield from self._body(f"{where}: request body", old.get("requestBody", {}), new.get("requestBody", {}))
        for status, was, now in _both(child(old, "responses"), child(new, "responses")):
            if was is None:
                yield Change(where, f"response {status} added", False)
            elif now is None:
                yield Change(where, f"response {status} removed", status.startswith("2"))
            else:
                before, after = resolve(self._old, was)[1], resolve(self._new, now)[1]
                yield from self._content(f"{where}: response {status}", before, after, Side.RESPONSE)

    def _parameters(self, where: str, old: list[Json], new: list[Json]) -> Iterator[Change]:
        for name, was, now in _both(_by_name(self._old, old), _by_name(self._new, new)):
            if was is None or now is None:
                yield _removed(where, name) if now is None else _appeared(where, name, now.get("required") is True)
            else:
                yield from _requirement(where, name, was.get("required") is True, now.get("required") is True)
                yield from self._schema(f"{where}: {name}", was.get("schema", {}), now.get("schema", {}), Side.REQUEST)

    def _body(self, where: str, old: Json, new: Json) -> Iterator[Change]:
        was, now = resolve(self._old, old)[1], resolve(self._new, new)[1]
        if was and now:
            yield from _requirement(where, "body", was.get("required") is True, now.get("required") is True)
            yield from self._content(where, was, now, Side.REQUEST)
        elif was or now:
            yield _appeared(where, "body", now.get("required") is True) if now else _removed(where, "body")

    def _content(self, where: str, old: Object, new: Object, side: Side) -> Iterator[Change]:
        for media, was, now in _both(child(old, "content"), child(new, "content")):
            if was is None:
                yield Change(where, f"{media} added", False)
            elif now is None:
                yield _removed(where, media)
            else:
                one, other = (as_object(content, media).get("schema", {}) for content in (was, now))
                yield from self._schema(where, one, other, side)

    def _schema(self, where: str, old: Json, new: Json, side: Side) -> Iterator[Change]:
        before, after = shapes(self._old, old), shapes(self._new, new)
        yield from _types(where, list(before), list(after), side)
        for kind, was, now in _both(before, after):
            if was and now and len(was) != len(now):
                what = f"{len(was)} alternatives of type {kind} became {len(now)}"
                yield Change(where, what, (len(now) < len(was)) == (side is Side.REQUEST))
            for one, other in _pairs(was or [], now or []):
                yield from self._named(where, kind, one, other, side)

    def _named(self, where: str, kind: str, old: Shape, new: Shape, side: Side) -> Iterator[Change]:
        (old_name, old_shape), (new_name, new_shape) = old, new
        if old_name and new_name:
            if (old_name, new_name, kind, side) in self._seen:
                return
            self._seen.add((old_name, new_name, kind, side))
            where = f"{side} {old_name}"
            if old_name != new_name:
                yield Change(where, f"schema renamed to {new_name}", False)
        yield from self._shape(where, kind, old_shape, new_shape, side)

    def _shape(self, where: str, kind: str, old: Object, new: Object, side: Side) -> Iterator[Change]:
        yield from _values(where, values(old), values(new), side)
        yield from _keywords(where, kind, old, new, side)
        if kind == "array":
            yield from self._schema(f"{where}[]", old.get("items", {}), new.get("items", {}), side)
        if kind == "object":
            yield from self._properties(where, old, new, side)
            one, other = (schema.get("additionalProperties", True) for schema in (old, new))
            yield from self._schema(f"{where}.*", one, other, side)

    def _properties(self, where: str, old: Object, new: Object, side: Side) -> Iterator[Change]:
        for name, was, now in _both(child(old, "properties"), child(new, "properties")):
            needed, is_needed = name in items(old, "required"), name in items(new, "required")
            if was is None:
                yield _appeared(where, f"property {name}", is_needed, side)
            elif now is None:
                yield _removed(where, f"property {name}")
            else:
                yield from _requirement(where, f"property {name}", needed, is_needed, side)
                yield from self._schema(f"{where}.{name}", was, now, side)


def _both(
    old: Mapping[_Key, _Value], new: Mapping[_Key, _Value]
) -> Iterator[tuple[_Key, _Value | None, _Value | None]]:
    for key in {**old, **new}:
        yield key, old.get(key), new.get(key)


def _by_name(document: Object, parameters: list[Json]) -> dict[str, Object]:
    found = [resolve(document, parameter)[1] for parameter in parameters]
    return {f"{parameter.get('in')} parameter {parameter.get('name')}": parameter for parameter in found}


def _pairs(old: list[Shape], new: list[Shape]) -> list[tuple[Shape, Shape]]:
    """Pairs alternatives by name, and the others in their order."""
    named = {shape[0]: shape for shape in new if shape[0]}
    same = [(shape, named[shape[0]]) for shape in old if shape[0] in named]
    taken = {shape[0] for shape, _ in same}
    rest = ([shape for shape in listed if shape[0] not in taken] for listed in (old, new))
    return [*same, *zip(*rest, strict=False)]


def _appeared(where: str, name: str, required: bool, side: Side = Side.REQUEST) -> Change:
    what = f"{'required' if required else 'optional'} {name} added"
    return Change(where, what, required and side is Side.REQUEST)


def _removed(where: str, name: str) -> Change:
    return Change(where, f"{name} removed", True)


def _requirement(where: str, name: str, was: bool, now: bool, side: Side = Side.REQUEST) -> Iterator[Change]:
    if was != now:
        yield Change(where, f"{name} is now {'required' if now else 'optional'}", now == (side is Side.REQUEST))


def _types(where: str, old: list[str], new: list[str], side: Side) -> Iterator[Change]:
    gone, come = _not_covered(old, new), _not_covered(new, old)
    if gone or come:
        what = f"type {' or '.join(old)} became {' or '.join(new)}"
        yield Change(where, what, bool(gone if side is Side.REQUEST else come))


def _not_covered(types: list[str], by: list[str]) -> list[str]:
    return [it for it in types if not ({it, ANY} & {*by} or (it == "integer" and "number" in by))]


def _values(where: str, old: list[Json] | None, new: list[Json] | None, side: Side) -> Iterator[Change]:
    request = side is Side.REQUEST
    if old is None and new is not None:
        yield Change(where, f"limited to {', '.join(map(json.dumps, new)) or 'nothing'}", request)
    elif old is not None and new is None:
        yield Change(where, "no longer limited to certain values", False)
    for value in old or ():
        if new is not None and value not in new:
            yield Change(where, f"value {json.dumps(value)} removed", request)
    for value in new or ():
        if old is not None and value not in old:
            yield Change(where, f"value {json.dumps(value)} added", False)


def _keywords(where: str, kind: str, old: Object, new: Object, side: Side) -> Iterator[Change]:
    for key in sorted({*old, *new} - _STRUCTURE):
        was, now = old.get(key), new.get(key)
        if was != now:
            what = f"{key} {_said(was)} became {_said(now)}"
            yield Change(where, what, side is Side.REQUEST and key not in _SILENT and _tightened(key, was, now))
    was, now = old.get("format"), new.get("format")
    if was != now:
        narrowed = side is Side.REQUEST and kind == "string" and now is not None
        yield Change(where, f"format {_said(was)} became {_said(now)}", narrowed or was in _TYPED or now in _TYPED)


def _tightened(key: str, was: Json, now: Json) -> bool:
    if isinstance(was, (int, float)) and isinstance(now, (int, float)) and key in _LOWER | _UPPER:
        return now > was if key in _LOWER else now < was
    return now is not None and now is not False


def _said(value: Json) -> str:
    return "none" if value is None else json.dumps(value)
