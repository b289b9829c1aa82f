import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chatkit_sessions import ConfigurationError
from chatkit_sessions._transport import network, streams

HTTPS, HTTP = "https://api.example/v1", "http://api.example:8080/v1"

# environment, URL → the proxy that a call goes through
PROXIES: list[tuple[dict[str, str], str, str | None]] = [
    ({}, HTTPS, None),
    ({"HTTPS_PROXY": "http://proxy.example:3128"}, HTTPS, "http://proxy.example:3128"),
    ({"https_proxy": "https://proxy.example"}, HTTPS, "https://proxy.example"),
    ({"HTTPS_PROXY": "http://proxy.example"}, HTTP, None),
    ({"HTTP_PROXY": "http://proxy.example"}, HTTP, "http://proxy.example"),
    ({"HTTP_PROXY": "http://proxy.example"}, HTTPS, None),
    ({"ALL_PROXY": "http://proxy.example"}, HTTPS, "http://proxy.example"),
    ({"ALL_PROXY": "http://all.example", "HTTPS_PROXY": "http://one.example"}, HTTPS, "http://one.example"),
    ({"HTTPS_PROXY": "proxy.example:3128"}, HTTPS, "http://proxy.example:3128"),
    ({"HTTPS_PROXY": ""}, HTTPS, None),
    ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "api.example"}, HTTPS, None),
    ({"HTTPS_PROXY": "http://proxy.example", "no_proxy": "localhost, .example"}, HTTPS, None),
    ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "*"}, HTTPS, None),
    ({"HTTP_PROXY": "http://proxy.example", "NO_PROXY": "api.example:8080"}, HTTP, None),
    ({"HTTP_PROXY": "http://proxy.example", "NO_PROXY": "api.example:9090"}, HTTP, "http://proxy.example"),
    ({"HTTPS_PROXY": "http://proxy.example", "NO_PROXY": "other.example"}, HTTPS, "http://proxy.example"),
]


def connection(url: httpx.URL) -> object:
    return streams.new_connection(url, streams.Backend(streams.ConnectionState(), reads_answers=False))


@pytest.mark.parametrize(("environment", "url", "proxy"), PROXIES)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = network.proxy(httpx.URL(url))
    assert (found and str(found.url)) == proxy


def test_a_proxys_password_is_kept_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pass-word@proxy.example")
    found = network.proxy(httpx.URL(HTTPS))
    assert found is not None
    assert found.raw_auth == (b"user", b"pass-word")
    assert "pass-word" not in repr(found)


@pytest.mark.parametrize("value", ["http://proxy.example:port", "ftp://proxy.example", "http://[::1", "://proxy"])
def test_a_malformed_proxy_is_a_clear_error_that_does_not_show_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ConfigurationError) as caught:
        connection(httpx.URL(HTTPS))
    assert str(caught.value) == "the proxy that the environment names for api.example is no proxy URL"


def test_a_socks_proxy_needs_an_extra_of_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.example")
    with pytest.raises(ConfigurationError, match=r"pip install 'httpx\[socks\]'"):
        network.proxy(httpx.URL(HTTPS))


@pytest.fixture
def _no_context_yet() -> Iterator[None]:
    network._ssl_context.cache_clear()  # pyright: ignore[reportPrivateUsage] # a process makes it once
    yield
    network._ssl_context.cache_clear()  # pyright: ignore[reportPrivateUsage]


@pytest.mark.usefixtures("_no_context_yet")
@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_certificates_that_cannot_be_loaded_are_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "certificates.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ConfigurationError, match=r"^SSL_CERT_FILE, SSL_CERT_DIR: no certificates can be loaded"):
        connection(httpx.URL(HTTPS))


def test_servers_are_verified_by_one_context() -> None:
    context = network.ssl_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert network.ssl_context() is context


def test_plain_http_loads_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ssl_context", lambda: pytest.fail("not needed"))
    connection(httpx.URL(HTTP))
