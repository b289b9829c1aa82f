"""A stateful stand-in for the two ChatKit session endpoints, over real HTTP on loopback.

    with Emulator() as emulator, Sessions(base_url=emulator.base_url, api_key=emulator.api_key) as sessions:
        session = sessions.create(user="user_abc", workflow="wf_123")

It needs the extra `chatkit-sessions[emulator]`.
"""

try:
    import jsonschema as _jsonschema
    import starlette as _starlette
    import uvicorn as _uvicorn
except ModuleNotFoundError as error:
    message = f"The emulator needs {error.name}, which is not installed: pip install 'chatkit-sessions[emulator]'"
    raise ModuleNotFoundError(message, name=error.name) from None

from ._clock import Clock
from ._emulator import Emulator
from ._fault import Fault
from ._fault_plan import FaultPlan
from ._faults import Faults
from ._recording import Answer, Counts, RecordedRequest, RequestLog
from ._remote import RemoteClock, RemoteEmulator, RemoteFaults, RemoteSessions, SessionSnapshot
from ._sessions import Session, SessionStore

__all__ = [
    "Answer",
    "Clock",
    "Counts",
    "Emulator",
    "Fault",
    "FaultPlan",
    "Faults",
    "RecordedRequest",
    "RemoteClock",
    "RemoteEmulator",
    "RemoteFaults",
    "RemoteSessions",
    "RequestLog",
    "Session",
    "SessionSnapshot",
    "SessionStore",
]

del _jsonschema, _starlette, _uvicorn
