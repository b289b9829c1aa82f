"""Tells PyInstaller, by the entry point `hook-dirs`, where the hook for this package is."""

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Return the folder of the hook."""
    return [str(Path(__file__).parent)]
