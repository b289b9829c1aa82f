"""Copies of our package in other trees, and our package itself in the layouts that a copy can be made from."""

import os
import re
import shutil
import subprocess
from importlib.metadata import distribution
from pathlib import Path
from typing import Final, Protocol

import chatkit_sessions

import generated_client

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = Path(chatkit_sessions.__path__[0])
GENERATED: Final = Path(generated_client.__path__[0])

_INSTALLED: Final = Path(str(distribution("chatkit-sessions").locate_file(".")))
_CACHES: Final = shutil.ignore_patterns("__pycache__")


class Run(Protocol):
    """Runs a Python in a folder."""

    def __call__(self, *arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]: ...


def run_with(python: Path, *arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run an interpreter that knows nothing of this one's settings, and return what came of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    return subprocess.run(
        [python, "-W", "error", *arguments],
        cwd=folder,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def as_installed(folder: Path) -> Path:
    """Lay our packages out as a wheel does, and return what has to be on Python's path."""
    (metadata,) = _INSTALLED.glob("chatkit_sessions-*.dist-info")
    for package in (PACKAGE, GENERATED, metadata):
        shutil.copytree(package, folder / package.name, ignore=_CACHES)
    # What only an editable installation needs.
    described = folder / metadata.name / "METADATA"
    lines = described.read_text(encoding="utf-8").splitlines(keepends=True)
    described.write_text("".join(line for line in lines if "editables" not in line), encoding="utf-8")
    return folder


def as_cloned(folder: Path) -> Path:
    """Lay our sources out as a clone does, and return what has to be on Python's path."""
    shutil.copytree(PACKAGE, folder / "overrides" / PACKAGE.name, ignore=_CACHES)
    shutil.copytree(GENERATED, folder / GENERATED.name, ignore=_CACHES)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder / "overrides"


def at_version(place: Path, version: str) -> Path:
    """Give the package in a place another version, and return the place."""
    path = place / PACKAGE.name / "_version.py"
    path.write_bytes(with_version(path.read_bytes(), version))
    return place


def with_version(module: bytes, version: str) -> bytes:
    """Return the module that holds the version, with another one in it."""
    return re.sub(rb'(?m)^__version__ = ".*"$', f'__version__ = "{version}"'.encode(), module)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, without the settings of its user, and return what it prints."""
    variables = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ("-c", "user.name=Tests", "-c", "user.email=tests@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
