"""Carries a call out over HTTP; `async_exchange` is its twin, and `attempts` decides for both."""

import time
from collections.abc import Iterator
from typing import Any, cast

import httpx

from .._config import ApiKey, Options, check_key
from .._secret import Secret
from .._transport import injected
from .._transport.response_head import ResponseHead
from .._transport.transports import Transports
from .attempts import Attempts
from .call import Call, ResultT
from .decoding import Body, Received
from .failures import lost
from .redaction import clear_locals


def receive(options: Options, transports: Transports, call: Call[ResultT]) -> tuple[Attempts[ResultT], Received]:
    """Carry out a call until a 2xx answer has been read, or raise what `begin` raises."""
    attempts = Attempts(options, call)
    try:
        return attempts, read(attempts, _begin(attempts, options, transports))
    except BaseException as error:
        clear_locals(error)
        raise


def begin(options: Options, transports: Transports, call: Call[ResultT]) -> tuple[Attempts[ResultT], httpx.Response]:
    """Carry out a call until a 2xx status line arrives, and leave the answer unread.

    Raises:
        APIError: None arrived in time, in the attempts that are allowed.
        ConfigurationError: The API key callable returned no key.
    """
    attempts = Attempts(options, call)
    try:
        return attempts, _begin(attempts, options, transports)
    except BaseException as error:
        clear_locals(error)
        raise


def _begin(attempts: Attempts[Any], options: Options, transports: Transports) -> httpx.Response:
    while True:
        target = transports.sync_target()
        request = attempts.request(_key(options.api_key), target if isinstance(target, httpx.Client) else None)
        outcome = _send(request, target, attempts.head)
        if isinstance(outcome, httpx.HTTPError):
            wait = attempts.wait_after_error(outcome)
        elif attempts.arrived(outcome):
            return outcome
        else:
            wait = attempts.wait_after_status(read(attempts, outcome))
        time.sleep(wait)


def read(attempts: Attempts[Any], response: httpx.Response) -> Received:
    """Read a response to its end, or to where that fails, and release its connection."""
    body = attempts.body(response)
    try:
        if response.is_stream_consumed:  # by a hook, or because a mock made it whole
            body.take(response)
        else:
            for _ in feed(body, attempts, response):
                pass
    except Exception as error:  # passed on unless it is about the connection
        return Received(response, b"", lost(error))
    finally:
        response.close()
    return Received(response, body.finish(), body.problem)


def feed(body: Body, attempts: Attempts[Any], response: httpx.Response) -> Iterator[None]:
    """Feed a body chunk by chunk, until its end or until it has a problem.

    No chunk gets into a local variable, since the traceback of an interrupted call would show it.

    Raises:
        httpx.HTTPError: The connection broke.
        APITimeoutError: The deadline passed.
    """
    chunks = iter(cast("httpx.SyncByteStream", response.stream))
    try:
        while not body.problem:
            body.feed(next(chunks))
            if attempts.deadline.has_passed():
                raise attempts.timed_out()
            yield
    except StopIteration:
        return


def _send(
    request: httpx.Request, target: httpx.Client | httpx.BaseTransport, head: ResponseHead
) -> httpx.Response | httpx.HTTPError:
    # A failure is returned: an error raised while it is handled would keep it as its context.
    try:
        if isinstance(target, httpx.Client):
            return injected.send(target, request, head)
        response = target.handle_request(request)
    except Exception as error:  # as above
        return lost(error, request)
    response.request = request
    return response


def _key(api_key: ApiKey) -> Secret:
    if isinstance(api_key.value, Secret):
        return api_key.value
    return check_key(api_key.value(), api_key.source)
