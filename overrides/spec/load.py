"""Reads OpenAI's document from a file or a URL, and identifies it."""

import hashlib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx

from spec.document import Object, SpecError
from spec.parse import MAX_BYTES, parse

FETCH_SECONDS = 30.0


@dataclass(frozen=True)
class Source:
    """A document as it was read, and what identifies it."""

    document: Object
    sha256: str
    revision: str | None


def load(source: str) -> Source:
    """Reads a document.

    Args:
        source: A path or an http(s) URL.

    Raises:
        SpecError: It cannot be read, or is no OpenAPI 3.1 document.
    """
    is_url = source.startswith(("http://", "https://"))
    data = _fetch(source) if is_url else _read(Path(source))
    document = parse(data, source)
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise SpecError(f"{source} is no OpenAPI document: it has no paths.")
    version = document.get("openapi")
    if not (isinstance(version, str) and version.startswith("3.1")):
        raise SpecError(f"{source} is no OpenAPI 3.1 document: its version is {version!r}.")
    revision = _revision_in_url(source) if is_url else _revision_in_git(Path(source))
    return Source(document, hashlib.sha256(data).hexdigest(), revision)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}.") from error


def _fetch(url: str) -> bytes:
    data = bytearray()
    try:
        with httpx.stream("GET", url, timeout=FETCH_SECONDS, follow_redirects=True) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_BYTES:
                    break
    except httpx.HTTPStatusError as error:
        raise SpecError(f"{url} cannot be fetched: the server answered {error.response.status_code}.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SpecError(f"{url} cannot be fetched: {error}.") from error
    return bytes(data)


def _revision_in_url(url: str) -> str | None:
    found = re.search(r"openai/openai-openapi/(?:\w+/)?([0-9a-f]{40})/", url)
    return found[1] if found else None


def _revision_in_git(path: Path) -> str | None:
    """Returns the commit of a file in an unedited checkout of OpenAI's repository."""

    def git(*arguments: str) -> str | None:
        command = ["git", "-C", str(path.parent), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
        except OSError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    if "openai/openai-openapi" not in (git("config", "--get", "remote.origin.url") or ""):
        return None
    if git("status", "--porcelain", "--", path.name) != "":
        return None
    return git("log", "-1", "--format=%H", "--", path.name) or None
