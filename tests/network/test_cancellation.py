"""Calls that are cancelled: at each of their suspensions, the client stays whole and no connection is left behind."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable

import anyio
import pytest
from support.behaviours import answer, gather
from support.clients import Client, Twin
from support.fault_server import Behaviour, FaultServer, Peer
from support.steps import at_step

# One call cancelled at a step: tells whether that step was reached.
Cancelled = Callable[[Client, int], Awaitable[bool]]
LIMIT = 100


async def by_task(client: Client, step: int, *more: int) -> bool:
    """Cancel the task, as asyncio does."""
    reached = False

    def act(now: int) -> None:
        nonlocal reached
        if now in (step, *more):
            reached = True
            task.cancel()

    async def job() -> None:
        await at_step(client.create(), act)

    task = asyncio.create_task(job())
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
    return reached


async def by_task_twice(client: Client, step: int) -> bool:
    """Cancel the task, and again while it cleans up."""
    return await by_task(client, step, step + 1)


async def by_scope(client: Client, step: int) -> bool:
    """Cancel a scope around the call, as anyio and trio do."""
    reached = False

    def act(now: int) -> None:
        nonlocal reached
        if now == step:
            reached = True
            scope.cancel()

    with anyio.CancelScope() as scope:
        await at_step(client.create(), act)
    return reached


CASES = [
    pytest.param(Twin("asyncio"), by_task, id="asyncio-task"),
    pytest.param(Twin("asyncio"), by_task_twice, id="asyncio-task-twice"),
    pytest.param(Twin("asyncio"), by_scope, id="asyncio-scope"),
    pytest.param(Twin("trio"), by_scope, id="trio-scope"),
    pytest.param(Twin("aiohttp"), by_task, id="aiohttp-task"),
    pytest.param(Twin("aiohttp"), by_task_twice, id="aiohttp-task-twice"),
    pytest.param(Twin("aiohttp"), by_scope, id="aiohttp-scope"),
]


async def all_slots_work(client: Client) -> None:
    async with anyio.create_task_group() as group:
        for n in range(LIMIT):
            group.start_soon(create_as, client, f"together_{n}")


async def create_as(client: Client, user: str) -> None:
    assert (await client.create(user=user, workflow="wf_1")).user == user


def answers() -> Behaviour:
    """Answer at once, but those of `all_slots_work` only when all of them are there."""
    gathered = gather(LIMIT)

    def behave(peer: Peer) -> None:
        (gathered if peer.request.user.startswith("together") else answer)(peer)

    return behave


@pytest.mark.parametrize(("twin", "cancelled"), CASES)
@pytest.mark.parametrize("is_kept", [False, True], ids=["new connection", "kept connection"])
def test_a_call_can_be_cancelled_at_any_moment(twin: Twin, cancelled: Cancelled, is_kept: bool) -> None:
    with FaultServer(otherwise=answers()) as server:

        async def job(client: Client) -> int:
            step = 0
            while True:
                if is_kept:
                    await client.create()
                if not await cancelled(client, step):
                    break
                step += 1
            assert await anyio.to_thread.run_sync(server.settles_at, 1)
            await all_slots_work(client)
            return step

        assert twin.run(job, base_url=server.base_url, deadline=60) > 0
        assert server.most_connections <= LIMIT + 1
        assert server.settles_at(0)


@pytest.mark.parametrize("twin", [Twin("asyncio"), Twin("trio"), Twin("aiohttp")], ids=lambda twin: twin.name)
def test_many_calls_can_be_cancelled_together_and_those_that_wait_for_a_connection_too(twin: Twin) -> None:
    def behave(peer: Peer) -> None:
        (Peer.stall if peer.request.user.startswith("stalled") else gathered)(peer)

    gathered = gather(LIMIT)
    with FaultServer(otherwise=behave) as server:

        async def job(client: Client) -> None:
            async with anyio.create_task_group() as group:
                for n in range(150):
                    group.start_soon(create_as, client, f"stalled_{n}")
                assert await anyio.to_thread.run_sync(server.receives, LIMIT)
                group.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(server.settles_at, 0)
            await all_slots_work(client)

        twin.run(job, base_url=server.base_url)
        assert server.most_connections == LIMIT
        assert len(server.requests) == 2 * LIMIT


@pytest.mark.parametrize("twin", [Twin("asyncio"), Twin("aiohttp")], ids=lambda twin: twin.name)
def test_a_timeout_of_asyncio_around_a_call_stays_one(twin: Twin) -> None:
    async def job(client: Client) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.create(user="stalled")
        await client.create()

    def behave(peer: Peer) -> None:
        (Peer.stall if peer.request.user == "stalled" else answer)(peer)

    with FaultServer(otherwise=behave) as server:
        twin.run(job, base_url=server.base_url)


@pytest.mark.no_cover  # what is interrupted may be coverage itself, which then waits for a lock for ever
def test_an_interrupted_sync_call_gives_its_connection_back() -> None:
    def interrupt(peer: Peer) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        peer.stall()

    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    try:
        with FaultServer(*[interrupt] * (LIMIT + 1), otherwise=answer) as server:

            async def job(client: Client) -> None:
                for _ in range(LIMIT + 1):
                    with pytest.raises(KeyboardInterrupt):
                        await client.create()
                await client.create()

            Twin("sync").run(job, base_url=server.base_url)
            assert server.settles_at(0)
    finally:
        signal.signal(signal.SIGUSR1, before)
