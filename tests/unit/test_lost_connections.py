"""Whatever a transport raises about its connection becomes an error of ours, with the rules of a lost connection."""

import signal
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import anyio
import httpcore
import httpx
import pytest
import trio
from chatkit_sessions import APIConnectionError, APITimeoutError
from support.clients import Maker, injected_only
from support.leaks import FAKE_KEY
from support.mock import Answer, answer

pytestmark = pytest.mark.anyio


def raised_in_asyncio(_request: object = None) -> Any:
    import asyncio

    loop = asyncio.new_event_loop()
    loop.close()
    loop.call_soon(print)


RAW: list[tuple[Exception, type[APIConnectionError]]] = [
    (ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC]"), APIConnectionError),
    (ssl.SSLZeroReturnError(6, "TLS/SSL connection has been closed (EOF)"), APIConnectionError),
    (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), APIConnectionError),
    (ConnectionResetError(104, "Connection reset by peer"), APIConnectionError),
    (OSError(24, "Too many open files"), APIConnectionError),
    (BrokenPipeError(), APIConnectionError),
    (TimeoutError("slow"), APITimeoutError),
    (anyio.BrokenResourceError(), APIConnectionError),
    (anyio.ClosedResourceError(), APIConnectionError),
    (anyio.EndOfStream(), APIConnectionError),
    (trio.BrokenResourceError("gone"), APIConnectionError),
    (httpcore.ConnectionNotAvailable(), APIConnectionError),
    (httpcore.ReadError("lost"), APIConnectionError),
    (ExceptionGroup("all addresses failed", [OSError(111, "refused"), OSError(113, "no route")]), APIConnectionError),
]
IDS = [repr(row[0])[:40] for row in RAW]


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"id": '
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"id": '
        raise self._error


@pytest.mark.parametrize(("raw", "expected"), RAW, ids=IDS)
async def test_a_raw_error_before_an_answer_is_tried_again(
    maker: Maker, sleeps: list[float], raw: Exception, expected: type[APIConnectionError]
) -> None:
    client = maker.serve(raw, raw, raw)
    with pytest.raises(APIConnectionError) as caught:
        await client.create()
    assert type(caught.value) is expected
    assert len(sleeps) == 2
    assert await maker.serve(raw, answer()).create()


@pytest.mark.parametrize(("raw", "expected"), RAW, ids=IDS)
async def test_a_raw_error_in_a_body_ends_the_call(
    maker: Maker, sleeps: list[float], raw: Exception, expected: type[APIConnectionError]
) -> None:
    step = replace(answer(), body=Broken(raw))
    client = maker.serve(step, step)
    with pytest.raises(APIConnectionError, match="a session may exist") as caught:
        await client.create()
    assert type(caught.value) is expected
    async with client.create_streamed() as streamed:
        with pytest.raises(APIConnectionError) as caught:
            await streamed.chunks()
    assert type(caught.value) is expected
    assert sleeps == []


async def test_a_closed_event_loop_below_is_a_lost_connection(maker: Maker, sleeps: list[float]) -> None:
    client = maker.serve(raised_in_asyncio, raised_in_asyncio, raised_in_asyncio)
    with pytest.raises(APIConnectionError, match=r"^Connection error: Event loop is closed \(api\.openai\.com:443\)$"):
        await client.create()
    assert len(sleeps) == 2


async def test_an_untrusted_certificate_is_not_tried_again(maker: Maker, sleeps: list[float]) -> None:
    with pytest.raises(APIConnectionError, match="self-signed"):
        await maker.serve(ssl.SSLCertVerificationError(1, "self-signed certificate")).create()
    assert sleeps == []


class SocketBlockedError(RuntimeError):
    """As pytest-socket raises it."""


async def test_what_says_nothing_of_a_connection_reaches_the_caller(maker: Maker, sleeps: list[float]) -> None:
    for raw in (SocketBlockedError("no sockets in tests"), KeyError("a bug"), RuntimeError("a bug")):
        with pytest.raises(type(raw)):
            await maker.serve(raw).create()
    assert sleeps == []


@injected_only
@pytest.mark.parametrize("kind", ["request", "response"])
async def test_a_hook_that_misses_a_file_is_not_a_lost_connection(maker: Maker, sleeps: list[float], kind: str) -> None:
    def fail(_message: Any) -> None:
        raise FileNotFoundError("token.txt")

    server = maker.script(*[answer()] * (kind == "response"))
    http_client = maker.http_client(transport=server, event_hooks={kind: [maker.callback(fail)]})
    with pytest.raises(FileNotFoundError):
        await maker.client(server, http_client=http_client).create()
    assert sleeps == []


def out_of_time(_number: int, _frame: object) -> None:
    raise TimeoutError("the job may take no longer")


@pytest.mark.parametrize("flavour", [("sync", True), ("sync", False)], indirect=True)
async def test_a_time_limit_that_a_signal_sets_is_not_a_lost_connection(maker: Maker, sleeps: list[float]) -> None:
    def struck(_request: httpx.Request) -> Answer:
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("unreachable")

    before = signal.signal(signal.SIGTERM, out_of_time)
    try:
        with pytest.raises(TimeoutError, match="the job may take no longer"):
            await maker.serve(struck).create()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert sleeps == []


@injected_only
async def test_a_connection_of_http_2_that_was_closed_before_is_tried_again(maker: Maker, sleeps: list[float]) -> None:
    class ProtocolError(Exception):
        __module__ = "h2.exceptions"

    closed = httpx.LocalProtocolError("Invalid input ConnectionInputs.SEND_HEADERS in state ConnectionState.CLOSED")
    closed.__cause__ = ProtocolError()
    assert (await maker.serve(closed, answer()).create()).id == "cksess_1"
    assert len(sleeps) == 1


async def test_an_interrupted_call_leaves_no_secret_in_the_frames_below(maker: Maker) -> None:
    def struck(request: httpx.Request) -> Answer:
        key = request.headers["authorization"]
        raise KeyboardInterrupt(len(key))

    with pytest.raises(KeyboardInterrupt) as caught:
        await maker.serve(struck).create()
    for entry in caught.traceback:
        module = entry.frame.f_globals["__name__"]
        if module.startswith(("chatkit_sessions", "httpx", "httpcore")):
            assert FAKE_KEY not in repr(entry.frame.f_locals)
