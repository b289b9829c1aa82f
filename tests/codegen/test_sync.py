"""From a published document to openapi.yaml and generated_client/, by the whole tool in this process."""

import http.server
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
import yaml
from spec.changes import compare
from spec.load import load
from spec.parse import parse
from spec.prose import undescribed
from spec.refresh import SESSIONS, refresh
from spec.trim import select, strip
from support.regeneration import ROOT, Tree

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def committed() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    return document


def test_the_committed_document_is_valid_and_wholly_described(committed: dict[str, Any]) -> None:
    openapi_spec_validator.validate(committed)
    assert undescribed(committed) == []
    assert set(committed["x-source"]) >= {"repository", "version", "sha256"}


def test_a_published_document_becomes_what_is_committed(tree: Tree, document: dict[str, Any]) -> None:
    before = tree.contents()
    done = tree.sync(document)
    after = tree.contents()
    assert (done.code, done.error) == (0, "")
    assert done.output.startswith("No change of shape from version 2.3.0")
    # It has another digest than the real document, and is the same in everything else.
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {"openapi.yaml", "generated_client/openapi.json", "generated_client/provenance.json"}
    old, new = (yaml.safe_load(contents["openapi.yaml"]) for contents in (before, after))
    assert {**old, "x-source": None} == {**new, "x-source": None}
    assert tree.sync(document, "--check").code == 0


def test_both_real_documents_become_the_same(real: Callable[[str], Path], committed: dict[str, Any]) -> None:
    known = committed["x-source"]
    newer = refresh(load(str(real("openai-openapi-2026-08-21.json"))), SESSIONS, known=known)
    older = refresh(load(str(real("openai-openapi-2026-05-13.yaml"))), SESSIONS)
    assert newer == committed
    assert {**newer, "x-source": None} == {**older, "x-source": None}
    assert compare(strip(newer), strip(older)) == []


def test_the_origin_is_recorded(tree: Tree, real: Callable[[str], Path]) -> None:
    origin = json.loads((ROOT / "generated_client" / "provenance.json").read_text(encoding="utf-8"))["source"]
    assert origin["repository"] == "openai/openai-openapi"
    assert origin["sha256"] == load(str(real("openai-openapi-2026-08-21.json"))).sha256
    assert str(ROOT) not in str(tree.contents())


def test_the_revision_is_recorded_for_a_clean_checkout_of_openai(tmp_path: Path, document: dict[str, Any]) -> None:
    source = tmp_path / "openapi.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    git = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True, text=True)
    git(["git", "init", "--quiet"])
    git(["git", "add", "."])
    git(["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "--message", "m"])
    assert load(str(source)).revision is None
    git(["git", "remote", "add", "origin", "https://github.com/openai/openai-openapi.git"])
    assert load(str(source)).revision == git(["git", "rev-parse", "HEAD"]).stdout.strip()
    source.write_text(json.dumps(document, indent=1), encoding="utf-8")
    assert load(str(source)).revision is None


def remove_cancel(document: dict[str, Any]) -> None:
    del document["paths"]["/chatkit/sessions/{session_id}/cancel"]


def move_create(document: dict[str, Any]) -> None:
    document["paths"]["/v2/chatkit/sessions"] = document["paths"].pop("/chatkit/sessions")


def refer_outside(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["WorkflowParam"]["properties"]["id"] = {"$ref": "other.yaml#/id"}


def refer_in_a_circle(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["ChatSessionStatus"] = {"$ref": "#/components/schemas/ChatSessionStatus"}


def refer_through_thousands(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas |= {f"S{n}": {"$ref": f"#/components/schemas/S{n + 1}"} for n in range(3000)}
    schemas |= {"S3000": {"type": "string"}, "ChatSessionStatus": {"$ref": "#/components/schemas/S0"}}


def mend_one_of(document: dict[str, Any]) -> None:
    variables = document["components"]["schemas"]["WorkflowParam"]["properties"]["state_variables"]
    variables["additionalProperties"] = {"type": "string"}


def require_the_body(document: dict[str, Any]) -> None:
    document["paths"]["/chatkit/sessions"]["post"]["requestBody"]["required"] = True


def remove_a_described_property(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["HistoryParam"]["properties"]["recent_threads"]


def break_the_other_one_of(document: dict[str, Any]) -> None:
    properties = document["components"]["schemas"]["HistoryParam"]["properties"]
    properties["enabled"] = {"oneOf": [{"type": "integer"}, {"type": "number"}]}


def name_with_code(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HistoryParam"]["properties"]['x"]; import os #'] = {"type": "string"}


def demand_a_fixed_header(document: dict[str, Any]) -> None:
    parameter = {"name": "OpenAI-Beta", "in": "header", "required": True, "schema": {"const": "chatkit_beta=v1"}}
    document["paths"]["/chatkit/sessions"]["post"]["parameters"] = [parameter]


def write_a_wrong_type(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HistoryParam"]["properties"]["enabled"]["type"] = "flag"


def put_a_list_for_an_object(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HistoryParam"]["properties"] = []


def put_a_list_for_the_paths(document: dict[str, Any]) -> None:
    document["paths"] = []


def put_a_text_for_a_path(document: dict[str, Any]) -> None:
    document["paths"]["/chatkit/sessions/new"] = "text"


def say_nothing_of_the_version(document: dict[str, Any]) -> None:
    document["openapi"] = "3.0.3"


def remove_the_paths(document: dict[str, Any]) -> None:
    del document["paths"]


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (remove_cancel, "action 2 ($.paths['/chatkit/sessions/{session_id}/cancel'].post) matches nothing"),
        (move_create, "action 1 ($.paths['/chatkit/sessions'].post) matches nothing"),
        (refer_outside, "The reference 'other.yaml#/id' leads out of the document"),
        (refer_in_a_circle, "The reference '#/components/schemas/ChatSessionStatus' leads back to itself"),
        (refer_through_thousands, "references are nested too deeply"),
        (mend_one_of, "corrections.yaml, action 4"),
        (require_the_body, "corrections.yaml, action 3"),
        (remove_a_described_property, "prose.yaml describes components.schemas.HistoryParam.properties.recent_threads"),
        (break_the_other_one_of, "oneOf under enabled lists integer and number"),
        (name_with_code, "is not a name that can be written into code"),
        (demand_a_fixed_header, "Endpoint will not be generated"),
        (write_a_wrong_type, "OpenAPI 3.1 at #/components/schemas/HistoryParam/properties/enabled/type: 'flag'"),
        (put_a_list_for_an_object, "cannot merge an object into a list at properties"),
        (put_a_list_for_the_paths, "is not an OpenAPI document: it has no paths"),
        (put_a_text_for_a_path, 'not valid OpenAPI 3.1 at #/paths/~1chatkit~1sessions~1new: "text" is not of type'),
        (say_nothing_of_the_version, "is not an OpenAPI 3.1 document: its version is '3.0.3'"),
        (remove_the_paths, "is not an OpenAPI document: it has no paths"),
    ],
)
def test_a_document_that_needs_a_decision_fails_and_changes_nothing(
    tree: Tree, document: dict[str, Any], edit: Edit, complaint: str
) -> None:
    edit(document)
    before = tree.contents()
    done = tree.sync(document)
    assert done.code == (12 if "action" in complaint else 1)
    assert complaint in done.error
    assert done.error.startswith("generate.sh: ")
    assert done.error.count("\n") == 1
    assert tree.contents() == before


def test_what_has_no_words_of_ours_is_named_and_generated_all_the_same(tree: Tree, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    schemas["HistoryParam"]["properties"]["title"] = {"type": "string", "title": "Title", "description": "Published."}
    done = tree.sync(document)
    assert done.code == 0
    assert "HistoryParam.title has no description" in done.error
    assert "| no | request HistoryParam | optional property title added |" in done.output
    assert "Published." not in (tree.root / "openapi.yaml").read_text(encoding="utf-8")


def test_check_shows_every_difference_and_changes_nothing(tree: Tree) -> None:
    package = tree.root / "generated_client"
    with (package / "types.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    (package / "models" / "stray.py").write_text("stray = 1\n", encoding="utf-8")
    (package / "models" / "chat_session.py").unlink()
    (package / "empty").touch()
    before = tree.contents()
    done = tree.run("--check")
    assert done.code == 1
    assert "\n-# edited\n" in done.output
    assert "--- generated_client/models/stray.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-stray = 1\n" in done.output
    assert "--- /dev/null\n+++ generated_client/models/chat_session.py\n" in done.output
    assert "--- generated_client/empty\n+++ /dev/null\n" in done.output
    assert tree.contents() == before


def test_a_run_removes_stray_files_and_undoes_edits(tree: Tree) -> None:
    expected = tree.contents()
    package = tree.root / "generated_client"
    (package / "models" / "stray.py").touch()
    (package / "types.py").unlink()
    (package / "__pycache__").mkdir()
    assert tree.run().code == 0
    assert tree.contents() == expected
    assert not (package / "__pycache__").exists()
    assert tree.run("--check").code == 0


def test_openapi_yaml_can_be_edited_between_syncs(tree: Tree) -> None:
    path = tree.root / "openapi.yaml"
    text = path.read_text(encoding="utf-8").replace("maximum: 600", "maximum: 900")
    path.write_text(f"# Edited by hand.\n{text}", encoding="utf-8")
    assert tree.run().code == 0
    assert '"maximum": 900' in (tree.root / "generated_client" / "limits.py").read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith("# Edited by hand.")


def test_without_openapi_yaml_the_error_names_it(tree: Tree) -> None:
    (tree.root / "openapi.yaml").unlink()
    done = tree.run()
    assert (done.code, done.error.count("\n")) == (1, 1)
    assert "openapi.yaml" in done.error


def test_a_first_sync_needs_nothing_in_place(tree: Tree, document: dict[str, Any]) -> None:
    (tree.root / "openapi.yaml").unlink()
    assert tree.sync(document, "--report-only").code == 1
    done = tree.sync(document)
    assert (done.code, done.output, done.error) == (0, "", "")
    assert select(strip(parse((tree.root / "openapi.yaml").read_bytes(), "it")), "")  # type: ignore[arg-type]


class _Server(http.server.BaseHTTPRequestHandler):
    document: bytes

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/missing" else 200)
        self.end_headers()
        self.wfile.write(self.document)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        pass


@pytest.fixture
def server(document: dict[str, Any]) -> Iterator[str]:
    """The address of a server that has the document."""
    handler = type("Handler", (_Server,), {"document": json.dumps(document).encode()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_document_is_fetched_and_its_revision_read_from_the_address(server: str) -> None:
    revision = "0123456789" * 4
    source = load(f"{server}/openai/openai-openapi/{revision}/openapi.json")
    assert source.revision == revision
    assert "/chatkit/sessions" in str(source.document["paths"])
    assert load(f"{server}/openapi.json").revision is None


@pytest.mark.parametrize("place", ["/missing", "unreachable", "file", "folder"])
def test_a_source_that_cannot_be_read_is_named(tree: Tree, server: str, place: str, tmp_path: Path) -> None:
    sources = {
        "/missing": f"{server}/missing",
        "unreachable": "http://127.0.0.1:1/openapi.json",
        "file": str(tmp_path / "nothing here.json"),
        "folder": str(tmp_path),
    }
    done = tree.run("--upstream", sources[place])
    assert done.code == 1
    assert sources[place] in done.error
    assert done.error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--check", "--upstream", "x", "--report", "a.md"],
        ["--report-only"],
        ["--report", "a.md"],
        ["--paths", "^/files"],
        ["--upstream", "x", "--paths", "^/files"],
        ["--upstream", "x", "--paths", "(", "--output", "y"],
        ["--upstream", "x", "--paths", "", "--output", "y"],
        ["--upstream", "x", "--corrections", "z"],
        ["--output", "y", "--corrections", "z"],
        ["--upstream", "x", "--paths", "a\nb", "--output", "y"],
        ["--upstream", "x", "--report-only", "--check"],
        ["--upstream"],
        ["--up", "x"],
        ["something"],
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(tree: Tree, arguments: list[str]) -> None:
    done = tree.run(*arguments)
    assert done.code == 2
    assert "generate.sh: error: " in done.error
