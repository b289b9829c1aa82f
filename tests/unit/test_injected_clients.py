"""What an `http_client` that the user gives keeps, and what it does not decide."""

from typing import Any, cast

import httpx
import httpx2
import pytest
from chatkit_sessions import APIResponseValidationError, APIStatusError, AuthenticationError, ChatKitError, omit
from support.clients import Client, Maker, injected_only
from support.leaks import FAKE_KEY
from support.mock import Script, answer

pytestmark = [pytest.mark.anyio, injected_only]


def sent_by(maker: Maker, *steps: Any, options: dict[str, Any] | None = None, **http_options: Any) -> Client:
    server = maker.script(*steps or [answer()])
    return maker.client(server, http_client=maker.http_client(transport=server, **http_options), **options or {})


@pytest.mark.parametrize(
    "http_options",
    [
        {"auth": ("user", "password")},
        {"headers": {"Authorization": "Basic its-own"}},
        {"headers": {"authorization": "Basic its-own"}, "auth": httpx.DigestAuth("user", "password")},
    ],
)
async def test_its_own_authentication_does_not_replace_ours(maker: Maker, http_options: dict[str, Any]) -> None:
    client = sent_by(maker, **http_options)
    await client.create()
    assert client.server.request.headers.get_list("authorization") == [f"Bearer {FAKE_KEY}"]


async def test_its_own_authentication_serves_when_ours_is_taken_away(maker: Maker) -> None:
    client = sent_by(maker, auth=("user", "password"))
    await client.create(extra_headers={"Authorization": omit})
    assert client.server.request.headers["authorization"].startswith("Basic ")


async def test_its_headers_cookies_and_params_are_sent_too(maker: Maker) -> None:
    client = sent_by(
        maker,
        headers={"X-Its": "1", "OpenAI-Beta": "other", "User-Agent": "its/1", "X-Gone": "1"},
        cookies={"its": "cookie"},
        params={"its": "param", "both": "its"},
    )
    await client.create(extra_query={"both": "ours"}, extra_headers={"x-gone": omit})
    request = client.server.request
    assert request.headers["x-its"] == "1"
    assert request.headers["openai-beta"] == "chatkit_beta=v1"
    assert request.headers["user-agent"].startswith("chatkit-sessions/")
    assert "x-gone" not in request.headers
    assert request.headers["cookie"] == "its=cookie"
    assert dict(request.url.params) == {"its": "param", "both": "ours"}


def signing(kind: Any) -> Any:
    """What users do to sign every request."""

    class SigningClient(kind):  # type: ignore[misc] # made for httpx and for httpx2
        def build_request(self, *args: Any, **kwargs: Any) -> Any:
            request: Any = kind.build_request(self, *args, **kwargs)
            signature = f"{request.url.path} {request.headers['openai-beta']} {len(request.content)}"
            request.headers["x-signature"] = signature
            return request

    return SigningClient


async def test_a_class_of_the_users_builds_each_request(maker: Maker) -> None:
    server = maker.script(answer())
    http_client = maker.http_client(transport=server)
    http_client.__class__ = signing(type(http_client))
    await maker.client(server, http_client=http_client).create()
    length = server.request.headers["content-length"]
    assert server.request.headers["x-signature"] == f"/v1/chatkit/sessions chatkit_beta=v1 {length}"


async def test_it_keeps_the_cookies_that_the_server_sets(maker: Maker) -> None:
    client = sent_by(maker, answer(headers={"set-cookie": "route=7"}), answer())
    await client.create()
    await client.create()
    assert client.server.requests[1].headers["cookie"] == "route=7"


async def test_its_hooks_see_every_attempt(maker: Maker) -> None:
    seen: list[str] = []

    def note_method(request: httpx.Request) -> None:
        seen.append(request.method)

    def note_status(response: httpx.Response) -> None:
        seen.append(str(response.status_code))

    hooks = {
        "request": [maker.callback(note_method)],
        "response": [maker.callback(note_status)],
    }
    client = sent_by(maker, answer(500), answer(), event_hooks=hooks)
    await client.create()
    assert seen == ["POST", "500", "POST", "200"]


async def test_a_hook_may_read_the_body(maker: Maker) -> None:
    async def aread(response: httpx.Response) -> None:
        await response.aread()

    def read(response: httpx.Response) -> None:
        response.read()

    hooks = {"response": [aread if maker.is_async else read]}
    client = sent_by(maker, answer(500), answer(), answer(), event_hooks=hooks)
    assert (await client.create()).id == "cksess_1"
    async with client.create_streamed() as streamed:
        assert b"".join(await streamed.chunks()) == await streamed.read()
        assert (await streamed.parse()).id == "cksess_1"


async def test_a_hook_may_judge_a_response_that_a_mock_made_whole(maker: Maker) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": {"message": "No."}})

    def judge(response: Any) -> None:
        response.raise_for_status()

    hook = maker.callback(judge)
    http_client = maker.http_client(transport=httpx.MockTransport(refuse), event_hooks={"response": [hook]})
    client = maker.client(maker.script(), http_client=http_client)
    with pytest.raises(AuthenticationError, match=r"^401 Unauthorized: No\."):
        await client.create()


async def test_a_hook_that_uses_up_the_body_is_a_typed_error(maker: Maker) -> None:
    async def aconsume(response: httpx.Response) -> None:
        async for _ in response.aiter_raw():
            pass

    def consume(response: httpx.Response) -> None:
        for _ in response.iter_raw():
            pass

    client = sent_by(maker, event_hooks={"response": [aconsume if maker.is_async else consume]})
    with pytest.raises(APIResponseValidationError, match="was consumed by a hook of the HTTP client"):
        await client.create()


async def test_its_base_url_timeout_and_redirects_are_not_ours(maker: Maker) -> None:
    client = sent_by(
        maker,
        answer(307, headers={"location": "https://elsewhere.example/"}),
        base_url="https://its.example/v9",
        timeout=99,
        follow_redirects=True,
    )
    with pytest.raises(APIStatusError) as caught:
        await client.create(timeout=3)
    assert caught.value.status_code == 307
    assert client.server.request.url == "https://api.openai.com/v1/chatkit/sessions"
    assert client.server.request.extensions["timeout"] == {"connect": 3, "read": 3, "write": 3, "pool": 3}


async def test_its_mounts_are_used(maker: Maker) -> None:
    server, other = maker.script(answer()), maker.script()
    http_client = maker.http_client(transport=other, mounts={"https://api.openai.com": server})
    await maker.client(server, http_client=http_client).create()


async def test_closing_ours_leaves_it_open(maker: Maker) -> None:
    http_client = maker.http_client(transport=maker.script())
    await maker.client(Script([]), http_client=http_client).close()
    assert not http_client.is_closed


async def test_a_closed_one_is_a_clear_error(maker: Maker) -> None:
    http_client = maker.http_client(transport=maker.script())
    client = maker.client(Script([]), http_client=http_client)
    if maker.is_async:
        await cast("httpx.AsyncClient", http_client).aclose()
    else:
        cast("httpx.Client", http_client).close()
    with pytest.raises(ChatKitError, match=r"^the http_client of this client has been closed; make a new client"):
        await client.create()


async def test_one_of_the_other_kind_is_refused(maker: Maker) -> None:
    wrong, accepted = ("Client", "AsyncClient") if maker.is_async else ("AsyncClient", "Client")
    package = httpx2 if maker.injected == "httpx2" else httpx
    with pytest.raises(TypeError) as caught:
        maker.make(http_client=getattr(package, wrong)())
    name = "AsyncSessions" if maker.is_async else "Sessions"
    assert str(caught.value) == (
        f"http_client: {name} takes an httpx.{accepted} or httpx2.{accepted}, got {package.__name__}.{wrong}"
    )


@pytest.mark.parametrize(
    "given", [object(), "https://proxy.example", httpx.Client, httpx.HTTPTransport(), httpx2.HTTPTransport()]
)
async def test_something_else_is_refused(maker: Maker, given: object) -> None:
    with pytest.raises(TypeError, match=r"^http_client: \w+ takes an httpx\.\w*Client or httpx2\.\w*Client, got "):
        maker.make(http_client=given)
