"""The marker for "not given", where None would be a value."""

from enum import Enum
from typing import Final

from ._version import public


@public
class Omit(Enum):
    """The type of `omit`."""

    OMIT = "omit"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"


omit: Final = Omit.OMIT
"""Leaves an argument out. As the value of a header it removes the header."""
