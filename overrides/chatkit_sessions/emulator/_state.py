"""The sessions the emulator has minted. Limits and defaults are those that the document states."""

import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._clock import Clock
from ._errors import ApiError
from ._shelf import Shelf

LIFETIME_SECONDS = 600
REQUESTS_PER_MINUTE = 10
MAX_FILES = 10
MAX_FILE_MEGABYTES = 512

# An expired session is remembered this long, so that cancelling it says that it expired and not that it never was.
REMEMBERED_SECONDS = 3600
KEPT_SESSIONS = 50_000
KEPT_BYTES = 64 * 1024 * 1024

# Whoever repeats a cancellation gets the same refusal again; clients repeat a 409 unless told not to.
FINAL = {"x-should-retry": "false"}


@dataclass(slots=True)
class Session:
    """One minted session."""

    id: str
    user: str
    client_secret: str = field(repr=False)
    created_at: float
    expires_at: int
    request: dict[str, Any] = field(repr=False)
    clock: Clock = field(repr=False)
    cancelled: bool = False

    @property
    def status(self) -> str:
        """`active`, `expired` or `cancelled`."""
        if self.cancelled:
            return "cancelled"
        return "expired" if self.clock.now() >= self.expires_at else "active"

    def resource(self) -> dict[str, Any]:
        """Return the session as the API shows it, every default filled in."""
        workflow = self.request["workflow"]
        limit = int(self.request.get("rate_limits", {}).get("max_requests_per_1_minute", REQUESTS_PER_MINUTE))
        return {
            "id": self.id,
            "object": "chatkit.session",
            "client_secret": self.client_secret,
            "expires_at": self.expires_at,
            "user": self.user,
            "status": self.status,
            "workflow": {
                "id": workflow["id"],
                "version": workflow.get("version"),
                "state_variables": workflow.get("state_variables"),
                "tracing": {"enabled": workflow.get("tracing", {}).get("enabled", True)},
            },
            "rate_limits": {"max_requests_per_1_minute": limit},
            "max_requests_per_1_minute": limit,
            "chatkit_configuration": _configuration(self.request.get("chatkit_configuration", {})),
        }


def _configuration(given: dict[str, Any]) -> dict[str, Any]:
    upload, history = given.get("file_upload", {}), given.get("history", {})
    recent = history.get("recent_threads")
    return {
        "automatic_thread_titling": {"enabled": given.get("automatic_thread_titling", {}).get("enabled", True)},
        "file_upload": {
            "enabled": upload.get("enabled", False),
            "max_file_size": int(upload.get("max_file_size", MAX_FILE_MEGABYTES)),
            "max_files": int(upload.get("max_files", MAX_FILES)),
        },
        "history": {
            "enabled": history.get("enabled", True),
            "recent_threads": None if recent is None else int(recent),
        },
    }


class SessionStore(Mapping[str, Session]):
    """All sessions, by id. The oldest are forgotten when there are too many, and an hour after they expired.

    Args:
        clock: tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept = Shelf[str, Session](most=KEPT_SESSIONS, most_bytes=KEPT_BYTES)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[str]:
        return iter([session.id for session in self._kept.values()])

    def __getitem__(self, session_id: str) -> Session:
        session = self._kept.get(session_id)
        if session is None:
            raise KeyError(session_id)
        return session

    def create(self, request: dict[str, Any], *, size: int) -> dict[str, Any]:
        """Mint a session.

        Args:
            request: the validated body.
            size: the length of the body in bytes.

        Returns:
            The session as the API shows it.
        """
        now = self._clock.now()
        lifetime = int(request.get("expires_after", {}).get("seconds", LIFETIME_SECONDS))
        session = Session(
            id=f"cksess_{secrets.token_hex(16)}",
            user=request["user"],
            client_secret=f"ek_{secrets.token_hex(32)}",
            created_at=now,
            expires_at=int(now) + lifetime,
            request=request,
            clock=self._clock,
        )
        self._kept.discard_oldest_while(lambda oldest: oldest.expires_at + REMEMBERED_SECONDS < now)
        self._kept.put(session.id, session, size=size)
        return session.resource()

    def cancel(self, session_id: str) -> dict[str, Any]:
        """Cancel an active session.

        Returns:
            The session as the API shows it.

        Raises:
            ApiError: 404 for an unknown session; 409 for one that is cancelled or expired already.
        """
        with self._lock:
            session = self._kept.get(session_id)
            if session is None:
                message = "There is no session with this id."
                raise ApiError(404, message, code="session_not_found", param="session_id")
            status = session.status
            if status != "active":
                message = f"The session is {status} already."
                raise ApiError(409, message, code=f"session_{status}", param="session_id", headers=FINAL)
            session.cancelled = True
        return session.resource()
