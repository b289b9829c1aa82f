"""The weekly sync of examples/ci, with a bare repository as its origin and a `gh` that writes down what it is asked."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.regeneration import ROOT, copy_checkout

GH = """#!/usr/bin/env bash
printf '%s ' "$@" >>"$GH_LOG"
[ "$2" = edit ] && shift
cat "${@: -1}" >>"$GH_LOG"
"""


@pytest.fixture
def sync(tmp_path: Path, document: dict[str, Any]) -> Callable[[], subprocess.CompletedProcess[str]]:
    checkout, origin, commands = tmp_path / "checkout", tmp_path / "origin", tmp_path / "bin"
    copy_checkout(checkout)
    shutil.copytree(ROOT / "examples" / "ci", checkout / "examples" / "ci")
    commands.mkdir()
    (commands / "gh").write_text(GH, encoding="utf-8")
    (commands / "gh").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "GH_LOG": str(tmp_path / "gh.log"),
        **{
            f"GIT_{role}_{what}": "nobody@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        },
    }

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)

    for command in (
        ["git", "init", "--quiet", "--bare", str(origin)],
        ["git", "init", "--quiet"],
        ["git", "remote", "add", "origin", str(origin)],
        ["git", "add", "."],
        ["git", "commit", "--quiet", "--message", "Start"],
    ):
        assert run(*command).returncode == 0

    def start() -> subprocess.CompletedProcess[str]:
        (tmp_path / "upstream.json").write_text(json.dumps(document), encoding="utf-8")
        return run("examples/ci/sync.sh", str(tmp_path / "upstream.json"))

    return start


def pushed(folder: Path) -> str:
    log = ["git", "-C", str(folder / "origin"), "log", "--all", "--format=%s", "--name-only"]
    return subprocess.run(log, capture_output=True, text=True, check=True).stdout


def test_without_a_change_nothing_is_pushed(sync: Callable[[], Any], tmp_path: Path) -> None:
    assert sync().returncode == 0
    assert pushed(tmp_path) == ""
    assert not (tmp_path / "gh.log").exists()


def test_a_compatible_change_becomes_a_pull_request(
    sync: Callable[[], Any], tmp_path: Path, document: dict[str, Any]
) -> None:
    document["components"]["schemas"]["HistoryParam"]["properties"]["days"] = {"type": "integer"}
    done = sync()
    assert done.returncode == 0, done.stderr
    assert "openapi.yaml" in pushed(tmp_path)
    asked = (tmp_path / "gh.log").read_text(encoding="utf-8")
    assert asked.startswith("pr create --head sync-openapi ")
    assert "| no | request HistoryParam | optional property days added |" in asked
    assert "HistoryParam.days has no description" in asked


def test_a_breaking_change_becomes_a_pull_request_and_fails(
    sync: Callable[[], Any], tmp_path: Path, document: dict[str, Any]
) -> None:
    document["components"]["schemas"]["ExpiresAfterParam"]["properties"]["seconds"]["maximum"] = 300
    done = sync()
    assert done.returncode == 1
    assert "breaks callers" in done.stderr
    assert "maximum 600 became 300" in (tmp_path / "gh.log").read_text(encoding="utf-8")


def test_a_change_that_needs_a_decision_fails_and_says_which(
    sync: Callable[[], Any], tmp_path: Path, document: dict[str, Any]
) -> None:
    del document["paths"]["/chatkit/sessions/{session_id}/cancel"]
    done = sync()
    assert done.returncode == 1
    assert "action 2 ($.paths['/chatkit/sessions/{session_id}/cancel'].post) matches nothing" in done.stderr
    assert pushed(tmp_path) == ""


def test_the_workflow_runs_the_script_weekly() -> None:
    workflow = yaml.load((ROOT / "examples/ci/sync-openapi.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert workflow["on"]["schedule"][0]["cron"].endswith("* * 1")
    assert workflow["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert "examples/ci/sync.sh" in workflow["jobs"]["sync"]["steps"][-1]["run"]
