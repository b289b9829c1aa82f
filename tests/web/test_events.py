import asyncio
from collections.abc import Callable

import pytest
from chatkit_sessions.emulator import Emulator, Fault
from chatkit_sessions.web import Event, SessionEndpoint
from support.sites import ASYNC, Browser, Site

Make = Callable[..., SessionEndpoint]


def test_an_application_hears_what_happens(make: Make, browser: Browser, upstream: Emulator) -> None:
    events: list[Event] = []
    make(on_event=events.append, limit=2)
    browser.ask()
    upstream.faults.add(Fault(status=500), operation="create")
    browser.ask()
    browser.ask()
    browser.ask(user=None)
    browser.ask("DELETE")

    minted, failed, limited, nobody, ended = events
    [session_id] = minted.session_ids
    assert (minted.name, minted.user, minted.code, minted.error) == ("minted", "alice", None, None)
    assert session_id in upstream.sessions
    assert minted.seconds > 0
    assert (failed.name, failed.user, failed.code) == ("failed", "alice", "chat_unavailable")
    assert type(failed.error).__name__ == "InternalServerError"
    assert (limited.name, limited.user, limited.code) == ("refused", "alice", "too_many_sessions")
    assert (nobody.name, nobody.user, nobody.code) == ("refused", None, "not_signed_in")
    assert (ended.name, ended.user, ended.session_ids) == ("ended", "alice", (session_id,))


def test_what_it_raises_loses_no_secret(make: Make, browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Event) -> None:
        raise RuntimeError("the counter is away")

    make(on_event=fail)

    assert browser.ask().status_code == 200
    assert browser.ask(user=None).status_code == 401
    assert browser.ask("DELETE").status_code == 204
    assert "the counter is away" in caplog.text


def test_it_may_be_asynchronous_where_the_framework_is(site: Site, make: Make, browser: Browser) -> None:
    events: list[Event] = []

    async def keep(event: Event) -> None:
        await asyncio.sleep(0)
        events.append(event)

    if site.name not in ASYNC:
        with pytest.raises(TypeError, match=r"on_event: expected a synchronous function"):
            make(on_event=keep)
        return
    make(on_event=keep)
    browser.ask()

    assert [event.name for event in events] == ["minted"]
