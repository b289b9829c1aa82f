"""A file with one JSON line for each id that is done, so that a run can continue where another one stopped.

A line is written as soon as the server has answered. If a run was killed before that, the id has no line and is sent
again: the server then answers that the session is not active any more, which counts as done.
"""

import io
import json
import os
import stat
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

from .batch import Result

_BEGINNING: Final = b'{"id": '
_DONE: Final = ("cancelled", "inactive", "missing")
# A killed process loses no line. A machine that loses power loses at most the lines of this many seconds.
_SYNC_SECONDS: Final = 1.0

if sys.platform == "win32":  # pragma: no cover - the tests run elsewhere
    import msvcrt

    def _lock(file: io.FileIO) -> None:
        # Windows locks bytes, and nobody else can read a locked one: this one lies behind every line. Not every file
        # system and C library knows places above 2 GiB.
        file.seek((1 << 31) - 2)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(error.errno, error.strerror) from None

else:
    import fcntl

    def _lock(file: io.FileIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Journal:
    """A journal that is open for one run; a second run is refused until it is closed, or its process is gone.

    Args:
        path: Where it is or will be.

    Attributes:
        done: The ids that are done. Failed ones are not among them.

    Raises:
        ValueError: It is not a file, or holds something else than a journal.
        BlockingIOError: Another run uses it.
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = io.FileIO(path, "a+", opener=_for_the_owner)
        try:
            if not stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
                raise ValueError("it is not a file")
            _lock(self._file)
            self._file.seek(0)
            content = self._file.readall()
            self.done, whole = _read(content)
            self._file.truncate(whole)
            if content[:whole] and not content[:whole].endswith(b"\n"):
                self._append(b"\n")
        except BaseException:
            self._file.close()
            raise
        self._synced = time.monotonic()

    def write(self, result: Result) -> None:
        """Add a line.

        Raises:
            OSError: The disk is full, or gone.
        """
        line = result.to_dict() | {"at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        self._append(json.dumps(line).encode() + b"\n")
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            os.fsync(self._file.fileno())

    def _append(self, data: bytes) -> None:
        # The file has no buffer, so that each line is the kernel's before the next id is sent.
        while data:
            data = data[self._file.write(data) :]


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(content: bytes) -> tuple[set[str], int]:
    """Return the ids that are done, and how many bytes are whole lines: a crash may have cut the last line."""
    done: set[str] = set()
    lines = content.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        try:
            entry = _entry(line)
        except ValueError:
            if number == len(lines) and not line.endswith(b"\n") and line.startswith(_BEGINNING[: len(line)]):
                return done, len(content) - len(line)
            raise ValueError(f"line {number} is not one of a journal") from None
        if entry["outcome"] in _DONE:
            done.add(entry["id"])
        else:
            done.discard(entry["id"])
    return done, len(content)


def _entry(line: bytes) -> dict[str, Any]:
    entry: object = json.loads(line)
    if isinstance(entry, dict):
        known = cast("dict[str, Any]", entry)
        if isinstance(known.get("id"), str) and isinstance(known.get("outcome"), str):
            return known
    raise ValueError
