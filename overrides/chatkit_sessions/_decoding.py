"""Turns the body of a 2xx response into a session, or says why it is none."""

import json
from dataclasses import dataclass
from typing import Any, cast

from ._session import ChatSession


@dataclass(frozen=True, slots=True, repr=False)
class Decoded:
    """The outcome: a session, or the problem and what did come. It has no repr: either may hold a secret."""

    session: ChatSession | None
    body: object
    problem: str


def decode(content: bytes, operation: str) -> Decoded:
    """Decode a body.

    Any JSON object is taken for the answer to a `cancel`; one to a `create` must have what the caller came for.
    """
    try:
        body: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        nested = isinstance(error, RecursionError)
        reason = "is nested too deeply" if nested else "is no JSON" if content else "is empty"
        return Decoded(None, content.decode(errors="replace"), reason)
    if not isinstance(body, dict):
        return Decoded(None, body, "is no JSON object")
    fields = cast("dict[str, Any]", body)
    if operation == "create" and (missing := _missing(fields)):
        return Decoded(None, fields, f"has no {missing}")
    try:
        return Decoded(ChatSession.from_dict(fields), fields, "")
    except TypeError as error:
        return Decoded(None, fields, f"does not fit the document: {error}")


def _missing(body: dict[str, Any]) -> str | None:
    for key in ("id", "client_secret"):
        if not isinstance(body.get(key), str) or not body[key]:
            return f"{key} that is a string with at least one character"
    expires_at = body.get("expires_at")
    if not isinstance(expires_at, int) or isinstance(expires_at, bool):
        return "expires_at that is a whole number"
    return None
