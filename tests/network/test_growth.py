"""What a client holds after thousands of calls."""

import json

import pytest
from support.behaviours import answer
from support.fault_server import FaultServer
from support.programs import run

GROWTH = """
    import asyncio, gc, json, os, sys
    from chatkit_sessions import AsyncSessions, Sessions

    def measure():
        gc.collect()
        return sys.getallocatedblocks(), len(os.listdir("/dev/fd"))

    def sync():
        with Sessions(base_url=sys.argv[1], api_key="sk-test") as sessions:
            for n in range(800):
                if n == 200:
                    before = measure()
                sessions.create(user="user_1", workflow="wf_1")
            return before, measure()

    async def asynchronous():
        async with AsyncSessions(base_url=sys.argv[1], api_key="sk-test") as sessions:
            for n in range(800):
                if n == 200:
                    before = measure()
                await sessions.create(user="user_1", workflow="wf_1")
            return before, measure()

    (blocks, files), (blocks_after, files_after) = sync() if sys.argv[2] == "sync" else asyncio.run(asynchronous())
    print(json.dumps([blocks_after - blocks, files_after - files]))
"""


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
def test_many_calls_leave_neither_memory_nor_connections_behind(kind: str) -> None:
    with FaultServer(otherwise=answer) as server:
        grown, files = json.loads(run(GROWTH, server.base_url, kind))
        assert grown < 600  # less than one block of memory for each call
        assert files == 0
        assert server.connections == 1
