"""Makes a fresh virtual environment for each contender and one for the canned server."""

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import distributions
from itertools import repeat
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
_FOLDER: Final = ROOT / "benchmarks" / ".environments"

_CONTENTS: Final[Mapping[str, list[str]]] = {
    "chatkit-sessions": ["{wheel}"],
    "chatkit-sessions[aiohttp]": ["{wheel}[aiohttp]"],
    "openai": ["openai"],
    "openai[aiohttp]": ["openai[aiohttp]"],
    "server": ["--group", "benchmarks"],
}
WEB: Final[Mapping[str, list[str]]] = {
    "web, ours": ["{wheel}[web]", "fastapi", "uvicorn"],
    "web, openai": ["openai", "fastapi", "uvicorn"],
    "server": _CONTENTS["server"],
}
"""What the benchmark of the web endpoint needs."""


@dataclass(frozen=True)
class Size:
    """How much is installed in an environment."""

    files: int
    total_bytes: int
    bytecode_bytes: int


@dataclass(frozen=True)
class Environment:
    """A virtual environment without pip, so that all it holds is what was asked for."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def versions(self) -> dict[str, str]:
        """Return what is installed."""
        found = {item.name: item.version for item in distributions(path=[str(self.site_packages)])}
        return dict(sorted(found.items()))

    def size(self) -> Size:
        """Return how much is installed."""
        files = [(path.suffix, path.stat().st_size) for path in self.site_packages.rglob("*") if path.is_file()]
        return Size(
            files=len(files),
            total_bytes=sum(size for _, size in files),
            bytecode_bytes=sum(size for suffix, size in files if suffix == ".pyc"),
        )


def make(contents: Mapping[str, list[str]] = _CONTENTS) -> dict[str, Environment]:
    """Install the newest release of everything, and this tree as a wheel; pip compiles all of it to bytecode."""
    _FOLDER.mkdir(exist_ok=True)
    for old in _FOLDER.glob("*.whl"):
        old.unlink()
    _pip("wheel", "--no-deps", "--wheel-dir", str(_FOLDER), str(ROOT))
    (wheel,) = _FOLDER.glob("*.whl")
    with ThreadPoolExecutor(max_workers=2) as pool:
        made = pool.map(_made, contents.items(), repeat(str(wheel)))
        return dict(zip(contents, made, strict=True))


def _made(content: tuple[str, list[str]], wheel: str) -> Environment:
    name, parts = content
    environment = Environment(_FOLDER / name)
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", environment.folder], check=True)
    wanted = [part.format(wheel=wheel) for part in parts]
    _pip("--python", str(environment.python), "install", *wanted)
    return environment


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pip {' '.join(arguments)} failed:\n{done.stderr}")
