"""A session as text for a person."""

import json
from typing import cast

from chatkit_sessions import ChatSession
from chatkit_sessions._secret import mask

from .output import columns


def summary(session: ChatSession, *, secret: bool = False) -> str:
    """Return the facts of a session, in two columns.

    Args:
        session: The session; what the server left out of it is left out here.
        secret: Whether to show the client secret in full.
    """
    # None means that the server left it out, whatever the model's types say.
    client_secret = cast("str | None", session.client_secret)
    workflow = cast("object | None", session.workflow)
    limits = cast("object | None", session.rate_limits)
    rows: dict[str, object] = {
        "id": session.id,
        "status": session.status,
        "user": session.user,
        "workflow": workflow and session.workflow.id,
        "workflow version": workflow and session.workflow.version,
        "state variables": workflow and _variables(session),
        "expires": _expiry(session),
        "rate limit": limits and f"{session.rate_limits.max_requests_per_1_minute} requests per minute",
        "client secret": client_secret and (client_secret if secret else mask(client_secret)),
        "request id": session.request_id,
    }
    return columns({name: str(value) for name, value in rows.items() if value is not None})


def _variables(session: ChatSession) -> str | None:
    variables = session.workflow.state_variables
    return None if variables is None else json.dumps(variables.to_dict(), ensure_ascii=False)


def _expiry(session: ChatSession) -> str | None:
    if cast("int | None", session.expires_at) is None:
        return None
    left = int(session.expires_in().total_seconds())
    return f"{session.expires:%Y-%m-%d %H:%M:%S} UTC" + (f", in {left} s" if left else ", which is past")
