"""Other operations of the document, generated into a tree of their own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.regeneration import ROOT, Tree

IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
"""


def python(folder: Path, *arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_everything_about_chatkit_generates_imports_and_type_checks(tree: Tree, real: Callable[[str], Path]) -> None:
    before = tree.contents()
    service = tree.root / "my service"
    package = service / "chatkit_client"
    upstream = real("openai-openapi-2026-08-21.json")
    done = tree.run("--upstream", upstream, "--paths", "^/chatkit/", "--output", package)
    assert (done.code, done.output, done.error) == (0, "", "")
    python(service, "-c", IMPORT_ALL, "chatkit_client")
    python(service, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=/dev/null", "chatkit_client")
    endpoints = {path.name for path in (package / "api").rglob("*_*.py")} - {"__init__.py"}
    assert endpoints >= {"create_chat_session.py", "list_threads_method.py", "delete_thread_method.py"}
    assert {name: text for name, text in tree.contents().items() if not name.startswith("my service")} == before


def test_another_selection_says_what_it_is_and_can_be_checked(tree: Tree, document: dict[str, Any]) -> None:
    package = tree.root / "files_client"
    options = ("--paths", "^/files$", "--output", package)
    assert tree.sync(document, *options).code == 0
    command = "./generate.sh --upstream SOURCE --paths '^/files$' --output DIR"
    assert command in (package / "README.md").read_text(encoding="utf-8")
    assert command in (package / "client.py").read_text(encoding="utf-8").splitlines()[0]
    provenance = json.loads((package / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["source"]["paths"] == "^/files$"
    assert tree.sync(document, *options, "--check").code == 0
    document["components"]["schemas"]["File"]["properties"]["size"] = {"type": "integer"}
    assert tree.sync(document, *options, "--report-only").code == 10


def test_the_sessions_can_be_written_elsewhere(tree: Tree) -> None:
    package = tree.root / "elsewhere" / "my_client"
    assert tree.run("--output", package).code == 0
    for name in ("limits.py", "openapi.json", "provenance.json"):
        text = (tree.root / "generated_client" / name).read_text(encoding="utf-8")
        assert (package / name).read_text(encoding="utf-8") == text.replace(
            "`./generate.sh`", "`./generate.sh --output DIR`"
        )


def test_a_folder_that_was_not_generated_is_left_alone(tree: Tree) -> None:
    mine = tree.root / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tree.root / "file").touch()
    for target, complaint in {
        mine: "was not written by this tool",
        tree.root / "file": "is not a folder",
        tree.root / "my-client": "must be a Python identifier",
    }.items():
        done = tree.run("--output", target)
        assert done.code == 1
        assert complaint in done.error
    assert (mine / "thesis.txt").read_text(encoding="utf-8") == "years of work"


OVERLAY = """overlay: 1.0.0
info: {title: t, version: "1"}
actions:
  - target: $.components.schemas.File.properties.title
    description: Files have names.
    update: {description: What the file is called.}
  - target: $.components.schemas.File.properties.DESCRIPTION
    description: Nobody needs it.
    remove: true
"""


def test_a_selection_can_have_corrections_of_its_own(tree: Tree, document: dict[str, Any]) -> None:
    package, overlay = tree.root / "files_client", tree.root / "mine.yaml"
    overlay.write_text(OVERLAY.replace("DESCRIPTION", "description"), encoding="utf-8")
    options = ("--paths", "^/files$", "--output", package, "--corrections", overlay)
    assert tree.sync(document, *options).code == 0
    model = (package / "models" / "file.py").read_text(encoding="utf-8")
    assert "What the file is called." in model
    assert "    description:" not in model
    assert "--corrections FILE" in (package / "README.md").read_text(encoding="utf-8")
    assert tree.sync(document, *options, "--check").code == 0
    overlay.write_text(OVERLAY.replace("DESCRIPTION", "gone"), encoding="utf-8")
    for more in ((), ("--report-only",)):
        done = tree.sync(document, *options, *more)
        assert done.code == 12
        assert "mine.yaml, action 2" in done.error + done.output
    overlay.unlink()
    assert f"{overlay} cannot be read" in tree.sync(document, *options).error


def test_a_class_that_is_called_otherwise_breaks_users_of_such_a_package(tree: Tree, document: dict[str, Any]) -> None:
    options = ("--paths", "^/files$", "--output", tree.root / "files_client")
    assert tree.sync(document, *options).code == 0
    schemas = document["components"]["schemas"]
    schemas["Document"] = schemas.pop("File")
    schemas["Document"]["properties"]["folder"] = {"$ref": "#/components/schemas/Document"}
    content = document["paths"]["/files"]["get"]["responses"]["200"]["content"]["application/json"]
    content["schema"] = {"$ref": "#/components/schemas/Document"}
    done = tree.sync(document, *options, "--report-only")
    assert done.code == 11
    assert "| **yes** | package | class File is no longer made | models.File |" in done.output


@pytest.mark.long
def test_the_sister_endpoint_generates_as_the_documentation_shows(tree: Tree, real: Callable[[str], Path]) -> None:
    text = (ROOT / "docs" / "regenerating.md").read_text(encoding="utf-8")
    overlay = tree.root / "realtime.yaml"
    overlay.write_text(text.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    package = tree.root / "realtime_client"
    upstream = real("openai-openapi-2026-08-21.json")
    options = ("--paths", "^/realtime/client_secrets$", "--output", package)
    refused = tree.run("--upstream", upstream, *options)
    assert refused.code == 1
    assert "at #/components/schemas/RealtimeSessionCreateRequestGA/properties/" in refused.error
    done = tree.run("--upstream", upstream, *options, "--corrections", overlay)
    assert (done.code, done.error) == (0, "")
    assert (package / "api" / "realtime" / "create_realtime_client_secret.py").is_file()
    python(tree.root, "-c", IMPORT_ALL, "realtime_client")
