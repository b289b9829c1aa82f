"""A run that is killed, that meets another one or a full disk, and folders that are not to be written to."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from spec import folders
from spec.document import SpecError
from support.regeneration import Tree, contents, copy_checkout

# Replaces the tree of a folder by what is in another one, and dies before the n-th renaming.
SWAP = """
import os, signal, sys
from pathlib import Path
from spec import folders
from spec.document import SpecError
place, new, left = Path(sys.argv[1]), Path(sys.argv[2]), [int(sys.argv[3])]
rename = Path.rename
def dying(self, target):
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return rename(self, target)
Path.rename = dying
with folders.workplace(place) as made:
    import shutil
    shutil.copytree(new, made, dirs_exist_ok=True)
    folders.swap(made, place)
"""


def lay_out(folder: Path, text: str) -> Path:
    (folder / "client").mkdir(parents=True)
    (folder / "client" / "module.py").write_text(text, encoding="utf-8")
    (folder / "openapi.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("moment", range(6))
def test_a_run_that_is_killed_leaves_the_old_tree_or_what_the_next_run_makes_the_new_one(
    tmp_path: Path, moment: int
) -> None:
    place, new = lay_out(tmp_path / "place", "old"), lay_out(tmp_path / "new", "new")
    old = contents(place)
    environment = {**os.environ, "PYTHONPATH": str(Path(folders.__file__).parents[1])}
    command = [sys.executable, "-c", SWAP, str(place), str(new), str(moment)]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == (-signal.SIGKILL if moment < 5 else 0), done.stderr
    with folders.workplace(place):
        pass
    assert contents(place) == (old if moment == 0 else contents(new))
    assert not (place / ".generate").exists()


def test_a_half_written_tree_is_finished_by_the_next_run_and_named_by_a_check(tree: Tree) -> None:
    before = tree.contents()
    ready = tree.root / ".generate" / "ready"
    ready.mkdir(parents=True)
    (tree.root / "openapi.yaml").rename(ready / "openapi.yaml")
    done = tree.run("--check")
    assert done.code == 1
    assert "An earlier run was stopped while it wrote" in done.error
    assert tree.run().code == 0
    assert tree.contents() == before
    assert tree.run("--check").code == 0


def test_one_run_at_a_time_works_in_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "PATIENCE", 0)
    with (
        folders.workplace(tmp_path),
        pytest.raises(SpecError, match="Another run is at work"),
        folders.workplace(tmp_path),
    ):
        pass
    with folders.workplace(tmp_path):
        pass
    assert not [*tmp_path.iterdir()]


def test_a_full_disk_is_not_blamed_on_the_document(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text

    def full(self: Path, data: str, **options: Any) -> int:
        if self.name == "client.py":
            raise OSError(28, "No space left on device", str(self))
        return write(self, data, **options)

    monkeypatch.setattr(Path, "write_text", full)
    before = tree.contents()
    done = tree.run()
    assert (done.code, done.error.count("\n")) == (1, 1)
    assert "No space left on device" in done.error
    assert "document" not in done.error
    assert tree.contents() == before


def test_folders_of_ours_and_links_are_not_written_to(tree: Tree) -> None:
    (tree.root / "elsewhere").mkdir()
    (tree.root / "link").symlink_to(tree.root / "elsewhere")
    before = tree.contents()
    for name, complaint in {
        "generated_client": "belongs to this repository",
        "generated_client/models": "belongs to this repository",
        "overrides": "belongs to this repository",
        "tests/client": "belongs to this repository",
        ".git": "must be a Python identifier",
        ".": "belongs to this repository",
        "link": "is a symbolic link",
        "class": "must be a Python identifier",
        "größe": "must be a Python identifier",
    }.items():
        done = tree.run("--output", tree.root / name)
        assert done.code == 1, name
        assert complaint in done.error or "must be a Python identifier" in done.error
    (tree.root / "generated_client").rename(tree.root / "real")
    (tree.root / "generated_client").symlink_to(tree.root / "real")
    assert "is a symbolic link" in tree.run().error
    (tree.root / "generated_client").unlink()
    (tree.root / "real").rename(tree.root / "generated_client")
    assert tree.contents() == before


def test_a_file_of_somebody_in_the_output_is_named_and_kept(tree: Tree, document: dict[str, Any]) -> None:
    package = tree.root / "files_client"
    options = ("--paths", "^/files$", "--output", package)
    assert tree.sync(document, *options).code == 0
    (package / "models" / "mine.py").write_text("MINE = 1\n", encoding="utf-8")
    (package / "models" / "stale.py").write_text("# Generated by `./generate.sh`.\n", encoding="utf-8")
    done = tree.sync(document, *options)
    assert done.code == 0
    assert done.error == f"generate.sh: {package / 'models/mine.py'} was not written by this tool, and is kept.\n"
    assert (package / "models" / "mine.py").read_text(encoding="utf-8") == "MINE = 1\n"
    assert not (package / "models" / "stale.py").exists()
    assert tree.sync(document, *options, "--check").code == 0


def test_without_bash_the_module_does_the_same(tmp_path: Path) -> None:
    root = tmp_path / "my repository"
    copy_checkout(root)
    command = [sys.executable, "-m", "spec"]
    helped = subprocess.run([*command, "--help"], cwd=root / "overrides", capture_output=True, text=True, check=False)
    assert "--upstream SOURCE" in helped.stdout
    pins = root / "pyproject.toml"
    pins.write_text(
        pins.read_text(encoding="utf-8").replace("openapi-python-client==", "openapi-python-client==9"), "utf-8"
    )
    done = subprocess.run(command, cwd=root / "overrides", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "python -m pip install --group codegen" in done.stderr
