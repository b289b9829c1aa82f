import ssl
import zlib
from functools import partial
from typing import Any

import httpx
import pytest
from chatkit_sessions import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
)
from support.clients import Maker, injected_only
from support.mock import Script, Step, answer

pytestmark = pytest.mark.anyio

WITHOUT_JITTER = RetryPolicy(max_retries=2, jitter=0)


def counts(server: Script) -> list[str]:
    return [request.headers["x-stainless-retry-count"] for request in server.requests]


FAILURES: list[Step] = [
    answer(408),
    answer(409),
    answer(429),
    answer(500),
    answer(520),
    answer(529),
    answer(404, headers={"x-should-retry": "true"}),
    answer(302, headers={"x-should-retry": "true", "location": "https://elsewhere.example/"}),
    answer(503, b"<html>", headers={"content-type": "text/html"}),
    answer(503, b"", failure=httpx.ReadError("cut")),
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadTimeout("slow"),
    httpx.WriteError("cut"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    httpx.PoolTimeout("all connections are in use"),
    httpx.ProxyError("refused"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
async def test_a_failure_that_may_pass_is_tried_twice_more(maker: Maker, sleeps: list[float], failure: Step) -> None:
    client = maker.serve(failure, failure, answer(), max_retries=WITHOUT_JITTER)
    session = await client.create()
    assert session.id == "cksess_1"
    assert counts(client.server) == ["0", "1", "2"]
    assert sleeps == [0.5, 1]


FINAL: list[tuple[Step, type[APIError]]] = [
    (answer(404), NotFoundError),
    (answer(500, headers={"x-should-retry": "false"}), InternalServerError),
    (answer(429, headers={"retry-after": "121"}), RateLimitError),
    (answer(429, headers={"retry-after-ms": "120001", "x-should-retry": "true"}), RateLimitError),
    (answer(307, headers={"location": "/elsewhere"}), APIStatusError),
    (httpx.LocalProtocolError("illegal header"), APIConnectionError),
    (httpx.UnsupportedProtocol("no such scheme"), APIConnectionError),
]


@pytest.mark.parametrize(("failure", "error"), FINAL, ids=[repr(row[0]) for row in FINAL])
async def test_a_failure_that_will_not_pass_is_not_tried_again(
    maker: Maker, sleeps: list[float], failure: Step, error: type[APIError]
) -> None:
    client = maker.serve(failure)
    with pytest.raises(error) as caught:
        await client.create()
    assert type(caught.value) is error
    assert caught.value.is_transient is (error is RateLimitError)  # which passes, but after too long a wait
    assert sleeps == []


AFTER_2XX: list[tuple[Step, type[APIError]]] = [
    (answer(200, b'{"id": ', failure=httpx.ReadError("cut")), APIConnectionError),
    (answer(200, b'{"id": ', failure=httpx.ReadTimeout("slow")), APITimeoutError),
    (answer(200, b'{"id": ', failure=httpx.RemoteProtocolError("peer closed connection")), APIConnectionError),
    (answer(200, b""), APIResponseValidationError),
    (answer(200, b"<html>busy</html>", headers={"x-should-retry": "true"}), APIResponseValidationError),
    (answer(204, b"", headers={"retry-after": "1"}), APIResponseValidationError),
    (answer(200, b"\x1f\x8b...", headers={"content-encoding": "gzip"}), APIResponseValidationError),
    (answer(200, zlib.compress(b"{}")[:5], headers={"content-encoding": "deflate"}), APIResponseValidationError),
]


@pytest.mark.parametrize(("step", "error"), AFTER_2XX, ids=[repr(row[0]) for row in AFTER_2XX])
async def test_nothing_is_sent_again_once_a_2xx_status_line_has_come(
    maker: Maker, sleeps: list[float], step: Step, error: type[APIError]
) -> None:
    client = maker.serve(step)
    with pytest.raises(error, match="a session may exist") as caught:
        await client.create()
    assert type(caught.value) is error
    assert caught.value.request_id == "req_1"
    assert (caught.value.is_transient, caught.value.retry_after) == (False, None)
    assert sleeps == []


async def test_an_untrusted_certificate_is_not_tried_again(maker: Maker, sleeps: list[float]) -> None:
    untrusted = httpx.ConnectError("certificate verify failed")
    untrusted.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")
    client = maker.serve(untrusted)
    with pytest.raises(APIConnectionError, match="certificate verify failed: self-signed certificate") as caught:
        await client.create()
    assert caught.value.is_transient is False
    assert sleeps == []


class _HookError(Exception):
    pass


@injected_only
@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("kind", ["request", "response"])
async def test_a_bug_in_a_hook_reaches_the_caller_and_is_not_retried(
    maker: Maker, sleeps: list[float], kind: str, status: int
) -> None:
    def fail(_message: Any) -> None:
        raise _HookError

    server = maker.script(*[answer(status)] * (kind == "response"))
    http_client = maker.http_client(transport=server, event_hooks={kind: [maker.callback(fail)]})
    with pytest.raises(_HookError):
        await maker.client(server, http_client=http_client).create()
    assert sleeps == []


def _fail_as_a_connection_does(_response: httpx.Response) -> None:
    raise httpx.ReadTimeout("slow")


def _fail_for_another_response(_response: httpx.Response) -> None:
    httpx.Response(503, request=httpx.Request("POST", "https://elsewhere.example")).raise_for_status()


@injected_only
@pytest.mark.parametrize("hook", [_fail_as_a_connection_does, _fail_for_another_response])
async def test_a_hook_that_fails_with_an_error_of_httpx_after_a_2xx_is_not_retried(
    maker: Maker, sleeps: list[float], hook: Any
) -> None:
    callback = maker.callback(hook)
    steps = [answer()] * 2
    server = maker.script(*steps)
    for each in (callback, partial(callback)):
        http_client = maker.http_client(transport=server, event_hooks={"response": [each]})
        with pytest.raises(APIConnectionError):
            await maker.client(server, http_client=http_client).create()
    assert sleeps == []


@injected_only
async def test_a_hook_whose_error_is_its_own_cause_is_no_endless_loop(maker: Maker, sleeps: list[float]) -> None:
    def fail(_request: httpx.Request) -> None:
        error = httpx.ReadError("circular")
        raise error from error

    http_client = maker.http_client(transport=maker.script(), event_hooks={"request": [maker.callback(fail)]})
    with pytest.raises(APIConnectionError, match="circular"):
        await maker.client(maker.script(), http_client=http_client).create()
    assert sleeps == []


@injected_only
async def test_a_hook_that_raises_for_status_leaves_retries_and_errors_as_they_are(
    maker: Maker, sleeps: list[float]
) -> None:
    def check(response: httpx.Response) -> None:
        response.raise_for_status()

    server = maker.script(answer(503), answer(404))
    http_client = maker.http_client(transport=server, event_hooks={"response": [maker.callback(check)]})
    with pytest.raises(NotFoundError):
        await maker.client(server, http_client=http_client, max_retries=WITHOUT_JITTER).create()
    assert sleeps == [0.5]


async def test_the_server_decides_how_long_to_wait(maker: Maker, sleeps: list[float]) -> None:
    client = maker.serve(
        answer(429, headers={"retry-after": "7"}), answer(503, headers={"retry-after-ms": "1250"}), answer()
    )
    await client.create()
    assert sleeps == [7, 1.25]


async def test_waits_have_jitter_and_stay_within_bounds(maker: Maker, sleeps: list[float]) -> None:
    client = maker.serve(*[answer(500)] * 7, max_retries=6, deadline=None)
    with pytest.raises(InternalServerError):
        await client.create()
    assert all(0.75 * longest <= wait <= longest for wait, longest in zip(sleeps, [0.5, 1, 2, 4, 8, 8], strict=True))
    assert sleeps != [0.5, 1, 2, 4, 8, 8]


@pytest.mark.parametrize("retries", [0, 1, 3])
@pytest.mark.parametrize("where", ["client", "copy", "call"])
async def test_the_number_of_retries_is_set_for_a_client_a_copy_or_a_call(
    maker: Maker, retries: int, where: str
) -> None:
    client = maker.serve(*[answer(500)] * (retries + 1), max_retries=retries if where == "client" else 9)
    if where == "copy":
        client = client.with_options(max_retries=retries)
    with pytest.raises(InternalServerError):
        await client.create(**{"max_retries": retries} if where == "call" else {})


async def test_two_retries_are_made_by_default(maker: Maker) -> None:
    client = maker.serve(httpx.ConnectError("1"), httpx.ConnectError("2"), httpx.ConnectError("3"))
    with pytest.raises(APIConnectionError, match="Connection error: 3") as caught:
        await client.cancel()
    assert (caught.value.is_transient, caught.value.retry_after) == (True, None)


@pytest.mark.parametrize("asked", ["30", "120"])
async def test_a_wait_past_the_deadline_is_not_begun(maker: Maker, sleeps: list[float], asked: str) -> None:
    client = maker.serve(answer(429, headers={"retry-after": asked}), deadline=30)
    with pytest.raises(RateLimitError) as caught:
        await client.create()
    assert caught.value.retry_after == float(asked)
    assert sleeps == []


async def test_each_attempt_sends_the_same_body_anew(maker: Maker) -> None:
    client = maker.serve(answer(500), answer(500), answer())
    await client.create(rate_limits=3)
    assert len({request.content for request in client.server.requests}) == 1
    assert b'"max_requests_per_1_minute":3' in client.server.requests[2].content


async def test_a_header_may_replace_the_retry_count(maker: Maker) -> None:
    client = maker.serve(answer(500), answer())
    await client.create(extra_headers={"X-Stainless-Retry-Count": "mine"})
    assert counts(client.server) == ["mine", "mine"]
