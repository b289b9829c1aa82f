"""Turns what went wrong into the error to raise, with what a person needs to mend it."""

import json
import signal
import ssl
from collections.abc import Iterator
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
from .._headers import BETA
from .._log import one_line
from .._secret import Secret, mask
from .call import Call
from .decoding import Received
from .redaction import LIBRARIES, redacted_cause, redacted_response, verification_failure, without_quotes

_LONGEST_DETAIL: Final = 1000
# A transport is entered through one of them, the hooks of a client are not.
_SENDS: Final = frozenset({"handle_request", "handle_async_request"})


@dataclass(frozen=True, slots=True, repr=False)
class Failed:
    """What is known of a call that fails. It has no repr: it holds what the caller sent.

    Attributes:
        call: What was to be done.
        options: The client's options.
        deadline: When the call had to be over.
        key: The API key of the last attempt.
        request: What was sent last, without credentials.
        response: The last response, if one came.
        is_accepted: Whether a 2xx status line has come, so that the call has had its effect.
    """

    call: Call[Any]
    options: Options
    deadline: Deadline
    key: Secret
    request: httpx.Request
    response: httpx.Response | None
    is_accepted: bool


def lost(error: Exception, request: httpx.Request | None = None) -> httpx.HTTPError:
    """Return what a transport raised as an error of httpx that quotes nothing.

    Args:
        error: What was raised.
        request: The request, if no answer to it has come yet.

    Raises:
        Exception: The error itself, if it is not about a connection: a bug in a hook, for instance.
    """
    failure = _as_httpx_error(error, is_sending=request is not None)
    if failure is None:
        raise error
    if failure is not error and request is not None:
        failure.request = request
    return without_quotes(failure)


def is_of_http2(error: BaseException) -> bool:
    """Return whether the state of an HTTP/2 connection is what an error is about."""
    return any(_library(type(link).__module__) == "h2" for link in causes(error))


def status_error(failed: Failed, received: Received) -> APIStatusError:
    """Return the error for an answer that is not 2xx."""
    response = redacted_response(received, failed.request, failed.key)
    body = _error_object(response)
    message = _summary(response, body)
    if hint := _hint(response.status_code, response.request, body, failed.call, failed.options, failed.key):
        message += f" {hint}"
    return status_error_class(response.status_code)(message, response=response, body=body)


def validation_error(failed: Failed, received: Received, body: object, problem: str) -> APIResponseValidationError:
    """Return the error for a 2xx answer whose body is not what the caller came for."""
    response = received.response
    request_id = response.headers.get("x-request-id")
    message = f"{response.status_code}: the body {problem}; {failed.call.operation.effect} all the same"
    return APIResponseValidationError(
        redacted_response(received, failed.request, failed.key),
        body,
        message=message + (f" (request id {one_line(request_id)})" if request_id else ""),
    )


def connection_error(failed: Failed, error: httpx.HTTPError) -> APIConnectionError:
    """Return the error for an answer that did not come, or not whole."""
    if failed.deadline.has_passed():
        return timeout_error(failed)
    cause = redacted_cause(error, failed.key)  # before its text is quoted
    reason = str(verification_failure(error) or error) or type(error).__name__
    lost: APIConnectionError
    if isinstance(error, httpx.TimeoutException):
        lost = APITimeoutError(failed.request, message=f"Timed out: {reason}{_effect(failed)}")
    else:
        lost = APIConnectionError(message=f"Connection error: {reason}{_effect(failed)}", request=failed.request)
    lost.__cause__ = cause
    return _with_request_id(lost, failed)


def timeout_error(failed: Failed) -> APIConnectionError:
    """Return the error for a call that met its deadline."""
    message = f"The call did not end before its deadline of {failed.deadline.seconds} s{_effect(failed)}"
    return _with_request_id(APITimeoutError(failed.request, message=message), failed)


def _effect(failed: Failed) -> str:
    return f"; the status was 2xx, so {failed.call.operation.effect}" if failed.is_accepted else ""


def _with_request_id(error: APIConnectionError, failed: Failed) -> APIConnectionError:
    if failed.response is not None:
        error.request_id = failed.response.headers.get("x-request-id")
    return error


def _error_object(response: httpx.Response) -> object:
    """Return what stands under `error` in the body, the whole body if nothing does, its text if it is not JSON."""
    try:
        body: object = json.loads(response.content)
    except (ValueError, RecursionError):
        return response.content.decode(errors="replace")
    return cast("dict[str, object]", body).get("error", cast("object", body)) if isinstance(body, dict) else body


def _summary(response: httpx.Response, body: object) -> str:
    try:
        title = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        title = f"{response.status_code}"
    detail = cast("dict[str, object]", body).get("message") if isinstance(body, dict) else None
    if not isinstance(detail, str) or not detail:
        # The rest of the body may be a page of HTML, or hold what must not be printed.
        kind = one_line(response.headers.get("content-type", "no content type"))
        detail = f"the answer has no message in OpenAI's form ({kind}, {len(response.content)} bytes)"
    request_id = response.headers.get("x-request-id")
    return f"{title}: {detail:.{_LONGEST_DETAIL}}" + (f" (request id {one_line(request_id)})" if request_id else "")


def _hint(status: int, request: httpx.Request, body: object, call: Call[Any], options: Options, key: Secret) -> str:
    if 300 <= status < 400:
        return "Redirects are not followed, since they would take the key along; check base_url."
    if status == 401:
        setter = _setter("authorization", call, options)
        return (
            f"The Authorization header was {setter}."
            if setter
            else (f"The key {mask(key.reveal())} came from {options.api_key.source}.")
        )
    if status == 404 and call.operation.not_found:
        project = request.headers.get("openai-project")
        named = f"the OpenAI-Project header names {project}" if project else "no OpenAI-Project header was sent"
        return f"{call.operation.not_found} (key {mask(key.reveal())}; {named})."
    if status == 400 and _is_about_beta(body):
        sent = request.headers.get(BETA[0])
        if sent == BETA[1]:
            return f"{BETA[0]}: {BETA[1]} was sent."
        how = "removed" if sent is None else f"changed to {sent!r}"
        by = "extra_headers" if _setter(BETA[0], call, options) else "something between this package and the server"
        return f"{BETA[0]}: {BETA[1]} is needed; it was {how} by {by}."
    return ""


def _is_about_beta(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    fields = cast("dict[str, Any]", body)
    return fields.get("code") == "invalid_beta" or BETA[0].lower() in str(fields.get("message")).lower()


def _setter(header: str, call: Call[Any], options: Options) -> str:
    for headers, argument in ((call.extra_headers, "extra_headers"), (options.default_headers, "default_headers")):
        for name, value in headers.items():
            if name.lower() == header.lower():
                return f"{'set' if isinstance(value, str) else 'removed'} by {argument}"
    return ""


def _as_httpx_error(error: Exception, *, is_sending: bool) -> httpx.HTTPError | None:
    """Return the error of httpx that a transport's exception stands for; None for others, such as a bug in a hook.

    Args:
        error: What was raised.
        is_sending: Whether no answer has come yet, so that a hook of the user's client may have raised it.
    """
    if isinstance(error, httpx.HTTPError):
        return error
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    if not _is_about_a_connection(error, frames) or _comes_from_a_signal(frames):
        return None
    if is_sending and _SENDS.isdisjoint(frame.f_code.co_name for frame in frames):
        return None
    kind: type[httpx.TransportError] = httpx.ReadTimeout if isinstance(error, TimeoutError) else httpx.ReadError
    if isinstance(error, ssl.SSLCertVerificationError):
        kind = httpx.ConnectError
    failure = kind(str(error) or type(error).__name__)
    failure.__cause__ = error
    return failure


def _is_about_a_connection(error: BaseException, frames: list[FrameType]) -> bool:
    if isinstance(error, BaseExceptionGroup):
        parts = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return all(_is_about_a_connection(part, frames) for part in parts)
    if isinstance(error, OSError) or _library(type(error).__module__) in LIBRARIES:
        return True
    # For instance "Event loop is closed", where a user's client is used in one loop after another. What httpx itself
    # raises is about how it is used.
    return _library(frames[-1].f_globals["__name__"]) in LIBRARIES - {"httpx", "httpx2"}


def _comes_from_a_signal(frames: list[FrameType]) -> bool:
    """Return whether the handler of a signal raised it: a time limit of the user's, which strikes anywhere."""
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
