"""Encrypted connections: who is trusted, and what happens when nobody is."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from ssl import TLSVersion
from typing import Any

import httpx
import httpx2
import pytest
from chatkit_sessions import APIConnectionError, ConfigurationError
from support.behaviours import answer, drip, head, send_and_close, session, whole
from support.certificates import Authority
from support.clients import Client, Twin
from support.deadlines import assert_times_out
from support.fault_server import Behaviour, FaultServer, Peer

SOURCES = "trusted certificates come from SSL_CERT_FILE or SSL_CERT_DIR; REQUESTS_CA_BUNDLE is not read"
both = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def _trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path)))


@pytest.mark.usefixtures("_trusted")
def test_one_connection_to_a_trusted_server_serves_several_calls(any_twin: Twin, authority: Authority) -> None:
    async def job(client: Client) -> list[str]:
        return [(await client.create(user=f"user_{n}", workflow="wf_1")).id for n in range(3)]

    with FaultServer(otherwise=answer, tls=authority.server_context()) as server:
        assert any_twin.run(job, base_url=server.base_url) == [f"cksess_user_{n}" for n in range(3)]
        assert server.connections == 1


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("is_one_record", [True, False], ids=["the same record", "another record"])
def test_what_comes_behind_an_answer_over_tls_is_no_answer_to_the_next_call(
    any_twin: Twin, authority: Authority, is_one_record: bool
) -> None:
    sent = threading.Event()

    def answer_twice(peer: Peer) -> None:
        first, second = whole(session(peer.request.user)), whole(session("intruder"))
        for record in [first + second] if is_one_record else [first, second]:
            peer.send(record)
        sent.set()

    async def job(client: Client) -> list[str]:
        ids: list[str] = []
        for n in range(3):
            sent.clear()
            ids.append((await client.create(user=f"user_{n}")).id)
            assert sent.wait(60)
        return ids

    with FaultServer(otherwise=answer_twice, tls=authority.server_context()) as server:
        assert any_twin.run(job, base_url=server.base_url) == [f"cksess_user_{n}" for n in range(3)]
        assert len(server.requests) == 3


def test_a_server_that_is_not_trusted_is_asked_once(any_twin: Twin, authority: Authority) -> None:
    with FaultServer(tls=authority.server_context()) as server:
        with pytest.raises(APIConnectionError, match=r"(?i)certificate") as caught:
            any_twin.create(base_url=server.base_url)
        assert type(caught.value) is APIConnectionError
        assert str(caught.value).endswith(SOURCES)
        assert server.settles_at(0)
        assert (server.connections, len(server.requests)) == (1, 0)


@both
def test_a_server_that_a_client_of_the_users_does_not_trust_is_asked_once(
    twin: Twin, authority: Authority, library: Any
) -> None:
    with FaultServer(tls=authority.server_context()) as server:
        with pytest.raises(APIConnectionError, match=r"(?i)certificate") as caught:
            twin.create(base_url=server.base_url, http={}, library=library)
        assert str(caught.value).endswith(SOURCES)
        assert (server.connections, len(server.requests)) == (1, 0)


@pytest.mark.parametrize(("variable", "what"), [("SSL_CERT_FILE", "file"), ("SSL_CERT_DIR", "folder")])
def test_certificates_that_are_not_there_are_named_before_anything_is_sent(
    any_twin: Twin, variable: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, "/no/such/place")
    with FaultServer() as server:
        with pytest.raises(ConfigurationError, match=rf"^{variable}: there is no {what} '/no/such/place'$"):
            any_twin.create(base_url=server.base_url.replace("http:", "https:"))
        assert server.connections == 0


# TLS 1.3 says it after the handshake, and the end of the connection may overtake what it says.
VERSIONS = pytest.mark.parametrize(
    ("version", "said"), [(TLSVersion.TLSv1_2, "handshake failure"), (TLSVersion.TLSv1_3, "")], ids=["1.2", "1.3"]
)


@VERSIONS
@pytest.mark.usefixtures("_trusted")
def test_a_server_that_wants_a_certificate_of_its_client_is_a_lost_connection(
    any_twin: Twin, authority: Authority, version: TLSVersion, said: str
) -> None:
    with FaultServer(tls=authority.demanding_context(version)) as server:
        assert_lost(server, said, lambda: any_twin.create(base_url=server.base_url))


@both
@VERSIONS
def test_a_server_that_wants_a_certificate_of_the_users_client_is_a_lost_connection(
    twin: Twin, authority: Authority, version: TLSVersion, said: str, library: Any
) -> None:
    trusting = {"verify": authority.client_context()}
    with FaultServer(tls=authority.demanding_context(version)) as server:
        assert_lost(server, said, lambda: twin.create(base_url=server.base_url, http=trusting, library=library))


def assert_lost(server: FaultServer, said: str, call: Callable[[], object]) -> None:
    with pytest.raises(APIConnectionError) as caught:
        call()
    assert type(caught.value) is APIConnectionError
    assert said in str(caught.value)
    assert server.base_url.split("/")[2] in str(caught.value)
    assert caught.value.is_transient
    assert (server.connections, len(server.requests)) == (3, 0)


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_for_another_name_is_not_accepted(any_twin: Twin, authority: Authority) -> None:
    with FaultServer(tls=authority.server_context("127.0.0.2")) as server:
        with pytest.raises(APIConnectionError, match=r"(?i)certificate"):
            any_twin.create(base_url=server.base_url)
        assert (server.connections, len(server.requests)) == (1, 0)


@pytest.mark.parametrize(
    "reply", [whole(b"{}"), b"SSH-2.0-OpenSSH_9.6\r\n", b"", bytes(range(256))], ids=["http", "ssh", "nothing", "noise"]
)
def test_a_server_that_does_not_speak_tls_is_tried_again_and_then_reported(any_twin: Twin, reply: bytes) -> None:
    def behave(peer: Peer) -> None:
        peer.take()
        send_and_close(reply)(peer)

    with FaultServer(at_connect=behave) as server:
        with pytest.raises(APIConnectionError) as caught:
            any_twin.create(base_url=server.base_url.replace("http:", "https:"))
        assert type(caught.value) is APIConnectionError
        assert (server.connections, len(server.requests)) == (3, 0)


@pytest.mark.usefixtures("_trusted")
def test_tls_spoken_to_a_server_of_plain_http_is_reported(any_twin: Twin, authority: Authority) -> None:
    with FaultServer(tls=authority.server_context()) as server:
        with pytest.raises(APIConnectionError):
            any_twin.create(base_url=server.base_url.replace("https:", "http:"))
        assert not server.requests


# The head of a TLS record of 16 KB, which then comes byte by byte.
@pytest.mark.parametrize(
    "shake_hands",
    [partial(Peer.drip, start=b"\x16\x03\x03\x40\x00", again=b"\x00"), Peer.stall],
    ids=["a dripping handshake", "a silent handshake"],
)
def test_the_deadline_ends_a_handshake_that_would_not_end(any_twin: Twin, shake_hands: Behaviour) -> None:
    def serve() -> FaultServer:
        server = FaultServer(at_connect=shake_hands)
        server.base_url = server.base_url.replace("http:", "https:")
        return server

    assert_times_out(any_twin, serve, requests=0, deadline=0.2)


@pytest.mark.usefixtures("_trusted")
def test_the_deadline_ends_a_dripping_answer_over_tls(any_twin: Twin, authority: Authority) -> None:
    dripping = drip(b"HTTP/1.1 200 OK\r\n", b"x-more: y\r\n")
    assert_times_out(any_twin, lambda: FaultServer(dripping, tls=authority.server_context()), deadline=0.2)


def corrupt(peer: Peer) -> None:
    peer.wait_until_read()  # asyncio hands over nothing of what it reads together with a broken record
    peer.send_below_tls(b"\x17\x03\x03\x00\x20" + b"x" * 32)
    peer.close()


def end(peer: Peer) -> None:
    peer.end_tls()
    peer.close()


ENDS = pytest.mark.parametrize("end", [corrupt, end, Peer.close, Peer.reset], ids=["corrupt", "end", "close", "reset"])
MOMENTS = pytest.mark.parametrize(
    ("sent", "times"),
    [(b"", 3), (b"HTTP/1.1 ", 3), (head(200)[:-20], 1), (head(200, length=500) + b'{"id', 1)],
    ids=["at once", "before the status", "in the head", "in the body"],
)


@pytest.mark.usefixtures("_trusted")
@ENDS
@MOMENTS
def test_tls_that_breaks_is_a_lost_connection(
    any_twin: Twin, authority: Authority, end: Behaviour, sent: bytes, times: int
) -> None:
    with broken(authority, end, sent) as server:
        assert_broken(server, times, lambda: any_twin.create(base_url=server.base_url))


@both
@ENDS
@MOMENTS
def test_tls_of_the_users_client_that_breaks_is_a_lost_connection(
    twin: Twin, authority: Authority, end: Behaviour, sent: bytes, times: int, library: Any
) -> None:
    trusting = {"verify": authority.client_context()}
    with broken(authority, end, sent) as server:
        assert_broken(server, times, lambda: twin.create(base_url=server.base_url, http=trusting, library=library))


def broken(authority: Authority, end: Behaviour, sent: bytes) -> FaultServer:
    def behave(peer: Peer) -> None:
        peer.send(sent)
        end(peer)

    return FaultServer(otherwise=behave, tls=authority.server_context())


def assert_broken(server: FaultServer, times: int, call: Callable[[], object]) -> None:
    with pytest.raises(APIConnectionError) as caught:
        call()
    assert type(caught.value) is APIConnectionError
    assert len(server.requests) == times
    assert ("a session may exist" in str(caught.value)) == (times == 1)
