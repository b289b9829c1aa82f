"""Builds the distributions, and installs them where nothing else is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from packaging.metadata import Metadata

from support.copies import ROOT

PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14", "3.15")
BOUNDS: Final = ("lowest", "newest")


@dataclass(frozen=True)
class Built:
    """What a release consists of."""

    wheel: Path
    sdist: Path

    @property
    def metadata(self) -> Metadata:
        """What the wheel says about itself."""
        with ZipFile(self.wheel) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            return Metadata.from_email(archive.read(name))


def build(folder: Path) -> Built:
    """Build the sdist, and from it the wheel."""
    uv("build", "--quiet", "--no-create-gitignore", "--out-dir", folder, ROOT)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)


class Environment:
    """A virtual environment that gets the wheel, with one bound of every version that it allows.

    Args:
        built: What to install.
        folder: Where to; it must not exist yet.
        python: The interpreter that the environment is made from.
        bound: Which version of each requirement it gets: the lowest that is allowed, or the newest.
    """

    def __init__(self, built: Built, folder: Path, *, python: Path, bound: str) -> None:
        uv("venv", "--quiet", "--python", python, folder)
        self.python: Final = folder / "bin" / "python"
        self._built = built
        self._constraints = folder / "constraints.txt"
        self._constraints.write_text("".join(_lowest(built)) if bound == "lowest" else "", encoding="utf-8")

    def install(self, *extras: str) -> None:
        """Install the wheel with some of its extras."""
        wanted = f"chatkit-sessions[{','.join(extras)}] @ {self._built.wheel.as_uri()}"
        uv("pip", "install", "--quiet", "--python", self.python, "--constraints", self._constraints, wanted)
        uv("pip", "check", "--quiet", "--python", self.python)


@cache
def find_python(version: str) -> Path | None:
    """Return an interpreter of a version from the path or from pyenv, None when there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    on_path = shutil.which(f"python{version}")
    for candidate in (on_path, *pyenv.glob(f"versions/{version}*/bin/python")):
        # One of pyenv's shims may be on the path for a version that is not chosen: it fails.
        if candidate and not subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode:
            return Path(candidate)
    return None


def uv(*arguments: str | Path) -> str:
    """Run uv outside of any environment, and return what it prints."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    # As pip does: a company's own authority is in the system's store.
    variables = {"UV_SYSTEM_CERTS": "1", **kept}
    command = [sys.executable, "-m", "uv", "--no-progress", *map(str, arguments)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _lowest(built: Built) -> Iterator[str]:
    for requirement in built.metadata.requires_dist or ():
        (version,) = [each.version for each in requirement.specifier if each.operator == ">="]
        # A constraint holds for every extra, but not for every Python.
        where = re.sub(r'( and )?extra == "[^"]+"', "", str(requirement.marker or ""))
        yield f"{requirement.name}=={version}{where and f'; {where}'}\n"
