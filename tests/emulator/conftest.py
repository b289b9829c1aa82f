from collections.abc import Iterator

import pytest
from chatkit_sessions.emulator import Emulator
from support.contract import check_contract


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose every exchange is compared with the document when the test is over."""
    with Emulator() as running:
        yield running
    check_contract(running.requests)
