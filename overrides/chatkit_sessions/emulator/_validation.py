"""Validates bodies against a schema and says in OpenAI's terms what is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from ._errors import ApiError
from ._wire import Json, strict_json

# A name in an error is cut here: a caller may send a key of several megabytes.
LONGEST_NAME = 80

_KINDS = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_LIMITS = {
    "minimum": ("integer_below_min_value", "at least {}"),
    "maximum": ("integer_above_max_value", "at most {}"),
    "minLength": ("string_below_min_length", "a string of at least {} characters"),
    "maxLength": ("string_above_max_length", "a string of at most {} characters"),
    "maxProperties": ("object_above_max_properties", "an object of at most {} entries"),
}


def create_validator(document: Mapping[str, Any]) -> "Validator":
    """Return the validator of the body of a create request.

    Args:
        document: The OpenAPI document.
    """
    operation = document["paths"]["/chatkit/sessions"]["post"]
    return Validator(
        operation["requestBody"]["content"]["application/json"]["schema"], document["components"]["schemas"]
    )


def parse_json(content_type: str, body: bytes) -> Json:
    """Read a body as strict JSON.

    Raises:
        ApiError: 415 when the body claims to be something else, 400 when it is not JSON.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        message = "The body must be JSON, with the header 'Content-Type: application/json'."
        raise ApiError(415, message, code="unsupported_content_type")
    try:
        return strict_json(body.decode())
    except ValueError:
        raise ApiError(400, "The body is not valid JSON.", code="invalid_json") from None


class Validator:
    """Validates bodies.

    Args:
        schema: A JSON schema. An object with properties takes no others, unless the schema says so.
        components: What the schema refers to in `#/components/schemas/`.
    """

    def __init__(self, schema: Mapping[str, Any], components: Mapping[str, Json] | None = None) -> None:
        closed = _closed(dict(schema), components or {})
        assert isinstance(closed, dict)
        self._validator = Draft202012Validator(closed)

    def validate(self, body: Json) -> dict[str, Any]:
        """Return the decoded body when it is valid.

        Raises:
            ApiError: 400 with the path of the first error.
        """
        faults: Iterable[ValidationError] = self._validator.iter_errors(body)  # pyright: ignore[reportUnknownMemberType] # its deprecated overload is untyped
        first = min(faults, key=lambda fault: [str(part) for part in fault.absolute_path], default=None)
        if first is not None:
            raise _refusal(first)
        assert isinstance(body, dict)
        return body


def _closed(schema: Json, components: Mapping[str, Json]) -> Json:
    """Return the schema with its references resolved, and closed: it refuses names that the document does not have.

    Resolving them here makes a check three times as fast.
    """
    if isinstance(schema, list):
        return [_closed(part, components) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _closed(components[str(schema["$ref"]).removeprefix("#/components/schemas/")], components)
    closed = {name: _closed(part, components) for name, part in schema.items()}
    if isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def _refusal(fault: ValidationError) -> ApiError:
    path = [str(part) for part in fault.absolute_path]
    # Typed Any: jsonschema has a special value for unset, which a fault that it found does not have.
    rule: Any = fault.validator
    value: Any = fault.instance
    allowed: Any = fault.validator_value
    schema: Any = fault.schema
    if rule == "anyOf":
        # A string that is too long is of an accepted type: the rule it breaks tells more than the list of types.
        closer = next((part for part in fault.context or [] if part.validator != "type" or part.relative_path), None)
        if closer is not None:
            return _refusal(closer)
    if rule == "required":
        path.append(next(name for name in allowed if name not in value))
    elif rule == "additionalProperties":
        path.append(next(name for name in value if name not in schema["properties"]))
    param = ".".join(part[:LONGEST_NAME] for part in path) or None
    code, message = _wording(rule, allowed, value, f"'{param}'" if param else "the body")
    return ApiError(400, message, code=code, param=param)


def _wording(rule: str, allowed: Any, value: object, where: str) -> tuple[str, str]:
    match rule:
        case "required":
            return "missing_required_parameter", f"Missing required parameter: {where}."
        case "additionalProperties":
            return "unknown_parameter", f"Unknown parameter: {where}."
        case "type":
            return "invalid_type", f"Invalid type for {where}: expected {_kinds([allowed])}, but got {_kind(value)}."
        case "anyOf":
            kinds = _kinds([branch["type"] for branch in allowed])
            return "invalid_type", f"Invalid type for {where}: expected {kinds}, but got {_kind(value)}."
        case "enum":
            return "invalid_value", f"Invalid value for {where}: expected {' or '.join(map(repr, allowed))}."
        case _:
            code, limit = _LIMITS.get(rule, ("invalid_value", f"a value for which {rule} is {{}}"))
            return code, f"Invalid value for {where}: expected {limit.format(allowed)}."


def _kinds(types: list[str]) -> str:
    return " or ".join(_KINDS[name] for name in types)


def _kind(value: object) -> str:
    match value:
        case None:
            return _KINDS["null"]
        case bool():
            return _KINDS["boolean"]
        case int():
            return _KINDS["integer"]
        case float():
            return _KINDS["number"]
        case str():
            return _KINDS["string"]
        case list():
            return _KINDS["array"]
        case _:
            return _KINDS["object"]
