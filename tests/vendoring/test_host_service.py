"""The example's service: with the installed package, and with a copy in its tree where the package is not installed."""

import hmac
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chatkit_sessions.emulator import Emulator, Fault
from support.copies import ROOT
from support.services import running

# Where the scheduler keeps groups together, one worker starts the services and the others need not.
pytestmark = pytest.mark.xdist_group("vendoring-host-service")

SECRET = "a secret of the service's own"
LOGIN = f"login=ann.{hmac.digest(SECRET.encode(), b'ann', 'sha256').hex()}"
# Not worth another try, so that no test waits.
FINAL = {"x-should-retry": "false"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module", params=["installed", "vendored"])
def service(
    request: pytest.FixtureRequest, host: Path, host_python: Path, emulator: Emulator
) -> Iterator[httpx.Client]:
    """A client of the running service."""
    python, folder = (Path(sys.executable), ROOT / "examples") if request.param == "installed" else (host_python, host)
    settings = {
        "OPENAI_API_KEY": emulator.api_key,
        "OPENAI_BASE_URL": emulator.base_url,
        "CHATKIT_WORKFLOW_ID": "wf_1",
        "SERVICE_SECRET": SECRET,
    }
    with running(python, "fastapi_service.main:app", folder, **settings) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_user_gets_a_client_secret_which_ends_with_the_login(service: httpx.Client, emulator: Emulator) -> None:
    started = service.post("/chat/session", headers={"Cookie": LOGIN})
    assert started.status_code == 200
    *_, session = emulator.sessions.values()
    assert started.json() == {"client_secret": session.client_secret, "expires_at": session.expires_at}
    assert session.user == "ann"

    chat = re.match("chat=[^;]+", started.headers["set-cookie"])
    assert chat is not None
    # The second time the session has ended, which is what the user wants.
    for _ in range(2):
        ended = service.post("/logout", headers={"Cookie": chat[0]})
        assert ended.status_code == 204
    assert session.cancelled


@pytest.mark.parametrize("cookie", ["", "login=ann", "login=ann.", "login=ann.0a0a", "login=.", "login=\xfc"])
def test_nobody_gets_a_client_secret_without_a_login(cookie: str, service: httpx.Client, emulator: Emulator) -> None:
    before = len(emulator.requests)
    refused = service.post("/chat/session", headers={b"Cookie": cookie.encode()})
    assert (refused.status_code, refused.json()) == (401, {"detail": "log in first"})
    assert len(emulator.requests) == before


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        (Fault(status=429, retry_after=3, headers=FINAL), 429, "3"),
        (Fault(status=429, retry_after_ms=2500, headers=FINAL), 429, "3"),
        (Fault(status=429, headers=FINAL), 429, None),
        (Fault(status=401), 502, None),
        (Fault(status=500, headers=FINAL), 502, None),
        (Fault(html=True), 502, None),
    ],
)
def test_the_browser_is_told_whether_to_try_again(
    fault: Fault,
    status: int,
    retry_after: str | None,
    service: httpx.Client,
    emulator: Emulator,
) -> None:
    emulator.faults.add(fault)
    response = service.post("/chat/session", headers={"Cookie": LOGIN})
    assert response.status_code == status
    assert response.headers.get("retry-after") == retry_after
    assert service.post("/chat/session", headers={"Cookie": LOGIN}).status_code == 200


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
    assert int(checked[1]) > len(list((host / "fastapi_service").glob("*.py"))) + 30
