"""The standard streams, which may be closed, full, or not read by anyone. No extra is needed."""

import errno
import io
import os
import sys
from pathlib import Path
from typing import Final

READER_GONE: Final = 141
NOT_WRITTEN: Final = 3


def prepare() -> str | None:
    """Prepare the standard streams, and return what is wrong with them; None if a command can run.

    A closed standard input reads as empty, and what is written to a closed standard error is lost. The null device
    takes their numbers, which a connection or a file would get otherwise. Characters that an encoding lacks, such as
    the one of a console of Windows, are written as escapes.
    """
    missing = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in missing:
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 # it stays open, as they do
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a tool may have put something else there
            stream.reconfigure(errors="backslashreplace")
    return "standard output is closed" if "stdout" in missing else None


def give_up_output(error: OSError) -> tuple[int, str | None]:
    """Send what standard output still holds to the null device; otherwise it fails again when Python ends.

    Returns:
        The exit code, and what to say: nothing if the output is not read any more.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # Windows calls a pipe without a reader an invalid argument.
    if isinstance(error, BrokenPipeError) or (sys.platform == "win32" and error.errno == errno.EINVAL):
        return READER_GONE, None
    return NOT_WRITTEN, f"standard output cannot be written: {error.strerror}"
