"""The pages of the site fit a desktop and a telephone; `.ci/docs` builds what is looked at."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

SITE: Final = Path(__file__).parents[2] / "site"
CUT: Final = """() => [...document.querySelectorAll("pre > code, .md-typeset__scrollwrap, .md-typeset img")]
    .filter(each => each.scrollWidth > each.clientWidth + 1 || each.getBoundingClientRect().right > innerWidth)
    .map(each => `${each.tagName} ${each.textContent.trim().slice(0, 80)}`)"""


@pytest.mark.parametrize("width", [1280, 400])
def test_every_page_fits(width: int, chromium: Browser) -> None:
    """Code may scroll within its box on a telephone; nothing else may."""
    pages = sorted(SITE.rglob("*.html"))
    if not pages:
        pytest.skip("the site is not built: .ci/docs")
    tab = chromium.new_page(viewport={"width": width, "height": 900})
    wide: dict[str, list[str]] = {}
    for page in pages:
        tab.goto(page.as_uri())
        cut: list[str] = [each for each in tab.evaluate(CUT) if width >= 1280 or not each.startswith("CODE ")]
        if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
            cut.append("the page itself")
        if cut:
            wide[str(page.relative_to(SITE))] = cut
    tab.close()
    assert wide == {}
