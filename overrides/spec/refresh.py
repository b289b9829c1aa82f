"""Makes the trimmed and corrected document from OpenAI's whole one."""

import hashlib
from pathlib import Path

from spec.document import Object, child
from spec.load import Source
from spec.overlay import Action, apply, apply_matching, read_overlay
from spec.prose import check_only_prose
from spec.trim import select, strip

SESSIONS = "^/chatkit/sessions(/|$)"
REPOSITORY = "openai/openai-openapi"
_CORRECTIONS = Path(__file__).with_name("corrections.yaml")
_PROSE = Path(__file__).with_name("prose.yaml")


def refresh(source: Source, paths: str) -> Object:
    """Returns the part of OpenAI's document that some paths need, corrected and in our words.

    The overlays are applied to the whole document, whatever the selection, so that an action that matches nothing is
    out of date and not just elsewhere.

    Raises:
        SpecError: A person has to decide something first.
    """
    corrected = apply(strip(source.document), read_overlay(_CORRECTIONS))
    described = apply(corrected, read_overlay(_PROSE))
    check_only_prose(corrected, described, _PROSE.name)
    selected = select(described, paths)
    return {
        "openapi": selected.pop("openapi"),
        "info": selected.pop("info"),
        "x-source": _origin(source, paths),
        **selected,
    }


def survey(source: Source, paths: str) -> tuple[Object, list[Action]]:
    """Returns the same without prose, even if corrections no longer match, and those corrections."""
    corrected, unmatched = apply_matching(strip(source.document), read_overlay(_CORRECTIONS))
    return {**select(corrected, paths), "x-source": _origin(source, paths)}, unmatched


def overlay_digest() -> str:
    """Returns the SHA-256 of the overlays as they are now."""
    return hashlib.sha256(_CORRECTIONS.read_bytes() + _PROSE.read_bytes()).hexdigest()


def _origin(source: Source, paths: str) -> Object:
    """Returns what identifies a document and what was decided on top of it."""
    return {
        "repository": REPOSITORY,
        **({"revision": source.revision} if source.revision else {}),
        "version": child(source.document, "info").get("version"),
        "sha256": source.sha256,
        "paths": paths,
        "overlay-sha256": overlay_digest(),
    }
