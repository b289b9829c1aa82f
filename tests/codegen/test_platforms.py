"""What other systems lack or do otherwise, put on as a costume."""

import shutil
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock
from spec import folders, watch
from support.regeneration import Tree
from support.windows import hold_open_files, write_lines_of_windows

needs_dev_fd = pytest.mark.skipif(not Path("/dev/fd").is_symlink(), reason="this system does not name what is open")


def never_ending() -> int:
    while True:
        pass


def test_a_run_that_takes_too_long_is_ended_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGALRM)
    monkeypatch.setattr(watch, "SECONDS", 0.1)
    monkeypatch.setattr(signal, "alarm", partial(signal.setitimer, signal.ITIMER_REAL))
    try:
        assert watch.watched(never_ending) == 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert capsys.readouterr().err == "generate.sh: Stopped after 0.1 seconds; OpenAI's sessions take ten.\n"


def test_a_run_that_takes_too_long_is_ended_where_there_is_no_alarm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGUSR2)
    for name in ("SIGALRM", "alarm"):
        monkeypatch.delattr(signal, name)
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR2, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(watch, "SECONDS", 0.1)

    try:
        assert watch.watched(never_ending) == 1
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert capsys.readouterr().err.startswith("generate.sh: Stopped after 0.1 seconds")


def test_what_is_written_is_the_same_where_text_has_other_line_ends(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree.contents()
    for name in ("generated_client/limits.py", "generated_client/provenance.json"):
        (tree.root / name).unlink()
    write_lines_of_windows(monkeypatch)
    done = tree.run()
    assert (done.code, done.error) == (0, "")
    assert tree.contents() == before
    assert tree.run("--check").code == 0


@needs_dev_fd
def test_a_run_leaves_nothing_behind_where_open_files_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = FileLock.release

    def release_as_on_windows(lock: FileLock, force: bool = False) -> None:
        release(lock, force)
        Path(lock.lock_file).unlink(missing_ok=True)

    hold_open_files(monkeypatch)
    monkeypatch.setattr(FileLock, "release", release_as_on_windows)
    for text in ("old", "new"):
        with folders.workplace(tmp_path) as made:
            (made / "client").mkdir()
            (made / "client" / "module.py").write_text(text, encoding="utf-8")
            folders.swap(made, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["client"]
        assert (tmp_path / "client" / "module.py").read_text(encoding="utf-8") == text


@needs_dev_fd
def test_a_file_that_somebody_has_open_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "module.py").write_text("old", encoding="utf-8")
    hold_open_files(monkeypatch)
    with (
        (tmp_path / "client" / "module.py").open(encoding="utf-8") as editor,
        folders.workplace(tmp_path) as made,
    ):
        (made / "client").mkdir()
        with pytest.raises(PermissionError):
            folders.swap(made, tmp_path)
        assert editor.read() == "old"
    assert (tmp_path / "client" / "module.py").read_text(encoding="utf-8") == "old"
    shutil.rmtree(tmp_path / folders.WORKPLACE, ignore_errors=True)
