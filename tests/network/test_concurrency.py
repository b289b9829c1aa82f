"""One client, many calls at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from chatkit_sessions import APITimeoutError, AsyncSessions, Sessions
from support.behaviours import answer, gather
from support.clients import Client, Twin
from support.fault_server import FaultServer, Peer
from support.leaks import FAKE_KEY

LIMIT = 100


def test_sixteen_threads_share_one_client() -> None:
    def calls(thread: int) -> list[str]:
        return [sessions.create(user=f"user_{thread}_{n}", workflow="wf_1").id for n in range(200)]

    with FaultServer(otherwise=answer) as server:
        with (
            Sessions(base_url=server.base_url, api_key=FAKE_KEY, max_retries=0) as sessions,
            ThreadPoolExecutor(16) as threads,
        ):
            got = list(threads.map(calls, range(16)))
        assert got == [[f"cksess_user_{thread}_{n}" for n in range(200)] for thread in range(16)]
        assert len(server.requests) == 3200
        assert server.connections <= 16


def test_a_hundred_threads_have_a_connection_each_and_more_of_them_wait() -> None:
    def call(n: int) -> None:
        sessions.create(user=f"user_{n}", workflow="wf_1")

    with FaultServer(otherwise=gather(LIMIT)) as server:
        with (
            Sessions(base_url=server.base_url, api_key=FAKE_KEY, max_retries=0) as sessions,
            ThreadPoolExecutor(2 * LIMIT) as threads,
        ):
            list(threads.map(call, range(2 * LIMIT)))
        assert server.most_connections == LIMIT


@pytest.mark.parametrize("twin", [Twin("asyncio"), Twin("trio"), Twin("aiohttp")], ids=lambda twin: twin.name)
def test_five_hundred_tasks_share_one_client(twin: Twin) -> None:
    async def job(client: Client) -> None:
        async def call(n: int) -> None:
            assert (await client.create(user=f"user_{n}", workflow="wf_1")).user == f"user_{n}"

        async with anyio.create_task_group() as group:
            for n in range(500):
                group.start_soon(call, n)

    with FaultServer(otherwise=answer) as server:
        twin.run(job, base_url=server.base_url, max_retries=0)
        assert len(server.requests) == 500
        assert server.connections <= LIMIT


def test_a_call_that_gets_no_connection_in_time_says_so() -> None:
    async def main(base_url: str) -> None:
        async with AsyncSessions(base_url=base_url, api_key=FAKE_KEY, max_retries=0) as sessions:
            stalled = [asyncio.create_task(sessions.create(user=f"user_{n}", workflow="wf_1")) for n in range(LIMIT)]
            assert await asyncio.to_thread(server.receives, LIMIT)
            with pytest.raises(APITimeoutError, match="connections were in use"):
                await sessions.create(user="one more", workflow="wf_1", timeout=0.1)
            for task in stalled:
                task.cancel()
            await asyncio.wait(stalled)

    with FaultServer(otherwise=Peer.stall) as server:
        asyncio.run(main(server.base_url))
        assert len(server.requests) == LIMIT
