"""Edits as a patch, and the way to take them along to another version."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from chatkit_sessions import __version__
from chatkit_sessions._vendor import main
from chatkit_sessions._vendor.place import put
from support.copies import Run, as_cloned, at_version, files_of, git

Capture = pytest.CaptureFixture[str]
CaptureBytes = pytest.CaptureFixture[bytes]


def diff(copy: Path, capsysbinary: CaptureBytes) -> tuple[int, bytes, bytes]:
    capsysbinary.readouterr()
    code = main([str(copy.parent), "--diff"])
    out, err = capsysbinary.readouterr()
    return code, out, err


def test_without_edits_there_is_nothing_to_print(copy: Path, capsysbinary: CaptureBytes) -> None:
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "types.cpython-311.pyc").touch()
    assert diff(copy, capsysbinary) == (0, b"", b"")


def change(copy: Path) -> None:
    (copy / "_log.py").write_bytes(
        (copy / "_log.py").read_bytes().replace(b"import logging", b"import logging  # ours")
    )


def add(copy: Path) -> None:
    (copy / "_ours").mkdir()
    (copy / "_ours" / "with space.py").write_bytes(b"X = 1\n")
    (copy / "_ours" / 'naïve"\t\\.py').write_bytes(b"X = 1\n")


def remove(copy: Path) -> None:
    (copy / "generated_client" / "README.md").unlink()
    (copy / "py.typed").unlink()


def leave_out_the_last_line_end(copy: Path) -> None:
    (copy / "types.py").write_bytes((copy / "types.py").read_bytes().rstrip(b"\n"))


def turn_line_ends(copy: Path) -> None:
    (copy / "types.py").write_bytes((copy / "types.py").read_bytes().replace(b"\n", b"\r\n"))


def write_odd_characters(copy: Path) -> None:
    (copy / "types.py").write_bytes((copy / "types.py").read_bytes() + "# \f\v\x85\u2028 ü\r mid\n".encode())


def edit_the_manifest(copy: Path) -> None:
    (copy / "VENDORED.json").write_bytes((copy / "VENDORED.json").read_bytes().replace(b"MIT", b"ours"))


def several(copy: Path) -> None:
    for edit in (change, add, remove, write_odd_characters):
        edit(copy)


EDITS = [
    change,
    add,
    remove,
    leave_out_the_last_line_end,
    turn_line_ends,
    write_odd_characters,
    edit_the_manifest,
    several,
]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("in_git", [True, False], ids=["in a checkout", "elsewhere"])
def test_the_patch_makes_a_fresh_copy_what_the_edited_one_is(
    edit: Callable[[Path], None],
    in_git: bool,
    copy: Path,
    rendered: dict[str, bytes],
    tmp_path: Path,
    capsysbinary: CaptureBytes,
) -> None:
    edit(copy)
    edited = files_of(copy)
    if in_git:
        git(tmp_path, "init", "--quiet")
    code, patch, err = diff(copy, capsysbinary)
    assert (code, err) == (1, b"")
    put(rendered, copy)
    place = tmp_path if in_git else copy.parent
    (tmp_path / "edits.patch").write_bytes(patch)
    git(place, "apply", "--whitespace=nowarn", str(tmp_path / "edits.patch"))
    assert files_of(copy) == edited


def test_the_patch_is_one_for_the_tool_called_patch_as_well(
    copy: Path, rendered: dict[str, bytes], capsysbinary: CaptureBytes
) -> None:
    change(copy)
    edited = files_of(copy)
    _, patch, _ = diff(copy, capsysbinary)
    put(rendered, copy)
    subprocess.run(["patch", "-p1", "--quiet"], cwd=copy.parent, input=patch, check=True)
    assert files_of(copy) == edited


def test_what_a_patch_cannot_say_is_named(copy: Path, capsysbinary: CaptureBytes) -> None:
    (copy / "types.py").unlink()
    (copy / "types.py").symlink_to("_log.py")
    assert diff(copy, capsysbinary) == (
        1,
        b"",
        b"Not in the patch, since these are not regular files: types.py\n",
    )
    (copy / "types.py").unlink()
    (copy / "types.py").write_bytes(b"\0")
    code, out, err = diff(copy, capsysbinary)
    assert (code, err) == (1, b"")
    assert out.endswith(b"Binary files a/chatkit_sessions/types.py and b/chatkit_sessions/types.py differ\n")


def test_the_edits_of_another_version_are_that_versions_to_tell(
    tmp_path: Path, run_in_host: Run, capsys: Capture
) -> None:
    place = at_version(as_cloned(tmp_path / "clone"), "0.0.9")
    assert run_in_host("-m", "chatkit_sessions", "vendor", str(tmp_path), folder=place).returncode == 0
    copy = tmp_path / "chatkit_sessions"
    command = "pipx run --spec chatkit-sessions==0.0.9 chatkit-sessions vendor DEST --diff"
    assert main([str(tmp_path), "--diff"]) == 3
    words = f"{copy}: version 0.0.9; {__version__} does not know its files. Compare with that version, for instance: "
    assert capsys.readouterr() == ("", f"{words}{command}\n")


def test_edits_are_taken_along_to_a_newer_version_as_the_documentation_shows(
    tmp_path: Path, run_in_host: Run, rendered: dict[str, bytes]
) -> None:
    service = tmp_path / "service"
    (service / "src").mkdir(parents=True)
    old = at_version(as_cloned(tmp_path / "old"), "0.0.9")
    retry = old / "chatkit_sessions" / "_retry.py"
    # The version that will be replaced had another first line.
    retry.write_text(
        f'"""Once upon a time."""\n{retry.read_text(encoding="utf-8").partition(chr(10))[2]}', encoding="utf-8"
    )

    def vendor(*options: str, place: Path = old) -> tuple[int, str]:
        arguments = ("-m", "chatkit_sessions", "vendor", "src", *options)
        done = run_in_host(*arguments, folder=service, PYTHONPATH=str(place))
        return done.returncode, done.stdout

    assert vendor()[0] == 0
    copy = service / "src" / "chatkit_sessions"
    git(service, "init", "--quiet")
    git(service, "add", "src")
    git(service, "commit", "--quiet", "--message", "Vendor chatkit-sessions 0.0.9")
    with (copy / "_retry.py").open("a", encoding="utf-8") as file:
        file.write("\n# ours\n")
    git(service, "commit", "--quiet", "--all", "--message", "Edit it")

    code, patch = vendor("--diff")
    assert code == 1
    (service / "edits.patch").write_text(patch, encoding="utf-8")
    new = as_cloned(tmp_path / "new")
    assert vendor(place=new)[0] == 2
    code, words = vendor("--force", place=new)
    assert code == 0
    assert f"0.0.9 → {__version__}" in words
    git(service, "add", "src")
    git(service, "commit", "--quiet", "--message", f"Vendor chatkit-sessions {__version__}")
    git(service, "apply", "--3way", "edits.patch")
    assert files_of(copy) == {**rendered, "_retry.py": rendered["_retry.py"] + b"\n# ours\n"}
