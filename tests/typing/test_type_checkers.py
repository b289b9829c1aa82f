"""Both type checkers accept what users may write, and refuse everything else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ACCEPTED = 'Sessions().create(user="u", workflow="wf_1")'
COMMANDS = {"mypy": ["--config-file", "pyproject.toml"], "pyright": ["--project", "pyproject.toml"]}


@pytest.mark.long
@pytest.mark.parametrize("checker", COMMANDS)
def test_a_checker_accepts_what_is_right_and_refuses_every_wrong_line(checker: str, tmp_path: Path) -> None:
    # A right line that is marked as wrong, which shows that no other such line went unseen.
    wrong = (ROOT / "tests" / "typing" / "wrong.py").read_text(encoding="utf-8")
    marked = tmp_path / "marked.py"
    marked.write_text(f"{wrong}\n\n{ACCEPTED}  # type: ignore[call-arg]\n", encoding="utf-8")
    command = [sys.executable, "-m", checker, *COMMANDS[checker], "tests/typing/right.py", str(marked)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    complaints = re.findall(r"(\w+\.py):(\d+)(?::\d+)?(?: -|:) error: (.*)", done.stdout)
    assert [(file, int(line)) for file, line, _ in complaints] == [("marked.py", wrong.count("\n") + 3)], done.stdout
    assert re.search(r"(?i)unused|unnecessary", complaints[0][2])
