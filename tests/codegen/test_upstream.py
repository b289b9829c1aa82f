"""Where a document is read from: what is run, what is shown and what is recorded on the way."""

import gzip
import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from spec.document import SpecError
from spec.load import load
from support.regeneration import Tree

TELLTALE = "#!/bin/sh\nenv > {target}\n"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_checkout_cannot_run_programs(
    tmp_path: Path, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a file system monitor, nor hooks, filters, pagers or ways to sign and to fetch."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    checkout, target = tmp_path / "checkout", tmp_path / "ran"
    checkout.mkdir()
    script = tmp_path / "telltale"
    script.write_text(TELLTALE.format(target=target), encoding="utf-8")
    script.chmod(0o755)
    source = checkout / "openapi.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    git(checkout, "init", "--quiet")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message", "m")
    git(checkout, "remote", "add", "origin", "git@github.com:openai/openai-openapi.git")
    for setting in (
        "core.fsmonitor",
        "filter.x.clean",
        "filter.x.smudge",
        "gpg.program",
        "core.pager",
        "core.sshCommand",
    ):
        git(checkout, "config", setting, str(script))
    git(checkout, "config", "log.showSignature", "true")
    (checkout / ".git" / "info" / "attributes").write_text("* filter=x\n", encoding="utf-8")
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        (checkout / ".git" / "hooks" / hook).symlink_to(script)
    target.unlink(missing_ok=True)
    assert load(str(source)).revision == git(checkout, "rev-parse", "HEAD").strip()
    target.unlink(missing_ok=True)  # what the line above may have run
    load(str(source))
    assert not target.exists()


def test_only_a_file_as_committed_has_a_revision(tmp_path: Path, document: dict[str, Any]) -> None:
    source = tmp_path / "openapi.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "origin", "https://example.org/openai/openai-openapi.git.elsewhere")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "m")
    assert load(str(source)).repository is None
    git(tmp_path, "remote", "set-url", "origin", "https://github.com/openai/openai-openapi")
    assert load(str(source)).repository == "openai/openai-openapi"
    source.write_text(json.dumps(document, indent=1), encoding="utf-8")
    assert (load(str(source)).revision, load(str(source)).repository) == (None, None)


def test_the_repository_is_recorded_only_when_it_is_known(tree: Tree, document: dict[str, Any]) -> None:
    before = json.loads((tree.root / "generated_client" / "provenance.json").read_text(encoding="utf-8"))["source"]
    assert before["repository"] == "openai/openai-openapi"
    assert tree.sync(document).code == 0
    source = json.loads((tree.root / "generated_client" / "provenance.json").read_text(encoding="utf-8"))["source"]
    assert "repository" not in source
    # What is known of a document stays known when the same document comes from somewhere else.
    text = (tree.root / "openapi.yaml").read_text(encoding="utf-8")
    known = text.replace("x-source:\n", "x-source:\n  repository: openai/openai-openapi\n")
    (tree.root / "openapi.yaml").write_text(known, encoding="utf-8")
    assert tree.sync(document).code == 0
    assert (tree.root / "openapi.yaml").read_text(encoding="utf-8") == known


class _Server(http.server.BaseHTTPRequestHandler):
    document: bytes

    def do_GET(self) -> None:
        kind = self.path.partition("?")[0].rpartition("/")[2]
        body = {
            "gzip": gzip.compress(self.document),
            "bomb": gzip.compress(bytes(40 * 1024**2), 1),
            "twice": gzip.compress(gzip.compress(bytes(40 * 1024**2), 1)),
            "broken": b"not gzip",
            "other": self.document,
        }.get(kind, self.document)
        encoding = {"twice": "gzip, gzip", "other": "br", "plain": ""}.get(kind, "gzip")
        self.send_response(404 if kind == "missing" else 200)
        if encoding:
            self.send_header("content-encoding", encoding)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    handler = type("Handler", (_Server,), {"document": json.dumps(document).encode()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", ["gzip", "plain"])
def test_a_compressed_document_is_read(server: str, kind: str) -> None:
    assert load(f"http://{server}/{kind}").document["paths"] == {}


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("bomb", "larger than 16 MiB"),
        ("twice", "only gzip is accepted as content-encoding, not 'gzip, gzip'"),
        ("other", "only gzip is accepted as content-encoding, not 'br'"),
        ("broken", "is not gzip, as it says"),
        ("missing", "the server answered 404"),
    ],
)
def test_what_cannot_be_read_is_said_without_credentials(server: str, kind: str, complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint) as caught:
        load(f"http://somebody:pass-word@{server}/{kind}?token=tok-en")
    assert "word" not in str(caught.value)
    assert "tok-en" not in str(caught.value)
    assert str(caught.value).startswith(f"http://{server}/{kind}?… ")


@pytest.mark.parametrize(
    "url", ["http://u:pass-word@127.0.0.1:1/x", "http://u:pass-word@[::1/x", "https://u:pass-word@:0/"]
)
def test_a_url_that_leads_nowhere_is_said_without_credentials(url: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(url)
    assert "pass-word" not in str(caught.value)
