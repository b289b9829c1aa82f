"""Finds what Python compiled from a copy and would run instead of its source."""

import marshal
import stat
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType
from typing import Final

CACHE: Final = "__pycache__"

_SUFFIX: Final = ".pyc"
_HEADER: Final = 16
_BY_HASH: Final = 1
# A cache is at most a few times as long as its source.
_MAX_SIZE: Final = 16 * 1024 * 1024


def is_cache(path: Path) -> bool:
    """Return whether a file has the place and the name of one that Python compiled."""
    return path.parent.name == CACHE and path.suffix == _SUFFIX and "." in path.stem


def is_harmless(cache: Path) -> bool:
    """Return whether running a cache is the same as running its source, or whether nothing would run it.

    Caches of other Pythons cannot be read here; they are harmless only if their heads show it.
    """
    module, *_ = cache.name.split(".")
    source = cache.parent.parent / f"{module}.py"
    facts = cache.lstat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > _MAX_SIZE:
        return False
    if not source.is_file():
        return True  # no import leads to it
    content = cache.read_bytes()
    # The magic number of every Python ends like this.
    if len(content) < _HEADER or content[2:4] != b"\r\n":
        return True
    if not int.from_bytes(content[4:8], "little") & _BY_HASH and content[8:16] != _stamp(source):
        return True  # out of date, which Python notices too
    return content[:4] == MAGIC_NUMBER and _same_code(content[_HEADER:], source, cache)


def _stamp(source: Path) -> bytes:
    facts = source.stat()
    return b"".join((int(value) & 0xFFFFFFFF).to_bytes(4, "little") for value in (facts.st_mtime, facts.st_size))


def _same_code(marshalled: bytes, source: Path, cache: Path) -> bool:
    for level in (0, 1, 2):
        if Path(cache_from_source(source, optimization=level or "")).name == cache.name:
            break
    else:
        return False
    try:
        found: object = marshal.loads(marshalled)  # noqa: S302 # makes values, runs nothing
        expected = compile(source.read_bytes(), str(source), "exec", dont_inherit=True, optimize=level)
    except (ValueError, EOFError, TypeError, SyntaxError, MemoryError, RecursionError, OverflowError):
        return False
    return isinstance(found, CodeType) and found == expected
