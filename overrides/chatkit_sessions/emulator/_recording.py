"""What the emulator received and answered, kept for assertions. No repr shows a header or a body."""

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from ._fault import Fault
from ._shelf import Shelf

Operation = Literal["create", "cancel"]
RawHeaders = list[tuple[bytes, bytes]]

KEPT_REQUESTS = 10_000
KEPT_BYTES = 64 * 1024 * 1024
# What a record takes besides its body, about.
RECORD_BYTES = 2048

_OPERATION = re.compile(r".*/chatkit/sessions(?:/[^/]+/(cancel))?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the emulator answered."""

    status: int
    raw_headers: RawHeaders = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def headers(self) -> httpx.Headers:
        """The headers; their names in any case."""
        return httpx.Headers(self.raw_headers)

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


@dataclass(slots=True)
class RecordedRequest:
    """One request as it arrived, its path still encoded, and what became of it."""

    id: str
    method: str
    path: str
    query: str = field(repr=False)
    raw_headers: RawHeaders = field(repr=False)
    body: bytes = field(repr=False)
    fault: Fault | None = None
    answer: Answer | None = None

    @property
    def operation(self) -> Operation | None:
        """`create`, `cancel`, or None for anything else."""
        found = _OPERATION.fullmatch(self.path)
        if found is None or self.method != "POST":
            return None
        return "cancel" if found[1] else "create"

    @property
    def headers(self) -> httpx.Headers:
        """The headers; their names in any case."""
        return httpx.Headers(self.raw_headers)

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    @property
    def status(self) -> int | None:
        """The status of the answer; None before there is one, and for a dropped connection."""
        return self.answer.status if self.answer else None


class Recorder:
    """The latest requests, and a count of all."""

    def __init__(self) -> None:
        self._kept = Shelf[str, RecordedRequest](most=KEPT_REQUESTS, most_bytes=KEPT_BYTES)
        self._counts = Counter[tuple[Operation | None, int | None]]()
        self._lock = threading.Lock()

    @property
    def requests(self) -> list[RecordedRequest]:
        """The latest requests in order of arrival."""
        return self._kept.values()

    @property
    def counts(self) -> Counter[tuple[Operation | None, int | None]]:
        """How many requests were answered so far, by operation and status."""
        with self._lock:
            return self._counts.copy()

    def arrived(self, request: RecordedRequest) -> None:
        """Keep a request."""
        # Twice its body, since the answer repeats most of it.
        self._kept.put(request.id, request, size=2 * len(request.body) + RECORD_BYTES)

    def answered(self, request: RecordedRequest, answer: Answer | None) -> None:
        """Note how a request ended.

        Args:
            request: a request that arrived.
            answer: the answer, or None for a dropped connection.
        """
        request.answer = answer
        with self._lock:
            self._counts[request.operation, request.status] += 1
