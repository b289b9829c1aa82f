"""Puts the key and the client secret in every place they could be; that they stay there is checked for every test."""

import json
import pickle
import traceback
from typing import Any

import httpx
import pytest
from chatkit_sessions import APIConnectionError, APIError, ChatSession, ConfigurationError
from chatkit_sessions._call.redaction import redacted_cause
from chatkit_sessions._secret import Secret
from support.clients import Client, Maker, serve_connections
from support.leaks import BROKEN_KEY, FAKE_KEY, FAKE_SECRET, leak_in, leaks_of
from support.mock import SESSION, Answer, Step, answer


def echo(request: httpx.Request) -> Answer:
    """Repeat the request's headers wherever an answer has room."""
    sent = request.headers["authorization"]
    body = {"error": {"message": f"Incorrect API key provided: {sent}", "code": sent, "param": sent, "more": [sent]}}
    return answer(401, body, headers={"x-echo": sent, "x-request-id": "req_1", "location": f"/{sent}"})


def echo_text(request: httpx.Request) -> Answer:
    return answer(502, f"<html>{request.headers}{request.headers['authorization']}".encode())


def echo_with_200(request: httpx.Request) -> Answer:
    return answer(200, dict(request.headers), headers={"x-echo": request.headers["authorization"]})


def echo_text_with_200(request: httpx.Request) -> Answer:
    return answer(200, request.headers["authorization"].encode())


ANSWERS: list[Step] = [
    echo,
    echo_text,
    echo_with_200,
    echo_text_with_200,
    answer(401),
    answer(404),
    answer(400, {"error": {"code": "invalid_beta"}}),
    answer(500, b"<html>"),
    answer(302, headers={"location": "https://elsewhere.example"}),
    answer(409, SESSION),
    answer(409, {"error": SESSION}),
    answer(500, json.dumps(SESSION)[:-9].encode()),
    answer(200, [SESSION]),
    answer(200, {"data": SESSION}),
    answer(200, {**SESSION, "expires_at": None}),
    answer(200, {**SESSION, "workflow": "wf_1"}),
    answer(200, {**SESSION, "id": ""}),
    answer(200, json.dumps(SESSION)[:-9].encode()),
    answer(200, json.dumps(SESSION).encode(), failure=httpx.ReadError("cut")),
    answer(200, json.dumps(SESSION).encode(), failure=httpx.ReadTimeout("slow")),
    answer(200, json.dumps(SESSION).encode() + b"\xff"),
    answer(200, json.dumps(SESSION).encode(), headers={"content-encoding": "gzip"}),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.LocalProtocolError(f"Illegal header value b'Bearer {FAKE_KEY}'"),
    httpx.ReadError(f"lost b'Bearer {FAKE_KEY}'"),
]


@pytest.mark.anyio
@pytest.mark.parametrize("step", ANSWERS, ids=range(len(ANSWERS)))
async def test_no_error_shows_a_secret_whatever_the_answer(maker: Maker, step: Step) -> None:
    client = maker.serve(*[step] * 3, max_retries=0)
    for _ in range(3):
        with pytest.raises(APIError):
            await client.create()


@pytest.mark.anyio
@pytest.mark.parametrize("step", ANSWERS[:4], ids=range(4))
@pytest.mark.parametrize(
    "options",
    [
        {"api_key": None},
        {"api_key": lambda: FAKE_KEY},
        {"default_headers": {"Authorization": f"Bearer {FAKE_KEY}", "api-key": FAKE_KEY, "Cookie": FAKE_KEY}},
    ],
    ids=["environment", "callable", "headers"],
)
async def test_no_error_shows_a_key_wherever_it_came_from(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, step: Step, options: dict[str, Any]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", FAKE_KEY)
    client = maker.serve(step, **options, max_retries=0)
    with pytest.raises(APIError):
        await client.create()
    assert FAKE_KEY in client.server.request.headers["authorization"]


# Gateways give their credentials names of their own; what is not known to be harmless is hidden.
GATEWAYS = [
    "Helicone-Auth",
    "cf-aig-authorization",
    "Ocp-Apim-Subscription-Key",
    "x-portkey-api-key",
    "Proxy-Authorization",
    "X-Something-New",
]


@pytest.mark.anyio
@pytest.mark.parametrize("name", GATEWAYS)
@pytest.mark.parametrize("where", ["default_headers", "extra_headers", "http_client"])
async def test_a_credential_of_a_gateway_is_hidden_wherever_it_was_given(maker: Maker, where: str, name: str) -> None:
    def echo(request: httpx.Request) -> Answer:
        body = {"error": {"message": f"bad: {request.headers[name]}", "type": "t", "more": [request.headers[name]]}}
        return answer(403, body, headers={"x-echo": request.headers[name]})

    headers = {name: f"Bearer {FAKE_KEY}", "X-Request-Id": "req_mine"}
    lost = httpx.ReadError(f"lost after {FAKE_KEY}")
    server = maker.script(echo, lost, echo)
    if maker.injected:
        headers_of_client = headers if where == "http_client" else {}
        http_client = maker.http_client(transport=server, headers=headers_of_client)
        client = maker.client(server, http_client=http_client, api_key="sk-other", max_retries=0)
    else:
        serve_connections(maker.patch, server)
        client = maker.client(server, api_key="sk-other", max_retries=0)
        where = "extra_headers" if where == "http_client" else where
    if where == "default_headers":
        client = client.with_options(default_headers=headers)
    arguments = {"extra_headers": headers} if where == "extra_headers" else {}
    for call in (client.create, client.cancel, client.create_raw):
        with pytest.raises(APIError) as caught:
            await call(**arguments)
        error = caught.value
        sent = error.request.headers
        assert (sent[name], sent["authorization"]) == ("[hidden]", "[hidden]")
        assert (sent["x-request-id"], sent["openai-beta"]) == ("req_mine", "chatkit_beta=v1")
        assert not leak_in(repr(sent.raw) + repr(vars(error)) + str(error))


@pytest.mark.anyio
async def test_a_short_header_is_not_searched_for_in_words(maker: Maker) -> None:
    client = maker.serve(answer(400, {"error": {"message": "no such checkout"}}))
    with pytest.raises(APIError, match="no such checkout") as caught:
        await client.create(extra_headers={"X-Source": "checkout"})
    assert caught.value.request.headers["x-source"] == "[hidden]"


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["k", "test", "session"])
async def test_a_short_key_is_not_searched_for_in_words(maker: Maker, key: str) -> None:
    refused = {"error": {"message": f"the latest sessions of {key} broke", "type": "invalid_request_error"}}
    lost = httpx.ConnectError("Name or service not known")
    client = maker.serve(answer(400, refused, headers={"x-request-id": f"req_{key}"}), lost, api_key=key, max_retries=0)
    with pytest.raises(APIError, match=f"the latest sessions of {key} broke") as caught:
        await client.create()
    assert caught.value.request_id == f"req_{key}"
    assert caught.value.request.headers["authorization"] == "[hidden]"
    with pytest.raises(APIError, match="Name or service not known"):
        await client.create()


MISTAKES: list[dict[str, Any]] = [
    {"user": None},
    {"timeout": "soon"},
    {"extra_headers": {"X-Mine": f"{FAKE_KEY}\n"}},
    {"extra_headers": {"X-Mine": FAKE_KEY, "X Y": "1"}},
    {"extra_headers": [FAKE_KEY]},
]


@pytest.mark.anyio
@pytest.mark.parametrize("mistake", MISTAKES, ids=range(len(MISTAKES)))
async def test_no_frame_of_ours_shows_a_header_that_was_given(maker: Maker, mistake: dict[str, Any]) -> None:
    client = maker.serve()
    arguments: dict[str, Any] = {"extra_headers": {"Authorization": f"Bearer {FAKE_KEY}"}} | mistake
    calls = [client.create, client.create_raw]
    for call in calls:
        with pytest.raises((TypeError, ValueError)) as caught:
            await call(**arguments)
        assert leaks_of(caught.value) == []
    for block in (client.create_streamed, client.open):
        with pytest.raises((TypeError, ValueError)) as caught:
            async with block(**arguments):
                pass
        assert leaks_of(caught.value) == []
    if "extra_headers" in mistake:
        for wrong in (maker.make, client.with_options):
            with pytest.raises(ConfigurationError) as refused:
                wrong(default_headers=mistake["extra_headers"])
            assert leaks_of(refused.value) == []
    with pytest.raises(ConfigurationError) as refused:
        maker.make(default_headers={"Authorization": FAKE_KEY}, base_url="nowhere")
    assert leaks_of(refused.value) == []


@pytest.mark.anyio
async def test_no_error_shows_a_broken_key_wherever_it_came_from(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    client = maker.serve(api_key=lambda: BROKEN_KEY)
    with pytest.raises(ConfigurationError):
        await client.create()
    with pytest.raises(ConfigurationError):
        client.with_options(api_key=BROKEN_KEY)
    with pytest.raises(ConfigurationError):
        maker.make(api_key=BROKEN_KEY)
    monkeypatch.setenv("OPENAI_API_KEY", BROKEN_KEY)
    with pytest.raises(ConfigurationError) as caught:
        maker.make(api_key=None)
    assert not leak_in("".join(traceback.format_exception(caught.value)))


async def cancel_a_dictionary(client: Client) -> None:
    await client.cancel(dict(reversed(SESSION.items())))


async def create_for_a_session(client: Client) -> None:
    await client.create(user=ChatSession.from_dict(SESSION))


async def create_with_a_session_as_workflow(client: Client) -> None:
    await client.create(workflow=[SESSION])


@pytest.mark.anyio
@pytest.mark.parametrize(
    "misuse", [cancel_a_dictionary, create_for_a_session, create_with_a_session_as_workflow], ids=lambda f: f.__name__
)
async def test_a_refused_argument_does_not_show_the_session_in_it(maker: Maker, misuse: Any) -> None:
    with pytest.raises(TypeError) as caught:
        await misuse(maker.serve())
    assert not leak_in(f"{caught.value!r} {caught.value}")


@pytest.mark.anyio
async def test_no_object_of_a_successful_call_shows_a_secret(maker: Maker) -> None:
    client = maker.serve(answer(), answer(), answer(), answer(500), max_retries=0)
    shown: list[object] = [client.sessions, await client.create()]
    response = await client.create_raw()
    shown += [response, response.headers, response.http_request, response.http_request.headers, response.http_response]
    async with client.create_streamed() as streamed:
        shown += [streamed.response, streamed.response.http_request.headers.raw, await streamed.parse()]
    assert not leak_in(repr(shown) + str(shown))
    with pytest.raises(APIError) as caught:
        await client.cancel(response.parse())
    error = caught.value
    assert not leak_in(repr(error.__dict__) + repr(error.request.headers.raw) + repr(error.response))  # type: ignore[attr-defined] # it is a status error


@pytest.mark.anyio
async def test_what_the_http_stack_could_not_read_is_not_quoted(maker: Maker) -> None:
    quoting = httpx.RemoteProtocolError(f"illegal header line: bytearray(b'{FAKE_SECRET}')")
    with pytest.raises(
        APIError, match=r"^Connection error: the server sent what is not valid HTTP \(api\.openai\.com:443\)$"
    ):
        await maker.serve(quoting, max_retries=0).create()


def caused(error: BaseException, *causes: BaseException) -> Any:
    """Return an error with a chain of causes, the last of which is known from its context only."""
    link = error
    for cause in causes[:-1]:
        link.__cause__ = link = cause
    link.__context__ = causes[-1]
    return error


@pytest.mark.anyio
async def test_the_causes_of_a_lost_connection_are_kept_without_the_key_and_the_request(maker: Maker) -> None:
    inner = httpx.ReadError(f"reset after {FAKE_KEY}", request=httpx.Request("POST", f"https://{FAKE_KEY}.example"))
    step = caused(httpx.ReadError("lost"), ValueError(104, FAKE_KEY), inner)
    with pytest.raises(APIConnectionError) as caught:
        await maker.serve(step, max_retries=0).create()
    lost: Any = caught.value.__cause__
    assert lost.__cause__.args == (104, "sk-…wxyz")
    assert lost.__cause__.__context__.args == ("reset after sk-…wxyz",)
    with pytest.raises(RuntimeError):
        _ = lost.__cause__.__context__.request


def test_causes_that_go_round_in_a_circle_are_cleaned_once() -> None:
    first, second = httpx.ReadError(FAKE_KEY), ValueError(FAKE_KEY)
    first.__cause__, second.__cause__ = second, first
    redacted_cause(first, [Secret(FAKE_KEY)])
    assert (first.args, second.args) == (("sk-…wxyz",), ("sk-…wxyz",))


def test_a_hidden_key_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        pickle.dumps(Secret(FAKE_KEY))
