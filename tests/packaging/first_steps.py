"""What a new user tries first, run by an interpreter that has this package and little else.

Usage: first_steps.py URL-OF-A-SERVER URL-OF-A-SERVER-WITH-TLS
It prints, as JSON, which package was installed, whose sessions were created and what comes of each extra.
"""

import asyncio
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from io import StringIO
from typing import Literal

import chatkit_sessions
from chatkit_sessions import AsyncSessions, ChatKitError, RateLimitError, Sessions

KEY = "sk-first-steps"


def call(base_url: str) -> str | None:
    with Sessions(api_key=KEY, base_url=base_url) as sessions:
        session = sessions.create(user="sync", workflow="wf_1")
        sessions.cancel(session)
        return session.user


async def call_async(base_url: str, http_backend: Literal["httpx", "aiohttp"]) -> str | None:
    async with AsyncSessions(api_key=KEY, base_url=base_url, http_backend=http_backend) as sessions:
        session = await sessions.create(user=http_backend, workflow="wf_1")
        await sessions.cancel(session)
        return session.user


def limit(base_url: str) -> float | None:
    """Return the wait of a refusal that names a date, which is what python-dateutil is for."""
    try:
        with Sessions(api_key=KEY, base_url=base_url, max_retries=0) as sessions:
            sessions.create(user="limited", workflow="wf_1")
    except RateLimitError as error:
        return error.retry_after
    return None


def emulate() -> str:
    try:
        emulator = import_module("chatkit_sessions.emulator").Emulator
    except ModuleNotFoundError as error:
        return str(error)
    with emulator() as running, Sessions(api_key=running.api_key, base_url=running.base_url) as sessions:
        session = sessions.create(user="emulated", workflow="wf_1")
        return f"{session.user} {sessions.cancel(session).status}"


def use_aiohttp(base_url: str) -> str | None:
    try:
        return asyncio.run(call_async(base_url, "aiohttp"))
    except ChatKitError as error:
        return str(error)


def adapt() -> str:
    try:
        import_module("chatkit_sessions.web.flask")
    except ModuleNotFoundError as error:
        return str(error)
    return "a framework was found"


def demo() -> list[object]:
    """Return the exit code of the demo, and what it prints; a process of its own would import everything anew."""
    (command,) = entry_points(group="console_scripts", name="chatkit-sessions")
    sys.argv[1:] = ["demo"]
    shown, said = StringIO(), StringIO()
    with redirect_stdout(shown), redirect_stderr(said):
        try:
            command.load()()
        except SystemExit as end:
            return [end.code, shown.getvalue(), said.getvalue()]
    return [None, shown.getvalue(), said.getvalue()]


def main(plain: str, encrypted: str) -> None:
    report = {
        "from": chatkit_sessions.__file__,
        "versions": [chatkit_sessions.__version__, version("chatkit-sessions")],
        "packages": [name for name in ("generated_client", "overrides", "spec", "tests") if find_spec(name)],
        "users": [[call(url), asyncio.run(call_async(url, "httpx"))] for url in (plain, encrypted)],
        "retry_after": limit(plain),
        "aiohttp": [use_aiohttp(plain), use_aiohttp(encrypted)],
        "emulator": emulate(),
        "web": adapt(),
        "demo": demo(),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
