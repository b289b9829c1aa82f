"""Any of the clients behind one face, so that a test is written once.

`Maker` makes clients whose server is a script, for tests without a socket. `Twin` runs a job with a client that talks
to a real server, in the event loop of its kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar, cast

import httpcore
import httpx
import pytest
import trio
from chatkit_sessions import AsyncSessions, ChatSession, RetryPolicy, Sessions
from chatkit_sessions._async_responses import AsyncStreamedResponse
from chatkit_sessions._responses import APIResponse, StreamedResponse

from support import httpx2_transport
from support.leaks import FAKE_KEY
from support.mock import Script, Step

T = TypeVar("T")
AT_ONCE: Final = RetryPolicy(max_retries=2, initial_delay=0)
"""The usual number of retries, without the waits."""
ARGUMENTS: dict[str, Any] = {"user": "user_1", "workflow": "wf_1"}


Flavour = tuple[str, bool | str]
"""Which twin, in which event loop; and whether it sends through a client that the user gave, of httpx or of httpx2."""

_KINDS = ("sync", "asyncio", "trio")
_INJECTED = [pytest.param((kind, True), id=f"{kind}-injected") for kind in _KINDS]
_OWN = [pytest.param((kind, False), id=kind) for kind in _KINDS]
FLAVOURS = [_INJECTED[0], _OWN[0], _INJECTED[1], _OWN[2]]
_OF_HTTPX2 = [pytest.param((kind, "httpx2"), id=f"{kind}-httpx2") for kind in _KINDS]
injected_only = pytest.mark.parametrize("flavour", [*_INJECTED, *_OF_HTTPX2], indirect=True)
# For long tables of what is decided in one place: each twin still has to act on it.
each_twin = pytest.mark.parametrize("flavour", [_OWN[0], _INJECTED[1]], indirect=True)


async def _result(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value


@dataclass
class Streamed:
    """A streamed response of either kind."""

    response: StreamedResponse | AsyncStreamedResponse

    async def read(self) -> bytes:
        return cast("bytes", await _result(self.response.read()))

    async def parse(self) -> ChatSession:
        return cast("ChatSession", await _result(self.response.parse()))

    async def chunks(self) -> list[bytes]:
        if isinstance(self.response, StreamedResponse):
            return list(self.response.iter_bytes())
        return [chunk async for chunk in self.response.iter_bytes()]


@dataclass
class Client:
    """A client of either kind, called as the asynchronous one is. `create` needs no arguments here."""

    sessions: Sessions | AsyncSessions
    server: Script = field(default_factory=lambda: Script([]))

    async def create(self, **arguments: Any) -> ChatSession:
        return cast("ChatSession", await _result(self.sessions.create(**ARGUMENTS | arguments)))

    async def cancel(self, session: Any = "cksess_1", **options: Any) -> ChatSession:
        return cast("ChatSession", await _result(self.sessions.cancel(session, **options)))

    async def create_raw(self, **arguments: Any) -> APIResponse:
        return cast("APIResponse", await _result(self.sessions.with_raw_response.create(**ARGUMENTS | arguments)))

    async def cancel_raw(self, session: Any = "cksess_1", **options: Any) -> APIResponse:
        return cast("APIResponse", await _result(self.sessions.with_raw_response.cancel(session, **options)))

    @asynccontextmanager
    async def create_streamed(self, **arguments: Any) -> AsyncGenerator[Streamed]:
        if isinstance(self.sessions, Sessions):
            with self.sessions.with_streaming_response.create(**ARGUMENTS | arguments) as response:
                yield Streamed(response)
        else:
            async with self.sessions.with_streaming_response.create(**ARGUMENTS | arguments) as asynchronous:
                yield Streamed(asynchronous)

    @asynccontextmanager
    async def open(self, **arguments: Any) -> AsyncGenerator[ChatSession]:
        if isinstance(self.sessions, Sessions):
            with self.sessions.open(**ARGUMENTS | arguments) as session:
                yield session
        else:
            async with self.sessions.open(**ARGUMENTS | arguments) as session:
                yield session

    @asynccontextmanager
    async def block(self) -> AsyncGenerator[Sessions | AsyncSessions]:
        """Use the client itself as the context manager that it is."""
        if isinstance(self.sessions, Sessions):
            with self.sessions as entered:
                yield entered
        else:
            async with self.sessions as entered:
                yield entered

    def with_options(self, **options: Any) -> Client:
        return Client(self.sessions.with_options(**options), self.server)

    async def close(self) -> None:
        if isinstance(self.sessions, Sessions):
            self.sessions.close()
        else:
            await self.sessions.aclose()


@dataclass
class Maker:
    """Makes clients of one kind: sync or async, through a client of httpx that the user gave or our own connections."""

    is_async: bool
    injected: bool | str
    patch: pytest.MonkeyPatch
    scripts: list[Script] = field(default_factory=list[Script])
    kept: list[object] = field(default_factory=list[object])

    def serve(self, *steps: Step, **options: Any) -> Client:
        """Return a client of a server that takes these steps."""
        server = self.script(*steps)
        if self.injected:
            options["http_client"] = self.http_client(transport=server)
        else:
            serve_connections(self.patch, server)
        return self.client(server, **options)

    def client(self, server: Script, **options: Any) -> Client:
        """Return a client of a server that some transport leads to already."""
        return Client(self.make(**options), server)

    def script(self, *steps: Step) -> Script:
        """Return a server that must have taken all of its steps when the test ends."""
        server = Script(list(steps))
        self.scripts.append(server)
        return server

    def make(self, **options: Any) -> Sessions | AsyncSessions:
        """Return a client of ours, with the fake key."""
        options = {"api_key": FAKE_KEY} | options
        made = AsyncSessions(**options) if self.is_async else Sessions(**options)
        self.kept.append(made)  # trio complains of an async client that is dropped unclosed while it runs
        return made

    def http_client(self, **options: Any) -> httpx.Client | httpx.AsyncClient:
        """Return a client of httpx, or of httpx2, of the same kind."""
        if self.injected == "httpx2":
            return cast("httpx.Client", httpx2_transport.new_client(is_async=self.is_async, **options))
        return httpx.AsyncClient(**options) if self.is_async else httpx.Client(**options)

    def callback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function as a hook or key callable of the same kind."""

        async def asynchronous(*args: Any) -> Any:
            return function(*args)

        return asynchronous if self.is_async else function


@dataclass(frozen=True)
class Twin:
    """One kind of client."""

    name: Literal["sync", "asyncio", "trio", "aiohttp"]

    def run(
        self,
        job: Callable[[Client], Coroutine[Any, Any, T]],
        *,
        http: dict[str, Any] | None = None,
        library: Any = httpx,
        **options: Any,
    ) -> T:
        """Make a client with these options, let the job use it, and close it.

        With `http`, it sends through a client of the library, httpx or httpx2, with those options.
        """
        options = {"api_key": FAKE_KEY, "max_retries": AT_ONCE, **options}
        if self.name == "sync":
            with ExitStack() as stack:
                if http is not None:
                    options["http_client"] = stack.enter_context(library.Client(**http))
                return _finished(job(Client(stack.enter_context(Sessions(**options)))))
        if self.name == "aiohttp":
            options["http_backend"] = "aiohttp"

        async def with_client() -> T:
            async with AsyncExitStack() as stack:
                if http is not None:
                    options["http_client"] = await stack.enter_async_context(library.AsyncClient(**http))
                return await job(Client(await stack.enter_async_context(AsyncSessions(**options))))

        return trio.run(with_client) if self.name == "trio" else asyncio.run(with_client())

    def create(self, **options: Any) -> ChatSession:
        """Create one session."""
        return self.run(Client.create, **options)


TWINS: Final = (Twin("sync"), Twin("asyncio"), Twin("trio"))
ALL_TWINS: Final = (*TWINS, Twin("aiohttp"))


def _finished(job: Coroutine[Any, Any, T]) -> T:
    try:
        job.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("this job waits for something, which nothing brings to a sync client")


def serve_connections(patch: pytest.MonkeyPatch, server: Script) -> None:
    """Let a server answer what our own connections send."""
    patch.setattr(httpcore.HTTPConnection, "handle_request", _answering(server))
    patch.setattr(httpcore.AsyncHTTPConnection, "handle_async_request", _aanswering(server))


def _answering(server: Script) -> Callable[[object, httpcore.Request], httpcore.Response]:
    def handle_request(_self: object, request: httpcore.Request) -> httpcore.Response:
        return _core_response(server.handle_request(_httpx_request(request)))

    return handle_request


def _aanswering(server: Script) -> Callable[[object, httpcore.Request], Coroutine[Any, Any, httpcore.Response]]:
    async def handle_async_request(_self: object, request: httpcore.Request) -> httpcore.Response:
        return _core_response(await server.handle_async_request(_httpx_request(request)))

    return handle_async_request


def _httpx_request(request: httpcore.Request) -> httpx.Request:
    return httpx.Request(
        request.method.decode(),
        httpx.URL(
            scheme=request.url.scheme.decode(),
            host=request.url.host.decode(),
            port=request.url.port,
            raw_path=request.url.target,
        ),
        headers=request.headers,
        stream=cast("httpx.SyncByteStream", request.stream),
        extensions=cast("Any", request).extensions,
    )


def _core_response(response: httpx.Response) -> httpcore.Response:
    return httpcore.Response(response.status_code, headers=response.headers.raw, content=_Content(response))


class _Content:
    """The stream of a response of httpx's, which is closed with it."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return iter(cast("httpx.SyncByteStream", self._response.stream))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(cast("httpx.AsyncByteStream", self._response.stream))

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        await self._response.aclose()
