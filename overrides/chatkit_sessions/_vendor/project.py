"""Where our own sources are, and what the project says of itself: in a clone as in an installed copy."""

import re
import tomllib
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

from .failure import VendorError

PACKAGE: Final = Path(__file__).resolve().parents[1]
_NAME: Final = "chatkit-sessions"


@dataclass(frozen=True, slots=True)
class Project:
    """What a copy takes from outside the package.

    Attributes:
        generated: The folder of the generated package.
        license: The text of the license.
        python: Which versions of Python it runs on.
        requirements: What has to be installed beside it, one requirement line each.
    """

    generated: Path
    license: str
    python: str
    requirements: tuple[str, ...]


def find_project() -> Project:
    """Return what belongs to the package that this code is part of.

    Raises:
        VendorError: It is not all there.
    """
    found = _in_clone(PACKAGE.parents[1]) or _installed(PACKAGE.parent)
    if found is None or not found.generated.is_dir():
        raise VendorError(f"{PACKAGE} is neither part of a clone of {_NAME} nor of an installation.")
    return found


def _in_clone(root: Path) -> Project | None:
    try:
        settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    project: dict[str, Any] = settings.get("project", {})
    if project.get("name") != _NAME:
        return None
    text = (root / "LICENSE").read_text(encoding="utf-8")
    return Project(root / "generated_client", text, project["requires-python"], _normal(project["dependencies"]))


def _installed(place: Path) -> Project | None:
    # Another version may be installed elsewhere on sys.path; ours is the one beside this package.
    for distribution in distributions(name=_NAME, path=[str(place)]):
        text = distribution.read_text("licenses/LICENSE")
        if text is not None:
            needed = [line for line in distribution.requires or () if "extra ==" not in line]
            python = distribution.metadata["Requires-Python"]
            return Project(place / "generated_client", text, python, _normal(needed))
    return None


def _normal(requirements: list[str]) -> tuple[str, ...]:
    """Return the lines in one order and spelling, whichever tool wrote them."""
    return tuple(sorted(_normal_line(line.replace(" ", "")) for line in requirements))


def _normal_line(line: str) -> str:
    name, limits = re.split(r"(?=[<>=!~]|$)", line, maxsplit=1)
    return name + ",".join(sorted(limits.split(",")))
