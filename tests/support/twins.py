"""The kinds of client, so that one test is run by each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeVar

import httpx
import trio
from chatkit_sessions import AsyncSessions, ChatSession, RetryPolicy, Sessions

from support.leaks import FAKE_KEY

T = TypeVar("T")
AT_ONCE: Final = RetryPolicy(max_retries=2, initial_delay=0)
"""The usual number of retries, without the waits."""


class Client(Protocol):
    """What a test needs of a client: `AsyncSessions` has it, and `Sessions` is made to look like that."""

    def create(self, *, user: str, workflow: str) -> Awaitable[ChatSession]: ...

    def cancel(self, session_id: str, /) -> Awaitable[ChatSession]: ...


class _Dressed:
    """A `Sessions` whose methods are awaitable, though none of them waits."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def create(self, *, user: str, workflow: str) -> ChatSession:
        return self._sessions.create(user=user, workflow=workflow)

    async def cancel(self, session_id: str, /) -> ChatSession:
        return self._sessions.cancel(session_id)


@dataclass(frozen=True)
class Twin:
    """One kind of client."""

    name: Literal["sync", "asyncio", "trio", "aiohttp"]

    def run(
        self, job: Callable[[Client], Coroutine[Any, Any, T]], *, http: dict[str, Any] | None = None, **options: Any
    ) -> T:
        """Make a client with these options, let the job use it, and close it.

        With `http`, it sends through a client of httpx's with those options.
        """
        options = {"api_key": FAKE_KEY, "max_retries": AT_ONCE, **options}
        if self.name == "sync":
            with ExitStack() as stack:
                if http is not None:
                    options["http_client"] = stack.enter_context(httpx.Client(**http))
                return _finished(job(_Dressed(stack.enter_context(Sessions(**options)))))
        if self.name == "aiohttp":
            options["http_backend"] = "aiohttp"

        async def with_client() -> T:
            async with AsyncExitStack() as stack:
                if http is not None:
                    options["http_client"] = await stack.enter_async_context(httpx.AsyncClient(**http))
                return await job(await stack.enter_async_context(AsyncSessions(**options)))

        return trio.run(with_client) if self.name == "trio" else asyncio.run(with_client())

    def create(self, **options: Any) -> ChatSession:
        """Create one session."""
        return self.run(create_one, **options)


TWINS: Final = (Twin("sync"), Twin("asyncio"), Twin("trio"))
ALL_TWINS: Final = (*TWINS, Twin("aiohttp"))


async def create_one(client: Client) -> ChatSession:
    """Create a session, whatever the arguments."""
    return await client.create(user="user_1", workflow="wf_1")


def _finished(job: Coroutine[Any, Any, T]) -> T:
    try:
        job.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("this job waits for something, which nothing brings to a sync client")
