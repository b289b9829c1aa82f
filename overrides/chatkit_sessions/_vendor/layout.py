"""Which file of a copy takes the code of a generated module."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = "generated_client"
_ENDPOINTS: Final = f"{ROOT}.api"


@dataclass(frozen=True)
class Layout:
    """The modules of the generated package by their full names, and their homes in a copy.

    The generator gives each model a file of its own, two dozen of them. In a copy the modules of a package share one,
    so that a reviewer has few to open. Endpoint functions keep their files, since they all have the same names.
    """

    folder: Path

    @cached_property
    def modules(self) -> dict[str, Path]:
        """The file of each module."""
        return {_full_name(path.relative_to(self.folder)): path for path in sorted(self.folder.rglob("*.py"))}

    def package_of(self, module: str) -> str:
        """Return the package that a module's relative imports start from."""
        return module if self.is_package(module) else module.rpartition(".")[0]

    def home(self, module: str) -> str:
        """Return the module of a copy that holds a module's code."""
        keeps_its_file = self.is_package(module) or self.is_endpoint(module)
        return module if keeps_its_file else module.rpartition(".")[0]

    def is_package(self, module: str) -> bool:
        """Tell whether a module is a package."""
        return self.modules[module].name == "__init__.py"

    def is_endpoint(self, module: str) -> bool:
        """Tell whether a module belongs to the endpoint functions."""
        return f"{module}.".startswith(f"{_ENDPOINTS}.")


def package_of_home(home: str) -> str:
    """Return the package that relative imports start from in a module of a copy."""
    return home if home == ROOT else home.rpartition(".")[0]


def path_of_home(home: str) -> str:
    """Return where a module of a copy is."""
    return f"{ROOT}/__init__.py" if home == ROOT else home.replace(".", "/") + ".py"


def _full_name(path: Path) -> str:
    parts = [ROOT, *path.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
