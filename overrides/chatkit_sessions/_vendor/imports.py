"""Import statements: what they name, and how a copy says the same."""

import ast
from collections.abc import Iterable
from typing import Final

from .failure import VendorError
from .layout import ROOT, Layout, package_of_home

_WIDTH: Final = 88
_INSTALLED_NAMES: Final = ("chatkit_sessions", ROOT)

Import = ast.Import | ast.ImportFrom


def absolute(node: Import, package: str) -> str:
    """Return the full name of what stands behind `from` in a module of a package, empty if nothing does."""
    if isinstance(node, ast.Import):
        return ""
    parts = package.split(".") if node.level and package else []
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def moved(node: Import, package: str, home: str, layout: Layout) -> dict[str, list[str]]:
    """Return what a module of a copy imports instead, without what is in its own file there.

    Args:
        node: The import.
        package: The package that its dots start from.
        home: The module of the copy.
        layout: Where the generated modules go.

    Returns:
        Names by source; those without a source are modules.
    """
    base = absolute(node, package)
    here = package_of_home(home)
    imports: dict[str, list[str]] = {}
    for alias in node.names:
        module = f"{base}.{alias.name}".lstrip(".")
        source, name = base, alias.name
        if module in layout.modules:
            source, _, name = layout.home(module).rpartition(".")
            source = _relative(source, here)
        elif base in layout.modules:
            if layout.home(base) == home and alias.asname is None:
                continue
            source = _relative(layout.home(base), here)
        bound = alias.asname or alias.name
        imports.setdefault(source, []).append(name if name == bound else f"{name} as {bound}")
    return imports


def statements(imports: dict[str, list[str]], indent: str = "") -> list[str]:
    """Return the lines that import names, given by source."""
    return [line for source, names in imports.items() for line in _statement(source, names, indent)]


def check_relative(tree: ast.AST, file: str) -> None:
    """See that a file of a copy does not depend on an installed copy.

    Raises:
        VendorError: It imports one of our packages by the name that it is installed under.
    """
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        if any(name.split(".")[0] in _INSTALLED_NAMES for name in names):
            raise VendorError(f"{file} has an import that leads out of a copy: {ast.unparse(node)}")


def _statement(source: str, names: Iterable[str], indent: str) -> list[str]:
    if not source:
        return [f"{indent}import {name}" for name in names]
    line = f"{indent}from {source} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{indent}from {source} import (", *(f"{indent}    {name}," for name in names), f"{indent})"]


def _relative(target: str, package: str) -> str:
    here, there = (name.split(".") if name else [] for name in (package, target))
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    return "." * (len(here) - shared + 1) + ".".join(there[shared:])
