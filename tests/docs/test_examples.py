"""Every block of Python in the README and in docs/ runs, against the emulator, and so does a test in it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
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
    page: Path,
    line: int,
    source: str,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", emulator.api_key)
    monkeypatch.setenv("OPENAI_BASE_URL", emulator.base_url)
    for name, value in run(page, line, source).items():
        if name.startswith("test_"):
            value(**{fixture: request.getfixturevalue(fixture) for fixture in inspect.signature(value).parameters})


def test_the_web_service_of_the_readme_hands_out_a_client_secret(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", emulator.api_key)
    monkeypatch.setenv("OPENAI_BASE_URL", emulator.base_url)
    [block] = [block for block in BLOCKS if block.values[0] == ROOT / "README.md" and "FastAPI" in str(block.values[2])]
    app = run(*block.values)["app"]

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as browser:
            return await browser.post("/chat/session")

    assert anyio.run(ask).json()["client_secret"].startswith("ek_")


def run(page: Any, line: Any, source: Any) -> dict[str, Any]:
    """Run a block as a program, and return what it defined."""
    code = compile(
        "\n" * line + source, page, "exec", dont_inherit=True
    )  # the line numbers of a traceback are those of the page
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(code, names)
    return names
