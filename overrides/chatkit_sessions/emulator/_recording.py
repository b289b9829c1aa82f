"""What the emulator received and answered, kept for assertions. No repr shows a header or a body."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, overload

import httpx

from ._bounded_store import BoundedStore
from ._fault import Fault

Operation = Literal["create", "cancel"]
Outcome = tuple[Operation | None, int | None]
RawHeaders = list[tuple[bytes, bytes]]

MAX_REQUESTS = 10_000
MAX_BYTES = 64 * 1024 * 1024
# About what a record takes besides its texts, and what each header takes besides its own.
RECORD_BYTES = 2048
HEADER_BYTES = 160


class _Message:
    """What a request and its answer have in common."""

    __slots__ = ()

    raw_headers: RawHeaders
    body: bytes

    @property
    def headers(self) -> httpx.Headers:
        """The headers; their names in any case."""
        return httpx.Headers(self.raw_headers)

    @property
    def json(self) -> Any:
        """The decoded body; None if it is empty."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Answer(_Message):
    """What the emulator answered."""

    status: int
    raw_headers: RawHeaders = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def error_code(self) -> str | None:
        """The code of an error in the shape of OpenAI's; None without one."""
        try:
            code = self.json["error"]["code"] if self.status >= 400 else None
        except (ValueError, TypeError, KeyError):
            return None
        return code if isinstance(code, str) else None


@dataclass(slots=True)
class RecordedRequest(_Message):
    """One request as it arrived, its path still encoded, and what became of it."""

    id: str
    method: str
    path: str
    query: str = field(repr=False)
    raw_headers: RawHeaders = field(repr=False)
    body: bytes = field(repr=False)
    operation: Operation | None = None
    """`create`, `cancel`, or None for anything else."""
    fault: Fault | None = None
    answer: Answer | None = None

    @property
    def status(self) -> int | None:
        """The status of the answer; None before there is one, and for a dropped connection."""
        return self.answer.status if self.answer else None

    @property
    def outcome(self) -> str:
        """What became of it in a few words: its status, the code of an error, and whether a fault did it."""
        if self.answer is None:
            return "dropped"
        words = [str(self.answer.status), *([self.answer.error_code] if self.answer.error_code else [])]
        return " ".join([*words, *(["(fault)"] if self.fault else [])])

    def size(self) -> int:
        """Return about how many bytes it takes, with an answer that repeats its body."""
        texts = len(self.path) + len(self.query) + 2 * len(self.body)
        heads = sum(len(name) + len(value) + HEADER_BYTES for name, value in self.raw_headers)
        return RECORD_BYTES + texts + heads


class RequestLog(Sequence[RecordedRequest]):
    """The latest requests in order of arrival; read-only."""

    def __init__(self, kept: BoundedStore[str, RecordedRequest]) -> None:
        self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self._kept.values())

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> list[RecordedRequest]: ...
    def __getitem__(self, index: int | slice) -> RecordedRequest | list[RecordedRequest]:
        return self._kept.values()[index]

    def __eq__(self, other: object) -> bool:
        return self._kept.values() == (other[:] if isinstance(other, RequestLog) else other)

    __hash__ = None  # type: ignore[assignment] # it changes, as a list does

    def __repr__(self) -> str:
        return repr(list(self))


class Counts(Mapping[Outcome, int]):
    """How many requests ended how; read-only, 0 for what has not happened."""

    def __init__(self, counter: Counter[Outcome]) -> None:
        self._counter = counter

    def __len__(self) -> int:
        return len(self._counter)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(list(self._counter))

    def __getitem__(self, outcome: Outcome) -> int:
        return self._counter[outcome]

    def __contains__(self, outcome: object) -> bool:
        return outcome in self._counter

    def __repr__(self) -> str:
        return repr(dict(self))

    def total(self) -> int:
        """Return how many requests there were in all."""
        return sum(self.values())


class Recorder:
    """The latest requests, and a count of all."""

    def __init__(self) -> None:
        self._kept = BoundedStore[str, RecordedRequest](max_values=MAX_REQUESTS, max_bytes=MAX_BYTES)
        self._counter = Counter[Outcome]()
        self._lock = threading.Lock()
        self.requests = RequestLog(self._kept)
        self.counts = Counts(self._counter)
        self.run = 0
        """Goes up with each reset. A request of an earlier run leaves no trace."""

    def arrived(self, request: RecordedRequest) -> None:
        """Keep a request."""
        self._kept.put(request.id, request, size=request.size())

    def answered(self, request: RecordedRequest, answer: Answer | None, *, run: int) -> None:
        """Note how a request ended.

        Args:
            request: A request that arrived.
            answer: The answer, or None for a dropped connection.
            run: What `run` was when it arrived.
        """
        request.answer = answer
        with self._lock:
            if run == self.run:
                self._counter[request.operation, request.status] += 1

    def reset(self) -> None:
        """Forget all requests and begin to count again."""
        with self._lock:
            self.run += 1
            self._counter.clear()
            self._kept.clear()
