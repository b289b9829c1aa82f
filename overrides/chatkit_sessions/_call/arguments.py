"""Turns the arguments of a call into what goes over the wire, or says what is wrong with them."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast
from urllib.parse import quote

from .._generated import CREATE_PARAMS
from .._omit import omit
from .schema import properties_of, short_repr, validate

_encode: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_ALIAS, _ALIASED = "requests_per_minute", "max_requests_per_1_minute"
_UNSET: Final = "if it comes from the environment, the variable is not set"
# White space, control characters, and what a file or a paste leaves unseen: the byte order mark, U+200B.
_STRAY: Final = r"[\s\x00-\x1f\x7f-\x9f\ufeff\u200b]"
_STRAY_ENDS: Final = re.compile(rf"\A{_STRAY}|{_STRAY}\Z")


def create_body(
    *,
    user: object,
    workflow: object,
    chatkit_configuration: object,
    expires_after: object,
    rate_limits: object,
    extra_body: object = None,
) -> dict[str, Any]:
    """Return the body of a `create` without `extra_body`: a copy of the arguments as plain JSON data."""
    if not isinstance(user, str):
        _check_user(user)
    given = {
        "workflow": {"id": workflow} if isinstance(workflow, str) else workflow,
        "user": user,
        "chatkit_configuration": chatkit_configuration,
        "expires_after": expires_after if expires_after is omit else _expires_after(expires_after),
        "rate_limits": rate_limits if rate_limits is omit else _rate_limits(rate_limits),
    }
    if workflow is None:
        raise TypeError(f"workflow: None is not accepted; give the id of a workflow or a mapping; {_UNSET}")
    body: dict[str, Any] = validate(given, _without(CREATE_PARAMS, extra_body) if extra_body else CREATE_PARAMS, "")
    taken = cast("dict[str, object]", body.get("workflow") if isinstance(body.get("workflow"), dict) else {})
    identifier, version = taken.get("id"), taken.get("version")
    path = "workflow" if isinstance(workflow, str) else "workflow.id"
    if identifier == "":
        raise ValueError(f"{path}: expected the id of a workflow such as 'wf_123', got ''; {_UNSET}")
    if version == "":
        raise ValueError("workflow.version: expected the name of a version, got ''; leave it out to run the newest one")
    for name, text in ((path, identifier), ("user", body.get("user")), ("workflow.version", version)):
        if isinstance(text, str) and _STRAY_ENDS.search(text):
            raise _stray(text, name)
    if version == "latest":
        raise ValueError(
            "workflow.version: 'latest' is not a version; leave version out to run the newest one. "
            "The API accepts it and the chat then fails without an error (openai/chatkit-js issue 41)"
        )
    return body


def encode(body: Mapping[str, Any], extra_body: Mapping[str, Any] | None) -> bytes | None:
    """Return the JSON of a body and `extra_body`, which wins; None if there is nothing to send."""
    if extra_body is None:
        return _encode(body).encode() if body else None
    if not isinstance(cast("object", extra_body), Mapping):
        raise TypeError(f"extra_body: expected a mapping, got {short_repr(extra_body)}")
    try:
        return _encode({**body, **extra_body}).encode()
    except (TypeError, ValueError) as error:
        raise type(error)(f"extra_body: cannot be written as JSON ({error})") from None
    except RecursionError:
        raise ValueError("extra_body: nested too deeply to be written as JSON") from None


def session_segment(session: object) -> str:
    """Return an id, or the id of a session, as one percent-encoded segment of a path."""
    identifier = session if isinstance(session, str) else getattr(session, "id", None)
    if not isinstance(identifier, str):  # what came is not shown: a session as a dictionary holds its client secret
        came = "a session without one" if hasattr(session, "id") else type(session).__name__
        raise TypeError(f"session_id: expected a str or a ChatSession with an id, got {came}")
    return path_segment(identifier, "session_id", "the id of a session such as 'cksess_123'")


def path_segment(identifier: str, argument: str, expected: str) -> str:
    """Return an id as one percent-encoded segment of a path; `argument` and `expected` are for messages."""
    if identifier in ("", ".", ".."):
        raise ValueError(f"{argument}: expected {expected}, got {identifier!r}")
    if _STRAY_ENDS.search(identifier):
        raise _stray(identifier, argument)
    try:
        return quote(identifier, safe="")
    except UnicodeEncodeError:
        raise ValueError(f"{argument}: expected Unicode text, got a string with a lone surrogate") from None


def _stray(identifier: str, path: str) -> ValueError:
    return ValueError(f"{path}: expected no white space or control character at its ends, got {identifier!r:.80}")


def _check_user(user: object) -> None:
    from uuid import UUID

    if isinstance(user, int | UUID) and not isinstance(user, bool):
        raise TypeError(f"user: expected a str, got {short_repr(user)}; give str(…) of it")


def _without(schema: Mapping[str, Any], extra_body: object) -> Mapping[str, Any]:
    """Return a schema that does not require what `extra_body` has."""
    extra = cast("Mapping[str, Any]", extra_body) if isinstance(extra_body, Mapping) else ()
    return {**schema, "required": [key for key in schema["required"] if key not in extra]}


def _expires_after(value: object) -> object:
    if isinstance(value, timedelta):
        if value.microseconds:
            raise ValueError(f"expires_after: expected whole seconds, got {value!r}")
        return {"seconds": value.days * 86_400 + value.seconds}
    return {"seconds": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


def _rate_limits(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {_ALIASED: value}
    if not isinstance(value, Mapping):
        return value
    given = cast("Mapping[object, object]", value)
    known = (*properties_of(CREATE_PARAMS["properties"].get("rate_limits", {})), _ALIAS)
    for key in given:
        if isinstance(key, str) and key not in known:
            raise ValueError(f"rate_limits: unknown key {key!r:.80}; did you mean {' or '.join(map(repr, known))}?")
    if _ALIAS in given and _ALIASED in given:
        raise ValueError(f"rate_limits: {_ALIAS!r} and {_ALIASED!r} mean the same; give one")
    return {_ALIASED if key == _ALIAS else key: item for key, item in given.items()}
