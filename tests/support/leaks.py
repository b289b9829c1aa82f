"""One check for the whole suite: the fake key and the fake secret come to light nowhere.

Every test runs inside `watch()`. It looks at what the test logged, at the repr of each client, session and response
that was made, and at each error of ours: its repr, text and arguments, those of its causes, the local variables that
a verbose traceback would print, and its pickle.
"""

from __future__ import annotations

import logging
import pickle
import re
from collections.abc import Generator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import MemberDescriptorType, TracebackType
from typing import Any, Final

import chatkit_sessions
import httpx
import pytest
from chatkit_sessions import ChatKitError
from chatkit_sessions._async_responses import AsyncStreamedResponse
from chatkit_sessions._base_client import BaseClient
from chatkit_sessions._responses import APIResponse, StreamedResponse

import generated_client
from generated_client.models import ChatSession
from support.session import FAKE_SECRET as FAKE_SECRET

# A message may cut a key, and a newline may part it: either half alone gives it away.
_KEY_HALVES: Final = ("LeakedKeyFirstHalf", "LeakedKeySecondHalf")
FAKE_KEY: Final = f"sk-{''.join(_KEY_HALVES)}-wxyz"
BROKEN_KEY: Final = f"sk-{_KEY_HALVES[0]}\n{_KEY_HALVES[1]}-wxyz"
"""A key with a newline in it, as a careless copy makes it."""

# The last is what the emulator hands out.
_LEAK: Final = re.compile("|".join((*_KEY_HALVES, FAKE_SECRET.removeprefix("ek_"), "ek_[0-9a-f]{32}")))
_PACKAGES: Final = tuple(
    str(Path(module.__file__ or "").parent) for module in (chatkit_sessions, generated_client, httpx)
)
_LOGGERS: Final = ("chatkit_sessions", "httpx", "httpcore")


def leak_in(text: str) -> str:
    """Return the part of a text that should not be there, empty if all is well."""
    found = _LEAK.search(text)
    return found.group() if found else ""


def leaks_of(error: BaseException) -> list[str]:
    """Return where an error, or what stands behind it, shows a secret."""
    found: list[str] = []
    for link in _chain(error):
        texts = {"repr": repr(link), "text": str(link), "args": repr(link.args)}
        texts["notes"] = repr(getattr(link, "__notes__", ""))
        texts |= _locals(link.__traceback__)
        found += [f"{where} of {type(link).__name__}" for where, text in texts.items() if leak_in(text)]
    if isinstance(error, ChatKitError) and leak_in(pickle.dumps(error).decode("latin-1")):
        found.append(f"pickle of {type(error).__name__}")
    return found


class Watch:
    """What a test has shown so far."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.errors: list[ChatKitError] = []

    def drain(self) -> list[str]:
        """Look at the errors as well, return all that was found, and forget it."""
        for error in self.errors:
            self.found += leaks_of(error)
        found = list(dict.fromkeys(self.found))
        self.found.clear()
        self.errors.clear()
        return found


@contextmanager
def watch() -> Generator[Watch]:
    """Watch what goes on inside, and fail on leaving if a secret was shown."""
    watched = Watch()
    handler = _Handler(watched.found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChatKitError, "__new__", _recording(watched.errors))
        # Of a client its last step: what comes before warns at the caller's line, so it must find no frame of ours.
        patch.setattr(BaseClient, "_set_up", _shown_after(vars(BaseClient)["_set_up"], watched.found))
        for made in (ChatSession, APIResponse, StreamedResponse, AsyncStreamedResponse):
            patch.setattr(made, "__init__", _shown_after(made.__init__, watched.found))
        levels = [(logger, logger.level) for logger in map(logging.getLogger, _LOGGERS)]
        for logger, _ in levels:
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
        try:
            yield watched
        finally:
            for logger, level in levels:
                logger.removeHandler(handler)
                logger.setLevel(level)
    if found := watched.drain():
        raise AssertionError(f"a secret is shown by: {', '.join(found)}")


class _Handler(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        # httpcore quotes what it cannot parse, in records that are not ours and that only the user can ask for.
        if record.name.startswith("httpcore.") and "receive_response_headers.failed" in record.getMessage():
            return
        if leak_in(self.format(record) + repr(record.args)):
            self._found.append(f"log of {record.name} at {record.levelname}")


def _recording(errors: list[ChatKitError]) -> Any:
    def new(cls: type[ChatKitError], *args: Any, **_kwargs: Any) -> ChatKitError:
        error = Exception.__new__(cls, *args)
        errors.append(error)
        return error

    return staticmethod(new)


def _shown_after(init: Any, found: list[str]) -> Any:
    @wraps(init)
    def wrapper(self: object, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        if leak_in(repr(self)):
            found.append(f"repr of {type(self).__name__}")

    return wrapper


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and link not in chain:
            chain.append(link)
            waiting += [link.__cause__, link.__context__]
    return chain


def _locals(trace: TracebackType | None) -> dict[str, str]:
    """Return what a traceback with local variables prints of frames that are not the caller's own."""
    shown: dict[str, str] = {}
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(_PACKAGES):
            for name, value in trace.tb_frame.f_locals.items():
                shown[f"variable {name} in {code.co_qualname}"] = _repr(value)
                for attribute in code.co_names:  # as stackprinter does
                    if attribute in _attributes(value):
                        shown[f"{name}.{attribute} in {code.co_qualname}"] = _repr(getattr(value, attribute, None))
        trace = trace.tb_next
    return shown


def _attributes(value: object) -> frozenset[str]:
    """Return the names of what an object holds; a property would be computed."""
    kinds = [vars(kind) for kind in type(value).__mro__]
    slots = {name for names in kinds for name, each in names.items() if isinstance(each, MemberDescriptorType)}
    return frozenset(slots | getattr(value, "__dict__", {}).keys())


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # an object half made, as a failed __init__ leaves it
        return f"<{type(error).__name__}>"
