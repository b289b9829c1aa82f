"""A server that is a script: it gives the next answer to each request, and refuses a request beyond the last one."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx

from support.session import SESSION as SESSION  # tests take it from here

WHOLE = json.dumps(SESSION).encode()
GZIP = gzip.compress(WHOLE, mtime=0)
"""The body of an answer with this session."""

# What OpenAI's own page shows as the answer to a cancellation, and all of it.
CANCEL_EXAMPLE: dict[str, Any] = {
    "id": "cksess_123",
    "object": "chatkit.session",
    "workflow": {"id": "workflow_alpha", "version": "1"},
    "scope": {"customer_id": "cust_456"},
    "max_requests_per_1_minute": 30,
    "ttl_seconds": 900,
    "status": "cancelled",
    "cancelled_at": 1712345678,
}


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The chunks of a body as they come over the wire, and what happens after the last one."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.chunks
        if self._answer.failure is not None:
            raise fresh(self._answer.failure)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._answer.chunks:
            yield chunk
        if self._answer.stalls:
            await anyio.sleep_forever()
        if self._answer.failure is not None:
            raise fresh(self._answer.failure)

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


@dataclass(frozen=True)
class Answer:
    """One answer of the server."""

    status: int = 200
    chunks: tuple[bytes, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    failure: Exception | None = None
    stalls: bool = False
    body: httpx.SyncByteStream | httpx.AsyncByteStream | None = None

    def __repr__(self) -> str:
        head = b"".join(self.chunks)[:12].decode("latin-1")
        rest = {name: value for name, value in self.headers if name not in ("content-type", "x-request-id")}
        return f"{self.status} {head} {rest or ''}" + (f" {self.failure!r}" if self.failure else "")

    def response(self) -> httpx.Response:
        """Return it as httpx has it, unread."""
        return httpx.Response(self.status, headers=list(self.headers), stream=self.body or Body(self))


def answer(
    status: int = 200,
    body: object = None,
    *,
    headers: dict[str, str] | None = None,
    failure: Exception | None = None,
    stalls: bool = False,
) -> Answer:
    """Return an answer whose body is bytes, or JSON of anything else; without a body, that of a session or an error."""
    if body is None:
        message = {"message": "Something is wrong.", "type": "some_type", "param": "some_param", "code": "some_code"}
        body = SESSION if 200 <= status < 300 else {"error": message}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    halves = (content[: len(content) // 2], content[len(content) // 2 :])
    sent = {"content-type": "application/json", "x-request-id": "req_1", **(headers or {})}
    return Answer(status, halves if content else (), tuple(sent.items()), failure, stalls)


def fresh(error: BaseException) -> BaseException:
    """Return a copy of an error with its causes: what is raised gets changed, and a table's rows serve many tests."""
    copied = copy.copy(error)
    copied.__cause__ = error.__cause__ and fresh(error.__cause__)
    copied.__context__ = error.__context__ and fresh(error.__context__)
    return copied


Step = Answer | Exception | Callable[[httpx.Request], Answer]


@dataclass
class Script(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that takes the steps one after another, and remembers requests and responses."""

    steps: list[Step]
    requests: list[httpx.Request] = field(default_factory=list[httpx.Request])
    responses: list[httpx.Response] = field(default_factory=list[httpx.Response])

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._next(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._next(request)

    def check_finished(self) -> None:
        """Fail if a step was not asked for, or a response was left open."""
        assert len(self.requests) == len(self.steps), f"{len(self.requests)} of {len(self.steps)} steps were taken"
        for response in self.responses:
            stream = response.stream
            assert response.is_closed or getattr(stream, "is_closed", False), "a response was left open"

    @property
    def request(self) -> httpx.Request:
        """The only request that came."""
        (request,) = self.requests
        return request

    def sent(self) -> Any:
        """Return the JSON of the only request that came."""
        return json.loads(self.request.content)

    def _next(self, request: httpx.Request) -> httpx.Response:
        if len(self.requests) >= len(self.steps):
            raise AssertionError(f"unexpected request: {request.method} {request.url}")
        step = self.steps[len(self.requests)]
        self.requests.append(request)
        if isinstance(step, Exception):
            raise fresh(step)
        response = (step if isinstance(step, Answer) else step(request)).response()
        self.responses.append(response)
        return response
