"""Encrypted connections: who is trusted, and what happens when nobody is."""

import time
from pathlib import Path

import pytest
from chatkit_sessions import APIConnectionError, APITimeoutError
from support.behaviours import answer, drip, send_and_close, whole
from support.certificates import Authority
from support.fault_server import FaultServer, Peer
from support.twins import Client, Twin


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


def test_a_server_that_is_not_trusted_is_asked_once(any_twin: Twin, authority: Authority) -> None:
    with FaultServer(tls=authority.server_context()) as server:
        with pytest.raises(APIConnectionError, match=r"(?i)certificate") as caught:
            any_twin.create(base_url=server.base_url)
        assert type(caught.value) is APIConnectionError
        assert server.settles_at(0)
        assert (server.connections, len(server.requests)) == (1, 0)


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


@pytest.mark.parametrize("every", [0.02, 60.0], ids=["a dripping handshake", "a silent handshake"])
def test_the_deadline_ends_a_handshake_that_would_not_end(any_twin: Twin, every: float) -> None:
    # The head of a TLS record of 16 KB, which then comes byte by byte.
    record = b"\x16\x03\x03\x40\x00"
    with FaultServer(at_connect=lambda peer: peer.drip(record, b"\x00", every)) as server:
        started = time.monotonic()
        with pytest.raises(APITimeoutError):
            any_twin.create(base_url=server.base_url.replace("http:", "https:"), deadline=0.5)
        assert time.monotonic() - started < 3


@pytest.mark.usefixtures("_trusted")
def test_the_deadline_ends_a_dripping_answer_over_tls(any_twin: Twin, authority: Authority) -> None:
    with FaultServer(drip(b"HTTP/1.1 200 OK\r\n", b"x-more: y\r\n"), tls=authority.server_context()) as server:
        started = time.monotonic()
        with pytest.raises(APITimeoutError):
            any_twin.create(base_url=server.base_url, deadline=0.5)
        assert time.monotonic() - started < 3
        assert len(server.requests) == 1
