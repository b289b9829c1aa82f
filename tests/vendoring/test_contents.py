"""What a copy consists of, wherever it is written from."""

import ast
import hashlib
import json
import shutil
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chatkit_sessions import __version__
from chatkit_sessions._vendor import main
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from support.copies import GENERATED, PACKAGE, ROOT, Run, as_cloned, as_installed, files_of, git

EXTRAS = {"__main__.py", "_pyinstaller", "_transport", "_vendor", "cli", "emulator", "pytest_plugin.py", "web"}
WRITTEN = {".gitattributes", "LICENSE", "VENDORED.cdx.json", "VENDORED.json"}
# httpx requires anyio and httpcore; type checkers alone read what is of typing_extensions.
ALLOWED = {*sys.stdlib_module_names, "attrs", "httpx", "dateutil", "anyio", "httpcore", "typing_extensions"}


def manifest_of(copy: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((copy / "VENDORED.json").read_bytes())
    return manifest


def wheel_path(path: str) -> Path:
    """Return the file that a file of a copy was made from, where a wheel has both packages side by side."""
    return GENERATED.parent / path if path.startswith("generated_client/") else PACKAGE / path


def test_every_file_is_as_released_but_for_the_imports_of_the_seam(copy: Path) -> None:
    ours = {path: content for path, content in files_of(copy).items() if path not in WRITTEN}
    different = {path for path, content in ours.items() if content != wheel_path(path).read_bytes()}
    assert different == {"_generated.py"}
    lines = zip(ours["_generated.py"].splitlines(), (PACKAGE / "_generated.py").read_bytes().splitlines(), strict=True)
    changed = {(theirs.strip(), line.strip()) for theirs, line in lines if theirs != line}
    assert changed
    for theirs, line in changed:
        if line == b"import generated_client":
            assert theirs == b"from . import generated_client"
        else:
            assert line.startswith(b"from generated_client")
            assert theirs == line.replace(b"from ", b"from .", 1)


def test_the_core_and_the_generated_package_are_all_there(copy: Path) -> None:
    released = {f"generated_client/{path}" for path in files_of(GENERATED)} | set(files_of(PACKAGE))
    left_out = {path for path in released - set(files_of(copy)) if "__pycache__" not in path}
    assert {path.split("/")[0] for path in left_out} == EXTRAS
    assert {path for path in left_out if path.startswith("_transport/")} == {"_transport/aiohttp.py"}


def test_a_copy_is_small_and_has_nothing_compiled(copy: Path) -> None:
    files = files_of(copy)
    assert sum(map(len, files.values())) < 400_000
    assert not [path for path, content in files.items() if b"\0" in content]


def test_every_import_of_a_copy_is_relative_or_of_what_it_requires(copy: Path) -> None:
    for path, content in files_of(copy).items():
        for node in ast.walk(ast.parse(content)) if path.endswith(".py") else ():
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= ALLOWED, path
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert (node.module or "").split(".")[0] in ALLOWED, path


def test_the_manifest_says_what_the_copy_is_and_what_it_needs(copy: Path) -> None:
    manifest = manifest_of(copy)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert manifest["name"] == project["name"]
    assert manifest["version"] == __version__
    assert manifest["license"] == project["license"] == "MIT"
    assert manifest["purl"] == f"pkg:pypi/chatkit-sessions@{__version__}"
    assert manifest["parts"] == []
    assert manifest["requires-python"] == project["requires-python"]
    assert sorted(map(Requirement, manifest["requirements"]), key=str) == sorted(
        map(Requirement, project["dependencies"]), key=str
    )
    assert manifest["document"] == json.loads((GENERATED / "provenance.json").read_bytes())


def test_the_manifest_has_the_digest_of_every_other_file(copy: Path) -> None:
    others = {path: content for path, content in files_of(copy).items() if path != "VENDORED.json"}
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in others.items()}
    assert manifest_of(copy)["sha256"] == digests


def test_tools_that_know_cyclonedx_accept_the_bill_of_materials(copy: Path) -> None:
    text = (copy / "VENDORED.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = {component["name"]: component for component in json.loads(text)["components"]}
    required = {Requirement(line).name for line in manifest_of(copy)["requirements"]}
    assert set(components) == {"chatkit-sessions"} | required
    assert components["chatkit-sessions"]["version"] == __version__
    assert components["httpx"]["properties"][0]["value"].startswith("httpx<1")


def test_git_leaves_the_line_ends_of_a_copy_alone(copy: Path) -> None:
    git(copy, "init", "--quiet")
    git(copy, "config", "core.autocrlf", "true")
    git(copy, "add", ".")
    before = files_of(copy / "_call")
    shutil.rmtree(copy / "_call")
    git(copy, "checkout", "--", "_call")
    assert files_of(copy / "_call") == before


def test_what_editors_and_systems_leave_in_the_sources_is_not_copied(tmp_path: Path, run_in_host: Run) -> None:
    place = as_cloned(tmp_path / "clone")
    for path in (".DS_Store", "_call/.call.py.swp", "__pycache__/x.cpython-311.pyc"):
        (place / "chatkit_sessions" / path).parent.mkdir(exist_ok=True)
        (place / "chatkit_sessions" / path).touch()
    done = run_in_host("-m", "chatkit_sessions", "vendor", str(tmp_path), "--check", folder=place)
    assert done.returncode == 2
    done = run_in_host("-m", "chatkit_sessions", "vendor", str(tmp_path), folder=place)
    assert done.returncode == 0, done.stderr
    names = set(files_of(tmp_path / "chatkit_sessions"))
    assert not [name for name in names if name.endswith((".DS_Store", ".swp", ".pyc"))]


def test_an_import_that_leads_out_of_a_copy_is_refused(tmp_path: Path, run_in_host: Run) -> None:
    place = as_cloned(tmp_path / "clone")
    with (place / "chatkit_sessions" / "types.py").open("a", encoding="utf-8") as file:
        file.write("from chatkit_sessions import omit as omit\n")
    done = run_in_host("-m", "chatkit_sessions", "vendor", str(tmp_path), folder=place)
    assert (done.returncode, done.stderr) == (
        2,
        "Error: types.py has an import from outside of the copy: from chatkit_sessions import omit as omit\n",
    )


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
