"""Responses with their status and headers, for callers who need more than the session."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx

from . import _exchange
from ._attempts import Attempts, Received
from ._errors import unquoted
from ._session import ChatSession


class _Response:
    """What every kind of response tells."""

    def __init__(self, attempts: Attempts, response: httpx.Response) -> None:
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


class APIResponse(_Response):
    """A response that has been read, as `with_raw_response` returns it."""

    def __init__(self, attempts: Attempts, received: Received) -> None:
        super().__init__(attempts, received.response)
        self._received = attempts.checked(received)

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
        """The same as a response of httpx, whose request lacks the API key."""
        return self._attempts.whole(self._received)

    def parse(self) -> ChatSession:
        """Return the session.

        Raises:
            APIResponseValidationError: The body is none.
        """
        return self._attempts.accept(self._received)


class StreamedResponse(_Response):
    """A response whose body has not been read, as `with_streaming_response` gives it."""

    _received: Received | None = None

    def iter_bytes(self) -> Iterator[bytes]:
        """Yield the body as it arrives, decompressed, `client_secret` included.

        Raises:
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
        """
        try:
            for chunk in self._response.iter_bytes():
                self._attempts.check_deadline()
                yield chunk
        except httpx.HTTPError as error:
            failure = unquoted(error)
        else:
            return
        raise self._attempts.lost(failure)

    def read(self) -> bytes:
        """Return the whole body, `client_secret` included.

        Raises:
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
            APIResponseValidationError: The body is too large or cannot be decompressed.
        """
        return self._attempts.checked(self._whole()).content

    def parse(self) -> ChatSession:
        """Return the session.

        Raises:
            APIResponseValidationError: The body is none.
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
        """
        return self._attempts.accept(self._whole())

    def _whole(self) -> Received:
        if self._received is None:
            self._received = _exchange.read(self._attempts, self._response)
        return self._received


class AsyncStreamedResponse(_Response):
    """The asynchronous twin of `StreamedResponse`."""

    _received: Received | None = None

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives, decompressed, `client_secret` included.

        Raises:
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
        """
        try:
            async for chunk in self._response.aiter_bytes():
                self._attempts.check_deadline()
                yield chunk
        except httpx.HTTPError as error:
            failure = unquoted(error)
        else:
            return
        raise self._attempts.lost(failure)

    async def read(self) -> bytes:
        """Return the whole body, `client_secret` included.

        Raises:
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
            APIResponseValidationError: The body is too large or cannot be decompressed.
        """
        return self._attempts.checked(await self._whole()).content

    async def parse(self) -> ChatSession:
        """Return the session.

        Raises:
            APIResponseValidationError: The body is none.
            APIConnectionError: The connection broke, or the deadline passed, before the body's end.
        """
        return self._attempts.accept(await self._whole())

    async def _whole(self) -> Received:
        if self._received is None:
            from . import _async_exchange

            self._received = await _async_exchange.read_in_time(self._attempts, self._response)
        return self._received
