"""Optional parts of a copy: what `--with` adds."""

import json
from pathlib import Path
from typing import Any

import pytest
from chatkit_sessions._vendor import main
from chatkit_sessions._vendor.package import render
from chatkit_sessions.emulator import Emulator
from packaging.requirements import Requirement
from support.copies import PACKAGE, files_of, run_with
from support.environments import make_environment

Capture = pytest.CaptureFixture[str]

WEB = {path: content for path, content in files_of(PACKAGE / "web").items() if "__pycache__" not in path}
ADAPTERS = {"django.py", "fastapi.py", "flask.py", "starlette.py"}
REQUIRED = {"itsdangerous", "throttled-py"}


def manifest_of(copy: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((copy / "VENDORED.json").read_bytes())
    return manifest


def names_of(manifest: dict[str, Any]) -> set[str]:
    return {Requirement(line).name for line in manifest["requirements"]}


@pytest.mark.parametrize(
    ("part", "adapters"),
    [
        ("web", ADAPTERS),
        ("web.django", {"django.py"}),
        ("web.flask", {"flask.py"}),
        ("web.starlette", {"starlette.py"}),
        ("web.fastapi", {"fastapi.py", "starlette.py"}),  # the first is built on the second
    ],
)
def test_the_named_adapter_comes_with_all_that_it_shares(
    part: str, adapters: set[str], tmp_path: Path, rendered: dict[str, bytes]
) -> None:
    assert main([str(tmp_path), "--with", part]) == 0
    copy = tmp_path / "chatkit_sessions"
    assert {path: content for path, content in WEB.items() if path not in ADAPTERS - adapters} == files_of(copy / "web")
    manifest = manifest_of(copy)
    assert manifest["parts"] == [part]
    assert names_of(manifest) == names_of(json.loads(rendered["VENDORED.json"])) | REQUIRED
    bill = json.loads((copy / "VENDORED.cdx.json").read_bytes())
    assert {component["name"] for component in bill["components"]} >= REQUIRED
    assert main([str(tmp_path), "--check"]) == 0


def test_an_update_keeps_the_parts_of_a_copy_and_says_what_becomes_of_requirements(
    tmp_path: Path, capsys: Capture
) -> None:
    copy = tmp_path / "chatkit_sessions"
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--with", "web.flask", "--with", "web.django"]) == 0
    assert "requirements now itsdangerous>=2.1.2, throttled-py>=3.5, " in capsys.readouterr().out
    assert manifest_of(copy)["parts"] == ["web.django", "web.flask"]
    before = files_of(copy)
    assert main([str(tmp_path)]) == 0
    assert files_of(copy) == before
    assert main([str(tmp_path), "--diff"]) == 0
    (copy / "web" / "flask.py").unlink()
    assert main([str(tmp_path), "--check"]) == 1
    assert main([str(tmp_path), "--force", "--with", "web.flask"]) == 0
    assert manifest_of(copy)["parts"] == ["web.flask"]
    assert not (copy / "web" / "django.py").exists()


@pytest.mark.parametrize(
    "part", ["", "cli", "web.", "web._cookies", "web.tornado", "web/flask", "../web", "WEB", "web.flask.x"]
)
def test_a_part_that_does_not_exist_is_refused(part: str, tmp_path: Path, capsys: Capture) -> None:
    assert main([str(tmp_path), "--with", part]) == 2
    known = "web, web.django, web.fastapi, web.flask, web.starlette"
    assert capsys.readouterr().err == f"Error: --with: expected one of {known}, got {part!r}\n"
    assert not any(tmp_path.iterdir())


def test_both_sorts_of_copies_come_without_web_unless_asked(rendered: dict[str, bytes]) -> None:
    assert not [path for path in rendered if path.startswith("web/")]
    assert [path for path in render(["web"]) if path.startswith("web/")]


def test_a_copy_with_an_adapter_answers_a_visitor_where_we_are_not_installed(
    tmp_path: Path, chatkit_emulator: Emulator
) -> None:
    assert main([str(tmp_path / "service"), "--with", "web.flask"]) == 0
    required = [
        Requirement(line).name for line in manifest_of(tmp_path / "service" / "chatkit_sessions")["requirements"]
    ]
    python = make_environment(tmp_path / "environment", *required, "flask")
    script = """
import json
from flask import Flask
from service.chatkit_sessions import Sessions
from service.chatkit_sessions.web import SessionEndpoint
from service.chatkit_sessions.web.flask import session_blueprint

app = Flask(__name__)
endpoint = SessionEndpoint(Sessions(), workflow="wf_1", secret="a secret of the service's own")
app.register_blueprint(session_blueprint(endpoint, user=lambda request: "ann"), url_prefix="/chat")
answer = app.test_client().post("/chat/session", base_url="https://testserver")
print(json.dumps([answer.status_code, sorted(answer.json)]))
"""
    done = run_with(
        python,
        "-c",
        script,
        folder=tmp_path,
        OPENAI_API_KEY=chatkit_emulator.api_key,
        OPENAI_BASE_URL=chatkit_emulator.base_url,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [200, ["client_secret", "expires_at"]]
    assert [session.user for session in chatkit_emulator.sessions.values()] == ["ann"]
