"""Compares what a run made with what is in place, and swaps it in."""

import difflib
import shutil
import tempfile
from pathlib import Path

from spec.document import SpecError
from spec.generate import PROVENANCE


def difference(made: Path, place: Path) -> str:
    """Returns what swapping would change, as a unified diff; empty when nothing would.

    Args:
        made: A folder with the files and folders that a run made.
        place: The folder where their counterparts are.
    """
    names = [entry.name for entry in made.iterdir()]
    old, new = _files(place, names), _files(made, names)
    return "".join(_diff(name, old.get(name), new.get(name)) for name in sorted({*old, *new}))


def _files(folder: Path, names: list[str]) -> dict[str, bytes]:
    paths = [path for name in names for path in (folder / name, *(folder / name).rglob("*"))]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts
    }


def _diff(name: str, before: bytes | None, after: bytes | None) -> str:
    if before == after:
        return ""
    was, now = ((content or b"").decode("utf-8", "backslashreplace").splitlines() for content in (before, after))
    old, new = ("/dev/null" if content is None else name for content in (before, after))
    lines = list(difflib.unified_diff(was, now, old, new, lineterm=""))
    # Between an empty file and none, or between two kinds of line ends, there is no line to show.
    return "\n".join(lines or [f"--- {old}", f"+++ {new}"]) + "\n"


def check_replaceable(folder: Path) -> None:
    """Checks that a folder may be replaced: it is new, empty, or was generated.

    Raises:
        SpecError: Something else is there.
    """
    if not folder.name.isidentifier():
        raise SpecError(f"{folder} could not be imported: its name must be a Python identifier.")
    if folder.exists() and not folder.is_dir():
        raise SpecError(f"{folder} is in the way: it is no folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / PROVENANCE).is_file():
        raise SpecError(f"{folder} was not written by this tool and is left alone: name a new folder or an empty one.")


def swap(made: Path, place: Path) -> None:
    """Puts everything that a run made into its place; on a failure all is as before.

    Args:
        made: A folder with the files and folders that a run made.
        place: The folder where they replace their counterparts.
    """
    place.mkdir(parents=True, exist_ok=True)
    # Within one file system a renaming is quick and cannot stop halfway.
    with tempfile.TemporaryDirectory(prefix=".generate-", dir=place) as beside:
        new, old = Path(beside, "new"), Path(beside, "old")
        shutil.copytree(made, new)
        old.mkdir()
        names = [entry.name for entry in new.iterdir()]
        try:
            for name in names:
                if (place / name).exists():
                    (place / name).rename(old / name)
                (new / name).rename(place / name)
        except BaseException:
            for name in names:
                if not (new / name).exists():
                    (place / name).rename(new / name)
                if (old / name).exists():
                    (old / name).rename(place / name)
            raise
