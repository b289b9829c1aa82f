"""The settings that keep a service's own tools off a copy, as the documentation gives them."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from chatkit_sessions._vendor.place import put
from support.copies import ROOT

COPY = "src/service/chatkit_sessions"
# Something for each of the tools, in a file of the copy and in one of the service.
FAULTY = 'import os, subprocess\nX: int = "a"\nsubprocess.run("ls", shell=True)\n'
COMMANDS = {
    "mypy": ("mypy", "--strict", "src"),
    "pyright": ("pyright",),
    "ruff": ("ruff", "check", "--no-cache", "--output-format=concise"),
    "pylint": ("pylint", "--recursive=y", "src"),
    "bandit": ("bandit", "--recursive", "--configfile", "pyproject.toml", "src"),
}
PYRIGHT_ELSE = '[tool.pyright]\ninclude = ["src"]\ntypeCheckingMode = "strict"\n'
BANDIT_ELSE = "[tool.bandit]\n"


def settings() -> str:
    text = (ROOT / "docs" / "vendoring.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    return str(block)


@pytest.fixture
def tree(tmp_path: Path, rendered: dict[str, bytes], host_python: Path) -> Path:
    put(rendered, tmp_path / COPY)
    (tmp_path / COPY / "_ours.py").write_text(FAULTY, encoding="utf-8")
    (tmp_path / "src" / "service" / "__init__.py").touch()
    (tmp_path / "src" / "service" / "main.py").write_text(f"from .chatkit_sessions import Sessions\n{FAULTY}")
    (tmp_path / ".venv").symlink_to(host_python.parent.parent)
    return tmp_path


def reported(tool: str, command: Sequence[str], folder: Path) -> set[str]:
    """Return the files of which a tool finds something to say."""
    python = folder / ".venv" / "bin" / "python"
    more = {"mypy": ("--python-executable", str(python)), "pyright": ("--pythonpath", str(python))}.get(tool, ())
    done = subprocess.run(
        [sys.executable, "-m", *command, *more], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode, done.stdout + done.stderr
    return {Path(path).name for path in re.findall(r"[\w/.-]+\.py(?=:)", done.stdout)}


@pytest.mark.long
@pytest.mark.parametrize("tool", COMMANDS)
def test_a_tool_reports_on_the_service_alone(tool: str, tree: Path) -> None:
    command = COMMANDS[tool]
    shown = settings()
    (tree / "pyproject.toml").write_text(shown.replace("[tool.pyright]\n", PYRIGHT_ELSE), encoding="utf-8")
    assert reported(tool, command, tree) == {"main.py"}

    # Without them it does report on the copy; one of its files is enough to see that.
    shutil.rmtree(tree / COPY)
    (tree / COPY).mkdir()
    (tree / COPY / "__init__.py").touch()
    (tree / COPY / "_ours.py").write_text(FAULTY, encoding="utf-8")
    (tree / "pyproject.toml").write_text(PYRIGHT_ELSE + BANDIT_ELSE, encoding="utf-8")
    assert "_ours.py" in reported(tool, command, tree)
