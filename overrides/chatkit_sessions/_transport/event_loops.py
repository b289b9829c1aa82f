"""What the async calls of a client are sent through: one target for each event loop, closed with the loop."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import suppress
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary, ref

import httpx

from .async_connection_pool import AsyncConnectionPool
from .network import HttpBackend, is_stock, ssl_context

Target = httpx.AsyncBaseTransport | httpx.AsyncClient


class LoopTransports:
    """What the async calls of one client and its copies are sent through."""

    def __init__(self, backend: HttpBackend) -> None:
        self._backend: HttpBackend = backend
        self._by_loop: WeakKeyDictionary[Any, dict[bool, tuple[Target, AsyncGenerator[None]]]] = WeakKeyDictionary()

    async def target(self) -> Target:
        """Return what calls of the running event loop are sent through."""
        loop = _running_loop()
        if (held := self._by_loop.get(loop)) is None:
            self._forget_closed_loops()
            held = self._by_loop.setdefault(loop, {})
        is_our_own = self._backend == "aiohttp" or is_stock(
            httpx.AsyncHTTPTransport.handle_async_request, httpx.AsyncClient.send
        )
        if is_our_own not in held:
            target = self._new_target() if is_our_own else httpx.AsyncClient(verify=ssl_context())
            held[is_our_own] = target, await _kept_until_its_loop_ends(target, held)
        return held[is_our_own][0]

    async def aclose(self) -> None:
        """Close what the running event loop has; the others close with their loops."""
        for _, keeper in list(self._by_loop.pop(_running_loop(), {}).values()):
            await keeper.aclose()

    def _new_target(self) -> Target:
        if self._backend == "aiohttp":
            from .aiohttp import new_transport  # type: ignore[import-not-found,unused-ignore] # no vendored copy has it

            target: Target = new_transport()
            return target
        return AsyncConnectionPool()

    def _forget_closed_loops(self) -> None:
        """Forget closed loops that did not close their generators; `asyncio.run` would have."""
        for reference in self._by_loop.keyrefs():
            loop = reference()
            if isinstance(loop, asyncio.AbstractEventLoop) and loop.is_closed():
                self._by_loop.pop(loop, None)


def _running_loop() -> object:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        # By name, for type checkers where trio is not installed; a program that runs on it has it.
        token: object = import_module("trio").lowlevel.current_trio_token()
        return token


async def _kept_until_its_loop_ends(target: Target, held: dict[bool, Any]) -> AsyncGenerator[None]:
    """Return a generator that closes a target at the end of its event loop, when the loop closes its generators."""
    keeper, hooks = _keeper(target, held), sys.get_asyncgen_hooks()
    if isinstance(target, AsyncConnectionPool):
        # A finalizer would hold the loop, and we hold the generator: the loop would stay in memory.
        sys.set_asyncgen_hooks(finalizer=None)
    try:
        started = anext(keeper)
    finally:
        sys.set_asyncgen_hooks(*hooks)
    await started
    return keeper


async def _keeper(target: Target, held: dict[bool, Any]) -> AsyncGenerator[None]:
    loop = ref(_running_loop())
    try:
        yield
    finally:
        held.clear()
        closing = target.aclose()
        if _is_running(loop()):
            await closing
        else:  # nest_asyncio never ends a loop, so the generator is dropped
            _close_without_a_loop(closing)


def _is_running(loop: object) -> bool:
    try:
        return _running_loop() is loop
    except (RuntimeError, ImportError):
        return False


def _close_without_a_loop(closing: Coroutine[Any, Any, None]) -> None:
    """Let a target close its connections, and do not wait for the servers."""
    with suppress(Exception):
        closing.send(None)
    closing.close()
