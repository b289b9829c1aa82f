import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from chatkit_sessions.emulator import Emulator
from chatkit_sessions.web import SessionEndpoint, Visit
from support.sites import Browser, Site

Make = Callable[..., SessionEndpoint]
JSON = {"content-type": "application/json"}
GOOD: dict[str, tuple[bytes, dict[str, str], dict[str, Any]]] = {
    "nothing": (b"", {}, {}),
    "an empty object": (b"{}", JSON, {}),
    "a choice": (b'{"plan": "pro"}', JSON, {"plan": "pro"}),
    "with a charset": (b'{"plan": "pro"}', {"content-type": "Application/JSON; charset=utf-8"}, {"plan": "pro"}),
    "another JSON": (b'{"plan": 1}', {"content-type": "application/merge-patch+json"}, {"plan": 1}),
    "what ChatKit has": (b'{"currentClientSecret": null, "plan": "pro"}', JSON, {"plan": "pro"}),
    "Unicode": ('{"plan": "\u00e9\\u6771"}'.encode(), JSON, {"plan": "é東"}),
    "16 KiB": (b'{"plan": "' + b"x" * (16 * 1024 - 12) + b'"}', JSON, {"plan": "x" * (16 * 1024 - 12)}),
}
BAD: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "a byte more than 16 KiB": (413, b'{"plan": "' + b"x" * (16 * 1024 - 11) + b'"}', JSON),
    "200 kB": (413, b" " * 200_000, JSON),
    "5 MB": (413, b" " * 5_000_000, JSON),
    "5 MB of a form": (413, b"x" * 5_000_000, {"content-type": "application/x-www-form-urlencoded"}),
    "a form": (415, b"plan=pro", {"content-type": "application/x-www-form-urlencoded"}),
    "text": (415, b'{"plan": "pro"}', {"content-type": "text/plain"}),
    "no type": (415, b'{"plan": "pro"}', {}),
    "not JSON": (400, b"{", JSON),
    "a list": (400, b"[]", JSON),
    "null": (400, b"null", JSON),
    "NaN": (400, b'{"plan": NaN}', JSON),
    "infinity": (400, b'{"plan": -Infinity}', JSON),
    "a number too large": (400, b'{"plan": 1e999}', JSON),
    "many digits": (400, b'{"plan": ' + b"9" * 5000 + b"}", JSON),
    "a name twice": (400, b'{"plan": 1, "plan": 2}', JSON),
    "an unknown name": (400, b'{"plan": 1, "user": "bob"}', JSON),
    "deep": (400, b'{"plan": ' + b"[" * 30 + b"]" * 30 + b"}", JSON),
    "very deep": (400, b'{"plan": ' + b"[" * 8000 + b"]" * 8000 + b"}", JSON),
    "UTF-16": (400, '{"plan": 1}'.encode("utf-16"), JSON),
    "not UTF-8": (400, b'{"plan": "\xff"}', JSON),
    "half a surrogate pair": (400, b'{"plan": "\\ud800"}', JSON),
}


@pytest.mark.parametrize(("body", "headers", "choice"), GOOD.values(), ids=GOOD.keys())
def test_the_page_may_choose_what_is_accepted(
    make: Make, browser: Browser, body: bytes, headers: dict[str, str], choice: dict[str, Any]
) -> None:
    seen: list[Any] = []

    def workflow(visit: Visit) -> str:
        seen.append(dict(visit.choice))
        return "wf_1"

    make(accepts=["plan"], workflow=workflow)

    assert browser.ask(content=body, headers=headers).status_code == 200
    assert seen == [choice]


@pytest.mark.parametrize(("status", "body", "headers"), BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused(
    make: Make, browser: Browser, upstream: Emulator, status: int, body: bytes, headers: dict[str, str]
) -> None:
    make(accepts=["plan"], limit=1)
    before = len(upstream.requests)

    answer = browser.ask(content=body, headers=headers)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] in ("bad_body", "not_json", "body_too_large")
    assert len(upstream.requests) == before
    assert browser.ask().status_code == 200, "it did not count"


def chunks(size: int) -> Iterator[bytes]:
    yield b'{"plan": "'
    for _ in range(size // 1000):
        yield b"x" * 1000
    yield b'"}'


@pytest.mark.parametrize(("size", "status"), [(1000, 200), (20_000, 413), (1_000_000, 413)])
def test_a_body_without_a_length_is_limited_as_well(
    make: Make, browser: Browser, upstream: Emulator, size: int, status: int
) -> None:
    seen: list[int] = []

    def workflow(visit: Visit) -> str:
        seen.append(len(visit.choice["plan"]))
        return "wf_1"

    make(accepts=["plan"], workflow=workflow)
    before = len(upstream.requests)

    assert browser.ask(content=chunks(size), headers=JSON).status_code == status
    assert seen == ([size] if status == 200 else [])
    assert len(upstream.requests) - before == len(seen)


def test_a_body_without_a_length_is_not_read_without_names_to_accept(browser: Browser) -> None:
    assert browser.ask(content=chunks(1_000_000), headers=JSON).status_code == 200


DRIPS = {
    "with a length": [b"content-length: 5000000", b"", b"x" * 10],
    "in chunks": [b"transfer-encoding: chunked", b"", *[b"3e8", b"x" * 1000] * 17, b"1", b"x", b""],
}


@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS.keys())
@pytest.mark.parametrize(("accepts", "status"), [(["plan"], b"413"), ([], b"200")])
def test_a_body_that_never_ends_is_not_waited_for(
    site: Site, make: Make, upstream: Emulator, drip: list[bytes], accepts: list[str], status: bytes
) -> None:
    if site.name == "django_asgi":
        pytest.skip("Django reads a body to its end before it calls a view under ASGI")
    make(accepts=accepts)
    before = len(upstream.requests)
    url = httpx.URL(site.url)
    head = [b"POST /chat/session HTTP/1.1", b"host: " + url.netloc, b"x-user: alice", b"content-type: application/json"]
    with socket.create_connection((url.host, url.port or 80), timeout=60) as sending:
        sending.sendall(b"\r\n".join([*head, *drip]))
        answer = sending.recv(1000)

    assert answer.split()[1] == status
    assert len(upstream.requests) - before == (status == b"200")


@pytest.mark.parametrize("name", ["200 kB", "5 MB", "a form", "very deep"])
def test_without_names_to_accept_the_body_is_not_read(browser: Browser, name: str) -> None:
    _, body, headers = BAD[name]

    assert browser.ask(content=body, headers=headers).status_code == 200


def test_nothing_of_a_request_comes_back(make: Make, browser: Browser) -> None:
    make(accepts=["plan"])
    answers = [
        browser.ask(content=json.dumps({"mark5731": "mark5731"}), headers={**JSON, "x-mark": "mark5731"}),
        browser.ask(headers={"origin": "https://mark5731.example"}),
        browser.ask("PUT", "/chat/session?mark5731=mark5731"),
        browser.ask(user="mark5731"),
    ]

    assert [answer.status_code for answer in answers] == [400, 403, 405, 200]
    for answer in answers:
        assert "mark5731" not in answer.text + repr(answer.headers)
