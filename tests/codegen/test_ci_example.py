"""The weekly sync of examples/ci, with a bare repository as its origin and a `gh` that writes down what it is asked."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.regeneration import ROOT, copy_checkout

GH = """#!/usr/bin/env bash
printf '%s ' "$@" >>"$GH_LOG"
cat "${@: -1}" >>"$GH_LOG"
"""

# In the place of generate.sh: it reports what the test says, and takes over what it is given.
GENERATE = """#!/usr/bin/env bash
if [ "$3" = --report-only ]; then
  echo 'the report' >"$5"
  exit "$RESULT"
fi
echo 'something has no description' >&2
cp "$2" openapi.yaml
exit "${SYNC:-0}"
"""


@dataclass(frozen=True)
class Checkout:
    """A clone to sync in, its origin, and what was asked of `gh`."""

    folder: Path

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        paths = [str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        who = {
            f"GIT_{role}_{what}": "nobody@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        return subprocess.run(
            command,
            cwd=self.folder / "clone",
            env={**os.environ, **who, "PATH": os.pathsep.join(paths), "GH_LOG": str(self.folder / "gh"), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def sync(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Make the patch, then open the pull request as the other job does, in a clean checkout."""
        folder, outputs = str(self.folder / "sync"), self.folder / "outputs"
        outputs.touch()
        script, source = str(ROOT / "examples" / "ci" / "sync.sh"), str(self.folder / "upstream.json")
        made = self.run(script, "make", source, folder, GITHUB_OUTPUT=str(outputs), **environment)
        code = outputs.read_text(encoding="utf-8").removeprefix("code=").strip()
        if made.returncode != 0 or code == "0":
            return made
        self.run("git", "reset", "--quiet", "--hard")
        return self.run(script, "open", code, folder, **environment)

    def fake_generate(self) -> None:
        script = self.folder / "clone" / "generate.sh"
        script.write_text(GENERATE, encoding="utf-8")
        (self.folder / "upstream.json").write_text("new", encoding="utf-8")

    def pushed(self) -> str:
        return self.run(
            "git", "--git-dir", str(self.folder / "origin"), "log", "--all", "-1", "--format=", "--name-only"
        ).stdout

    def asked(self) -> str:
        log = self.folder / "gh"
        return log.read_text(encoding="utf-8") if log.exists() else ""


@pytest.fixture
def ci(tmp_path: Path) -> Checkout:
    checkout = Checkout(tmp_path)
    clone, commands = tmp_path / "clone", tmp_path / "bin"
    copy_checkout(clone)
    commands.mkdir()
    (commands / "gh").write_text(GH, encoding="utf-8")
    (commands / "gh").chmod(0o755)
    for command in (
        ["git", "init", "--quiet", "--bare", str(tmp_path / "origin")],
        ["git", "init", "--quiet"],
        ["git", "remote", "add", "origin", str(tmp_path / "origin")],
        ["git", "add", "."],
        ["git", "commit", "--quiet", "--message", "Start"],
    ):
        assert checkout.run(*command).returncode == 0
    return checkout


def test_a_change_becomes_a_pull_request_with_the_report(ci: Checkout, document: dict[str, Any]) -> None:
    document["components"]["schemas"]["HistoryParam"]["properties"]["days"] = {"type": "integer"}
    (ci.folder / "upstream.json").write_text(json.dumps(document), encoding="utf-8")
    done = ci.sync()
    assert done.returncode == 0, done.stderr
    assert "openapi.yaml" in ci.pushed()
    assert ci.asked().startswith("pr create --head sync-openapi ")
    assert "| no | request HistoryParam | optional property days added |" in ci.asked()
    assert "HistoryParam.days has no description" in ci.asked()


def test_both_steps_can_be_one(ci: Checkout) -> None:
    ci.fake_generate()
    script = str(ROOT / "examples" / "ci" / "sync.sh")
    done = ci.run(script, str(ci.folder / "upstream.json"), RESULT="10")
    assert done.returncode == 0, done.stderr
    assert ci.pushed() == "openapi.yaml\n"


def test_without_a_change_nothing_is_pushed(ci: Checkout) -> None:
    ci.fake_generate()
    assert ci.sync(RESULT="0").returncode == 0
    assert (ci.pushed(), ci.asked()) == ("", "")


def test_a_breaking_change_becomes_a_pull_request_and_fails(ci: Checkout) -> None:
    ci.fake_generate()
    done = ci.sync(RESULT="11")
    assert done.returncode == 1
    assert "breaks callers" in done.stderr
    assert ci.pushed() == "openapi.yaml\n"
    assert ci.asked().endswith("the report\n    something has no description\n")


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ({"RESULT": "11", "SYNC": "1"}, 1),
        ({"RESULT": "10", "SYNC": "1"}, 1),
        ({"RESULT": "1"}, 1),
        ({"RESULT": "12"}, 12),
    ],
)
def test_a_failure_or_a_stale_correction_pushes_nothing_and_fails(
    ci: Checkout, results: dict[str, str], code: int
) -> None:
    ci.fake_generate()
    assert ci.sync(**results).returncode == code
    assert (ci.pushed(), ci.asked()) == ("", "")


def test_a_patch_changes_nothing_but_what_the_tool_writes(ci: Checkout) -> None:
    ci.fake_generate()
    (ci.folder / "sync").mkdir()
    (ci.folder / "sync" / "report.md").write_text("the report", encoding="utf-8")
    for name in ("openapi.yaml", "generate.sh"):
        with (ci.folder / "clone" / name).open("a", encoding="utf-8") as file:
            file.write("# more\n")
    (ci.folder / "sync" / "patch").write_text(ci.run("git", "diff").stdout, encoding="utf-8")
    ci.run("git", "reset", "--quiet", "--hard")
    done = ci.run(str(ROOT / "examples" / "ci" / "sync.sh"), "open", "10", str(ci.folder / "sync"))
    assert done.returncode == 0, done.stderr
    assert ci.pushed() == "openapi.yaml\n"


def test_the_workflow_runs_the_script_weekly_and_installs_nothing_where_it_may_write() -> None:
    workflow = yaml.load((ROOT / "examples/ci/sync-openapi.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert workflow["on"]["schedule"][0]["cron"].endswith("* * 1")
    assert workflow["permissions"] == {"contents": "read"}
    make, open_ = workflow["jobs"]["make"], workflow["jobs"]["open"]
    assert "permissions" not in make
    assert "sync.sh make" in make["steps"][2]["run"]
    assert open_["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert "sync.sh open" in open_["steps"][-1]["run"]
    assert "setup-python" not in str(open_)
    for step in (*make["steps"], *open_["steps"]):
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step.get("uses", f"actions/none@{'0' * 40}"))


def test_the_workflow_pins_the_commits_that_our_own_workflows_pin() -> None:
    def pinned(folder: Path) -> set[str]:
        return {
            line.split("uses:")[1].strip()
            for file in folder.glob("*.yml")
            for line in file.read_text(encoding="utf-8").splitlines()
            if "uses:" in line
        }

    example = pinned(ROOT / "examples" / "ci")
    assert example
    assert example <= pinned(ROOT / ".github" / "workflows")


def test_what_the_workflow_installs_is_checked_against_hashes() -> None:
    """The script installs by generate.sh alone, and that from the lock."""
    example = "".join(
        (ROOT / "examples" / "ci" / name).read_text(encoding="utf-8") for name in ("sync.sh", "sync-openapi.yml")
    )
    assert not re.search(r"\b(?:pip|uv|npm|apt-get|curl)\b", example)
    requirements = re.findall(
        r"^[\w.-]+(?:\[.*?\])?==.*(?:\n    .*)*", (ROOT / ".ci" / "lock.txt").read_text(), re.MULTILINE
    )
    assert len(requirements) > 100
    assert not [each for each in requirements if "--hash=sha256:" not in each]
