import ssl
from collections.abc import Iterator

import httpx
import pytest
from chatkit_sessions import Sessions
from chatkit_sessions.emulator import Emulator

# Nothing here speaks TLS, and reading the machine's certificates for every client takes longer than most tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose every exchange is compared with the document when the test is over."""
    # Imported here for test_official_client.py, which also runs where openapi-core is not installed.
    from support.contract import check_contract

    with Emulator() as running:
        yield running
    check_contract(running.requests)


@pytest.fixture
def sessions(emulator: Emulator) -> Iterator[Sessions]:
    """Our client, talking to `emulator`."""
    with Sessions(base_url=emulator.base_url, api_key=emulator.api_key) as client:
        yield client


@pytest.fixture
def api(emulator: Emulator) -> Iterator[httpx.Client]:
    """A bare client with the headers that every request needs, talking to `emulator`."""
    headers = {"authorization": f"Bearer {emulator.api_key}", "openai-beta": "chatkit_beta=v1"}
    with httpx.Client(base_url=emulator.base_url, headers=headers, verify=NO_TLS, timeout=60) as client:
        yield client
