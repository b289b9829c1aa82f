"""Follows the head of an answer while it is read, since httpcore reports it only after the last header.

A call that breaks between a 2xx status line and the end of the headers must not be sent again: its session exists.
"""

import re
from collections.abc import Iterable
from typing import Final

from .._deadline import Deadline

# In any version and case, also after empty lines, and before its line break has come.
_STATUS_LINE: Final = re.compile(rb"HTTP/\d{1,2}(?:\.\d{1,2})?[ \t]{1,8}(\d\d\d)", re.IGNORECASE)
_LONGEST_START: Final = 24
"""Bytes that may still become a match of the above."""
_END_OF_HEAD: Final = re.compile(rb"\n\r?\n")
_WITHOUT_BODY: Final = (204, 304)


class ResponseHead:
    """The head of the answer to one attempt, as far as it has been read. No more of it is kept than needed.

    Attributes:
        deadline: When the call that waits for the answer must be over.
        status: The status, as soon as its line has come; None before, and after each 1xx.
        is_complete: Whether the headers have come.
        is_chunked: Whether its body comes in chunks.
        received: Bytes of the answer that have been read, those of its body included.
        size: How many of them are its head, once that is complete.
    """

    __slots__ = ("_length", "_rest", "_tail", "deadline", "is_chunked", "is_complete", "received", "size", "status")

    def __init__(self, deadline: Deadline) -> None:
        """Take when the call must be over."""
        self.deadline = deadline
        self.status: int | None = None
        self.is_complete = False
        self.is_chunked = False
        self.received = 0
        self.size = 0
        self._length = 0
        self._rest: bytes = b""
        self._tail = b""

    def reset(self) -> None:
        """Begin again: what came so far was a proxy's answer."""
        self.status, self.is_complete, self.received, self.size, self._rest = None, False, 0, 0, b""

    def feed(self, data: bytes) -> None:
        """Take what has been read."""
        self.received += len(data)
        self._tail = (self._tail + data[-4:])[-4:]
        if self.is_complete:
            return
        if self._rest:
            data = self._rest + data
        start = 0
        while True:
            if self.status is None:
                if (line := _STATUS_LINE.search(data, start)) is None:
                    self._rest = data[max(start, len(data) - _LONGEST_START) :]
                    return
                self.status, start = int(line[1]), line.end()
            if (end := _END_OF_HEAD.search(data, start)) is None:
                self._rest = data[max(start, len(data) - 3) :]
                return
            if self.status == 101 or self.status >= 200:
                self.is_complete, self._rest, self.size = True, b"", self.received - len(data) + end.end()
                return
            self.status, start = None, end.end()

    def is_2xx(self) -> bool:
        """Return whether a 2xx status line has come."""
        return self.status is not None and 200 <= self.status < 300

    def expect_body(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Take note of how long the body of the answer with these headers is."""
        fields = {name.lower(): value for name, value in headers}
        self.is_chunked = b"transfer-encoding" in fields
        self._length = 0 if self.status in _WITHOUT_BODY else int(fields.get(b"content-length", 0))

    def has_surplus(self) -> bool:
        """Return whether more has been read than the answer and its body.

        The rest would be taken for the beginning of the next answer.
        """
        if self.is_chunked:
            # The last chunk ends with an empty line. The beginning of another answer does not.
            return not self._tail.endswith((b"\r\n\r\n", b"\n\n"))
        return self.received > self.size + self._length
