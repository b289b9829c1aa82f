"""One client and thousands of event loops, however they are ended: nothing of a loop stays."""

import json
import sys

import pytest
from support.behaviours import answer
from support.fault_server import FaultServer
from support.programs import run

HABITS = """
    import asyncio, gc, json, os, sys, warnings
    import trio
    from chatkit_sessions import AsyncSessions

    base_url, habit, options, count = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])
    sessions = AsyncSessions(base_url=base_url, api_key="sk-test", **options)

    def call():
        return sessions.create(user="user_1", workflow="wf_1")

    async def call_and_leave():
        async with sessions.with_options(timeout=5) as copy:
            await copy.create(user="user_1", workflow="wf_1")

    def by_run():
        asyncio.run(call())

    def by_run_with_a_copy():
        asyncio.run(call_and_leave())

    def by_closing():
        loop = asyncio.new_event_loop()
        loop.run_until_complete(call())
        loop.close()

    def by_runner():
        with asyncio.Runner() as runner:
            runner.run(call())
            runner.run(call())

    def by_trio():
        trio.run(call)

    def loops():
        gc.collect()
        return sum(isinstance(each, (asyncio.BaseEventLoop, trio.lowlevel.TrioToken)) for each in gc.get_objects())

    def measure():
        return loops(), len(os.listdir("/dev/fd")), sys.getallocatedblocks()

    for n in range(count):
        if n == count // 2:
            before = measure()
        globals()[habit]()
    after = measure()
    print(json.dumps([b - a for a, b in zip(before, after)] + [after[0]]))
"""


@pytest.mark.parametrize("habit", ["by_run", "by_run_with_a_copy", "by_closing", "by_runner", "by_trio"])
def test_many_event_loops_leave_nothing_behind(habit: str) -> None:
    with FaultServer(otherwise=answer) as server:
        loops, files, blocks, alive = json.loads(run(HABITS, server.base_url, habit, "{}", "60"))
        assert (loops, files, alive) == (0, 0, 0)
        assert blocks < 30 * 20  # less than twenty blocks of memory for each loop
        assert server.settles_at(0)


@pytest.mark.parametrize("habit", ["by_run", "by_runner"])
def test_many_event_loops_leave_nothing_behind_on_aiohttp(habit: str) -> None:
    with FaultServer(otherwise=answer) as server:
        options = json.dumps({"http_backend": "aiohttp"})
        loops, files, blocks, alive = json.loads(run(HABITS, server.base_url, habit, options, "40"))
        assert (loops, files, alive) == (0, 0, 0)
        assert blocks < 20 * 40


NESTED = """
    import asyncio, sys
    import nest_asyncio
    from chatkit_sessions import AsyncSessions

    nest_asyncio.apply()
    base_url, options = sys.argv[1], {"http_backend": sys.argv[2]}
    sessions = AsyncSessions(base_url=base_url, api_key="sk-test", **options)

    def call():
        return sessions.create(user="user_1", workflow="wf_1")

    async def main():
        await call()
        print(asyncio.get_running_loop().run_until_complete(call()).id)
        await call()

    asyncio.run(main())
    print(asyncio.run(call()).id)
"""


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="nest_asyncio, which is no longer maintained, warns there")
@pytest.mark.parametrize("backend", ["httpx", "aiohttp"])
def test_event_loops_that_are_nested_print_no_traceback_at_exit(backend: str) -> None:
    with FaultServer(otherwise=answer) as server:
        assert run(NESTED, server.base_url, backend) == "cksess_user_1\n" * 2
