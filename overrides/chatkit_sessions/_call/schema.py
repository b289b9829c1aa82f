"""Checks a value against the document's own schema and limits, and returns it as plain JSON data."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from .._generated import SCHEMAS
from .._omit import omit

Schema = Mapping[str, Any]

# Arguments with simpler forms than the document's; `arguments` converts these before.
_FRIENDLY: Final[Mapping[str, str]] = {
    "workflow": "the id of a workflow or a mapping",
    "expires_after": "whole seconds, a timedelta or a mapping",
    "rate_limits": "a whole number or a mapping",
}

# json writes whole numbers through str(), which refuses more than 4300 digits.
_MAX_BITS: Final = 14_000


def validate(value: object, schema: Schema, path: str, *, required: bool = True) -> Any:
    """Return a copy of the value as JSON data, with the defaults of required properties.

    The value is JSON-like data, with mappings of any kind, or a generated model. `path` is its place, for messages.
    """
    if "$ref" in schema:
        schema = _resolved(schema)
    branches = schema.get("anyOf") or schema.get("oneOf") or (schema,)
    failure: TypeError | ValueError | None = None
    for branch in branches:
        kind = _resolved(branch) if "$ref" in branch else branch
        matches, check, _ = _KINDS[kind.get("type", "any")]
        if matches(value):
            try:
                return check(value, kind, path)
            except (TypeError, ValueError) as error:
                failure = failure or error
    if failure is not None:
        raise failure
    if isinstance(value, float) and value.is_integer() and any(map(_is_for_integers, branches)):
        return validate(int(value), schema, path)
    expected = _FRIENDLY.get(path) or " or ".join(_KINDS[_resolved(branch)["type"]][2] for branch in branches)
    if value is None:
        instead = "" if required else "leave it out, or pass omit, or "
        raise TypeError(f"{path}: None is not accepted; {instead}give {expected}")
    raise TypeError(f"{path}: expected {expected}, got {short_repr(value)}")


def properties_of(schema: Schema) -> Mapping[str, Schema]:
    """Return the properties that an object of a schema may have; none if it is of another type."""
    schema = _resolved(schema)
    branches = schema.get("anyOf") or schema.get("oneOf") or (schema,)
    return {key: part for branch in branches for key, part in _resolved(branch).get("properties", {}).items()}


def short_repr(value: object) -> str:
    """Return a short form of a value for a message; only the type of a session or its dictionary."""
    try:
        text, kind = repr(value), type(value).__name__
        return kind if "client_secret" in text else f"{text:.80} ({kind})"
    except ValueError:  # an int of more digits than Python prints
        return f"an {type(value).__name__} of {_MAX_BITS} bits or more"


def _resolved(schema: Schema) -> Schema:
    return SCHEMAS[schema["$ref"]] if "$ref" in schema else schema


def _is_for_integers(branch: Schema) -> bool:
    return _resolved(branch).get("type") == "integer"


def _string(value: str, schema: Schema, path: str) -> str:
    if "enum" in schema:
        _check_allowed(value, schema, path)
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    if not shortest <= len(value) <= longest:
        raise ValueError(f"{path}: expected a length of {_limits(shortest, longest)}, got {len(value)}")
    if "pattern" in schema and not re.search(schema["pattern"], value, re.ASCII):
        raise ValueError(f"{path}: expected a text that matches {schema['pattern']!r}, got {short_repr(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{path}: expected Unicode text, got a string with a lone surrogate") from None
    return value


def _limits(least: float, most: float) -> str:
    return f"at least {least}" if most == math.inf else f"{least} to {most}"


def _check_allowed(value: object, schema: Schema, path: str) -> None:
    allowed = schema["enum"]
    if value not in allowed:
        raise ValueError(f"{path}: expected {' or '.join(map(repr, allowed)) or 'nothing'}, got {short_repr(value)}")


def _number(value: float, schema: Schema, path: str) -> float:
    least, most = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum", -math.inf), schema.get("exclusiveMaximum", math.inf)
    finite = value.bit_length() < _MAX_BITS if isinstance(value, int) else math.isfinite(value)
    if not finite or not least <= value <= most or not above < value < below:
        noun = "a whole number" if schema["type"] == "integer" else "a finite number"
        limits = f" from {least}" * (least != -math.inf) + f" to {most}" * (most != math.inf)
        limits += f" above {above}" * (above != -math.inf) + f" below {below}" * (below != math.inf)
        raise ValueError(f"{path}: expected {noun}{limits}, got {short_repr(value)}")
    step = schema.get("multipleOf")
    if step and value / step != round(value / step):
        raise ValueError(f"{path}: expected a multiple of {step}, got {short_repr(value)}")
    if "enum" in schema:
        _check_allowed(value, schema, path)
    return value


def _object(value: Any, schema: Schema, path: str) -> dict[str, Any]:
    items: Mapping[str, object] = value if _is_mapping(value) else _from_model(value, path)
    given = {key: item for key, item in items.items() if item is not omit}
    properties: Mapping[str, Schema] = schema.get("properties", {})
    rest: Schema | bool = schema.get("additionalProperties", not properties)
    required = schema.get("required", ())
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", math.inf)
    if len(given) > most:
        raise ValueError(f"{path}: expected at most {most} keys, got {len(given)}")
    for key in given:
        if key in properties or key in required:
            continue
        if not isinstance(cast("object", key), str):
            raise TypeError(f"{path}: expected a str as key, got {short_repr(key)}")
        if rest is False:
            raise ValueError(f"{path}: unknown key {key!r:.80}; {_suggestion(key, properties)}")
        _string(key, schema.get("propertyNames", {}), f"{path}: key {key!r:.80}")
    for key in required:
        if key not in given and "default" not in properties.get(key, ()):
            if not path:
                raise ValueError(f"{key}: it cannot be left out")
            raise ValueError(f"{path}: missing key {key!r}; got {', '.join(map(repr, given)) or 'no keys':.80}")
    for key in required:
        given.setdefault(key, properties.get(key, {}).get("default"))
    if len(given) < least:
        raise ValueError(f"{path}: expected at least {least} keys, got {len(given)}")
    beyond: Schema = {} if isinstance(rest, bool) else rest
    return {
        key: validate(item, properties.get(key, beyond), f"{path}.{key}" if path else key, required=key in required)
        for key, item in given.items()
    }


def _from_model(model: Any, path: str) -> Mapping[str, Any]:
    try:
        return cast("Mapping[str, Any]", model.to_dict())
    except (AttributeError, TypeError, ValueError) as error:
        raise TypeError(f"{path}: {type(model).__name__} holds a value of the wrong type ({error})") from None


def _suggestion(key: str, properties: Mapping[str, Schema]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, properties, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected {', '.join(map(repr, properties))}"


def _array(value: Any, schema: Schema, path: str) -> list[Any]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    if not least <= len(value) <= most:
        raise ValueError(f"{path}: expected {_limits(least, most)} items, got {len(value)}")
    found = [validate(item, schema.get("items", {}), f"{path}[{index}]") for index, item in enumerate(value)]
    if schema.get("uniqueItems") and any(item in found[:index] for index, item in enumerate(found)):
        raise ValueError(f"{path}: expected items that differ from each other")
    return found


def _as_is(value: Any, schema: Schema, path: str) -> Any:
    if "enum" in schema:
        _check_allowed(value, schema, path)
    return value


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict) or isinstance(value, Mapping)  # noqa: SIM101 # the second takes ten times as long


def _is_object(value: object) -> bool:
    return _is_mapping(value) or (hasattr(value, "to_dict") and not isinstance(value, type))


_Check = Callable[[Any, Schema, str], Any]
# JSON type: which Python values are of it, how they are checked, what it is called in a message.
_KINDS: Final[Mapping[str, tuple[Callable[[object], bool], _Check, str]]] = {
    "string": (lambda value: isinstance(value, str), _string, "a str"),
    "boolean": (lambda value: isinstance(value, bool), _as_is, "a bool"),
    "integer": (_is_integer, _number, "a whole number"),
    "number": (lambda value: _is_integer(value) or isinstance(value, float), _number, "a number"),
    "object": (_is_object, _object, "a mapping"),
    "array": (lambda value: isinstance(value, list | tuple), _array, "a list"),
    "null": (lambda value: value is None, _as_is, "None"),
    "any": (lambda _value: True, _as_is, "any value"),
}
