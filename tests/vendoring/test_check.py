"""What `--check` says of a copy."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from chatkit_sessions import __version__
from chatkit_sessions._vendor import main
from chatkit_sessions._vendor.command import judge
from chatkit_sessions._vendor.place import Found
from support.copies import Run, as_cloned, at_version, files_of

Capture = pytest.CaptureFixture[str]


def check(copy: Path, capsys: Capture) -> tuple[int, str]:
    capsys.readouterr()
    before = files_of(copy)
    code = main([str(copy.parent), "--check"])
    assert files_of(copy) == before
    out, err = capsys.readouterr()
    return code, (out + err).removeprefix(f"{copy}: ").strip()


def test_a_fresh_copy_is_unchanged(copy: Path, capsys: Capture) -> None:
    assert check(copy, capsys) == (0, f"version {__version__}, unchanged.")


def test_what_python_caches_is_no_edit(copy: Path, capsys: Capture) -> None:
    cache = copy / "generated_client" / "__pycache__"
    cache.mkdir()
    (cache / "models.cpython-311.pyc").write_bytes(b"\0")
    assert check(copy, capsys)[0] == 0


def change(copy: Path) -> None:
    with (copy / "_log.py").open("a") as file:
        file.write("# ours\n")


def turn_line_ends(copy: Path) -> None:
    path = copy / "types.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def link(copy: Path) -> None:
    (copy / "types.py").rename(copy.parent / "types.py")
    (copy / "types.py").symlink_to(copy.parent / "types.py")


def add(copy: Path) -> None:
    (copy / "extra.py").touch()


def remove(copy: Path) -> None:
    (copy / "_log.py").unlink()


def several(copy: Path) -> None:
    change(copy)
    (copy / "LICENSE").write_text("")
    (copy / "notes").mkdir()
    (copy / "notes" / "why.txt").write_text("because")
    (copy / "generated_client" / "models.py").unlink()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (change, "changed _log.py"),
        (turn_line_ends, "changed types.py"),
        (link, "changed types.py"),
        (add, "added extra.py"),
        (remove, "missing _log.py"),
        (several, "changed LICENSE, _log.py; added notes/why.txt; missing generated_client/models.py"),
    ],
)
def test_an_edited_copy_is_told_from_a_fresh_one_file_by_file(
    edit: Callable[[Path], None], words: str, copy: Path, capsys: Capture
) -> None:
    edit(copy)
    assert check(copy, capsys) == (1, f"version {__version__}, edited: {words}.")


def test_an_edit_that_was_written_into_the_manifest_as_well_is_found(copy: Path, capsys: Capture) -> None:
    change(copy)
    manifest = json.loads((copy / "VENDORED.json").read_bytes())
    manifest["sha256"]["_log.py"] = hashlib.sha256((copy / "_log.py").read_bytes()).hexdigest()
    (copy / "VENDORED.json").write_text(json.dumps(manifest))
    words = f"version {__version__}, edited together with its VENDORED.json, or written from other sources."
    assert check(copy, capsys) == (1, words)


def test_a_copy_of_an_older_version_is_told_from_an_edited_one(
    tmp_path: Path, run_in_host: Run, capsys: Capture
) -> None:
    place = at_version(as_cloned(tmp_path / "clone"), "0.0.9")
    done = run_in_host("-m", "chatkit_sessions", "vendor", str(tmp_path), folder=place)
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "chatkit_sessions"
    assert check(copy, capsys) == (3, f"version 0.0.9, unchanged, older than {__version__} here.")
    change(copy)
    assert check(copy, capsys) == (1, f"version 0.0.9, older than {__version__} here, edited: changed _log.py.")


@pytest.mark.parametrize(
    ("theirs", "ours", "age"),
    [
        ("0.9.9", "0.10.0", "older"),
        ("0.10", "0.10.1", "older"),
        ("1.0.0", "0.10.0", "newer"),
        ("1.0.0rc1", "1.0.0", "other"),
        ("1.0.0+ours", "1.0.0", "other"),
        ("unknown", "1.0.0", "older"),
    ],
)
def test_versions_compare_by_their_numbers(theirs: str, ours: str, age: str) -> None:
    words = f"version {theirs}, unchanged, {age} than {ours} here."
    assert judge(Found(theirs, b"theirs", ""), b"ours", ours) == (3, words)


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"version": "1"}', '{"version": "1", "sha256": 1}', "[" * 9999]
)
def test_a_folder_without_a_manifest_of_ours_is_no_copy(content: str | None, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "chatkit_sessions"
    folder.mkdir()
    if content is not None:
        (folder / "VENDORED.json").write_text(content)
    assert check(folder, capsys) == (2, f"Error: there is no copy in {folder}: it has no VENDORED.json of ours.")


def test_a_file_that_cannot_be_read_is_named(copy: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        if self.name == "types.py":
            raise PermissionError(13, "Permission denied", str(self))
        with self.open("rb") as file:
            return file.read()

    monkeypatch.setattr(Path, "read_bytes", refuse)
    capsys.readouterr()
    assert main([str(copy.parent), "--check"]) == 2
    assert capsys.readouterr().err == f"Error: {copy / 'types.py'}: Permission denied\n"
