"""HTTP/2 through a client of the user's."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import httpx2
import pytest
from chatkit_sessions import APIConnectionError
from h2.errors import ErrorCodes
from support.clients import TWINS, Client, Twin
from support.http2_server import EVERY_STREAM, Ending, Http2Server, goaway, reset

HTTP2: dict[str, Any] = {"http1": False, "http2": True}
USERS = [f"user_{n}" for n in range(10)]
both = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])

ANSWERED: dict[str, Ending] = {
    "before its answer, as nginx does": lambda stream, head, body: goaway(stream) + head + body,
    "after its answer": lambda stream, head, body: head + body + goaway(stream),
    "within its answer": lambda stream, head, body: head + goaway(stream) + body,
    "twice, as Envoy and Go do": lambda stream, head, body: goaway(EVERY_STREAM) + head + goaway(stream) + body,
    "with an error": lambda stream, head, body: goaway(stream, ErrorCodes.ENHANCE_YOUR_CALM) + head + body,
}
LOST: dict[str, Ending] = {
    "said that it may have been": lambda stream, _head, _body: goaway(stream),
    "said nothing": lambda _stream, _head, _body: b"",
    "broke the rules": lambda _stream, head, _body: head[:3] + b"\x09" + head[4:] + bytes(40),
}
BROKEN: dict[str, Ending] = {
    "took leave": lambda stream, head, _body: head + goaway(stream),
    "said nothing": lambda _stream, head, _body: head,
    "broke off the stream": lambda stream, head, _body: head + reset(stream, ErrorCodes.REFUSED_STREAM),
    "broke the rules": lambda _stream, head, _body: head + bytes(5) + b"\x00\x00\x00\x01" * 10,
}


async def create_all(client: Client) -> None:
    for user in USERS:
        await client.create(user=user)


@both
@pytest.mark.parametrize("leaves", ANSWERED)
def test_an_answer_arrives_though_its_server_takes_leave(twin: Twin, leaves: str, library: Any) -> None:
    with Http2Server(ANSWERED[leaves], requests=3) as server:
        twin.run(create_all, base_url=server.base_url, http=HTTP2, library=library, max_retries=0)
    assert server.users == USERS
    assert server.connections == 4


@both
def test_what_a_server_did_not_take_is_sent_over_another_connection(twin: Twin, library: Any) -> None:
    async def job(client: Client) -> None:
        for user in USERS[:3]:
            await client.create(user=user)

    with Http2Server(lambda stream, _head, _body: goaway(stream - 2), requests=2) as server:
        twin.run(job, base_url=server.base_url, http=HTTP2, library=library, max_retries=0)
    # The server notes what it then says that it did not take.
    assert server.users == ["user_0", "user_1", "user_1", "user_2", "user_2"]


@both
@pytest.mark.parametrize("error", [ErrorCodes.REFUSED_STREAM, ErrorCodes.INTERNAL_ERROR])
def test_a_stream_that_is_reset_before_a_status_is_tried_again(twin: Twin, error: ErrorCodes, library: Any) -> None:
    async def job(client: Client) -> None:
        for user in USERS[:2]:
            await client.create(user=user)

    with Http2Server(lambda stream, _head, _body: reset(stream, error), requests=2) as server:
        twin.run(job, base_url=server.base_url, http=HTTP2, library=library)
    assert server.users == ["user_0", "user_1", "user_1"]


@both
@pytest.mark.parametrize("server_said", LOST)
def test_what_may_have_been_processed_is_tried_again_as_over_a_lost_connection(
    twin: Twin, server_said: str, library: Any
) -> None:
    with Http2Server(LOST[server_said], requests=1) as server, pytest.raises(APIConnectionError) as caught:
        twin.create(base_url=server.base_url, http=HTTP2, library=library)
    assert len(server.users) == 3
    assert "a session may exist" not in str(caught.value)
    assert caught.value.is_transient


@both
@pytest.mark.parametrize("server_then", BROKEN)
def test_nothing_is_sent_again_after_a_2xx_status(twin: Twin, server_then: str, library: Any) -> None:
    refused = pytest.raises(APIConnectionError, match="a session may exist")
    with Http2Server(BROKEN[server_then], requests=1) as server, refused:
        twin.create(base_url=server.base_url, http=HTTP2, library=library)
    assert len(server.users) == 1


@pytest.mark.parametrize("twin", TWINS[1:], ids=lambda twin: twin.name, indirect=True)
@pytest.mark.parametrize("leaves", ANSWERED)
def test_calls_that_share_a_connection_survive_its_end(twin: Twin, leaves: str) -> None:
    async def job(client: Client) -> None:
        async def create(user: str) -> None:
            await client.create(user=user)

        await client.create(user="first")  # with it the server tells how many it takes at once
        async with anyio.create_task_group() as group:
            for user in USERS:
                group.start_soon(create, user)

    with Http2Server(ANSWERED[leaves], requests=4) as server:
        twin.run(job, base_url=server.base_url, http=HTTP2, max_retries=0)
    assert sorted(server.users) == sorted(["first", *USERS])
