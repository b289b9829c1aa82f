from types import MappingProxyType
from typing import Any

import httpx
import pytest
from chatkit_sessions import __version__, omit
from support.clients import Maker, each_twin
from support.leaks import FAKE_KEY
from support.mock import answer

pytestmark = pytest.mark.anyio

BEARER = f"Bearer {FAKE_KEY}"


async def sent_headers(maker: Maker, extra: Any = None, **options: Any) -> httpx.Headers:
    client = maker.serve(answer(), **options)
    await client.create(extra_headers=extra)
    return client.server.request.headers


async def test_a_create_sends_these_headers_and_no_more(maker: Maker) -> None:
    headers = dict(await sent_headers(maker, organization="org_1", project="proj_1"))
    if maker.injected:
        assert headers.pop("connection") == "keep-alive"  # the client of httpx sends that by itself
    assert headers == {
        "host": "api.openai.com",
        "authorization": BEARER,
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": f"chatkit-sessions/{__version__}",
        "content-type": "application/json",
        "content-length": "42",
        "openai-beta": "chatkit_beta=v1",
        "openai-organization": "org_1",
        "openai-project": "proj_1",
        "x-stainless-retry-count": "0",
    }


async def test_a_cancel_has_no_body_and_says_nothing_of_its_type(maker: Maker) -> None:
    client = maker.serve(answer())
    await client.cancel()
    request = client.server.request
    assert request.content == b""
    assert "content-type" not in request.headers
    assert request.headers["openai-beta"] == "chatkit_beta=v1"
    assert request.headers["content-length"] == "0"


# Each layer is before the ones left of it, whatever the case of the names.
PRECEDENCE: list[tuple[dict[str, Any], dict[str, Any], str, str | None]] = [
    ({}, {}, "Authorization", BEARER),
    ({"authorization": "Basic default"}, {}, "Authorization", "Basic default"),
    ({"authorization": "Basic default"}, {"AUTHORIZATION": "Basic extra"}, "Authorization", "Basic extra"),
    ({"Authorization": omit}, {}, "Authorization", None),
    ({}, {"authorization": omit}, "Authorization", None),
    ({"Authorization": omit}, {"authorization": "Basic extra"}, "Authorization", "Basic extra"),
    ({"Authorization": "Basic default"}, {"authorization": omit}, "Authorization", None),
    ({"openai-beta": "other"}, {}, "OpenAI-Beta", "chatkit_beta=v1"),
    ({"OpenAI-Beta": omit}, {}, "OpenAI-Beta", "chatkit_beta=v1"),
    ({}, {"openai-BETA": "other"}, "OpenAI-Beta", "other"),
    ({}, {"openai-beta": omit}, "OpenAI-Beta", None),
    ({"OPENAI-PROJECT": "default"}, {}, "OpenAI-Project", "default"),
    ({"OPENAI-PROJECT": "default"}, {"openai-project": "extra"}, "OpenAI-Project", "extra"),
    ({"openai-project": omit}, {}, "OpenAI-Project", None),
    ({"user-agent": "mine/1"}, {}, "User-Agent", "mine/1"),
    ({}, {"user-agent": omit}, "User-Agent", None),
    ({}, {"accept": omit}, "Accept", None),
    ({"content-type": "application/vnd.mine+json"}, {}, "Content-Type", "application/vnd.mine+json"),
    ({"X-Mine": "default"}, {"x-mine": "extra"}, "X-Mine", "extra"),
    ({"X-Mine": "default"}, {"x-mine": omit}, "X-Mine", None),
    ({"X-Mine": omit}, {}, "X-Mine", None),
    ({"X-Mine": ""}, {}, "X-Mine", ""),
    ({"X-Mine": "a\tb  c"}, {}, "X-Mine", "a\tb  c"),
]


@each_twin
@pytest.mark.parametrize(("default", "extra", "name", "value"), PRECEDENCE)
async def test_a_later_layer_of_headers_comes_before_an_earlier_one(
    maker: Maker, default: dict[str, Any], extra: dict[str, Any], name: str, value: str | None
) -> None:
    headers = await sent_headers(maker, extra, default_headers=default, project="proj_1")
    assert headers.get_list(name) == ([] if value is None else [value])


async def test_the_headers_of_a_copy_are_added_to_those_of_the_client(maker: Maker) -> None:
    client = maker.serve(answer(), default_headers={"X-One": "1", "X-Two": "2", "X-Three": "3"})
    await client.with_options(default_headers={"x-two": "22", "X-THREE": omit, "X-Four": "4"}).create()
    headers = client.server.request.headers
    assert [headers.get(f"x-{name}") for name in ("one", "two", "three", "four")] == ["1", "22", None, "4"]


async def test_headers_may_be_any_mapping_and_are_not_shared_with_it(maker: Maker) -> None:
    default = {"X-One": "1"}
    client = maker.serve(answer(), default_headers=default)
    default["X-One"] = "changed"
    await client.create(extra_headers=MappingProxyType({"X-Two": "2"}))
    assert client.server.request.headers["x-one"] == "1"
    assert client.server.request.headers["x-two"] == "2"


ODD_VALUES = ["a\nb", "a\r\nX-Other: 1", "a\0b", "ä", "€", "\ud800", " a", "a ", "a\n", "a\x7fb"]
UNSENDABLE = (
    "['X-Mine']: the value has a character that a header cannot carry; "
    "printable ASCII without spaces at its ends is accepted"
)
# The value is not shown: it may be a credential.
REFUSED: list[tuple[Any, type[Exception], str]] = [
    ([("X-Mine", "1")], TypeError, ": expected a mapping of header names to values, got list"),
    ("X-Mine: 1", TypeError, ": expected a mapping of header names to values, got str"),
    ({1: "1"}, TypeError, ": a header name is a str, got 1"),
    ({b"X-Mine": "1"}, TypeError, ": a header name is a str, got b'X-Mine'"),
    ({"": "1"}, ValueError, ": '' is not a header name; letters, digits and hyphens are accepted"),
    ({"X Mine": "1"}, ValueError, ": 'X Mine' is not a header name; letters, digits and hyphens are accepted"),
    ({"X-Mine:": "1"}, ValueError, ": 'X-Mine:' is not a header name; letters, digits and hyphens are accepted"),
    ({"X-Mine\n": "1"}, ValueError, ": 'X-Mine\\n' is not a header name; letters, digits and hyphens are accepted"),
    ({"X-Größe": "1"}, ValueError, ": 'X-Größe' is not a header name; letters, digits and hyphens are accepted"),
    ({"X-Mine": 1}, TypeError, "['X-Mine']: expected a str, or omit to remove it, got int"),
    ({"X-Mine": None}, TypeError, "['X-Mine']: expected a str, or omit to remove it, got NoneType"),
    ({"X-Mine": b"1"}, TypeError, "['X-Mine']: expected a str, or omit to remove it, got bytes"),
    *(({"X-Mine": value}, ValueError, UNSENDABLE) for value in ODD_VALUES),
]


@each_twin
@pytest.mark.parametrize(("headers", "error", "message"), REFUSED, ids=[repr(row[0]) for row in REFUSED])
async def test_a_header_that_cannot_be_sent_is_refused_before_sending(
    maker: Maker, headers: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        await maker.serve().create(extra_headers=headers)
    assert str(caught.value) == f"extra_headers{message}"
    with pytest.raises(ValueError) as at_construction:  # noqa: PT011 - the text is compared below
        maker.make(default_headers=headers)
    assert str(at_construction.value) == f"default_headers{message}"
