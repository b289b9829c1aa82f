"""Tools for tests and tracing put methods of their own into httpx's transports; they must see our calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from unittest.mock import Mock

import anyio
import httpx
import pytest
from chatkit_sessions import AsyncSessions, Sessions
from chatkit_sessions._transport import aiohttp
from chatkit_sessions._transport.event_loops import LoopTransports
from support.clients import ARGUMENTS, serve_connections
from support.leaks import FAKE_KEY
from support.mock import Script, answer

Method = Callable[..., Any]
Tool = Callable[[Method, Method], Method]


def plain(handle: Method, _original: Method) -> Method:
    def method(_self: object, request: httpx.Request, **_options: Any) -> Any:
        return handle(request)

    return method


def wrapping(handle: Method, original: Method) -> Method:
    return wraps(original)(plain(handle, original))


def mock(handle: Method, _original: Method) -> Method:
    return Mock(side_effect=partial(plain(handle, _original), None))


async def create(sessions: Sessions | AsyncSessions) -> str:
    if isinstance(sessions, Sessions):
        return sessions.create(**ARGUMENTS).id
    return (await sessions.create(**ARGUMENTS)).id


async def close(sessions: Sessions | AsyncSessions) -> None:
    if isinstance(sessions, Sessions):
        sessions.close()
    else:
        await sessions.aclose()


Place = tuple[Any, str, str]
"""A class of httpx, its method that a tool replaces, and the method of a script that stands for it."""
TRANSPORTS: list[Place] = [
    (httpx.HTTPTransport, "handle_request", "handle_request"),
    (httpx.AsyncHTTPTransport, "handle_async_request", "handle_async_request"),
]
CLIENTS: list[Place] = [
    (httpx.Client, "send", "handle_request"),
    (httpx.AsyncClient, "send", "handle_async_request"),
]


def replace(patch: pytest.MonkeyPatch, tool: Tool, server: Script, places: list[Place]) -> None:
    for owner, name, ours in places:
        patch.setattr(owner, name, tool(getattr(server, ours), getattr(owner, name)))


@pytest.mark.parametrize("places", [TRANSPORTS, CLIENTS], ids=["transports", "clients"])
@pytest.mark.parametrize("tool", [plain, wrapping, mock])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("make", [Sessions, AsyncSessions])
def test_a_tool_sees_every_call_while_it_is_there(
    make: type[Sessions | AsyncSessions],
    backend: str,
    tool: Tool,
    places: list[Place],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tools, network = Script([answer(), answer()]), Script([answer(), answer()])
    serve_connections(monkeypatch, network)

    async def calls() -> list[str]:
        sessions = make(api_key=FAKE_KEY)
        ids = [await create(sessions)]
        with monkeypatch.context() as patch:
            replace(patch, tool, tools, places)
            ids += [await create(sessions), await create(sessions)]
        ids += [await create(sessions)]
        await close(sessions)
        return ids

    assert anyio.run(calls, backend=backend) == ["cksess_1"] * 4
    assert [request.headers["openai-beta"] for request in tools.requests] == ["chatkit_beta=v1"] * 2
    tools.check_finished()
    network.check_finished()


def test_aiohttp_that_was_asked_for_is_never_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    replace(monkeypatch, plain, Script([]), TRANSPORTS + CLIENTS)

    async def target() -> object:
        targets = LoopTransports("aiohttp")
        try:
            return type(await targets.target())
        finally:
            await targets.aclose()

    assert anyio.run(target) is aiohttp._AiohttpTransport  # pyright: ignore[reportPrivateUsage] # what it makes
