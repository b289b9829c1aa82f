"""The page of "Getting started" chats, served by the command that stands there."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chatkit_sessions.emulator import Emulator
from playwright.sync_api import BrowserContext
from support.getting_started import WAYS, Way
from support.listener import free_port, wait_for


@contextmanager
def serving(way: Way, folder: Path, emulator: Emulator) -> Generator[str]:
    """Run the service of a way in a folder, on another port than that of the page, and yield its URL."""
    port = free_port()
    command = [part.replace("8000", str(port)) for part in way.serve]
    environment = {**os.environ, "OPENAI_BASE_URL": emulator.base_url, "OPENAI_API_KEY": emulator.api_key}
    # Django serves in a child of the process that watches the files.
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            wait_for(port)
            yield f"http://localhost:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.framework)
def test_the_page_chats(way: Way, tmp_path: Path, context: BrowserContext) -> None:
    for command in way.prepare:
        subprocess.run(command, cwd=tmp_path, check=True)
    way.write(tmp_path)
    page_file = tmp_path / "page.html"
    with Emulator() as emulator, serving(way, tmp_path, emulator) as url:
        origin = emulator.base_url.removesuffix("/v1")
        page_file.write_text(page_file.read_text("utf-8").replace("http://127.0.0.1:8321", origin), "utf-8")
        page = context.new_page()
        page.goto(url)
        page.get_by_label("Message").fill("Is anybody there?")
        page.get_by_label("Message").press("Enter")
        page.locator("openai-chatkit p", has_text="Is anybody there?").nth(1).wait_for()

        [session] = emulator.sessions.values()
        assert (session.user, session.messages) == ("ada", 1)
