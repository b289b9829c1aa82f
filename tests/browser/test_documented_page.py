"""The page of docs/web.md chats, with the emulator's stand-in for ChatKit."""

import re
from pathlib import Path

from chatkit_sessions.emulator import Emulator
from playwright.sync_api import BrowserContext
from support.pages import SCRIPT
from support.sites import Site

WEB = (Path(__file__).parents[2] / "docs" / "web.md").read_text("utf-8")


def test_the_page_of_the_documentation_chats(site: Site, context: BrowserContext, upstream: Emulator) -> None:
    [html] = re.findall(r"^```html\n(.*?)^```$", WEB, re.MULTILINE | re.DOTALL)
    chatkit = upstream.base_url.removesuffix("/v1") + "/chatkit.js"
    body = re.sub(r"https://cdn\.[^\"]+/chatkit\.js", chatkit, html)
    assert chatkit in body
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
