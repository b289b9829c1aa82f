"""Runs the tool behind generate.sh on copies of what it writes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from jinja2 import Environment, FileSystemBytecodeCache
from spec.__main__ import main

ROOT = Path(__file__).parents[2]

_ignore = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    code: int
    output: str
    error: str


class Tree:
    """The committed output in a folder of its own, written to by the tool as it is here."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        shutil.copy(ROOT / "openapi.yaml", root)
        shutil.copytree(ROOT / "generated_client", root / "generated_client", ignore=_ignore)
        self.root = root
        self._capsys = capsys

    def run(self, *arguments: str | Path) -> Outcome:
        """Run the tool in this process."""
        try:
            code = main([str(argument) for argument in arguments], self.root)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        written = self._capsys.readouterr()
        return Outcome(code, written.out, written.err)

    def sync(self, document: dict[str, Any], *arguments: str | Path) -> Outcome:
        """Run the tool with a document as upstream's."""
        upstream = self.root / "upstream.json"
        upstream.write_text(json.dumps(document), encoding="utf-8")
        return self.run("--upstream", upstream, *arguments)

    def contents(self) -> dict[str, bytes]:
        """Return every file that is not there for the test's sake."""
        return contents(self.root, "upstream.json")


@contextmanager
def quick_generator(folder: Path) -> Generator[None]:
    """Spare each run the compiling of the generator's templates, and the inspection of what tests generate alike.

    Args:
        folder: Where to keep the compiled templates.
    """
    with pytest.MonkeyPatch.context() as patch:
        compiled = FileSystemBytecodeCache(str(folder))
        patch.setattr("openapi_python_client.Environment", partial(Environment, bytecode_cache=compiled))
        patch.setattr("spec.command.inspect", Mock())
        yield


def contents(root: Path, *but: str) -> dict[str, bytes]:
    """Return the files in a folder by their relative names."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in but
    }


def copy_checkout(root: Path) -> None:
    """Copy all that generate.sh needs."""
    for folder in ("overrides/spec", "overrides/chatkit_sessions", "generated_client", ".ci"):
        shutil.copytree(ROOT / folder, root / folder, ignore=_ignore)
    for file in ("generate.sh", "openapi.yaml", "pyproject.toml", "overrides/generator.yaml"):
        shutil.copy(ROOT / file, root / file)


def generate_sh(root: Path, *arguments: str | Path, cwd: Path | None = None, **environment: str) -> Outcome:
    """Run a copy's generate.sh, with the Python of the tests first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(root / "generate.sh"), *map(str, arguments)],
        cwd=cwd or root,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
