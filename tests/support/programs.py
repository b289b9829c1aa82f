"""Runs a program of its own, to see what it does when it forks or ends."""

import subprocess
import sys
import textwrap


def run(program: str, *arguments: str) -> str:
    """Return what a program prints; it must succeed and complain of nothing."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
