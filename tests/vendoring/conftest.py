import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from chatkit_sessions._vendor.package import render
from chatkit_sessions._vendor.place import put
from chatkit_sessions._vendor.project import Project
from support.copies import ROOT, Run, run_with
from support.environments import make_environment

SERVICE = ROOT / "examples" / "fastapi_service"


@pytest.fixture(scope="session")
def rendered() -> dict[str, bytes]:
    """The files of a copy. Making them takes a moment, so it is done once."""
    return render()


@pytest.fixture(autouse=True)
def _rendered_once(rendered: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that runs within a test's process takes these; one in a process of its own makes them."""

    def rendered_once(parts: Sequence[str] = (), project: Project | None = None) -> dict[str, bytes]:
        return render(parts, project) if parts else rendered.copy()

    monkeypatch.setattr("chatkit_sessions._vendor.command.render", rendered_once)


@pytest.fixture
def copy(tmp_path: Path, rendered: dict[str, bytes]) -> Path:
    """A fresh copy, in a folder of its own."""
    folder = tmp_path / "copied" / "chatkit_sessions"
    put(rendered, folder)
    return folder


@pytest.fixture(scope="session")
def host_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a host service: it has our requirements and what the service needs, but not us."""
    ours = ("httpx", "attrs", "python-dateutil", "itsdangerous", "throttled-py")
    theirs = ("fastapi", "uvicorn", "python-multipart", "overrides")
    return make_environment(tmp_path_factory.mktemp("host"), *ours, *theirs)


@pytest.fixture
def run_in_host(host_python: Path) -> Run:
    """Run the host's interpreter."""
    return partial(run_with, host_python)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of a host service with a copy in it, and the two lines changed that import us."""
    service = tmp_path_factory.mktemp("tree") / SERVICE.name
    shutil.copytree(SERVICE, service, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SERVICE.parent / "page.html", service.parent)
    put(render(["web.fastapi"]), service / "chatkit_sessions")
    installed = (service / "main.py").read_text(encoding="utf-8")
    vendored = installed.replace("\nfrom chatkit_sessions", "\nfrom .chatkit_sessions")
    assert installed.count("chatkit_sessions") == vendored.count("\nfrom .chatkit_sessions") == 2
    (service / "main.py").write_text(vendored, encoding="utf-8")
    return service.parent
