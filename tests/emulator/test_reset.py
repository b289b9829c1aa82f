"""Going back to the start, and what is there from the start."""

import threading
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from chatkit_sessions import Sessions
from chatkit_sessions.emulator import Emulator, Fault
from support.delays import hold_delays

GOOD = {"user": "user_abc", "workflow": {"id": "wf_123"}}


def test_after_a_reset_nothing_is_left(api: httpx.Client, emulator: Emulator) -> None:
    api.post("/chatkit/sessions", json=GOOD)
    emulator.faults.add(Fault(status=500), times=3)
    emulator.faults.at_rate(1, Fault(status=500))
    emulator.clock.advance(3600)

    emulator.reset()

    assert (len(emulator.sessions), len(emulator.requests), emulator.counts.total()) == (0, 0, 0)
    assert emulator.faults.pending == 0
    assert emulator.clock.ahead == 0
    assert api.post("/chatkit/sessions", json=GOOD).status_code == 200
    assert emulator.counts == {("create", 200): 1}


def test_a_reset_keeps_the_address_and_the_connections(sessions: Sessions, emulator: Emulator) -> None:
    base_url = emulator.base_url
    for _ in range(3):
        sessions.create(user="user_abc", workflow="wf_123")
        emulator.reset()

    assert emulator.base_url == base_url


def test_a_reset_gives_the_whole_rate_limit_back() -> None:
    with Emulator(requests_per_minute=1) as emulator:
        headers = {"authorization": f"Bearer {emulator.api_key}", "openai-beta": "chatkit_beta=v1"}
        with httpx.Client(base_url=emulator.base_url, headers=headers, verify=False) as api:
            statuses = [api.post("/chatkit/sessions", json=GOOD).status_code for _ in range(2)]
            emulator.reset()
            statuses.append(api.post("/chatkit/sessions", json=GOOD).status_code)

    assert statuses == [200, 429, 200]


def test_a_request_that_waits_beyond_a_reset_is_dropped_and_leaves_no_trace(
    api: httpx.Client, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = hold_delays(monkeypatch)
    emulator.faults.add(Fault(delay=1))
    outcome: list[object] = []

    def late() -> None:
        try:
            outcome.append(api.post("/chatkit/sessions", json=GOOD))
        except httpx.RemoteProtocolError as error:
            outcome.append(error)

    waiting = threading.Thread(target=late)
    waiting.start()
    while not emulator.requests:
        time.sleep(0.01)
    emulator.reset()
    over.set()
    waiting.join()

    assert isinstance(outcome[0], httpx.RemoteProtocolError)
    assert (len(emulator.sessions), len(emulator.requests), len(emulator.counts)) == (0, 0, 0)


def test_seeds_are_there_from_the_start_and_after_each_reset() -> None:
    emulator = Emulator(seeds=[{"id": "cksess_123", "user": "u"}])
    assert [session.user for session in emulator.sessions.values()] == ["u"]

    emulator.sessions.add(user="another")
    emulator.reset()

    assert list(emulator.sessions) == ["cksess_123"]


def test_a_seed_is_a_session_like_any_other(sessions: Sessions, emulator: Emulator) -> None:
    seed = emulator.sessions.add(id="cksess_123", user="u", workflow="wf_1", client_secret="ek_mine")

    assert (seed.status, seed.workflow, emulator.sessions.by_secret("ek_mine")) == ("active", "wf_1", seed)
    assert sessions.cancel("cksess_123").to_dict() == {**seed.resource(), "status": "cancelled"}


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({}, "active"),
        ({"expires_after": 0}, "expired"),
        ({"expires_after": timedelta(seconds=60)}, "active"),
        ({"cancelled": True}, "cancelled"),
    ],
)
def test_a_seed_may_be_in_any_state(arguments: dict[str, Any], status: str) -> None:
    assert Emulator().sessions.add(user="u", **arguments).status == status


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"user": ""}, "user"),
        ({"id": ""}, "id"),
        ({"workflow": ""}, "workflow"),
        ({"client_secret": ""}, "client_secret"),
        ({"expires_after": -1}, "expires_after"),
        ({"expires_after": float("nan")}, "expires_after"),
        ({"client_secret": "ek_taken"}, "client_secret"),
    ],
)
def test_a_seed_that_makes_no_sense_is_refused(arguments: dict[str, Any], named: str) -> None:
    emulator = Emulator()
    emulator.sessions.add(user="u", id="taken", client_secret="ek_taken")

    given: dict[str, Any] = {"user": "u", **arguments}
    with pytest.raises(ValueError, match=f"^{named}: "):
        emulator.sessions.add(**given)

    assert len(emulator.sessions) == 1


def test_a_seed_takes_the_place_of_what_had_its_id() -> None:
    emulator = Emulator()
    emulator.sessions.add(user="before", id="cksess_123", client_secret="ek_before", cancelled=True)

    seed = emulator.sessions.add(user="after", id="cksess_123")

    assert emulator.sessions == {"cksess_123": seed}
    assert seed.status == "active"
    assert emulator.sessions.by_secret("ek_before") is None
    assert emulator.sessions.add(user="again", id="cksess_123", client_secret=seed.client_secret).user == "again"


def test_a_session_is_found_by_its_secret_until_it_is_forgotten(sessions: Sessions, emulator: Emulator) -> None:
    session = sessions.create(user="user_abc", workflow="wf_123")
    assert emulator.sessions.by_secret(session.client_secret) is emulator.sessions[session.id]
    assert emulator.sessions.by_secret("ek_unknown") is None
    assert emulator.sessions.by_secret("\ud800") is None

    emulator.clock.advance(600 + 3600 + 1)

    assert emulator.sessions.by_secret(session.client_secret) is None


@pytest.mark.parametrize("name", ["requests", "counts", "sessions"])
def test_what_is_for_looking_at_can_not_be_cleared(emulator: Emulator, name: str) -> None:
    with pytest.raises(AttributeError, match="clear"):
        getattr(emulator, name).clear()
