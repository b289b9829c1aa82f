import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import anyio
import anyio.lowlevel
import httpx
import pytest
from chatkit_sessions import APIError, APIResponseValidationError, InternalServerError
from support.clients import Maker, each_twin
from support.mock import GZIP, SESSION, WHOLE, answer

pytestmark = pytest.mark.anyio

ENCODED: list[tuple[str, bytes, str]] = [
    ("gzip", GZIP, ""),
    ("x-gzip", GZIP, ""),
    ("GZIP", GZIP, ""),
    ("deflate", zlib.compress(WHOLE), ""),
    ("identity", WHOLE, ""),
    (" , identity ,", WHOLE, ""),
    ("identity, gzip", GZIP, ""),
    ("gzip", GZIP[:-8], "has compressed data that ends too early"),
    ("gzip", GZIP[:30], "has compressed data that ends too early"),
    ("gzip", GZIP[:3], "has compressed data that ends too early"),
    ("gzip", b"", "has compressed data that ends too early"),
    ("gzip", GZIP[:-8] + bytes(8), "has broken compressed data"),
    ("gzip", WHOLE, "has broken compressed data"),
    ("deflate", zlib.compress(WHOLE)[:-1], "has compressed data that ends too early"),
    (
        "gzip, gzip",
        gzip.compress(GZIP, mtime=0),
        "has a content-encoding that is not supported: 'gzip, gzip'; gzip and deflate are",
    ),
    ("br", b"\x0b\x02\x80", "has a content-encoding that is not supported: 'br'; gzip and deflate are"),
    ("zstd", b"\x28\xb5\x2f\xfd", "has a content-encoding that is not supported: 'zstd'; gzip and deflate are"),
    ("aws-chunked", WHOLE, "has a content-encoding that is not supported: 'aws-chunked'; gzip and deflate are"),
]


@pytest.mark.parametrize(("encoding", "content", "problem"), ENCODED, ids=range(len(ENCODED)))
async def test_a_compressed_answer_is_decompressed_or_a_typed_error(
    maker: Maker, encoding: str, content: bytes, problem: str
) -> None:
    client = maker.serve(
        answer(200, content, headers={"content-encoding": encoding}), default_headers={"Accept-Encoding": "br, zstd"}
    )
    if not problem:
        assert (await client.create()).to_dict() == SESSION
        return
    with pytest.raises(APIResponseValidationError) as caught:
        await client.create()
    assert str(caught.value) == f"200: the body {problem}; a session may exist (request id req_1)"


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(megabytes)), packer.flush()])


SIZES: list[tuple[int, bytes, str]] = [
    (len(WHOLE), WHOLE, "identity"),
    (len(WHOLE), GZIP, "gzip"),
    (len(WHOLE) - 1, WHOLE, "identity"),
    (len(WHOLE) - 1, GZIP, "gzip"),
    (1, WHOLE, "identity"),
    (1000, bomb(20), "gzip"),
    (5_000_000, bomb(20), "gzip"),
]


@pytest.mark.parametrize(("limit", "content", "encoding"), SIZES, ids=range(len(SIZES)))
async def test_an_answer_is_cut_off_past_a_size(maker: Maker, limit: int, content: bytes, encoding: str) -> None:
    client = maker.serve(answer(200, content, headers={"content-encoding": encoding}), max_response_bytes=limit)
    if limit == len(WHOLE):
        assert (await client.create()).id == "cksess_1"
        return
    with pytest.raises(APIResponseValidationError) as caught:
        await client.create()
    assert str(caught.value).startswith(f"200: the body is larger than {limit} bytes (max_response_bytes); ")
    assert caught.value.response.content == b""


MARGIN = 256 * 1024
DENSE = [b"[],", b'{"":0},', b"9" * 4000 + b",", b'"\\u00e9",', b"1e5,"]


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("unit", DENSE, ids=lambda unit: str(unit[:9]))
async def test_64_kb_that_stand_for_much_cost_little(maker: Maker, unit: bytes, status: int) -> None:
    wire = gzip.compress(b'{"a":[' + unit * (40_000_000 // len(unit)), compresslevel=1, mtime=0)[:65_536]
    client = maker.serve(answer(status, wire, headers={"content-encoding": "gzip"}), max_retries=0)
    tracemalloc.start()
    try:
        with pytest.raises(APIError) as caught:
            await client.create()
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
    assert caught.value.response.content == b""  # type: ignore[attr-defined] # both errors have one


@each_twin
@pytest.mark.parametrize("sent", [0, 100_000])
@pytest.mark.parametrize("beyond", [0, 1])
async def test_an_answer_may_be_so_much_larger_than_what_was_sent(maker: Maker, sent: int, beyond: int) -> None:
    client = maker.serve(lambda request: answer(200, WHOLE.ljust(MARGIN + 2 * len(request.content) + beyond)))
    if not beyond:
        assert (await client.create(extra_body={"more": "x" * sent})).id == "cksess_1"
        return
    with pytest.raises(APIResponseValidationError, match=r"is larger than \d+ bytes \(max_response_bytes\)"):
        await client.create(extra_body={"more": "x" * sent})


@each_twin
async def test_no_answer_is_larger_than_64_mib_unless_it_was_allowed(maker: Maker) -> None:
    client = maker.serve(answer(200, bomb(70), headers={"content-encoding": "gzip"}))
    with pytest.raises(APIResponseValidationError, match="is larger than 67108864 bytes"):
        await client.create(extra_body={"more": "x" * 34_000_000})


@each_twin
@pytest.mark.parametrize(
    ("after", "limit", "is_accepted"),
    [
        (b"\0" * 100, 1000, True),
        (GZIP, 2000, True),
        (b"\0" * 1000, 1000, False),
        (GZIP * 3, 1000, False),
    ],
    ids=["padding", "a second member", "much padding", "many members"],
)
@pytest.mark.parametrize("pieces", [1, 7])
async def test_what_follows_compressed_data_is_dropped_and_counted(
    maker: Maker, after: bytes, limit: int, is_accepted: bool, pieces: int
) -> None:
    content = GZIP + after
    size = -(-len(content) // pieces)

    class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return (content[at : at + size] for at in range(0, len(content), size))

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self:
                yield piece

    step = replace(answer(200, headers={"content-encoding": "gzip"}), body=Pieces())
    client = maker.serve(step, max_response_bytes=limit)
    if is_accepted:
        assert (await client.create()).to_dict() == SESSION
        return
    with pytest.raises(APIResponseValidationError, match=f"is larger than {limit} bytes"):
        await client.create()


async def test_an_endless_answer_is_read_only_so_far(maker: Maker) -> None:
    read = 0

    class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal read
            while True:
                read += 1000
                yield bytes(1000)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                await anyio.lowlevel.checkpoint()  # as a socket does
                read += 1000
                yield bytes(1000)

    client = maker.serve(replace(answer(), body=Endless()), max_response_bytes=10_000)
    with pytest.raises(APIResponseValidationError):
        await client.create()
    assert read == 11_000


@pytest.mark.parametrize(
    ("content", "encoding"),
    [(GZIP[:30], "gzip"), (WHOLE, "gzip"), (bomb(20), "gzip"), (b"\x0b\x02\x80", "br")],
    ids=range(4),
)
async def test_an_error_whose_body_cannot_be_read_keeps_its_class(maker: Maker, content: bytes, encoding: str) -> None:
    client = maker.serve(
        answer(500, content, headers={"content-encoding": encoding}), max_retries=0, max_response_bytes=1000
    )
    with pytest.raises(InternalServerError, match="no message in OpenAI's form") as caught:
        await client.create()
    assert caught.value.response.content == b""
