"""Reads OpenAI's document from a file or a URL, and identifies it."""

import hashlib
import os
import re
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

import httpx

from spec.document import Object, SpecError
from spec.parse import MAX_BYTES, parse

FETCH_SECONDS = 30.0
REPOSITORY = "openai/openai-openapi"

_GZIP = 31  # zlib's window bits: 15 is the largest window, and 16 more expects gzip's header
_RAW = re.compile(rf"https://(?:raw\.githubusercontent\.com|github\.com)/{REPOSITORY}/")
_ORIGIN = re.compile(rf"(?:.*[/@])?github\.com[/:]{REPOSITORY}(?:\.git)?/?")


@dataclass(frozen=True)
class Source:
    """A document as it was read, and what identifies it."""

    document: Object
    sha256: str
    revision: str | None
    repository: str | None = None


def load(source: str) -> Source:
    """Read a document.

    Args:
        source: A path or an http(s) URL.

    Raises:
        SpecError: It cannot be read, or is not an OpenAPI 3.1 document.
    """
    is_url = source.startswith(("http://", "https://"))
    name = _without_credentials(source) if is_url else source
    data = _fetch(source, name) if is_url else _read(Path(source))
    document = parse(data, name)
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise SpecError(f"{name} is not an OpenAPI document: it has no paths.")
    version = document.get("openapi")
    if not (isinstance(version, str) and version.startswith("3.1")):
        raise SpecError(f"{name} is not an OpenAPI 3.1 document: its version is {version!r:.40}.")
    revision = _revision_in_url(source) if is_url else _revision_in_git(Path(source), data)
    known = revision is not None or _RAW.match(source) is not None
    return Source(document, hashlib.sha256(data).hexdigest(), revision, REPOSITORY if known else None)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}.") from error


def _fetch(url: str, name: str) -> bytes:
    data = bytearray()
    inflater = zlib.decompressobj(_GZIP)
    try:
        # Decompressed here and not by httpx, which has no limit and decompresses as often as a header says.

        with httpx.stream(
            "GET", url, headers={"Accept-Encoding": "gzip"}, timeout=FETCH_SECONDS, follow_redirects=True
        ) as response:
            if not response.is_success:
                raise SpecError(f"{name} cannot be fetched: the server answered {response.status_code}.")
            encoding = response.headers.get("content-encoding", "identity").strip().lower()
            if encoding not in ("gzip", "identity"):
                raise SpecError(
                    f"{name} cannot be read: only gzip is accepted as content-encoding, not {encoding!r:.40}."
                )
            for chunk in response.iter_raw():
                data += inflater.decompress(chunk, MAX_BYTES + 1 - len(data)) if encoding == "gzip" else chunk
                if len(data) > MAX_BYTES:
                    break
    except zlib.error as error:
        raise SpecError(f"{name} cannot be read: what the server sent is not gzip, as it says.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SpecError(f"{name} cannot be fetched: {str(error).replace(url, name)}.") from error
    return bytes(data)


def _without_credentials(url: str) -> str:
    """Return what may be shown of a URL: neither a user's name and password nor a token in its query."""
    address, _, query = url.partition("?")
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}{'?…' if query else ''}"


def _revision_in_url(url: str) -> str | None:
    found = re.search(rf"{REPOSITORY}/(?:\w+/)?([0-9a-f]{{40}})/", url)
    return found[1] if found else None


def _revision_in_git(path: Path, data: bytes) -> str | None:
    """Return the commit of a file in a checkout of OpenAI's repository, when the file is as committed."""
    if not _ORIGIN.fullmatch(_git(path.parent, "config", "--get", "remote.origin.url") or ""):
        return None
    blob = _git(path.parent, "rev-parse", f"HEAD:./{path.name}") or ""
    # Git's own names of an object. Asking `git status` instead would run what the checkout's settings name.
    name = (hashlib.sha1 if len(blob) == 40 else hashlib.sha256)(b"blob %d\0" % len(data) + data)
    if name.hexdigest() != blob:
        return None
    return _git(path.parent, "rev-list", "-1", "HEAD", "--", path.name) or None


def _git(folder: Path, *arguments: str) -> str | None:
    """Return the output of a git command that reads objects only, without our environment's secrets.

    The settings of a checkout may name programs: hooks, a file system monitor, filters, a way to fetch what is missing.
    The commands used here do not need them, so they are switched off.
    """
    switched_off = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "log.showSignature=false")
    command = ["git", "-C", str(folder), *(part for setting in switched_off for part in ("-c", setting)), *arguments]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT") if name in os.environ}
    environment = {**kept, "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    except (OSError, ValueError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
