"""What must hold of a document before anything is made of it."""

from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from spec.document import Json, Object, SpecError, items
from spec.names import check_names
from spec.trim import select


def validate(document: Object) -> None:
    """Checks that a document can be worked with.

    Raises:
        SpecError: It refers to something outside itself, has names unfit for code, or is not valid OpenAPI 3.1.
    """
    select(document, "")
    check_names(document)
    try:
        OpenAPIV31SpecValidator(document).validate()
    except OpenAPIValidationError as error:
        place = ".".join(str(part) for part in error.absolute_path) or "its root"
        reason = error.message.splitlines()[0][:300]
        raise SpecError(f"The document is not valid OpenAPI 3.1 at {place}: {reason}.") from error
    except LookupError as error:
        # The validator's own stumbling over null in the place of an object.
        raise SpecError(f"The document is not valid OpenAPI 3.1: {error} is not what it should be.") from error


def check_integers(node: Json, where: str = "the document") -> None:
    """Refuses a oneOf that every integer meets twice: the generator does not mind, but each integer is invalid.

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
