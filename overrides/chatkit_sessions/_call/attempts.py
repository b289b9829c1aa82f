"""Every decision that one call takes on its way: what the sync and the async twin share. No I/O happens here."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from logging import INFO
from traceback import walk_tb
from typing import Any

import httpx

from .._config import Options
from .._errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    causes,
    without_key,
    without_secrets,
)
from .._log import log
from .._omit import Omit
from .._secret import HIDDEN, Secret
from .._session import ChatSession
from .._transport.response_head import Heard, UnaskedAnswer, opened_stream
from .call import Call
from .decoding import Body, decode
from .failures import status_error
from .request import new_request, request_of, url_of


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """A response read to its end, or to where that failed. It has no repr: the content may hold a secret."""

    response: httpx.Response
    content: bytes
    problem: httpx.HTTPError | str = ""


class Attempts:
    """One call in progress: its clock, how often it was tried, and what comes next.

    Attributes:
        call: What is to be done.
        retries_taken: Attempts after the first, so far.
        heard: What has been read as the answer to the latest attempt, as far as its headers.
    """

    def __init__(self, options: Options, call: Call) -> None:
        self.call = call
        self.retries_taken = 0
        self._options = options
        self._policy = options.max_retries if isinstance(call.max_retries, Omit) else call.max_retries
        self._timeout = options.timeout if isinstance(call.timeout, Omit) else call.timeout
        self._deadline = options.deadline if isinstance(call.deadline, Omit) else call.deadline
        self._attempt_started = started = time.monotonic()
        self._ends = None if self._deadline is None else started + self._deadline
        self._key = Secret("")
        self._request: httpx.Request | None = None
        self._response: httpx.Response | None = None
        self._answered = False
        self._hooks: list[Callable[..., Any]] = []
        self.heard = Heard(None)

    def remaining(self) -> float | None:
        """Return the seconds until the deadline, None without one."""
        return None if self._ends is None else self._ends - time.monotonic()

    def request(self, key: Secret, http_client: httpx.Client | httpx.AsyncClient | None) -> httpx.Request:
        """Return the next request to send, made by the user's client if there is one.

        Raises:
            APITimeoutError: The deadline has passed.
            ValueError: The arguments make no URL.
        """
        self._key = key
        self.heard, self._response, self._answered = Heard(self._ends), None, False
        self._attempt_started = time.monotonic()
        if self._is_over():
            raise self.timed_out()
        call, options, url = self.call, self._options, url_of(self.call, self._options)
        extensions: dict[str, Any] = {"timeout": self._timeouts(), "deadline": self._ends}
        # Nothing is raised from here on, since the local variables of a traceback would show the key.
        if http_client is None:
            request = new_request(call, options, url, key, self.retries_taken, extensions)
        else:
            self._hooks = [hook for hooks in http_client.event_hooks.values() for hook in hooks]
            extensions["trace"] = self._anote if isinstance(http_client, httpx.AsyncClient) else self._note
            request = request_of(http_client, call, options, url, key, self.retries_taken, extensions)
        self._request = request
        log.debug("%s %s: attempt %i", call.method, call.path, self.retries_taken + 1)
        return request

    def body(self, response: httpx.Response) -> Body:
        """Return what is to collect the body of a response."""
        return Body(response.headers.get("content-encoding", ""), self._options.max_response_bytes)

    def check_deadline(self) -> None:
        """Raise what httpx raises for a read that takes too long, once the deadline has passed."""
        if self._is_over():
            raise httpx.ReadTimeout("")

    def arrived(self, response: httpx.Response) -> bool:
        """Take note of a status line; tell whether it is a 2xx, after which nothing is sent again."""
        self._response, self.heard.is_complete = response, True
        response.elapsed = timedelta(seconds=time.monotonic() - self._attempt_started)
        if log.isEnabledFor(INFO):
            log.info(
                "%s %s: status %i in %.3f s (request id %s)",
                self.call.method,
                self.call.path,  # not the URL's, which is decoded: a line break in it would forge a line
                response.status_code,
                response.elapsed.total_seconds(),
                response.headers.get("x-request-id"),
            )
        return response.is_success

    def wait_after_error(self, error: httpx.HTTPError) -> float:
        """Return the seconds to wait after an attempt without an answer, or raise the error that ends the call."""
        # Only a hook of the user's client raises it, and maybe for a request of its own.
        if isinstance(error, httpx.HTTPStatusError) and error.request is self._request:
            self.arrived(error.response)
            return self.wait_after_status(Received(error.response, _content_so_far(error.response)))
        if self._may_retry() and not self._is_final(error):
            wait = self._policy.delay(self.retries_taken)
            if self._fits(wait):
                return self._retry(wait, type(error).__name__)
        raise self.lost(error)

    def wait_after_status(self, received: Received) -> float:
        """Return the seconds to wait after an answer that is not 2xx, or raise the error that it stands for."""
        response = received.response
        if self._may_retry() and self._policy.retries(response.status_code, response.headers):
            wait = self._policy.delay(self.retries_taken, response.headers)
            if self._fits(wait):
                return self._retry(wait, f"status {response.status_code}")
        raise status_error(self.whole(self._masked(received)), self.call, self._options, self._key)

    def accept(self, received: Received) -> ChatSession:
        """Return the session of a 2xx answer, or raise that it is none."""
        self.checked(received)
        decoded = decode(received.content, self.call.operation)
        if decoded.session is None:
            received = self._masked(received)
            decoded = decode(received.content, self.call.operation)
            raise self.no_session(received, decoded.body, decoded.problem)
        decoded.session.request_id = received.response.headers.get("x-request-id")
        return decoded.session

    def checked(self, received: Received) -> Received:
        """Return a 2xx answer whose body has been read, or raise why it could not be."""
        if isinstance(received.problem, httpx.HTTPError):
            raise self.lost(received.problem)
        if received.problem:
            raise self.no_session(received, None, received.problem)
        return received

    def no_session(self, received: Received, body: object, problem: str) -> APIResponseValidationError:
        """Return the error for a 2xx answer whose body cannot be taken for a session."""
        response = received.response
        request_id = response.headers.get("x-request-id")
        return APIResponseValidationError(
            self.whole(received),
            body,
            message=f"{response.status_code}: the body {problem}; {self._effect()} all the same"
            + (f" (request id {request_id})" if request_id else ""),
        )

    def lost(self, error: httpx.HTTPError) -> APIError:
        """Return the error for an answer that did not come, or not whole."""
        if self._is_over():
            return self.timed_out()
        timed_out = isinstance(error, httpx.TimeoutException)
        cause = without_secrets(error, self._key)
        reason = str(_distrust(error) or error) or type(error).__name__
        message = f"{'Timed out' if timed_out else 'Connection error'}: {reason}"
        if self._is_answered():
            message += f"; the status was 2xx, so {self._effect()}"
        request = self.sent()
        lost = (
            APITimeoutError(request, message=message)
            if timed_out
            else APIConnectionError(message=message, request=request)
        )
        lost.__cause__ = cause
        return self._with_request_id(lost)

    def timed_out(self) -> APIError:
        """Return the error for a call that met its deadline."""
        message = f"The call did not end before its deadline of {self._deadline} s"
        if self._is_answered():
            message += f"; the status was 2xx, so {self._effect()}"
        return self._with_request_id(APITimeoutError(self.sent(), message=message))

    def whole(self, received: Received) -> httpx.Response:
        """Return a response that holds its content, and its request without the key."""
        response = received.response
        left = ("content-encoding", "content-length", "transfer-encoding")  # no longer true of the content
        key = self._key.reveal()
        headers = [
            (name, HIDDEN if key and key in value else value)
            for name, value in response.headers.multi_items()
            if name not in left
        ]
        whole = httpx.Response(response.status_code, headers=headers, content=received.content, request=self.sent())
        whole.elapsed = response.elapsed
        return whole

    def sent(self) -> httpx.Request:
        """Return the last request without the key."""
        if self._request is None:
            return httpx.Request(self.call.method, url_of(self.call, self._options))
        return without_key(self._request, self.call.content)

    def _timeouts(self) -> dict[str, float | None]:
        remaining = self.remaining()
        timeouts: dict[str, float | None] = self._timeout.as_dict()
        if remaining is None:
            return timeouts
        most = max(remaining, 0.001)
        return {phase: most if seconds is None else min(seconds, most) for phase, seconds in timeouts.items()}

    def _is_over(self) -> bool:
        remaining = self.remaining()
        return remaining is not None and remaining <= 0

    def _may_retry(self) -> bool:
        return self.retries_taken < self._policy.max_retries

    def _fits(self, wait: float) -> bool:
        remaining = self.remaining()
        return remaining is None or wait < remaining

    def _retry(self, wait: float, reason: str) -> float:
        self.retries_taken += 1
        log.info("retry %i of %i in %.3f s: %s", self.retries_taken, self._policy.max_retries, wait, reason)
        return wait

    def _effect(self) -> str:
        return "a session may exist" if self.call.operation == "create" else "the session may be cancelled"

    def _masked(self, received: Received) -> Received:
        content = received.content
        if self._key.reveal().encode() in content:  # a server repeats what it was sent
            text = content.decode("utf-8", "surrogateescape")
            content = self._key.masked_in(text).encode("utf-8", "surrogateescape")
        return Received(received.response, content, received.problem)

    def _is_answered(self) -> bool:
        return self._answered or self.heard.is_2xx() or (self._response is not None and self._response.is_success)

    def _is_final(self, error: httpx.HTTPError) -> bool:
        """Tell whether trying again would be wrong or useless."""
        lasting = (
            httpx.LocalProtocolError
            | httpx.UnsupportedProtocol
            | httpx.DecodingError
            | httpx.HTTPStatusError
            | UnaskedAnswer
        )
        return (
            isinstance(error, lasting)
            or self._is_answered()
            or _distrust(error) is not None
            or _comes_from(error, self._hooks)
        )

    def _with_request_id(self, error: APIError) -> APIError:
        if self._response is not None:
            error.request_id = self._response.headers.get("x-request-id")
        return error

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        opened_stream(event, info, url_of(self.call, self._options).scheme)
        if event.endswith("send_request_headers.started"):
            # Nothing will be opened any more, and each event costs. But a hook of the user's client may fail after a
            # 2xx answer of a connection opened earlier, of which nothing else tells.
            if not self._hooks and info["request"].method != b"CONNECT":
                info["request"].extensions.pop("trace", None)
        elif event.endswith("receive_response_headers.complete"):
            statuses = [part for part in info["return_value"] if isinstance(part, int)]
            self._answered = 200 <= statuses[0] < 300

    async def _anote(self, event: str, info: Mapping[str, Any]) -> None:
        self._note(event, info)


def _content_so_far(response: httpx.Response) -> bytes:
    try:
        return response.content
    except httpx.ResponseNotRead:
        return b""


def _comes_from(error: BaseException, functions: list[Callable[..., Any]]) -> bool:
    """Tell whether an error was raised in one of the functions, or on behalf of it."""
    codes = {_code(function) for function in functions}
    return any(frame.f_code in codes for frame, _ in walk_tb(error.__traceback__))


def _code(function: Callable[..., Any]) -> object:
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)


def _distrust(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """Return the failure to verify a certificate that is behind an error, if one is."""
    return next((link for link in causes(error) if isinstance(link, ssl.SSLCertVerificationError)), None)
