"""Pytest fixtures: an emulator of ChatKit's session endpoints, and clients that talk to it.

Every pytest run loads this module, so what the fixtures need is imported when one is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chatkit_sessions import AsyncSessions, Sessions
    from chatkit_sessions.emulator import Emulator

ENVIRONMENT_OPTION = "chatkit_emulator_env"

_of_this_run: pytest.StashKey[Emulator] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for services that make their client when they are imported."""
    parser.addini(
        ENVIRONMENT_OPTION,
        "Run an emulator of ChatKit's sessions for all tests, and set OPENAI_BASE_URL and OPENAI_API_KEY to it before"
        " your code is imported",
        type="bool",
        default=False,
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set the environment before a `conftest.py` can import what reads it."""
    if early_config.getini(ENVIRONMENT_OPTION):
        from chatkit_sessions.emulator import Emulator

        emulator = early_config.stash[_of_this_run] = Emulator().__enter__()
        patch = pytest.MonkeyPatch()
        set_environment(patch, emulator)
        early_config.add_cleanup(patch.undo)
        early_config.add_cleanup(lambda: emulator.__exit__(None, None, None))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reset the emulator of the whole run, also for a test without a fixture."""
    if _of_this_run in item.config.stash:
        item.config.stash[_of_this_run].reset()


def set_environment(patch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    """Set the environment so that clients talk to an emulator."""
    for name in [name for name in os.environ if name.startswith("OPENAI_")]:
        patch.delenv(name)
    patch.setenv("OPENAI_BASE_URL", emulator.base_url)
    patch.setenv("OPENAI_API_KEY", emulator.api_key)


@pytest.fixture(scope="session")
def chatkit_emulator_server(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """The emulator of the whole run, at one address; with pytest-xdist each worker has its own.

    Override it to start the emulator with other arguments.
    """
    if _of_this_run in pytestconfig.stash:
        yield pytestconfig.stash[_of_this_run]
        return
    from chatkit_sessions.emulator import Emulator

    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def chatkit_emulator(chatkit_emulator_server: Emulator) -> Emulator:
    """The emulator of the whole run, reset: no sessions, records or faults of an earlier test."""
    chatkit_emulator_server.reset()
    return chatkit_emulator_server


@pytest.fixture
def chatkit_emulator_env(chatkit_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """`chatkit_emulator`, with OPENAI_BASE_URL and OPENAI_API_KEY set to it for the test."""
    set_environment(monkeypatch, chatkit_emulator)
    return chatkit_emulator


@pytest.fixture
def chatkit_sessions_client(chatkit_emulator: Emulator) -> Iterator[Sessions]:
    """A `Sessions` that talks to `chatkit_emulator`."""
    from chatkit_sessions import Sessions

    with Sessions(base_url=chatkit_emulator.base_url, api_key=chatkit_emulator.api_key) as sessions:
        yield sessions


@pytest.fixture
def chatkit_async_sessions_client(chatkit_emulator: Emulator) -> AsyncSessions:
    """An `AsyncSessions` that talks to `chatkit_emulator`, for tests on asyncio or trio.

    Its connections close with the event loop of the test, whichever plugin runs it.
    """
    from chatkit_sessions import AsyncSessions

    return AsyncSessions(base_url=chatkit_emulator.base_url, api_key=chatkit_emulator.api_key)
