import io
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from chatkit_sessions import APIConnectionError, InternalServerError, _log
from support.clients import Maker
from support.mock import answer

LOGGER = logging.getLogger("chatkit_sessions")


@pytest.fixture(autouse=True)
def _fresh_logger() -> Iterator[None]:
    """Let a test begin as a process does, and take back what it did to the logger."""
    handlers, level = LOGGER.handlers[:], LOGGER.level
    LOGGER.handlers = []
    LOGGER.setLevel(logging.NOTSET)
    _log.follow_environment.cache_clear()
    yield
    LOGGER.handlers = handlers
    LOGGER.setLevel(level)
    _log.follow_environment.cache_clear()


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == LOGGER.name]


@pytest.mark.anyio
async def test_attempts_and_retries_are_logged_with_what_they_came_to(
    maker: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER.name)
    client = maker.serve(
        answer(503, headers={"retry-after": "7", "x-request-id": "req_a"}), httpx.ConnectError("x"), answer()
    )
    await client.create()
    seen = lines(caplog)
    assert [level for level, _ in seen] == ["DEBUG", "INFO", "INFO", "DEBUG", "INFO", "DEBUG", "INFO"]
    texts = [text for _, text in seen]
    assert texts[0] == "POST /chatkit/sessions: attempt 1"
    assert texts[1].startswith("POST /chatkit/sessions: status 503 in ")
    assert texts[1].endswith(" s (request id req_a)")
    assert texts[2] == "retry 1 of 2 in 7.000 s: status 503"
    assert texts[3] == "POST /chatkit/sessions: attempt 2"
    assert texts[4].startswith("retry 2 of 2 in ")
    assert texts[4].endswith(" s: ConnectError")
    assert texts[5] == "POST /chatkit/sessions: attempt 3"
    assert texts[6].startswith("POST /chatkit/sessions: status 200 in ")
    assert texts[6].endswith(" s (request id req_1)")


@pytest.mark.anyio
async def test_no_query_header_or_body_is_logged(maker: Maker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, LOGGER.name)
    step = answer(500, {"error": {"message": "hidden-answer"}}, headers={"x-mine": "hidden-header"})
    client = maker.serve(step, answer(200, headers={"x-mine": "hidden-header"}), httpx.ConnectError("hidden-failure"))
    await client.create(
        user="hidden-user", extra_query={"q": "hidden-query"}, extra_headers={"x": "hidden-header"}, max_retries=1
    )
    with pytest.raises(APIConnectionError):
        await client.create(max_retries=0)
    assert len(lines(caplog)) >= 6
    assert not [text for _, text in lines(caplog) if "hidden" in text]


@pytest.mark.anyio
async def test_an_id_does_not_forge_a_line(maker: Maker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOGGER.name)
    await maker.serve(answer()).cancel("a\nINFO all is well")
    assert lines(caplog)
    assert not [text for _, text in lines(caplog) if "\n" in text]


@pytest.mark.anyio
async def test_a_failed_call_is_raised_and_not_logged_as_an_error(
    maker: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InternalServerError):
        await maker.serve(answer(500), max_retries=0).create()
    assert not [level for level, _ in lines(caplog) if level not in ("DEBUG", "INFO")]


def test_a_program_without_logging_sees_warnings_and_errors_and_nothing_below(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    make()
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        LOGGER.log(level, "a line at %i", level)
    assert capsys.readouterr() == ("", "a line at 30\na line at 40\n")
    assert (LOGGER.level, LOGGER.handlers) == (logging.NOTSET, [])


@pytest.mark.anyio
@pytest.mark.parametrize("flavour", [("sync", False), ("trio", False)], indirect=True)
async def test_a_session_that_stays_open_after_an_error_is_told_on_stderr(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    client = maker.serve(answer(), answer(500), max_retries=0)
    with pytest.raises(ZeroDivisionError):
        async with client.open():
            raise ZeroDivisionError
    assert capsys.readouterr().err == "session cksess_1 was not cancelled: InternalServerError\n"


LEVELS = [
    ("debug", logging.DEBUG),
    (" INFO\n", logging.INFO),
    ("Warning", logging.WARNING),
    ("warn", logging.WARNING),
    ("error", logging.ERROR),
    ("critical", logging.CRITICAL),
]


@pytest.mark.parametrize(("value", "level"), LEVELS)
def test_openai_log_sets_the_level_when_the_first_client_is_made(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, value: str, level: int
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    before = root.level
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("OPENAI_LOG", value)
    make()
    assert LOGGER.level == level
    LOGGER.log(level, "a line of %s", "ours")
    LOGGER.log(level - 1, "a line below")
    assert stderr.getvalue().endswith(f" {logging.getLevelName(level)} chatkit_sessions: a line of ours\n")
    assert "below" not in stderr.getvalue()
    assert (root.handlers, root.level) == ([], before)

    monkeypatch.setenv("OPENAI_LOG", "debug" if level != logging.DEBUG else "error")
    make()
    assert LOGGER.level == level, "a later client changed it"
    assert len(LOGGER.handlers) == 1


def test_an_application_that_has_logging_set_up_gets_our_lines_once(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = logging.StreamHandler(io.StringIO())
    monkeypatch.setattr(logging.getLogger(), "handlers", [own])
    monkeypatch.setenv("OPENAI_LOG", "info")
    make()
    LOGGER.info("once")
    assert own.stream.getvalue() == "once\n"
    assert LOGGER.handlers == []


@pytest.mark.parametrize("where", [None, LOGGER.name])
def test_an_application_that_sets_logging_up_later_gets_our_lines_once(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, where: str | None
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("OPENAI_LOG", "info")
    make()
    LOGGER.info("before")
    own = logging.StreamHandler(io.StringIO())
    logging.getLogger(where).addHandler(own)
    LOGGER.info("after")
    assert stderr.getvalue().endswith(" INFO chatkit_sessions: before\n")
    assert stderr.getvalue().count("\n") == 1
    assert own.stream.getvalue() == "after\n"


@pytest.mark.parametrize("value", ["", "  ", "loud", "10", "debug,info", '"debug"'])
def test_an_openai_log_that_says_no_level_changes_nothing_and_is_told_once(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setenv("OPENAI_LOG", value)
    make()
    make()
    assert (LOGGER.level, LOGGER.handlers) == (logging.NOTSET, [])
    message = f"OPENAI_LOG: expected debug, info, warning, error or critical, got {value!r}\n"
    assert capsys.readouterr().err == (message if value.strip() else "")
