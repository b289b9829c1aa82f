"""What Windows does otherwise with files, put on as a costume."""

import builtins
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def write_lines_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let text that is written without a word about it have the line ends and the encoding of Windows."""
    opened = io.open

    def open_as_on_windows(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        given = dict(zip(("buffering", "encoding", "errors", "newline"), rest, strict=False)) | options
        if "b" not in mode:
            given["encoding"] = given.get("encoding") or "cp1252"
            if given.get("newline") is None and mode != "r":
                given["newline"] = "\r\n"
        return opened(file, mode, **given)

    monkeypatch.setattr(io, "open", open_as_on_windows)
    monkeypatch.setattr(builtins, "open", open_as_on_windows)


def hold_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing rename or remove a file that this process has open, or a folder with such a file in it."""

    def held(change: Callable[..., None]) -> Callable[..., None]:
        def changed(path: Any, *rest: Any, **options: Any) -> None:
            place = Path(path).resolve()
            for descriptor in Path("/dev/fd").iterdir():
                try:
                    opened = descriptor.readlink()
                except OSError:  # the one by which the folder was listed
                    continue
                if place == opened or place in opened.parents:
                    raise PermissionError(13, "The process cannot access the file", str(path))
            change(path, *rest, **options)

        return changed

    for name in ("rename", "replace", "unlink", "remove", "rmdir"):
        monkeypatch.setattr(os, name, held(getattr(os, name)))
    # The other way opens what it removes, which Windows does not.
    monkeypatch.setattr(shutil, "_use_fd_functions", False)
