"""What a hostile server sends for a case: bytes, how they are cut, how they end. A seed gives the same every time."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, Literal

from support.session import SESSION

Ending = Literal["keep", "close", "reset", "stall", "drip"]
_ENDINGS: Final[tuple[Ending, ...]] = ("keep", "close", "reset", "stall", "drip")

_ODD_HEADERS: Final = [
    b"Retry-After: " + b"1" * 8000 + b"x",
    b"Retry-After: 0",
    b"retry-after-ms: 1",
    b"Retry-After: Tue, 99 Foo 99999999 99:99:99 +9999",
    b"x-should-retry: true",
    b"x-should-retry: false",
    b"x-note: caf\xc3\xa9",
    b"x-note: caf\xe9\x80",
    b"x-request-id: \x1b[31mreq\x85",
    b"Content-Type: text/html; charset=zlib_codec",
    b"Content-Type: text/html; charset=punycode",
    b"Content-Type: " + b'";' * 9000,
    b"Content-Encoding: gzip",
    b"Content-Encoding: deflate",
    b"Content-Encoding: br, gzip",
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Connection: close",
    b"Connection: upgrade\r\nUpgrade: h2c",
    b"Set-Cookie: " + b"a=b; " * 900,
    b"Location: http://[::1",
    b": no name",
    b"no colon",
    b" folded: line",
    b"x-long: " + b"v" * 70_000,
]
_STATUSES: Final = [
    *[b"200 OK"] * 20,
    *(b"201 Created", b"204 No Content", b"304 Not Modified", b"307 There", b"400 Bad", b"401 No", b"404 Where"),
    *(b"407 Proxy", b"409 Conflict", b"429 Slow", b"500 Oh", b"503 Busy", b"599 ?", b"999 ?"),
]
_INTERIM: Final = [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: " + b"x" * 2000 + b"\r\n\r\n"]
_PIECES: Final = [
    b"\r\n",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"HTTP/1.1 200 OK\r\n",
    b"0\r\n\r\n",
    b"{",
    b"[",
    b'"',
    b"\x1f\x8b",
    b"9" * 400,
]
_BOMBS: Final = [b"[],", b'{"":0},', b"9" * 4000 + b",", b"[" * 50, b'"\\u00e9",', b" "]


@dataclass(frozen=True)
class Answer:
    """What is sent, in which pieces, after which waits in seconds, and what comes then."""

    pieces: list[bytes]
    waits: list[float]
    ending: Ending


def user_of(seed: int) -> str:
    """Return the user of a case, which tells by itself whether it is whole."""
    return f"user_{seed}_{sha256(str(seed).encode()).hexdigest()[:12]}"


def is_user_of_another(user: object, seed: int) -> bool:
    """Return whether a user is the whole one of another case."""
    if not isinstance(user, str) or not user.startswith("user_"):
        return False
    number = user.split("_")[1]
    return number.isdigit() and number != str(seed) and user == user_of(int(number))


def answer(seed: int) -> Answer:
    """Return the answer for a case."""
    chance = random.Random(seed)
    data = _random_bytes(chance) if chance.random() < 0.03 else _interim(chance) + _response(chance, seed)
    mutations = chance.choice((0, 0, 0, 1, 1, 2, 4))
    for _ in range(mutations):
        data = _mutated(data, chance)
    if chance.random() < 0.05:
        # Nobody asked for it; but behind an answer that was cut off it may be the rest of that, for all that a client
        # can tell, and is then of the same case.
        data += _response(chance, seed if mutations else seed + 1)
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.choice((0, 0, 1, 3, 9))))
    edges = [0, *cuts, len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    waits = [chance.choice((0.0, 0.0, 0.002)) for _ in pieces]
    ending = chance.choices(_ENDINGS, (8, 8, 3, 1, 0.5))[0]
    return Answer(pieces, waits, ending)


def _response(chance: random.Random, seed: int) -> bytes:
    status = chance.choice(_STATUSES)
    body = _body(chance, seed)
    head = [b"HTTP/1.1 " + status, b"Content-Type: application/json", b"x-request-id: req_1"]
    packing = chance.random()
    if packing < 0.15:
        body = gzip.compress(body, compresslevel=1, mtime=0)[: chance.choice((None, 65_536))]
        head.append(b"Content-Encoding: gzip")
    elif packing < 0.2:
        body = zlib.compress(body, 1)
        head.append(b"Content-Encoding: deflate")
    framing = chance.random()
    if framing < 0.6:
        head.append(b"Content-Length: %d" % len(body))
    elif framing < 0.9:
        head.append(b"Transfer-Encoding: chunked")
        body = _chunked(body, chance)
    else:
        head.append(b"Connection: close")
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        head.insert(chance.randrange(1, len(head) + 1), chance.choice(_ODD_HEADERS))
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def _body(chance: random.Random, seed: int) -> bytes:
    session: dict[str, Any] = {**SESSION, "id": f"cksess_{seed}", "user": user_of(seed)}
    kind = chance.random()
    if kind < 0.45:
        return json.dumps(session).encode()
    if kind < 0.6:
        odd: list[Any] = [None, "", "..", "a\nb", "\ud800", 7, -1, 1e99, [], {}, [session], "x" * 5000, True]
        return json.dumps({**session, chance.choice(list(session)): chance.choice(odd)}).encode()
    if kind < 0.75:
        return json.dumps(
            {"error": {"message": chance.choice(["no", "", "\x1b\n\u2028", "m" * 9000]), "code": "c"}}
        ).encode()
    if kind < 0.85:
        unit = chance.choice(_BOMBS)
        return b'{"a":[' + unit * (chance.choice((1_000, 100_000, 12_000_000)) // len(unit))
    if kind < 0.9:
        return b""
    return _random_bytes(chance)


def _chunked(body: bytes, chance: random.Random) -> bytes:
    size = max(1, len(body) // chance.choice((1, 3, 50)))
    extension = chance.choice((b"", b"", b"; " + b"e" * 3000))
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    trailers = chance.choice((b"", b"", b"x-after: 1\r\n" * 50))
    return b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts) + b"0\r\n" + trailers + b"\r\n"


def _interim(chance: random.Random) -> bytes:
    return chance.choice(_INTERIM) * chance.choice((1, 3, 200)) if chance.random() < 0.1 else b""


def _mutated(data: bytes, chance: random.Random) -> bytes:
    where = chance.randrange(min(len(data), chance.choice((200, 5000, 10**9))) + 1)
    until = where + chance.choice((1, 2, 16, 300))
    change = chance.randrange(6)
    if change == 0:
        return data[:where] + bytes([chance.randrange(256)]) + data[where + 1 :]
    if change == 1:
        return data[:where] + data[until:]
    if change == 2:
        return data[:until] + data[where:]
    if change == 3:
        return data[:where] + chance.choice(_PIECES) + data[where:]
    if change == 4:
        return data[:where]
    return data[:where] + _random_bytes(chance) + data[where:]


def _random_bytes(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((1, 7, 100, 3000)))
