"""The ways in which a server can fail, as tables of behaviours and of what a caller is to get."""

from chatkit_sessions import APIConnectionError, APIError, APIResponseValidationError, InternalServerError

from support.behaviours import drip, head, send_and_close, send_and_reset, send_and_stall, session, status, whole
from support.fault_server import Behaviour

OK = b"HTTP/1.1 200 OK\r\n"
BODY = session()
HALF = BODY[: len(BODY) // 2]
CHUNKED = head(200, "transfer-encoding: chunked")
# Nothing of a 2xx status line has arrived: the request is sent again.
RETRIED: dict[str, tuple[Behaviour, type[APIError]]] = {
    "closed before the status line": (send_and_close(b""), APIConnectionError),
    "reset before the status line": (send_and_reset(b""), APIConnectionError),
    "closed during the status line": (send_and_close(b"HTTP/1."), APIConnectionError),
    "reset during the status line": (send_and_reset(b"HTTP/1."), APIConnectionError),
    "reset after a status line of 500": (send_and_reset(b"HTTP/1.1 500 Whatever\r\nx-a"), APIConnectionError),
    "closed after 1xx noise": (send_and_close(b"HTTP/1.1 100 Continue\r\n\r\n" * 3), APIConnectionError),
    "another protocol": (send_and_close(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), APIConnectionError),
    "HTML without a status line": (send_and_close(b"<html><body>Welcome</body></html>"), APIConnectionError),
    "bytes that mean nothing": (send_and_close(bytes(range(256)) * 40), APIConnectionError),
    "a switch of protocols": (send_and_close(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), APIConnectionError),
    "endless headers of a 500": (
        send_and_close(head(500)[:-2] + b"x-more: and more\r\n" * 20_000),
        APIConnectionError,
    ),
    "half the body of a 503": (send_and_close(head(503, length=1000) + b'{"err'), InternalServerError),
    "a 503": (status(503), InternalServerError),
}

# A 2xx status line has arrived: a session exists, and another request would make another.
NOT_RETRIED: dict[str, tuple[Behaviour, type[APIError]]] = {
    "closed after the status line": (send_and_close(OK), APIConnectionError),
    "reset after the status line": (send_and_reset(OK), APIConnectionError),
    "reset in the headers": (send_and_reset(OK + b"content-ty"), APIConnectionError),
    "reset after 1xx noise and the status line": (
        send_and_reset(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK),
        APIConnectionError,
    ),
    "broken headers": (send_and_close(OK + b"no colon here\r\n\r\n"), APIConnectionError),
    "endless headers": (send_and_close(OK + b"x-more: and more\r\n" * 20_000), APIConnectionError),
    "a content length that is not a number": (send_and_close(OK + b"content-length: many\r\n\r\n"), APIConnectionError),
    "two content lengths": (
        send_and_close(OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\n12345"),
        APIConnectionError,
    ),
    "reset after the headers": (send_and_reset(head(length=len(BODY))), APIConnectionError),
    "half a body": (send_and_close(head(length=len(BODY)) + HALF), APIConnectionError),
    "half a body and a reset": (send_and_reset(head(length=len(BODY)) + HALF), APIConnectionError),
    "a content length that is too long": (send_and_close(head(length=len(BODY) + 9) + BODY), APIConnectionError),
    "a content length that is too short": (
        send_and_close(head(length=len(HALF)) + BODY),
        APIResponseValidationError,
    ),
    "a chunk size that is not a number": (send_and_close(CHUNKED + b"many\r\n" + BODY), APIConnectionError),
    "chunks without an end": (
        send_and_close(CHUNKED + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n"),
        APIConnectionError,
    ),
    "204": (send_and_close(b"HTTP/1.1 204 No Content\r\n\r\n"), APIResponseValidationError),
    "no body": (send_and_close(whole(b"")), APIResponseValidationError),
    "HTML": (send_and_close(whole(b"<html>Sign in to the airport's wifi</html>")), APIResponseValidationError),
}

# Odd, yet a session.
ACCEPTED: dict[str, Behaviour] = {
    "HTTP/1.0 without a length": send_and_close(b"HTTP/1.0 200 OK\r\n\r\n" + BODY),
    "no length and a close": send_and_close(head(200) + BODY),
    "1xx noise before it": send_and_close(
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + whole(BODY)
    ),
    "chunks of one byte": send_and_close(
        CHUNKED + b"".join(b"1\r\n" + BODY[i : i + 1] + b"\r\n" for i in range(len(BODY))) + b"0\r\n\r\n"
    ),
    "50 KB of headers": send_and_close(whole(BODY, 200, *(f"x-{n}: {'v' * 90}" for n in range(500)))),
    "status 201": send_and_close(whole(BODY, 201)),
}

# Time passes, and nothing more of use arrives.
ENDLESS: dict[str, Behaviour] = {
    "silence": send_and_stall(b""),
    "silence in the headers": send_and_stall(OK + b"content-ty"),
    "silence in the body": send_and_stall(head(length=len(BODY)) + HALF),
    "a status line byte by byte": drip(b"HTTP/1.1 200 ", b"O"),
    "headers byte by byte": drip(OK, b"x-more: and more\r\n"),
    "1xx noise": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body byte by byte": drip(head(length=10**6), b" "),
    "a chunk's head byte by byte": drip(CHUNKED + b"5;", b"x"),
    "trailers byte by byte": drip(CHUNKED + b"2\r\n{}\r\n0\r\n", b"x-more: and more\r\n"),
}
