"""What other systems do otherwise, put on as a costume."""

import _thread
import asyncio
import threading

import pytest
from chatkit_sessions import APITimeoutError, Sessions
from chatkit_sessions.emulator import Emulator, Fault
from support.proactor import ProactorEventLoop

JOIN = threading.Thread.join


def join_as_on_windows(thread: threading.Thread, timeout: float | None = None) -> None:
    """Refuse what nothing could interrupt."""
    assert timeout is not None
    JOIN(thread, timeout)


def join_while_ctrl_c_is_pressed(thread: threading.Thread, timeout: float | None = None) -> None:
    _thread.interrupt_main()
    join_as_on_windows(thread, timeout)


def test_ctrl_c_ends_what_waits_for_the_emulator_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows interrupts no wait that has no end."""
    with Emulator() as emulator, monkeypatch.context() as windows:
        windows.setattr(threading.Thread, "join", join_while_ctrl_c_is_pressed)
        with pytest.raises(KeyboardInterrupt):
            emulator.wait()


def test_an_emulator_stops_without_a_wait_that_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as windows, Emulator():
        windows.setattr(threading.Thread, "join", join_as_on_windows)


def test_it_serves_on_the_event_loop_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio.events, "new_event_loop", ProactorEventLoop)
    with Emulator() as emulator:
        with Sessions(base_url=emulator.base_url, api_key=emulator.api_key) as sessions:
            for _ in range(2):
                assert sessions.create(user="u", workflow="wf_1").user == "u"
        emulator.faults.add(Fault(delay=60))
        with pytest.raises(APITimeoutError), Sessions(base_url=emulator.base_url, api_key=emulator.api_key) as sessions:
            sessions.create(user="u", workflow="wf_1", deadline=0.1)
