"""Says, by its exit code, whether this Python has exactly what the `codegen` group of pyproject.toml pins.

Runs before anything is installed and under any Python, so it uses the standard library only.
"""

import sys


def is_ready() -> bool:
    """Returns whether every pinned distribution is there in its version."""
    if sys.version_info < (3, 11):
        return False
    import tomllib
    from importlib.metadata import PackageNotFoundError, version
    from pathlib import Path

    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8"))
    try:
        return all(
            version(name) == pin for name, pin in (it.split("==") for it in project["dependency-groups"]["codegen"])
        )
    except PackageNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_ready() else 1)
