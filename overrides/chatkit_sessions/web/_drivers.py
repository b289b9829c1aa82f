"""Runs steps: one driver waits in the thread, the other in the event loop."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import Any, cast

from anyio import create_task_group, to_thread

from ._values import Step, Steps, T


def drive(steps: Steps[T]) -> T:
    """Run steps to their end, and return what they return.

    Raises:
        TypeError: A step is asynchronous.
    """
    resume, outcome = steps.send, cast("Any", None)
    try:
        while True:
            step = resume(outcome)
            try:
                resume, outcome = steps.send, _wait(step)
            except BaseException as error:
                resume, outcome = steps.throw, error
    except StopIteration as stop:
        return cast("T", stop.value)


async def adrive(steps: Steps[T], in_thread: Callable[[Step], Awaitable[Any]] = to_thread.run_sync) -> T:
    """Run steps to their end, and return what they return. What is not asynchronous runs in a worker thread."""
    resume, outcome = steps.send, cast("Any", None)
    try:
        while True:
            step = resume(outcome)
            try:
                resume, outcome = steps.send, await _await(step, in_thread)
            except BaseException as error:
                resume, outcome = steps.throw, error
    except StopIteration as stop:
        return cast("T", stop.value)


def _wait(step: Step | list[Steps[None]]) -> Any:
    if not callable(step):
        with ThreadPoolExecutor(len(step)) as pool:
            return list(pool.map(drive, step))
    outcome = step()
    if iscoroutine(outcome):
        outcome.close()
        raise TypeError("an asynchronous function cannot be used here, where the framework is synchronous")
    return outcome


async def _await(step: Step | list[Steps[None]], in_thread: Callable[[Step], Awaitable[Any]]) -> Any:
    if not callable(step):
        async with create_task_group() as group:
            for each in step:
                group.start_soon(adrive, each, in_thread)
        return None
    outcome = await (step() if iscoroutinefunction(step) else in_thread(step))
    return await outcome if isawaitable(outcome) else outcome
