"""The package's logger. It says what happened on the wire, never what was in it."""

import logging
import os
from functools import cache
from typing import Final

log: Final = logging.getLogger("chatkit_sessions")
log.addHandler(logging.NullHandler())

_LONGEST: Final = 200
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}


def one_line(text: str) -> str:
    """Return a text from outside so that it cannot forge a line, escapes and all; of a long one, the beginning."""
    text = text[:_LONGEST]
    return text if text.isprintable() else ascii(text)[1:-1]


@cache
def follow_environment() -> None:
    """Set our logger's level from `OPENAI_LOG`, once per process, and write to stderr if nothing else does."""
    level = _LEVELS.get(os.environ.get("OPENAI_LOG", "").strip().lower())
    if level is None:
        return
    log.setLevel(level)
    # A copy of this package in another tree shares the logger, and may have been here before.
    if not logging.getLogger().handlers and all(isinstance(each, logging.NullHandler) for each in log.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        log.addHandler(handler)
