import json
import pickle
import sys
from dataclasses import replace
from typing import Any

import pytest
from chatkit_sessions import APIResponseValidationError, APIStatusError, InternalServerError
from support.clients import Maker, each_twin
from support.leaks import FAKE_SECRET
from support.mock import SESSION, WHOLE, answer

pytestmark = pytest.mark.anyio

ID = "has no id that is a string with at least one character"
SECRET = "has no client_secret that is a string with at least one character"
EXPIRY = "has no expires_at that is a whole number"


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in SESSION.items() if name != key}


NO_MOMENTS: list[object] = [None, "1800000000", 1.8e9, True, [], float("nan")]
# body of a 2xx answer to a create → what is wrong with it
NO_SESSION: list[tuple[object, str]] = [
    (b"", "is empty"),
    (b" \n", "is not JSON"),
    (b"<!doctype html><title>Busy</title>", "is not JSON"),
    (b"OK", "is not JSON"),
    (b"{", "is not JSON"),
    (b"{'id': 'cksess_1'}", "is not JSON"),
    (WHOLE[:-1], "is not JSON"),
    (WHOLE + b"}", "is not JSON"),
    (WHOLE + WHOLE, "is not JSON"),
    (b"data: " + WHOLE + b"\n\n", "is not JSON"),
    (b"\0" + WHOLE, "is not JSON"),
    (b'{"id": "\xff\xfe"}', "is not JSON"),
    (b'{"id": "\xc3\x28"}', "is not JSON"),
    (WHOLE.replace(b"1800000000", b"9" * 5000), "is not JSON"),
    (b"[" * 100_000, "is nested too deeply"),
    # Python 3.14 counts the stack that is left, not the depth, and gets as far as the missing end.
    (b'{"id":' * 40_000, "is nested too deeply" if sys.version_info < (3, 14) else "is not JSON"),
    (WHOLE.replace(b'"user_1"', b"[" * 100_000 + b"]" * 100_000), "is nested too deeply"),
    (b"null", "is not a JSON object"),
    (b"true", "is not a JSON object"),
    (b"7", "is not a JSON object"),
    (b"NaN", "is not a JSON object"),
    (b'"cksess_1"', "is not a JSON object"),
    (b"[]", "is not a JSON object"),
    ([SESSION], "is not a JSON object"),
    ({}, ID),
    ({"error": {"message": "no"}}, ID),
    ({"data": SESSION}, ID),
    (without("id"), ID),
    *(({**SESSION, "id": odd}, ID) for odd in (None, "", 7, True, ["cksess_1"], {"id": 1})),
    (without("client_secret"), SECRET),
    *(({**SESSION, "client_secret": odd}, SECRET) for odd in (None, "", 7, False, [FAKE_SECRET], {"value": "x"})),
    (without("expires_at"), EXPIRY),
    *(({**SESSION, "expires_at": odd}, EXPIRY) for odd in NO_MOMENTS),
    ({**SESSION, "workflow": "wf_1"}, "does not fit the document: workflow is not a JSON object"),
    ({**SESSION, "workflow": []}, "does not fit the document: workflow is not a JSON object"),
    ({**SESSION, "rate_limits": 10}, "does not fit the document: rate_limits is not a JSON object"),
    (
        {**SESSION, "chatkit_configuration": {"history": True}},
        "does not fit the document: chatkit_configuration.history is not a JSON object",
    ),
]


@each_twin
@pytest.mark.parametrize(("body", "problem"), NO_SESSION, ids=[f"{i}-{row[1]}" for i, row in enumerate(NO_SESSION)])
async def test_a_2xx_that_is_no_session_is_a_typed_error(maker: Maker, body: object, problem: str) -> None:
    client = maker.serve(answer(201, body))
    with pytest.raises(APIResponseValidationError) as caught:
        await client.create()
    error = caught.value
    assert str(error) == (f"201: the body {problem}; a session may exist (request id req_1)")
    assert (error.status_code, error.request_id, error.response.status_code) == (201, "req_1", 201)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert error.response.content == sent
    assert repr(error.body) == repr(_decoded(sent))
    assert type(pickle.loads(pickle.dumps(error))) is APIResponseValidationError


def _decoded(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode(errors="replace")


@each_twin
@pytest.mark.parametrize(
    ("body", "problem"),
    [row for row in NO_SESSION if not str(row[1]).startswith("has no ")],
    ids=lambda part: str(part)[:30],
)
async def test_a_cancel_is_as_strict_about_what_is_no_object(maker: Maker, body: object, problem: str) -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        await maker.serve(answer(200, body)).cancel()
    assert str(caught.value) == (f"200: the body {problem}; the session may be cancelled (request id req_1)")


@each_twin
@pytest.mark.parametrize("status", [200, 201, 202, 206, 299])
async def test_every_2xx_with_a_session_is_as_good(maker: Maker, status: int) -> None:
    assert (await maker.serve(answer(status)).create()).to_dict() == SESSION


# body of an error → its message, and the body that the error holds
ERROR_BODIES: list[tuple[object, str, object]] = [
    ({"error": {"message": "Slow down.", "code": 7}}, "Slow down.", {"message": "Slow down.", "code": 7}),
    ({"message": "Slow down."}, "Slow down.", {"message": "Slow down."}),
    ({"error": {"message": "ä€😀\n"}}, "ä€😀\n", {"message": "ä€😀\n"}),
    ({"error": {"message": "x" * 5000}}, "x" * 1000, {"message": "x" * 5000}),
    ({"error": {"message": ""}}, "", {"message": ""}),
    ({"error": {"message": {"text": "no"}}}, "", {"message": {"text": "no"}}),
    ({"error": "Slow down."}, "Slow down.", "Slow down."),
    ({"detail": "Slow down."}, "Slow down.", {"detail": "Slow down."}),
    ({"title": "Busy", "detail": "Slow down."}, "Slow down.", {"title": "Busy", "detail": "Slow down."}),
    ({"title": "Busy"}, "Busy", {"title": "Busy"}),
    ({"msg": "Slow down."}, "Slow down.", {"msg": "Slow down."}),
    (
        {"error": "slow_down", "error_description": "Slow down."},
        "Slow down.",
        "slow_down",
    ),
    ({"error": {"message": None, "detail": "Slow down."}}, "Slow down.", {"message": None, "detail": "Slow down."}),
    ({"detail": [{"loc": ["body"], "msg": "no"}]}, "", {"detail": [{"loc": ["body"], "msg": "no"}]}),
    ({"error": None}, "", None),
    ({"error": []}, "", []),
    ({}, "", {}),
    ([], "", []),
    (b"null", "", None),
    (b'"Slow down."', "", "Slow down."),
    (b"", "", ""),
    (b"<html>busy</html>", "", "<html>busy</html>"),
    (b"\xff\xfe", "", "\ufffd\ufffd"),
    (b"[" * 100_000, "", "[" * 100_000),
]


@each_twin
@pytest.mark.parametrize(("body", "detail", "held"), ERROR_BODIES, ids=[repr(row[0])[:50] for row in ERROR_BODIES])
async def test_an_error_of_any_body_has_its_class_and_a_message(
    maker: Maker, body: object, detail: str, held: object
) -> None:
    client = maker.serve(answer(500, body), max_retries=0)
    with pytest.raises(InternalServerError) as caught:
        await client.create()
    error = caught.value
    size = len(error.response.content)
    detail = detail or f"the answer has no message in OpenAI's form (application/json, {size} bytes)"
    assert str(error) == f"500 Internal Server Error: {detail} (request id req_1)"
    assert error.body == held
    assert type(pickle.loads(pickle.dumps(error))) is InternalServerError


@each_twin
@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({}, (None, None, None)),
        ({"code": "a", "param": "b", "type": "c"}, ("a", "b", "c")),
        ({"code": 7, "param": None, "type": []}, ("7", None, None)),
        ({"code": {"a": 1}, "param": 1.5, "type": ""}, (None, None, "")),
    ],
)
async def test_code_param_and_type_are_text_or_none(
    maker: Maker, fields: dict[str, Any], read: tuple[str | None, ...]
) -> None:
    client = maker.serve(answer(400, {"error": {"message": "no", **fields}}))
    with pytest.raises(APIStatusError) as caught:
        await client.create()
    assert (caught.value.code, caught.value.param, caught.value.type) == read


async def test_an_error_without_a_request_id_or_content_type_says_so(maker: Maker) -> None:
    client = maker.serve(replace(answer(502, b"<html>"), headers=()), max_retries=0)
    with pytest.raises(InternalServerError) as caught:
        await client.create()
    assert str(caught.value) == (
        "502 Bad Gateway: the answer has no message in OpenAI's form (no content type, 6 bytes)"
    )
    assert caught.value.request_id is None
