"""The command `chatkit-sessions vendor`."""

import argparse
import sys
from collections.abc import Sequence
from enum import IntEnum
from keyword import iskeyword
from pathlib import Path
from typing import Final

from chatkit_sessions import __version__

from .failure import VendorError
from .manifest import MANIFEST, Manifest, parse_manifest, read_manifest
from .package import render
from .parts import PARTS
from .patch import not_in_patch, patch
from .place import Found, check_apart, check_folder, check_replaceable, look_at, put, recover
from .project import NAME, find_project
from .texts import listed, say
from .versions import Age, age

_DESCRIPTION: Final = """\
Copy this package into another source tree: one folder, which needs only what its VENDORED.json lists.
Run it again with a newer version to update the copy.
"""
_EPILOG: Final = (
    "Exit codes: 0 written, or with --check or --diff unchanged; 1 edited; 2 usage, or refused; 3 another version than "
    "this one."
)
# A folder of such a name would hide what a copy or its service imports.
_TAKEN: Final = frozenset({"anyio", "attr", "attrs", "dateutil", "generated_client", "httpcore", "httpx"})
_AGES: Final[dict[Age, str]] = {
    "same": "",
    "older": ", older than {} here",
    "newer": ", newer than {} here",
    "other": ", other than {} here",
}


class Code(IntEnum):
    """The exit codes."""

    DONE = 0
    EDITED = 1
    REFUSED = 2
    OTHER_VERSION = 3


def main(arguments: Sequence[str]) -> int:
    """Write, check or compare a copy, print the result, and return the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.parts and (given.check or given.diff):
        parser.error("--with says what to write, and --check and --diff write nothing")
    try:
        folder = _folder(given.dest, given.name)
        if given.check:
            code, words = _check(folder)
        elif given.diff:
            code, words = _diff(folder)
        else:
            code, words = _write(folder, given.parts, force=given.force)
    except VendorError as error:
        code, words = Code.REFUSED, f"Error: {error}"
    except OSError as error:
        code, words = Code.REFUSED, f"Error: {error.filename or given.dest}: {error.strerror or error}"
    if words:
        say(words, sys.stderr if code is Code.REFUSED or given.diff else sys.stdout)
    return code


def judge(found: Found, manifest: bytes, version: str) -> tuple[Code, str]:
    """Return what to say about a copy.

    Args:
        found: The copy.
        manifest: The manifest of the copy that would be written now.
        version: Its version.
    """
    theirs = found.manifest.version
    beside = _AGES[age(theirs, version)].format(version)
    if found.edits:
        return Code.EDITED, f"version {theirs}{beside}, edited: {found.edits}."
    if found.unverified:
        return Code.EDITED, (
            f"version {theirs}{beside}, its sources unchanged, but Python may run {listed(found.unverified)} in their "
            "place, and nothing shows that it was made from them: delete it, and Python makes it again."
        )
    if beside:
        return Code.OTHER_VERSION, f"version {theirs}, unchanged{beside}."
    if found.manifest.content == manifest:
        return Code.DONE, f"version {version}, unchanged."
    return Code.EDITED, f"version {version}, edited together with its {MANIFEST}, or written from other sources."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"{NAME} vendor", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("dest", metavar="DEST", help="the folder that the copy is written into")
    parser.add_argument(
        "--name", default="chatkit_sessions", help="what the copy's own folder is called (default: %(default)s)"
    )
    parser.add_argument(
        "--with",
        dest="parts",
        action="append",
        metavar="PART",
        help=f"also copy {' or '.join(PARTS)}, or one adapter of it such as web.fastapi (repeatable); without it, an "
        "update has the parts that the copy has",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="write nothing; say whether the copy was edited or is old")
    group.add_argument("--diff", action="store_true", help="write nothing; print the edits as a patch")
    group.add_argument(
        "--force", action="store_true", help="also replace a folder that is edited, newer, or not a copy"
    )
    return parser


def _folder(dest: str, name: str) -> Path:
    if not dest.strip():
        raise VendorError(f"DEST: expected a folder, got {dest!r}")
    taken = name in sys.stdlib_module_names or name in _TAKEN or name.startswith("__")
    if not (name.isascii() and name.isidentifier()) or iskeyword(name) or taken:
        raise VendorError(f"--name: expected the name of a Python package, in ASCII and not taken, got {name!a:.80}")
    return Path(dest) / name


def _found(folder: Path) -> Found:
    found = look_at(folder)
    if found is None:
        raise VendorError(f"there is no copy in {folder}: it has no {MANIFEST} that this command wrote.")
    return found


def _check(folder: Path) -> tuple[Code, str]:
    found = _found(folder)
    files = {} if age(found.manifest.version, __version__) != "same" else render(found.manifest.parts)
    code, words = judge(found, files.get(MANIFEST, b""), __version__)
    return code, f"{folder}: {words}"


def _diff(folder: Path) -> tuple[Code, str]:
    theirs = _found(folder).manifest
    if theirs.version != __version__:
        return Code.OTHER_VERSION, (
            f"{folder}: version {theirs.version}; {__version__} does not know its files. Compare with that version, "
            f"for instance: pipx run --spec {NAME}=={theirs.version} {NAME} vendor DEST --diff"
        )
    if odd := not_in_patch(folder):
        say(f"Not in the patch, since these are not regular files: {listed(odd)}", sys.stderr)
    edited = bool(odd)
    for part in patch(render(theirs.parts), folder):
        edited = True
        sys.stdout.buffer.write(part)
    sys.stdout.flush()
    return (Code.EDITED if edited else Code.DONE), ""


def _write(folder: Path, parts: Sequence[str] | None, *, force: bool) -> tuple[Code, str]:
    project = find_project()
    check_apart(folder, project.sources)
    check_folder(folder)
    recover(folder)
    before = read_manifest(folder) if force else check_replaceable(folder, __version__)
    if parts is None:
        parts = before.parts if before else ()
    files = render(parts, project)
    put(files, folder)
    size = sum(map(len, files.values())) / 1000
    what = _step(before, parse_manifest(files[MANIFEST]))
    return Code.DONE, f"{folder}: {what}, {len(files)} files of {size:.0f} kB together."


def _step(before: Manifest | None, after: Manifest) -> str:
    """Return how a copy has changed."""
    if before is None:
        return f"wrote version {after.version}"
    old, new = set(before.requirements), set(after.requirements)
    changes = [
        f"{word} {', '.join(sorted(lines))}" for word, lines in (("now", new - old), ("no longer", old - new)) if lines
    ]
    versions = dict.fromkeys([before.version, after.version])
    return f"wrote version {' → '.join(versions)}, requirements {' and '.join(changes) or 'as before'}"
