from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chatkit_sessions.emulator import Emulator
from chatkit_sessions.web import SessionEndpoint
from support import sites
from support.sites import Browser, Site

SECRET = "a secret of the tests, long enough"


@pytest.fixture(scope="session")
def shared_upstream() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def upstream(shared_upstream: Emulator) -> Iterator[Emulator]:
    yield shared_upstream
    shared_upstream.faults.clear()


@pytest.fixture(scope="session")
def all_sites(shared_upstream: Emulator) -> Iterator[dict[str, Site]]:
    with sites.all_sites(base_url=shared_upstream.base_url, api_key=shared_upstream.api_key) as started:
        yield started


@pytest.fixture(params=[name for name in sites.NAMES if name != "starlette"])
def site(all_sites: dict[str, Site], request: pytest.FixtureRequest) -> Site:
    return all_sites[request.param]


@pytest.fixture
def make(site: Site) -> Callable[..., SessionEndpoint]:
    """Make an endpoint and let the site answer by it."""

    def build(*, user: Callable[[str | None], object] = sites.named, **given: Any) -> SessionEndpoint:
        options: dict[str, Any] = {"sessions": site.sessions, "workflow": "wf_1", "secret": SECRET, "max_retries": 0}
        endpoint = SessionEndpoint(**{**options, **given})
        site.use(endpoint, user=user)
        return endpoint

    return build


@pytest.fixture
def browser(site: Site, make: Callable[..., SessionEndpoint]) -> Iterator[Browser]:
    """A browser at the site, whose endpoint has the defaults unless the test makes another."""
    make()
    opened = Browser(site.url)
    yield opened
    opened.close()
