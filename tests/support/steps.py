"""Does something to a coroutine at one exact moment: when it suspends for the n-th time."""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


@types.coroutine
def at_step(coroutine: Coroutine[Any, Any, T], act: Callable[[int], None]) -> Generator[Any, Any, T]:
    """Run a coroutine to its end, and call `act` with 0, 1, 2, … just before each of its suspensions."""
    step = 0
    answer: Any = None
    error: BaseException | None = None
    while True:
        try:
            awaited = coroutine.send(answer) if error is None else coroutine.throw(error)
        except StopIteration as end:
            value: T = end.value
            return value
        act(step)
        step += 1
        try:
            answer, error = (yield awaited), None
        except BaseException as thrown:
            error = thrown
