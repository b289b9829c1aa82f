"""Turns what went wrong into the error to raise, with what a person needs to fix it."""

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from traceback import walk_tb
from types import CodeType, FrameType
from typing import Any, Final, cast

import httpx

from .._config import Options
from .._deadline import Deadline
from .._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    causes,
    status_error_class,
)
from .._log import one_line
from .._secret import Secret
from .._transport.network import SOURCES, address_of, error_text
from .call import Call
from .decoding import Received, decode
from .hints import detail, error_object, hint
from .redaction import (
    LIBRARIES,
    clear_locals,
    redacted_cause,
    redacted_content,
    redacted_response,
    verification_failure,
    without_quotes,
)

_LONGEST_DETAIL: Final = 1000
# Calls enter a transport through these; hooks run outside of it.
_SENDS: Final = frozenset({"handle_request", "handle_async_request"})


@dataclass(slots=True, eq=False, repr=False)
class Failed:
    """What is known of a call that fails. It has no repr: it holds what the caller sent.

    Attributes:
        secrets: The key and the other credentials that were sent.
        request: What was sent last, without credentials.
        is_accepted: Whether a 2xx status line has come, so that the call has had its effect.
        is_final: Whether another attempt would be wrong or useless.
    """

    call: Call[Any]
    options: Options
    deadline: Deadline
    key: Secret
    secrets: Sequence[Secret]
    request: httpx.Request
    response: httpx.Response | None
    is_accepted: bool
    is_final: bool


def lost(error: Exception, request: httpx.Request | None = None) -> httpx.HTTPError:
    """Return an error of httpx for what a transport raised; it quotes nothing that came.

    The request is given until its answer has come. What is not about a connection, such as a bug in a hook, is raised.
    """
    failure = _as_httpx_error(error, is_sending=request is not None)
    if failure is None:
        clear_locals(error)
        raise error
    if failure is not error and request is not None:
        failure.request = request
    return without_quotes(failure)


def is_of_http2(error: BaseException) -> bool:
    """Return whether the state of an HTTP/2 connection is what an error is about."""
    return any(_library(type(link).__module__) == "h2" for link in causes(error))


def status_error(failed: Failed, received: Received) -> APIStatusError:
    """Return the error for an answer that is not 2xx."""
    response = redacted_response(received, failed.request, failed.secrets)
    message = _summary(response)
    if advice := hint(response, failed.call, failed.options, failed.key):
        message += f"{'' if message.endswith(('.', '!', '?')) else '.'} {advice}"
    body = error_object(response.content)
    return status_error_class(response.status_code)(message, response=response, body=body)


def validation_error(failed: Failed, received: Received, body: object, problem: str) -> APIResponseValidationError:
    """Return the error for a 2xx answer with a body that is not a result."""
    response = received.response
    request_id = response.headers.get("x-request-id")
    message = f"{response.status_code}: the body {problem}; {failed.call.operation.effect}"
    return APIResponseValidationError(
        redacted_response(received, failed.request, failed.secrets),
        body,
        message=message + (f" (request id {one_line(request_id)})" if request_id else ""),
    )


def unusable_error(failed: Failed, received: Received) -> APIResponseValidationError:
    """Return the error for a 2xx answer without a result; its text and body show no credentials."""
    redacted = redacted_content(received, failed.secrets)
    decoded = decode(redacted, failed.call.operation)
    return validation_error(failed, redacted, decoded.body, decoded.problem)


def connection_error(failed: Failed, error: httpx.HTTPError) -> APIConnectionError:
    """Return the error for an answer that is missing or incomplete."""
    if failed.deadline.has_passed():
        return timeout_error(failed)
    cause = redacted_cause(error, failed.secrets)  # before its text is quoted
    reason = _reason(error, failed.request.url)
    lost: APIConnectionError
    if isinstance(error, httpx.TimeoutException):
        lost = APITimeoutError(failed.request, message=f"Timed out: {reason}{_effect(failed)}")
    else:
        lost = APIConnectionError(message=f"Connection error: {reason}{_effect(failed)}", request=failed.request)
    lost.__cause__ = cause
    return _completed(lost, failed)


def _reason(error: httpx.HTTPError, url: httpx.URL) -> str:
    """Return why and where a connection failed; the errors of our own connections say where themselves."""
    text, server = str(error) or type(error).__name__, address_of(url)
    if (failure := verification_failure(error)) is not None:
        return f"{failure} ({server}); {SOURCES}"
    if f"({server}" not in text and "the proxy " not in text:
        where = f"the proxy on the way to {server}" if isinstance(error, httpx.ProxyError) else server
        text = f"{_origin(error)} ({where})"
    return text


def _origin(error: httpx.HTTPError) -> str:
    """Return what an error says, or what the system or TLS said if an event loop changed that."""
    for link in causes(error) if isinstance(error, httpx.ConnectError) or not str(error) else ():
        first = cast("BaseExceptionGroup[BaseException]", link).exceptions[0] if _is_group(link) else link
        if isinstance(first, ssl.SSLError):
            return str(first)
        if isinstance(first, ConnectionError | TimeoutError) and first.errno:
            return error_text(first.errno)
    return str(error) or type(error).__name__


def _is_group(error: BaseException) -> bool:
    return isinstance(error, BaseExceptionGroup)


def timeout_error(failed: Failed) -> APIConnectionError:
    """Return the error for a call after its deadline."""
    message = f"The call did not end before its deadline of {failed.deadline.seconds} s{_effect(failed)}"
    return _completed(APITimeoutError(failed.request, message=message), failed)


def _effect(failed: Failed) -> str:
    return f"; the status was 2xx, so {failed.call.operation.effect}" if failed.is_accepted else ""


def _completed(error: APIConnectionError, failed: Failed) -> APIConnectionError:
    error.is_transient = not failed.is_final
    if failed.response is not None:
        error.request_id = failed.response.headers.get("x-request-id")
    return error


def _summary(response: httpx.Response) -> str:
    try:
        title = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        title = f"{response.status_code}"
    words = detail(response.content)
    if not words:
        kind = one_line(response.headers.get("content-type", "no content type"))
        words = f"the answer has no message in OpenAI's form ({kind}, {len(response.content)} bytes)"
    request_id = response.headers.get("x-request-id")
    return f"{title}: {words:.{_LONGEST_DETAIL}}" + (f" (request id {one_line(request_id)})" if request_id else "")


def _as_httpx_error(error: Exception, *, is_sending: bool) -> httpx.HTTPError | None:
    """Return the error of httpx for a transport's exception; None for others, such as a bug in a hook.

    A hook of the user's client may have raised it while no answer had come (`is_sending`).
    """
    if isinstance(error, httpx.HTTPError):
        return error
    frames = _frames(error)
    if not _is_about_a_connection(error) or _comes_from_a_signal(frames):
        return None
    if is_sending and _SENDS.isdisjoint(frame.f_code.co_name for frame in frames):
        return None
    kind: type[httpx.TransportError] = httpx.ReadTimeout if isinstance(error, TimeoutError) else httpx.ReadError
    if isinstance(error, ssl.SSLCertVerificationError):
        kind = httpx.ConnectError
    failure = kind(str(error) or type(error).__name__)
    failure.__cause__ = error
    return failure


def _frames(error: BaseException) -> list[FrameType]:
    return [frame for frame, _ in walk_tb(error.__traceback__)]


def _is_about_a_connection(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        parts = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return all(map(_is_about_a_connection, parts))
    if isinstance(error, OSError) or _library(type(error).__module__) in LIBRARIES:
        return True
    # For instance "Event loop is closed", after a user's client was used in two loops. What httpx itself raises is
    # about wrong use.
    frames = _frames(error)
    return bool(frames) and _library(frames[-1].f_globals["__name__"]) in LIBRARIES - {"httpx", "httpx2"}


def _comes_from_a_signal(frames: list[FrameType]) -> bool:
    """Return whether a signal handler raised it, which a user's time limit may do anywhere."""
    import signal

    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    codes = {code for handler in handlers for code in _codes(handler)}
    return any(frame.f_code in codes for frame in frames)


def _codes(handler: Any) -> Iterator[CodeType]:
    method: Any = type(handler).__dict__.get("__call__")
    for function in (handler, getattr(handler, "__func__", None), method):
        if isinstance(code := getattr(function, "__code__", None), CodeType):
            yield code


def _library(module: str) -> str:
    return module.partition(".")[0]
