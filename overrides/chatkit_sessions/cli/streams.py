"""The standard streams as a program may find them: closed, full, or with nobody who reads. No extra is needed."""

import os
import sys
from pathlib import Path
from typing import Final

READER_GONE: Final = 141
NOT_WRITTEN: Final = 3


def check_open() -> str | None:
    """Return what is wrong with the standard streams, None if a command can run.

    A closed standard input reads as empty, and what is written to a closed standard error is lost. The null device
    takes their numbers, which a connection or a file would get otherwise.
    """
    missing = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in missing:
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 # it stays open, as they do
    return "standard output is closed" if "stdout" in missing else None


def give_up_output(error: OSError) -> tuple[int, str | None]:
    """Send what standard output still holds to the null device, or it would fail once more when Python ends.

    Returns:
        The exit code, and what to say: nothing, when nobody reads the output any more.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if isinstance(error, BrokenPipeError):
        return READER_GONE, None
    return NOT_WRITTEN, f"standard output cannot be written: {error.strerror}"
