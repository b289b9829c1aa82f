from collections.abc import Iterator

import pytest
from chatkit_sessions import Sessions
from chatkit_sessions.emulator import Emulator
from support.shell import Shell

KEY = "sk-terminal-0123456789"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator with a key long enough to be recognised when it is masked."""
    with Emulator(api_key=KEY) as running:
        yield running


@pytest.fixture
def environment(emulator: Emulator) -> dict[str, str]:
    """The variables that make the emulator the API of a command."""
    return {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": emulator.base_url}


@pytest.fixture
def session_ids(emulator: Emulator) -> list[str]:
    """Ten sessions of the emulator."""
    with Sessions(base_url=emulator.base_url, api_key=KEY) as sessions:
        return [sessions.create(user="u", workflow="wf_1").id for _ in range(10)]


@pytest.fixture
def shell(environment: dict[str, str]) -> Shell:
    """Commands that have the emulator for the API."""
    return Shell(environment)
