"""Pytest fixtures: an emulator of ChatKit's session endpoints, and a client that talks to it.

Every pytest run loads this module, so what the fixtures need is imported when one is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chatkit_sessions import Sessions
    from chatkit_sessions.emulator import Emulator


@pytest.fixture
def chatkit_emulator() -> Iterator[Emulator]:
    """A fresh emulator that listens on a port of its own until the test ends."""
    from chatkit_sessions.emulator import Emulator

    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def chatkit_sessions_client(chatkit_emulator: Emulator) -> Iterator[Sessions]:
    """A `Sessions` that talks to `chatkit_emulator`."""
    from chatkit_sessions import Sessions

    with Sessions(base_url=chatkit_emulator.base_url, api_key=chatkit_emulator.api_key) as sessions:
        yield sessions
