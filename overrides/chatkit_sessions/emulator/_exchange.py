"""What happens around every request: it is numbered and recorded, and may meet a fault on its way in or out."""

import logging
import secrets

from anyio import move_on_after
from httpx import RemoteProtocolError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ._api import LONGEST_PATH, Api, operation_of
from ._errors import ApiError
from ._fault import Fault, parse_fault
from ._faults import Faults
from ._recording import Answer, RecordedRequest, Recorder
from ._validation import parse_json
from ._wire import Json

# Room for one state variable of the greatest length that the document allows, and for all that is usual.
MAX_BODY_BYTES = 12 * 1024 * 1024

HEADER = b"x-emulator-fault"

# Where the server leaves the connection for us, in the scope's `state`.
CONNECTION = "chatkit_sessions.emulator.connection"

NO_FAULT = Fault()

log = logging.getLogger("chatkit_sessions.emulator")


class Exchange:
    """An ASGI application that numbers, records and answers requests, and lets some fail.

    Args:
        api: Answers them.
        faults: Says what goes wrong.
        recorder: Keeps what happens.
    """

    def __init__(self, api: Api, *, faults: Faults, recorder: Recorder) -> None:
        self._api = api
        self._faults = faults
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        try:
            body = await read_body(Request(scope, receive), MAX_BODY_BYTES)
        except ClientDisconnect:
            return
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "backslashreplace")
        path = raw_path.removeprefix(scope.get("root_path", ""))
        request = RecordedRequest(
            id=f"req_{secrets.token_hex(16)}",
            method=scope["method"],
            path=raw_path,
            query=scope["query_string"].decode("latin-1"),
            raw_headers=list(scope["headers"]),
            body=body or b"",
            operation=operation_of(scope["method"], path),
        )
        run = self._recorder.run
        self._recorder.arrived(request)
        response, fault = self._meet(request, too_large=body is None)
        if fault.delay and await _given_up_within(fault.delay, receive):
            self._answered(request, None, run)
            return
        # A request that waited until after a reset is of an earlier test, and must not disturb the next.
        if fault.drop or run != self._recorder.run:
            self._answered(request, None, run)
            await _break_off(scope, receive, abort=True)
            return
        answer = _finished(response or self._api.answer(request, path), request, fault)
        self._answered(request, answer, run)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.raw_headers})
        if fault.truncate:
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await _break_off(scope, receive, abort=False)
            return
        await send({"type": "http.response.body", "body": answer.body})

    def _answered(self, request: RecordedRequest, answer: Answer | None, run: int) -> None:
        self._recorder.answered(request, answer, run=run)
        if log.isEnabledFor(logging.INFO):
            log.info("%s %s %s", request.method, request.path[:LONGEST_PATH], request.outcome)

    def _meet(self, request: RecordedRequest, *, too_large: bool) -> tuple[Response | None, Fault]:
        """Return what replaces the usual answer, if anything, and what goes wrong on the way."""
        try:
            if too_large:
                raise ApiError(413, f"The body is longer than {MAX_BODY_BYTES} bytes.", code="request_too_large")
            fault = request.fault = self._fault(request)
        except ApiError as error:
            return error.response(), NO_FAULT
        return (None, NO_FAULT) if fault is None else (fault.response(), fault)

    def _fault(self, request: RecordedRequest) -> Fault | None:
        for name, value in request.raw_headers:
            if name == HEADER:
                return parse_fault(value.decode("latin-1"))
        return self._faults.take(request)


async def read_json(request: Request, max_bytes: int, noun: str) -> Json:
    """Return the body as JSON data; if the caller left before its end, that of an empty body.

    Raises:
        ApiError: 413 when it is too long, 400 or 415 when it is not JSON; `noun` says what it is.
    """
    try:
        content = await read_body(request, max_bytes)
    except ClientDisconnect:
        content = b""
    if content is None:
        raise ApiError(413, f"The {noun} is longer than {max_bytes} bytes.", code="request_too_large")
    return parse_json(request.headers.get("content-type", ""), content)


async def read_body(request: Request, max_bytes: int) -> bytes | None:
    """Return the body, or None when it is too long.

    It is still read to its end: a client that is still sending does not see an answer.

    Raises:
        ClientDisconnect: The caller left before its end.
    """
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= max_bytes:
            chunks.append(chunk)
    return b"".join(chunks) if length <= max_bytes else None


def _finished(response: Response, request: RecordedRequest, fault: Fault) -> Answer:
    response.headers["x-request-id"] = request.id
    response.headers.update(fault.answer_headers())
    return Answer(response.status_code, response.raw_headers, bytes(response.body))


async def _given_up_within(seconds: float, receive: Receive) -> bool:
    """Wait, and return whether the caller disconnected meanwhile."""
    with move_on_after(seconds):
        await _hung_up(receive)
        return True
    return False


async def _break_off(scope: Scope, receive: Receive, *, abort: bool) -> None:
    """Close the connection under the answer.

    Raises:
        RemoteProtocolError: There is no connection (`httpx.ASGITransport`); a caller sees what httpx makes of a drop.
    """
    connection = scope.get("state", {}).get(CONNECTION)
    if connection is None:
        raise RemoteProtocolError("The emulator closed the connection before the answer was complete.")
    if abort:
        connection.abort()
    else:
        connection.close()
    # If we return before uvicorn has noticed, it reports a mistake of ours and answers 500.
    await _hung_up(receive)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
