"""What `vendor` replaces, what it leaves alone, and that nothing stops it halfway."""

import io
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from chatkit_sessions import __version__
from chatkit_sessions._vendor import main
from support.copies import PACKAGE, ROOT, Run, as_cloned, at_version, files_of
from support.windows import hold_open_files

Capture = pytest.CaptureFixture[str]


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, and every empty folder."""
    empty = {str(path): b"" for path in folder.rglob("*") if path.is_dir() and not any(path.iterdir())}
    return {**files_of(folder), **empty}


def vendor(copy: Path, *options: str) -> int:
    return main([str(copy.parent), *options])


def unchanged(_copy: Path) -> None:
    pass


def empty(copy: Path) -> None:
    for path in sorted(copy.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def absent(copy: Path) -> None:
    empty(copy)
    copy.rmdir()
    copy.parent.rmdir()


def imported(copy: Path) -> None:
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "types.cpython-311.pyc").touch()


@pytest.mark.parametrize("before", [unchanged, empty, absent, imported])
def test_a_folder_that_holds_nothing_of_the_users_is_replaced(
    before: Callable[[Path], None], copy: Path, rendered: dict[str, bytes]
) -> None:
    before(copy)
    assert vendor(copy) == 0
    assert tree(copy.parent) == {f"{copy.name}/{path}": content for path, content in rendered.items()}


def test_a_copy_of_an_older_version_is_updated(tmp_path: Path, run_in_host: Run, rendered: dict[str, bytes]) -> None:
    place = at_version(as_cloned(tmp_path / "clone"), "0.0.9")
    (place / "chatkit_sessions" / "_retired.py").touch()
    with (place / "chatkit_sessions" / "types.py").open("a") as file:
        file.write("from . import _retired as _retired\n")
    done = run_in_host("-m", "chatkit_sessions", "vendor", str(tmp_path), folder=place)
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "chatkit_sessions"
    assert (copy / "_retired.py").exists()
    assert vendor(copy) == 0
    assert files_of(copy) == rendered


def test_an_update_says_what_changes_between_the_versions(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    manifest = json.loads((copy / "VENDORED.json").read_bytes())
    requirements = [*manifest["requirements"], "left-pad>=1"]
    requirements[requirements.index("httpx<1,>=0.27")] = "httpx<1,>=0.25"
    (copy / "VENDORED.json").write_text(json.dumps({**manifest, "version": "0.0.9", "requirements": requirements}))
    assert vendor(copy) == 0
    assert capsys.readouterr().out.startswith(
        f"{copy}: wrote version 0.0.9 → {__version__}, requirements now httpx<1,>=0.27 and no longer "
        "httpx<1,>=0.25, left-pad>=1, "
    )
    # Also on a console that has no arrow.
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    (copy / "VENDORED.json").write_text(json.dumps({**manifest, "version": "0.0.9"}))
    assert vendor(copy) == 0
    sys.stdout.seek(0)
    assert f"wrote version 0.0.9 -> {__version__}, requirements as before" in sys.stdout.read()


@pytest.mark.parametrize("version", ["99.0", f"{__version__}.post1", f"{__version__}+local", "unknown"])
def test_a_copy_that_is_not_known_to_be_older_is_replaced_by_force_alone(
    version: str, copy: Path, rendered: dict[str, bytes], capsys: Capture
) -> None:
    manifest = json.loads((copy / "VENDORED.json").read_bytes())
    (copy / "VENDORED.json").write_text(json.dumps({**manifest, "version": version}))
    before = tree(copy.parent)
    assert vendor(copy) == 2
    assert capsys.readouterr().err == (
        f"Error: {copy} is of version {version}, which is not known to be older than {__version__}, and is left alone; "
        "--force replaces it.\n"
    )
    assert tree(copy.parent) == before
    assert vendor(copy, "--force") == 0
    assert f"wrote version {version} → {__version__}" in capsys.readouterr().out
    assert files_of(copy) == rendered


def edited(copy: Path) -> str:
    (copy / "types.py").write_text("ours\n")
    return "was edited and is left alone (changed types.py); --diff prints the edits, --force replaces it."


def somebody_elses(copy: Path) -> str:
    (copy / "VENDORED.json").unlink()
    return "was not written by this command and is left alone; --force replaces it."


@pytest.mark.parametrize("before", [edited, somebody_elses])
def test_what_it_did_not_write_is_replaced_by_force_alone(
    before: Callable[[Path], str], copy: Path, rendered: dict[str, bytes], capsys: Capture
) -> None:
    reason = before(copy)
    found = tree(copy.parent)
    assert vendor(copy) == 2
    assert capsys.readouterr() == ("", f"Error: {copy} {reason}\n")
    assert tree(copy.parent) == found
    assert vendor(copy, "--force") == 0
    assert files_of(copy) == rendered


def a_file(copy: Path) -> None:
    absent(copy)
    copy.parent.mkdir()
    copy.write_text("ours")


def a_link(copy: Path) -> None:
    copy.rename(copy.parent / "real")
    copy.symlink_to(copy.parent / "real")


def a_broken_link(copy: Path) -> None:
    a_file(copy)
    copy.unlink()
    copy.symlink_to(copy.parent / "nowhere")


@pytest.mark.parametrize("before", [a_file, a_link, a_broken_link])
def test_what_is_no_folder_is_left_alone_also_by_force(
    before: Callable[[Path], None], copy: Path, capsys: Capture
) -> None:
    before(copy)
    found = tree(copy.parent)
    assert vendor(copy, "--force") == 2
    assert capsys.readouterr().err == f"Error: {copy} is in the way: it is not a real folder.\n"
    assert tree(copy.parent) == found


@pytest.mark.parametrize(
    ("dest", "name"),
    [
        (PACKAGE.parent, PACKAGE.name),
        (ROOT, PACKAGE.parent.name),
        (ROOT.parent, ROOT.name),
        (PACKAGE, "cli"),
        (PACKAGE / "emulator", "ours"),
        (PACKAGE.parent, "spec"),
        (ROOT / "generated_client", "models"),
    ],
)
def test_the_sources_that_it_copies_are_left_alone_also_by_force(
    dest: Path, name: str, tmp_path: Path, run_in_host: Run
) -> None:
    clone = tmp_path / "clone"
    as_cloned(clone)
    (clone / "overrides" / "spec").mkdir()
    (tmp_path / "link").symlink_to(clone.parent)
    before = tree(clone)
    target = tmp_path / "link" / "clone" / dest.relative_to(ROOT) if dest != ROOT.parent else tmp_path
    arguments = ("-m", "chatkit_sessions", "vendor", str(target), "--name", name if dest != ROOT.parent else "clone")
    done = run_in_host(*arguments, "--force", folder=tmp_path, PYTHONPATH=str(clone / "overrides"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "which a copy is made from, overlap; give another DEST" in done.stderr
    assert tree(clone) == before


def test_a_dest_that_is_a_file_is_named(tmp_path: Path, capsys: Capture) -> None:
    dest = tmp_path / "notes.txt"
    dest.write_text("ours")
    assert main([str(dest)]) == 2
    assert str(dest) in (message := capsys.readouterr().err)
    assert message.startswith("Error: ")
    assert message.count("\n") == 1
    assert dest.read_text() == "ours"


@pytest.mark.parametrize("failing", ["write_bytes", "rename"])
@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [1, 2])
def test_a_run_that_stops_leaves_the_old_copy_whole(
    failing: str, stop: BaseException, at: int, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / "types.py").write_text("old\n")
    before = tree(copy.parent)
    does, calls = getattr(Path, failing), list[Path]()

    def stops(self: Path, argument: object) -> object:
        calls.append(self)
        if len(calls) == at:
            raise stop
        return does(self, argument)

    with monkeypatch.context() as patch:
        patch.setattr(Path, failing, stops)
        if isinstance(stop, OSError):
            assert vendor(copy, "--force") == 2
        else:
            with pytest.raises(KeyboardInterrupt):
                vendor(copy, "--force")
    assert len(calls) >= at
    assert tree(copy.parent) == before


def test_what_a_killed_run_left_is_cleared_away_by_the_next(
    copy: Path, rendered: dict[str, bytes], run_in_host: Run, tmp_path: Path
) -> None:
    # Killed between the two renamings, when the old copy is out of its place and the new one not yet in it.
    script = """
import os, signal
from pathlib import Path
from chatkit_sessions._vendor import main
rename = Path.rename
def kill_instead(self, target):
    if self.name == "new":
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.rename = kill_instead
main(["copied"])
"""
    done = run_in_host("-c", script, folder=tmp_path, PYTHONPATH=str(PACKAGE.parent))
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in copy.parent.iterdir()] == [".chatkit_sessions.vendoring"]
    assert vendor(copy, "--check") == 2
    assert vendor(copy) == 0
    assert tree(copy.parent) == {f"{copy.name}/{path}": content for path, content in rendered.items()}


def test_an_edited_copy_that_a_killed_run_moved_away_comes_back_and_is_left_alone(copy: Path, capsys: Capture) -> None:
    (copy / "types.py").write_text("ours\n")
    beside = copy.with_name(".chatkit_sessions.vendoring")
    (beside / "new").mkdir(parents=True)
    before = files_of(copy)
    copy.rename(beside / "old")
    assert vendor(copy) == 2
    assert "changed types.py" in capsys.readouterr().err
    assert files_of(copy) == before
    assert not beside.exists()


@pytest.mark.parametrize(
    "name",
    [
        *("", "a-b", "a.b", "../a", "class", "1a", "None"),
        *("os", "json", "typing", "httpx", "attr", "dateutil", "generated_client"),
        *("__pycache__", "__init__", "ﬁle", "ᵢd", "пакет", "a\u200d"),
    ],
)
def test_a_name_that_is_not_a_packages_of_the_users_own_is_refused(name: str, tmp_path: Path, capsys: Capture) -> None:
    assert main([str(tmp_path), f"--name={name}"]) == 2
    reason = "expected the name of a Python package, in ASCII and not taken"
    assert capsys.readouterr().err == f"Error: --name: {reason}, got {name!a}\n"
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("dest", ["", " "])
def test_a_dest_that_is_blank_is_refused(
    dest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([dest]) == 2
    assert capsys.readouterr().err == f"Error: DEST: expected a folder, got {dest!r}\n"
    assert not any(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/fd").is_symlink(), reason="this system does not name what is open")
def test_a_copy_with_an_open_file_stays_as_it_was_on_windows(
    copy: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(copy.parent)
    with (copy / "types.py").open(encoding="utf-8"), monkeypatch.context() as windows:
        hold_open_files(windows)
        assert vendor(copy, "--force") == 2
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert tree(copy.parent) == before
