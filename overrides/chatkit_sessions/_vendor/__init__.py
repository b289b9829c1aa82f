"""`chatkit-sessions vendor`: writes a copy of this package into another tree. It needs nothing but Python."""

from .command import main

__all__ = ["main"]
