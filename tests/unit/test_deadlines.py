from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from chatkit_sessions import APITimeoutError, InternalServerError, _deadline
from support.clients import Maker
from support.mock import Answer, answer

pytestmark = pytest.mark.anyio


@dataclass
class Clock:
    """A clock that stands still unless a test moves it."""

    now: float = 1000.0

    def passing(self, seconds: float, then: Any) -> Any:
        """Return a step of the server that takes so long."""

        def step(_request: httpx.Request) -> Answer:
            self.now += seconds
            if isinstance(then, Exception):
                raise then
            answered: Answer = then
            return answered

        return step


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(_deadline, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


async def test_a_deadline_of_a_minute_is_the_default(maker: Maker, clock: Clock) -> None:
    client = maker.serve(clock.passing(59, answer(500)), clock.passing(1, httpx.ConnectError("refused")))
    with pytest.raises(APITimeoutError, match=r"^The call did not end before its deadline of 60\.0 s$"):
        await client.create()


async def test_the_deadline_bounds_each_attempt_by_what_is_left(maker: Maker, clock: Clock) -> None:
    client = maker.serve(clock.passing(7, answer(500)), clock.passing(2, answer(500)), answer(), deadline=10)
    await client.create()
    bounds = [max(request.extensions["timeout"].values()) for request in client.server.requests]
    assert bounds == [10, 3, 1]


async def test_an_attempt_that_would_begin_after_the_deadline_is_not_made(
    maker: Maker, clock: Clock, sleeps: list[float]
) -> None:
    client = maker.serve(clock.passing(9.9, answer(500)), deadline=10)
    with pytest.raises(InternalServerError):
        await client.create()
    assert sleeps == []


async def test_a_wait_that_overruns_the_deadline_ends_the_call(
    maker: Maker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def oversleep_async(_seconds: float) -> None:
        clock.now += 60

    def oversleep(_seconds: float) -> None:
        clock.now += 60

    monkeypatch.setattr("time.sleep", oversleep)
    monkeypatch.setattr("anyio.sleep", oversleep_async)
    with pytest.raises(APITimeoutError, match="deadline"):
        await maker.serve(answer(500), deadline=10).create()


async def test_a_key_callable_that_takes_too_long_ends_the_call(maker: Maker, clock: Clock) -> None:
    def give() -> str:
        clock.now += 60
        return "sk-late"

    with pytest.raises(APITimeoutError, match="deadline"):
        await maker.serve(deadline=10, api_key=give).create()


@pytest.mark.parametrize("flavour", [("sync", True), ("sync", False)], indirect=True)
async def test_the_deadline_holds_for_a_body_that_drips(maker: Maker, clock: Clock) -> None:
    class Dripping(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                clock.now += 4
                yield b"{"

    step = replace(answer(), body=Dripping())
    client = maker.serve(step, step, step, deadline=10)
    with pytest.raises(APITimeoutError, match=r"deadline of 10\.0 s; the status was 2xx, so a session may exist"):
        await client.create()
    for number in range(2):
        async with client.create_streamed() as streamed:
            with pytest.raises(APITimeoutError, match="deadline"):
                await (streamed.chunks, streamed.read)[number]()


async def test_an_answer_that_comes_in_time_is_taken(maker: Maker, clock: Clock) -> None:
    client = maker.serve(clock.passing(9, answer()), clock.passing(10_000, answer()))
    assert (await client.create(deadline=10)).id == "cksess_1"
    assert (await client.create(deadline=None, timeout=None)).id == "cksess_1"
    assert set(client.server.requests[1].extensions["timeout"].values()) == {None}
