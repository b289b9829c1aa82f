"""Makes calls of one way until its time is over, and prints each outcome as a line of JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import httpx2
import trio
from chatkit_sessions import AsyncSessions, ChatKitError, RetryPolicy, Sessions
from support.leaks import FAKE_KEY, leaks_of

from fuzz.answers import is_user_of_another, user_of

DEADLINE: Final = 0.5
"""Seconds that a call may take."""
LATE: Final = 2.0
"""Seconds that it may take longer: the machine is busy, and a step is not cut in two."""
MEMORY: Final = 128 * 2**20
HOLD: Final = 0.1
"""Seconds of CPU that one step may take of an event loop."""
# Which client sends, and whether in an event loop of trio's: None is ours.
WAYS: Final[dict[str, tuple[str, Any, dict[str, Any]]]] = {
    "sync": ("sync", None, {}),
    "asyncio": ("asyncio", None, {}),
    "trio": ("trio", None, {}),
    "aiohttp": ("asyncio", None, {"http_backend": "aiohttp"}),
    "sync-httpx": ("sync", httpx.Client, {}),
    "asyncio-httpx": ("asyncio", httpx.AsyncClient, {}),
    "trio-httpx": ("trio", httpx.AsyncClient, {}),
    "sync-httpx2": ("sync", httpx2.Client, {}),
    "asyncio-httpx2": ("asyncio", httpx2.AsyncClient, {}),
}
_ARGUMENTS: Final[dict[str, Any]] = {"workflow": "wf_1", "extra_query": {"q": "1"}}


@dataclass
class Judge:
    """Looks at what became of a case, and prints it."""

    way: str
    seed: int
    started: float = 0.0
    hold: float = 0.0
    resident: int = 0
    late: int = -1

    def begin(self, seed: int) -> dict[str, Any]:
        """Return the arguments of the call that is this case."""
        self.seed, self.hold = seed, 0.0
        _forget_peak()
        self.resident = _memory("VmRSS")
        self.started = time.monotonic()
        return {**_ARGUMENTS, "user": user_of(seed), "extra_headers": {"x-fuzz": str(seed)}}

    def is_to_repeat(self, outcome: object) -> bool:
        """Print what is wrong with an outcome, or its kind if nothing is; return whether the case gets another chance.

        It does when it was late for the first time: the machine may have been too busy.
        """
        seconds, grown = time.monotonic() - self.started, _memory("VmHWM") - self.resident
        wrong: list[str] = []
        if isinstance(outcome, BaseException):
            if not isinstance(outcome, ChatKitError):
                wrong.append(f"raised {outcome!r:.300}")
            else:
                # A client secret under a name that was mutated is not known for one.
                wrong += [f"shows a secret: {leak}" for leak in leaks_of(outcome) if not leak.startswith("pickle")]
        elif is_user_of_another(outcome, self.seed):
            wrong.append(f"got the answer of {outcome}")
        is_late = seconds > DEADLINE + LATE
        if is_late and self.seed != self.late:
            self.late = self.seed
            return True
        if is_late:
            wrong.append(f"took {seconds:.1f} s")
        if grown > MEMORY:
            wrong.append(f"took {grown >> 20} MiB")
        if self.hold > HOLD:
            wrong.append(f"held the event loop for {self.hold * 1000:.0f} ms")
        kind = type(outcome).__name__ if isinstance(outcome, BaseException) else "session"
        line = {"way": self.way, "seed": self.seed, "kind": kind, "wrong": wrong, "hold": self.hold, "grown": grown}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        return False

    async def watch(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Measure how much CPU passes between two turns of the event loop."""
        before = time.thread_time()
        while True:
            await sleep(0.005)
            now = time.thread_time()
            self.hold, before = max(self.hold, now - before), now


def run(way: str, base_url: str, seeds: range, seconds: float) -> None:
    """Make calls until the time or the seeds are used up."""
    kind, client, more = WAYS[way]
    ends = time.monotonic() + seconds
    options: dict[str, Any] = {
        "api_key": FAKE_KEY,
        "base_url": base_url,
        "deadline": DEADLINE,
        "max_retries": RetryPolicy(max_retries=1, initial_delay=0),
        **more,
    }
    judge = Judge(way, 0)
    if kind == "sync":
        with ExitStack() as stack:
            if client is not None:
                options["http_client"] = stack.enter_context(client())
            sessions = stack.enter_context(Sessions(**options))
            _call(sessions, judge.begin(seeds.start))  # which loads what a first call needs
            for seed in seeds:
                if time.monotonic() > ends:
                    return
                while judge.is_to_repeat(_call(sessions, judge.begin(seed))):
                    pass
        return

    async def calls(sleep: Callable[[float], Awaitable[None]]) -> None:
        async with AsyncExitStack() as stack:
            if client is not None:
                options["http_client"] = await stack.enter_async_context(client())
            sessions = await stack.enter_async_context(AsyncSessions(**options))
            await _acall(sessions, judge.begin(seeds.start))  # which loads what a first call needs
            for seed in seeds:
                if time.monotonic() > ends:
                    return
                await sleep(0.006)  # so that each case has a turn of the watch of its own
                while judge.is_to_repeat(await _acall(sessions, judge.begin(seed))):
                    await sleep(0.006)

    async def on_asyncio() -> None:
        watch = asyncio.create_task(judge.watch(asyncio.sleep))
        try:
            await calls(asyncio.sleep)
        finally:
            watch.cancel()

    async def on_trio() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(judge.watch, trio.sleep)
            await calls(trio.sleep)
            nursery.cancel_scope.cancel()

    trio.run(on_trio) if kind == "trio" else asyncio.run(on_asyncio())


def _call(sessions: Sessions, arguments: dict[str, Any]) -> object:
    try:
        return sessions.create(**arguments).user
    except Exception as error:
        return error


async def _acall(sessions: AsyncSessions, arguments: dict[str, Any]) -> object:
    try:
        return (await sessions.create(**arguments)).user
    except Exception as error:
        return error


def _memory(which: str) -> int:
    """Return a figure of this process in bytes, 0 where the system does not tell it."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(which):
                return int(line.split()[1]) * 1024
    return 0


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    warnings.simplefilter("error")
    _, _way, _base_url, _first, _count, _seconds = sys.argv
    run(_way, _base_url, range(int(_first), int(_first) + int(_count)), float(_seconds))
