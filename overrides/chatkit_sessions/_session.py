"""The session that a call returns: the generated model, tolerant of what the server leaves out."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self, cast

from . import _generated as generated
from ._generated import ATTRIBUTES, SCHEMAS
from ._secret import HIDDEN
from ._version import public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
_AFTER_ALL: Final = datetime.max.replace(tzinfo=UTC)


@public
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
        return cast("Self", _built(src_dict, _plan("ChatSession"), ""))

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

    _schema: ClassVar[str]
    _left_out: frozenset[str]

    def to_dict(self) -> dict[str, Any]:
        own = {}
        for key in SCHEMAS[self._schema]["properties"]:
            value = getattr(self, _attribute(self._schema, key))
            if value is not None or key not in self._left_out:
                own[key] = cast("Any", value).to_dict() if hasattr(value, "to_dict") else value
        return {**own, **cast("Any", self).additional_properties}

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _rebuilt, (self._schema, self.to_dict())


class _PartialChatSession(_Partial, ChatSession):
    _schema = "ChatSession"

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return ChatSession.__reduce__(self)


class _Plan(NamedTuple):
    """How to build the objects of one schema: what the generator's own `from_dict` finds out anew each time."""

    model: type[Any]
    partial: type[Any]
    parts: tuple[tuple[str, str, _Plan | None], ...]
    keys: frozenset[str]


@cache
def _plan(schema: str) -> _Plan:
    model = ChatSession if schema == "ChatSession" else getattr(generated.models, schema)
    partial = _PartialChatSession if schema == "ChatSession" else _partial_class(model)
    properties = SCHEMAS[schema]["properties"]
    parts = tuple((key, _attribute(schema, key), _part_plan(schema, key, part)) for key, part in properties.items())
    return _Plan(model, partial, parts, frozenset(properties))


def _part_plan(schema: str, key: str, part: Mapping[str, Any]) -> _Plan | None:
    reference: str = part.get("$ref", "")
    if "properties" in SCHEMAS.get(reference, ()):
        return _plan(reference)
    # The generator names the class of an object without a name after its place.
    free: Any = getattr(generated.models, schema + key.title().replace("_", ""), None)
    return _Plan(free, free, (), frozenset()) if hasattr(free, "additional_properties") else None


def _built(data: object, plan: _Plan, path: str) -> Any:
    if not isinstance(data, dict):
        if not plan.keys:
            return data
        raise TypeError(f"{path or 'the session'} is not a JSON object")
    fields = cast("dict[str, Any]", data)
    values: dict[str, Any] = {}
    has_all = has_all_keys = plan.keys <= fields.keys()
    for key, attribute, part in plan.parts:
        value = fields.get(key)
        if part is not None:
            if value is not None:
                value = _built(value, part, f"{path}.{key}" if path else key)
            elif part.keys:
                has_all = False
        values[attribute] = value
    if has_all:
        node = plan.model(**values)
    else:
        node = plan.partial(**values)
        node._left_out = plan.keys - fields.keys()  # noqa: SLF001 # of a class of this module
    if not has_all_keys or len(fields) > len(plan.keys):
        node.additional_properties = {key: value for key, value in fields.items() if key not in plan.keys}
    return node


def _rebuilt(schema: str, data: object) -> Any:
    return _built(data, _plan(schema), schema)


def _partial_class(model: type[Any]) -> type[Any]:
    return type(model.__name__, (_Partial, model), {"_schema": model.__name__})


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
