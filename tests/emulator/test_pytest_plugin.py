"""The fixtures as a project that installed the package uses them."""

import subprocess
import sys
from pathlib import Path

import pytest

USE = """
import pytest

addresses = set()


def test_a_session(chatkit_sessions_client, chatkit_emulator, chatkit_emulator_server):
    session = chatkit_sessions_client.create(user="user_abc", workflow="wf_123")
    assert chatkit_sessions_client.cancel(session).status == "cancelled"
    assert chatkit_emulator.counts == {("create", 200): 1, ("cancel", 200): 1}
    assert chatkit_emulator is chatkit_emulator_server
    addresses.add(chatkit_emulator.base_url)


def test_another_starts_from_the_beginning(chatkit_emulator):
    assert len(chatkit_emulator.sessions) == len(chatkit_emulator.requests) == 0
    addresses.add(chatkit_emulator.base_url)


def test_the_environment_names_the_emulator(chatkit_emulator_env):
    from chatkit_sessions import Sessions

    with Sessions() as sessions:
        sessions.create(user="user_abc", workflow="wf_123")
    assert chatkit_emulator_env.counts == {("create", 200): 1}
    addresses.add(chatkit_emulator_env.base_url)
    assert len(addresses) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_an_asynchronous_client(chatkit_async_sessions_client, chatkit_emulator, anyio_backend):
    session = await chatkit_async_sessions_client.create(user="user_abc", workflow="wf_123")
    assert session.id in chatkit_emulator.sessions
"""

SERVICE = """
from chatkit_sessions import Sessions

sessions = Sessions(max_retries=0)


def secret(**options):
    return sessions.create(user="user_abc", workflow="wf_123", **options).client_secret
"""

SERVICE_TESTS = """
import os

import pytest
import service
from chatkit_sessions import APIConnectionError, APITimeoutError, AuthenticationError
from chatkit_sessions.emulator import Fault


def test_happy(chatkit_emulator):
    assert chatkit_emulator.sessions.by_secret(service.secret()).user == "user_abc"


def test_twice(chatkit_emulator):
    assert service.secret() != service.secret()
    assert chatkit_emulator.counts == {("create", 200): 2}


def test_expired(chatkit_emulator):
    secret = service.secret()
    chatkit_emulator.clock.advance(600)
    assert chatkit_emulator.sessions.by_secret(secret).status == "expired"


@pytest.mark.parametrize(
    ("fault", "options", "error"),
    [
        (Fault(drop=True), {}, APIConnectionError),
        (Fault(status=401), {}, AuthenticationError),
        (Fault(delay=60), {"timeout": 0.2}, APITimeoutError),
    ],
)
def test_trouble(chatkit_emulator, fault, options, error):
    chatkit_emulator.faults.add(fault)
    with pytest.raises(error):
        service.secret(**options)


@pytest.mark.parametrize("time", range(3))
def test_a_test_without_a_fixture_starts_from_the_beginning_too(request, time):
    secret = service.secret()
    emulator = request.getfixturevalue("chatkit_emulator_server")
    assert [session.client_secret for session in emulator.sessions.values()] == [secret]
    assert os.environ["OPENAI_BASE_URL"] == emulator.base_url
"""


QUIET = [
    *("-p", "no:cacheprovider"),
    *("-p", "no:schemathesis"),  # it takes a second to load
    *("-W", "error"),
    # An editable install with a pytest plugin in it: its import hook is loaded before pytest is.
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
]


def run_pytest(folder: Path, *options: str) -> str:
    """Run a project's tests, and return what pytest says at the end."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *QUIET, *options, "."], capture_output=True, text=True, cwd=folder
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_a_project_gets_the_fixtures_without_asking(tmp_path: Path) -> None:
    (tmp_path / "test_use.py").write_text(USE, encoding="utf-8")

    assert "5 passed" in run_pytest(tmp_path)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_a_client_made_at_import_works_in_every_test(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "service.py").write_text(SERVICE, encoding="utf-8")
    # A conftest.py is imported before every test, and often imports the service.
    (tmp_path / "conftest.py").write_text("import service\n", encoding="utf-8")
    (tmp_path / "test_service.py").write_text(SERVICE_TESTS, encoding="utf-8")
    settings = "[pytest]\nchatkit_emulator_env = true\npythonpath = .\n"
    (tmp_path / "pytest.ini").write_text(settings, encoding="utf-8")

    assert "9 passed" in run_pytest(tmp_path, *options)


def test_a_project_that_does_not_use_them_loads_next_to_nothing() -> None:
    heavy = "httpx", "attr", "starlette", "uvicorn", "jsonschema", "generated_client", "chatkit_sessions.emulator"
    code = f"import sys, chatkit_sessions.pytest_plugin; print([name for name in {heavy} if name in sys.modules])"

    # Without the site's hooks, so that only what the plugin asks for is there.
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
