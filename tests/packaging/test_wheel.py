"""The built wheel, and what it brings into an environment that holds nothing else."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]

# Both tests build and install, so they share the work of one worker.
pytestmark = pytest.mark.xdist_group("packaging")

MAIN_JOB = """
import importlib.util, sys, json
from chatkit_sessions import Sessions
import httpx

def answer(request):
    assert request.headers["OpenAI-Beta"] == "chatkit_beta=v1"
    return httpx.Response(200, json={"id": "cksess_1", "client_secret": "ek_1", "expires_at": 1})

with httpx.Client(transport=httpx.MockTransport(answer)) as http_client:
    with Sessions(api_key="sk-test", http_client=http_client) as sessions:
        assert sessions.create(user="u", workflow={"id": "wf"}).id == "cksess_1"
        assert sessions.cancel("cksess_1").id == "cksess_1"
print(json.dumps({"overrides": importlib.util.find_spec("overrides") is not None}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a new environment that holds the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    return python


def test_the_wheel_holds_two_typed_packages_and_no_more(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "chatkit_sessions",
        "generated_client",
    }
    assert {"chatkit_sessions/py.typed", "generated_client/py.typed", "generated_client/openapi.json"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_an_installed_wheel_does_the_main_job_with_its_three_requirements_alone(python: Path, tmp_path: Path) -> None:
    installed = run(python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").split()
    names = {line.partition("==")[0].lower() for line in installed}
    assert {"chatkit-sessions", "httpx", "attrs", "python-dateutil"} < names
    assert names.isdisjoint({"aiohttp", "jsonschema", "openai", "pydantic", "starlette", "typer", "uvicorn"})
    assert run(python, "-W", "error", "-c", MAIN_JOB, cwd=tmp_path).strip() == '{"overrides": false}'


def test_the_command_without_its_extra_says_how_to_install_it(python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python.with_name("chatkit-sessions"), "demo"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 3
    assert "pip install 'chatkit-sessions[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_editable_install_offers_the_two_packages_and_nothing_else_of_the_tree(tmp_path: Path) -> None:
    script = """
from importlib.util import find_spec
for name in ("chatkit_sessions", "generated_client", "overrides", "spec", "tests"):
    found = find_spec(name)
    print(name, None if found is None else found.origin)
"""
    origins = dict(line.split() for line in run(sys.executable, "-c", script, cwd=tmp_path).splitlines())
    ours = {name for name, origin in origins.items() if origin.startswith(str(ROOT)) and ".venv" not in origin}
    assert ours == {"chatkit_sessions", "generated_client"}


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
