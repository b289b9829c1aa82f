"""The asynchronous twin of `exchange`."""

from collections.abc import AsyncIterator, Awaitable
from inspect import isawaitable
from typing import Any, cast

import anyio
import httpx

from .._config import ApiKey, Options, check_key
from .._secret import Secret, conceal
from .._transport import injected
from .._transport.response_head import ResponseHead
from .._transport.transports import Transports
from .attempts import Attempts
from .call import Call, ResultT
from .decoding import Body, Received
from .failures import lost
from .redaction import clear_locals


async def receive(options: Options, transports: Transports, call: Call[ResultT]) -> tuple[Attempts[ResultT], Received]:
    """Carry out a call until a 2xx answer has been read, or raise what `begin` raises."""
    attempts = Attempts(options, call)
    try:
        with anyio.move_on_after(attempts.deadline.remaining()):
            return attempts, await read(attempts, await _begin(attempts, options, transports))
    except BaseException as error:
        clear_locals(error)
        raise
    raise attempts.timed_out()


async def begin(
    options: Options, transports: Transports, call: Call[ResultT]
) -> tuple[Attempts[ResultT], httpx.Response]:
    """Carry out a call until a 2xx status line arrives, and leave the answer unread.

    Raises:
        APIError: None arrived in time, in the attempts that are allowed.
        ConfigurationError: The API key callable returned no key.
    """
    attempts = Attempts(options, call)
    try:
        with anyio.move_on_after(attempts.deadline.remaining()):
            return attempts, await _begin(attempts, options, transports)
    except BaseException as error:
        clear_locals(error)
        raise
    raise attempts.timed_out()


async def _begin(attempts: Attempts[Any], options: Options, transports: Transports) -> httpx.Response:
    while True:
        target = await transports.async_target()
        request = attempts.request(
            await _key(options.api_key), target if isinstance(target, httpx.AsyncClient) else None
        )
        outcome = await _send(request, target, attempts.head)
        if isinstance(outcome, httpx.HTTPError):
            wait = attempts.wait_after_error(outcome)
        elif attempts.arrived(outcome):
            return outcome
        else:
            wait = attempts.wait_after_status(await read(attempts, outcome))
        await anyio.sleep(wait)


async def read(attempts: Attempts[Any], response: httpx.Response) -> Received:
    """Read a response to its end, or to where that fails, and release its connection."""
    body = attempts.body(response)
    try:
        if response.is_stream_consumed:  # by a hook, or because a mock made it whole
            body.take(response)
        else:
            chunks = aiter(cast("httpx.AsyncByteStream", response.stream))
            while not body.problem:
                body.feed(await anext(chunks))
            await _end(chunks)
    except StopAsyncIteration:
        pass
    except Exception as error:  # passed on unless it is about the connection
        return Received(response, b"", lost(error))
    finally:
        await response.aclose()
    return Received(response, body.finish(), body.problem)


async def read_in_time(attempts: Attempts[Any], response: httpx.Response) -> Received:
    """Read a response to its end, or to where that fails, or raise that the deadline has passed."""
    try:
        with anyio.move_on_after(attempts.deadline.remaining()):
            return await read(attempts, response)
    except BaseException as error:
        clear_locals(error)
        raise
    raise attempts.timed_out()


async def feed(body: Body, attempts: Attempts[Any], response: httpx.Response) -> AsyncIterator[None]:
    """Feed a body chunk by chunk, until its end or until it has a problem.

    No chunk gets into a local variable, since the traceback of an interrupted call would show it.

    Raises:
        httpx.HTTPError: The connection broke.
        APITimeoutError: The deadline passed.
    """
    chunks = aiter(cast("httpx.AsyncByteStream", response.stream))
    try:
        while not body.problem:
            with anyio.move_on_after(attempts.deadline.remaining()) as scope:
                body.feed(await anext(chunks))
            if scope.cancelled_caught:
                raise attempts.timed_out()
            yield
        await _end(chunks)
    except StopAsyncIteration:
        return


async def _end(chunks: AsyncIterator[bytes]) -> None:
    """End the generators below by a cancel: left suspended, trio complains of them."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        while True:
            await anext(chunks)


async def _send(
    request: httpx.Request, target: httpx.AsyncClient | httpx.AsyncBaseTransport, head: ResponseHead
) -> httpx.Response | httpx.HTTPError:
    # A failure is returned: an error raised while it is handled would keep it as its context.
    try:
        if isinstance(target, httpx.AsyncClient):
            return await injected.asend(target, request, head)
        response = await target.handle_async_request(request)
    except Exception as error:  # as above
        return lost(error, request)
    response.request = request
    return response


async def _key(api_key: ApiKey) -> Secret:
    if isinstance(api_key.value, Secret):
        return api_key.value
    given = conceal(api_key.value())
    return check_key(await cast("Awaitable[object]", given) if isawaitable(given) else given, api_key.source)
