"""What a copy consists of, wherever it is written from."""

import ast
import hashlib
import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chatkit_sessions import __version__
from chatkit_sessions._vendor import main
from packaging.requirements import Requirement
from support.copies import GENERATED, PACKAGE, ROOT, Run, as_cloned, as_installed, files_of

ALLOWED = {*sys.stdlib_module_names, "attrs", "httpx", "anyio", "httpcore"}  # httpx requires the last two itself


def manifest_of(copy: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((copy / "VENDORED.json").read_bytes())
    return manifest


def test_a_copy_has_fewer_than_forty_files(copy: Path) -> None:
    assert len(files_of(copy)) < 40


def test_a_copy_is_small_and_has_nothing_compiled(copy: Path) -> None:
    files = files_of(copy)
    assert sum(map(len, files.values())) < 400_000
    assert {Path(path).suffix for path in files} == {".py", ".json", ""}
    assert not [path for path, content in files.items() if b"\0" in content]


def test_every_import_of_a_copy_is_relative_or_of_what_it_requires(copy: Path) -> None:
    for path, content in files_of(copy).items():
        for node in ast.walk(ast.parse(content)) if path.endswith(".py") else ():
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= ALLOWED, path
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert (node.module or "").split(".")[0] in ALLOWED, path


def test_no_extra_is_in_a_copy(copy: Path) -> None:
    names = {path.stem for path in copy.rglob("*")}
    assert names.isdisjoint({"__main__", "_aiohttp", "_vendor", "cli", "emulator", "pytest_plugin"})


def test_the_handwritten_modules_are_as_we_ship_them_but_for_the_imports_of_one(copy: Path) -> None:
    different = {path.name for path in copy.glob("*.py") if path.read_bytes() != (PACKAGE / path.name).read_bytes()}
    assert different == {"_generated.py"}
    ours, theirs = ((folder / "_generated.py").read_text(encoding="utf-8") for folder in (PACKAGE, copy))
    assert theirs.split("CREATE: Final")[1:] == ours.split("CREATE: Final")[1:]


def test_the_manifest_says_what_the_copy_is_and_what_it_needs(copy: Path) -> None:
    manifest = manifest_of(copy)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert manifest["name"] == project["name"]
    assert manifest["version"] == __version__
    assert manifest["requires-python"] == project["requires-python"]
    assert sorted(map(Requirement, manifest["requirements"]), key=str) == sorted(
        map(Requirement, project["dependencies"]), key=str
    )
    assert len(manifest["requirements"]) == 5
    assert manifest["document"] == json.loads((GENERATED / "provenance.json").read_bytes())


def test_the_manifest_has_the_digest_of_every_other_file(copy: Path) -> None:
    others = {path: content for path, content in files_of(copy).items() if path != "VENDORED.json"}
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in others.items()}
    assert manifest_of(copy)["sha256"] == digests


def test_the_license_comes_along(copy: Path) -> None:
    assert (copy / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_another_name_changes_the_folder_and_no_byte_in_it(copy: Path, tmp_path: Path) -> None:
    assert main([str(tmp_path), "--name", "chat"]) == 0
    assert files_of(tmp_path / "chat") == files_of(copy)


@pytest.mark.parametrize("layout", [as_installed, as_cloned])
def test_a_wheel_and_a_clone_write_the_same_bytes_without_the_command_lines_extra(
    layout: Callable[[Path], Path], copy: Path, tmp_path: Path, run_in_host: Run
) -> None:
    place = str(layout(tmp_path / "ours"))
    done = run_in_host("-m", "chatkit_sessions", "vendor", "out", folder=tmp_path, PYTHONPATH=place, PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path / "out" / "chatkit_sessions") == files_of(copy)


def test_a_package_apart_from_its_project_says_so(tmp_path: Path, run_in_host: Run) -> None:
    place = as_installed(tmp_path / "ours")
    (metadata,) = place.glob("*.dist-info")
    metadata.rename(tmp_path / "elsewhere")
    done = run_in_host("-m", "chatkit_sessions", "vendor", "out", folder=tmp_path, PYTHONPATH=str(place))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.endswith("is neither part of a clone of chatkit-sessions nor of an installation.\n")
    assert not (tmp_path / "out").exists()
