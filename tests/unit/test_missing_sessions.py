"""A session that is gone already is cancelled, where that is as wanted."""

from typing import Any

import pytest
from chatkit_sessions import (
    APIStatusError,
    ChatSession,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
)
from support.clients import Maker
from support.mock import CANCEL_EXAMPLE, answer

pytestmark = pytest.mark.anyio

GONE: list[tuple[int, Any]] = [(404, None), (409, None), (404, b""), (409, b"<html>"), (409, {"detail": "no"})]
# Nobody looked for the session: something else answers at the base URL, or the API has no such path.
NOT_LOOKED_FOR: list[Any] = [
    b"<html>404 Not Found</html>",
    {"detail": "Not Found"},
    {"error": {"message": "Invalid URL (POST /chatkit/sessions/x/cancel)", "type": "invalid_request_error"}},
    {"error": {"message": "Unknown request URL", "type": "invalid_request_error", "code": "unknown_url"}},
]


@pytest.mark.parametrize(("status", "body"), GONE)
async def test_cancelling_what_is_gone_may_be_fine(maker: Maker, status: int, body: Any) -> None:
    client = maker.serve(answer(status, body), answer(status, body), max_retries=0)
    assert await client.cancel("cksess_1", missing_ok=True) is None
    with pytest.raises((NotFoundError, ConflictError)):
        await client.cancel("cksess_1", missing_ok=False)


async def test_what_is_there_is_cancelled_and_returned_all_the_same(maker: Maker) -> None:
    session = await maker.serve(answer(200, CANCEL_EXAMPLE)).cancel("cksess_1", missing_ok=True)
    assert isinstance(session, ChatSession)
    assert session.status == "cancelled"


@pytest.mark.parametrize("body", NOT_LOOKED_FOR, ids=range(len(NOT_LOOKED_FOR)))
async def test_a_404_of_something_else_is_no_cancelled_session(maker: Maker, body: Any) -> None:
    client = maker.serve(answer(404, body), answer(), answer(404, body))
    with pytest.raises(NotFoundError, match="the API is not at the base URL"):
        await client.cancel("cksess_1", missing_ok=True)
    with pytest.raises(NotFoundError, match="the API is not at the base URL"):
        async with client.open():
            pass


@pytest.mark.parametrize(("status", "error"), [(403, PermissionDeniedError), (500, InternalServerError)])
async def test_another_error_is_raised_all_the_same(maker: Maker, status: int, error: type[APIStatusError]) -> None:
    with pytest.raises(error):
        await maker.serve(answer(status), max_retries=0).cancel("cksess_1", missing_ok=True)


@pytest.mark.parametrize(("status", "body"), GONE)
async def test_a_session_that_is_gone_at_the_end_of_its_block_is_fine(maker: Maker, status: int, body: Any) -> None:
    async with maker.serve(answer(), answer(status, body), max_retries=0).open() as session:
        assert session.id == "cksess_1"
