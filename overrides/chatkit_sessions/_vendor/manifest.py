"""The two files that say what a copy is, one for this command and one for tools that know CycloneDX."""

import hashlib
import json
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from .project import NAME

MANIFEST: Final = "VENDORED.json"
BILL: Final = "VENDORED.cdx.json"

# Far more than any release writes: what is read from another tree needs a limit.
_MAX_SIZE: Final = 1024 * 1024
_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+!-]{0,63}")
_PART: Final = re.compile(r"[a-z_.]{1,64}")
_REQUIREMENT: Final = re.compile(r"[!-~]{1,200}")
_REQUIRED_NAME: Final = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy is.

    Attributes:
        version: The version of the package.
        license: The SPDX expression of its license.
        python: Which versions of Python it runs on.
        requirements: What has to be installed beside it, one requirement line each.
        parts: The optional parts that it has.
    """

    version: str
    license: str
    python: str
    requirements: Sequence[str]
    parts: Sequence[str]

    @property
    def purl(self) -> str:
        """The package URL of the release."""
        return f"pkg:pypi/{NAME}@{self.version}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is read from a manifest on the disk.

    Attributes:
        content: Its bytes.
        version: The version that it names.
        requirements: The requirement lines, printable.
        parts: The optional parts.
        digests: The digest of each other file, by path. The paths are not checked.
    """

    content: bytes
    version: str
    requirements: tuple[str, ...]
    parts: tuple[str, ...]
    digests: Mapping[str, str]


def manifest(contents: Contents, files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of a copy.

    Args:
        contents: What it is.
        files: All its other files, by their paths.
    """
    return _json(
        {
            "name": NAME,
            "version": contents.version,
            "license": contents.license,
            "purl": contents.purl,
            "requires-python": contents.python,
            "requirements": list(contents.requirements),
            "parts": list(contents.parts),
            "document": json.loads(files["generated_client/provenance.json"]),
            "sha256": {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())},
        }
    )


def bill_of_materials(contents: Contents) -> bytes:
    """Return what a copy adds to a service, as CycloneDX 1.6: the package, and what it requires without versions."""
    required: dict[str, str] = {}
    for line in contents.requirements:
        found = _REQUIRED_NAME.match(line)
        required[f"pkg:pypi/{found[0].lower()}" if found else line] = line
    library = {
        "type": "library",
        "bom-ref": contents.purl,
        "name": NAME,
        "version": contents.version,
        "licenses": [{"expression": contents.license}],
        "purl": contents.purl,
    }
    others = [
        {
            "type": "library",
            "bom-ref": purl,
            "name": purl.rpartition("/")[2],
            "purl": purl,
            "properties": [{"name": f"{NAME}:requirement", "value": line}],
        }
        for purl, line in required.items()
    ]
    return _json(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "components": [library, *others],
            "dependencies": [{"ref": contents.purl, "dependsOn": list(required)}],
        }
    )


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in a folder; None unless this command could have written it."""
    path = folder / MANIFEST
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > _MAX_SIZE:
            return None
        return parse_manifest(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def parse_manifest(content: bytes) -> Manifest:
    """Return what a manifest says.

    Raises:
        ValueError: It is not JSON, or a text has another form than this command writes; also `TypeError`, `KeyError`,
            `AttributeError` and `RecursionError`.
    """
    found: Any = json.loads(content)
    return Manifest(
        content,
        version=_one(found["version"], _VERSION),
        requirements=_several(found.get("requirements", []), _REQUIREMENT),
        parts=_several(found.get("parts", []), _PART),
        digests={_text(key): _text(value) for key, value in found["sha256"].items()},
    )


def _one(value: object, form: re.Pattern[str]) -> str:
    if not form.fullmatch(text := _text(value)):
        raise ValueError(form.pattern)
    return text


def _several(values: object, form: re.Pattern[str]) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError("a list is expected")
    return tuple(_one(value, form) for value in cast("list[object]", values))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a string is expected")
    return value


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
