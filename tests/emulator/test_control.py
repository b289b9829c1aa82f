"""What is under `/_emulator/`, as `curl` sees it."""

from collections.abc import Generator
from typing import Any

import httpx
import pytest
from chatkit_sessions import Sessions, __version__
from chatkit_sessions.emulator import Emulator, Fault

GOOD = {"user": "user_abc", "workflow": {"id": "wf_123"}}


@pytest.fixture
def control(emulator: Emulator) -> Generator[httpx.Client]:
    with httpx.Client(base_url=emulator.base_url.replace("/v1", "/_emulator"), verify=False) as client:
        yield client


def test_it_says_that_it_is_there(control: httpx.Client) -> None:
    assert control.get("/health").json() == {"status": "ok", "version": __version__}


def test_the_state_is_the_clock_and_the_sessions(control: httpx.Client, sessions: Sessions, emulator: Emulator) -> None:
    ids = [sessions.create(user="user_abc", workflow="wf_123").id for _ in range(3)]
    emulator.clock.advance(60)

    state = control.get("/state").json()

    assert state["clock"]["ahead"] == 60
    assert [session["id"] for session in state["sessions"]] == ids
    assert state["sessions"][0].items() >= emulator.sessions[ids[0]].resource().items()
    assert state["sessions"][0]["messages"] == 0
    assert [session["id"] for session in control.get("/state?latest=2").json()["sessions"]] == ids[1:]


def test_sessions_can_be_added(control: httpx.Client, emulator: Emulator) -> None:
    response = control.post("/state", json={"sessions": [{"id": "cksess_123", "user": "u"}]})

    assert response.status_code == 200
    assert emulator.sessions["cksess_123"].user == "u"
    assert response.json()["sessions"][0]["id"] == "cksess_123"


def test_it_can_be_reset(control: httpx.Client, api: httpx.Client, emulator: Emulator) -> None:
    api.post("/chatkit/sessions", json=GOOD)

    assert control.post("/reset").json() == {"status": "ok"}
    assert (len(emulator.sessions), len(emulator.requests)) == (0, 0)


def test_the_clock_can_be_moved(control: httpx.Client, emulator: Emulator) -> None:
    moved = control.post("/clock", json={"advance": 600}).json()

    assert moved["ahead"] == control.get("/clock").json()["ahead"] == emulator.clock.ahead == 600
    assert moved["now"] == pytest.approx(emulator.clock.now(), abs=5)


FAULTS: list[tuple[dict[str, Any], int, list[int]]] = [
    ({"fault": "status=503"}, 1, [503, 200]),
    ({"fault": "status=503; times=2"}, 2, [503, 503, 200]),
    ({"fault": {"status": 503, "headers": {"x-a": "b"}}, "times": 2}, 2, [503, 503, 200]),
    ({"fault": 'status=201; json={"a": 1}'}, 1, [201, 200]),
    ({"fault": {"json": None}}, 1, [200]),
    ({"fault": "status=500; operation=cancel"}, 1, [200]),
    ({"fault": "status=500; rate=1"}, 0, [500, 500]),
    ({"fault": {"status": 500}, "rate": 0.5, "seed": 3, "operation": "cancel"}, 0, [200]),
]


@pytest.mark.parametrize(("plan", "pending", "statuses"), FAULTS)
def test_faults_can_be_added_and_cleared(
    control: httpx.Client, api: httpx.Client, plan: dict[str, Any], pending: int, statuses: list[int]
) -> None:
    assert control.post("/faults", json=plan).json() == {"pending": pending}
    assert [api.post("/chatkit/sessions", json=GOOD).status_code for _ in statuses] == statuses

    assert control.delete("/faults").json() == {"pending": 0} == control.get("/faults").json()
    assert api.post("/chatkit/sessions", json=GOOD).status_code == 200


def test_the_requests_are_told_without_the_key(control: httpx.Client, api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=503))
    for _ in range(2):
        api.post("/chatkit/sessions?a=b", json=GOOD)

    told = control.get("/requests").json()

    assert told["counts"] == [
        {"operation": "create", "status": 503, "count": 1},
        {"operation": "create", "status": 200, "count": 1},
    ]
    first, second = told["requests"]
    assert (first["status"], first["fault"], second["status"], second["fault"]) == (
        503,
        {"status": 503},
        200,
        None,
    )
    assert (second["method"], second["path"], second["query"]) == ("POST", "/v1/chatkit/sessions", "a=b")
    assert second["id"] == emulator.requests[1].id
    assert '"cksess_' in second["answer"]["body"]
    assert emulator.api_key not in str(told)
    assert control.get("/requests?latest=1").json()["requests"] == [second]


def test_looking_is_not_recorded_and_meets_no_fault(control: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=500))

    assert control.get("/requests").json() == {"counts": [], "requests": []}
    assert emulator.faults.pending == 1


REFUSED: list[tuple[str, Any, str | None, str]] = [
    ("/clock", {}, "advance", "missing_required_parameter"),
    ("/clock", {"advance": "1"}, "advance", "invalid_type"),
    ("/clock", {"advance": True}, "advance", "invalid_type"),
    ("/clock", {"advance": -1}, None, "invalid_request"),
    ("/clock", {"advance": 10**400}, None, "invalid_request"),
    ("/clock", {"advance": 1, "by": 2}, "by", "unknown_parameter"),
    ("/clock", [], None, "invalid_type"),
    ("/faults", {"fault": "status=99"}, None, "invalid_request"),
    ("/faults", {"fault": "nonsense"}, None, "invalid_request"),
    ("/faults", {"fault": {"status": "503"}}, "fault.status", "invalid_type"),
    ("/faults", {"fault": {"status": 503, "if": 1}}, "fault.if", "unknown_parameter"),
    ("/faults", {"fault": {"headers": {"a": 1}}}, "fault.headers.a", "invalid_type"),
    ("/faults", {"fault": {"headers": {"a": "ü\n"}}}, None, "invalid_request"),
    ("/faults", {"fault": "status=503", "times": 0}, None, "invalid_request"),
    ("/faults", {"fault": "status=503", "operation": "chat"}, "operation", "invalid_value"),
    ("/faults", {"fault": "status=503; operation=chat"}, None, "invalid_request"),
    ("/faults", {"fault": "status=503", "times": 2, "rate": 0.5}, None, "invalid_request"),
    ("/faults", {"fault": "status=503", "rate": 2}, None, "invalid_request"),
    ("/state", {"sessions": {}}, "sessions", "invalid_type"),
    ("/state", {"sessions": [{"id": "a"}]}, "sessions.0.user", "missing_required_parameter"),
    ("/state", {"sessions": [{"user": ""}]}, None, "invalid_request"),
]


@pytest.mark.parametrize(("path", "body", "param", "code"), REFUSED)
def test_what_is_not_understood_is_refused(
    control: httpx.Client, path: str, body: Any, param: str | None, code: str
) -> None:
    response = control.post(path, json=body)

    assert response.status_code == 400
    assert (response.json()["error"]["param"], response.json()["error"]["code"]) == (param, code)


@pytest.mark.parametrize("value", ["", "-1", "many", "9" * 5000])
def test_a_number_of_the_latest_is_a_number(control: httpx.Client, value: str) -> None:
    assert control.get("/requests", params={"latest": value}).status_code == 400


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/clock", 405)])
def test_there_is_nothing_else(control: httpx.Client, method: str, path: str, status: int) -> None:
    assert control.request(method, path).status_code == status


HOSTS = [
    ("localhost", 200),
    ("localhost:8080", 200),
    ("LOCALHOST", 200),
    ("app.localhost:8080", 200),
    ("127.0.0.1", 200),
    ("127.8.8.8:1", 200),
    ("[::1]:8080", 200),
    ("evil.test", 403),
    ("localhost.evil.test", 403),
    ("127.0.0.1.evil.test", 403),
    ("0.0.0.0", 403),
    ("192.168.1.2", 403),
    ("[::1", 403),
    ("", 403),
]


@pytest.mark.parametrize(("host", "status"), HOSTS)
@pytest.mark.parametrize("path", ["/health", "/state", "/requests"])
def test_a_page_whose_name_was_made_to_lead_here_learns_nothing(
    control: httpx.Client, host: str, status: int, path: str
) -> None:
    assert control.get(path, headers={"host": host}).status_code == status


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://localhost:1", "http://127.0.0.1"])
def test_a_page_of_somebody_else_changes_nothing(control: httpx.Client, emulator: Emulator, origin: str) -> None:
    emulator.sessions.add(user="u")

    response = control.post("/reset", headers={"origin": origin, "content-type": "text/plain"})

    assert (response.status_code, len(emulator.sessions)) == (403, 1)
    assert "access-control-allow-origin" not in response.headers


def test_its_own_page_may_do_everything(control: httpx.Client, emulator: Emulator) -> None:
    origin = emulator.base_url.removesuffix("/v1")

    assert control.post("/clock", json={"advance": 1}, headers={"origin": origin}).status_code == 200


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), ("Bearer wrong", 401), ("Basic letmein", 401), ("Bearer letmein", 200), ("bearer letmein", 200)],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/health"), ("GET", "/state"), ("POST", "/reset")])
def test_a_token_opens_it_where_one_is_set(method: str, path: str, authorization: str | None, status: int) -> None:
    with Emulator(control_token="letmein") as emulator:
        headers = {} if authorization is None else {"authorization": authorization}
        url = emulator.base_url.replace("/v1", f"/_emulator{path}")

        assert httpx.request(method, url, headers=headers, verify=False).status_code == status
