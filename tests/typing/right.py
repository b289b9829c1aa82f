"""What users write and what they get, for mypy and pyright to accept; it is never run."""

from datetime import datetime, timedelta
from typing import assert_type

import httpx
import httpx2
from chatkit_sessions import (
    APIStatusError,
    AsyncSessions,
    BadRequestError,
    ChatKitClient,
    ChatSession,
    RetryPolicy,
    Sessions,
    omit,
    types,
)

from generated_client.api.sessions import cancel_chat_session
from generated_client.models import ChatSession as GeneratedSession
from generated_client.models import ChatSessionExpiresAfterParam


async def give_key() -> str:
    return "sk-…"


def sync_use() -> None:
    with Sessions(
        api_key=lambda: "sk-…",
        data_residency="eu",
        timeout=httpx.Timeout(5),
        deadline=None,
        max_retries=RetryPolicy(max_retries=1),
        default_headers={"X-Mine": "1", "User-Agent": omit},
        default_query={"a": ["b", 1, True], "c": omit},
        http_client=httpx.Client(),
    ) as sessions:
        assert_type(sessions, Sessions)
        session = sessions.create(user="u", workflow="wf_1")
        assert_type(session, ChatSession)
        assert_type(session.client_secret, str)
        assert_type(session.expires_at, int)
        assert_type(session.expires, datetime)
        assert_type(session.expires_in(), timedelta)
        assert_type(session.is_expired(), bool)
        assert_type(session.request_id, str | None)
        workflow: types.Workflow = {"id": "wf_1", "version": "1", "state_variables": {"plan": "pro", "seats": 3}}
        sessions.create(
            user="u",
            workflow=workflow,
            expires_after=timedelta(minutes=5),
            rate_limits={"requests_per_minute": 20},
            chatkit_configuration={"history": {"enabled": False}},
            extra_headers={"X-Mine": omit},
            extra_body={"more": None},
            timeout=3,
            deadline=timedelta(seconds=9),
            max_retries=0,
        )
        sessions.create(user="u", workflow="wf_1", expires_after=300, rate_limits=20)
        sessions.create(user="u", workflow="wf_1", expires_after=ChatSessionExpiresAfterParam(300))
        assert_type(sessions.cancel(session), ChatSession)
        assert_type(sessions.cancel("cksess_1"), ChatSession)
        assert_type(sessions.cancel("cksess_1", missing_ok=True), ChatSession | None)
        with sessions.open(user="u", workflow="wf_1", rate_limits=5) as opened:
            assert_type(opened, ChatSession)
        response = sessions.with_raw_response.create(user="u", workflow="wf_1")
        assert_type(response.status_code, int)
        assert_type(response.headers, httpx.Headers)
        assert_type(response.parse(), ChatSession)
        with sessions.with_streaming_response.cancel("cksess_1") as streamed:
            assert_type(streamed.read(), bytes)
            assert_type(streamed.parse(), ChatSession)
        assert_type(sessions.with_options(timeout=3), Sessions)


async def async_use() -> None:
    async with AsyncSessions(api_key=give_key, http_backend="aiohttp") as sessions:
        assert_type(sessions, AsyncSessions)
        session = await sessions.create(user="u", workflow="wf_1", expires_after={"seconds": 300})
        assert_type(session, ChatSession)
        assert_type(await sessions.cancel(session), ChatSession)
        async with sessions.open(user="u", workflow="wf_1") as opened:
            assert_type(opened, ChatSession)
        response = await sessions.with_raw_response.create(user="u", workflow="wf_1")
        assert_type(response.parse(), ChatSession)
        async with sessions.with_streaming_response.create(user="u", workflow="wf_1") as streamed:
            assert_type(await streamed.read(), bytes)
            async for chunk in streamed.iter_bytes():
                assert_type(chunk, bytes)
        assert_type(sessions.with_options(api_key="sk-…"), AsyncSessions)


async def generated_use() -> None:
    with ChatKitClient(http_client=httpx.Client()) as client:
        assert_type(cancel_chat_session.sync("cksess_1", client=client), GeneratedSession | None)
    async with ChatKitClient(http_client=httpx.AsyncClient(), api_key=give_key) as client:
        assert_type(await cancel_chat_session.asyncio("cksess_1", client=client), GeneratedSession | None)


async def httpx2_use() -> None:
    with Sessions(http_client=httpx2.Client()) as sessions:
        assert_type(sessions, Sessions)
    async with AsyncSessions(http_client=httpx2.AsyncClient()) as async_sessions:
        assert_type(async_sessions, AsyncSessions)
    with ChatKitClient(http_client=httpx2.Client()) as client:
        assert_type(client, ChatKitClient)
    timeout, base_url = httpx2.Timeout(5, read=1), httpx2.URL("https://gateway.example/v1")
    with Sessions(timeout=timeout, base_url=base_url) as sessions:
        sessions.create(user="u", workflow="wf_1", timeout=timeout)
        sessions.with_options(timeout=timeout, base_url=base_url).cancel("cksess_1", timeout=timeout)
    async with AsyncSessions(timeout=timeout, base_url=base_url) as async_sessions:
        await async_sessions.create(user="u", workflow="wf_1", timeout=timeout)
        await async_sessions.with_options(timeout=timeout, base_url=base_url).cancel("cksess_1", timeout=timeout)
    with ChatKitClient(timeout=timeout, base_url=base_url) as client:
        assert_type(client, ChatKitClient)


def errors(error: APIStatusError) -> None:
    assert_type(error.status_code, int)
    assert_type(error.retry_after, float | None)
    assert_type(error.request_id, str | None)
    assert_type(error.code, str | None)
    if isinstance(error, BadRequestError):
        assert_type(error.param, str | None)
