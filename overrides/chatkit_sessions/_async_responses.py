"""The asynchronous twin of `_responses`."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, ParamSpec

import httpx

from . import _headers
from ._call import async_exchange
from ._call.attempts import Attempts
from ._call.call import Call, cancel_call, create_call, named_after
from ._call.decoding import Received
from ._responses import APIResponse, ResultT, Unread
from ._version import public

P = ParamSpec("P")


@public
class AsyncStreamedResponse(Unread[ResultT]):
    """The asynchronous twin of `StreamedResponse`."""

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives, decompressed, `client_secret` included. It can be done once.

        Raises:
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
            APIResponseValidationError: The body is too large or cannot be decompressed.
        """
        if (body := self._new_body()) is None:
            yield await self.read()
            return
        with self._iterated(body):
            async for _ in async_exchange.feed(body, self._attempts, self._response):
                if body.has_more():
                    yield body.drain()

    async def read(self) -> bytes:
        """Return the whole body, `client_secret` included.

        Raises:
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
            APIResponseValidationError: The body is too large or cannot be decompressed.
        """
        return self._attempts.complete(await self._whole()).content

    async def parse(self) -> ResultT:
        """Return the session.

        Raises:
            APIResponseValidationError: The body is not a session.
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
        """
        return self._attempts.accept(await self._whole())

    async def _whole(self) -> Received:
        if self._received is None:
            self._check_readable()
            self._received = await async_exchange.read_in_time(self._attempts, self._response)
        return self._received


_Receive = Callable[[Call[Any]], Awaitable[tuple[Attempts[Any], Received]]]
_Begin = Callable[[Call[Any]], Awaitable[tuple[Attempts[Any], httpx.Response]]]


class AsyncSessionsWithRawResponse:
    """`create` and `cancel` of `AsyncSessions`, returning an `APIResponse`."""

    def __init__(self, receive: _Receive) -> None:
        self.create = _raw(receive, create_call)
        self.cancel = _raw(receive, cancel_call)


class AsyncSessionsWithStreamingResponse:
    """`create` and `cancel` of `AsyncSessions`, as context managers that give a `AsyncStreamedResponse`."""

    def __init__(self, begin: _Begin) -> None:
        self.create = _streamed(begin, create_call)
        self.cancel = _streamed(begin, cancel_call)


def _raw(receive: _Receive, build: Callable[P, Call[ResultT]]) -> Callable[P, Awaitable[APIResponse[ResultT]]]:
    @named_after(build, "the response")
    async def run(*args: P.args, **kwargs: P.kwargs) -> APIResponse[ResultT]:
        _headers.conceal_in(kwargs)
        return APIResponse(*await receive(build(*args, **kwargs)))

    return run


def _streamed(
    begin: _Begin, build: Callable[P, Call[ResultT]]
) -> Callable[P, AbstractAsyncContextManager[AsyncStreamedResponse[ResultT]]]:
    @asynccontextmanager
    async def respond(call: Call[ResultT]) -> AsyncGenerator[AsyncStreamedResponse[ResultT]]:
        attempts, response = await begin(call)
        try:
            yield AsyncStreamedResponse(attempts, response)
        finally:
            await response.aclose()

    @named_after(build, "an asynchronous context manager that gives the response")
    def run(*args: P.args, **kwargs: P.kwargs) -> AbstractAsyncContextManager[AsyncStreamedResponse[ResultT]]:
        _headers.conceal_in(kwargs)
        return respond(build(*args, **kwargs))

    return run
