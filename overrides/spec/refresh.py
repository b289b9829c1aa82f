"""Makes the trimmed and corrected document from OpenAI's whole one."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from spec.document import Object, child
from spec.load import Source
from spec.overlay import Action, apply, apply_matching, read_overlay
from spec.prose import check_only_prose
from spec.trim import select, strip

SESSIONS = "^/chatkit/sessions(/|$)"
_CORRECTIONS = Path(__file__).with_name("corrections.yaml")
_PROSE = Path(__file__).with_name("prose.yaml")


def refresh(source: Source, paths: str, *, corrections: Sequence[Path] = (), known: Object | None = None) -> Object:
    """Return the part of OpenAI's document that some paths need, corrected and in our words.

    The overlays are applied to the whole document, whatever the selection, so that an action that matches nothing is
    out of date and not just elsewhere.

    Args:
        source: The document.
        paths: A regular expression of the paths to keep.
        corrections: Overlays to apply after ours.
        known: The `x-source` of an earlier run, which may know where this very document is from.

    Raises:
        SpecError: A person has to decide something first.
    """
    corrected = apply(strip(source.document), read_overlay(_CORRECTIONS))
    described = apply(corrected, read_overlay(_PROSE))
    check_only_prose(corrected, described, _PROSE.name)
    for overlay in corrections:
        described = apply(described, read_overlay(overlay))
    selected = select(described, paths)
    return {
        "openapi": selected.pop("openapi"),
        "info": selected.pop("info"),
        "x-source": _origin(source, paths, corrections, known or {}),
        **selected,
    }


def survey(source: Source, paths: str, *, corrections: Sequence[Path] = ()) -> tuple[Object, list[Action]]:
    """Return the same without prose, even if corrections no longer match, and those corrections."""
    actions = [action for overlay in (_CORRECTIONS, *corrections) for action in read_overlay(overlay)]
    corrected, unmatched = apply_matching(strip(source.document), actions)
    return {**select(corrected, paths), "x-source": _origin(source, paths, corrections, {})}, unmatched


def overlay_digest(corrections: Sequence[Path] = ()) -> str:
    """Return the SHA-256 of the overlays as they are now."""
    return digest(*(_CORRECTIONS, _PROSE, *corrections))


def digest(*files: Path) -> str:
    """Return the SHA-256 of text files, the same whatever line ends a checkout has given them."""
    return hashlib.sha256(b"".join(file.read_bytes().replace(b"\r\n", b"\n") for file in files)).hexdigest()


def _origin(source: Source, paths: str, corrections: Sequence[Path], known: Object) -> Object:
    """Return what identifies a document and what was decided on top of it."""
    same = known if known.get("sha256") == source.sha256 else {}
    repository, revision = source.repository or same.get("repository"), source.revision or same.get("revision")
    return {
        **({"repository": repository} if repository else {}),
        **({"revision": revision} if revision else {}),
        "version": child(source.document, "info").get("version"),
        "sha256": source.sha256,
        "paths": paths,
        "overlay-sha256": overlay_digest(corrections),
    }
