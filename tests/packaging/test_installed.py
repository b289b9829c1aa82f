"""The wheel in fresh environments: on each Python, with the lowest and the newest versions of what it requires."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
from support.behaviours import answer, status
from support.certificates import Authority
from support.copies import ROOT, run_with
from support.distributions import BOUNDS, PYTHONS, Built, Environment, find_python, uv
from support.fault_server import FaultServer, Peer

TryOut = Callable[..., None]

FIRST_STEPS = str(ROOT / "tests" / "packaging" / "first_steps.py")
# The next process of the same environment has less to compile.
WRITES_BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
EXTRAS = ("aiohttp", "cli", "emulator", "web")
DATE = "Fri, 31 Dec 9999 23:59:59 GMT"

MISSING = {
    "aiohttp": "http_backend: 'aiohttp' needs the package and its extra installed: "
    "pip install 'chatkit-sessions[aiohttp]'",
    "cli": "Error: this command needs Typer: pip install 'chatkit-sessions[cli]'\n",
    "emulator": "The emulator needs jsonschema, which is not installed: pip install 'chatkit-sessions[emulator]'",
    "web": "The web endpoint needs itsdangerous, which is not installed: pip install 'chatkit-sessions[web]'",
}
# The extra brings no framework, and each adapter says which is missing.
NO_FRAMEWORK = "chatkit_sessions.web.flask needs Flask, which is not installed: pip install flask"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def urls(authority: Authority) -> Iterator[list[str]]:
    """A server of plain HTTP and one of TLS, which refuse one user and answer all others."""

    def behave(peer: Peer) -> None:
        (status(429, f"retry-after: {DATE}") if peer.request.user == "limited" else answer)(peer)

    with (
        FaultServer(otherwise=behave) as plain,
        FaultServer(otherwise=behave, tls=authority.server_context()) as encrypted,
    ):
        yield [plain.base_url, encrypted.base_url]


@pytest.fixture
def try_out(built: Built, urls: list[str], authority: Authority, tmp_path: Path) -> TryOut:
    """Have an interpreter take the first steps of a user, and see that they come to what its extras allow."""
    certificates = str(authority.write(tmp_path))
    version = str(built.metadata.version)

    def try_out(python: Path, *extras: str) -> None:
        done = run_with(python, FIRST_STEPS, *urls, folder=tmp_path, SSL_CERT_FILE=certificates, **WRITES_BYTECODE)
        assert (done.returncode, done.stderr) == (0, "")
        report = json.loads(done.stdout)
        assert Path(report.pop("from")).is_relative_to(tmp_path)
        assert report.pop("retry_after") > 10**9
        check_demo(report.pop("demo"), extras)
        assert report == {
            "versions": [version, version],
            "packages": ["generated_client"],
            "users": [["sync", "httpx"]] * 2,
            "aiohttp": ["aiohttp" if "aiohttp" in extras else MISSING["aiohttp"]] * 2,
            "emulator": "emulated cancelled" if "emulator" in extras else MISSING["emulator"],
            "web": NO_FRAMEWORK if "web" in extras else MISSING["web"],
        }

    return try_out


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("version", PYTHONS)
def test_it_works_alone_and_then_with_all_that_it_misses(
    built: Built, try_out: TryOut, tmp_path: Path, version: str, bound: str
) -> None:
    environment = Environment(built, tmp_path / "environment", python=interpreter(version), bound=bound)
    environment.install()
    try_out(environment.python)
    environment.install(*EXTRAS)
    try_out(environment.python, *EXTRAS)


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_needs_no_other(built: Built, try_out: TryOut, tmp_path: Path, extra: str) -> None:
    environment = Environment(built, tmp_path / "environment", python=Path(sys.executable), bound="lowest")
    environment.install(extra)
    try_out(environment.python, extra)


def test_the_command_is_installed(built: Built, tmp_path: Path) -> None:
    environment = Environment(built, tmp_path / "environment", python=Path(sys.executable), bound="newest")
    environment.install()
    command = environment.python.with_name("chatkit-sessions")
    shown = subprocess.run([command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert shown.startswith(f"chatkit-sessions {built.metadata.version}\n")


def test_the_type_checker_of_a_user_accepts_what_is_installed(built: Built, tmp_path: Path) -> None:
    environment = Environment(built, tmp_path / "environment", python=Path(sys.executable), bound="newest")
    environment.install()
    uv("pip", "install", "--quiet", "--python", environment.python, f"httpx2=={version('httpx2')}")  # right.py uses it
    shutil.copy(ROOT / "tests" / "typing" / "right.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", environment.python, "right.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Success: no issues found in 1 source file\n", done.stdout + done.stderr


def interpreter(version: str) -> Path:
    """Return an interpreter of a version, of the lowest in any case where CI runs."""
    found = find_python(version)
    if found is None and version == PYTHONS[0] and os.environ.get("CI"):
        pytest.fail(f"Python {version} is neither on the path nor among pyenv's versions")
    if found is None:
        pytest.skip(f"Python {version} is neither on the path nor among pyenv's versions")
    return found


def check_demo(ended: tuple[int | None, str, str], extras: Sequence[str]) -> None:
    code, shown, said = ended
    if "cli" not in extras:
        assert (code, shown, said) == (3, "", MISSING["cli"])
    elif "emulator" not in extras:
        assert (code, shown, said) == (3, "", f"Error: {MISSING['emulator']}\n")
    else:
        assert (code, said) == (0, "")
        assert shown.endswith("The client secret does not work any more.\n")
