"""What happens around every request: it is numbered and recorded, and may meet a fault on its way in or out."""

import secrets

from anyio import move_on_after
from httpx import RemoteProtocolError
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._errors import ApiError
from ._fault import Fault, parse_fault
from ._faults import Faults
from ._recording import Answer, RecordedRequest, Recorder

# Room for one state variable of the greatest length the document allows, and for everything usual beside it.
MOST_BODY_BYTES = 12 * 1024 * 1024

HEADER = b"x-emulator-fault"

# Where the server leaves the connection for us, in the scope's `state`.
CONNECTION = "chatkit_sessions.emulator.connection"

NO_FAULT = Fault()


class ExchangeMiddleware:
    """Numbers, records and spoils requests.

    Args:
        app: the application proper.
        faults: says what goes wrong.
        recorder: keeps what happens.
    """

    def __init__(self, app: ASGIApp, *, faults: Faults, recorder: Recorder) -> None:
        self._app = app
        self._faults = faults
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await _read_body(Request(scope, receive))
        except ClientDisconnect:
            return
        request = RecordedRequest(
            id=f"req_{secrets.token_hex(16)}",
            method=scope["method"],
            path=(scope.get("raw_path") or scope["path"].encode()).decode("ascii", "backslashreplace"),
            query=scope["query_string"].decode("latin-1"),
            raw_headers=list(scope["headers"]),
            body=body or b"",
        )
        self._recorder.arrived(request)
        app, fault = self._meet(request, too_large=body is None)
        if fault.delay and await _given_up_within(fault.delay, receive):
            self._recorder.answered(request, None)
            return
        if fault.drop:
            self._recorder.answered(request, None)
            await _break_off(scope, receive, abort=True)
            return
        answer = await _collect(app, scope, request, fault)
        self._recorder.answered(request, answer)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.raw_headers})
        if fault.truncate:
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await _break_off(scope, receive, abort=False)
            return
        await send({"type": "http.response.body", "body": answer.body})

    def _meet(self, request: RecordedRequest, *, too_large: bool) -> tuple[ASGIApp, Fault]:
        """Return what answers the request, and what goes wrong on the way."""
        try:
            if too_large:
                raise ApiError(413, f"The body is longer than {MOST_BODY_BYTES} bytes.", code="request_too_large")
            fault = request.fault = self._fault(request)
            if fault is None:
                return self._app, NO_FAULT
            return fault.response() or self._app, fault
        except ApiError as error:
            return error.response(), NO_FAULT

    def _fault(self, request: RecordedRequest) -> Fault | None:
        for name, value in request.raw_headers:
            if name == HEADER:
                return parse_fault(value.decode("latin-1"))
        return self._faults.take(request)


async def _read_body(request: Request) -> bytes | None:
    """Return the body, or None when it is too long.

    It is read to its end all the same: a client that is still sending does not see an answer.
    """
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= MOST_BODY_BYTES:
            chunks.append(chunk)
    return b"".join(chunks) if length <= MOST_BODY_BYTES else None


async def _collect(app: ASGIApp, scope: Scope, request: RecordedRequest, fault: Fault) -> Answer:
    """Run the application on a request that has been read, and return its answer whole."""
    started: Message = {}
    chunks: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    headers = MutableHeaders(raw=list(started["headers"]))
    headers["x-request-id"] = request.id
    headers.update(fault.answer_headers())
    return Answer(started["status"], headers.raw, b"".join(chunks))


async def _given_up_within(seconds: float, receive: Receive) -> bool:
    """Wait, and return whether the caller hung up meanwhile."""
    with move_on_after(seconds):
        await _hung_up(receive)
        return True
    return False


async def _break_off(scope: Scope, receive: Receive, *, abort: bool) -> None:
    """Close the connection under the answer.

    Raises:
        RemoteProtocolError: there is no connection (`httpx.ASGITransport`); a caller sees what httpx makes of a drop.
    """
    connection = scope.get("state", {}).get(CONNECTION)
    if connection is None:
        raise RemoteProtocolError("The emulator closed the connection before the answer was complete.")
    if abort:
        connection.abort()
    else:
        connection.close()
    # uvicorn takes a return before it has noticed for a mistake of ours, and answers 500.
    await _hung_up(receive)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
