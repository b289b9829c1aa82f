"""The examples run, against the emulator."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from chatkit_sessions.emulator import Emulator
from support.listener import free_port, wait_for
from support.services import gunicorn, running
from support.sites import Browser

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def settings(upstream: Emulator, tmp_path: Path) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": upstream.api_key,
        "OPENAI_BASE_URL": upstream.base_url,
        "CHATKIT_WORKFLOW_ID": "wf_1",
        "SERVICE_SECRET": "a secret of the service's own",
        "DATABASE": str(tmp_path / "db.sqlite3"),
        "ALLOWED_HOSTS": "127.0.0.1",
    }


def use(browser: Browser, upstream: Emulator) -> None:
    """Chat and sign out, as somebody who is signed in."""
    assert "<openai-chatkit>" in browser.ask("GET", "/").text
    assert "clientSecretFrom" in browser.ask("GET", "/client_secret.js").text
    secret = browser.ask().json()["client_secret"]
    [session] = [each for each in upstream.sessions.values() if each.client_secret == secret]
    assert session.status == "active"


def was_ended(upstream: Emulator) -> bool:
    return list(upstream.sessions.values())[-1].status == "cancelled"


@pytest.mark.parametrize("name", ["fastapi", "flask"])
def test_the_service(name: str, upstream: Emulator, settings: dict[str, str]) -> None:
    served = (
        running(Path(sys.executable), "fastapi_service.main:app", EXAMPLES, **settings)
        if name == "fastapi"
        else gunicorn("flask_service.main:app", EXAMPLES, "--threads", "4", **settings)
    )
    with served as url:
        browser = Browser(url, None)
        assert browser.ask().status_code == 401
        assert browser.ask("POST", "/login", data={"user": "alice"}).status_code == 303
        use(browser, upstream)
        assert list(upstream.sessions.values())[-1].user == "alice"

        assert browser.ask("POST", "/logout").status_code == 303
        assert was_ended(upstream)
        assert browser.ask().status_code == 401
        browser.close()


def test_the_service_with_django(upstream: Emulator, settings: dict[str, str]) -> None:
    def manage(*arguments: str, **more: str) -> None:
        command = [sys.executable, str(EXAMPLES / "django_service" / "manage.py"), *arguments]
        subprocess.run(command, env={**os.environ, **settings, **more}, check=True, capture_output=True)

    manage("migrate")
    manage("createsuperuser", "--no-input", "--username=alice", "--email=", DJANGO_SUPERUSER_PASSWORD="correct horse")

    with gunicorn("django_service.wsgi", EXAMPLES, "--threads", "4", **settings) as url:
        browser = Browser(url, None)
        assert browser.ask().status_code == 401
        browser.ask("GET", "/login/")
        form = {"username": "alice", "password": "correct horse", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.ask("POST", "/login/", data=form).status_code == 302
        use(browser, upstream)
        assert list(upstream.sessions.values())[-1].user == "1"

        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.ask("POST", "/logout/", data=form).status_code == 302
        assert was_ended(upstream)
        assert browser.ask().status_code == 401
        browser.close()


@contextmanager
def redis(folder: Path) -> Generator[str]:
    """Run a Redis of the test's own."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("Debian's redis-server is not installed")
    with redis(tmp_path) as url:
        yield url


def statuses(url: str, number: int) -> list[int]:
    """Let one visitor ask many times at once."""

    def ask(_: int) -> int:
        browser = Browser(url)
        try:
            return browser.ask().status_code
        finally:
            browser.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, range(number)))


WORKERS = """
import os
from datetime import timedelta
from chatkit_sessions import Sessions
from chatkit_sessions.web import SessionEndpoint
from chatkit_sessions.web.flask import session_blueprint
from flask import Flask
from throttled import RedisStore, Throttled, per_duration

store = RedisStore(server=os.environ["REDIS_URL"], options={"SOCKET_TIMEOUT": 30, "SOCKET_CONNECT_TIMEOUT": 30})
limit = Throttled(using="gcra", quota=per_duration(timedelta(minutes=10), 20), store=store)
endpoint = SessionEndpoint(Sessions(), workflow="wf_1", secret=os.environ["SERVICE_SECRET"], limit=limit)
app = Flask(__name__)
app.register_blueprint(session_blueprint(endpoint, user=lambda request: request.headers["x-user"]), url_prefix="/chat")
"""


@pytest.mark.parametrize("name", ["fastapi", "flask"])
def test_several_workers_let_exactly_the_limit_through(
    name: str, upstream: Emulator, settings: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "workers.py").write_text(WORKERS, encoding="utf-8")
    served = (
        gunicorn("fastapi_workers.main:app", EXAMPLES, "-k", "asgi", "--workers=3", REDIS_URL=redis_url, **settings)
        if name == "fastapi"
        else gunicorn("workers:app", tmp_path, "--workers=3", "--threads=4", REDIS_URL=redis_url, **settings)
    )
    with served as url:
        answers = statuses(url, 60)

    assert sorted(set(answers)) == [200, 429]
    assert answers.count(200) == 20
