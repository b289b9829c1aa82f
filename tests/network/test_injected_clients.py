"""Clients of httpx that the user gives, over real connections."""

import asyncio
from typing import Any

import httpx
import httpx2
import pytest
from chatkit_sessions import APIConnectionError, AsyncSessions, ChatKitError, Sessions
from support.behaviours import answer, session, status, whole
from support.clients import Client, Twin
from support.deadlines import assert_times_out
from support.fault_server import FaultServer, Peer
from support.faults import ENDLESS, NOT_RETRIED, RETRIED
from support.leaks import FAKE_KEY

DRIPPING = "a chunk's head byte by byte"
both = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


def answer_twice(peer: Peer) -> None:
    """Refuse, and in the same breath answer what the next visitor has not asked for yet."""
    peer.send(whole(b"{}", 500) + whole(session("intruder")))


@both
def test_an_answer_that_came_with_the_one_before_is_not_taken(twin: Twin, library: Any) -> None:
    async def job(client: Client) -> str:
        return (await client.create()).id

    with FaultServer(answer_twice, otherwise=answer) as server:
        assert twin.run(job, http={}, library=library, base_url=server.base_url) == "cksess_user_1"


@both
@pytest.mark.parametrize("calls_before", [0, 1], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("fault", ["reset after the status line", "broken headers", "half a body"])
def test_a_call_that_fails_after_a_2xx_status_line_is_never_made_again(
    twin: Twin, fault: str, calls_before: int, library: Any
) -> None:
    async def job(client: Client) -> None:
        for _ in range(calls_before):
            await client.create()
        with pytest.raises(APIConnectionError, match="a session may exist"):
            await client.create()

    behaviour, _ = NOT_RETRIED[fault]
    with FaultServer(*[answer] * calls_before, otherwise=behaviour) as server:
        twin.run(job, base_url=server.base_url, http={}, library=library)
        assert len(server.requests) == calls_before + 1


@pytest.mark.parametrize(
    ("library", "fault"),
    [*((httpx, fault) for fault in ENDLESS), (httpx2, "silence"), (httpx2, "headers byte by byte"), (httpx2, DRIPPING)],
    ids=str,
)
def test_the_deadline_ends_a_call_that_would_not_end(twin: Twin, fault: str, library: Any) -> None:
    assert_times_out(twin, lambda: FaultServer(ENDLESS[fault]), deadline=0.2, http={}, library=library)


@both
@pytest.mark.parametrize("fault", ["closed before the status line", "bytes that mean nothing", "a 503"])
def test_a_call_that_fails_before_a_2xx_status_line_is_made_again(twin: Twin, fault: str, library: Any) -> None:
    with FaultServer(RETRIED[fault][0], answer) as server:
        assert twin.create(base_url=server.base_url, http={}, library=library).user == "user_1"


def test_it_stays_open_and_keeps_its_connection_when_ours_is_closed() -> None:
    with FaultServer(otherwise=answer) as server, httpx.Client() as http_client:
        for _ in range(3):
            with Sessions(base_url=server.base_url, api_key=FAKE_KEY, http_client=http_client) as sessions:
                sessions.create(user="user_1", workflow="wf_1")
        assert not http_client.is_closed
        assert server.connections == 1


def test_one_that_is_closed_between_two_attempts_is_a_clear_error() -> None:
    with FaultServer(status(503)) as server, httpx.Client() as http_client:

        def close(_: httpx.Response) -> None:
            http_client.close()

        http_client.event_hooks["response"] = [close]
        sessions = Sessions(base_url=server.base_url, api_key=FAKE_KEY, http_client=http_client)
        with pytest.raises(ChatKitError, match=r"http_client .* closed"):
            sessions.create(user="user_1", workflow="wf_1")


def test_one_that_is_closed_between_two_attempts_is_a_clear_error_of_async_calls_too() -> None:
    async def main(base_url: str) -> None:
        async with httpx.AsyncClient() as http_client:

            async def close(_: httpx.Response) -> None:
                await http_client.aclose()

            http_client.event_hooks["response"] = [close]
            sessions = AsyncSessions(base_url=base_url, api_key=FAKE_KEY, http_client=http_client)
            with pytest.raises(ChatKitError, match=r"http_client .* closed"):
                await sessions.create(user="user_1", workflow="wf_1")

    with FaultServer(status(503)) as server:
        asyncio.run(main(server.base_url))


@both
def test_its_proxy_is_used(twin: Twin, library: Any) -> None:
    with FaultServer(answer) as proxy:
        through: dict[str, Any] = {"proxy": proxy.base_url.removesuffix("/v1")}
        twin.create(base_url="http://localhost:9/v1", http=through, library=library)
        assert proxy.requests[0].line == "POST http://localhost:9/v1/chatkit/sessions HTTP/1.1"
