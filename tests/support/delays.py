"""Delays of an emulator that last as long as a test says, however busy the machine is."""

import threading

import anyio
import pytest


def hold_delays(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let every delay of the emulators of this process last until the event is set that is returned."""
    over = threading.Event()

    async def given_up_within(_seconds: float, _receive: object) -> bool:
        await anyio.to_thread.run_sync(over.wait, 60)
        return False

    monkeypatch.setattr("chatkit_sessions.emulator._exchange._given_up_within", given_up_within)
    return over
