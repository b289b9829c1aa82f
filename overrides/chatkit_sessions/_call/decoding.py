"""Turns the bytes of a response into the result of a call, or says why they are not one."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, cast

import httpx

from .._omit import Omit
from .call import Operation, ResultT

# zlib's window bits: 15 is the largest window; 32 more detects a gzip or a zlib header.
_ANY_HEADER: Final = 47
_COMPRESSIONS: Final = ("gzip", "x-gzip", "deflate")
# An answer repeats what was sent, perhaps laid out or escaped in another way, and adds some 2 kB. JSON of this size
# takes at most 30 times as much memory, and 30 ms to decode.
_BEYOND_WHAT_WAS_SENT: Final = 256 * 1024
MISFITS: Final = (AttributeError, KeyError, TypeError, ValueError)
"""What generated code raises for an answer that it cannot read."""
_LARGEST: Final = 64 * 1024 * 1024


class Body:
    """Collects the chunks of one body.

    zlib stops at a limit, so a few bytes that expand to gigabytes cost no memory; httpx would decompress a whole
    chunk. Nothing is raised here, since the local variables of a traceback would show the body.

    Attributes:
        problem: Why the body cannot be used, empty if it can.
    """

    def __init__(self, encoding: str, sent: bytes | None, limit: int | Omit) -> None:
        """Take the value of `content-encoding`, the body that was sent, and the limit in bytes after decompression."""
        if isinstance(limit, Omit):
            limit = min(2 * len(sent or b"") + _BEYOND_WHAT_WAS_SENT, _LARGEST)
        self.problem = ""
        self._limit = self._left = limit
        self._parts: list[bytes] = []
        self._inflater = self._new_inflater(encoding) if encoding else None

    def _new_inflater(self, encoding: str) -> Any:
        codings = [coding for part in encoding.lower().split(",") if (coding := part.strip()) not in ("", "identity")]
        if len(codings) > 1 or any(coding not in _COMPRESSIONS for coding in codings):
            self.problem = f"has a content-encoding that is not supported: {encoding!r:.80}; gzip and deflate are"
        return zlib.decompressobj(_ANY_HEADER) if codings else None

    def feed(self, chunk: bytes) -> None:
        """Decompress a chunk and add it; after a problem, drop it."""
        if self.problem:
            return
        if self._inflater is not None:
            chunk = self._inflated(chunk, self._inflater)
        self._left -= len(chunk)
        if self._left < 0:
            self.problem = f"is larger than {self._limit} bytes (max_response_bytes)"
            self._parts.clear()
        else:
            self._parts.append(chunk)

    def _inflated(self, chunk: bytes, inflater: Any) -> bytes:
        if inflater.eof:  # zlib would keep whatever follows
            self._left -= len(chunk)
            return b""
        try:
            part: bytes = inflater.decompress(chunk, self._left + 1)
        except zlib.error:
            self.problem = "has broken compressed data"
            return b""
        self._left -= len(inflater.unused_data)
        return part

    def take(self, response: httpx.Response) -> None:
        """Take the content of a response that something else has read and decompressed."""
        self._inflater, self.problem = None, ""
        try:
            self.feed(response.content)
        except httpx.ResponseNotRead:
            self.problem = "was consumed by a hook of the HTTP client"

    def has_more(self) -> bool:
        """Return whether `drain` would return anything."""
        return any(self._parts)

    def drain(self) -> bytes:
        """Return what has been added since the last time, and do not keep it."""
        part = b"".join(self._parts)
        self._parts.clear()
        return part

    def finish(self) -> bytes:
        """Return the body, empty if there is a problem."""
        if not self.problem and self._inflater is not None and not self._inflater.eof:
            self.problem = "has compressed data that ends too early"
        return b"" if self.problem else b"".join(self._parts)


@dataclass(slots=True, eq=False, repr=False)
class Received:
    """A response read to its end, or to where that failed. It has no repr: the content may hold a secret."""

    response: httpx.Response
    content: bytes
    problem: httpx.HTTPError | str = ""


@dataclass(slots=True, eq=False, repr=False)
class Decoded(Generic[ResultT]):
    """The outcome: a result, or the problem and the body. It has no repr: either may hold a secret."""

    result: ResultT | None
    body: object
    problem: str


def decode(received: Received, operation: Operation[ResultT]) -> Decoded[ResultT]:
    """Decode a body, which must be a JSON object with what the operation requires."""
    content = received.content
    try:
        body: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        nested = isinstance(error, RecursionError)
        reason = "is nested too deeply" if nested else "is not JSON" if content else "is empty"
        return Decoded(None, content.decode(errors="replace"), reason)
    if not isinstance(body, dict):
        return Decoded(None, body, "is not a JSON object")
    fields = cast("dict[str, Any]", body)
    if operation.requires and (missing := _missing(fields, operation.requires)):
        return Decoded(None, fields, f"has no {missing}")
    try:
        return Decoded(operation.result(fields), fields, "")
    except MISFITS as error:
        return Decoded(None, fields, misfit(error))


def misfit(error: Exception) -> str:
    """Return in words why the generated code, or what builds on it, could not read an answer."""
    return f"does not fit the document: {f'lacks {error}' if isinstance(error, KeyError) else error}"


def _missing(body: dict[str, Any], required: Mapping[str, type[str | int]]) -> str | None:
    for key, kind in required.items():
        value = body.get(key)
        if not isinstance(value, kind) or isinstance(value, bool) or value == "":
            return f"{key} that is {'a whole number' if kind is int else 'a string with at least one character'}"
    return None
