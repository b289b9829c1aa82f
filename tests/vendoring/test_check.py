"""What `--check` says of a copy."""

import hashlib
import json
import os
import py_compile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from chatkit_sessions import __version__
from chatkit_sessions._vendor import main
from chatkit_sessions._vendor.versions import age
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
    (cache / "client.cpython-311.pyc").write_bytes(b"\0")
    assert check(copy, capsys)[0] == 0


def say_version(copy: Path, version: str) -> None:
    """Make a copy say that it is of another version, and nothing else."""
    manifest = json.loads((copy / "VENDORED.json").read_bytes())
    (copy / "VENDORED.json").write_text(json.dumps({**manifest, "version": version}))


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
    (copy / "generated_client" / "types.py").unlink()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (change, "changed _log.py"),
        (turn_line_ends, "changed types.py"),
        (link, "changed types.py"),
        (add, "added extra.py"),
        (remove, "missing _log.py"),
        (several, "changed LICENSE, _log.py; added notes/why.txt; missing generated_client/types.py"),
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
    ("theirs", "ours", "expected"),
    [
        ("0.9.9", "0.10.0", "older"),
        ("0.10", "0.10.1", "older"),
        ("1.0.0", "0.10.0", "newer"),
        ("1.0.0rc1", "1.0.0", "older"),
        ("1.0.0rc2", "1.0.0rc1", "newer"),
        ("1.0.0a2", "1.0.0b1", "older"),
        ("1.0.0.dev1", "1.0.0a1", "older"),
        ("1.0.0a1.dev1", "1.0.0a1", "older"),
        ("1.0.0.post1", "1.0.0", "newer"),
        ("1.0.0", "1.0.0", "same"),
        ("1.0", "1.0.0", "other"),
        ("1.0.0+ours", "1.0.0", "other"),
        ("unknown", "1.0.0", "other"),
    ],
)
def test_versions_compare_as_python_compares_them(theirs: str, ours: str, expected: str) -> None:
    assert age(theirs, ours) == expected


@pytest.mark.parametrize(("version", "words"), [("99.0", "newer than"), ("unknown", "other than")])
def test_a_copy_that_is_not_older_is_told_from_an_edited_one(
    version: str, words: str, copy: Path, capsys: Capture
) -> None:
    say_version(copy, version)
    assert check(copy, capsys) == (3, f"version {version}, unchanged, {words} {__version__} here.")


@pytest.mark.parametrize(
    "content",
    [
        *(None, "", "[]", "{}", '{"version": "1"}', '{"version": "1", "sha256": 1}', "[" * 9999, "9" * 9999),
        *('{"version": 1, "sha256": {}}', '{"version": "1", "sha256": {"a": 1}}', '{"version": "1", "sha256": []}'),
        *('{"version": "1\\u001b[2J", "sha256": {}}', json.dumps({"version": "1" * 65, "sha256": {}})),
        '{"version": "1", "sha256": {}, "requirements": ["a\\u0007"]}',
        '{"version": "1", "sha256": {}, "requirements": {}}',
        '{"version": "1", "sha256": {}, "parts": ["../cli"]}',
        '{"version": "1", "sha256": {}}' + " " * 1024 * 1024,
    ],
    ids=lambda content: str(content)[:40],
)
def test_a_folder_without_a_manifest_of_ours_is_no_copy(content: str | None, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "chatkit_sessions"
    folder.mkdir()
    if content is not None:
        (folder / "VENDORED.json").write_text(content)
    assert check(folder, capsys) == (
        2,
        f"Error: there is no copy in {folder}: it has no VENDORED.json that this command wrote.",
    )


def test_a_pipe_in_the_place_of_a_manifest_is_not_waited_for(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "chatkit_sessions"
    folder.mkdir()
    os.mkfifo(folder / "VENDORED.json")
    assert main([str(tmp_path), "--check"]) == 2
    assert "has no VENDORED.json that this command wrote" in capsys.readouterr().err


def test_what_is_not_a_regular_file_is_named_and_not_read(copy: Path, capsys: Capture) -> None:
    (copy / "types.py").unlink()
    os.mkfifo(copy / "types.py")
    os.mkfifo(copy / "pipe")
    (copy / "_call" / "elsewhere").symlink_to(copy)
    assert main([str(copy.parent), "--check"]) == 1
    assert capsys.readouterr().out == (
        f"{copy}: version {__version__}, edited: changed types.py; added _call/elsewhere, pipe.\n"
    )


def test_names_cannot_forge_lines_and_are_not_listed_without_end(copy: Path, capsys: Capture) -> None:
    (copy / "a\x1b[2J\n\u202e.py").touch()
    for number in range(30):
        (copy / f"b{number:02}.py").touch()
    code, words = check(copy, capsys)
    assert code == 1
    assert r"added a\x1b[2J\n\u202e.py, b00.py, " in words
    assert words.endswith("b18.py, and 11 more.")


INVALIDATION = py_compile.PycInvalidationMode


@pytest.mark.parametrize("mode", INVALIDATION)
@pytest.mark.parametrize("optimize", [0, 1, 2])
def test_what_python_compiled_of_a_copy_is_no_edit(
    mode: py_compile.PycInvalidationMode, optimize: int, copy: Path, capsys: Capture
) -> None:
    for source in copy.rglob("*.py"):
        py_compile.compile(str(source), optimize=optimize, doraise=True, invalidation_mode=mode)
    assert len(list(copy.rglob("*.pyc"))) > 50
    assert check(copy, capsys)[0] == 0


def of_other_code(source: Path, cache: Path, mode: py_compile.PycInvalidationMode) -> None:
    facts = source.stat()
    other = source.parent.parent / "other.py"
    other.write_bytes(b"import os  # instead".ljust(facts.st_size))
    os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    py_compile.compile(str(other), str(cache), doraise=True, invalidation_mode=mode)
    other.unlink()


def of_another_python(_source: Path, cache: Path, _mode: py_compile.PycInvalidationMode) -> None:
    content = cache.read_bytes()
    cache.with_name("_retry.cpython-399.pyc").write_bytes(b"\xff\xff" + content[2:])
    cache.unlink()


def cut_off(_source: Path, cache: Path, _mode: py_compile.PycInvalidationMode) -> None:
    cache.write_bytes(cache.read_bytes()[:-9])


def a_pipe(_source: Path, cache: Path, _mode: py_compile.PycInvalidationMode) -> None:
    cache.unlink()
    os.mkfifo(cache)


@pytest.mark.parametrize("mode", INVALIDATION)
@pytest.mark.parametrize("change", [of_other_code, of_another_python, cut_off, a_pipe])
def test_what_python_would_run_in_place_of_a_source_is_named(
    change: Callable[[Path, Path, py_compile.PycInvalidationMode], None],
    mode: py_compile.PycInvalidationMode,
    copy: Path,
    capsys: Capture,
) -> None:
    source = copy / "_retry.py"
    cache = Path(py_compile.compile(str(source), doraise=True, invalidation_mode=mode) or "")
    change(source, cache, mode)
    (left,) = cache.parent.iterdir()
    assert main([str(copy.parent), "--check"]) == 1
    assert f"but Python may run __pycache__/{left.name} in their place" in capsys.readouterr().out


def test_an_edited_source_that_does_not_compile_is_an_edit(copy: Path, capsys: Capture) -> None:
    source = copy / "_retry.py"
    facts = source.stat()
    py_compile.compile(str(source), doraise=True)
    source.write_bytes(b"(" * facts.st_size)
    os.utime(source, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert check(copy, capsys) == (1, f"version {__version__}, edited: changed _retry.py.")


def test_what_python_would_not_run_is_no_edit(copy: Path, capsys: Capture) -> None:
    # As after a checkout of another version, by whose times Python sees that it must compile again.
    cache = Path(py_compile.compile(str(copy / "_retry.py"), doraise=True) or "")
    of_other_code(copy / "_retry.py", cache, INVALIDATION.TIMESTAMP)
    os.utime(copy / "_retry.py", (1, 1))
    cache.with_name("retired.cpython-311.pyc").write_bytes(cache.read_bytes())
    assert check(copy, capsys)[0] == 0


@pytest.mark.parametrize("name", ["types.pyc", "__pycache__/types.py", "__pycache__/types.cpython-311.so"])
def test_a_compiled_file_in_an_unusual_place_is_an_edit(name: str, copy: Path, capsys: Capture) -> None:
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).touch()
    assert check(copy, capsys) == (1, f"version {__version__}, edited: added {name}.")


def test_a_file_that_cannot_be_read_is_named(copy: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    path_open = Path.open

    def refuse(self: Path, mode: str = "r", **options: Any) -> IO[Any]:
        if self.name == "_log.py":
            raise PermissionError(13, "Permission denied", str(self))
        return path_open(self, mode, **options)

    monkeypatch.setattr(Path, "open", refuse)
    capsys.readouterr()
    assert main([str(copy.parent), "--check"]) == 2
    assert capsys.readouterr().err == f"Error: {copy / '_log.py'}: Permission denied\n"
