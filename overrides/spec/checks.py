"""Checks a document before anything is made from it."""

from collections.abc import Iterator

from jsonschema import SchemaError
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from spec.document import NAME_MAPS, Json, Object, SpecError, items, pointer, type_of
from spec.names import check_names
from spec.trim import DATA, select

Place = tuple[str | int, ...]


def validate(document: Object) -> None:
    """Check that a document can be worked with.

    Raises:
        SpecError: It refers to something outside itself, has names unfit for code, or is not valid OpenAPI 3.1.
    """
    _check_maps(document, ())
    select(document, "")
    check_names(document)
    try:
        OpenAPIV31SpecValidator(document).validate()
    except OpenAPIValidationError as error:
        place, reason = _precisely(document) or (tuple(error.absolute_path), error.message)
        raise _invalid(place, reason) from error
    except LookupError as error:
        # The validator itself fails on null in place of an object.
        raise SpecError(f"The document is not valid OpenAPI 3.1: {error} is not what it should be.") from error


def _invalid(place: Place, reason: str) -> SpecError:
    return SpecError(f"The document is not valid OpenAPI 3.1 at {pointer(*place)}: {reason.splitlines()[0][:300]}.")


def _check_maps(node: Json, place: Place) -> None:
    """Refuse anything but an object where names are expected: neither the validator nor the rest copes with it."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in NAME_MAPS and isinstance(value, dict):
                for name, part in value.items():
                    _check_maps(part, (*place, key, name))
            elif key in NAME_MAPS and not (key == "parameters" and isinstance(value, list)):
                raise _invalid((*place, key), f"expected an object, got {type_of(value)}")
            elif key not in DATA and not key.startswith("x-"):
                _check_maps(value, (*place, key))
    elif isinstance(node, list):
        for number, part in enumerate(node):
            _check_maps(part, (*place, number))


def _precisely(document: Object) -> tuple[Place, str] | None:
    """Return the first schema that is wrong and why; the validator names the place within that schema only."""
    for place, schema in _schemas(document, ()):
        try:
            OAS31Validator.check_schema(schema)
        except SchemaError as error:
            return (*place, *error.absolute_path), error.message
    for place, node in _nodes(document, ()):
        if "default" in node:
            validator = OAS31Validator({**document, "$ref": pointer(*place)}, format_checker=oas31_format_checker)
            for misfit in validator.iter_errors(node["default"]):
                return (*place, "default"), f"the default does not fit its own schema, {misfit.message}"
    return None


def _nodes(node: Json, place: Place) -> Iterator[tuple[Place, Object]]:
    if isinstance(node, dict):
        yield place, node
        for key, value in node.items():
            if key not in DATA or (place[-1:] and place[-1] in NAME_MAPS):
                yield from _nodes(value, (*place, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _nodes(value, (*place, number))


def _schemas(document: Object, place: Place) -> Iterator[tuple[Place, Json]]:
    """Yield the schemas that are not part of another one."""
    for where, node in _nodes(document, place):
        if where == ("components", "schemas"):
            yield from (((*where, name), schema) for name, schema in node.items())
        elif where[:2] != ("components", "schemas") and "schema" in node:
            yield (*where, "schema"), node["schema"]


def check_integers(node: Json, where: str = "the document") -> None:
    """Refuse a oneOf that every integer matches twice: the generator accepts it, but each integer is invalid.

    Raises:
        SpecError: There is one.
    """
    if isinstance(node, list):
        for item in node:
            check_integers(item, where)
    elif isinstance(node, dict):
        types = [option.get("type") for option in items(node, "oneOf") if isinstance(option, dict)]
        if "integer" in types and "number" in types:
            raise SpecError(f"oneOf under {where} lists integer and number, so it refuses every integer: use anyOf.")
        for key, value in node.items():
            check_integers(value, key)
