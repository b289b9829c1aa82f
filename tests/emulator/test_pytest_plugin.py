"""The fixtures as a project that installed the package uses them."""

import subprocess
import sys
from pathlib import Path

USE = """
def test_a_session(chatkit_sessions_client, chatkit_emulator):
    session = chatkit_sessions_client.create(user="user_abc", workflow="wf_123")
    assert chatkit_sessions_client.cancel(session).status == "cancelled"
    assert chatkit_emulator.counts == {("create", 200): 1, ("cancel", 200): 1}


def test_another_starts_anew(chatkit_emulator):
    assert len(chatkit_emulator.sessions) == 0
"""


def test_a_project_gets_the_fixtures_without_asking(tmp_path: Path) -> None:
    (tmp_path / "test_use.py").write_text(USE, encoding="utf-8")

    run = subprocess.run(
        # Schemathesis is installed here, and takes a second to load.
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout


def test_a_project_that_does_not_use_them_loads_next_to_nothing() -> None:
    heavy = "httpx", "attr", "starlette", "uvicorn", "jsonschema", "generated_client", "chatkit_sessions.emulator"
    code = f"import sys, chatkit_sessions.pytest_plugin; print([name for name in {heavy} if name in sys.modules])"

    # Without the site's hooks, so that only what the plugin asks for is there.
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
