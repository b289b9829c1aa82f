"""The files of "Getting started" work as they stand on the page."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "getting-started.md").read_text(encoding="utf-8")
FILES = {"main.py": "```python\n", "page.html": "```html\n", "pytest.ini": "```ini\n"}


def block(fence: str, number: int = 0) -> str:
    """Return a block of the page by how it begins."""
    blocks: list[str] = re.findall(rf"^{fence}(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return blocks[number]


def test_the_service_passes_its_test(tmp_path: Path) -> None:
    for name, fence in FILES.items():
        (tmp_path / name).write_text(block(fence), encoding="utf-8")
    (tmp_path / "test_main.py").write_text(block("```python\n", 1), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:randomly"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
