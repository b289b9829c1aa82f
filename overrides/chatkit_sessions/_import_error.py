"""Why the generated package cannot be used: it is missing, another one, incomplete, or of another version."""

from pathlib import Path
from typing import Final

_DISTRIBUTIONS: Final = {"attr": "attrs", "dateutil": "python-dateutil"}


def explained(error: ImportError | KeyError | TypeError) -> ImportError:
    """Return an error that says what to fix, for one that the generated package raised."""
    inside = f"{__package__}.generated_client"
    place = _place(inside)
    if place is None:
        place = _place("generated_client")
        if place is None:
            return ModuleNotFoundError(
                "the package generated_client, which belongs to chatkit_sessions, is missing: install chatkit-sessions "
                "again",
                name="generated_client",
            )
        here = Path(__file__).parent
        # In an installation it is beside this package, in a clone one level up.
        if place.parent not in (here.parent, here.parent.parent):
            return ImportError(
                f"generated_client was found at {place}, but it is not the one of chatkit-sessions: rename that "
                "package, or use a vendored copy, which has its own inside (chatkit-sessions vendor DEST)",
                name="generated_client",
                path=str(place),
            )
    name = (error.name or "") if isinstance(error, ImportError) else ""
    root = name.partition(".")[0]
    if root and root not in ("generated_client", inside.partition(".")[0]):
        wanted = _DISTRIBUTIONS.get(root, root)
        if isinstance(error, ModuleNotFoundError):
            return ModuleNotFoundError(
                f"chatkit_sessions needs {wanted}, which is not installed: pip install {wanted}", name=name
            )
        return ImportError(f"chatkit_sessions cannot use the {wanted} that is installed: {error}", name=name)
    return ImportError(
        f"generated_client does not have what the handwritten layer needs ({error}): the document or generator.yaml "
        "renamed it; give it its name back there, or change the seam chatkit_sessions/_generated.py"
    )


def _place(package: str) -> Path | None:
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None:
        return None
    # A folder without __init__.py has no origin.
    return Path(spec.origin).parent if spec.origin else next(map(Path, spec.submodule_search_locations or ()), None)
