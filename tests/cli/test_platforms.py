"""What Windows does otherwise, put on as a costume."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from chatkit_sessions.cli import journal
from chatkit_sessions.cli.batch import Result


def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the journal's module as Windows loads it, where a byte is locked, and not the file."""
    locked: dict[tuple[int, int], int] = {}

    def locking(descriptor: int, mode: int, count: int) -> None:
        place = (os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR))
        assert (mode, count) == (2, 1)
        assert place[1] > os.fstat(descriptor).st_size, "nobody else could read what is locked"
        if place in locked:
            raise PermissionError(13, "Permission denied")
        locked[place] = descriptor

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    spec = importlib.util.spec_from_file_location("chatkit_sessions.cli.journal_of_windows", journal.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_journal_is_locked_on_windows_and_can_be_read_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = as_on_windows(monkeypatch)
    path = tmp_path / "journal"
    with module.Journal(path) as first:
        first.write(Result("cksess_1", "cancelled", "req_1"))
        with pytest.raises(BlockingIOError):
            module.Journal(path)
        assert path.read_text(encoding="utf-8").startswith('{"id": "cksess_1", ')
    with journal.Journal(path) as later:
        assert later.done == {"cksess_1"}
