"""A store that forgets its oldest entries, so that the emulator can run for weeks in bounded memory."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedStore(Generic[Key, Value]):
    """Values by key in order of arrival, safe to read from another thread.

    Args:
        max_values: How many values are kept.
        max_bytes: How many bytes they may hold together, by the sizes given with them.
    """

    def __init__(self, *, max_values: int, max_bytes: int) -> None:
        self._max_values = max_values
        self._max_bytes = max_bytes
        self._bytes = 0
        # A plain dict finds its first entry more slowly the more entries were deleted before it.
        self._entries = OrderedDict[Key, tuple[Value, int]]()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Value | None:
        """Return the value put under `key`, or None."""
        entry = self._entries.get(key)
        return entry[0] if entry else None

    def values(self) -> list[Value]:
        """Return all values, oldest first."""
        with self._lock:
            return [value for value, _ in self._entries.values()]

    def put(self, key: Key, value: Value, *, size: int) -> list[Value]:
        """Keep `value` as the newest.

        Args:
            key: What to find it by.
            value: What to keep.
            size: About how many bytes it holds.

        Returns:
            What was forgotten for it: the value that the key had, and the oldest ones if there was no room.
        """
        with self._lock:
            discarded = [self._entries.pop(key)] if key in self._entries else []
            self._bytes += size - sum(size for _, size in discarded)
            self._entries[key] = (value, size)
            while len(self._entries) > self._max_values or (self._bytes > self._max_bytes and len(self._entries) > 1):
                _, oldest = self._entries.popitem(last=False)
                self._bytes -= oldest[1]
                discarded.append(oldest)
        return [value for value, _ in discarded]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0
