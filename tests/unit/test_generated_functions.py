"""The generated endpoint functions on `ChatKitClient` behave as `Sessions` does."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from chatkit_sessions import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    ChatKitClient,
    ChatKitError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
)
from support.clients import Maker, each_twin
from support.leaks import FAKE_KEY, FAKE_SECRET
from support.mock import CANCEL_EXAMPLE, SESSION, Script, Step, answer

from generated_client.api.sessions import cancel_chat_session, create_chat_session
from generated_client.models import ChatSession as GeneratedSession
from generated_client.models import ChatSessionWorkflowParam, SessionCreateParams
from generated_client.types import Response

pytestmark = pytest.mark.anyio

PARAMS = SessionCreateParams(workflow=ChatSessionWorkflowParam(id="wf_1"), user="user_1")


@dataclass
class Functions:
    """The generated functions of one kind, on one client."""

    client: ChatKitClient
    server: Script
    is_async: bool

    async def create(self) -> GeneratedSession | None:
        if self.is_async:
            return await create_chat_session.asyncio(client=self.client, body=PARAMS)
        return create_chat_session.sync(client=self.client, body=PARAMS)

    async def create_detailed(self) -> Response[GeneratedSession]:
        if self.is_async:
            return await create_chat_session.asyncio_detailed(client=self.client, body=PARAMS)
        return create_chat_session.sync_detailed(client=self.client, body=PARAMS)

    async def cancel(self, session_id: str) -> GeneratedSession | None:
        if self.is_async:
            return await cancel_chat_session.asyncio(session_id, client=self.client)
        return cancel_chat_session.sync(session_id, client=self.client)

    @asynccontextmanager
    async def block(self) -> AsyncGenerator[None]:
        if self.is_async:
            async with self.client:
                yield
        else:
            with self.client:
                yield


@pytest.fixture
def functions(maker: Maker) -> Callable[..., Functions]:
    """A maker of clients for the generated functions, whose server takes these steps."""

    def make(*steps: Step, **options: Any) -> Functions:
        sessions = maker.serve(*steps)
        if maker.injected:
            options["http_client"] = maker.http_client(transport=sessions.server)
        client = ChatKitClient(api_key=FAKE_KEY, **options)
        maker.kept.append(client)
        return Functions(client, sessions.server, maker.is_async)

    return make


async def test_a_generated_function_sends_what_sessions_sends(
    maker: Maker, functions: Callable[..., Functions]
) -> None:
    options = {"project": "proj_1", "default_headers": {"x-mine": "1"}, "default_query": {"a": "b"}}
    ours, generated = maker.serve(answer(), answer(), **options), None
    await ours.create()
    await ours.cancel("a/b ä")
    generated = functions(answer(), answer(), **options)
    await generated.create()
    await generated.cancel("a/b ä")
    for mine, theirs in zip(ours.server.requests, generated.server.requests, strict=True):
        assert (theirs.method, theirs.url, theirs.content) == (mine.method, mine.url, mine.content)
        assert dict(theirs.headers) == dict(mine.headers)
        assert (
            theirs.extensions["timeout"]
            == mine.extensions["timeout"]
            == {
                "connect": 5,
                "read": 30,
                "write": 30,
                "pool": 30,
            }
        )
    assert generated.server.requests[0].headers["openai-beta"] == "chatkit_beta=v1"


async def test_a_generated_function_returns_the_generated_model(functions: Callable[..., Functions]) -> None:
    generated = functions(answer(), answer(), answer())
    created = await generated.create()
    cancelled = await generated.cancel("cksess_1")
    assert created is not None
    assert cancelled is not None
    assert created.to_dict() == cancelled.to_dict() == SESSION
    assert FAKE_SECRET not in repr(created)
    detailed = await generated.create_detailed()
    assert (detailed.status_code, detailed.headers["x-request-id"]) == (200, "req_1")
    assert detailed.parsed is not None
    assert detailed.parsed.client_secret == FAKE_SECRET


ERRORS: list[tuple[Step, type[ChatKitError]]] = [
    (answer(404), NotFoundError),
    (answer(429), RateLimitError),
    (answer(500), InternalServerError),
    (answer(520), InternalServerError),
    (answer(529), InternalServerError),
    (answer(999), InternalServerError),
    (answer(302, headers={"location": "/elsewhere"}), APIStatusError),
    (answer(520, b"<html>", headers={"content-type": "text/html"}), InternalServerError),
    (answer(500, b"<html>", headers={"content-type": "text/html"}), InternalServerError),
    (answer(200, b"<html>", headers={"content-type": "text/html"}), APIResponseValidationError),
    (answer(200, b""), APIResponseValidationError),
    (answer(204, b""), APIResponseValidationError),
    (answer(200, b"null"), APIResponseValidationError),
    (answer(200, [SESSION]), APIResponseValidationError),
    (answer(200, CANCEL_EXAMPLE), APIResponseValidationError),
    (answer(200, {**SESSION, "workflow": []}), APIResponseValidationError),
    (answer(200, {**SESSION, "workflow": {}}), APIResponseValidationError),
    (answer(201), APIResponseValidationError),
    (answer(200, b"{", failure=httpx.ReadError("cut")), APIConnectionError),
    (httpx.ConnectError("refused"), APIConnectionError),
]


@each_twin
@pytest.mark.parametrize(("step", "error"), ERRORS, ids=[repr(row[0]) for row in ERRORS])
async def test_a_generated_function_raises_our_errors(
    functions: Callable[..., Functions], step: Step, error: type[ChatKitError]
) -> None:
    generated = functions(step, step, step, max_retries=0)
    raised: list[type[ChatKitError]] = []
    for number in range(3):
        with pytest.raises(error) as caught:
            await (generated.create, generated.create_detailed, partial(generated.cancel, "cksess_1"))[number]()
        raised.append(type(caught.value))
    assert raised == [error] * 3


async def test_an_incomplete_answer_is_an_error_that_keeps_it(functions: Callable[..., Functions]) -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        await functions(answer(200, CANCEL_EXAMPLE)).cancel("cksess_123")
    assert str(caught.value) == (
        "200: the body does not fit the document: lacks 'expires_at'; the session may be cancelled (request id req_1)"
    )
    assert caught.value.body == CANCEL_EXAMPLE


async def test_a_generated_function_is_retried(functions: Callable[..., Functions], sleeps: list[float]) -> None:
    generated = functions(answer(500), httpx.ConnectError("refused"), answer())
    assert (await generated.create_detailed()).status_code == 200
    assert [request.headers["x-stainless-retry-count"] for request in generated.server.requests] == ["0", "1", "2"]
    assert len(sleeps) == 2


@each_twin
@pytest.mark.parametrize("odd", ["", ".", ".."])
async def test_a_generated_function_refuses_what_is_no_id(functions: Callable[..., Functions], odd: str) -> None:
    with pytest.raises(ValueError, match="session_id"):
        await functions().cancel(odd)


async def test_no_cookie_is_kept_unless_the_users_client_keeps_it(
    maker: Maker, functions: Callable[..., Functions]
) -> None:
    generated = functions(answer(headers={"set-cookie": "route=7"}), answer())
    await generated.create()
    await generated.create()
    assert generated.server.requests[1].headers.get("cookie") == ("route=7" if maker.injected else None)


async def test_a_closed_client_is_a_clear_error(functions: Callable[..., Functions]) -> None:
    generated = functions(answer())
    async with generated.block():
        await generated.create()
    with pytest.raises(ChatKitError, match=r"^this ChatKitClient has been closed; make a new one$"):
        await generated.create()


async def test_a_client_of_the_other_kind_is_a_clear_error(maker: Maker) -> None:
    server = maker.script()
    other = httpx.Client(transport=server) if maker.is_async else httpx.AsyncClient(transport=server)
    generated = Functions(ChatKitClient(api_key=FAKE_KEY, http_client=other), server, maker.is_async)
    with pytest.raises(ChatKitError, match="cannot go through an httpx"):
        await generated.create()


async def test_the_methods_of_the_generated_client_work_on_ours(
    maker: Maker, functions: Callable[..., Functions]
) -> None:
    generated = functions(answer(), answer())
    copied = (
        generated.client.with_headers({"x-mine": "1"}).with_cookies({"a": "1", "b": "2"}).with_timeout(httpx.Timeout(3))
    )
    await Functions(copied, generated.server, generated.is_async).create()
    await generated.create()
    mine, plain = generated.server.requests
    assert (mine.headers["x-mine"], mine.headers["cookie"]) == ("1", "a=1; b=2")
    assert set(mine.extensions["timeout"].values()) == {3}
    assert "x-mine" not in plain.headers
    assert "cookie" not in plain.headers

    server = maker.script(answer())
    if maker.is_async:
        generated.client.set_async_httpx_client(httpx.AsyncClient(transport=server))
    else:
        generated.client.set_httpx_client(httpx.Client(transport=server))
    await generated.create()
    assert server.request.headers["authorization"] == f"Bearer {FAKE_KEY}"


async def test_nothing_of_the_client_shows_the_key(functions: Callable[..., Functions]) -> None:
    generated = functions(answer())
    await generated.create()
    client: Any = generated.client
    assert client.token == "[hidden]"
    assert FAKE_KEY not in repr(client) + repr(client._headers)
    http = client.get_async_httpx_client() if generated.is_async else client.get_httpx_client()
    assert FAKE_KEY not in repr(http.__dict__)
