"""The page of docs/web.md chats with the stand-in for ChatKit, also with the two lines of the page on testing."""

import re
from pathlib import Path

import pytest
from chatkit_sessions.emulator import Emulator
from playwright.sync_api import BrowserContext
from support.pages import SCRIPT
from support.sites import Site

DOCS = Path(__file__).parents[2] / "docs"


def html(page: str) -> str:
    [block] = re.findall(r"^```html\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(block)


PAGE, STAND_IN = html("web.md"), html("testing-your-code.md")
# The stand-in's lines are to replace those that load ChatKit.
REPLACED = STAND_IN + PAGE.split("\n", STAND_IN.count("\n"))[-1]


@pytest.mark.parametrize("text", [PAGE, REPLACED], ids=["as documented", "with the lines of the page on testing"])
def test_the_page_of_the_documentation_chats(
    site: Site, context: BrowserContext, upstream: Emulator, text: str
) -> None:
    chatkit = upstream.base_url.removesuffix("/v1") + "/chatkit.js"
    body = re.sub(r"https?://[^\"]+/chatkit\.js", chatkit, text)
    assert body.count("/chatkit.js") == body.count(chatkit) == 1
    site.pages |= {
        "/documented": ("text/html", body.encode()),
        "/static/client_secret.js": ("text/javascript", SCRIPT),
    }
    url = site.url.replace("127.0.0.1", "localhost")
    context.add_cookies([{"name": "user", "value": "alice", "url": url, "httpOnly": True, "sameSite": "Lax"}])
    page = context.new_page()
    page.goto(f"{url}/documented")
    page.get_by_label("Message").fill("Is anybody there?")
    page.get_by_label("Message").press("Enter")
    page.locator("openai-chatkit p", has_text="Is anybody there?").nth(1).wait_for()

    [session] = upstream.sessions.values()
    assert (session.user, session.messages) == ("alice", 1)
