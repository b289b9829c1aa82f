"""The files of "Getting started" pass their own test; tests/browser opens the page that they serve."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.getting_started import WAYS, Way


def run(folder: Path, command: list[str]) -> str:
    """Run a command in a folder, without the plugins of pytest that a newcomer lacks, and return what it wrote."""
    variables = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.framework)
def test_the_service_passes_its_test(tmp_path: Path, way: Way) -> None:
    for command in way.prepare:
        run(tmp_path, command)
    way.write(tmp_path)

    options = ["-p", "no:cacheprovider", "-p", "chatkit_sessions.pytest_plugin"]
    assert "1 passed" in run(tmp_path, [sys.executable, "-m", "pytest", *options])


def test_every_framework_has_its_way() -> None:
    assert [way.framework for way in WAYS] == ["FastAPI", "Flask", "Django"]
