"""The edits of a copy as a patch that `git apply` and `patch` read."""

import hashlib
import stat
from collections.abc import Iterator, Mapping
from difflib import diff_bytes, unified_diff
from io import BytesIO
from pathlib import Path
from typing import Final

from .caches import is_cache
from .place import files_in

_NOTHING: Final = b"/dev/null"
_NO_BLOB: Final = "0" * 40


def patch(released: Mapping[str, bytes], folder: Path) -> Iterator[bytes]:
    """Yield the differences between the released files and those of a folder, file by file.

    Paths start from the root of the Git checkout that the folder is in, or else from the folder above it.

    Args:
        released: The files of a copy as this version writes them.
        folder: The copy.
    """
    present = {path.relative_to(folder).as_posix(): path for path in files_in(folder) if not is_cache(path)}
    prefix = folder.resolve().relative_to(_root(folder)).as_posix()
    for name in sorted(released.keys() | present.keys()):
        path = present.get(name)
        if path is not None and not stat.S_ISREG(path.lstat().st_mode):
            continue
        before, after = released.get(name), None if path is None else path.read_bytes()
        if before != after:
            yield _file_patch(f"{prefix}/{name}", before, after)


def not_in_patch(folder: Path) -> list[str]:
    """Return what a patch cannot hold: links and other things that are not regular files."""
    odd = (path for path in files_in(folder) if not stat.S_ISREG(path.lstat().st_mode))
    return sorted(path.relative_to(folder).as_posix() for path in odd)


def _root(folder: Path) -> Path:
    parents = folder.resolve().parents
    return next((parent for parent in parents if (parent / ".git").exists()), parents[0])


def _file_patch(path: str, before: bytes | None, after: bytes | None) -> bytes:
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    head = [b"diff --git " + old + b" " + new]
    if before is None:
        head.append(b"new file mode 100644")
    if after is None:
        head.append(b"deleted file mode 100644")
    # With them, `git apply --3way` finds what was released in the history and merges.
    blobs = f"index {_blob(before)}..{_blob(after)}"
    head.append((blobs if before is None or after is None else f"{blobs} 100644").encode())
    names = (_NOTHING if before is None else _ended(old), _NOTHING if after is None else _ended(new))
    if b"\0" in (before or b"") + (after or b""):
        return b"\n".join([*head, b"Binary files %s and %s differ" % names, b""])
    old_lines, new_lines = (BytesIO(content or b"").readlines() for content in (before, after))
    changes = diff_bytes(unified_diff, old_lines, new_lines, *names)
    body = b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in changes)
    return b"\n".join([*head, body])


def _blob(content: bytes | None) -> str:
    """Return Git's name for a content."""
    if content is None:
        return _NO_BLOB
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _quoted(path: str) -> bytes:
    """Return a path as Git writes it."""
    name = path.encode("utf-8", "surrogateescape")
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in name):
        return name
    plain = (bytes([byte]) if 0x20 <= byte < 0x7F and byte not in b'"\\' else b"\\%03o" % byte for byte in name)
    return b'"' + b"".join(plain) + b'"'


def _ended(name: bytes) -> bytes:
    """Return a path with its end marked, since it may have spaces."""
    return name + b"\t" if b" " in name and not name.startswith(b'"') else name
