"""The folder that holds a copy: what is in it, and how a new copy replaces it."""

import hashlib
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .caches import is_cache, is_harmless
from .failure import VendorError
from .manifest import MANIFEST, Manifest, read_manifest
from .texts import listed
from .versions import age


@dataclass(frozen=True, slots=True)
class Found:
    """A copy as it is on the disk.

    Attributes:
        manifest: What it says it is.
        changed: The files that are not as the manifest says.
        added: The files that the manifest does not name.
        missing: The files that only the manifest names.
        unverified: What Python has compiled, if nothing shows that it was made from the sources here.
    """

    manifest: Manifest
    changed: tuple[str, ...]
    added: tuple[str, ...]
    missing: tuple[str, ...]
    unverified: tuple[str, ...]

    @property
    def edits(self) -> str:
        """What was edited, in words; empty if nothing was."""
        kinds = {"changed": self.changed, "added": self.added, "missing": self.missing}
        return "; ".join(f"{kind} {listed(paths)}" for kind, paths in kinds.items() if paths)


def look_at(folder: Path) -> Found | None:
    """Return the copy that a folder holds; None if it holds no manifest of ours."""
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    paths = [path for path in files_in(folder) if path != folder / MANIFEST]
    caches = [path for path in paths if is_cache(path)]
    present = {_name(path, folder): _digest(path) for path in paths if not is_cache(path)}
    expected = manifest.digests
    return Found(
        manifest,
        changed=_sorted(path for path in present.keys() & expected.keys() if present[path] != expected[path]),
        added=_sorted(present.keys() - expected.keys()),
        missing=_sorted(expected.keys() - present.keys()),
        unverified=_sorted(_name(path, folder) for path in caches if not is_harmless(path)),
    )


def files_in(folder: Path) -> Iterator[Path]:
    """Yield everything in a folder except folders; a link to a folder counts as a file."""
    waiting = [folder]
    while waiting:
        for entry in waiting.pop().iterdir():
            if entry.is_dir() and not entry.is_symlink():
                waiting.append(entry)
            else:
                yield entry


def recover(folder: Path) -> None:
    """Remove what an interrupted run left beside a folder, and restore the old copy if it was moved away."""
    old = _beside(folder) / "old"
    if old.is_dir() and not folder.exists():
        old.rename(folder)
    if old.parent.exists():
        shutil.rmtree(old.parent)


def check_apart(folder: Path, sources: Iterable[Path]) -> None:
    """Check that a copy and what it is made from do not overlap.

    Raises:
        VendorError: They overlap.
    """
    there = folder.resolve()
    for source in sources:
        here = source.resolve()
        if _holds(there, here) or _holds(here, there):
            raise VendorError(
                f"{folder} and the sources in {source}, which a copy is made from, overlap; give another DEST."
            )


def check_replaceable(folder: Path, version: str) -> Manifest | None:
    """Check that a copy of a version may replace what is in a folder, and return the manifest of the copy there.

    Raises:
        VendorError: What is there was not written by this command, was edited since, or is not older.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return None
    found = look_at(folder)
    if found is None:
        raise VendorError(f"{folder} was not written by this command and is left alone; --force replaces it.")
    if found.edits:
        raise VendorError(
            f"{folder} was edited and is left alone ({found.edits}); --diff prints the edits, --force replaces it."
        )
    theirs = found.manifest.version
    if age(theirs, version) in ("newer", "other"):
        raise VendorError(
            f"{folder} is of version {theirs}, which is not known to be older than {version}, and is left alone; "
            "--force replaces it."
        )
    return found.manifest


def check_folder(folder: Path) -> None:
    """Check that a folder is one, or is not there yet.

    Raises:
        VendorError: Something else has its name.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise VendorError(f"{folder} is in the way: it is not a real folder.")


def put(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a copy; at every moment the folder holds the old copy or the new one."""
    # Beside it, so that both are on one file system, where a rename cannot stop halfway.
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


def _holds(outer: Path, inner: Path) -> bool:
    """Return whether a folder is another one or contains it, also where the file system ignores case."""
    return any(
        place == outer or (outer.exists() and place.samefile(outer))
        for place in (inner, *inner.parents)
        if place.exists()
    )


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _sorted(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(paths))


def _digest(path: Path) -> str:
    """Return the digest of a file, or what it is if not a regular file: reading a pipe would wait for a writer."""
    if not stat.S_ISREG(path.lstat().st_mode):
        return "not a regular file"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
