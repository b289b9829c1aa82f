"""The session that a call returns: the generated model, tolerant of what the server leaves out."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, cast

from . import _generated as generated
from ._generated import ATTRIBUTES, SCHEMAS
from ._secret import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
_AFTER_ALL: Final = datetime.max.replace(tzinfo=UTC)


class ChatSession(generated.ChatSession):
    """A ChatKit session, as the server answered it.

    It has every property of the document under its own name. One that the server left out reads None, and one that the
    document does not know is in `additional_properties`. `client_secret` is a plain str, to be handed to the visitor's
    browser; the repr hides it.

    Attributes:
        request_id: The `x-request-id` of the response, to quote to OpenAI's support.
    """

    request_id: str | None = None

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Build a session from decoded JSON.

        Raises:
            TypeError: It is no object, or has something else where the document has an object.
        """
        if _EVERY_PROPERTY_IS_REQUIRED:
            try:
                return super().from_dict(src_dict)
            except (KeyError, TypeError, ValueError, AttributeError):
                pass  # something is left out or of another shape: the slower way finds out what
        return cast("Self", _built("ChatSession", src_dict, ""))

    @property
    def object(self) -> str:
        """The kind of object: `chatkit.session`."""
        return self.object_

    @property
    def expires(self) -> datetime:
        """When the client secret expires, in UTC; None when the server did not give a number as `expires_at`."""
        seconds = cast("object", self.expires_at)
        if not isinstance(seconds, int | float):
            return cast("datetime", None)
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):  # a moment that datetime cannot hold
            return _AFTER_ALL if seconds > 0 else _BEFORE_ALL

    def expires_in(self) -> timedelta:
        """Return the time left by this machine's clock, never negative; none is left if no expiry is known."""
        if self.expires is None:  # pyright: ignore[reportUnnecessaryComparison] # a cancel's answer may lack it
            return timedelta()
        return max(self.expires - datetime.fromtimestamp(time.time(), UTC), timedelta())

    def is_expired(self) -> bool:
        """Tell whether no time is left by this machine's clock."""
        return not self.expires_in()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _restored, (self.to_dict(), self.request_id)


class _Partial:
    """A generated model that lacks properties: they read None, and `to_dict` leaves them out again."""

    schema: ClassVar[str]
    left_out: frozenset[str]

    def to_dict(self) -> dict[str, Any]:
        own = {}
        for key in SCHEMAS[self.schema]["properties"]:
            value = getattr(self, _attribute(self.schema, key))
            if value is not None or key not in self.left_out:
                own[key] = cast("Any", value).to_dict() if hasattr(value, "to_dict") else value
        return {**own, **cast("Any", self).additional_properties}

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _built, (self.schema, self.to_dict(), self.schema)


class _PartialChatSession(_Partial, ChatSession):
    schema = "ChatSession"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return ChatSession.__reduce__(self)


def _built(schema: str, data: object, path: str) -> Any:
    if not isinstance(data, dict):
        raise TypeError(f"{path or 'the session'} is no JSON object")
    fields = cast("dict[str, Any]", data)
    properties = SCHEMAS[schema]["properties"]
    values: dict[str, Any] = {}
    for key, part in properties.items():
        value = fields.get(key)
        if value is not None and "properties" in SCHEMAS.get(part.get("$ref"), ()):
            value = _built(part["$ref"], value, f"{path}.{key}" if path else key)
        values[_attribute(schema, key)] = value
    node = _partial_class(schema)(**values)
    node.left_out = frozenset(properties.keys() - fields.keys())
    node.additional_properties = {key: value for key, value in fields.items() if key not in properties}
    return node


@cache
def _partial_class(schema: str) -> Any:
    if schema == _PartialChatSession.schema:
        return _PartialChatSession
    model: type = getattr(generated.models, schema)
    return type(model.__name__, (_Partial, model), {"schema": schema})


def _attribute(schema: str, key: str) -> str:
    return ATTRIBUTES.get(schema, {}).get(key, key)


def _restored(data: dict[str, Any], request_id: str | None) -> ChatSession:
    session = ChatSession.from_dict(data)
    session.request_id = request_id
    return session


def _visible(session: Any) -> Iterator[tuple[str, object]]:
    yield "id", session.id
    yield "status", session.status
    yield "expires_at", session.expires_at
    yield "client_secret", HIDDEN


def _masked(session: Any) -> str:
    return f"ChatSession({', '.join(f'{name}={value!r}' for name, value in _visible(session))})"


# The generator's own repr prints client_secret, also that of a model which one of its endpoint functions returns; and
# rich, which prints the tracebacks of many command lines, shows every attribute of an attrs class unless told not to.
generated.ChatSession.__repr__ = _masked  # type: ignore[method-assign] # as meant
generated.ChatSession.__rich_repr__ = _visible  # type: ignore[attr-defined] # as meant


def _is_all_required(schema: Mapping[str, Any]) -> bool:
    parts = schema["properties"].values()
    nested = (SCHEMAS.get(part.get("$ref"), {}) for part in parts)
    return set(schema["required"]) >= schema["properties"].keys() and all(
        _is_all_required(part) for part in nested if "properties" in part
    )


# For an optional property that did not come, the generator's from_dict has a marker of its own instead of None.
_EVERY_PROPERTY_IS_REQUIRED: Final = _is_all_required(SCHEMAS["ChatSession"])
