"""Compares two documents and tells of each change whether it breaks callers.

A request breaks when what callers send today may be refused tomorrow; a response, when what they read today may be
missing or of another type tomorrow. The values that a response may hold are open here, so one more breaks nothing.
Any difference that is not known here is reported as not judged, and counts as breaking.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from openapi_python_client.strings import snake_case

from spec.document import METHODS, Json, Object, as_object, child, items, operations
from spec.keywords import Side, compare_keywords
from spec.shapes import ANY, Shape, flat, resolve, shapes
from spec.surroundings import security, servers

# The same part of both documents.
_Both = tuple[Object, Object]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
# The keywords with a schema for the inside of a value, and the name of that inside.
_INNER = {"items": "[]", "additionalProperties": ".*", "propertyNames": " (names)"}
_STRUCTURE = frozenset({"properties", "required", *_INNER})


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        where: The operation, or the schema, in the document's words.
        what: What changed.
        breaking: Whether it breaks callers.
        place: The argument or the attribute in the caller's words; empty if there is none.
        judged: Whether its kind is known; if not, it counts as breaking.
    """

    where: str
    what: str
    breaking: bool
    place: str = ""
    judged: bool = True


def compare(old: Object, new: Object) -> list[Change]:
    """Return what changed between two documents without prose, in the order of the operations.

    Nothing is returned only if the documents say the same.
    """
    return list(dict.fromkeys(_Comparison(old, new).operations()))


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
                yield Change(where, "operation removed", True)
            else:
                items_of_path = _path_item(self._old, place[1]), _path_item(self._new, place[1])
                yield from self._surroundings(where, items_of_path, (was, now))

                yield from self._operation(where, items_of_path, (was, now))

        yield from _unjudged(
            "document", self._old, self._new, {"openapi", "info", "paths", "components", "security", "servers"}
        )

    def _surroundings(self, where: str, paths: _Both, both: _Both) -> Iterator[Change]:
        """Compare what an operation may take from its path or from the document."""
        for key, read in (("security", security), ("servers", servers)):
            inherited = not any(key in node for node in (*paths, *both))
            was, now = read(self._old, paths[0], both[0]), read(self._new, paths[1], both[1])
            place = "document" if inherited else where
            for gone in (it for it in was if it not in now):
                yield Change(place, f"{key}: {was[gone]} removed", True)
            for come in (it for it in now if it not in was):
                yield Change(place, f"{key}: {now[come]} added", False)

    def _operation(self, where: str, paths: _Both, both: _Both) -> Iterator[Change]:
        old, new = both
        if _function(old) != _function(new):
            yield Change(where, f"function moves from {_function(old)} to {_function(new)}", True)
        before, after = _by_name(self._old, paths[0], old), _by_name(self._new, paths[1], new)
        for (kind, name), was, now in _both(before, after):
            what = f"{kind} parameter {name}"
            if was is None or now is None:
                required = now is not None and now.get("required") is True
                yield _removed(where, what, name) if now is None else _appeared(where, what, required, name)
            else:
                yield from self._parameter(where, what, name, was, now)
        yield from self._body(f"{where}: request body", old.get("requestBody", {}), new.get("requestBody", {}))
        for status, answered, answers in _both(child(old, "responses"), child(new, "responses")):
            yield from self._response(where, status, answered, answers, child(old, "responses"))
        yield from _deprecation(where, old, new)
        known = {"operationId", "tags", "parameters", "requestBody", "responses", "security", "servers", "deprecated"}
        yield from _unjudged(where, old, new, known)
        yield from _unjudged(where, *paths, {"parameters", "servers", *METHODS})

    def _parameter(self, where: str, what: str, name: str, old: Object, new: Object) -> Iterator[Change]:
        yield from _requirement(where, what, old.get("required") is True, new.get("required") is True, place=name)
        for key in ("style", "explode"):
            was, now = _style(old)[key], _style(new)[key]
            if was != now:
                yield Change(where, f"{what}: {key} {_said(was)} became {_said(now)}", True, name)
        yield from _deprecation(f"{where}: {what}", old, new, name)
        if ("schema" in old) != ("schema" in new):
            yield Change(where, f"{what} is written in another way", True, name)
        yield from self._schema(f"{where}: {what}", old.get("schema", {}), new.get("schema", {}), Side.REQUEST, name)
        yield from self.content(f"{where}: {what}", old, new, Side.REQUEST, name)
        known = {"name", "in", "required", "schema", "content", "style", "explode", "deprecated"}
        yield from _unjudged(f"{where}: {what}", old, new, known, name)

    def _body(self, where: str, old: Json, new: Json) -> Iterator[Change]:
        was, now = resolve(self._old, old)[1], resolve(self._new, new)[1]
        if was and now:
            yield from _requirement(where, "body", was.get("required") is True, now.get("required") is True)
            yield from self.content(where, was, now, Side.REQUEST)
            yield from _unjudged(where, was, now, {"required", "content"})
        elif was or now:
            yield _appeared(where, "body", now.get("required") is True) if now else _removed(where, "body")

    def _response(self, where: str, status: str, old: Json, new: Json, all_old: Object) -> Iterator[Change]:
        success = status.upper().startswith("2") or status == "default"
        if old is None:
            # The service may answer with another success instead of one that callers can read.
            other = success and bool(all_old) and all(not self._says_the_same(it, new) for it in all_old.values())
            yield Change(where, f"response {status} added", other)
        elif new is None:
            yield Change(where, f"response {status} removed", success)
        else:
            was, now = resolve(self._old, old)[1], resolve(self._new, new)[1]
            what = f"{where}: response {status}"
            yield from self.content(what, was, now, Side.RESPONSE)
            yield from self._headers(what, was, now, Side.RESPONSE)
            yield from _unjudged(what, was, now, {"content", "headers", "description"})

    def _says_the_same(self, old: Json, new: Json) -> bool:
        was, now = resolve(self._old, old)[1], resolve(self._new, new)[1]
        return not any(_Comparison(self._old, self._new).content("", was, now, Side.RESPONSE))

    def _headers(self, where: str, old: Object, new: Object, side: Side) -> Iterator[Change]:
        before, after = (
            {name.lower(): resolve(document, header)[1] for name, header in child(node, "headers").items()}
            for document, node in ((self._old, old), (self._new, new))
        )
        for name, was, now in _both(before, after):
            what = f"header {name}"
            if was is None or now is None:
                required = now is not None and now.get("required") is True
                yield _removed(where, what, name) if now is None else _appeared(where, what, required, name, side)
            else:
                yield from _requirement(
                    where, what, was.get("required") is True, now.get("required") is True, side, name
                )
                yield from self._schema(f"{where}: {what}", was.get("schema", {}), now.get("schema", {}), side, name)
                yield from _deprecation(f"{where}: {what}", was, now, name)
                yield from _unjudged(f"{where}: {what}", was, now, {"required", "schema", "deprecated"}, name)

    def content(self, where: str, old: Object, new: Object, side: Side, place: str = "") -> Iterator[Change]:
        before, after = ({it.lower(): content for it, content in child(node, "content").items()} for node in (old, new))
        for media, was, now in _both(before, after):
            if was is None:
                yield Change(where, f"{media} added", False)
            elif now is None:
                yield _removed(where, media)
            else:
                one, other = as_object(was, media), as_object(now, media)
                yield from self._schema(where, one.get("schema", {}), other.get("schema", {}), side, place)
                for part, encoded, recoded in _both(child(one, "encoding"), child(other, "encoding")):
                    if encoded != recoded:
                        yield Change(where, f"encoding of {part} changed", True, part)
                yield from _unjudged(f"{where}: {media}", one, other, {"schema", "encoding"})

    def _schema(self, where: str, old: Json, new: Json, side: Side, place: str) -> Iterator[Change]:
        before, after = shapes(self._old, old), shapes(self._new, new)
        yield from _types(where, list(before), list(after), side, place)
        for kind, was, now in _both(before, after):
            if was and now and len(was) != len(now):
                what = f"{len(was)} alternatives of type {kind} became {len(now)}"
                yield Change(where, what, (len(now) < len(was)) == (side is Side.REQUEST), place)
            for one, other in _pairs(was or [], now or []):
                yield from self._named(where, kind, one, other, side, place)

    def _named(self, where: str, kind: str, old: Shape, new: Shape, side: Side, place: str) -> Iterator[Change]:
        (old_name, old_shape), (new_name, new_shape) = old, new
        if old_name and new_name:
            if (old_name, new_name, kind, side) in self._seen:
                return
            self._seen.add((old_name, new_name, kind, side))
            where = f"{side} {old_name}"
            if old_name != new_name and "[" not in old_name + new_name:
                yield Change(where, f"schema renamed to {new_name}", False, place)
        for what, breaking, judged in compare_keywords(kind, old_shape, new_shape, side, _STRUCTURE):
            yield Change(where, what, breaking, place, judged)
        if kind in ("object", ANY):
            yield from self._properties(where, old_shape, new_shape, side, place)
        for key, suffix in _INNER.items():
            if key in old_shape or key in new_shape:
                one, other = old_shape.get(key, True), new_shape.get(key, True)
                yield from self._schema(where + suffix, one, other, side, (place + suffix).lstrip(". "))

    def _properties(self, where: str, old: Object, new: Object, side: Side, place: str) -> Iterator[Change]:
        before, after = _declared(old), _declared(new)
        for name, was, now in _both(before, after):
            inner, what = f"{place}.{name}" if place else name, f"property {name}"
            needed, is_needed = name in items(old, "required"), name in items(new, "required")
            if was is None:
                read_only = side is Side.REQUEST and flat(self._new, now)[1].get("readOnly") is True
                yield _appeared(where, what, is_needed and not read_only, inner, side)
            elif now is None:
                yield _removed(where, what, inner)
            else:
                yield from _requirement(where, what, needed, is_needed, side, inner)
                yield from self._schema(f"{where}.{name}", was, now, side, inner)


def _both(
    old: Mapping[_Key, _Value], new: Mapping[_Key, _Value]
) -> Iterator[tuple[_Key, _Value | None, _Value | None]]:
    for key in {**old, **new}:
        yield key, old.get(key), new.get(key)


def _path_item(document: Object, path: str) -> Object:
    return child(child(document, "paths"), path)


def _function(operation: Object) -> str:
    tags = [str(tag) for tag in items(operation, "tags")] or ["default"]
    return f"api.{snake_case(tags[0])}.{snake_case(str(operation.get('operationId')))}"


def _by_name(document: Object, item: Object, operation: Object) -> dict[tuple[str, str], Object]:
    """Return the parameters of an operation, its own after those of its path, by place and name."""
    found = [resolve(document, it)[1] for it in (*items(item, "parameters"), *items(operation, "parameters"))]
    return {
        (place := str(it.get("in")), str(it.get("name")).lower() if place == "header" else str(it.get("name"))): it
        for it in found
    }


def _style(parameter: Object) -> Object:
    style = parameter.get("style", _STYLES.get(str(parameter.get("in"))))
    return {"style": style, "explode": parameter.get("explode", style == "form")}


def _declared(schema: Object) -> dict[str, Json]:
    """Return the properties of a schema; one that is only required may have any value."""
    return {**{str(name): {} for name in items(schema, "required")}, **child(schema, "properties")}


def _pairs(old: list[Shape], new: list[Shape]) -> list[tuple[Shape, Shape]]:
    """Pair alternatives by name, then those that are the same, and the others in their order."""
    named = {shape[0]: shape for shape in new if shape[0] and "[" not in shape[0]}
    pairs = [(shape, named[shape[0]]) for shape in old if shape[0] in named]
    before = [shape for shape in old if shape[0] not in named]
    after = [shape for shape in new if not any(shape is pair[1] for pair in pairs)]
    for shape in [*before]:
        twin = next((it for it in after if it[1] == shape[1]), None)
        if twin is not None:
            pairs.append((shape, twin))
            before.remove(shape)
            after.remove(twin)
    return [*pairs, *zip(before, after, strict=False)]


def _appeared(where: str, name: str, required: bool, place: str = "", side: Side = Side.REQUEST) -> Change:
    what = f"{'required' if required else 'optional'} {name} added"
    return Change(where, what, required and side is Side.REQUEST, place)


def _removed(where: str, name: str, place: str = "") -> Change:
    return Change(where, f"{name} removed", True, place)


def _requirement(
    where: str, name: str, was: bool, now: bool, side: Side = Side.REQUEST, place: str = ""
) -> Iterator[Change]:
    if was != now:
        yield Change(where, f"{name} is now {'required' if now else 'optional'}", now == (side is Side.REQUEST), place)


def _deprecation(where: str, old: Object, new: Object, place: str = "") -> Iterator[Change]:
    was, now = old.get("deprecated", False), new.get("deprecated", False)
    if was != now:
        yield Change(where, f"deprecated {_said(was or None)} became {_said(now or None)}", False, place)


def _types(where: str, old: list[str], new: list[str], side: Side, place: str) -> Iterator[Change]:
    gone, come = _not_covered(old, new), _not_covered(new, old)
    if gone or come:
        what = f"type {' or '.join(old)} became {' or '.join(new)}"
        yield Change(where, what, bool(gone if side is Side.REQUEST else come), place)


def _not_covered(types: list[str], by: list[str]) -> list[str]:
    return [it for it in types if not ({it, ANY} & {*by} or (it == "integer" and "number" in by))]


def _unjudged(where: str, old: Object, new: Object, known: set[str], place: str = "") -> Iterator[Change]:
    for key in sorted({*old, *new} - known):
        if old.get(key) != new.get(key):
            yield Change(where, f"{key} changed, which is not judged", True, place, judged=False)


def _said(value: Json) -> str:
    return "none" if value is None else json.dumps(value)
