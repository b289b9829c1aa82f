"""Exceptions of signal handlers strike anywhere in a sync call: no connection may be lost to them."""

import sys
from linecache import getline
from types import FrameType
from typing import Any

import pytest
from chatkit_sessions import Sessions
from chatkit_sessions._transport import connection_pool
from support.behaviours import answer
from support.fault_server import FaultServer
from support.leaks import FAKE_KEY

LIMIT = 3


class _TimeLimitError(Exception):
    """What the handler of a signal raises, as Celery's does."""


def strike(at: int) -> Any:
    """Return a trace function that raises at a line of our connections, counted from the first."""
    left = at

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(("connection_pool.py", "exchange.py", "streams.py")):
            return None
        # Between the body of a with block and its end no signal is handled, though lines are traced.
        if event == "line" and not getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with "):
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise _TimeLimitError
        return trace

    return trace


@pytest.mark.no_cover  # coverage traces lines too
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_exception_at_any_line_of_a_call_loses_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_pool, "MAX_CONNECTIONS", LIMIT)
    with FaultServer(otherwise=answer) as server:
        with Sessions(base_url=server.base_url, api_key=FAKE_KEY, max_retries=0, timeout=30) as sessions:
            at, struck = 0, True
            while struck:
                at += 1
                struck = False
                sys.settrace(strike(at))
                try:
                    sessions.create(user="user_1", workflow="wf_1")
                except _TimeLimitError:
                    struck = True
                finally:
                    sys.settrace(None)
                assert sessions.create(user="user_2", workflow="wf_1").user == "user_2"
            assert at > 50
        assert server.settles_at(0)
