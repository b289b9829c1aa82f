import shutil
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from chatkit_sessions.emulator import Emulator
from chatkit_sessions.web import SessionEndpoint
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from support import sites
from support.pages import SCRIPT, page_of
from support.sites import Site

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def upstream() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="session")
def all_sites(upstream: Emulator) -> Iterator[dict[str, Site]]:
    with sites.all_sites(base_url=upstream.base_url, api_key=upstream.api_key) as started:
        for each in started.values():
            each.pages = {"/page": ("text/html", page_of(upstream)), "/client_secret.js": ("text/javascript", SCRIPT)}
        yield started


@pytest.fixture
def site(all_sites: dict[str, Site], upstream: Emulator, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site whose address is localhost, where browsers keep secure cookies without TLS."""
    found = all_sites[getattr(request, "param", "fastapi")]
    endpoint = SessionEndpoint(
        found.sessions, workflow="wf_1", secret="a secret of the tests, long enough", max_retries=0
    )
    found.use(endpoint)
    yield found
    upstream.reset()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody's own."""
    opened = chromium.new_context()
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def visit(context: BrowserContext, site: Site) -> Callable[..., Page]:
    """Open the page of the site in a tab, signed in as alice unless the test says otherwise."""

    def open_page(*, user: str | None = "alice") -> Page:
        url = site.url.replace("127.0.0.1", "localhost")
        if user is not None:
            context.add_cookies([{"name": "user", "value": user, "url": url, "httpOnly": True, "sameSite": "Lax"}])
        page = context.new_page()
        page.goto(f"{url}/page")
        return page

    return open_page
