"""Makes the trimmed and corrected document from OpenAI's whole one."""

import hashlib
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from spec.document import Object, SpecError
from spec.load import Source
from spec.names import check_names
from spec.overlay import apply, read_overlay
from spec.prose import check_only_prose
from spec.trim import select, strip

SESSIONS = "^/chatkit/sessions(/|$)"
REPOSITORY = "openai/openai-openapi"
_CORRECTIONS = Path(__file__).with_name("corrections.yaml")
_PROSE = Path(__file__).with_name("prose.yaml")


def refresh(source: Source, paths: str) -> Object:
    """Returns the part of OpenAI's document that some paths need, corrected and in our words.

    The overlays are applied to the whole document, so that an action that matches nothing is out of date, whatever
    the selection.

    Raises:
        SpecError: Something that a person has to decide first.
    """
    corrected = apply(strip(source.document), read_overlay(_CORRECTIONS))
    described = apply(corrected, read_overlay(_PROSE))
    check_only_prose(corrected, described, _PROSE.name)
    selected = select(described, paths)
    return {"openapi": selected.pop("openapi"), "info": selected.pop("info"), "x-source": _origin(source), **selected}


def overlay_digest() -> str:
    """Returns the SHA-256 of the overlays as they are now."""
    return hashlib.sha256(_CORRECTIONS.read_bytes() + _PROSE.read_bytes()).hexdigest()


def validate(document: Object) -> None:
    """Checks what code is about to be generated from.

    Raises:
        SpecError: It is not valid OpenAPI 3.1, refers to something outside itself, or has names unfit for code.
    """
    check_names(document)
    select(document, "")
    try:
        OpenAPIV31SpecValidator(document).validate()
    except OpenAPIValidationError as error:
        place = ".".join(str(part) for part in error.absolute_path) or "the document"
        raise SpecError(
            f"The document is not valid OpenAPI 3.1 at {place}: {' '.join(error.message.split())}."
        ) from error


def _origin(source: Source) -> Object:
    info = source.document.get("info")
    return {
        "repository": REPOSITORY,
        **({"revision": source.revision} if source.revision else {}),
        "version": info.get("version") if isinstance(info, dict) else None,
        "sha256": source.sha256,
        "overlay-sha256": overlay_digest(),
    }
