"""Servers that answer wrongly: what the caller gets, and how often the request is sent."""

from collections.abc import Iterable

import pytest
from chatkit_sessions import APIConnectionError, APIError, APIStatusError
from support.behaviours import answer, status
from support.clients import ALL_TWINS, Twin
from support.deadlines import assert_times_out
from support.fault_server import FaultServer
from support.faults import ACCEPTED, ENDLESS, NOT_RETRIED, RETRIED
from support.listener import closed_port

# Its parser takes the first for an answer, and the others for none.
AIOHTTP_SEES_OTHERWISE = ("a switch of protocols", "a content length that is too short", "50 KB of headers")


def each(table: Iterable[str]) -> list[object]:
    return [
        pytest.param(twin, name, id=f"{twin.name}-{name}")
        for twin in ALL_TWINS
        for name in table
        if twin.name != "aiohttp" or name not in AIOHTTP_SEES_OTHERWISE
    ]


@pytest.mark.parametrize(("twin", "fault"), each(RETRIED))
def test_a_call_that_fails_before_a_2xx_status_line_is_made_three_times(twin: Twin, fault: str) -> None:
    behaviour, expected = RETRIED[fault]
    with FaultServer(otherwise=behaviour) as server:
        with pytest.raises(APIError) as caught:
            twin.create(base_url=server.base_url)
        assert type(caught.value) is expected
        assert [request.headers["x-stainless-retry-count"] for request in server.requests] == ["0", "1", "2"]


@pytest.mark.parametrize(("twin", "fault"), each(RETRIED))
def test_a_call_that_fails_before_a_2xx_status_line_may_succeed_the_second_time(twin: Twin, fault: str) -> None:
    with FaultServer(RETRIED[fault][0], answer) as server:
        assert twin.create(base_url=server.base_url).user == "user_1"


@pytest.mark.parametrize(("twin", "fault"), each(NOT_RETRIED))
def test_a_call_that_fails_after_a_2xx_status_line_is_never_made_again(twin: Twin, fault: str) -> None:
    behaviour, expected = NOT_RETRIED[fault]
    with FaultServer(otherwise=behaviour) as server:
        with pytest.raises(APIError, match="a session may exist") as caught:
            twin.create(base_url=server.base_url)
        assert type(caught.value) is expected
        assert len(server.requests) == 1


@pytest.mark.parametrize(("twin", "oddity"), each(ACCEPTED))
def test_an_odd_answer_that_holds_a_session_is_accepted(twin: Twin, oddity: str) -> None:
    with FaultServer(ACCEPTED[oddity]) as server:
        assert twin.create(base_url=server.base_url).user == "user_1"


@pytest.mark.parametrize("fault", ENDLESS)
def test_the_deadline_ends_a_call_that_would_not_end(twin: Twin, fault: str) -> None:
    assert_times_out(twin, lambda: FaultServer(ENDLESS[fault]), deadline=0.2)


@pytest.mark.parametrize(
    ("fault", "requests"), [("silence", 3), ("silence in the headers", 1), ("silence in the body", 1)]
)
def test_the_timeout_ends_an_attempt_that_would_not_end(any_twin: Twin, fault: str, requests: int) -> None:
    assert_times_out(any_twin, lambda: FaultServer(otherwise=ENDLESS[fault]), requests=requests, timeout=0.2)


def test_a_redirect_is_an_error_and_nothing_goes_to_the_other_place(any_twin: Twin) -> None:
    with FaultServer() as elsewhere, FaultServer(status(307, f"location: {elsewhere.base_url}")) as server:
        with pytest.raises(APIStatusError) as caught:
            any_twin.create(base_url=server.base_url)
        assert caught.value.status_code == 307
        assert elsewhere.connections == 0


def test_a_connection_that_is_refused_is_tried_three_times(any_twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    with closed_port() as port, pytest.raises(APIConnectionError) as caught:
        any_twin.create(base_url=f"http://127.0.0.1:{port}/v1")
    assert type(caught.value) is APIConnectionError
    retries = [record.getMessage() for record in caplog.records if record.getMessage().startswith("retry")]
    assert retries == ["retry 1 of 2 in 0.000 s: ConnectError", "retry 2 of 2 in 0.000 s: ConnectError"]
