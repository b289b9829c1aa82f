"""The name under which a class is public."""

from typing import Final, TypeVar

C = TypeVar("C", bound=type)

_PACKAGE: Final = __name__.rpartition(".")[0]  # in a copy that lives in another tree, the copy's own


def public(cls: C) -> C:
    """Let a class say that it belongs to the package, where users import it from, and not to a private module."""
    cls.__module__ = _PACKAGE
    return cls
