"""The options of the commands in the README and in docs/ are options that there are."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?:bash|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = [
    pytest.param(*found.groups(), id=f"{page.name}:{found[1]}{found[2]}")
    for page in PAGES
    for block in BLOCK.findall(page.read_text("utf-8"))
    for found in re.finditer(r"(?:^|[/(]|^\$ )chatkit-sessions ([a-z]+)(.*)", block.replace("\\\n", " "), re.MULTILINE)
]


@cache
def help_of(command: str) -> str:
    """Return what a command prints about itself."""
    run = [sys.executable, "-m", "chatkit_sessions", command, "--help"]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("command", "rest"), COMMANDS)
def test_a_command_has_the_options_that_the_page_gives_it(command: str, rest: str) -> None:
    given = [word for word in shlex.split(re.split(r"[|>)]", rest)[0], comments=True) if word.startswith("--")]
    text = help_of(command)
    assert [option for option in given if not re.search(rf"(?<!\S){option}(?![\w-])", text)] == []
