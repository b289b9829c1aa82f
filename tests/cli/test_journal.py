"""The journal of `cancel`."""

import errno
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit_sessions.cli.batch import Result
from chatkit_sessions.cli.journal import Journal
from support.shell import Shell

DONE = '{"id": "cksess_1", "outcome": "cancelled", "request_id": null, "at": "2026-01-01T00:00:00.000+00:00"}'
INACTIVE = '{"id": "cksess_2", "outcome": "inactive"}'
FAILED = '{"id": "cksess_3", "outcome": "failed"}'


@pytest.mark.parametrize(
    ("content", "done", "kept"),
    [
        ("", set[str](), ""),
        (f"{DONE}\n{INACTIVE}\n{FAILED}\n", {"cksess_1", "cksess_2"}, f"{DONE}\n{INACTIVE}\n{FAILED}\n"),
        (f"{DONE}\n" + INACTIVE[:20], {"cksess_1"}, f"{DONE}\n"),
        (f"{DONE}\n" + INACTIVE[:1], {"cksess_1"}, f"{DONE}\n"),
        (DONE[:20], set[str](), ""),
        (f"{DONE}\n{INACTIVE}", {"cksess_1", "cksess_2"}, f"{DONE}\n{INACTIVE}\n"),
        (f"{DONE}\n{DONE.replace('cancelled', 'failed')}\n", set[str](), None),
        (f"{DONE.replace('cancelled', 'failed')}\n{DONE}\n", {"cksess_1"}, None),
    ],
)
def test_what_an_earlier_run_left_is_understood_and_a_torn_line_is_taken_back(
    tmp_path: Path, content: str, done: set[str], kept: str | None
) -> None:
    path = tmp_path / "journal"
    path.write_text(content)
    with Journal(path) as journal:
        assert journal.done == done
        journal.write(Result("cksess_9", "cancelled", "req_9"))
    written = path.read_text()
    before, last = written[: written.rindex("{")], written[written.rindex("{") :]
    assert before == (content if kept is None else kept)
    entry = json.loads(last)
    assert (entry["id"], entry["outcome"], entry["request_id"]) == ("cksess_9", "cancelled", "req_9")
    assert last.endswith("\n")


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("cksess_1\ncksess_2\n", 1),
        ("cksess_1", 1),
        (f"{DONE}\n\n{INACTIVE}\n", 2),
        (f"{DONE}\n[]\n", 2),
        (f'{DONE}\n{{"id": 7, "outcome": "cancelled"}}\n', 2),
        (f'{DONE}\n{{"id": "cksess_2"}}\n', 2),
        (f"{DONE}\n{INACTIVE[:20]}\n", 2),
        (f"{DONE}\nsomething else", 2),
    ],
)
def test_a_file_that_is_no_journal_is_left_alone(shell: Shell, tmp_path: Path, content: str, number: int) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    refused = shell.run("cancel", "cksess_1", "--journal", str(path))
    assert refused.stderr == f"Error: --journal: {path} cannot be used: line {number} is not one of a journal\n"
    assert refused.code == 3
    assert path.read_text() == content


def test_a_second_run_with_the_same_journal_is_refused(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path):
        refused = shell.run("cancel", "cksess_1", "--journal", str(path))
    assert refused.stderr == f"Error: --journal: another run is using {path}\n"
    assert refused.code == 3


@pytest.mark.parametrize(("name", "reason"), [("no/journal", "No such file or directory"), (".", "Is a directory")])
def test_a_journal_that_cannot_be_opened_is_a_sentence(shell: Shell, tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / name
    refused = shell.run("cancel", "cksess_1", "--journal", str(path))
    assert refused.stderr == f"Error: --journal: {path} cannot be used: {reason}\n"
    assert refused.code == 3


def test_a_full_disk_stops_the_run(
    shell: Shell, session_ids: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def write(_journal: Journal, _result: Result) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Journal, "write", write)
    stopped = shell.run("cancel", *session_ids, "--journal", str(tmp_path / "journal"))
    assert stopped.stderr == "Error: --journal: cannot be written: No space left on device\n"
    assert stopped.code == 3


def test_lines_reach_the_disk_about_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, synced = 100.0, list[float]()

    def sync(_file: int) -> None:
        synced.append(now)

    # Not that of the whole process: the event loop of a server in another thread would wait for hours.
    monkeypatch.setattr("chatkit_sessions.cli.journal.time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr("os.fsync", sync)
    with Journal(tmp_path / "journal") as journal:
        for now in (100.5, 101.5, 101.9, 103.0):  # noqa: B007 - the clock reads it
            journal.write(Result("cksess_1", "cancelled"))
    assert synced == [101.5, 103.0, 103.0]


def test_a_line_that_the_kernel_takes_in_parts_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(io.FileIO):
        def write(self, data: Any, /) -> int:
            return super().write(data[:7])

    monkeypatch.setattr("io.FileIO", Slow)
    with Journal(tmp_path / "journal") as journal:
        journal.write(Result("cksess_1", "cancelled"))
    assert json.loads((tmp_path / "journal").read_text())["id"] == "cksess_1"
