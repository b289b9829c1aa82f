"""Which of our files a copy takes."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from .failure import VendorError
from .texts import printable

# What users may add to a copy: folders of the package, each with the extra of the same name.
PARTS: Final = ("web",)

# What only an installation can serve, and what belongs to extras.
_LEFT_OUT: Final = frozenset(
    {"__main__.py", "_pyinstaller", "_transport/aiohttp.py", "_vendor", "cli", "emulator", "pytest_plugin.py", *PARTS}
)


def files_below(folder: Path) -> dict[str, Path]:
    """Return the files that belong to a package, by their paths in it."""
    return dict(_walk(folder, ""))


def core_files(package: Path) -> dict[str, Path]:
    """Return the files of the package that every copy holds."""
    return dict(_walk(package, "", _LEFT_OUT))


def part_files(package: Path, part: str) -> dict[str, Path]:
    """Return the files that a part adds to a copy.

    Args:
        package: The folder of the package.
        part: The name of a folder, `web`, for all that is in it; or with one of its public modules, `web.fastapi`, for
            that module and what it shares with the others.

    Raises:
        VendorError: There is no such part.
    """
    folder, _, module = part.partition(".")
    known = [name for each in PARTS for name in (each, *(f"{each}.{stem}" for stem in _public(package / each)))]
    if part not in known:
        raise VendorError(f"--with: expected one of {', '.join(known)}, got {printable(part)!r}")
    found = {f"{folder}/{path}": file for path, file in files_below(package / folder).items()}
    if not module:
        return found
    modules = {stem: f"{folder}/{stem}.py" for stem in _public(package / folder)}
    shared = {path: file for path, file in found.items() if path not in modules.values()}
    needed = _with_imported(
        package / folder, [module, *(file.stem for file in shared.values() if file.suffix == ".py")]
    )
    return shared | {modules[name]: found[modules[name]] for name in needed & modules.keys()}


def _public(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))


def _walk(folder: Path, prefix: str, left_out: frozenset[str] = frozenset()) -> Iterator[tuple[str, Path]]:
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        path = f"{prefix}{entry.name}"
        # What Python, editors and systems leave in a folder.
        if path in left_out or entry.name == "__pycache__" or entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry, f"{path}/", left_out)
        else:
            yield path, entry


def _with_imported(folder: Path, modules: Sequence[str]) -> set[str]:
    """Return some modules of a folder, and the others there that they import."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        file = folder / f"{module}.py"
        if module in found or not file.is_file():
            continue
        found.add(module)
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                waiting += [node.module] if node.module else [alias.name for alias in node.names]
    return found
