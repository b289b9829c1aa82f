"""What the emulator keeps of the requests it received."""

import httpx
from chatkit_sessions.emulator import Emulator, Fault


def test_a_request_is_kept_with_its_answer(api: httpx.Client, emulator: Emulator) -> None:
    response = api.post("/chatkit/sessions?trace=1", json={"user": "u", "workflow": {"id": "wf"}}, headers={"X-A": "b"})

    [request] = emulator.requests
    assert (request.method, request.path, request.query) == ("POST", "/v1/chatkit/sessions", "trace=1")
    assert request.operation == "create"
    assert request.headers["x-a"] == "b"
    assert request.json == {"user": "u", "workflow": {"id": "wf"}}
    assert request.status == 200
    assert request.answer is not None
    assert request.answer.json == response.json()
    assert request.answer.headers["X-Request-Id"] == request.id == response.headers["x-request-id"]
    assert request.fault is None


def test_a_path_is_kept_as_it_was_encoded(api: httpx.Client, emulator: Emulator) -> None:
    api.post("/chatkit/sessions/a%2Fb%20c/cancel")

    assert emulator.requests[0].path == "/v1/chatkit/sessions/a%2Fb%20c/cancel"
    assert emulator.requests[0].operation == "cancel"


def test_the_fault_that_happened_is_kept_too(api: httpx.Client, emulator: Emulator) -> None:
    fault = Fault(status=500)
    emulator.faults.add(fault)

    api.post("/chatkit/sessions")

    assert emulator.requests[0].fault is fault


def test_no_repr_shows_a_secret(api: httpx.Client, emulator: Emulator) -> None:
    session = api.post("/chatkit/sessions", json={"user": "u", "workflow": {"id": "wf"}}).json()

    [request] = emulator.requests
    shown = repr([emulator, request, request.answer, request.headers, emulator.sessions[session["id"]]])

    assert emulator.api_key not in shown
    assert session["client_secret"] not in shown


def test_answers_are_counted_by_operation_and_status(api: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=503))
    ids = [api.post("/chatkit/sessions", json={"user": "u", "workflow": {"id": "wf"}}) for _ in range(3)]
    for response in ids[1:]:
        api.post(f"/chatkit/sessions/{response.json()['id']}/cancel")
    api.get("/models")

    assert emulator.counts == {("create", 503): 1, ("create", 200): 2, ("cancel", 200): 2, (None, 404): 1}


def test_no_body_is_no_json(api: httpx.Client, emulator: Emulator) -> None:
    api.post("/chatkit/sessions/cksess_1/cancel", headers={"X-Emulator-Fault": "status=204"})

    [request] = emulator.requests
    assert request.json is None
    assert request.answer is not None
    assert request.answer.json is None


def test_the_requests_read_like_a_list(api: httpx.Client, emulator: Emulator) -> None:
    assert emulator.requests == []
    for name in "abc":
        api.get(f"/{name}")

    assert [request.path for request in emulator.requests[1:]] == ["/v1/b", "/v1/c"]
    assert emulator.requests[-1] is list(emulator.requests)[2]
    assert emulator.requests == list(emulator.requests)
    assert repr(emulator.requests) == repr(list(emulator.requests))
    assert emulator.counts[None, 404] == 3
    assert emulator.counts["create", 200] == 0
    assert ("create", 200) not in emulator.counts
