"""No text from outside holds a call up for long in a regular expression."""

import subprocess
import sys
from pathlib import Path

from support import expressions

KNOWN = {"chatkit_sessions._retry._NUMBER", "chatkit_sessions._errors._SECRET_IN_TEXT"}


def test_64_kb_of_its_worst_take_no_expression_long() -> None:
    # Those that take a square of the length need minutes.
    program = [sys.executable, expressions.__file__]
    done = subprocess.run(program, env={"PYTHONPATH": _path()}, capture_output=True, text=True, check=True, timeout=300)
    tried = {line.split()[0] for line in done.stdout.splitlines()}
    assert tried >= KNOWN


def _path() -> str:
    root = Path(__file__).parents[2]
    return f"{root}:{root / 'overrides'}:{root / 'tests'}"
