"""Headers, charsets and ids of an answer that a hostile or careless server makes."""

import logging
import pickle
from dataclasses import replace
from typing import Any, cast

import pytest
from chatkit_sessions import (
    APIResponseValidationError,
    APIStatusError,
    ChatKitClient,
    ChatKitError,
    InternalServerError,
)
from support.clients import Maker
from support.mock import SESSION, Answer, answer

from generated_client.api.sessions import create_chat_session
from generated_client.models import ChatSessionWorkflowParam, SessionCreateParams

pytestmark = pytest.mark.anyio

PARAMS = SessionCreateParams(workflow=ChatSessionWorkflowParam(id="wf_1"), user="user_1")
NOTES = ["café".encode(), "café".encode("latin-1"), "€😀".encode(), b"\x80\xff", b"\x1b[31m"]


def with_header(name: bytes, value: bytes, *args: Any) -> Answer:
    made = answer(*args)
    others = [(known.encode(), text.encode()) for known, text in made.headers if known.encode() != name]
    return replace(made, headers=cast("Any", (*others, (name, value))))


@pytest.mark.parametrize("note", NOTES, ids=ascii)
async def test_a_header_beyond_ascii_is_kept_as_it_came(maker: Maker, note: bytes) -> None:
    steps = [with_header(b"x-note", note, status) for status in (200, 200, 404, 503)]
    client = maker.serve(*steps, max_retries=0)
    assert (await client.create()).id == "cksess_1"
    response = await client.create_raw()
    assert (b"x-note", note) in response.http_response.headers.raw
    assert response.text == response.content.decode()
    for kind in (APIStatusError, InternalServerError):
        with pytest.raises(kind) as caught:
            await client.create()
        for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
            assert (b"x-note", note) in error.response.headers.raw


@pytest.mark.parametrize("note", NOTES, ids=ascii)
async def test_a_header_beyond_ascii_reaches_the_caller_of_a_generated_function(maker: Maker, note: bytes) -> None:
    client = maker.serve(with_header(b"x-note", note))
    functions = ChatKitClient(api_key="sk-another-key", http_client=maker.http_client(transport=client.server))
    if maker.is_async:
        detailed = await create_chat_session.asyncio_detailed(client=functions, body=PARAMS)
    else:
        detailed = create_chat_session.sync_detailed(client=functions, body=PARAMS)
    assert detailed.parsed is not None
    assert detailed.parsed.id == "cksess_1"


CHARSETS = {
    "zlib_codec": "é",
    "rot13": "é",
    "idna": "é",
    "punycode": "é",
    "undefined": "é",
    "unicode_escape": "é",
    "utf-7": "é",
    "utf-16": "é",
    "no-such": "é",
    "x" * 65_536: "é",
    "a\0b": "é",
    "": "é",
    "latin-1": "Ã©",
    '"ISO-8859-1"': "Ã©",
    "utf-8": "é",
}


@pytest.mark.parametrize("charset", CHARSETS, ids=lambda charset: ascii(charset[:20]))
async def test_a_body_is_read_as_utf_8_unless_its_charset_extends_ascii(maker: Maker, charset: str) -> None:
    body = '{"error": {"message": "é"}}'.encode()
    kind = {"content-type": f"text/html; charset={charset}"}
    client = maker.serve(answer(200, headers=kind), answer(400, body, headers=kind), answer(502, b"\xe9", headers=kind))
    client = client.with_options(max_retries=0)
    assert "cksess_1" in (await client.create_raw()).text
    for _ in range(2):
        with pytest.raises(APIStatusError) as caught:
            await client.create()
        assert len(str(caught.value)) < 400
        copies = [caught.value, pickle.loads(pickle.dumps(caught.value))]
        texts = [error.response.text for error in copies]
        assert texts[0] == texts[1]
        if copies[0].status_code == 400:
            assert CHARSETS[charset] in texts[0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"req_1\x85forged", "req_1\\x85forged"),
        (b"req_\x1b[31m", "req_\\x1b[31m"),
        ("caf\u00e9".encode(), "caf\u00e9"),
        (b"r" * 5000, "r" * 200),
    ],
    ids=["line", "escape", "text", "long"],
)
async def test_a_request_id_stays_on_one_line(
    maker: Maker, caplog: pytest.LogCaptureFixture, value: bytes, shown: str
) -> None:
    body = {"error": {"message": "no"}}
    steps = [with_header(b"x-request-id", value, status, body) for status in (404, 201)]
    client = maker.serve(*steps)
    with pytest.raises(APIStatusError, match="404") as refused:
        await client.create()
    with pytest.raises(APIResponseValidationError) as invalid:
        await client.create()
    for error in (refused.value, invalid.value):
        assert f"(request id {shown})" in str(error)
        assert len(error.request_id or "") >= len(shown) - 3
    assert [line for line in caplog.messages if f"(request id {shown})" in line]


class LeftError(Exception):
    pass


NO_IDS = ["..", ".", "\ud800", "cksess_\udfff"]
FORGED = "cksess_1\nWARNING all is lost"


@pytest.mark.parametrize("identifier", NO_IDS, ids=ascii)
async def test_an_id_that_no_path_can_hold_does_not_replace_an_error_inside(
    maker: Maker, caplog: pytest.LogCaptureFixture, identifier: str
) -> None:
    with pytest.raises(LeftError):
        async with maker.serve(answer(200, {**SESSION, "id": identifier})).open():
            raise LeftError
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning == f"session {ascii(identifier)[1:-1]} was not cancelled: ChatKitError"


@pytest.mark.parametrize("identifier", NO_IDS, ids=ascii)
async def test_an_id_that_no_path_can_hold_is_named_at_the_end(maker: Maker, identifier: str) -> None:
    with pytest.raises(ChatKitError) as caught:
        async with maker.serve(answer(200, {**SESSION, "id": identifier})).open():
            pass
    assert str(caught.value) == f"the server's id {identifier!a} cannot be cancelled: it cannot be part of a path"


async def test_an_id_cannot_forge_a_line_of_a_log(maker: Maker, caplog: pytest.LogCaptureFixture) -> None:
    client = maker.serve(answer(200, {**SESSION, "id": FORGED}), answer(500), max_retries=0)
    with pytest.raises(LeftError):
        async with client.open():
            raise LeftError
    assert not [line for line in caplog.messages if "\n" in line]


async def test_a_key_callable_that_fails_does_not_replace_an_error_inside(maker: Maker) -> None:
    keys = iter(["sk-first-key-of-two"])

    def key() -> str:
        return next(keys)

    client = maker.serve(answer(), api_key=maker.callback(key) if maker.is_async else key)
    with pytest.raises(LeftError):
        async with client.open():
            raise LeftError
