"""Cancels many sessions at once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from chatkit_sessions import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    AsyncSessions,
    AuthenticationError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from chatkit_sessions._call.hints import is_of_the_api

from .output import described

Outcome = Literal["cancelled", "inactive", "missing", "failed"]

# Another try later may get another answer.
_PASSING: Final = (APIConnectionError, InternalServerError, RateLimitError)
# A problem with the key is the same for every id.
_HOPELESS: Final = (AuthenticationError, PermissionDeniedError)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one session.

    Attributes:
        id: The session's id.
        outcome: `cancelled`, `inactive` if it was cancelled or had expired before, `missing` if the API does not know
            it and that was to be ignored, or `failed`.
        request_id: The `x-request-id` of the last answer, if there was one.
        error: Why it failed.
    """

    id: str
    outcome: Outcome
    request_id: str | None = None
    error: APIError | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        known: dict[str, Any] = {"id": self.id, "outcome": self.outcome, "request_id": self.request_id}
        return known if self.error is None else known | {"error": described(self.error)}


async def cancel_all(
    sessions: AsyncSessions,
    *,
    ids: Sequence[str],
    concurrency: int,
    ignore_missing: bool,
    report: Callable[[Result], None],
) -> None:
    """Cancel sessions, and try temporary failures again as long as some of them then succeed.

    Args:
        sessions: What sends.
        ids: What to cancel.
        concurrency: How many at the same time.
        ignore_missing: Whether an id that the API does not know counts as done.
        report: Called once for each id, as soon as its outcome is known.

    Raises:
        AuthenticationError: The key is not accepted; nothing more was sent.
        PermissionDeniedError: The key may not do this; nothing more was sent.
    """
    while ids:
        failed = await _each_once(sessions, ids, concurrency, ignore_missing, report)
        if len(failed) == len(ids):
            for result in failed:
                report(result)
            return
        ids = [result.id for result in failed]


async def _each_once(
    sessions: AsyncSessions,
    ids: Sequence[str],
    concurrency: int,
    ignore_missing: bool,
    report: Callable[[Result], None],
) -> list[Result]:
    """Report the outcome of each id, and return those that are worth another try instead."""
    waiting, failed = iter(ids), list[Result]()

    async def work() -> None:
        for session_id in waiting:
            result = await _cancel(sessions, session_id, ignore_missing)
            if isinstance(result.error, _PASSING):
                failed.append(result)
            else:
                report(result)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(ids))):
                group.create_task(work())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return failed


async def _cancel(sessions: AsyncSessions, session_id: str, ignore_missing: bool) -> Result:
    try:
        session = await sessions.cancel(session_id)
    except ConflictError as error:
        return Result(session_id, "inactive", error.request_id)
    except APIResponseValidationError as error:  # the server accepted, although its answer does not fit the document
        return Result(session_id, "cancelled", error.request_id)
    except _HOPELESS:
        raise
    except NotFoundError as error:
        if ignore_missing and is_of_the_api(error.response.content):
            return Result(session_id, "missing", error.request_id)
        return Result(session_id, "failed", error.request_id, error)
    except APIError as error:
        return Result(session_id, "failed", error.request_id, error)
    return Result(session_id, "cancelled", session.request_id)
