import warnings
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
from chatkit_sessions import ConfigurationError, _base_url
from support.clients import Maker, each_twin
from support.mock import answer

ABSOLUTE = "expected an absolute http or https URL such as https://api.openai.com/v1"
USERINFO = "a user name or password in it is not accepted; the API key authenticates"
QUERY = "a query or fragment is not accepted; use default_query"
HOST = "not a URL (its host is neither a host name nor an IP address)"
ENDPOINT = "it ends in the path of an endpoint; give https://api.openai.com/v1"
QUOTES = "the value is in quotation marks, which docker's --env-file passes on; remove them"
VARIABLE = "the value is the name of a variable, not its value"
MALFORMED: list[tuple[Any, str]] = [
    ("https://api.openai.com/v1/chatkit/sessions", ENDPOINT),
    (" https://api.openai.com/v1/chatkit/sessions/ ", ENDPOINT),
    ("https://api.openai.com/v1/chatkit/sessions/cksess_1/cancel", ENDPOINT),
    ("https://api.openai.com/v1/chatkit/sessions/{session_id}/cancel/", ENDPOINT),
    ('"https://api.openai.com/v1"', QUOTES),
    ("'https://user:pass-word-xyz@api.openai.com/v1'", QUOTES),
    ("$OPENAI_BASE_URL", VARIABLE),
    ("${GATEWAY_URL:-https://pass-word-xyz}", VARIABLE),
    ("api.openai.com/v1", ABSOLUTE),
    ("//api.openai.com/v1", ABSOLUTE),
    ("/v1", ABSOLUTE),
    ("https:/api.openai.com", ABSOLUTE),
    ("https://", ABSOLUTE),
    ("https:///v1", ABSOLUTE),
    ("https://:8443/v1", ABSOLUTE),
    ("ftp://api.openai.com/v1", ABSOLUTE),
    ("wss://api.openai.com/v1", ABSOLUTE),
    ("file:///etc/hosts", ABSOLUTE),
    ("mailto:someone@example.com", ABSOLUTE),
    ("localhost:8080", ABSOLUTE),
    ("https://user@api.openai.com/v1", USERINFO),
    ("https://user:pass-word-xyz@api.openai.com/v1", USERINFO),
    ("https://:pass-word-xyz@api.openai.com/v1", USERINFO),
    ("https://api.openai.com/v1?key=pass-word-xyz", QUERY),
    ("https://api.openai.com/v1?", QUERY),
    ("https://api.openai.com/v1#part", QUERY),
    ("https://api.openai.com/v1#", QUERY),
    ("https://api.openai.com:0/v1", "port 0 is not accepted; 1 to 65535 are"),
    ("https://api.openai.com:port/v1", "not a URL (Invalid port: 'port')"),
    ("https://api.openai.com:65536/v1", "port 65536 is not accepted; 1 to 65535 are"),
    ("https://api.openai.com:-1/v1", "port -1 is not accepted; 1 to 65535 are"),
    ("https://api openai.com/v1", HOST),
    ("https://[::1/v1", "not a URL (Invalid port: ':1')"),
    ("https://[::g]/v1", "not a URL (Invalid IPv6 address: '[::g]')"),
    ("https://1.2.3.999/v1", "not a URL (Invalid IPv4 address: '1.2.3.999')"),
    ("https://api.openai.com/v1\nX-Other: 1", "not a URL"),
    ("https://api.openai.com/\0", "not a URL"),
    ("https://api.openai.com/" + "v" * 70_000, "not a URL (URL too long)"),
    ("https://" + "a" * 64 + ".example/v1", HOST),
    ("https://" + "a.a" * 90 + ".example/v1", HOST),
    ("https://-.example/v1", HOST),
    ("https://.example/v1", HOST),
    ("https://ex..ample/v1", HOST),
    ("https://api.openai.com\\/v1", HOST),
    ("https://api%2eopenai.com/v1", HOST),
    ("https://xn--/v1", "not a URL (Malformed A-label"),
    ("https://\ud800.example/v1", "not a URL"),
    ("https://api.openai.com/\ud800", "not a URL"),
]
NO_URL: list[Any] = [b"https://api.openai.com/v1", 443, True, ["https://api.openai.com"], object()]


@pytest.mark.parametrize(("url", "problem"), MALFORMED, ids=[ascii(row[0])[:60] for row in MALFORMED])
def test_a_base_url_that_is_malformed_is_refused_without_its_secrets(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, url: str, problem: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(base_url=url)
    assert str(caught.value).startswith(f"base_url: {problem}")
    assert "pass-word-xyz" not in repr(caught.value)
    if "\0" not in url and "\ud800" not in url:  # what an environment cannot hold
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        with pytest.raises(ConfigurationError) as caught:
            make()
        assert str(caught.value).startswith(f"OPENAI_BASE_URL: {problem}")


@pytest.mark.parametrize("url", NO_URL, ids=lambda url: type(url).__name__)
def test_a_base_url_that_is_no_text_is_refused(make: Callable[..., Any], url: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(base_url=url)
    assert str(caught.value) == f"base_url: expected a str or httpx.URL, got {url!r}"


@each_twin
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("argument", "variable", "sent"),
    [
        (None, None, "https://api.openai.com/v1"),
        (None, "", "https://api.openai.com/v1"),
        ("", " \n", "https://api.openai.com/v1"),
        (None, " https://variable.example/v1\n", "https://variable.example/v1"),
        ("  ", "https://variable.example", "https://variable.example"),
        ("https://argument.example/v1", "https://variable.example/v1", "https://argument.example/v1"),
        (" https://argument.example/v1/\n", None, "https://argument.example/v1"),
        ("https://argument.example/", None, "https://argument.example"),
        ("https://argument.example/a/b//", None, "https://argument.example/a/b"),
        ("https://argument.example/a%20b/v1", None, "https://argument.example/a%20b/v1"),
        ("HTTPS://Argument.Example:443/V1", None, "https://argument.example/V1"),
        ("https://argument.example:8443", None, "https://argument.example:8443"),
        ("https://bücher.example/v1", None, "https://xn--bcher-kva.example/v1"),
        ("https://[2001:db8::1]:8443/v1", None, "https://[2001:db8::1]:8443/v1"),
        ("https://llm_proxy:8443/v1", None, "https://llm_proxy:8443/v1"),
        ("https://argument.example./v1", None, "https://argument.example./v1"),
        ("https://argument.example/chatkit", None, "https://argument.example/chatkit"),
        ("https://argument.example/chatkit/sessions/v1", None, "https://argument.example/chatkit/sessions/v1"),
        (httpx.URL("https://argument.example/v1"), None, "https://argument.example/v1"),
        (httpx2.URL("https://argument.example/v1"), None, "https://argument.example/v1"),
    ],
)
async def test_a_base_url_comes_from_the_argument_or_else_from_the_environment(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, argument: Any, variable: str | None, sent: str
) -> None:
    if variable is not None:
        monkeypatch.setenv("OPENAI_BASE_URL", variable)
    client = maker.serve(answer(), answer(), base_url=argument)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://changed-later.example")
    await client.create()
    await client.cancel("cksess_1")
    paths = ["/chatkit/sessions", "/chatkit/sessions/cksess_1/cancel"]
    assert [request.url for request in client.server.requests] == [sent + path for path in paths]
    assert client.server.requests[0].headers["host"] == httpx.URL(sent).netloc.decode()


LOOPBACK = [
    "http://localhost:8000/v1",
    "http://a.localhost",
    "http://127.0.0.1:1/v1",
    "http://127.9.9.9",
    "http://[::1]",
]


@pytest.mark.anyio
@pytest.mark.parametrize("url", LOOPBACK)
async def test_plain_http_on_this_machine_is_as_good_as_https(maker: Maker, url: str) -> None:
    client = maker.serve(answer(), base_url=url)
    await client.create()
    assert client.server.request.url.scheme == "http"


@pytest.mark.parametrize("url", ["http://api.example/v1", "http://192.168.0.9:8000", "http://localhost.example"])
def test_plain_http_to_another_machine_warns_once(make: Callable[..., Any], url: str) -> None:
    _base_url._warn_of_plain_http.cache_clear()  # pyright: ignore[reportPrivateUsage] # other tests may have warned
    with pytest.warns(UserWarning, match="plain http") as warned:
        make(base_url=url)
    (warning,) = warned
    assert warning.filename == __file__  # where the client is made
    assert str(warning.message) == (
        f"base_url: plain http sends the API key to {httpx.URL(url).host} unencrypted; use https outside this machine"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(base_url=url)


RESIDENCIES = {"global": "https://api.openai.com/v1"} | {
    region: f"https://{region}.api.openai.com/v1" for region in ("us", "eu", "ae", "au", "in", "jp")
}


@each_twin
@pytest.mark.anyio
@pytest.mark.parametrize(("region", "url"), RESIDENCIES.items())
async def test_a_region_stands_for_its_host(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, region: str, url: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://variable.example/v1")
    client = maker.serve(answer(), answer(), data_residency=region)
    await client.create()
    await client.with_options(data_residency="eu").create()
    assert [request.url for request in client.server.requests] == [
        f"{url}/chatkit/sessions",
        "https://eu.api.openai.com/v1/chatkit/sessions",
    ]


@pytest.mark.parametrize("region", ["EU", "", "uk", "eu.evil.example/", 1, ["eu"], True])
def test_a_region_that_is_unknown_is_refused(make: Callable[..., Any], region: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(data_residency=region)
    assert str(caught.value) == f"data_residency: expected one of global, us, eu, ae, au, in, jp, got {region!r}"


def test_a_region_and_a_base_url_exclude_each_other(make: Callable[..., Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"^data_residency: give either this or base_url, not both$"):
        make(data_residency="eu", base_url="https://api.example/v1")
