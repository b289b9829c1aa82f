"""The endpoint's logger. It says what went wrong, and nothing that a request or an answer held."""

import logging
from typing import Final

log: Final = logging.getLogger("chatkit_sessions.web")


class _Unheard(logging.Handler):
    """Shows on stderr what nobody else shows: the package's own logger is silent until somebody configures it."""

    def emit(self, record: logging.LogRecord) -> None:
        logger: logging.Logger | None = log
        while logger is not None:
            if not all(isinstance(each, _Unheard | logging.NullHandler) for each in logger.handlers):
                return
            logger = logger.parent if logger.propagate else None
        if logging.lastResort is not None:
            logging.lastResort.handle(record)


if not log.handlers:  # a copy of this package in another tree shares the logger, and may have been here before
    log.addHandler(_Unheard())
