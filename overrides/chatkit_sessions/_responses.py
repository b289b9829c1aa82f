"""Responses with their status and headers, for callers who need more than the session."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, ParamSpec

import httpx

from . import _headers
from ._call import exchange
from ._call.attempts import Attempts
from ._call.call import Call, Result, cancel_call, create_call, named_after
from ._call.decoding import Body, Received
from ._call.failures import lost
from ._call.redaction import clear_locals
from ._errors import ChatKitError
from ._session import ChatSession
from ._version import public

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # the default of a type variable is not in typing before Python 3.13

    ResultT = TypeVar("ResultT", bound=Result, default=ChatSession)
else:
    from typing import TypeVar

    ResultT = TypeVar("ResultT")

P = ParamSpec("P")


class _Response(Generic[ResultT]):
    """What all responses share."""

    def __init__(self, attempts: Attempts[ResultT], response: httpx.Response) -> None:
        self._attempts = attempts
        self._response = response

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """The headers."""
        return self._response.headers

    @property
    def request_id(self) -> str | None:
        """The `x-request-id`, to quote to OpenAI's support."""
        request_id: str | None = self._response.headers.get("x-request-id")
        return request_id

    @property
    def retries_taken(self) -> int:
        """How many attempts were made after the first."""
        return self._attempts.retries_taken

    @property
    def http_request(self) -> httpx.Request:
        """What was sent, without the API key."""
        return self._attempts.sent()

    @property
    def url(self) -> httpx.URL:
        """The URL that was called."""
        return self._response.request.url

    @property
    def method(self) -> str:
        """The HTTP method that was used."""
        return self._response.request.method

    @property
    def elapsed(self) -> timedelta:
        """How long the last attempt took, up to the headers of the answer."""
        return self._response.elapsed

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status_code}]>"


@public
class APIResponse(_Response[ResultT]):
    """A response that has been read, as `with_raw_response` returns it."""

    def __init__(self, attempts: Attempts[ResultT], received: Received) -> None:
        super().__init__(attempts, received.response)
        self._received = attempts.complete(received)

    @property
    def content(self) -> bytes:
        """The body, `client_secret` included."""
        return self._received.content

    @property
    def text(self) -> str:
        """The body as text, `client_secret` included."""
        return self.http_response.text

    @property
    def http_response(self) -> httpx.Response:
        """The same as a response of httpx; its request has no API key."""
        return self._attempts.whole(self._received)

    def parse(self) -> ResultT:
        """Return the session.

        Raises:
            APIResponseValidationError: The body is not a session.
        """
        return self._attempts.accept(self._received)


class Unread(_Response[ResultT]):
    """What both kinds of streamed response share."""

    def __init__(self, attempts: Attempts[ResultT], response: httpx.Response) -> None:
        super().__init__(attempts, response)
        self._received: Received | None = None
        self._is_iterated = False

    def _new_body(self) -> Body | None:
        """Return what collects the body chunk by chunk; None if it has been read."""
        if self._received is not None or self._response.is_stream_consumed:
            return None
        self._check_readable()
        self._is_iterated = True
        return self._attempts.body(self._response)

    @contextmanager
    def _iterated(self, body: Body) -> Generator[None]:
        """Raise why the body that is read inside failed."""
        failure = None
        try:
            yield
        except Exception as error:  # passed on unless it is about the connection
            failure = lost(error)
        except BaseException as error:
            clear_locals(error)
            raise
        body.finish()
        self._attempts.complete(Received(self._response, b"", failure or body.problem))

    def _check_readable(self) -> None:
        if self._is_iterated:
            raise ChatKitError("the body of this response has been read chunk by chunk, and is not kept")
        if self._response.is_closed and not self._response.is_stream_consumed:
            raise ChatKitError("this response has been closed; read it inside its with block")


@public
class StreamedResponse(Unread[ResultT]):
    """A response before its body is read, as `with_streaming_response` gives it."""

    def iter_bytes(self) -> Iterator[bytes]:
        """Yield the body as it arrives, decompressed, `client_secret` included. It can be done once.

        Raises:
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
            APIResponseValidationError: The body is too large or cannot be decompressed.
        """
        if (body := self._new_body()) is None:
            yield self.read()
            return
        with self._iterated(body):
            for _ in exchange.feed(body, self._attempts, self._response):
                if body.has_more():
                    yield body.drain()

    def read(self) -> bytes:
        """Return the whole body, `client_secret` included.

        Raises:
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
            APIResponseValidationError: The body is too large or cannot be decompressed.
        """
        return self._attempts.complete(self._whole()).content

    def parse(self) -> ResultT:
        """Return the session.

        Raises:
            APIResponseValidationError: The body is not a session.
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
        """
        return self._attempts.accept(self._whole())

    def _whole(self) -> Received:
        if self._received is None:
            self._check_readable()
            try:
                self._received = exchange.read(self._attempts, self._response)
            except BaseException as error:
                clear_locals(error)
                raise
        return self._received


_Receive = Callable[[Call[Any]], tuple[Attempts[Any], Received]]
_Begin = Callable[[Call[Any]], tuple[Attempts[Any], httpx.Response]]


class SessionsWithRawResponse:
    """`create` and `cancel` of `Sessions`, returning an `APIResponse`."""

    def __init__(self, receive: _Receive) -> None:
        self.create = _raw(receive, create_call)
        self.cancel = _raw(receive, cancel_call)


class SessionsWithStreamingResponse:
    """`create` and `cancel` of `Sessions`, as context managers that give a `StreamedResponse`."""

    def __init__(self, begin: _Begin) -> None:
        self.create = _streamed(begin, create_call)
        self.cancel = _streamed(begin, cancel_call)


def _raw(receive: _Receive, build: Callable[P, Call[ResultT]]) -> Callable[P, APIResponse[ResultT]]:
    @named_after(build, "the response")
    def run(*args: P.args, **kwargs: P.kwargs) -> APIResponse[ResultT]:
        _headers.conceal_in(kwargs)
        return APIResponse(*receive(build(*args, **kwargs)))

    return run


def _streamed(
    begin: _Begin, build: Callable[P, Call[ResultT]]
) -> Callable[P, AbstractContextManager[StreamedResponse[ResultT]]]:
    @contextmanager
    def respond(call: Call[ResultT]) -> Generator[StreamedResponse[ResultT]]:
        attempts, response = begin(call)
        try:
            yield StreamedResponse(attempts, response)
        finally:
            response.close()

    @named_after(build, "a context manager that gives the response")
    def run(*args: P.args, **kwargs: P.kwargs) -> AbstractContextManager[StreamedResponse[ResultT]]:
        _headers.conceal_in(kwargs)
        return respond(build(*args, **kwargs))

    return run
