import logging

import anyio
import httpcore
import httpx
import pytest
from chatkit_sessions import (
    APIConnectionError,
    AsyncSessions,
    ChatKitError,
    InternalServerError,
)
from support.clients import ARGUMENTS, Client, Maker
from support.leaks import FAKE_KEY
from support.mock import Step, answer

pytestmark = pytest.mark.anyio


class LeftError(Exception):
    pass


def paths(client: Client) -> list[str]:
    return [request.url.path.removeprefix("/v1/chatkit/sessions") for request in client.server.requests]


async def test_an_opened_session_is_cancelled_on_the_way_out(maker: Maker) -> None:
    client = maker.serve(answer(), answer(200, {"status": "cancelled"}))
    async with client.open(rate_limits=5) as session:
        assert session.id == "cksess_1"
        assert paths(client) == [""]
    assert paths(client) == ["", "/cksess_1/cancel"]


async def test_an_opened_session_is_cancelled_with_the_options_that_it_was_created_with(maker: Maker) -> None:
    client = maker.serve(answer(), answer(500), project="proj_1")
    with pytest.raises(InternalServerError):
        async with client.open(
            extra_headers={"OpenAI-Project": "proj_2"},
            extra_query={"a": "b"},
            extra_body={"only": "created"},
            timeout=3,
            max_retries=0,
        ):
            pass
    created, cancelled = client.server.requests
    assert cancelled.headers["openai-project"] == created.headers["openai-project"] == "proj_2"
    assert cancelled.url.query == created.url.query == b"a=b"
    assert cancelled.extensions["timeout"]["read"] == 3
    assert cancelled.content == b""


@pytest.mark.parametrize("step", [answer(), answer(404), answer(409)], ids=repr)
async def test_what_goes_wrong_inside_goes_on_after_the_session_is_cancelled(maker: Maker, step: Step) -> None:
    client = maker.serve(answer(), step, max_retries=0)
    with pytest.raises(LeftError):
        async with client.open():
            raise LeftError
    assert paths(client) == ["", "/cksess_1/cancel"]


@pytest.mark.parametrize("status", [404, 409])
async def test_a_session_that_is_gone_already_need_not_be_cancelled(maker: Maker, status: int) -> None:
    async with maker.serve(answer(), answer(status), max_retries=0).open():
        pass


async def test_a_session_that_cannot_be_cancelled_is_an_error(maker: Maker) -> None:
    with pytest.raises(InternalServerError):
        async with maker.serve(answer(), answer(500), max_retries=0).open():
            pass


@pytest.mark.parametrize("step", [answer(500), answer(401), httpx.ConnectError("refused")], ids=repr)
async def test_what_goes_wrong_inside_matters_more_than_a_failed_cancellation(
    maker: Maker, caplog: pytest.LogCaptureFixture, step: Step
) -> None:
    with pytest.raises(LeftError):
        async with maker.serve(answer(), step, max_retries=0).open():
            raise LeftError
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.name == "chatkit_sessions"
    assert warning.getMessage().startswith("session cksess_1 was not cancelled: ")


async def test_nothing_is_cancelled_when_no_session_was_created(maker: Maker) -> None:
    client = maker.serve(answer(500), max_retries=0)
    with pytest.raises(InternalServerError):
        async with client.open():
            raise AssertionError("unreachable")
    assert paths(client) == [""]


@pytest.mark.parametrize("flavour", [("asyncio", True), ("trio", False)], indirect=True)
async def test_a_cancelled_task_cancels_its_session_too(maker: Maker) -> None:
    client = maker.serve(answer(), answer())
    with anyio.CancelScope() as scope:
        async with client.open():
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert paths(client) == ["", "/cksess_1/cancel"]


async def test_a_closed_client_is_a_clear_error(maker: Maker) -> None:
    client = maker.serve()
    await client.close()
    await client.close()
    name = type(client.sessions).__name__
    for call in (client.create, client.cancel, client.create_raw, client.create_streamed().__aenter__):
        with pytest.raises(ChatKitError) as caught:
            await call()
        assert type(caught.value) is ChatKitError
        assert str(caught.value) == f"this {name} has been closed; make a new one"


async def test_closing_a_copy_leaves_its_client_open_and_not_the_other_way_round(maker: Maker) -> None:
    client = maker.serve(answer(), answer())
    copy = client.with_options(timeout=9)
    copy_of_copy = copy.with_options(timeout=8)
    await copy.create()
    await copy.close()
    with pytest.raises(ChatKitError, match="has been closed"):
        await copy.create()
    await client.create()
    await client.close()
    with pytest.raises(ChatKitError, match="has been closed"):
        await copy_of_copy.create()


async def test_a_client_is_closed_by_its_with_block(maker: Maker) -> None:
    client = maker.serve(answer())
    async with client.block() as entered:
        assert entered is client.sessions
        await client.create()
    with pytest.raises(ChatKitError, match="has been closed"):
        await client.create()


async def test_a_client_is_closed_though_its_block_fails(maker: Maker) -> None:
    client = maker.serve()
    with pytest.raises(LeftError):
        async with client.block():
            raise LeftError
    with pytest.raises(ChatKitError, match="has been closed"):
        await client.create()


def test_one_async_client_serves_one_event_loop_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    async def handle(_self: object, request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer().response()

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    sessions = AsyncSessions(api_key=FAKE_KEY)

    async def create() -> str:
        return (await sessions.create(**ARGUMENTS)).id

    assert [anyio.run(create, backend=backend) for backend in ("asyncio", "trio", "asyncio")] == ["cksess_1"] * 3
    assert len(asked) == 3


@pytest.mark.parametrize("flavour", [("asyncio", True), ("trio", False)], indirect=True)
@pytest.mark.parametrize("stage", ["connecting", "reading"])
async def test_a_cancelled_call_is_neither_retried_nor_turned_into_an_error(maker: Maker, stage: str) -> None:
    async def never(_self: object, _request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    client = maker.serve(*[answer(200, b"{", stalls=True)] * (stage == "reading"))
    if stage == "connecting":
        maker.patch.setattr(httpcore.AsyncHTTPConnection, "handle_async_request", never)
        maker.patch.setattr(type(client.server), "handle_async_request", never)
    async with anyio.create_task_group() as group:

        async def cancel() -> None:
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

        group.start_soon(cancel)
        await client.create()
    assert group.cancel_scope.cancelled_caught


@pytest.mark.parametrize("flavour", [("asyncio", True), ("trio", False)], indirect=True)
async def test_a_deadline_ends_a_call_that_gets_no_answer(maker: Maker) -> None:
    async def never(_self: object, _request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    client = maker.serve()
    maker.patch.setattr(httpcore.AsyncHTTPConnection, "handle_async_request", never)
    maker.patch.setattr(type(client.server), "handle_async_request", never)
    with pytest.raises(APIConnectionError) as caught:
        await client.create(deadline=0.02)
    assert str(caught.value) == "The call did not end before its deadline of 0.02 s"
