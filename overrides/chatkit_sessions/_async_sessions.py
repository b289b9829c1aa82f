"""The asynchronous twin of `_sessions`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import anyio
import httpx

from . import _generated as generated
from . import _headers
from ._base_client import AsyncCloses, BaseClient, careful, types
from ._base_url import DataResidency
from ._call import async_exchange
from ._call.attempts import Attempts
from ._call.call import Call, ResultT, cancel_after, cancel_call, create_call
from ._call.decoding import Received
from ._call.hints import is_gone
from ._config import DEFAULT_DEADLINE, DEFAULT_TIMEOUT, KeyCallable
from ._errors import ConflictError, NotFoundError
from ._headers import HeaderValue
from ._log import log, one_line
from ._omit import Omit, omit
from ._query import QueryValue
from ._retry import RetryPolicy
from ._session import ChatSession
from ._transport.network import HttpBackend
from ._version import public

if TYPE_CHECKING:
    from ._async_responses import AsyncSessionsWithRawResponse, AsyncSessionsWithStreamingResponse


@public
class AsyncSessions(BaseClient[str | KeyCallable, "httpx.AsyncClient | types.Httpx2AsyncClient"], AsyncCloses):
    """Creates and cancels ChatKit sessions.

    One object serves any number of tasks, in one event loop after another, of asyncio or trio, and keeps its
    connections open. Close it, or use it in an `async with` statement.
    """

    _http_client_types = (httpx.AsyncClient,)

    @careful
    def __init__(
        self,
        *,
        api_key: str | KeyCallable | None = None,
        organization: str | None = None,
        project: str | None = None,
        base_url: str | httpx.URL | types.Httpx2URL | None = None,
        data_residency: DataResidency | None = None,
        timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | None = DEFAULT_TIMEOUT,
        deadline: float | timedelta | None = DEFAULT_DEADLINE,
        max_retries: int | RetryPolicy = 2,
        default_headers: Mapping[str, HeaderValue] | None = None,
        default_query: Mapping[str, QueryValue] | None = None,
        http_client: httpx.AsyncClient | types.Httpx2AsyncClient | None = None,
        http_backend: HttpBackend = "httpx",
        max_response_bytes: int | Omit = omit,
    ) -> None:
        """Make a client. What is left out comes from its environment variable, if it has one, or from a default.

        Args:
            api_key: The OpenAI API key, or a function that returns it before every attempt; for async calls it may be
                async. Default: `OPENAI_API_KEY`.
            organization: Sent as `OpenAI-Organization`. Default: `OPENAI_ORG_ID`.
            project: Sent as `OpenAI-Project`. Default: `OPENAI_PROJECT_ID`.
            base_url: Where the API is. Default: `OPENAI_BASE_URL`, else `https://api.openai.com/v1`.
            data_residency: The region of the host, instead of a `base_url`: global, us, eu, ae, au, in or jp.
            timeout: Seconds, a `timedelta` or an `httpx.Timeout` for each phase of one attempt; None sets no limit.
                Default: 5 s to connect, 30 s for everything else.
            deadline: Seconds or a `timedelta` for a whole call with its retries; None sets no limit.
                Default: 60 s.
            max_retries: Retries after the first attempt, or a `RetryPolicy`. Default: 2.
            default_headers: Headers for every call; `omit` as a value removes one.
            default_query: Query parameters for every call.
            http_client: A client of httpx to send through. It keeps its proxies, hooks and cookies, and you close it.
            http_backend: What async calls run on: "httpx", or "aiohttp" with the extra of that name.
            max_response_bytes: The most bytes of a response, decompressed. Default: 256 KiB and twice what was sent, at
                most 64 MiB.

        Raises:
            ConfigurationError: An option is missing or malformed; the message names it.
            TypeError: `http_client` is of the wrong kind, or an argument is not known.
        """
        self._configure(
            api_key=api_key,
            organization=organization,
            project=project,
            base_url=base_url,
            data_residency=data_residency,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            default_headers=default_headers,
            default_query=default_query,
            http_client=http_client,
            http_backend=http_backend,
            max_response_bytes=max_response_bytes,
        )

    async def create(
        self,
        *,
        user: str,
        workflow: str | types.Workflow | generated.ChatSessionWorkflowParam,
        chatkit_configuration: types.ChatKitConfiguration
        | generated.ChatSessionChatKitConfigurationParam
        | Omit = omit,
        expires_after: timedelta | int | types.ExpiresAfter | generated.ChatSessionExpiresAfterParam | Omit = omit,
        rate_limits: int | types.RateLimits | generated.ChatSessionRateLimitsParam | Omit = omit,
        extra_headers: Mapping[str, HeaderValue] | None = None,
        extra_query: Mapping[str, QueryValue] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | Omit | None = omit,
        deadline: float | timedelta | Omit | None = omit,
        max_retries: int | RetryPolicy | Omit = omit,
    ) -> ChatSession:
        """Create a session and return it, with the client secret for the visitor's browser.

        `chatkit_sessions.types` has the dictionaries and their limits; the generated models are accepted in their
        place.

        Args:
            user: Your id of the visitor; sessions of the same user see the same threads.
            workflow: The id of the workflow, or a dictionary with its `id` and optionally `version`,
                `state_variables` and `tracing`.
            chatkit_configuration: Features of the chat: `automatic_thread_titling`, `file_upload`, `history`.
            expires_after: How long the client secret lives: whole seconds from 1 to 600, a `timedelta`, or
                `{"seconds": …}`. Default of the API: 600.
            rate_limits: Requests per minute from 1, or `{"max_requests_per_1_minute": …}`. Default of the API: 10.
            extra_headers: Headers for this call; `omit` as a value removes one.
            extra_query: Query parameters for this call.
            extra_body: Properties that are sent unchecked, over those of the other arguments.
            timeout: Seconds, a `timedelta` or an `httpx.Timeout` for each phase of one attempt. Default: the client's.
            deadline: Seconds or a `timedelta` for the whole call with its retries. Default: the client's.
            max_retries: Retries after the first attempt, or a `RetryPolicy`. Default: the client's.

        Raises:
            TypeError: An argument has the wrong type; nothing was sent.
            ValueError: An argument has an unknown key or lies outside a limit; nothing was sent.
            APIStatusError: The server refused; the class tells the status.
            APIConnectionError: No answer came, or none in time (`APITimeoutError`).
            APIResponseValidationError: The server accepted, but its answer is not a session.
        """
        extra_headers = extra_headers and _headers.conceal(extra_headers)
        return await self._run(
            create_call(
                user=user,
                workflow=workflow,
                chatkit_configuration=chatkit_configuration,
                expires_after=expires_after,
                rate_limits=rate_limits,
                extra_headers=extra_headers,
                extra_query=extra_query,
                extra_body=extra_body,
                timeout=timeout,
                deadline=deadline,
                max_retries=max_retries,
            )
        )

    @overload
    async def cancel(
        self,
        session_id: str | generated.ChatSession,
        *,
        missing_ok: Literal[False] = False,
        extra_headers: Mapping[str, HeaderValue] | None = None,
        extra_query: Mapping[str, QueryValue] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | Omit | None = omit,
        deadline: float | timedelta | Omit | None = omit,
        max_retries: int | RetryPolicy | Omit = omit,
    ) -> ChatSession: ...

    @overload
    async def cancel(
        self,
        session_id: str | generated.ChatSession,
        *,
        missing_ok: bool,
        extra_headers: Mapping[str, HeaderValue] | None = None,
        extra_query: Mapping[str, QueryValue] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | Omit | None = omit,
        deadline: float | timedelta | Omit | None = omit,
        max_retries: int | RetryPolicy | Omit = omit,
    ) -> ChatSession | None: ...

    async def cancel(
        self,
        session_id: str | generated.ChatSession,
        *,
        missing_ok: bool = False,
        extra_headers: Mapping[str, HeaderValue] | None = None,
        extra_query: Mapping[str, QueryValue] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | Omit | None = omit,
        deadline: float | timedelta | Omit | None = omit,
        max_retries: int | RetryPolicy | Omit = omit,
    ) -> ChatSession | None:
        """Cancel a session, so that its client secret stops working, and return its last state.

        Args:
            session_id: The session or its id (`cksess_…`).
            missing_ok: Return None for a session that is gone already (404, 409), instead of an error.
            extra_headers: Headers for this call; `omit` as a value removes one.
            extra_query: Query parameters for this call.
            extra_body: Properties of a body, sent unchecked; without them a cancel has no body.
            timeout: Seconds, a `timedelta` or an `httpx.Timeout` for each phase of one attempt. Default: the client's.
            deadline: Seconds or a `timedelta` for the whole call with its retries. Default: the client's.
            max_retries: Retries after the first attempt, or a `RetryPolicy`. Default: the client's.

        Raises:
            TypeError: An argument has the wrong type; nothing was sent.
            ValueError: An argument cannot be sent; nothing was.
            APIStatusError: The server refused; the class tells the status.
            APIConnectionError: No answer came, or none in time (`APITimeoutError`).
            APIResponseValidationError: The server accepted, but its answer is not a JSON object.
        """
        extra_headers = extra_headers and _headers.conceal(extra_headers)
        call = cancel_call(
            session_id,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
        )
        return await self._cancel(call, missing_ok=missing_ok)

    def open(
        self,
        *,
        user: str,
        workflow: str | types.Workflow | generated.ChatSessionWorkflowParam,
        chatkit_configuration: types.ChatKitConfiguration
        | generated.ChatSessionChatKitConfigurationParam
        | Omit = omit,
        expires_after: timedelta | int | types.ExpiresAfter | generated.ChatSessionExpiresAfterParam | Omit = omit,
        rate_limits: int | types.RateLimits | generated.ChatSessionRateLimitsParam | Omit = omit,
        extra_headers: Mapping[str, HeaderValue] | None = None,
        extra_query: Mapping[str, QueryValue] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | Omit | None = omit,
        deadline: float | timedelta | Omit | None = omit,
        max_retries: int | RetryPolicy | Omit = omit,
    ) -> AbstractAsyncContextManager[ChatSession]:
        """Return a context manager that creates a session for an `async with` block, and cancels it at the end.

        The arguments are those of `create`; headers, query, timeout, deadline and retries are used for both calls.
        Both calls raise what `create` and `cancel` raise; a session that is gone already is fine. If the block raises,
        a cancel that fails is only logged.

        Raises:
            TypeError: An argument has the wrong type; nothing was sent.
            ValueError: An argument has an unknown key or lies outside a limit; nothing was sent.
        """
        extra_headers = extra_headers and _headers.conceal(extra_headers)
        return self._cancelled_after(
            create_call(
                user=user,
                workflow=workflow,
                chatkit_configuration=chatkit_configuration,
                expires_after=expires_after,
                rate_limits=rate_limits,
                extra_headers=extra_headers,
                extra_query=extra_query,
                extra_body=extra_body,
                timeout=timeout,
                deadline=deadline,
                max_retries=max_retries,
            )
        )

    @property
    def with_raw_response(self) -> AsyncSessionsWithRawResponse:
        """The same methods, returning the response with its status and headers; its `parse()` is the session."""
        from ._async_responses import AsyncSessionsWithRawResponse

        return AsyncSessionsWithRawResponse(self._receive)

    @property
    def with_streaming_response(self) -> AsyncSessionsWithStreamingResponse:
        """The same methods as context managers, giving the response before its body is read."""
        from ._async_responses import AsyncSessionsWithStreamingResponse

        return AsyncSessionsWithStreamingResponse(self._begin)

    async def _run(self, call: Call[ResultT]) -> ResultT:
        attempts, received = await self._receive(call)
        return attempts.accept(received)

    async def _receive(self, call: Call[ResultT]) -> tuple[Attempts[ResultT], Received]:
        return await async_exchange.receive(self._options, self._open_transports(), call)

    async def _begin(self, call: Call[ResultT]) -> tuple[Attempts[ResultT], httpx.Response]:
        return await async_exchange.begin(self._options, self._open_transports(), call)

    @asynccontextmanager
    async def _cancelled_after(self, call: Call[ChatSession]) -> AsyncGenerator[ChatSession]:
        session = await self._run(call)
        try:
            yield session
        except BaseException:
            try:
                await self._end(session, call)
            except Exception as error:  # the error of the block matters more
                log.warning("session %s was not cancelled: %s", one_line(session.id), type(error).__name__)
            raise
        await self._end(session, call)

    async def _end(self, session: ChatSession, call: Call[ChatSession]) -> None:
        # Shielded, since tasks are often cancelled here; the deadline still limits it.
        with anyio.CancelScope(shield=True):
            await self._cancel(cancel_after(call, session), missing_ok=True)

    async def _cancel(self, call: Call[ChatSession], *, missing_ok: bool) -> ChatSession | None:
        try:
            return await self._run(call)
        except (NotFoundError, ConflictError) as error:
            if missing_ok and is_gone(error.response):
                return None
            raise
