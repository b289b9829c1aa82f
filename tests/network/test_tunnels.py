"""Proxies that lead to the server through TLS of their own, or by SOCKS."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import httpx2
import pytest
from chatkit_sessions import APIConnectionError, APITimeoutError, ConfigurationError
from chatkit_sessions._transport import network
from support.behaviours import answer, drip, head, send_and_close, session, whole
from support.certificates import Authority
from support.clients import Client, Twin
from support.deadlines import assert_times_out
from support.fault_server import Behaviour, FaultServer, Peer
from support.leaks import Watch
from support.tunnel_server import TunnelServer

F = TypeVar("F", bound="Callable[..., object]")

HOST = "api.invalid"
"""A name that the proxy alone knows."""
NOWHERE = "localhost:9"


def unclosed(test: F) -> F:
    """Mark a test in which httpcore leaves a connection open, since its proxy fails."""
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")(test)
    pytest.mark.usefixtures("_collected")(test)
    return test


both = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@pytest.fixture(autouse=True)
def _no_proxies_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def _collected(watched: Watch) -> Iterator[None]:
    """Collect what a test leaves, when nothing knows its errors any more."""
    yield
    assert not watched.drain()
    gc.collect()


@pytest.fixture
def _trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path)))


@pytest.fixture
def server(authority: Authority) -> Iterator[FaultServer]:
    with FaultServer(otherwise=answer, tls=authority.server_context(HOST)) as server:
        yield server


@pytest.fixture
def https_proxy(authority: Authority, server: FaultServer) -> Iterator[TunnelServer]:
    with TunnelServer(server.base_url, "https", tls=authority.server_context()) as proxy:
        yield proxy


async def create_three(client: Client) -> list[str]:
    return [(await client.create(user=f"user_{n}")).id for n in range(3)]


THREE = [f"cksess_user_{n}" for n in range(3)]


@pytest.mark.usefixtures("_trusted")
def test_tls_goes_through_a_proxy_with_tls(
    any_twin: Twin, https_proxy: TunnelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", https_proxy.url)
    assert any_twin.run(create_three, base_url=f"https://{HOST}/v1") == THREE
    assert https_proxy.asked_for == [f"{HOST}:443"]


@pytest.mark.usefixtures("_trusted")
def test_what_comes_behind_an_answer_through_a_proxy_with_tls_is_no_answer_to_the_next_call(
    any_twin: Twin, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_twice(peer: Peer) -> None:
        peer.send(whole(session(peer.request.user)) + whole(session("intruder")))

    with (
        FaultServer(otherwise=answer_twice, tls=authority.server_context(HOST)) as server,
        TunnelServer(server.base_url, "https", tls=authority.server_context()) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert any_twin.run(create_three, base_url=f"https://{HOST}/v1") == THREE
        assert len(server.requests) == 3


@both
def test_tls_of_the_users_client_goes_through_a_proxy_with_tls(
    twin: Twin, https_proxy: TunnelServer, authority: Authority, library: Any
) -> None:
    trusted = authority.client_context()
    http = {"verify": trusted, "proxy": library.Proxy(https_proxy.url, ssl_context=trusted)}
    assert twin.run(create_three, base_url=f"https://{HOST}/v1", http=http, library=library) == THREE
    assert https_proxy.asked_for == [f"{HOST}:443"]


@pytest.mark.usefixtures("_trusted")
def test_a_dripping_answer_through_a_proxy_with_tls_ends_at_the_deadline(
    twin: Twin, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def serve() -> Generator[FaultServer]:
        with (
            FaultServer(drip(head(length=10**6), b" "), tls=authority.server_context(HOST)) as server,
            TunnelServer(server.base_url, "https", tls=authority.server_context()) as proxy,
        ):
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            server.base_url = f"https://{HOST}/v1"
            yield server

    assert_times_out(twin, serve, match="a session may exist", deadline=0.5)


@unclosed
@both
@pytest.mark.parametrize("reply", [b"HTTP/1.1 200 Connection established\r\n\r\n", b"HTTP/1.1 200"])
def test_a_tunnel_of_the_users_client_that_breaks_before_tls_is_tried_again(
    twin: Twin, reply: bytes, library: Any
) -> None:
    with FaultServer(otherwise=send_and_close(reply)) as proxy:
        through = {"proxy": proxy.base_url.removesuffix("/v1")}
        with pytest.raises(APIConnectionError) as caught:
            twin.create(base_url=f"https://{HOST}/v1", http=through, library=library)
        assert "session may exist" not in str(caught.value)
        assert len(proxy.requests) == 3


@both
@pytest.mark.parametrize(("status", "times"), [("407 Proxy Authentication Required", 1), ("503 Unavailable", 3)])
def test_a_proxy_of_the_users_client_that_refuses_is_asked_again_only_where_that_may_help(
    twin: Twin, status: str, times: int, library: Any
) -> None:
    refused = send_and_close(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())
    with FaultServer(otherwise=refused) as proxy:
        through = {"proxy": proxy.base_url.removesuffix("/v1").replace("//", "//user:pass-word@")}
        with pytest.raises(APIConnectionError, match=status) as caught:
            twin.create(base_url=f"https://{HOST}/v1", http=through, library=library)
        assert f"the proxy on the way to {HOST}:443" in str(caught.value)
        assert "pass-word" not in str(caught.value)
        assert len(proxy.requests) == times


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize("user", [None, ("user", "päss:word")], ids=["open", "with a password"])
@pytest.mark.usefixtures("_trusted")
def test_a_call_goes_through_a_socks_proxy(
    twin: Twin, variable: str, user: tuple[str, str] | None, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TunnelServer(server.base_url, "socks5", user=user) as proxy:
        monkeypatch.setenv(variable, with_user(proxy.url, user))
        assert twin.run(create_three, base_url=f"https://{HOST}/v1") == THREE
        assert proxy.asked_for == [f"{HOST}:443"]


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_call_without_tls_goes_through_a_socks_proxy(
    twin: Twin, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(otherwise=answer) as server, TunnelServer(server.base_url, "socks5") as proxy:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://{proxy.place}")
        assert twin.run(create_three, base_url="http://127.0.0.2:8080/v1") == THREE
        assert proxy.asked_for == ["127.0.0.2:8080"]


@both
def test_a_call_of_the_users_client_goes_through_a_socks_proxy(
    twin: Twin, server: FaultServer, authority: Authority, library: Any
) -> None:
    with TunnelServer(server.base_url, "socks5", user=("user", "word")) as proxy:
        http = {"verify": authority.client_context(), "proxy": with_user(proxy.url, ("user", "word"))}
        assert twin.run(create_three, base_url=f"https://{HOST}/v1", http=http, library=library) == THREE
        assert proxy.asked_for == [f"{HOST}:443"]


@pytest.mark.parametrize("given", [None, ("user", "pass-word")], ids=["none", "another"])
def test_a_socks_proxy_that_wants_another_password_is_named_and_asked_once(
    twin: Twin, given: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as server, TunnelServer(server.base_url, "socks5", user=("user", "word")) as proxy:
        monkeypatch.setenv("ALL_PROXY", with_user(proxy.url, given))
        label = proxy.url if given is None else with_user(proxy.url, ("user", "[hidden]"))
        with pytest.raises(APIConnectionError, match=rf"the proxy {re.escape(label)} does not connect to {NOWHERE}: "):
            twin.create(base_url=f"http://{NOWHERE}/v1")
        assert proxy.connections == 1


@unclosed
@both
def test_a_socks_proxy_that_wants_another_password_of_the_users_client_is_asked_once(twin: Twin, library: Any) -> None:
    with FaultServer() as server, TunnelServer(server.base_url, "socks5", user=("user", "word")) as proxy:
        through = {"proxy": with_user(proxy.url, ("user", "pass-word"))}
        with pytest.raises(APIConnectionError, match=rf"the proxy on the way to {NOWHERE}") as caught:
            twin.create(base_url=f"http://{NOWHERE}/v1", http=through, library=library)
        assert "pass-word" not in str(caught.value)
        assert proxy.connections == 1


BROKEN_SOCKS = pytest.mark.parametrize(
    "reply",
    [b"", b"\x05", b"\x04\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05\x00\x05\x00", bytes(range(256))],
    ids=["nothing", "half", "another version", "http", "half a reply", "noise"],
)


def reply_and_close(reply: bytes) -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.take()
        send_and_close(reply)(peer)

    return behave


@BROKEN_SOCKS
def test_a_socks_proxy_that_answers_nonsense_is_a_lost_connection(
    twin: Twin, reply: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(at_connect=reply_and_close(reply)) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.base_url.removesuffix("/v1").replace("http", "socks5"))
        with pytest.raises(APIConnectionError) as caught:
            twin.create(base_url=f"http://{NOWHERE}/v1")
        assert type(caught.value) is APIConnectionError
        assert "session may exist" not in str(caught.value)
        assert proxy.connections == 3


@unclosed
@both
@BROKEN_SOCKS
def test_a_socks_proxy_that_answers_nonsense_to_the_users_client_is_a_lost_connection(
    twin: Twin, reply: bytes, library: Any
) -> None:
    with FaultServer(at_connect=reply_and_close(reply)) as proxy:
        through = {"proxy": proxy.base_url.removesuffix("/v1").replace("http", "socks5")}
        with pytest.raises(APIConnectionError) as caught:
            twin.create(base_url=f"http://{NOWHERE}/v1", http=through, library=library)
        assert type(caught.value) is APIConnectionError
        assert proxy.connections == 3


def test_the_deadline_ends_the_wait_for_a_silent_socks_proxy(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(at_connect=Peer.stall) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.base_url.removesuffix("/v1").replace("http", "socks5"))
        with pytest.raises(APITimeoutError):
            twin.create(base_url=f"https://{HOST}/v1", deadline=0.3)


@unclosed
@both
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_deadline_ends_the_wait_of_the_users_client_for_a_silent_socks_proxy(
    twin: Twin, scheme: str, library: Any
) -> None:
    with FaultServer(at_connect=Peer.stall) as proxy:
        through = {"proxy": proxy.base_url.removesuffix("/v1").replace("http", "socks5")}
        with pytest.raises(APITimeoutError):
            twin.create(base_url=f"{scheme}://{NOWHERE}/v1", deadline=0.3, http=through, library=library)


def test_aiohttp_says_that_it_takes_no_socks_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:pass-word@127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=r"cannot use the SOCKS proxy socks5://user:\[hidden\]@127\.0\.0\.1:9"):
        Twin("aiohttp").create(base_url=f"https://{HOST}/v1")


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["socks", "socks4", "socks4a"])
def test_another_version_of_socks_is_named_with_its_variable(
    any_twin: Twin, variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"{scheme}://user:pass-word@127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=rf"^{variable}: a proxy with {scheme}:// cannot be used; ") as caught:
        any_twin.create(base_url=f"https://{HOST}/v1")
    assert "pass-word" not in str(caught.value)


def no_package(_name: str) -> None:
    return None


def test_a_socks_proxy_needs_another_package(any_twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "find_spec", no_package)
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match=r"^ALL_PROXY: .* pip install 'httpx\[socks\]'$"):
        any_twin.create(base_url=f"https://{HOST}/v1")


def with_user(url: str, user: tuple[str, str] | None) -> str:
    if user is None:
        return url
    return url.replace("//", f"//{':'.join(quote(part, safe='[]') for part in user)}@")
