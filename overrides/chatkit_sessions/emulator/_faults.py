"""Which request a fault happens to."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from ._fault import Fault
from ._recording import Operation, RecordedRequest


@dataclass(slots=True)
class _Queued:
    fault: Fault
    times: int
    operation: Operation | None
    when: Callable[[RecordedRequest], bool] | None

    def meets(self, request: RecordedRequest) -> bool:
        return _concerns(self.operation, request) and (self.when is None or self.when(request))


class Faults:
    """The faults that are still to come. May be changed from any thread while the emulator runs."""

    def __init__(self) -> None:
        self._queue: list[_Queued] = []
        self._rate = 0.0
        self._random = random.Random()  # noqa: S311 - failures, not secrets
        self._at_rate: tuple[Fault, Operation | None] | None = None
        self._lock = threading.Lock()

    def add(
        self,
        fault: Fault,
        *,
        times: int = 1,
        operation: Operation | None = None,
        when: Callable[[RecordedRequest], bool] | None = None,
    ) -> None:
        """Let the next requests fail, after those faults that were added before.

        Args:
            fault: What goes wrong.
            times: How many requests it happens to.
            operation: `create` or `cancel`, to leave every other request alone.
            when: A condition on the request, to leave every other request alone.

        Raises:
            ValueError: `times` is below 1.
        """
        if times < 1:
            raise ValueError(f"times: expected 1 or more; got {times}")
        with self._lock:
            self._queue.append(_Queued(fault, times, operation, when))

    def at_rate(self, rate: float, fault: Fault, *, seed: int = 0, operation: Operation | None = None) -> None:
        """Let requests fail at random, if no added fault is left; a new rate replaces an earlier one.

        Args:
            rate: The share of requests that fail, from 0 (none, the start) to 1 (all).
            fault: What goes wrong with them.
            seed: The same seed gives the same row of failures.
            operation: `create` or `cancel`, to leave every other request alone.

        Raises:
            ValueError: `rate` is not between 0 and 1.
        """
        if not 0 <= rate <= 1:
            raise ValueError(f"rate: expected a share between 0 and 1; got {rate}")
        with self._lock:
            self._rate = rate
            self._random = random.Random(seed)  # noqa: S311 - failures, not secrets
            self._at_rate = (fault, operation)

    @property
    def pending(self) -> int:
        """How many of the added faults have not happened yet."""
        with self._lock:
            return sum(queued.times for queued in self._queue)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._queue.clear()
            self._at_rate = None

    def take(self, request: RecordedRequest) -> Fault | None:
        """Return what goes wrong with `request`, if anything, and count it."""
        with self._lock:
            for queued in self._queue:
                if queued.meets(request):
                    queued.times -= 1
                    if not queued.times:
                        self._queue.remove(queued)
                    return queued.fault
            if self._at_rate is not None:
                fault, operation = self._at_rate
                if _concerns(operation, request) and self._random.random() < self._rate:
                    return fault
        return None


def _concerns(operation: Operation | None, request: RecordedRequest) -> bool:
    return operation is None or operation == request.operation
