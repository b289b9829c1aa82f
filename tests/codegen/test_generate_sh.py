"""The script itself, in a copy of the repository in a folder with a space in its name, and what it depends on."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from spec import refresh
from spec.generate import CONFIGURATION
from support.regeneration import Tree, contents, generate_sh

ODD_SETTINGS = 'line-length = 40\nexclude = ["**/*.py"]\n[format]\nquote-style = "single"\n'


def test_help_explains_every_option_and_exit_code(checkout: Path) -> None:
    done = generate_sh(checkout, "--help")
    assert done.code == 0
    for part in ("--upstream", "--check", "--report", "--report-only", "--paths", "--output", "10 ", "11 "):
        assert part in done.output


def test_the_output_is_the_same_anywhere_and_under_any_settings(checkout: Path, tmp_path: Path) -> None:
    before = contents(checkout)
    for folder in (tmp_path, checkout):
        (folder / "ruff.toml").write_text(ODD_SETTINGS, encoding="utf-8")
    # Ruff skips what git ignores, and folders with such a name, unless it is told not to.
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("*\n", encoding="utf-8")
    elsewhere = tmp_path / "build"
    elsewhere.mkdir()
    (elsewhere / "spec.py").write_text("raise SystemExit('imported from the current folder')", encoding="utf-8")
    settings = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "RUFF_OUTPUT_FILE": "ruff.txt", "TMPDIR": str(elsewhere)}
    done = generate_sh(checkout, cwd=elsewhere, **settings)
    assert (done.code, done.output, done.error) == (0, "", "")
    assert contents(checkout, "ruff.toml") == before


def edited(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    copy.write_text(path.read_text(encoding="utf-8") + "# a further thought\n", encoding="utf-8")
    return copy


@pytest.mark.parametrize("overlay", ["_CORRECTIONS", "_PROSE"])
def test_check_fails_when_an_overlay_changed_without_a_sync(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, overlay: str
) -> None:
    monkeypatch.setattr(refresh, overlay, edited(getattr(refresh, overlay), tree.root))
    done = tree.run("--check")
    assert done.code == 1
    assert done.error.startswith("generate.sh: An overlay has changed since openapi.yaml was made")


def test_check_fails_when_the_configuration_changed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spec.generate.CONFIGURATION", edited(CONFIGURATION, tree.root))
    done = tree.run("--check")
    assert done.code == 1
    assert "configuration-sha256" in done.output


def test_an_overlay_action_that_matches_nothing_is_named(checkout: Path, document: dict[str, Any]) -> None:
    path = checkout / "overrides" / "spec" / "corrections.yaml"
    stale = "  - {target: $.components.schemas.Gone, description: It was wrong., update: {}}\n"
    path.write_text(path.read_text(encoding="utf-8") + stale, encoding="utf-8")
    upstream = checkout / "upstream.json"
    upstream.write_text(json.dumps(document), encoding="utf-8")
    before = contents(checkout)
    done = generate_sh(checkout, "--upstream", upstream)
    assert done.code == 12
    assert "($.components.schemas.Gone) matches nothing" in done.error
    assert contents(checkout) == before


def test_without_ruff_nothing_is_written(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path(sys.prefix)
    bare = tmp_path / "environment"
    (bare / "bin").mkdir(parents=True)
    (bare / "lib").symlink_to(real / "lib")
    (bare / "pyvenv.cfg").write_bytes((real / "pyvenv.cfg").read_bytes())
    (bare / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(bare / "bin" / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    before = (tree.root / "generated_client" / "types.py").stat()
    done = tree.run()
    assert done.code == 1
    assert "ruff is not in PATH" in done.error
    assert done.error.count("\n") == 1
    assert (tree.root / "generated_client" / "types.py").stat() == before


def test_when_the_tree_cannot_be_replaced_it_stays(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.parent.name == "ready":
            raise PermissionError(13, "Permission denied", str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    (tree.root / "generated_client" / "types.py").write_text("# edited\n", encoding="utf-8")
    before = tree.contents()
    done = tree.run()
    assert (done.code, done.error) == (1, f"generate.sh: {tree.root / 'generated_client'}: Permission denied.\n")
    assert tree.contents() == before
    assert not list(tree.root.glob(".generate*"))
