"""The folder that holds a copy: what is in it, and how a new copy takes its place."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from .failure import VendorError
from .package import MANIFEST, digest
from .project import PACKAGE

# Python writes these when a copy is imported.
_CACHE: Final = "__pycache__"


@dataclass(frozen=True, slots=True)
class Found:
    """A copy as it is on the disk.

    Attributes:
        version: The version that it says it is.
        manifest: The bytes of its manifest.
        edits: Which files are not as the manifest says, in words; empty if all are.
    """

    version: str
    manifest: bytes
    edits: str


def look_at(folder: Path) -> Found | None:
    """Return the copy that a folder holds; None if it holds no manifest of ours."""
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest: Any = json.loads(content)
        version, listed = str(manifest["version"]), dict(cast("dict[str, str]", manifest["sha256"]))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError, RecursionError):
        return None
    present = _digests(folder)
    kinds = {
        "changed": sorted(path for path in present.keys() & listed.keys() if present[path] != listed[path]),
        "added": sorted(present.keys() - listed.keys()),
        "missing": sorted(listed.keys() - present.keys()),
    }
    return Found(version, content, "; ".join(f"{kind} {', '.join(paths)}" for kind, paths in kinds.items() if paths))


def recover(folder: Path) -> None:
    """Clear away what an interrupted run left beside a folder, and put the old copy back if it was moved away."""
    old = _beside(folder) / "old"
    if old.is_dir() and not folder.exists():
        old.rename(folder)
    if old.parent.exists():
        shutil.rmtree(old.parent)


def check_replaceable(folder: Path, *, force: bool) -> None:
    """See that a copy may be written to a folder.

    Raises:
        VendorError: What is there was not written by this command, or was edited since, and `force` is not given.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise VendorError(f"{folder} is in the way: it is no folder of its own.")
    if PACKAGE.is_relative_to(folder.resolve()):
        raise VendorError(f"{folder} holds the package that this command runs from; name another DEST.")
    if force or not folder.exists() or not any(folder.iterdir()):
        return
    found = look_at(folder)
    if found is None:
        raise VendorError(f"{folder} was not written by this command and is left alone; --force replaces it.")
    if found.edits:
        raise VendorError(f"{folder} was edited and is left alone ({found.edits}); --force replaces it.")


def put(files: dict[str, bytes], folder: Path) -> None:
    """Write a copy; whatever happens meanwhile, the folder holds the old copy or the new one."""
    # Beside it, so that both are on one file system, where a renaming cannot stop halfway.
    beside = _beside(folder)
    beside.mkdir(parents=True)
    try:
        for path, content in files.items():
            target = beside / "new" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if folder.exists():
            folder.rename(beside / "old")
        (beside / "new").rename(folder)
    finally:
        recover(folder)


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.vendoring")


def _digests(folder: Path) -> dict[str, str]:
    digests: dict[str, str] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if _CACHE in name.parts or name == Path(MANIFEST) or (path.is_dir() and not path.is_symlink()):
            continue
        # A link may point to something else tomorrow.
        digests[name.as_posix()] = "a link" if path.is_symlink() else digest(path.read_bytes())
    return digests
