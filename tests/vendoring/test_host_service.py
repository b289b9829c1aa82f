"""The example's service: with the installed package, and with a copy in its tree where the package is not installed."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chatkit_sessions.emulator import Emulator, Fault
from support.copies import ROOT
from support.services import running
from support.sites import Browser

# Where the scheduler keeps groups together, one worker starts the services and the others need not.
pytestmark = pytest.mark.xdist_group("vendoring-host-service")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module", params=["installed", "vendored"])
def url(request: pytest.FixtureRequest, host: Path, host_python: Path, emulator: Emulator) -> Iterator[str]:
    """Where the service runs."""
    python, folder = (Path(sys.executable), ROOT / "examples") if request.param == "installed" else (host_python, host)
    settings = {
        "OPENAI_API_KEY": emulator.api_key,
        "OPENAI_BASE_URL": emulator.base_url,
        "CHATKIT_WORKFLOW_ID": "wf_1",
        "SERVICE_SECRET": "a secret of the service's own",
    }
    with running(python, "fastapi_service.main:app", folder, **settings) as url:
        yield url


@pytest.fixture
def browser(url: str) -> Iterator[Browser]:
    """A browser whose user is signed in."""
    opened = Browser(url, None)
    opened.ask("POST", "/login", data={"user": "ann"})
    yield opened
    opened.close()


def test_a_user_gets_a_client_secret_which_ends_with_the_login(browser: Browser, emulator: Emulator) -> None:
    started = browser.ask()
    assert started.status_code == 200
    *_, session = emulator.sessions.values()
    assert started.json() == {"client_secret": session.client_secret, "expires_at": session.expires_at}
    assert session.user == "ann"

    assert browser.ask("POST", "/logout").status_code == 303
    assert session.cancelled
    assert browser.ask().status_code == 401


@pytest.mark.parametrize(("fault", "status"), [(Fault(status=401), 502), (Fault(html=True), 502)])
def test_the_browser_is_told_what_is_wrong(browser: Browser, emulator: Emulator, fault: Fault, status: int) -> None:
    emulator.faults.add(fault)

    assert browser.ask().status_code == status
    assert browser.ask().status_code == 200


def test_the_copy_brings_the_script_of_the_page(browser: Browser) -> None:
    assert "clientSecretFrom" in browser.ask("GET", "/client_secret.js").text
    assert "<openai-chatkit>" in browser.ask("GET", "/").text


@pytest.mark.long
def test_the_service_with_its_copy_passes_mypys_strict_checks(host: Path, host_python: Path, tmp_path: Path) -> None:
    options = ["--strict", "--python-executable", str(host_python), "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "fastapi_service"],
        cwd=host,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    checked = re.search(r"no issues found in (\d+) source files", done.stdout)
    assert checked
    assert int(checked[1]) > 40
