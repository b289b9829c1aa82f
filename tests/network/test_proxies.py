"""Proxies that the environment names."""

from pathlib import Path

import pytest
from chatkit_sessions import APIConnectionError, ConfigurationError
from support.behaviours import answer, send_and_close
from support.certificates import Authority
from support.clients import Twin
from support.fault_server import FaultServer, Peer

NOWHERE = "localhost:9"


@pytest.fixture(autouse=True)
def _no_proxies_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_call_goes_through_the_proxy(any_twin: Twin, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(answer) as proxy:
        monkeypatch.setenv(variable, proxy.base_url.removesuffix("/v1"))
        any_twin.create(base_url=f"http://{NOWHERE}/v1")
        assert proxy.requests[0].line == f"POST http://{NOWHERE}/v1/chatkit/sessions HTTP/1.1"


def test_no_proxy_excepts_a_host(any_twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy, FaultServer(answer) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url.removesuffix("/v1"))
        monkeypatch.setenv("NO_PROXY", "example.com,127.0.0.1")
        any_twin.create(base_url=server.base_url)
        assert proxy.connections == 0


def test_tls_goes_through_a_tunnel(any_twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority()
    context = authority.server_context("localhost")

    def connect(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        peer.wrap(context)

    with FaultServer(connect, answer) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path)))
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url.removesuffix("/v1"))
        any_twin.create(base_url=f"https://{NOWHERE}/v1")
        tunnel, create = proxy.requests
        assert tunnel.line == f"CONNECT {NOWHERE} HTTP/1.1"
        assert "authorization" not in tunnel.headers
        assert create.line == "POST /v1/chatkit/sessions HTTP/1.1"


def test_a_tunnel_that_breaks_before_tls_is_tried_again(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = send_and_close(b"HTTP/1.1 200 Connection established\r\n\r\n")
    with FaultServer(otherwise=broken) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url.removesuffix("/v1"))
        with pytest.raises(APIConnectionError) as caught:
            twin.create(base_url=f"https://{NOWHERE}/v1")
        assert "session may exist" not in str(caught.value)
        assert len(proxy.requests) == 3


@pytest.mark.parametrize(
    ("status", "times"),
    [("407 Proxy Authentication Required", 1), ("403 Forbidden", 1), ("503 Service Unavailable", 3), ("429 Slow", 3)],
)
def test_a_proxy_that_refuses_is_named_and_asked_again_only_where_that_may_help(
    any_twin: Twin, status: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = send_and_close(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())
    with FaultServer(otherwise=refused) as proxy:
        place = proxy.base_url.removesuffix("/v1").removeprefix("http://")
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass-word@{place}")
        with pytest.raises(APIConnectionError) as caught:
            any_twin.create(base_url=f"https://{NOWHERE}/v1")
        where = f"the proxy http://user:[hidden]@{place} does not connect to {NOWHERE}"
        assert str(caught.value) == f"Connection error: {where}: {status}"
        assert len(proxy.requests) == times


def test_a_proxy_that_is_not_there_is_named(any_twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pass-word@127.0.0.1:9")
    with pytest.raises(APIConnectionError, match=r"\(the proxy http://user:\[hidden\]@127\.0\.0\.1:9\)$"):
        any_twin.create(base_url=f"https://{NOWHERE}/v1")


@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1:9", "http://127.0.0.1:port"])
def test_a_proxy_that_cannot_be_used_is_a_clear_error(
    any_twin: Twin, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="proxy"):
        any_twin.create(base_url=f"http://{NOWHERE}/v1")


def test_passwords_of_netrc_are_not_used(any_twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with FaultServer(answer) as server:
        any_twin.create(base_url=server.base_url)
        assert server.requests[0].headers["authorization"].startswith("Bearer ")
