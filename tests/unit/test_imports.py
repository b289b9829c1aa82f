"""What is loaded when, each time in an interpreter of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTRAS = {"aiohttp", "httpx_aiohttp", "jsonschema", "starlette", "typer", "uvicorn"}
PRELUDE = """
import httpx
from chatkit_sessions import APIError, AsyncSessions, Sessions

BODY = {"id": "cksess_1", "client_secret": "ek_1", "expires_at": 1800000000}

def client(cls, status=200, **headers):
    handler = httpx.MockTransport(lambda request: httpx.Response(status, json=BODY, headers=headers))
    http = httpx.AsyncClient if cls is AsyncSessions else httpx.Client
    return cls(api_key="sk-1", http_client=http(transport=handler), max_retries=0)
"""
CREATE = "client(Sessions).create(user='u', workflow='w', rate_limits=1, expires_after=5)"
CREATE_ASYNC = "import asyncio; asyncio.run(client(AsyncSessions).create(user='u', workflow='w'))"


def loaded_by(code: str) -> set[str]:
    """Return the names of the modules that an interpreter has loaded after it ran some code."""
    script = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "overrides"), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def nothing() -> set[str]:
    return loaded_by("")


def test_importing_the_package_loads_nothing_but_itself(nothing: set[str]) -> None:
    new = loaded_by("import chatkit_sessions") - nothing
    assert {name for name in new if name.startswith("chatkit_sessions")} == {
        "chatkit_sessions",
        "chatkit_sessions._version",
    }
    assert not new & {"httpx", "attr", "attrs", "dateutil", "generated_client", "asyncio", "logging", "ssl"}


def test_the_shapes_for_annotations_load_nothing_else(nothing: set[str]) -> None:
    new = loaded_by("import chatkit_sessions.types") - nothing
    assert not new & {"httpx", "attr", "attrs", "dateutil", "generated_client"}


@pytest.mark.parametrize("call", [CREATE, CREATE_ASYNC], ids=["sync", "async"])
def test_a_call_loads_no_extra_and_no_dateutil(call: str) -> None:
    loaded = loaded_by(PRELUDE + call)
    assert {"httpx", "attrs", "generated_client", "chatkit_sessions._session"} <= loaded
    assert not loaded & {*EXTRAS, "dateutil", "trio"}
    assert not {name for name in loaded if name.startswith(("chatkit_sessions.emulator", "chatkit_sessions.cli"))}


def test_a_sync_call_does_not_load_the_async_half() -> None:
    loaded = loaded_by(PRELUDE.replace("AsyncSessions, ", "").replace("AsyncSessions", "None") + CREATE)
    assert not loaded & {"chatkit_sessions._async_sessions", "chatkit_sessions._call.async_exchange", "asyncio"}


@pytest.mark.parametrize(("header", "is_loaded"), [("soon", False), ("Sun, 06 Nov 1994 08:49:37 GMT", True)])
def test_dateutil_is_loaded_for_a_date_only(header: str, is_loaded: bool) -> None:
    failing = f"""
try:
    client(Sessions, 429, **{{"retry-after": {header!r}}}).create(user="u", workflow="w")
except APIError as error:
    assert error.status_code == 429
else:
    raise AssertionError("no error")
"""
    assert ("dateutil" in loaded_by(PRELUDE + failing)) is is_loaded


@pytest.mark.parametrize("module", ["chatkit_sessions", "chatkit_sessions._client"])
def test_importing_reads_no_environment_and_starts_no_thread(module: str) -> None:
    loaded_by(f"""
import os, threading
class Unread(dict):
    def __getitem__(self, name):
        assert not str(name).startswith("OPENAI"), name
        return super().__getitem__(name)
    def get(self, name, default=None):
        assert not str(name).startswith("OPENAI"), name
        return super().get(name, default)
os.environ = Unread(os.environ)
os.getenv = os.environ.get
import {module}, logging
assert threading.active_count() == 1
assert logging.getLogger().handlers == []
""")
