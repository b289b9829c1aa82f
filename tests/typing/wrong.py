"""What users must not write, for mypy and pyright to refuse; it is never run.

Both heed the ignore comments, and both report one that nothing needs: a line that either of them accepts is an error.
"""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from datetime import UTC, datetime

import httpx
import httpx2
from chatkit_sessions import (
    APIConnectionError,
    APIResponseValidationError,
    AsyncSessions,
    ChatKitClient,
    ChatSession,
    RetryPolicy,
    Sessions,
    omit,
    types,
)

from generated_client.models import ChatSessionRateLimitsParam


async def give_key() -> str:
    return "sk-…"


def arguments_of_create(s: Sessions) -> None:
    s.create(user="u")  # type: ignore[call-arg]
    s.create(workflow="wf_1")  # type: ignore[call-arg]
    s.create("u", "wf_1")  # type: ignore[call-arg]
    s.create(user=7, workflow="w")  # type: ignore[arg-type]
    s.create(user=None, workflow="w")  # type: ignore[arg-type]
    s.create(user=omit, workflow="w")  # type: ignore[arg-type]
    s.create(user="u", workflow=None)  # type: ignore[arg-type]
    s.create(user="u", workflow="w", usr="u")  # type: ignore[call-arg]
    s.create(user="u", workflow="w", timeout="3")  # type: ignore[arg-type]
    s.create(user="u", workflow="w", deadline="3")  # type: ignore[arg-type]
    s.create(user="u", workflow="w", max_retries=None)  # type: ignore[arg-type]
    s.create(user="u", workflow="w", extra_headers={"X-Mine": 1})  # type: ignore[dict-item]
    s.create(user="u", workflow="w", extra_query={"a": None})  # type: ignore[dict-item]
    s.create(user="u", workflow="w", extra_body=["a"])  # type: ignore[arg-type]


def dictionaries(s: Sessions) -> None:
    s.create(user="u", workflow={})  # type: ignore[arg-type]
    s.create(user="u", workflow={"version": "1"})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": 7})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": None})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": "w", "verison": "1"})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": "w", "version": 1})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": "w", "tracing": True})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": "w", "tracing": {"enable": True}})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": "w", "state_variables": ["a"]})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": "w", "state_variables": {"a": ["b"]}})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": "w", "state_variables": {"a": None}})  # type: ignore[arg-type]
    s.create(user="u", workflow={"id": "w", "state_variables": {1: "a"}})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after={"seconds": 9, "anchor": "now"})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after={"anchor": "created_at"})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after={"second": 9})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after={"seconds": "9"})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after={"seconds": 1.5})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after="9")  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after=9.5)  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after=None)  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after=datetime.now(UTC))  # type: ignore[arg-type]
    s.create(user="u", workflow="w", expires_after=ChatSessionRateLimitsParam(9))  # type: ignore[arg-type]
    s.create(user="u", workflow="w", rate_limits={"max_requests": 9})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", rate_limits={"requests_per_minute": "9"})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", rate_limits="9")  # type: ignore[arg-type]
    s.create(user="u", workflow="w", rate_limits=None)  # type: ignore[arg-type]
    s.create(user="u", workflow="w", chatkit_configuration={"histroy": {}})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", chatkit_configuration={"history": None})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", chatkit_configuration={"history": {"enabled": "no"}})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", chatkit_configuration={"history": {"threads": 3}})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", chatkit_configuration={"file_upload": {"max_files": "3"}})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", chatkit_configuration={"automatic_thread_titling": True})  # type: ignore[arg-type]
    s.create(user="u", workflow="w", chatkit_configuration=None)  # type: ignore[arg-type]


def annotated() -> list[object]:
    missing: types.ExpiresAfter = {}  # type: ignore[typeddict-item]
    misspelt: types.RateLimits = {"request_per_minute": 9}  # type: ignore[typeddict-unknown-key]
    wrong: types.History = {"recent_threads": "all"}  # type: ignore[typeddict-item]
    return [missing, misspelt, wrong]


def cancel_and_open(s: Sessions, session: ChatSession) -> None:
    s.cancel()  # type: ignore[call-overload]
    s.cancel(7)  # type: ignore[call-overload]
    s.cancel(None)  # type: ignore[call-overload]
    s.cancel({"id": "cksess_1"})  # type: ignore[call-overload]
    s.cancel(session, user="u")  # type: ignore[call-overload]
    s.cancel(session, max_retries="2")  # type: ignore[call-overload]
    s.open(user="u")  # type: ignore[call-arg]
    s.open(user="u", workflow="w", rate_limits="9")  # type: ignore[arg-type]
    s.with_raw_response.create(user="u")  # type: ignore[call-arg]
    s.with_raw_response.cancel(7)  # type: ignore[arg-type]
    s.with_streaming_response.create(user="u")  # type: ignore[call-arg]


def clients() -> None:
    Sessions("sk-…")  # type: ignore[call-arg]
    Sessions(api_key=give_key)  # type: ignore[arg-type]
    Sessions(api_key=7)  # type: ignore[arg-type]
    Sessions(base_url=7)  # type: ignore[arg-type]
    Sessions(data_residency="moon")  # type: ignore[arg-type]
    Sessions(base_url=httpx2.Timeout(3))  # type: ignore[arg-type]
    Sessions(timeout="3")  # type: ignore[arg-type]
    Sessions(timeout=httpx2.URL("https://gateway.example/v1"))  # type: ignore[arg-type]
    Sessions(max_retries=None)  # type: ignore[arg-type]
    Sessions(default_headers={"X-Mine": None})  # type: ignore[dict-item]
    Sessions(http_client=httpx.AsyncClient())  # type: ignore[arg-type]
    Sessions(http_client=httpx2.AsyncClient())  # type: ignore[arg-type]
    Sessions(http_client="httpx")  # type: ignore[arg-type]
    Sessions(http_backend="requests")  # type: ignore[arg-type]
    Sessions(retries=2)  # type: ignore[call-arg]
    AsyncSessions(http_client=httpx.Client())  # type: ignore[arg-type]
    ChatKitClient(http_client=httpx.HTTPTransport())  # type: ignore[arg-type]
    Sessions().with_options(http_client=httpx.Client())  # type: ignore[call-arg]
    Sessions().with_options(api_key=give_key)  # type: ignore[arg-type]
    Sessions().with_options(organization=None)  # type: ignore[arg-type]
    Sessions().aclose()  # type: ignore[attr-defined]
    AsyncSessions().close()  # type: ignore[attr-defined]
    RetryPolicy(retries=2)  # type: ignore[call-arg]
    RetryPolicy(max_retries="2")  # type: ignore[arg-type]


def outcomes(session: ChatSession, policy: RetryPolicy, lost: APIConnectionError) -> None:
    print(session.secret)  # type: ignore[attr-defined]
    print(session.client_secret + 1)  # type: ignore[operator]
    print(session.expires - 5)  # type: ignore[operator]
    policy.max_retries = 3  # type: ignore[misc]
    print(lost.status_code)  # type: ignore[attr-defined]
    print(lost.response)  # type: ignore[attr-defined]
    APIResponseValidationError("no session")  # type: ignore[arg-type]


async def twins(a: AsyncSessions, s: Sessions) -> None:
    print(a.create(user="u", workflow="w").client_secret)  # type: ignore[attr-defined]
    await a.create(user="u")  # type: ignore[call-arg]
    await a.create(user="u", workflow="w", rate_limits=None)  # type: ignore[arg-type]
    await s.create(user="u", workflow="w")  # type: ignore[misc]
    with a:  # type: ignore[attr-defined]
        pass
    async with s:  # type: ignore[attr-defined]
        pass
    with a.open(user="u", workflow="w"):  # type: ignore[attr-defined]
        pass
    async with s.open(user="u", workflow="w"):  # type: ignore[attr-defined]
        pass
    print((await a.with_raw_response.create(user="u", workflow="w")).client_secret)  # type: ignore[attr-defined]
