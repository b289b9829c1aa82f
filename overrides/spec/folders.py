"""Where a run works, and how its result replaces what is in place: all or nothing, whenever it is stopped."""

import difflib
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from keyword import iskeyword
from pathlib import Path

from filelock import FileLock, Timeout

from spec.document import SpecError, printable
from spec.generate import HEADER, PROVENANCE

# Beside what is replaced, so that everything is on one file system, where renaming is quick.
WORKPLACE = ".generate"
# Seconds to wait for another run.
PATIENCE = 60.0

_OURS = frozenset({"generated_client", "overrides", "tests", "docs", "examples", "benchmarks"})
_WITHOUT_HEADER = frozenset({"README.md", "openapi.json", "py.typed", PROVENANCE})


@contextmanager
def workplace(place: Path) -> Generator[Path]:
    """Yield a folder for new files that `swap` can put into place; one run at a time works there.

    If an earlier run was killed during its swap, that swap is finished first.
    """
    missing = [folder for folder in (place, *place.parents) if not folder.exists()]
    place.mkdir(parents=True, exist_ok=True)
    work = place / WORKPLACE
    work.mkdir(exist_ok=True)
    try:
        with _only_run(work):
            if _is_half_swapped(place):
                _move_in(place)
            for leftover in ("making", "ready", "old"):
                shutil.rmtree(work / leftover, ignore_errors=True)
            (work / "making").mkdir()
            try:
                yield work / "making"
            finally:
                shutil.rmtree(work, ignore_errors=True)
    finally:
        # On Windows nothing removes a lock while it is held.
        for folder in (work, *missing):
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def _only_run(work: Path) -> Generator[None]:
    lock = FileLock(work / "lock")
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout as error:
        raise SpecError(f"Another run is at work in {work.parent}: try again when it has ended.") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def scratch(place: Path) -> Generator[Path]:
    """Yield a temporary folder for new files that are only compared with a place.

    Raises:
        SpecError: A run was killed while it put things into the place.
    """
    if _is_half_swapped(place):
        raise SpecError(f"An earlier run was stopped while it wrote to {place}: a run without --check finishes it.")
    with tempfile.TemporaryDirectory(prefix="chatkit-sessions-") as temporary:
        making = Path(temporary, "making")
        making.mkdir()
        yield making


def _is_half_swapped(place: Path) -> bool:
    ready = place / WORKPLACE / "ready"
    return ready.is_dir() and any(ready.iterdir())


def swap(made: Path, place: Path) -> None:
    """Put everything that a run made into its place; on a failure all is as before.

    Args:
        made: The folder that `workplace` gave.
        place: The folder where the things in it replace their counterparts.
    """
    work = place / WORKPLACE
    names = sorted(entry.name for entry in made.iterdir())
    # Before this rename nothing has changed. After it, the next run finishes what a killed one began.
    made.rename(work / "ready")
    try:
        _move_in(place)
    except BaseException:
        for name in names:
            if not (work / "ready" / name).exists():
                (place / name).rename(work / "ready" / name)
            if (work / "old" / name).exists():
                (work / "old" / name).rename(place / name)
        (work / "ready").rename(made)
        raise


def _move_in(place: Path) -> None:
    ready, old = (place / WORKPLACE / name for name in ("ready", "old"))
    old.mkdir(exist_ok=True)
    for entry in sorted(ready.iterdir()):
        if (place / entry.name).exists():
            (place / entry.name).rename(old / entry.name)
        entry.rename(place / entry.name)
    ready.rmdir()


def check_replaceable(folder: Path, root: Path) -> None:
    """Check that a folder may be replaced: it is new, empty, or was generated.

    Args:
        folder: The folder, as an absolute path.
        root: The repository's root.

    Raises:
        SpecError: Something else is there.
    """
    name = folder.name
    if not name.isidentifier() or not name.isascii() or iskeyword(name):
        raise SpecError(f"{folder} could not be imported: its name must be a Python identifier.")
    if folder.is_symlink():
        raise SpecError(f"{folder} is a symbolic link and is left alone: name the folder it leads to.")
    resolved, home = folder.resolve(), root.resolve()
    inside = resolved.relative_to(home).parts if resolved.is_relative_to(home) else ("", "")
    if not inside or inside[0] in _OURS or inside[0].startswith("."):
        raise SpecError(f"{folder} belongs to this repository: --output is for a package of your own, elsewhere.")
    if folder.exists() and not folder.is_dir():
        raise SpecError(f"{folder} is in the way: it is not a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / PROVENANCE).is_file():
        raise SpecError(f"{folder} was not written by this tool and is left alone: name a new folder or an empty one.")


def keep_foreign_files(package: Path, made: Path) -> list[str]:
    """Copy the files that somebody has put into a generated package into the new one, and return their names.

    Args:
        package: The package in place.
        made: The new one.
    """
    kept: list[str] = []
    for path in sorted(package.rglob("*")) if package.is_dir() else ():
        name = path.relative_to(package)
        target = made / name
        if not path.is_file() or "__pycache__" in name.parts or target.exists() or _is_generated(path, name.as_posix()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)
        kept.append(name.as_posix())
    return kept


def _is_generated(path: Path, name: str) -> bool:
    if name in _WITHOUT_HEADER:
        return True
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER.encode()


def difference(made: Path, place: Path) -> str:
    """Return what swapping would change, as a unified diff; empty when nothing would.

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
    return "\n".join(map(printable, lines or [f"--- {old}", f"+++ {new}"])) + "\n"
