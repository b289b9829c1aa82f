"""Makes calls with one contender, and says what they cost.

Runs inside the contender's environment as `python contender.py NAME SESSION_ID`, so it needs nothing of this
repository. Each line of standard input is an order in JSON; the answer to each is a line of JSON. Between orders it
waits and costs nothing.
"""

import asyncio
import gc
import json
import resource
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

API_KEY: Final = "sk-benchmark-0123456789abcdef"
USER: Final = "user_abc"
WORKFLOW: Final = "wf_123"
WARM_UP_SECONDS: Final = 0.05
GROWTH_WARM_UP: Final = 2_000
GROWTH_CALLS: Final = 20_000

Call = Callable[[], Any]
AsyncCall = Callable[[], Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class Calls:
    """How a contender makes its calls; `session_id` reads the id from what a call returns."""

    create: Any
    cancel: Any
    session_id: Callable[[Any], str]
    close: Callable[[], Any]


def _openai(name: str, base_url: str, session_id: str, *, is_async: bool) -> Calls:
    openai: Any = import_module("openai")
    client_type = openai.AsyncOpenAI if is_async else openai.OpenAI
    http_client = openai.DefaultAioHttpClient() if name == "openai[aiohttp]" else None
    client = client_type(api_key=API_KEY, base_url=base_url, http_client=http_client)
    sessions = client.beta.chatkit.sessions
    return Calls(
        create=lambda: sessions.create(user=USER, workflow={"id": WORKFLOW}),
        cancel=lambda: sessions.cancel(session_id),
        session_id=lambda session: session.id,
        close=client.close,
    )


def _ours(name: str, base_url: str, session_id: str, *, is_async: bool) -> Calls:
    ours: Any = import_module("chatkit_sessions")
    options: dict[str, Any] = {"api_key": API_KEY, "base_url": base_url}
    if name == "ours[aiohttp]":
        options["http_backend"] = "aiohttp"
    if name == "ours, injected client":
        httpx: Any = import_module("httpx")
        options["http_client"] = httpx.AsyncClient() if is_async else httpx.Client()
    sessions = ours.AsyncSessions(**options) if is_async else ours.Sessions(**options)
    return Calls(
        create=lambda: sessions.create(user=USER, workflow=WORKFLOW),
        cancel=lambda: sessions.cancel(session_id),
        session_id=lambda session: session.id,
        close=sessions.aclose if is_async else sessions.close,
    )


def _httpx(_name: str, base_url: str, session_id: str, *, is_async: bool) -> Calls:
    httpx: Any = import_module("httpx")
    headers = {"Authorization": f"Bearer {API_KEY}", "OpenAI-Beta": "chatkit_beta=v1"}
    client = (httpx.AsyncClient if is_async else httpx.Client)(headers=headers, timeout=60)
    create_url, cancel_url = f"{base_url}/chatkit/sessions", f"{base_url}/chatkit/sessions/{session_id}/cancel"
    body = {"user": USER, "workflow": {"id": WORKFLOW}}

    async def acreate() -> Any:
        return (await client.post(create_url, json=body)).json()

    async def acancel() -> Any:
        return (await client.post(cancel_url)).json()

    return Calls(
        create=acreate if is_async else lambda: client.post(create_url, json=body).json(),
        cancel=acancel if is_async else lambda: client.post(cancel_url).json(),
        session_id=lambda session: session["id"],
        close=client.aclose if is_async else client.close,
    )


MAKERS: Final = {
    "openai": _openai,
    "openai[aiohttp]": _openai,
    "ours": _ours,
    "ours[aiohttp]": _ours,
    "ours, injected client": _ours,
    "httpx": _httpx,
}


class Meter:
    """Sets calls against the processor time of this process, all its threads together, and against the clock."""

    def __init__(self) -> None:
        self._processor = time.process_time()
        self._clock = time.perf_counter()

    def read(self, calls: int) -> dict[str, float]:
        processor, clock = time.process_time() - self._processor, time.perf_counter() - self._clock
        return {"seconds": processor / calls, "rate": calls / clock}


def in_threads(call: Call, count: int, seconds: float) -> dict[str, float]:
    """Make calls from several threads at once, or from this one if the count is 1."""
    made = [0] * count
    meter, ends = Meter(), time.perf_counter() + seconds

    def work(number: int) -> None:
        while time.perf_counter() < ends:
            call()
            made[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, count)]
    for thread in threads:
        thread.start()
    work(0)
    for thread in threads:
        thread.join()
    return meter.read(sum(made))


async def in_tasks(call: AsyncCall, count: int, seconds: float) -> dict[str, float]:
    """Make calls from several tasks at once, or from this one if the count is 1."""
    made = 0
    meter, ends = Meter(), time.perf_counter() + seconds

    async def work() -> None:
        nonlocal made
        while time.perf_counter() < ends:
            await call()
            made += 1

    await asyncio.gather(*(work() for _ in range(1, count)), work())
    return meter.read(made)


def repeat(call: Call, count: int) -> None:
    for _ in range(count):
        call()


async def arepeat(call: AsyncCall, count: int) -> None:
    for _ in range(count):
        await call()


def growth(make_calls: Callable[[int], None]) -> dict[str, float]:
    """Tell how many bytes of memory calls leave behind that follow a warm-up."""
    make_calls(GROWTH_WARM_UP)
    before = resident()
    make_calls(GROWTH_CALLS)
    return {"bytes": resident() - before}


def resident() -> int:
    """Return the bytes of memory that this process has, once the garbage is collected."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Contender:
    """Carries out orders, with one client for each server and kind of call."""

    def __init__(self, name: str, session_id: str) -> None:
        self._name = name
        self._session_id = session_id
        self._loop = asyncio.Runner()
        self._clients: dict[tuple[str, bool], Calls] = {}

    def carry_out(self, order: dict[str, Any]) -> dict[str, float]:
        """Make the calls of an order, after a warm-up that opens its connections."""
        is_async, at_once, seconds = order["is_async"], order["at_once"], order["seconds"]
        call = getattr(self._calls(order["base_url"], is_async=is_async), order["operation"])
        gc.collect()
        if order["measure"] == "growth":
            return growth(lambda count: self._loop.run(arepeat(call, count)) if is_async else repeat(call, count))
        if is_async:
            self._loop.run(in_tasks(call, at_once, WARM_UP_SECONDS))
            return self._loop.run(in_tasks(call, at_once, seconds))
        in_threads(call, at_once, WARM_UP_SECONDS)
        return in_threads(call, at_once, seconds)

    def _calls(self, base_url: str, *, is_async: bool) -> Calls:
        key = (base_url, is_async)
        if key not in self._clients:
            calls = MAKERS[self._name](self._name, base_url, self._session_id, is_async=is_async)
            for call in (calls.create, calls.cancel):
                session = self._loop.run(call()) if is_async else call()
                if calls.session_id(session) != self._session_id:
                    raise ValueError(f"{self._name} returned something else than the session that was sent")
            self._clients[key] = calls
        return self._clients[key]

    def close(self) -> None:
        """Close the clients and the event loop."""
        for (_, is_async), calls in self._clients.items():
            if is_async:
                self._loop.run(calls.close())
            else:
                calls.close()
        self._loop.close()


def main() -> None:
    contender = Contender(*sys.argv[1:])
    for line in sys.stdin:
        print(json.dumps(contender.carry_out(json.loads(line))), flush=True)
    contender.close()


if __name__ == "__main__":
    main()
