"""What is under `/_emulator/`: the emulator's state and its control, for people and for tests in other processes."""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .._version import __version__
from ._admission import bearer_token, same_text
from ._errors import ApiError
from ._exchange import MAX_BODY_BYTES, read_json
from ._fault_plan import SCHEMA as FAULT_SCHEMA
from ._fault_plan import FaultPlan
from ._serialization import SEEDS, request_document, session_document
from ._state import State
from ._validation import Validator
from ._wire import AsciiJSONResponse

Json = dict[str, Any]
Handler = Callable[[State, Request], Awaitable[Json]]


def control_routes(state: State, control_token: str | None) -> list[BaseRoute]:
    """Return the routes, to be mounted.

    Args:
        state: What they look at and control.
        control_token: The token that a request must carry; None if it needs none.
    """

    def guarded(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            check_caller(httpx.Headers(request.headers.raw), control_token)
            return AsciiJSONResponse(await handler(state, request), headers={"cache-control": "no-store"})

        return endpoint

    return [Route(f"/{name}", guarded(handler), methods=[method]) for method, name, handler in _HANDLERS]


def check_caller(headers: httpx.Headers, control_token: str | None) -> None:
    """Refuse a request from another web page, and one without the token.

    The `Host` shows a page with a name that was made to lead here (DNS rebinding); the `Origin` shows any other.

    Raises:
        ApiError: 403 or 401.
    """
    host = headers.get("host", "")
    if not _is_loopback(host):
        message = "The control of the emulator answers only to loopback names in the Host header, such as 'localhost'."
        raise ApiError(403, message, code="host_not_allowed")
    if "origin" in headers and urlsplit(headers["origin"]).netloc != host:
        raise ApiError(
            403, "The control of the emulator answers only the emulator's own page.", code="origin_not_allowed"
        )
    if control_token is not None and not same_text(bearer_token(headers), control_token):
        message = "The control token is missing or wrong: the Authorization header must read 'Bearer TOKEN'."
        raise ApiError(401, message, code="invalid_control_token", headers={"www-authenticate": "Bearer"})


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _health(_state: State, _request: Request) -> Json:
    return {"status": "ok", "version": __version__}


async def _sessions(state: State, request: Request) -> Json:
    sessions = list(state.sessions.values())
    latest = sessions[-_latest(request) :]
    return {"clock": _clock(state), "sessions": [session_document(session) for session in latest]}


async def _add(state: State, request: Request) -> Json:
    seeds = (await _body(request, SEEDS))["sessions"]
    with _refusing():
        added = [state.sessions.add(**seed) for seed in seeds]
    return {"sessions": [session_document(session) for session in added]}


async def _reset(state: State, _request: Request) -> Json:
    state.reset()
    return {"status": "ok"}


async def _read_clock(state: State, _request: Request) -> Json:
    return _clock(state)


async def _advance(state: State, request: Request) -> Json:
    seconds = (await _body(request, _ADVANCE))["advance"]
    with _refusing():
        state.clock.advance(seconds)
    return _clock(state)


async def _read_faults(state: State, _request: Request) -> Json:
    return {"pending": state.faults.pending}


async def _add_fault(state: State, request: Request) -> Json:
    plan = await _body(request, _FAULT)
    with _refusing():
        FaultPlan.from_document(plan).apply(state.faults)
    return {"pending": state.faults.pending}


async def _clear_faults(state: State, _request: Request) -> Json:
    state.faults.clear()
    return {"pending": 0}


async def _requests(state: State, request: Request) -> Json:
    counts = [
        {"operation": operation, "status": status, "count": count}
        for (operation, status), count in state.recorder.counts.items()
    ]
    latest = state.recorder.requests[-_latest(request) :]
    return {"counts": counts, "requests": [request_document(recorded) for recorded in latest]}


_FAULT = Validator(FAULT_SCHEMA)
_ADVANCE = Validator(
    {"type": "object", "required": ["advance"], "properties": {"advance": {"type": "number"}}},
)

_HANDLERS: list[tuple[str, str, Handler]] = [
    ("GET", "health", _health),
    ("GET", "state", _sessions),
    ("POST", "state", _add),
    ("POST", "reset", _reset),
    ("GET", "clock", _read_clock),
    ("POST", "clock", _advance),
    ("GET", "faults", _read_faults),
    ("POST", "faults", _add_fault),
    ("DELETE", "faults", _clear_faults),
    ("GET", "requests", _requests),
]


def _clock(state: State) -> Json:
    return {"now": state.clock.now(), "ahead": state.clock.ahead}


def _latest(request: Request) -> int:
    """Return how many of the latest are asked for; 0, by default, takes all."""
    text = request.query_params.get("latest", "0")
    with _refusing():
        if not re.fullmatch("[0-9]{1,9}", text):
            raise ValueError(f"latest: expected a number; got {text[:20]!r}")
    return int(text)


async def _body(request: Request, validator: Validator) -> Json:
    return validator.validate(await read_json(request, MAX_BODY_BYTES, "body"))


@contextmanager
def _refusing() -> Generator[None]:
    """Answer 400 for a value that is out of range."""
    try:
        yield
    except (OverflowError, ValueError) as error:
        raise ApiError(400, f"The request is not understood: {error}.", code="invalid_request") from None
