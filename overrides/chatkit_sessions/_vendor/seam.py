"""Imports of a copy, which must not lead out of it."""

import ast
import re
from typing import Final

from .failure import VendorError

SEAM: Final = "_generated.py"

_INSTALLED_NAMES: Final = ("chatkit_sessions", "generated_client")
_FROM: Final = re.compile(rb"^([ \t]*)from generated_client\b", re.MULTILINE)
_IMPORT: Final = re.compile(rb"^([ \t]*)import generated_client$", re.MULTILINE)


def made_relative(seam: bytes) -> bytes:
    """Return the seam with the imports of a copy, which has the generated package inside."""
    return _IMPORT.sub(rb"\1from . import generated_client", _FROM.sub(rb"\1from .generated_client", seam))


def check_relative(path: str, content: bytes) -> None:
    """Check that a module of a copy does not depend on an installation.

    Raises:
        VendorError: It imports one of our packages by the name that it is installed under.
    """
    for node in ast.walk(ast.parse(content)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        if any(name.split(".")[0] in _INSTALLED_NAMES for name in names):
            raise VendorError(f"{path} has an import from outside of the copy: {ast.unparse(node)}")
