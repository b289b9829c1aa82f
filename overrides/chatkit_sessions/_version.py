"""What the package is called, and which version it is."""

from typing import Final, TypeVar

__version__ = "0.2.0"

C = TypeVar("C", bound=type)

_PACKAGE: Final = __name__.rpartition(".")[0]  # in a copy that lives in another tree, the copy's own


def public(cls: C) -> C:
    """Let a class name the package that users import it from, not a private module."""
    cls.__module__ = _PACKAGE
    return cls
