"""All methods but POST and DELETE are refused by the endpoint itself, whatever the framework would say."""

import httpx
import pytest
from chatkit_sessions.emulator import Emulator
from support import sites
from support.sites import Browser

OTHERS = ["GET", "HEAD", "PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "LOCK", "PURGE", "BREW", "QUERY"]
pytestmark = pytest.mark.parametrize("site", sites.NAMES, indirect=True)


def refused(answer: httpx.Response) -> bool:
    headers = {name: answer.headers.get_list(name) for name in ("allow", "cache-control", "x-content-type-options")}
    return answer.status_code == 405 and headers == {
        "allow": ["POST, DELETE"],
        "cache-control": ["no-store"],
        "x-content-type-options": ["nosniff"],
    }


@pytest.mark.parametrize("method", OTHERS)
def test_another_method_is_refused(browser: Browser, upstream: Emulator, method: str) -> None:
    before = len(upstream.requests)

    answer = browser.ask(method)

    assert refused(answer)
    assert answer.headers["content-type"] == "application/json"
    if method == "HEAD":
        assert answer.content == b""
    else:
        assert answer.json()["error"]["code"] == "method_not_allowed"
    assert "set-cookie" not in answer.headers
    assert len(upstream.requests) == before


def test_another_method_is_refused_before_anything_else_is_asked(browser: Browser) -> None:
    assert refused(browser.ask("PUT", user=None))
    assert refused(browser.ask("OPTIONS", headers={"origin": "https://evil.example"}))
