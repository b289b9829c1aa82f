"""All decisions of one call, which the sync and the async twin share. No I/O happens here."""

import time
from collections.abc import Mapping
from datetime import timedelta
from logging import INFO
from typing import Any, Generic

import httpx

from .._config import Options
from .._deadline import Deadline
from .._errors import APIError
from .._log import log, one_line
from .._omit import Omit
from .._secret import Secret
from .._transport.injected import trace
from .._transport.network import ProxyRefused, is_lasting_refusal
from .._transport.response_head import ResponseHead
from . import failures
from .call import Call, ResultT
from .decoding import Body, Received, decode
from .failures import Failed
from .hints import error_code
from .redaction import (
    clear_locals,
    redacted_content,
    redacted_request,
    redacted_response,
    secrets_of,
    verification_failure,
)
from .request import forget_cookies_beyond_ascii, new_request, request_of, url_of

_LASTING = (
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
    httpx.DecodingError,
    httpx.HTTPStatusError,
    ProxyRefused,
)
"""Errors that another attempt would repeat or make worse."""


class Attempts(Generic[ResultT]):
    """One call in progress: what was sent, what came, and what comes next.

    Attributes:
        call: What is to be done.
        deadline: When the call must be over.
        retries_taken: Attempts after the first, so far.
        head: The head of the answer to the latest attempt, as far as it has been read.
    """

    def __init__(self, options: Options, call: Call[ResultT]) -> None:
        self.call = call
        self.deadline = Deadline(options.deadline if isinstance(call.deadline, Omit) else call.deadline)
        self.retries_taken = 0
        self.head = ResponseHead(self.deadline)
        self._options = options
        self._policy = options.max_retries if isinstance(call.max_retries, Omit) else call.max_retries
        self._timeout = options.timeout if isinstance(call.timeout, Omit) else call.timeout
        self._attempt_started = 0.0
        self._key = Secret("")
        self._request: httpx.Request | None = None
        self._response: httpx.Response | None = None
        self._http_client: httpx.Client | httpx.AsyncClient | None = None

    def request(self, key: Secret, http_client: httpx.Client | httpx.AsyncClient | None) -> httpx.Request:
        """Return the next request to send, made by the user's client if there is one."""
        self._key, self._http_client = key, http_client
        self._response = None
        if self.retries_taken:
            self.head = ResponseHead(self.deadline)
        self._attempt_started = time.monotonic()
        timeouts = self.deadline.limit(self._timeout.as_dict())
        if timeouts is None:
            raise self.timed_out()
        call, options, url = self.call, self._options, url_of(self.call, self._options)
        extensions: dict[str, Any] = {"timeout": timeouts}
        # Nothing is raised from here on, since the local variables of a traceback would show the key.
        if http_client is None:
            extensions["response_head"] = self.head
            request = new_request(call, options, url, key, self.retries_taken, extensions)
        else:
            extensions["trace"] = trace(http_client, self.head, url.scheme)
            try:
                request = request_of(http_client, call, options, url, key, self.retries_taken, extensions)
            except UnicodeEncodeError:
                forget_cookies_beyond_ascii(http_client)
                request = request_of(http_client, call, options, url, key, self.retries_taken, extensions)
        self._request = request
        log.debug("%s %s: attempt %i", call.operation.method, call.path, self.retries_taken + 1)
        return request

    def body(self, response: httpx.Response) -> Body:
        """Return what collects the body of a response."""
        encoding = response.headers.get("content-encoding", "")
        return Body(encoding, self.call.content, self._options.max_response_bytes)

    def arrived(self, response: httpx.Response) -> bool:
        """Note a status line, and return whether it is a 2xx, after which nothing is sent again."""
        self._response, self.head.is_complete = response, True
        response.elapsed = timedelta(seconds=time.monotonic() - self._attempt_started)
        if log.isEnabledFor(INFO):
            log.info(
                "%s %s: status %i in %.3f s (request id %s)",
                self.call.operation.method,
                self.call.path,  # the URL's is decoded: a line break in it would forge a line of the log
                response.status_code,
                response.elapsed.total_seconds(),
                one_line(response.headers.get("x-request-id", "none")),
            )
        return response.is_success

    def wait_after_error(self, error: httpx.HTTPError) -> float:
        """Return the seconds to wait after an attempt without an answer, or raise the error that ends the call."""
        # Only a hook of the user's client raises this, perhaps for another request.
        if isinstance(error, httpx.HTTPStatusError) and error.request is self._request:
            self.arrived(error.response)
            return self.wait_after_status(Received(error.response, _content_so_far(error.response)))
        if not self._is_final(error) and (wait := self._retry(type(error).__name__)) is not None:
            return wait
        raise failures.connection_error(self.failed(error), error)

    def wait_after_status(self, received: Received) -> float:
        """Return the seconds to wait after an answer that is not 2xx, or raise its error."""
        response = received.response
        if self._policy.retries(response.status_code, response.headers, code=error_code(received.content)):
            wait = self._retry(f"status {response.status_code}", response.headers)
            if wait is not None:
                return wait
        raise failures.status_error(self.failed(), redacted_content(received, secrets_of(self._key, self._request)))

    def accept(self, received: Received) -> ResultT:
        """Return the result of a 2xx answer, or raise the error for an answer without one."""
        if received.problem:
            self.complete(received)
        try:
            decoded = decode(received, self.call.operation)
            if decoded.result is None:
                raise failures.unusable_error(self.failed(), received)
        except BaseException as error:
            clear_locals(error)
            raise
        decoded.result.request_id = received.response.headers.get("x-request-id")
        return decoded.result

    def complete(self, received: Received) -> Received:
        """Return a 2xx answer with its body, or raise why it could not be read."""
        if isinstance(received.problem, httpx.HTTPError):
            raise failures.connection_error(self.failed(received.problem), received.problem)
        if received.problem:
            raise failures.validation_error(self.failed(), received, None, received.problem)
        return received

    def timed_out(self) -> APIError:
        """Return the error for a call after its deadline."""
        return failures.timeout_error(self.failed())

    def sent(self) -> httpx.Request:
        """Return the last request without its credentials."""
        if self._request is None:
            return httpx.Request(self.call.operation.method, url_of(self.call, self._options))
        return redacted_request(self._request, self.call.content)

    def whole(self, received: Received) -> httpx.Response:
        """Return a response with its content; its request has no credentials."""
        return redacted_response(received, self.sent(), secrets_of(self._key, self._request))

    def failed(self, error: httpx.HTTPError | None = None) -> Failed:
        """Return what an error says of this call, which failed with this error of httpx."""
        is_accepted = self._is_accepted()
        return Failed(
            call=self.call,
            options=self._options,
            deadline=self.deadline,
            key=self._key,
            secrets=secrets_of(self._key, self._request),
            request=self.sent(),
            response=self._response,
            is_accepted=is_accepted,
            is_final=is_accepted if error is None else self._is_final(error),
        )

    def _retry(self, reason: str, headers: Mapping[str, str] | None = None) -> float | None:
        """Return the seconds to wait before another attempt; None if no attempt or no time is left."""
        if self.retries_taken >= self._policy.max_retries:
            return None
        wait = self._policy.delay(self.retries_taken, headers)
        if not self.deadline.allows(wait):
            return None
        self.retries_taken += 1
        log.info("retry %i of %i in %.3f s: %s", self.retries_taken, self._policy.max_retries, wait, reason)
        return wait

    def _is_accepted(self) -> bool:
        """Return whether a 2xx status line has come, so that the call has had its effect."""
        return self.head.is_2xx() or (self._response is not None and self._response.is_success)

    def _is_final(self, error: httpx.HTTPError) -> bool:
        """Return whether trying again would be wrong or useless."""
        return (
            (isinstance(error, _LASTING) and not failures.is_of_http2(error))
            or (isinstance(error, httpx.ProxyError) and is_lasting_refusal(str(error)))
            or self._is_accepted()
            or verification_failure(error) is not None
            or (self._http_client is not None and not _is_about(error, self._request))
        )


def _content_so_far(response: httpx.Response) -> bytes:
    try:
        return response.content
    except httpx.ResponseNotRead:
        return b""


def _is_about(error: httpx.HTTPError, request: httpx.Request | None) -> bool:
    """Return whether a user's client met the error while it was sending the request.

    httpx names the request in every error of its transports. One from a hook names none, or another.
    """
    try:
        return error.request is request
    except RuntimeError:
        return False
