"""The endpoint's logger. It says what went wrong, and nothing that a request or an answer held."""

import logging
from typing import Final

log: Final = logging.getLogger("chatkit_sessions.web")
