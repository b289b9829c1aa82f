"""Runs a program of its own, to see what it does when it forks or ends."""

import subprocess
import sys
import textwrap
from typing import Final

# A program that hangs prints where, in all its threads.
_WATCHED: Final = "import faulthandler; faulthandler.dump_traceback_later(240, exit=True)\n"


def run(program: str, *arguments: str) -> str:
    """Return what a program prints; it must succeed and complain of nothing."""
    command = [sys.executable, "-W", "error", "-c", _WATCHED + textwrap.dedent(program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
