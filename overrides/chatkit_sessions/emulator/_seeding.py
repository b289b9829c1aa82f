"""Adding sessions without a request, to an emulator here or elsewhere."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

LIFETIME_SECONDS = 600

SessionT = TypeVar("SessionT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A session to add; None is made up."""

    user: str
    id: str | None
    workflow: str
    client_secret: str | None = field(repr=False)
    expires_after: float
    """Seconds."""
    cancelled: bool


class SeededSessions(Mapping[str, SessionT], ABC):
    """Sessions by id, to which more can be added."""

    def add(
        self,
        *,
        user: str,
        id: str | None = None,  # noqa: A002 - the name on the wire
        workflow: str = "wf_emulator",
        client_secret: str | None = None,
        expires_after: float | timedelta = LIFETIME_SECONDS,
        cancelled: bool = False,
    ) -> SessionT:
        """Add a session without a request, for a test to begin with.

        Args:
            user: The visitor's id.
            id: The session's id; one is made up by default. A session that has it already is replaced.
            workflow: The id of the workflow, known to the emulator or not.
            client_secret: Its secret; one is made up by default.
            expires_after: How long it lives, in seconds or as a `timedelta`; 0 for one that has expired.
            cancelled: Whether it is cancelled already.

        Returns:
            The session.

        Raises:
            ValueError: A value is empty or out of range, or the secret is that of another session.
        """
        seconds = expires_after.total_seconds() if isinstance(expires_after, timedelta) else expires_after
        return self._add(
            Seed(
                user=user,
                id=id,
                workflow=workflow,
                client_secret=client_secret,
                expires_after=seconds,
                cancelled=cancelled,
            )
        )

    @abstractmethod
    def _add(self, seed: Seed) -> SessionT: ...
