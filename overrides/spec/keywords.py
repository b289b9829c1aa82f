"""Compares the keywords of two schemas of one type that say which values it takes."""

import json
from collections.abc import Iterator
from enum import StrEnum

from spec.document import Json, Object, items
from spec.patterns import is_looser


class Side(StrEnum):
    """Who reads what a schema describes: the service, or our callers."""

    REQUEST = "request"
    RESPONSE = "response"


# What changed, whether it breaks callers, and whether its kind is known.
Verdict = tuple[str, bool, bool]

_LEAST = ("minimum", "exclusiveMinimum")
_MOST = ("maximum", "exclusiveMaximum")
_LOWER = frozenset({"minLength", "minItems", "minProperties"})
_UPPER = frozenset({"maxLength", "maxItems", "maxProperties"})
_SILENT = frozenset({"default", "deprecated", "discriminator"})

# Formats for which the generated code has another Python type.
_TYPED = frozenset({"date", "date-time", "uuid", "binary"})
_JUDGED = _LOWER | _UPPER | _SILENT | {*_LEAST, *_MOST, "enum", "format", "pattern", "multipleOf", "uniqueItems"}
_ACCESS = {"readOnly": Side.REQUEST, "writeOnly": Side.RESPONSE}


def compare_keywords(kind: str, old: Object, new: Object, side: Side, structure: frozenset[str]) -> Iterator[Verdict]:
    """Yield what changed in the keywords.

    Args:
        kind: The type of both.
        old: The keywords of the one, in the form of `spec.shapes`.
        new: Those of the other.
        side: Whether callers send or read values of it.
        structure: The keywords to leave out.
    """
    request = side is Side.REQUEST
    yield from _values(old, new, request)
    for sides, direction in ((_LEAST, 1), (_MOST, -1)):
        yield from _bound(sides, direction, old, new, request)
    for key in sorted({*old, *new} - structure):
        was, now = old.get(key), new.get(key)
        if was == now or key in {"enum", *_LEAST, *_MOST}:
            continue
        what = f"{key} {_said(was)} became {_said(now)}"
        if key in _JUDGED:
            yield what, _breaks(key, kind, was, now, request), True
        elif key in _ACCESS:
            yield what, now is True and side is _ACCESS[key], True
        else:
            yield f"{what}, which is not judged", True, False


def _breaks(key: str, kind: str, was: Json, now: Json, request: bool) -> bool:
    if key == "format":
        narrowed = request and kind == "string" and now is not None
        return narrowed or was in _TYPED or now in _TYPED
    if key in _SILENT or now is None or not request:
        return False
    if key == "pattern":
        return not (isinstance(was, str) and isinstance(now, str) and is_looser(now, was))
    if isinstance(was, (int, float)) and isinstance(now, (int, float)):
        if key in _LOWER | _UPPER:
            return now > was if key in _LOWER else now < was
        if key == "multipleOf":
            return now == 0 or was % now != 0
    return now is not False


def _bound(sides: tuple[str, str], direction: int, old: Object, new: Object, request: bool) -> Iterator[Verdict]:
    was, now = (_bound_of(schema, sides) for schema in (old, new))
    if was != now:
        key = (now or was or ("", 0))[0]
        before = "none" if was is None else _said(was[1]) if was[0] == key else f"{_said(was[1])} ({was[0]})"
        tighter = now is not None and (
            was is None or (direction * now[1], now[0] == sides[1]) > (direction * was[1], was[0] == sides[1])
        )
        yield f"{key} {before} became {_said(now[1]) if now else 'none'}", request and tighter, True


def _bound_of(schema: Object, sides: tuple[str, str]) -> tuple[str, float] | None:
    for key in sides:
        value = schema.get(key)
        if isinstance(value, (int, float)):
            return key, value
    return None


def _values(old: Object, new: Object, request: bool) -> Iterator[Verdict]:
    was, now = (items(schema, "enum") if "enum" in schema else None for schema in (old, new))
    if was is None and now is not None:
        yield f"limited to {', '.join(map(json.dumps, now)) or 'nothing'}", request, True
    elif was is not None and now is None:
        yield "no longer limited to certain values", False, True
    for value in was or ():
        if now is not None and value not in now:
            yield f"value {json.dumps(value)} removed", request, True
    for value in now or ():
        if was is not None and value not in was:
            yield f"value {json.dumps(value)} added", False, True


def _said(value: Json) -> str:
    return "none" if value is None else json.dumps(value)
