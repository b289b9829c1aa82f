"""Python environments that hold a few of the distributions installed here, and nothing else."""

import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def make_environment(folder: Path, *names: str) -> Path:
    """Make an environment with the named distributions and what they require, and return its interpreter.

    They are the ones of this environment, so nothing is fetched, and the versions are those of every other test.
    """
    venv.create(folder, symlinks=True)
    place = site_packages(folder)
    for name in _with_requirements(names):
        found = distribution(name)
        for entry in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            (place / entry).symlink_to(Path(str(found.locate_file(entry))))
    return folder / "bin" / "python"


def site_packages(folder: Path) -> Path:
    """Return where an environment has its packages."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))


def _with_requirements(names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := canonicalize_name(waiting.pop())) not in found:
            found.add(name)
            requirements = map(Requirement, distribution(name).requires or ())
            waiting += [each.name for each in requirements if not each.marker or each.marker.evaluate({"extra": ""})]
    return found
