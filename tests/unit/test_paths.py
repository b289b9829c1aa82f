from typing import Any

import httpx
import pytest
from chatkit_sessions import ChatSession
from support.clients import Maker, each_twin
from support.leaks import FAKE_SECRET
from support.mock import CANCEL_EXAMPLE, SESSION, answer

from generated_client.models import ChatSession as GeneratedSession

pytestmark = pytest.mark.anyio

# id → the one segment of the path that it becomes
SEGMENTS = {
    "cksess_123": "cksess_123",
    "a": "a",
    "A-Z.a_z~0": "A-Z.a_z~0",
    "a/b": "a%2Fb",
    "/": "%2F",
    "../../v1/files": "..%2F..%2Fv1%2Ffiles",
    "a/../b": "a%2F..%2Fb",
    "...": "...",
    ".hidden": ".hidden",
    "%2e%2e": "%252e%252e",
    "%2F": "%252F",
    "%": "%25",
    "a?b=c": "a%3Fb%3Dc",
    "a#b": "a%23b",
    "a&b": "a%26b",
    "a b": "a%20b",
    "a+b": "a%2Bb",
    "a\u2003b": "a%E2%80%83b",
    "a;b,c": "a%3Bb%2Cc",
    "a:b@c": "a%3Ab%40c",
    "https://elsewhere.example/": "https%3A%2F%2Felsewhere.example%2F",
    "//elsewhere.example": "%2F%2Felsewhere.example",
    "\\..\\a": "%5C..%5Ca",
    "a\nb": "a%0Ab",
    "a\r\nX-Other: 1": "a%0D%0AX-Other%3A%201",
    "a\0b": "a%00b",
    "a\x7fb": "a%7Fb",
    "ä": "%C3%A4",
    "a\u0301": "a%CC%81",
    "\u2025": "%E2%80%A5",
    "\uff0e\uff0e": "%EF%BC%8E%EF%BC%8E",
    "日本": "%E6%97%A5%E6%9C%AC",
    "😀": "%F0%9F%98%80",
    "{session_id}": "%7Bsession_id%7D",
    "{0.__class__}": "%7B0.__class__%7D",
    "[::1]": "%5B%3A%3A1%5D",
    "'\"<>|^`": "%27%22%3C%3E%7C%5E%60",
    "x" * 2000: "x" * 2000,
}


@each_twin
@pytest.mark.parametrize(("identifier", "segment"), SEGMENTS.items(), ids=[ascii(key)[:40] for key in SEGMENTS])
async def test_an_id_is_one_segment_of_the_path(maker: Maker, identifier: str, segment: str) -> None:
    client = maker.serve(answer(), base_url="https://api.example/base/v1")
    await client.cancel(identifier)
    url = client.server.request.url
    assert url.raw_path.decode() == f"/base/v1/chatkit/sessions/{segment}/cancel"
    assert (url.host, url.query, url.fragment) == ("api.example", b"", "")


EXPECTED = "session_id: expected a str or a ChatSession with an id, got"
REFUSED: list[tuple[Any, type[Exception], str]] = [
    *(
        (odd, ValueError, f"session_id: expected the id of a session such as 'cksess_123', got {name!r}")
        for name in ("", ".", "..")
        for odd in (name, ChatSession.from_dict({**SESSION, "id": name}))
    ),
    *(
        (odd, ValueError, f"session_id: expected no white space or control character at its ends, got {odd!r}")
        for odd in (" ", "cksess_1\n", "\tcksess_1", "cksess_1\r\n", "\0", "\x7f", "\ufeffcksess_1", "cksess_1\u200b")
    ),
    ("a\ud800", ValueError, "session_id: expected Unicode text, got a string with a lone surrogate"),
    (None, TypeError, f"{EXPECTED} NoneType"),
    (123, TypeError, f"{EXPECTED} int"),
    (b"cksess_123", TypeError, f"{EXPECTED} bytes"),
    (["cksess_123"], TypeError, f"{EXPECTED} list"),
    ({"client_secret": FAKE_SECRET, "id": "cksess_123"}, TypeError, f"{EXPECTED} dict"),  # as to_dict() gives it
    (object, TypeError, f"{EXPECTED} type"),
    (ChatSession.from_dict({}), TypeError, f"{EXPECTED} a session without one"),
    (ChatSession.from_dict({**SESSION, "id": 7}), TypeError, f"{EXPECTED} a session without one"),
    (
        ChatSession.from_dict({**SESSION, "id": ".."}),
        ValueError,
        "session_id: expected the id of a session such as 'cksess_123', got '..'",
    ),
]


@each_twin
@pytest.mark.parametrize(("identifier", "error", "message"), REFUSED, ids=[row[2][-40:] for row in REFUSED])
async def test_what_is_no_id_is_refused_before_sending(
    maker: Maker, identifier: Any, error: type[Exception], message: str
) -> None:
    client = maker.serve()
    for cancel in (client.cancel, client.cancel_raw):
        with pytest.raises(error) as caught:
            await cancel(identifier)
        assert str(caught.value) == message


async def test_an_id_that_is_longer_than_a_url_may_be_is_refused(maker: Maker) -> None:
    with pytest.raises(ValueError, match=r"^session_id or extra_query: the URL cannot be sent .*too long"):
        await maker.serve().cancel("x" * 70_000)


@pytest.mark.parametrize(
    "session",
    [
        ChatSession.from_dict(SESSION),
        ChatSession.from_dict({"id": "cksess_1"}),
        GeneratedSession.from_dict(SESSION),
    ],
    ids=["whole", "partial", "generated"],
)
async def test_a_session_stands_for_its_id(maker: Maker, session: GeneratedSession) -> None:
    client = maker.serve(answer())
    await client.cancel(session)
    assert client.server.request.url == "https://api.openai.com/v1/chatkit/sessions/cksess_1/cancel"


async def test_a_cancel_may_answer_with_less_than_a_session(maker: Maker) -> None:
    client = maker.serve(answer(200, CANCEL_EXAMPLE), answer(200, {}))
    cancelled = await client.cancel("cksess_123")
    assert isinstance(cancelled, ChatSession)
    assert cancelled.status == "cancelled"
    assert cancelled.client_secret is None
    assert cancelled.to_dict() == CANCEL_EXAMPLE
    assert (await client.cancel("cksess_123")).to_dict() == {}


@pytest.mark.parametrize(
    ("body", "content"), [(None, b""), ({}, b"{}"), ({"reason": "left"}, b'{"reason":"left"}')], ids=repr
)
async def test_a_cancel_sends_a_body_only_when_it_is_given_one(
    maker: Maker, body: dict[str, str] | None, content: bytes
) -> None:
    client = maker.serve(answer())
    await client.cancel(extra_body=body)
    assert client.server.request.content == content
    assert client.server.request.headers.get("content-type") == ("application/json" if content else None)


async def test_the_url_is_joined_by_hand_and_not_by_httpx(maker: Maker) -> None:
    client = maker.serve(answer(), base_url=httpx.URL("https://api.example/v1/%2e%2e/v2"))
    await client.create()
    assert client.server.request.url.raw_path == b"/v1/%2e%2e/v2/chatkit/sessions"
