import os
import ssl
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chatkit_sessions import ConfigurationError, Sessions
from chatkit_sessions._transport import network, streams
from support.leaks import FAKE_KEY

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
    backend = streams.Backend(streams.ConnectionState(), reads_answers=False)
    return streams.new_connection(url, network.find_proxy(url), backend)


@pytest.mark.parametrize(("environment", "url", "proxy"), PROXIES)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = network.find_proxy(httpx.URL(url))
    assert (found and found.label) == proxy


def test_macos_is_asked_for_proxies_when_a_client_is_made_and_never_by_a_forked_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def settings() -> dict[str, str]:
        asked.append("proxies")
        return {"https": "http://proxy.example:3128"}

    def bypass(host: str) -> bool:
        asked.append(host)
        return host == "inside.example"

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(network, "getproxies", settings)
    monkeypatch.setattr(network, "proxy_bypass", bypass)
    network.proxies_of_macos.cache_clear()
    try:
        for host in ("outside.example", "inside.example"):
            Sessions(api_key=FAKE_KEY, base_url=f"https://{host}/v1").close()
        assert asked == ["proxies", "outside.example", "proxies", "inside.example"]
        # As in a child that was forked after that.
        found = network.find_proxy(httpx.URL("https://outside.example/v1"))
        assert found is not None
        assert found.label == "http://proxy.example:3128"
        assert network.find_proxy(httpx.URL("https://inside.example/v1")) is None
        assert len(asked) == 4
    finally:
        network.proxies_of_macos.cache_clear()


def test_a_variable_comes_before_the_settings_of_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("HTTPS_PROXY", "http://variable.example:3128")
    found = network.find_proxy(httpx.URL(HTTPS))
    assert found is not None
    assert found.label == "http://variable.example:3128"


def test_a_proxys_password_is_kept_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pass-word@proxy.example")
    found = network.find_proxy(httpx.URL(HTTPS))
    assert found is not None
    assert (found.raw_auth, found.label) == ((b"user", b"pass-word"), "http://user:[hidden]@proxy.example")
    assert "pass-word" not in repr(found)


# value → what the error says behind the name of the variable
UNUSABLE: list[tuple[str, str]] = [
    ("http://proxy.example:port", "expected the URL of a proxy, such as http://proxy.example:3128"),
    ("http://proxy.example:70000", "expected the URL of a proxy"),
    ("http://[::1", "expected the URL of a proxy"),
    ("http://", "expected the URL of a proxy"),
    ("http://a..example", "expected the URL of a proxy"),
    (f"http://{'x' * 70}.example", "expected the URL of a proxy"),
    ("http://proxy\n.example", "expected the URL of a proxy"),
    ("ftp://proxy.example", "a proxy with ftp:// cannot be used; expected http://, https:// or socks5://"),
    ("://proxy", "a proxy with :// cannot be used"),
    ("socks://proxy.example:1080", "a proxy with socks:// cannot be used; write socks5:// for it"),
    ("socks4://proxy.example:1080", "a proxy with socks4:// cannot be used; SOCKS 4 is not supported"),
    ("SOCKS4A://proxy.example:1080", "a proxy with socks4a:// cannot be used; SOCKS 4 is not supported"),
    ('"http://proxy.example:3128"', "the value is in quotes; leave them out"),
    ("'http://proxy.example:3128'", "the value is in quotes; leave them out"),
    ("http://user:pass-word/x@proxy.example:3128", "the password has characters that must be percent-encoded"),
    ("http://user:pass-word#x@proxy.example:3128", "the password has characters that must be percent-encoded"),
    ("http://user:pass-word?x@proxy.example:3128", "the password has characters that must be percent-encoded"),
    ("http://user:pass-word%E9@proxy.example:3128", "user and password are not UTF-8 when they are decoded"),
]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(("value", "problem"), UNUSABLE)
def test_a_proxy_that_cannot_be_used_is_a_clear_error_that_shows_no_password(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        connection(httpx.URL(HTTPS))
    assert str(caught.value).startswith(f"{variable}: {problem}")
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in frames.stack if frame.filename == network.__file__]
    assert ours
    assert "pass-word" not in repr([frame.locals for frame in ours]) + str(caught.value)


@pytest.fixture
def _no_context_yet() -> Iterator[None]:
    network._ssl_context.cache_clear()  # pyright: ignore[reportPrivateUsage] # a process makes it once
    yield
    network._ssl_context.cache_clear()  # pyright: ignore[reportPrivateUsage]


@pytest.mark.usefixtures("_no_context_yet")
@pytest.mark.parametrize("content", ["", "no certificate"])
def test_certificates_that_cannot_be_loaded_are_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "certificates.pem"
    file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ConfigurationError, match=r"^SSL_CERT_FILE: no certificates can be loaded from ") as caught:
        connection(httpx.URL(HTTPS))
    assert repr(str(file)) in str(caught.value)


@pytest.mark.usefixtures("_no_context_yet")
@pytest.mark.parametrize(("variable", "what"), [("SSL_CERT_FILE", "file"), ("SSL_CERT_DIR", "folder")])
def test_certificates_that_are_not_there_are_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, variable: str, what: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, "/nonexistent")
    with pytest.raises(ConfigurationError, match=rf"^{variable}: there is no {what} '/nonexistent'$"):
        connection(httpx.URL(HTTPS))


@pytest.mark.usefixtures("_no_context_yet")
def test_of_several_folders_of_certificates_one_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", f"/nonexistent{os.pathsep}{tmp_path}")
    connection(httpx.URL(HTTPS))


def test_servers_are_verified_by_one_context() -> None:
    context = network.ssl_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert network.ssl_context() is context


def test_plain_http_loads_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ssl_context", lambda: pytest.fail("not needed"))
    connection(httpx.URL(HTTP))
