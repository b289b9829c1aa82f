"""What calls and imports cost, in counts that are the same on every machine; `benchmarks/` measures the time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SUPPORT = Path(__file__).parents[1] / "support"
RUN = "import runpy, sys; sys.path.append(sys.argv[1]); runpy.run_module('support.cost', run_name='__main__')"

FIRST_CALL = """
import httpx
transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"id": "cksess_1"}))
with httpx.Client(transport=transport) as client:
    client.post("https://127.0.0.1/").json()
httpx.HTTPTransport()
"""
OUR_FIRST_CALL = f"""
{FIRST_CALL}
from chatkit_sessions import Sessions
import chatkit_sessions._transport.connection_pool
with httpx.Client(transport=transport) as client, Sessions(api_key="sk-test", http_client=client) as sessions:
    sessions.cancel("cksess_1")
"""


def python(*arguments: str | Path) -> str:
    done = subprocess.run([sys.executable, "-s", "-P", *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def modules(program: str) -> set[str]:
    return set(python("-c", f"{program}\nimport sys\nprint(*sys.modules)").split())


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("chatkit_sessions", "generated_client")


@pytest.fixture(scope="module")
def counts() -> Any:
    """Python function calls for one call of each kind."""
    return json.loads(python("-c", RUN, str(SUPPORT.parent)))


@pytest.mark.parametrize(
    ("way", "operation", "most"),
    [
        ("over a socket", "create", 113),
        ("over a socket", "cancel", 91),
        ("injected", "create", 90),
        ("injected", "async create", 94),
    ],
)
def test_a_call_makes_few_function_calls_of_ours(counts: Any, way: str, operation: str, most: int) -> None:
    assert counts[way][operation]["ours"] <= most


def test_a_create_makes_fewer_function_calls_than_a_post_of_bare_httpx(counts: Any) -> None:
    made = counts["over a socket"]
    assert made["create"]["total"] <= 0.75 * made["bare httpx"]["total"]
    assert made["async create"]["total"] <= 0.65 * made["bare async httpx"]["total"]


def test_an_import_loads_nothing_but_the_package_and_a_few_standard_modules() -> None:
    loaded = modules("import chatkit_sessions") - modules("")
    assert {name for name in loaded if is_ours(name)} == {"chatkit_sessions", "chatkit_sessions._version"}
    assert len(loaded) <= 40
    assert not loaded & {"httpx", "attr", "ssl", "json", "socket", "asyncio", "logging"}


def test_a_first_call_loads_little_more_than_httpx_does() -> None:
    loaded = modules(OUR_FIRST_CALL) - modules(FIRST_CALL)
    ours = {name for name in loaded if is_ours(name)}
    others = {name.partition(".")[0] for name in loaded - ours}
    assert len(ours) <= 60
    assert not [name for name in ours if "async" in name or name.split(".")[1:2] in (["emulator"], ["cli"])]
    assert others <= {"attr", "attrs", "platform", "contextvars", "_contextvars"}
