"""Every block of Python in the README and in docs/ runs, against the emulator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chatkit_sessions.emulator import Emulator

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    pytest.param(page, text[: match.start(1)].count("\n"), match[1], id=f"{page.name}:{number}")
    for page in PAGES
    for text in [page.read_text(encoding="utf-8")]
    for number, match in enumerate(re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL), start=1)
]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.mark.parametrize(("page", "line", "source"), BLOCKS)
def test_a_block_runs(
    page: Path, line: int, source: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", emulator.api_key)
    monkeypatch.setenv("OPENAI_BASE_URL", emulator.base_url)
    code = compile("\n" * line + source, page, "exec")  # the line numbers of a traceback are those of the page
    exec(code, {"__name__": "__main__"})
