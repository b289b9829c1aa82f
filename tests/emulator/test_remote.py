"""An emulator that runs elsewhere, as Python sees it."""

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from chatkit_sessions import ConflictError, Sessions, __version__
from chatkit_sessions.emulator import Clock, Emulator, Fault, Faults, RemoteEmulator, SessionStore
from chatkit_sessions.emulator._fault_plan import FaultPlan
from support.listener import closed_port

GOOD = {"user": "user_abc", "workflow": {"id": "wf_123"}}


@pytest.fixture
def remote(emulator: Emulator) -> Iterator[RemoteEmulator]:
    with Emulator.at(emulator.base_url) as remote:
        yield remote


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_it_is_found_by_its_url(emulator: Emulator, path: str) -> None:
    with Emulator.at(emulator.urls[0] + path) as remote:
        assert remote.base_url == emulator.base_url
        assert remote.version == __version__
        assert repr(remote) == f"<RemoteEmulator {emulator.base_url}>"


def test_it_shows_the_sessions(remote: RemoteEmulator, sessions: Sessions, emulator: Emulator) -> None:
    session = sessions.create(user="user_abc", workflow="wf_123")

    assert list(remote.sessions) == [session.id]
    snapshot = remote.sessions[session.id]
    assert (snapshot.user, snapshot.workflow, snapshot.status) == ("user_abc", "wf_123", "active")
    assert snapshot == remote.sessions.by_secret(session.client_secret)
    assert remote.sessions.by_secret("ek_unknown") is None
    assert session.client_secret not in repr(snapshot)
    with pytest.raises(KeyError):
        remote.sessions["cksess_unknown"]


def test_it_takes_sessions_and_can_be_reset(remote: RemoteEmulator, emulator: Emulator) -> None:
    added = remote.sessions.add(user="u", id="cksess_123", expires_after=timedelta(0))

    assert (added.id, added.status, emulator.sessions["cksess_123"].user) == ("cksess_123", "expired", "u")
    with pytest.raises(ValueError, match="another session has it already"):
        remote.sessions.add(user="u", client_secret=added.client_secret)

    remote.reset()
    assert len(remote.sessions) == 0


def test_its_clock_can_be_moved(remote: RemoteEmulator, sessions: Sessions, emulator: Emulator) -> None:
    session = sessions.create(user="user_abc", workflow="wf_123")
    remote.clock.advance(timedelta(minutes=10))

    assert remote.clock.ahead == 600
    assert remote.clock.now() == pytest.approx(emulator.clock.now(), abs=5)
    with pytest.raises(ConflictError):
        sessions.cancel(session)
    with pytest.raises(ValueError, match="a clock only moves forward"):
        remote.clock.advance(-1)


def test_faults_can_be_added_and_cleared(remote: RemoteEmulator, api: httpx.Client) -> None:
    remote.faults.add(Fault(status=503), times=2, operation="create")
    assert remote.faults.pending == 2
    assert api.post("/chatkit/sessions", json=GOOD).status_code == 503

    remote.faults.clear()
    remote.faults.at_rate(1, Fault(status=500))

    assert api.post("/chatkit/sessions", json=GOOD).status_code == 500
    assert remote.counts == {("create", 503): 1, ("create", 500): 1}
    with pytest.raises(ValueError, match=r"^times: "):
        remote.faults.add(Fault(status=503), times=0)


def test_requests_are_as_they_were_but_for_the_key(
    remote: RemoteEmulator, api: httpx.Client, emulator: Emulator
) -> None:
    emulator.faults.add(Fault(status=503, retry_after=2))
    api.post("/chatkit/sessions", json=GOOD, headers=[(b"x-note", "caf\xe9".encode("latin-1"))])
    api.post("/chatkit/sessions?a=b", content=b"\xff\x00{", headers={"content-type": "application/json"})

    for told, kept in zip(remote.requests, emulator.requests, strict=True):
        assert told.headers["authorization"] != kept.headers["authorization"]
        told.raw_headers = [header for header in told.raw_headers if header[0] != b"authorization"]
        kept.raw_headers = [header for header in kept.raw_headers if header[0] != b"authorization"]
        if kept.fault:
            assert told.fault == Fault(status=503, retry_after="2")
            told.fault = kept.fault
        assert told == kept


FAULTS = [
    Fault(),
    Fault(status=503),
    Fault(json=None),
    Fault(json={"a": [1]}, status=201),
    Fault(html=True, delay=0.5),
    Fault(drop=True),
    Fault(truncate=True, headers={"a": "b"}),
    Fault(retry_after="soon", retry_after_ms=150),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("plan", [{}, {"times": 3, "operation": "cancel"}, {"rate": 0.5, "seed": 7}])
def test_a_plan_reads_back_as_it_was(fault: Fault, plan: dict[str, Any]) -> None:
    made = FaultPlan(fault=fault, **plan)

    assert FaultPlan.from_document(made.document()) == made


def test_a_moment_is_sent_as_a_date() -> None:
    plan = FaultPlan(fault=Fault(retry_after=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)))

    assert plan.document()["fault"] == {"retry_after": "Wed, 02 Jan 2030 03:04:05 GMT"}


def test_it_needs_the_token_where_one_is_set() -> None:
    with Emulator(control_token="letmein") as emulator:
        with Emulator.at(emulator.base_url, control_token="letmein") as remote:
            assert remote.version == __version__
        with Emulator.at(emulator.base_url) as remote, pytest.raises(PermissionError, match="control token"):
            remote.reset()


def test_nobody_there_is_a_connection_error() -> None:
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}"
        with Emulator.at(url) as remote, pytest.raises(ConnectionError, match=f"No emulator answers at {url}: "):
            _ = remote.version


def test_another_server_is_no_emulator(emulator: Emulator) -> None:
    with Emulator.at(f"{emulator.urls[0]}/elsewhere") as remote, pytest.raises(ValueError, match="nothing at this URL"):
        _ = remote.version


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://"])
def test_what_is_not_a_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: expected something like"):
        Emulator.at(url)


@pytest.mark.parametrize(("part", "local"), [("clock", Clock), ("faults", Faults), ("sessions", SessionStore)])
def test_its_parts_are_those_of_an_emulator_here(part: str, local: type) -> None:
    remote = getattr(RemoteEmulator("http://localhost"), part).__class__
    # A condition cannot travel; what only the server calls needs not to.
    absent = {"when", "reset", "take", "create", "cancel", "use"}

    for name, member in inspect.getmembers(local):
        if not name.startswith("_") and name not in absent and name not in dir(dict):
            assert hasattr(remote, name), name
            if inspect.isfunction(member):
                here, there = inspect.signature(member).parameters, inspect.signature(getattr(remote, name)).parameters
                assert list(there) == [each for each in here if each not in absent]
