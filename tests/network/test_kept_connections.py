"""Connections between calls: kept where that is safe, replaced where it is not."""

import socket
from contextlib import suppress

import pytest
from chatkit_sessions import APIConnectionError, APIResponseValidationError, BadRequestError
from chatkit_sessions._transport import async_streams, streams
from chatkit_sessions._transport.network import Address
from support.behaviours import answer, head, send_and_close, session, status, whole
from support.clients import Client, Twin, serve_connections
from support.fault_server import Behaviour, FaultServer, Peer
from support.mock import Script
from support.mock import answer as mock_answer

HALF_A_HEAD = whole(session("intruder"))[:60]


def answer_and_close(peer: Peer) -> None:
    answer(peer)
    peer.close()


def answer_the_last_time(peer: Peer) -> None:
    send_and_close(whole(session(peer.request.user), 200, "connection: close"))(peer)


async def create(client: Client, user: str) -> str:
    return (await client.create(user=user, workflow="wf_1")).id


def test_calls_one_after_another_share_a_connection(any_twin: Twin) -> None:
    async def job(client: Client) -> list[str]:
        return [await create(client, f"user_{n}") for n in range(5)]

    with FaultServer(otherwise=answer) as server:
        assert any_twin.run(job, base_url=server.base_url) == [f"cksess_user_{n}" for n in range(5)]
        assert server.connections == 1
        assert server.settles_at(0)


def test_a_refused_call_leaves_its_connection_to_the_next(any_twin: Twin) -> None:
    async def job(client: Client) -> None:
        for _ in range(3):
            with pytest.raises(BadRequestError):
                await create(client, "user_1")

    with FaultServer(otherwise=status(400)) as server:
        any_twin.run(job, base_url=server.base_url)
        assert server.connections == 1


@pytest.mark.parametrize("last", [answer_and_close, answer_the_last_time])
def test_a_connection_that_the_server_has_closed_is_not_used_again(twin: Twin, last: Behaviour) -> None:
    with FaultServer(answer, last, answer) as server:

        async def job(client: Client) -> None:
            await create(client, "user_1")
            await create(client, "user_2")
            assert server.settles_at(0)
            assert await create(client, "user_3") == "cksess_user_3"

        twin.run(job, base_url=server.base_url, max_retries=0)
        assert server.connections == 2


def test_a_connection_that_the_server_closes_under_a_request_is_replaced(any_twin: Twin) -> None:
    async def job(client: Client) -> None:
        await create(client, "user_1")
        assert await create(client, "user_2") == "cksess_user_2"

    with FaultServer(answer, Peer.close, answer) as server:
        any_twin.run(job, base_url=server.base_url)
        assert [request.user for request in server.requests] == ["user_1", "user_2", "user_2"]


@pytest.mark.parametrize(
    "surplus",
    [
        whole(session("intruder")),
        session("intruder"),
        session("intruder") + b"\r\n\r\n",
        b"\r\n",
        HALF_A_HEAD,
        b"HTTP/1.1 200 OK\r\n",
    ],
    ids=["another answer", "a body", "a body and an empty line", "an empty line", "half a head", "a status line"],
)
def test_what_comes_behind_an_answer_is_no_answer_to_the_next_call(any_twin: Twin, surplus: bytes) -> None:
    def answer_with_surplus(peer: Peer) -> None:
        peer.send(whole(session(peer.request.user)) + surplus)

    async def job(client: Client) -> None:
        for user in ("user_1", "user_2"):
            with suppress(APIConnectionError):  # a call may be given up, but must not get the answer of another
                assert await create(client, user) == f"cksess_{user}"
        assert await create(client, "user_3") == "cksess_user_3"

    with FaultServer(answer_with_surplus, otherwise=answer) as server:
        any_twin.run(job, base_url=server.base_url, deadline=30)


@pytest.mark.parametrize("surplus", [HALF_A_HEAD, b"H", whole(session("intruder")), head(200, "content-length: 0")])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunks"])
def test_what_comes_behind_an_answer_ends_its_connection_and_nothing_is_sent_twice(
    any_twin: Twin, surplus: bytes, is_chunked: bool
) -> None:
    def answer_with_surplus(peer: Peer) -> None:
        body = session(peer.request.user)
        chunked = head(200, "transfer-encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        peer.send((chunked if is_chunked else whole(body)) + surplus)

    async def job(client: Client) -> list[str]:
        return [await create(client, f"user_{n}") for n in range(3)]

    with FaultServer(otherwise=answer_with_surplus) as server:
        assert any_twin.run(job, base_url=server.base_url) == [f"cksess_user_{n}" for n in range(3)]
        assert len(server.requests) == 3
        assert server.connections == 3


class ReadingAhead(socket.socket):
    """A socket that has read all there is, and gives no more than one answer of it at a time.

    So do the streams of some event loops, as that of Windows, while nobody reads.
    """

    held = b""
    step = len(whole(session("user_0")))

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data = self.held or super().recv(bufsize, flags)
        self.held = data[self.step :]
        return data[: self.step]

    def pending(self) -> int:
        return len(self.held)


def reading_ahead(address: Address) -> ReadingAhead:
    return ReadingAhead(address.family)


def test_what_a_stream_has_read_ahead_is_no_answer_to_the_next_call(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_twice(peer: Peer) -> None:
        peer.send(whole(session(peer.request.user)) + whole(session("intruder")))

    async def job(client: Client) -> list[str]:
        return [await create(client, f"user_{n}") for n in range(3)]

    for module in (streams, async_streams):
        monkeypatch.setattr(module, "new_socket", reading_ahead)
    with FaultServer(otherwise=answer_twice) as server:
        assert twin.run(job, base_url=server.base_url) == [f"cksess_user_{n}" for n in range(3)]
        assert len(server.requests) == 3
        assert server.connections == 3


def test_an_answer_in_chunks_leaves_its_connection_to_the_next_call(any_twin: Twin) -> None:
    def answer_in_chunks(peer: Peer) -> None:
        body = session(peer.request.user)
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:]))
        peer.send(head(200, "transfer-encoding: chunked") + chunks + b"0\r\nx-trailer: y\r\n\r\n")

    async def job(client: Client) -> None:
        for n in range(3):
            await create(client, f"user_{n}")

    with FaultServer(otherwise=answer_in_chunks) as server:
        any_twin.run(job, base_url=server.base_url)
        assert server.connections == 1


def test_a_mock_of_httpcore_may_answer_between_two_real_calls(twin: Twin) -> None:
    mocked = Script([mock_answer(), mock_answer()])

    async def job(client: Client) -> list[str]:
        ids = [await create(client, "user_1")]
        with pytest.MonkeyPatch.context() as patch:
            serve_connections(patch, mocked)
            ids += [await create(client, "user_2"), await create(client, "user_3")]
        return [*ids, await create(client, "user_4")]

    with FaultServer(answer, answer) as server:
        ids = twin.run(job, base_url=server.base_url, max_retries=0)
        assert ids == ["cksess_user_1", "cksess_1", "cksess_1", "cksess_user_4"]
        assert server.connections == 1
    mocked.check_finished()


def test_an_answer_that_is_too_large_is_given_up_with_its_connection(any_twin: Twin) -> None:
    async def job(client: Client) -> None:
        with pytest.raises(APIResponseValidationError, match="max_response_bytes"):
            await create(client, "user_1")
        assert await create(client, "user_2") == "cksess_user_2"

    with FaultServer(send_and_close(head(200) + b" " * 10**6), answer) as server:
        any_twin.run(job, base_url=server.base_url, max_response_bytes=10_000)
        assert server.connections == 2
