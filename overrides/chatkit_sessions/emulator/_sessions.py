"""The sessions of the emulator, with the limits and defaults of the document."""

import hashlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ._admission import RateLimit
from ._bounded_store import BoundedStore
from ._clock import Clock
from ._errors import ApiError
from ._seeding import LIFETIME_SECONDS, Seed, SeededSessions

REQUESTS_PER_MINUTE = 10
MAX_FILES = 10
MAX_FILE_MEGABYTES = 512

# An expired session is kept this long, so that cancelling it says that it expired and not that it is unknown.
REMEMBERED_SECONDS = 3600
MAX_SESSIONS = 50_000
MAX_BYTES = 64 * 1024 * 1024

# A repeated cancellation gets the same error again; clients repeat a 409 unless told not to.
FINAL = {"x-should-retry": "false"}


@dataclass(slots=True, kw_only=True)
class Session:
    """One session."""

    id: str
    user: str
    client_secret: str = field(repr=False)
    created_at: float
    expires_at: int
    request: dict[str, Any] = field(repr=False)
    clock: Clock = field(repr=False)
    project: str | None = None
    cancelled: bool = False
    messages: int = 0
    """How many chat messages were sent with its client secret."""
    _rate_limit: RateLimit | None = field(default=None, repr=False)

    @property
    def status(self) -> str:
        """`active`, `expired` or `cancelled`."""
        if self.cancelled:
            return "cancelled"
        return "expired" if self.clock.now() >= self.expires_at else "active"

    @property
    def workflow(self) -> str:
        """The id of its workflow."""
        workflow_id: str = self.request["workflow"]["id"]
        return workflow_id

    @property
    def requests_per_minute(self) -> int:
        """How many chat messages may be sent with its client secret in a minute."""
        return int(self.request.get("rate_limits", {}).get("max_requests_per_1_minute", REQUESTS_PER_MINUTE))

    def take_message(self) -> None:
        """Count one chat message.

        Raises:
            ApiError: 401 unless the session is active, 429 beyond its rate limit.
        """
        status = self.status
        if status != "active":
            raise ApiError(401, f"The session of this client secret is {status}.", code=f"session_{status}")
        if self._rate_limit is None:
            self._rate_limit = RateLimit(self.requests_per_minute)
        self._rate_limit.take(self.clock.now())
        self.messages += 1

    def resource(self) -> dict[str, Any]:
        """Return the session as the API shows it, with every default."""
        workflow = self.request["workflow"]
        limit = self.requests_per_minute
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


class SessionStore(SeededSessions[Session]):
    """All sessions, by id. The oldest are forgotten when there are too many, and each an hour after it expired.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions = BoundedStore[str, Session](max_values=MAX_SESSIONS, max_bytes=MAX_BYTES)
        # By digest: the time of a search shows nothing of the secrets.
        self._ids_by_secret: dict[bytes, str] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[str]:
        return iter([session.id for session in self._sessions.values() if self._is_remembered(session)])

    def __getitem__(self, session_id: str) -> Session:
        session = self._sessions.get(session_id)
        if session is None or not self._is_remembered(session):
            raise KeyError(session_id)
        return session

    def by_secret(self, client_secret: str) -> Session | None:
        """Return the session of a client secret, or None; the time that it takes does not tell which."""
        session_id = self._ids_by_secret.get(_digest(client_secret))
        return None if session_id is None else self.get(session_id)

    def create(self, request: dict[str, Any], *, project: str | None, size: int) -> Session:
        """Create a session.

        Args:
            request: The validated body.
            project: The project of the key, if it belongs to one.
            size: The length of the body in bytes.
        """
        session = self._new(request, int(request.get("expires_after", {}).get("seconds", LIFETIME_SECONDS)), project)
        with self._lock:
            self._put(session, size=size)
        return session

    def cancel(self, session_id: str, *, project: str | None) -> Session:
        """Cancel an active session.

        Raises:
            ApiError: 404 for a session that is unknown, or of another project; 409 for one that is cancelled or
                expired already.
        """
        with self._lock:
            session = self.get(session_id)
            if session is None or project not in (None, session.project):
                message = "There is no session with this id."
                raise ApiError(404, message, code="session_not_found", param="session_id")
            status = session.status
            if status != "active":
                message = f"The session is {status} already."
                raise ApiError(409, message, code=f"session_{status}", param="session_id", headers=FINAL)
            session.cancelled = True
        return session

    def use(self, client_secret: str) -> Session:
        """Count a chat message that was sent with a client secret, and return the secret's session.

        Raises:
            ApiError: 401 unless it is the secret of an active session, 429 beyond the session's rate limit.
        """
        with self._lock:
            session = self.by_secret(client_secret)
            if session is None:
                raise ApiError(401, "This is not the client secret of a session.", code="invalid_client_secret")
            session.take_message()
        return session

    def reset(self) -> None:
        """Forget all sessions."""
        with self._lock:
            self._sessions.clear()
            self._ids_by_secret.clear()

    def _add(self, seed: Seed) -> Session:
        for name in ("user", "id", "workflow", "client_secret"):
            if getattr(seed, name) == "":
                raise ValueError(f"{name}: expected a text that is not empty")
        if not 0 <= seed.expires_after < float("inf"):
            raise ValueError(f"expires_after: expected seconds, 0 or more; got {seed.expires_after}")
        session = self._new({"user": seed.user, "workflow": {"id": seed.workflow}}, int(seed.expires_after), None)
        session.cancelled = seed.cancelled
        session.id = seed.id or session.id
        session.client_secret = seed.client_secret or session.client_secret
        with self._lock:
            holder = self.by_secret(session.client_secret)
            if holder is not None and holder.id != session.id:
                raise ValueError("client_secret: another session has it already")
            self._put(session, size=len(seed.user) + len(seed.workflow))
        return session

    def _is_remembered(self, session: Session) -> bool:
        return self._clock.now() <= session.expires_at + REMEMBERED_SECONDS

    def _new(self, request: dict[str, Any], lifetime: int, project: str | None) -> Session:
        now = self._clock.now()
        return Session(
            id=f"cksess_{secrets.token_hex(16)}",
            user=request["user"],
            client_secret=f"ek_{secrets.token_hex(32)}",
            created_at=now,
            expires_at=int(now) + lifetime,
            request=request,
            clock=self._clock,
            project=project,
        )

    def _put(self, session: Session, *, size: int) -> None:
        for forgotten in self._sessions.put(session.id, session, size=size):
            self._ids_by_secret.pop(_digest(forgotten.client_secret), None)
        self._ids_by_secret[_digest(session.client_secret)] = session.id


def _digest(client_secret: str) -> bytes:
    return hashlib.sha256(client_secret.encode(errors="surrogatepass")).digest()
