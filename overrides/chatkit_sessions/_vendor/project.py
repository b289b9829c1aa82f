"""Where our own sources are, and what the project says of itself, in a clone and in an installation."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

from .failure import VendorError

PACKAGE: Final = Path(__file__).resolve().parents[1]
NAME: Final = "chatkit-sessions"

_OF_AN_EXTRA: Final = re.compile(
    r"(?P<line>[^;]+);\s*(\(?(?P<marker>[^()]+?)\)?\s+and\s+)?extra\s*==\s*['\"](?P<extra>[\w-]+)['\"]\s*"
)


@dataclass(frozen=True, slots=True)
class Project:
    """What a copy takes from outside the package.

    Attributes:
        generated: The folder of the generated package.
        sources: The folders that no copy may be written into.
        license: The SPDX expression of the license.
        license_text: Its text.
        python: Which versions of Python it runs on.
        requirements: What has to be installed beside it, one requirement line each.
        extras: What each extra adds to that.
    """

    generated: Path
    sources: tuple[Path, ...]
    license: str
    license_text: bytes
    python: str
    requirements: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]


def find_project() -> Project:
    """Return what belongs to the package that this code is part of.

    Raises:
        VendorError: Something of it is missing.
    """
    found = _in_clone(PACKAGE.parents[1]) or _installed(PACKAGE.parent)
    if found is None or not found.generated.is_dir():
        raise VendorError(f"{PACKAGE} is neither part of a clone of {NAME} nor of an installation.")
    return found


def _in_clone(root: Path) -> Project | None:
    try:
        settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except OSError:
        return None
    project: dict[str, Any] = settings.get("project", {})
    if project.get("name") != NAME:
        return None
    generated = root / "generated_client"
    return Project(
        generated=generated,
        sources=(PACKAGE.parent, generated),
        license=project["license"],
        license_text=(root / "LICENSE").read_bytes(),
        python=project["requires-python"],
        requirements=_normal(project["dependencies"]),
        extras={extra: _normal(lines) for extra, lines in project["optional-dependencies"].items()},
    )


def _installed(place: Path) -> Project | None:
    # Another version may be installed elsewhere on sys.path; ours is the one beside this package.
    for distribution in distributions(name=NAME, path=[str(place)]):
        text = distribution.read_text("licenses/LICENSE")
        if text is None:
            continue
        extras: dict[str, list[str]] = {}
        needed: list[str] = []
        for line in distribution.requires or ():
            if found := _OF_AN_EXTRA.fullmatch(line):
                marker = f";{found['marker']}" if found["marker"] else ""
                extras.setdefault(found["extra"], []).append(found["line"] + marker)
            else:
                needed.append(line)
        generated = place / "generated_client"
        return Project(
            generated=generated,
            sources=(PACKAGE, generated),
            license=distribution.metadata["License-Expression"],
            license_text=text.encode(),
            python=distribution.metadata["Requires-Python"],
            requirements=_normal(needed),
            extras={extra: _normal(lines) for extra, lines in extras.items()},
        )
    return None


def _normal(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return the lines in one order and spelling, independent of the tool that wrote them."""
    return tuple(sorted(_normal_line(line.replace(" ", "")) for line in requirements))


def _normal_line(line: str) -> str:
    versions, semicolon, marker = line.partition(";")
    name, limits = re.split(r"(?=[<>=!~]|$)", versions, maxsplit=1)
    return name + ",".join(sorted(limits.split(","))) + semicolon + marker.replace('"', "'")
