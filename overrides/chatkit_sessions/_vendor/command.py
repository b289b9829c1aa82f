"""The command `chatkit-sessions vendor`."""

import argparse
import re
import sys
from collections.abc import Sequence
from enum import IntEnum
from keyword import iskeyword
from pathlib import Path
from typing import Final

from chatkit_sessions import __version__

from .failure import VendorError
from .package import MANIFEST, render
from .place import Found, check_replaceable, look_at, put, recover

_DESCRIPTION: Final = """\
Copy this package into another source tree: one folder, which needs httpx, attrs and python-dateutil and nothing else
of ours. Run it again with a newer version to update the copy.
"""
_EPILOG: Final = (
    "Exit codes: 0 written, or with --check unchanged; 1 edited; 2 usage, or refused; 3 another version than this one."
)


class Code(IntEnum):
    """The exit codes."""

    DONE = 0
    EDITED = 1
    REFUSED = 2
    OTHER_VERSION = 3


def main(arguments: Sequence[str]) -> int:
    """Write or check a copy, say in words what came of it, and return the exit code."""
    parser = argparse.ArgumentParser("chatkit-sessions vendor", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("dest", type=Path, metavar="DEST", help="the folder that the copy is written into")
    parser.add_argument(
        "--name", default="chatkit_sessions", help="what the copy's own folder is called (default: %(default)s)"
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="write nothing; say whether the copy was edited or is old")
    group.add_argument("--force", action="store_true", help="also replace a folder that is edited or not a copy")
    given = parser.parse_args(arguments)
    try:
        if not given.name.isidentifier() or iskeyword(given.name):
            raise VendorError(f"--name: expected the name of a Python package, got {given.name!r}")
        folder = given.dest / given.name
        code, words = _check(folder) if given.check else _write(folder, force=given.force)
    except VendorError as error:
        code, words = Code.REFUSED, f"Error: {error}"
    except OSError as error:
        code, words = Code.REFUSED, f"Error: {error.filename or given.dest}: {error.strerror or error}"
    print(words, file=sys.stderr if code is Code.REFUSED else sys.stdout)
    return code


def _check(folder: Path) -> tuple[Code, str]:
    found = look_at(folder)
    if found is None:
        raise VendorError(f"there is no copy in {folder}: it has no {MANIFEST} of ours.")
    code, words = judge(found, render()[MANIFEST], __version__)
    return code, f"{folder}: {words}"


def _write(folder: Path, *, force: bool) -> tuple[Code, str]:
    recover(folder)
    check_replaceable(folder, force=force)
    files = render()
    put(files, folder)
    size = sum(map(len, files.values())) / 1000
    return Code.DONE, f"{folder}: wrote version {__version__}, {len(files)} files of {size:.0f} kB together."


def judge(found: Found, manifest: bytes, version: str) -> tuple[Code, str]:
    """Return what to say of a copy.

    Args:
        found: The copy.
        manifest: The manifest of the copy that would be written now.
        version: Its version.
    """
    age = "" if found.version == version else f", {_age(found.version, version)} than {version} here"
    if found.edits:
        return Code.EDITED, f"version {found.version}{age}, edited: {found.edits}."
    if age:
        return Code.OTHER_VERSION, f"version {found.version}, unchanged{age}."
    if found.manifest == manifest:
        return Code.DONE, f"version {version}, unchanged."
    return Code.EDITED, f"version {version}, edited together with its {MANIFEST}, or written from other sources."


def _age(theirs: str, ours: str) -> str:
    that, this = _release(theirs), _release(ours)
    return "older" if that < this else "newer" if that > this else "other"


def _release(version: str) -> list[int]:
    numbers = re.match(r"[\d.]*", version)
    return [int(number) for number in re.findall(r"\d+", numbers.group() if numbers else "")]
