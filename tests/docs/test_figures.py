"""The figures of the pages, and the chart, are those of the result file of the benchmarks."""

import json
from pathlib import Path
from typing import Final

import pytest

from benchmarks import publish
from benchmarks.environments import ROOT

PAGES: Final = ("README.md", "docs/performance.md", "docs/performance-table.md", "docs/performance.svg")


@pytest.fixture(scope="module")
def written() -> dict[Path, str]:
    return publish.pages(json.loads(publish.RESULT.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_was_measured(page: str, written: dict[Path, str]) -> None:
    assert (ROOT / page).read_text("utf-8") == written[ROOT / page]


def test_every_written_page_is_compared(written: dict[Path, str]) -> None:
    assert {str(path.relative_to(ROOT)) for path in written} == set(PAGES)
