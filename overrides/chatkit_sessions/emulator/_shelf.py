"""A store that forgets its oldest entries, so that the emulator can run for weeks in bounded memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Shelf(Generic[Key, Value]):
    """Values by key in order of arrival, safe to read from another thread.

    Args:
        most: how many values are kept.
        most_bytes: how many bytes they may hold together, by the sizes given with them.
    """

    def __init__(self, *, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        # A plain dict takes longer to find its first entry the more were deleted before it.
        self._kept = OrderedDict[Key, tuple[Value, int]]()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Value | None:
        """Return the value put under `key`, or None."""
        entry = self._kept.get(key)
        return entry[0] if entry else None

    def values(self) -> list[Value]:
        """Return all values, oldest first."""
        with self._lock:
            return [value for value, _ in self._kept.values()]

    def put(self, key: Key, value: Value, *, size: int) -> None:
        """Keep `value` under a new key, forgetting the oldest values where there is no room.

        Args:
            key: a key not used before.
            value: what to keep.
            size: about how many bytes it holds.
        """
        with self._lock:
            self._kept[key] = (value, size)
            self._bytes += size
            while len(self._kept) > self._most or (self._bytes > self._most_bytes and len(self._kept) > 1):
                self._drop_oldest()

    def discard_oldest_while(self, condition: Callable[[Value], bool]) -> None:
        """Forget the oldest value for as long as `condition` says so of it."""
        with self._lock:
            while self._kept and condition(next(iter(self._kept.values()))[0]):
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, (_, size) = self._kept.popitem(last=False)
        self._bytes -= size
