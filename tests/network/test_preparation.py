"""What a first call needs is loaded and made before it."""

from pathlib import Path

import pytest
from support.behaviours import answer
from support.certificates import Authority
from support.fault_server import FaultServer
from support.programs import run

SYNC = """
    import sys
    from chatkit_sessions import Sessions

    with Sessions(api_key="sk-test", base_url=sys.argv[1]) as sessions:
        before = set(sys.modules)
        sessions.create(user="user_1", workflow="wf_1")
        print(*sorted(set(sys.modules) - before))
"""
ASYNC = """
    import sys
    from chatkit_sessions import AsyncSessions

    async def main():
        async with AsyncSessions(api_key="sk-test", base_url=sys.argv[1]) as sessions:
            before = set(sys.modules)
            await sessions.create(user="user_1", workflow="wf_1")
            print(*sorted(set(sys.modules) - before))
"""
PROGRAMS = {
    "sync": SYNC,
    "asyncio": f"{ASYNC}\n    import asyncio\n    asyncio.run(main())\n",
    "trio": f"{ASYNC}\n    import trio\n    trio.run(main)\n",
}
FORK = """
    import os, signal, sys, threading, warnings
    from chatkit_sessions import Sessions

    warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)  # the threads are what is tested

    def create():
        sessions.create(user="user_1", workflow="wf_1")

    sessions = Sessions(api_key="sk-test", base_url=sys.argv[1])
    thread = threading.Thread(target=create)
    thread.start()
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        create()
        os._exit(0)
    thread.join()
    assert os.waitpid(child, 0)[1] == 0
    sessions.close()
"""


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_first_call_loads_nothing(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path)))
    with FaultServer(otherwise=answer, tls=authority.server_context("localhost")) as server:
        assert run(PROGRAMS[kind], server.base_url.replace("127.0.0.1", "localhost")) == "\n"


def test_a_program_may_fork_during_the_first_call_of_another_thread() -> None:
    with FaultServer(otherwise=answer) as server:
        for _ in range(5):
            assert run(FORK, server.base_url) == ""
