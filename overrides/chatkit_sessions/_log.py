"""The package's logger. It says what happened on the wire, never what was in it."""

import logging
import os
from functools import cache
from typing import Final

# No handler: Python then writes warnings and errors to stderr in a program that configured nothing.
log: Final = logging.getLogger("chatkit_sessions")

_LONGEST: Final = 200
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


def one_line(text: str) -> str:
    """Return the beginning of a text from outside, escaped, so that it cannot forge a log line."""
    text = text[:_LONGEST]
    return text if text.isprintable() else ascii(text)[1:-1]


@cache
def follow_environment() -> None:
    """Set our logger's level from `OPENAI_LOG`, once per process, and write to stderr while nothing else does."""
    wish = os.environ.get("OPENAI_LOG", "").strip()
    if not wish:
        return
    level = _LEVELS.get(wish.lower())
    if level is None:
        log.warning("OPENAI_LOG: expected debug, info, warning, error or critical, got %.80r", wish)
        return
    log.setLevel(level)
    # A vendored copy shares the logger, and may have set it already.
    if not log.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handler.addFilter(lambda _record: _is_alone(handler))
        log.addHandler(handler)


def _is_alone(handler: logging.Handler) -> bool:
    """Return whether the program has set up no handlers yet, which would get our records too."""
    return log.handlers == [handler] and not (log.propagate and logging.getLogger().handlers)
