"""The files of "Getting started" work as they stand on the page."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "getting-started.md").read_text(encoding="utf-8")
FILES: list[tuple[str, str]] = re.findall(r'^```\w+ title="(.+?)"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
SHARED = {name: text for name, text in FILES if name in {"page.html", "pytest.ini"}}
SERVICES = [file for file in FILES if file[0] in {"main.py", "service/urls.py"}]
TESTS = [file for file in FILES if file[0] == "test_main.py"]


def run(folder: Path, *command: str) -> str:
    """Run Python in a folder, and return what it wrote."""
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("service", "test"), list(zip(SERVICES, TESTS, strict=True)), ids=["fastapi", "flask", "django"]
)
def test_the_service_passes_its_test(tmp_path: Path, service: tuple[str, str], test: tuple[str, str]) -> None:
    if service[0] == "service/urls.py":
        run(tmp_path, "-m", "django", "startproject", "service", ".")
    for name, text in [*SHARED.items(), service, test]:
        (tmp_path / name).write_text(text, encoding="utf-8")

    words = run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:randomly")
    assert "1 passed" in words
