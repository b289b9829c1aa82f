"""Failures on demand, as a bare client sees them."""

import socket
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from chatkit_sessions import Sessions
from chatkit_sessions.emulator import Emulator, Fault

GOOD = {"user": "user_abc", "workflow": {"id": "wf_123"}}


def create(api: httpx.Client, header: str | None = None) -> httpx.Response:
    headers = {} if header is None else {"X-Emulator-Fault": header}
    return api.post("/chatkit/sessions", json=GOOD, headers=headers)


ANSWERS: list[tuple[Fault, str, int, dict[str, str], Any]] = [
    (Fault(status=503), "status=503", 503, {}, {"type": "server_error", "code": "emulator_fault"}),
    (Fault(status=403), "status=403", 403, {}, {"type": "invalid_request_error", "code": "emulator_fault"}),
    (
        Fault(status=429, retry_after=2),
        "status=429; retry-after=2",
        429,
        {"retry-after": "2"},
        {"type": "requests", "code": "rate_limit_exceeded"},
    ),
    (
        Fault(status=500, retry_after_ms=150),
        "status=500; retry-after-ms=150",
        500,
        {"retry-after-ms": "150"},
        {"type": "server_error", "code": "emulator_fault"},
    ),
    (
        Fault(status=503, retry_after=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)),
        "status=503; retry-after=Wed, 02 Jan 2030 03:04:05 GMT",
        503,
        {"retry-after": "Wed, 02 Jan 2030 03:04:05 GMT"},
        {"type": "server_error", "code": "emulator_fault"},
    ),
    (Fault(status=599), "status=599", 599, {}, {"type": "server_error", "code": "emulator_fault"}),
]


@pytest.mark.parametrize(("fault", "header", "status", "headers", "error"), ANSWERS)
@pytest.mark.parametrize("by_header", [False, True], ids=["added", "by header"])
def test_a_status_comes_with_the_error_that_fits_it(
    api: httpx.Client,
    emulator: Emulator,
    fault: Fault,
    header: str,
    status: int,
    headers: dict[str, str],
    error: dict[str, str],
    *,
    by_header: bool,
) -> None:
    if not by_header:
        emulator.faults.add(fault)

    response = create(api, header if by_header else None)

    assert response.status_code == status
    assert headers.items() <= dict(response.headers).items()
    assert error.items() <= response.json()["error"].items()
    assert response.headers["x-request-id"] == emulator.requests[0].id
    assert len(emulator.sessions) == 0


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_allows_no_body_has_none(api: httpx.Client, status: int) -> None:
    response = create(api, f"status={status}")

    assert response.status_code == status
    assert response.content == b""


@pytest.mark.parametrize(("header", "status"), [("html", 200), ("html; status=502", 502)])
def test_a_page_of_html_comes_instead_of_json(api: httpx.Client, header: str, status: int) -> None:
    response = create(api, header)

    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<html>")


@pytest.mark.parametrize("value", ["null", "7", '"text"', "[1, 2]", '{"id": 5, "a": "x; y=z"}'])
def test_any_json_comes_instead_of_a_session(api: httpx.Client, value: str) -> None:
    response = create(api, f"status=201; json={value}")

    assert response.status_code == 201
    assert response.json() == httpx.Response(200, text=value).json()


def test_other_headers_are_added_to_an_answer_or_take_the_place_of_its_own(
    api: httpx.Client, emulator: Emulator
) -> None:
    emulator.faults.add(Fault(headers={"Location": "https://elsewhere.test/", "Content-Type": "text/plain"}))

    response = create(api)

    assert response.status_code == 200
    assert response.headers["location"] == "https://elsewhere.test/"
    assert response.headers.get_list("content-type") == ["text/plain"]


def test_a_delayed_request_is_answered_late_and_takes_effect(api: httpx.Client, emulator: Emulator) -> None:
    started = time.monotonic()

    response = create(api, "delay=0.2")

    assert time.monotonic() - started >= 0.2
    assert response.status_code == 200
    assert len(emulator.sessions) == 1


def test_a_caller_that_gives_up_during_a_delay_takes_its_request_back(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault(delay=60))
    given_up = api.build_request("POST", "/chatkit/sessions", json=GOOD)
    head = "\r\n".join(["POST /v1/chatkit/sessions HTTP/1.1", *map(": ".join, given_up.headers.items()), "", ""])
    address = urlsplit(emulator.base_url)

    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + given_up.content)
        while not emulator.requests:
            time.sleep(0.01)

    assert create(api).status_code == 200
    assert len(emulator.sessions) == 1
    assert emulator.requests[0].status is None


def test_a_dropped_connection_closes_before_a_single_byte(emulator: Emulator) -> None:
    emulator.faults.add(Fault(drop=True))
    address = urlsplit(emulator.base_url)
    request = b"POST /v1/chatkit/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"

    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(request)
        received = connection.recv(1000)

    assert received == b""
    assert len(emulator.sessions) == 0
    assert emulator.counts == {("create", None): 1}


def test_a_truncated_answer_ends_in_the_middle_of_a_body_whose_request_took_effect(
    api: httpx.Client, emulator: Emulator
) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        create(api, "truncate")

    assert emulator.requests[0].status == 200
    assert len(emulator.sessions) == 1


@pytest.mark.parametrize(
    "header",
    [
        "bogus",
        "status",
        "status=xx",
        "status=99",
        "delay=-1",
        "delay=nan",
        "drop=1",
        "drop; html",
        "html; json=1",
        "json={",
        "json=NaN",
        pytest.param("json=" + "[" * 50_000, id="too deep"),
    ],
)
def test_a_fault_that_is_not_understood_is_refused(api: httpx.Client, header: str) -> None:
    response = create(api, header)

    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["param"], error["code"]) == ("X-Emulator-Fault", "invalid_fault")


def test_a_fault_happens_as_often_as_asked_and_in_the_order_added(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=500), times=2)
    emulator.faults.add(Fault(status=503))
    assert emulator.faults.pending == 3

    assert [create(api).status_code for _ in range(5)] == [500, 500, 503, 200, 200]
    assert emulator.faults.pending == 0


def test_a_fault_leaves_other_operations_alone(sessions: Sessions, api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=400), operation="cancel")

    session = sessions.create(user="user_abc", workflow="wf_123")

    assert [api.post(f"/chatkit/sessions/{session.id}/cancel").status_code for _ in range(2)] == [400, 200]


def test_a_fault_waits_for_the_request_it_is_meant_for(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=500), when=lambda request: request.json["user"] == "unlucky")

    assert create(api).status_code == 200
    assert api.post("/chatkit/sessions", json={**GOOD, "user": "unlucky"}).status_code == 500


def test_failures_at_a_rate_repeat_with_their_seed(api: httpx.Client, emulator: Emulator) -> None:
    def row() -> list[int]:
        emulator.faults.at_rate(0.3, Fault(status=500), seed=7, operation="create")
        return [create(api).status_code for _ in range(40)]

    first = row()

    assert first == row()
    assert {200, 500} == set(first)


@pytest.mark.parametrize(("rate", "status"), [(0, 200), (1, 500)])
def test_a_rate_of_none_or_all_is_just_that(api: httpx.Client, emulator: Emulator, rate: float, status: int) -> None:
    emulator.faults.at_rate(rate, Fault(status=500))

    assert {create(api).status_code for _ in range(20)} == {status}


def test_after_clearing_nothing_fails(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=500), times=5)
    emulator.faults.at_rate(1, Fault(status=500))

    emulator.faults.clear()

    assert create(api).status_code == 200


def test_our_client_gets_over_a_drop_and_an_unavailable_server(sessions: Sessions, emulator: Emulator) -> None:
    emulator.faults.add(Fault(drop=True))
    emulator.faults.add(Fault(status=503, retry_after_ms=1))

    assert sessions.create(user="user_abc", workflow="wf_123").status == "active"
    assert [request.status for request in emulator.requests] == [None, 503, 200]
