"""Says, by its exit code, whether this Python has exactly what the `codegen` group of pyproject.toml pins.

Runs before anything is installed, so it uses the standard library only.
"""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def is_ready() -> bool:
    """Return whether every pinned distribution is there in its version."""
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8"))
    pins = [pin.split("==") for pin in project["dependency-groups"]["codegen"]]
    try:
        return all(version(name) == number for name, number in pins)
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_ready() else 1)
