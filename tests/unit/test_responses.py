import gzip
from datetime import timedelta

import httpx
import pytest
from chatkit_sessions import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    ChatKitError,
    InternalServerError,
)
from support.clients import Maker
from support.mock import GZIP, SESSION, WHOLE, answer

pytestmark = pytest.mark.anyio

HEADERS = {"x-mine": "1", "content-encoding": "gzip"}


async def test_a_raw_response_tells_all_about_the_answer_and_parses_it(maker: Maker) -> None:
    client = maker.serve(answer(500), answer(201, GZIP, headers=HEADERS))
    response = await client.create_raw(rate_limits=3, extra_query={"a": "b"})
    assert response.status_code == 201
    assert response.headers["X-Mine"] == "1"
    assert response.request_id == "req_1"
    assert response.retries_taken == 1
    assert (response.method, str(response.url)) == ("POST", "https://api.openai.com/v1/chatkit/sessions?a=b")
    assert response.http_request.content == client.server.requests[1].content
    assert response.http_request.headers["authorization"] == "[hidden]"
    assert response.http_request.headers["x-stainless-retry-count"] == "1"
    assert response.elapsed >= timedelta()
    assert (response.content, response.text) == (WHOLE, WHOLE.decode())
    assert response.http_response.json() == SESSION
    assert response.http_response.request.headers["authorization"] == "[hidden]"
    assert repr(response) == "<APIResponse [201]>"
    session = response.parse()
    assert (session.id, session.request_id, session.to_dict()) == ("cksess_1", "req_1", SESSION)


async def test_a_raw_response_to_a_cancel_is_alike(maker: Maker) -> None:
    response = await maker.serve(answer(200, {"id": "cksess_9"})).cancel_raw("cksess_9")
    assert response.parse().id == "cksess_9"
    assert response.retries_taken == 0


async def test_a_raw_response_that_is_no_session_fails_only_when_parsed(maker: Maker) -> None:
    response = await maker.serve(answer(200, b"<html>")).create_raw()
    assert (response.status_code, response.text) == (200, "<html>")
    for _ in range(2):
        with pytest.raises(APIResponseValidationError, match="is not JSON"):
            response.parse()


async def test_a_raw_response_is_retried_and_refused_as_any_other(maker: Maker) -> None:
    with pytest.raises(InternalServerError):
        await maker.serve(answer(500), answer(500)).create_raw(max_retries=1)
    with pytest.raises(APIConnectionError, match="a session may exist"):
        await maker.serve(answer(200, b"{", failure=httpx.ReadError("cut"))).create_raw()
    with pytest.raises(APIResponseValidationError, match="larger than 9 bytes"):
        await maker.serve(answer(), max_response_bytes=9).create_raw()


async def test_a_streamed_response_gives_the_body_as_it_comes(maker: Maker) -> None:
    client = maker.serve(answer(503), answer(200, headers={"x-mine": "1"}))
    async with client.create_streamed() as streamed:
        response = streamed.response
        assert (response.status_code, response.request_id, response.retries_taken) == (200, "req_1", 1)
        assert response.headers["x-mine"] == "1"
        assert not client.server.responses[1].is_closed
        chunks = await streamed.chunks()
    assert len(chunks) == 2
    assert b"".join(chunks) == WHOLE


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}])
async def test_a_streamed_response_is_read_parsed_or_iterated_any_number_of_times(
    maker: Maker, headers: dict[str, str]
) -> None:
    async with maker.serve(answer(200, GZIP if headers else WHOLE, headers=headers)).create_streamed() as streamed:
        assert await streamed.read() == WHOLE
        assert (await streamed.parse()).to_dict() == SESSION
        assert b"".join(await streamed.chunks()) == WHOLE
        assert await streamed.read() == WHOLE


async def test_a_streamed_response_need_not_be_read(maker: Maker) -> None:
    async with maker.serve(answer()).create_streamed():
        pass  # that it is closed is checked for every test


async def test_a_streamed_response_is_closed_when_its_block_fails(maker: Maker) -> None:
    class LeftError(Exception):
        pass

    with pytest.raises(LeftError):
        async with maker.serve(answer()).create_streamed():
            raise LeftError


async def test_a_streamed_response_that_was_iterated_is_gone(maker: Maker) -> None:
    async with maker.serve(answer()).create_streamed() as streamed:
        await streamed.chunks()
        for again in (streamed.chunks, streamed.read, streamed.parse):
            with pytest.raises(ChatKitError, match="has been read"):
                await again()


async def test_a_streamed_response_cannot_be_read_after_its_block(maker: Maker) -> None:
    async with maker.serve(answer()).create_streamed() as streamed:
        pass
    for late in (streamed.chunks, streamed.read, streamed.parse):
        with pytest.raises(ChatKitError, match="closed"):
            await late()


async def test_a_streamed_response_that_breaks_off_is_a_typed_error(maker: Maker) -> None:
    step = answer(200, b"{}", failure=httpx.ReadError("cut"))
    client = maker.serve(step, step, step)
    for number in range(3):
        async with client.create_streamed() as streamed:
            with pytest.raises(
                APIConnectionError, match=r"^Connection error: cut \(api\.openai\.com:443\); .* a session may exist"
            ):
                await (streamed.chunks, streamed.read, streamed.parse)[number]()


@pytest.mark.parametrize(
    ("content", "problem"),
    [(GZIP[:30], "ends too early"), (WHOLE, "broken"), (gzip.compress(bytes(9999), mtime=0), "larger")],
    ids=["cut", "broken", "large"],
)
async def test_a_streamed_response_is_decompressed_within_bounds(maker: Maker, content: bytes, problem: str) -> None:
    step = answer(200, content, headers={"content-encoding": "gzip"})
    client = maker.serve(step, step, step, max_response_bytes=1000)
    for number in range(3):
        async with client.create_streamed() as streamed:
            with pytest.raises(APIResponseValidationError, match=problem):
                await (streamed.chunks, streamed.read, streamed.parse)[number]()


async def test_a_streamed_response_is_refused_as_any_other(maker: Maker) -> None:
    client = maker.serve(answer(500), answer(500))
    with pytest.raises(InternalServerError):
        async with client.create_streamed(max_retries=1):
            raise AssertionError("unreachable")


@pytest.mark.parametrize("flavour", [("asyncio", True), ("trio", False)], indirect=True)
async def test_the_deadline_holds_for_a_body_that_stalls(maker: Maker) -> None:
    step = answer(200, b"{", stalls=True)
    client = maker.serve(*[step] * 5, deadline=0.25)
    with pytest.raises(APITimeoutError, match=r"deadline of 0\.25 s; the status was 2xx, so a session may exist"):
        await client.create()
    with pytest.raises(APITimeoutError, match="the session may be cancelled"):
        await client.cancel()
    for number in range(3):
        async with client.create_streamed() as streamed:
            with pytest.raises(APITimeoutError, match="deadline"):
                await (streamed.chunks, streamed.read, streamed.parse)[number]()
