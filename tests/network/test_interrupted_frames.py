"""Calls that are interrupted: what a reporter prints of their frames holds neither the key nor a secret."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from support.behaviours import head, send_and_stall, session
from support.clients import Client, Twin
from support.fault_server import FaultServer, Peer
from support.leaks import leak_in

LIBRARIES = ("chatkit_sessions", "generated_client", "httpx", "httpcore", "httpx2", "httpcore2", "h11")
HALF = session()[:-40]

# What the server does, and how much is sent.
MOMENTS: dict[str, tuple[Callable[[], FaultServer], int]] = {
    "while it waits for an answer": (lambda: FaultServer(otherwise=send_and_stall(b"")), 0),
    "in a head": (lambda: FaultServer(otherwise=send_and_stall(head()[:-10])), 0),
    "in a body": (lambda: FaultServer(otherwise=send_and_stall(head(length=len(HALF) + 40) + HALF)), 0),
    "in the body of an error": (lambda: FaultServer(otherwise=send_and_stall(head(500, length=9999) + HALF)), 0),
    # A server that reads nothing of it.
    "while it sends": (lambda: FaultServer(at_connect=partial(Peer.drip, start=b"", again=b"x", every=60)), 20_000_000),
}
moments = pytest.mark.parametrize("moment", MOMENTS)
WAYS = pytest.mark.parametrize(
    ("http", "library"), [(None, httpx), ({}, httpx), ({}, httpx2)], ids=["own", "httpx", "httpx2"]
)


def shown_by(error: BaseException, packages: tuple[str, ...]) -> list[str]:
    """Return the local variables of these packages' frames that show a secret, of an error and of what is behind it."""
    found: list[str] = []
    link: BaseException | None = error
    while link is not None:
        found += [f"{place} in {link!r}" for place in _leaks(link.__traceback__, packages)]
        link = link.__cause__ or link.__context__
    return found


def _leaks(trace: TracebackType | None, packages: tuple[str, ...]) -> Iterator[str]:
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        if str(frame.f_globals.get("__name__")).partition(".")[0] in packages:
            for name, value in frame.f_locals.items():
                if leak_in(repr(value)):
                    yield f"{name} of {frame.f_code.co_qualname}"


@moments
@WAYS
@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_a_call_that_is_cancelled_shows_no_secret(kind: Any, moment: str, http: Any, library: Any) -> None:
    _check_cancelled(Twin(kind), moment, LIBRARIES, http=http, library=library)


@pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning")  # of aiohttp's
@moments
def test_a_call_over_aiohttp_that_is_cancelled_shows_no_secret(moment: str) -> None:
    _check_cancelled(Twin("aiohttp"), moment, (*LIBRARIES, "aiohttp", "httpx_aiohttp"))


def _check_cancelled(twin: Twin, moment: str, packages: tuple[str, ...], **options: Any) -> None:
    found: list[str] = []

    async def job(client: Client) -> bool:
        with anyio.move_on_after(0.15) as scope:
            try:
                await client.create(extra_body={"more": "x" * size})
            except BaseException as error:
                found.extend(shown_by(error, packages))
                raise
        return scope.cancelled_caught

    serve, size = MOMENTS[moment]
    with serve() as server:
        assert twin.run(job, base_url=server.base_url, **options)
    assert found == []


@pytest.mark.no_cover  # what is interrupted may be coverage itself, which then waits for a lock for ever
@moments
@WAYS
def test_a_sync_call_that_is_interrupted_shows_no_secret(moment: str, http: Any, library: Any) -> None:
    serve, size = MOMENTS[moment]
    over = threading.Event()

    def strike() -> None:
        # While it connects, httpcore would lose a socket.
        while not (server.connections if size else server.requests):
            if over.wait(0.01):
                return
        if not over.wait(0.15):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    striking = threading.Thread(target=strike)
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)

    async def job(client: Client) -> None:
        striking.start()
        await client.create(extra_body={"more": "x" * size})

    try:
        with serve() as server, pytest.raises(KeyboardInterrupt) as caught:
            Twin("sync").run(job, base_url=server.base_url, http=http, library=library)
    finally:
        over.set()
        striking.join()
        signal.signal(signal.SIGUSR1, before)
    assert shown_by(caught.value, LIBRARIES) == []
