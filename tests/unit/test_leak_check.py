"""Shows a secret in every way, each of which the check that watches all tests must find."""

import logging
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import chatkit_sessions
import httpx
import pytest
from chatkit_sessions import APIResponseValidationError, ChatKitError
from support.leaks import BROKEN_KEY, FAKE_KEY, FAKE_SECRET, Watch, leaks_of
from support.mock import SESSION


def in_package(source: str, **names: Any) -> None:
    """Run a function as if it stood in one of our modules."""
    file = str(Path(chatkit_sessions.__file__ or "").with_name("_made_up.py"))
    exec(compile(source, file, "exec"), names)


def show_in_text(_client: Any) -> None:
    raise ChatKitError(f"no such key: {FAKE_KEY}")


def show_half(_client: Any) -> None:
    raise ChatKitError(BROKEN_KEY.split("\n")[1])


def show_in_cause(_client: Any) -> None:
    raise ChatKitError("no") from ValueError(FAKE_SECRET)


def show_in_context(_client: Any) -> None:
    try:
        raise ValueError(FAKE_SECRET)
    except ValueError:
        raise ChatKitError("no") from None


def show_in_note(_client: Any) -> None:
    error = ChatKitError("no")
    error.add_note(FAKE_KEY)


def show_in_pickle(_client: Any) -> None:
    error: Any = ChatKitError("no")
    error.seen = [FAKE_KEY]


def show_in_local_variable(_client: Any) -> None:
    in_package("def f(key):\n    raise error\nf(key)", error=ChatKitError("no"), key=FAKE_KEY)


def show_in_log(_client: Any) -> None:
    logging.getLogger("chatkit_sessions").debug("the key is %s", FAKE_KEY)


def show_in_arguments_of_log(_client: Any) -> None:
    logging.getLogger("chatkit_sessions.more").info("the key is %.0s", FAKE_KEY)


def show_in_repr(client: Any) -> None:
    class Chatty(client):  # type: ignore[misc] # made up for one test
        def __repr__(self) -> str:
            return FAKE_KEY

    Chatty(api_key="sk-1")


SHOWN: list[tuple[Callable[[Any], None], str]] = [
    (show_in_text, "text of ChatKitError"),
    (show_half, "repr of ChatKitError"),
    (show_in_cause, "args of ValueError"),
    (show_in_context, "text of ValueError"),
    (show_in_note, "notes of ChatKitError"),
    (show_in_pickle, "pickle of ChatKitError"),
    (show_in_local_variable, "variable key in f of ChatKitError"),
    (show_in_log, "log of chatkit_sessions at DEBUG"),
    (show_in_arguments_of_log, "log of chatkit_sessions.more at INFO"),
    (show_in_repr, "repr of Chatty"),
]


@pytest.mark.parametrize(("show", "place"), SHOWN, ids=[row[0].__name__ for row in SHOWN])
def test_the_check_finds_a_secret(watched: Watch, show: Callable[[Any], None], place: str) -> None:
    assert watched.drain() == []
    with suppress(ChatKitError):
        show(chatkit_sessions.Sessions)
    assert place in watched.drain()
    assert watched.drain() == []


def test_the_check_finds_nothing_where_nothing_is(watched: Watch) -> None:
    response = httpx.Response(200, json=SESSION, request=httpx.Request("POST", "https://api.example"))
    error = APIResponseValidationError(response, SESSION)
    assert leaks_of(error) == []
    assert FAKE_SECRET not in pickle.dumps(error).decode("latin-1")
    assert watched.drain() == []
