"""The session that a call returns: the generated model, tolerant of what the server leaves out or adds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Final, Self, cast

import attrs

from . import _generated as generated
from ._generated import ANSWERS, SCHEMAS
from ._version import public

Json = dict[str, Any]

_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
_AFTER_ALL: Final = datetime.max.replace(tzinfo=UTC)


@public
@attrs.define(eq=False, repr=False)
class ChatSession(generated.ChatSession):
    """A ChatKit session, as the server answered it.

    It has every property of the document under its own name. One that the server left out reads None; one that the
    document does not know is in `additional_properties`. `client_secret` is a plain str, for the visitor's browser;
    the repr hides it.

    Attributes:
        request_id: The `x-request-id` of the response, to quote to OpenAI's support.
    """

    additional_properties: dict[str, Any] = attrs.field(factory=dict[str, Any], kw_only=True)
    request_id: str | None = attrs.field(default=None, kw_only=True)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Build a session from decoded JSON.

        Raises:
            TypeError: It is not an object, or has something else where the document has an object.
        """
        return cast("Self", _build(src_dict, _plan("ChatSession"), ""))

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yield the properties as pairs, so that `dict(session)` has all of them."""
        yield from self.to_dict().items()

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
        """Return whether no time is left by this machine's clock."""
        return not self.expires_in()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _restored, (self.to_dict(), self.request_id)


class _Tolerant:
    """A generated model that lacks properties, which read None, or has more than its `to_dict` returns."""

    __slots__ = ()

    _schema: ClassVar[str]
    # What the server left out, and by attribute what came in another form than we write.
    _left_out: frozenset[str]
    _came: dict[str, tuple[object, object]]

    def to_dict(self) -> Json:
        """Return what was sent, with what has been changed since."""
        left_out, came = getattr(self, "_left_out", None), getattr(self, "_came", {})
        own: Json = {}
        for key, attribute, _ in ANSWERS[self._schema][0]:
            value = getattr(self, attribute)
            if value is not None or (left_out is not None and key not in left_out):
                written = _as_json(value)
                read, sent = came.get(attribute, (None, None))
                own[key] = sent if written == read else written
        return {**own, **{key: _as_json(value) for key, value in cast("Any", self).additional_properties.items()}}


class _Plan:
    """How to build the objects of one class; the generated `from_dict` works this out each time."""

    __slots__ = ("is_flat", "is_open", "keys", "model", "name", "others", "partial", "parts")

    def __init__(self, name: str, model: type[Any], partial: type[Any]) -> None:
        self.name = name
        self.model = model
        self.partial = partial
        self.keys = frozenset(key for key, _, _ in ANSWERS[name][0])
        self.parts: tuple[tuple[str, str, _Plan | _Choice | None], ...] = ()
        self.others: _Plan | _Choice | None = None
        # Whether the generated class has a place for what the document does not know.
        self.is_open = hasattr(getattr(generated.models, name), "additional_properties")
        # Whether the fields of a whole object are the arguments of its class.
        self.is_flat = False


class _Choice:
    """A value of one of several kinds: an object of some class, a list, or a text for something else."""

    __slots__ = ("items", "keys", "plans", "text")

    def __init__(self, plans: list[_Plan], items: _Plan | _Choice | None, text: str | None, *, nullable: bool) -> None:
        self.plans = plans
        self.items = items
        self.text = text
        # Used like those of a plan: whether None means that something is missing.
        self.keys = not nullable


@cache
def _plan(name: str) -> _Plan:
    """Return how to build the objects of a class; other threads see it only when it is complete."""
    return _new_plan(name, {})


def _new_plan(name: str, made: dict[str, _Plan]) -> _Plan:
    plan = made.get(name)
    if plan is None:
        model = ChatSession if name == "ChatSession" else getattr(generated.models, name)
        plan = made[name] = _Plan(name, model, _tolerant(name, model))
        properties, others = ANSWERS[name]
        plan.parts = tuple((key, attribute, _part(kind, made)) for key, attribute, kind in properties)
        plan.others = _part(others, made)
        is_plain = all(key == attribute and part is None for key, attribute, part in plan.parts)
        plan.is_flat = is_plain and plan.is_open and plan.others is None
    return plan


def _part(kind: Any, made: dict[str, _Plan]) -> _Plan | _Choice | None:
    if kind is None or isinstance(kind, str):
        return None if kind is None else _new_plan(kind, made)
    plans = [_new_plan(name, made) for name in kind.get("classes", ())]
    if len(kind) == 2 and kind.get("null") and len(plans) == 1 and not plans[0].keys:
        return plans[0]
    return _Choice(plans, _part(kind.get("items"), made), kind.get("text"), nullable="null" in kind)


def _build(data: object, plan: _Plan, path: str) -> Any:
    if not isinstance(data, dict):
        if not plan.keys:
            return data
        raise TypeError(f"{path or 'the session'} is not a JSON object")
    fields = cast("Json", data)
    if plan.is_flat and plan.keys == fields.keys():
        return plan.model(**fields)
    values: Json = {}
    came: dict[str, tuple[object, object]] = {}
    has_all_keys = plan.keys <= fields.keys()
    is_whole = has_all_keys and plan.is_open and plan.others is None
    for key, attribute, part in plan.parts:
        value = fields.get(key)
        if part is not None:
            if value is None:
                is_whole = is_whole and not part.keys
            elif isinstance(part, _Plan):
                value = _build(value, part, f"{path}.{key}" if path else key)
            else:
                sent, value = value, _read(value, part, f"{path}.{key}" if path else key)
                is_whole = False
                written = _as_json(value)
                if written != sent:
                    came[attribute] = (written, sent)
        values[attribute] = value
    node = (plan.model if is_whole else plan.partial)(**values)
    if not is_whole:
        node._left_out = plan.keys - fields.keys()  # noqa: SLF001 # of a class of this module
        node._came = came  # noqa: SLF001 # of a class of this module
    if not has_all_keys or not plan.is_open or len(fields) > len(plan.keys):
        node.additional_properties = {
            key: value if plan.others is None else _read(value, plan.others, f"{path}.{key}" if path else key)
            for key, value in fields.items()
            if key not in plan.keys
        }
    return node


def _read(value: Any, part: _Plan | _Choice | None, path: str) -> Any:
    if part is None or value is None:
        return value
    if isinstance(part, _Plan):
        return _build(value, part, path)
    data: object = value
    if isinstance(data, dict) and part.plans:
        return _build(value, _best(value, part.plans), path)
    if isinstance(data, list) and part.items is not None:
        return [_read(item, part.items, f"{path}[{index}]") for index, item in enumerate(value)]
    return _from_text(data, part.text) if isinstance(data, str) and part.text else value


def _best(data: Json, plans: list[_Plan]) -> _Plan:
    """Return the class that the generator would take; if no class fits, the one with most in common."""
    for plan in plans:
        try:
            getattr(generated.models, plan.name).from_dict(data)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        return plan
    return max(plans, key=lambda plan: sum(_agreement(data[key], plan.name, key) for key in plan.keys & data.keys()))


def _agreement(value: object, name: str, key: str) -> int:
    allowed = SCHEMAS.get(name, {}).get("properties", {}).get(key, {}).get("enum")
    return 1 if allowed is None else 100 if value in allowed else -100


def _from_text(value: str, kind: str) -> object:
    from uuid import UUID

    known: Final[Mapping[str, Callable[[str], object]]] = {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "uuid": UUID,
    }
    try:
        return known[kind](value)
    except ValueError:
        return value


def _as_json(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if value.__class__ is list:
        return [_as_json(item) for item in value]
    if value.__class__ is dict:
        return {key: _as_json(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, date) else str(value)


def _tolerant(name: str, model: type[Any]) -> type[Any]:
    """Return a class to use instead of a generated one: its objects may lack properties."""
    of_session = issubclass(model, ChatSession)
    slots = (
        ("_left_out", "_came")
        if hasattr(model, "additional_properties")
        else ("_left_out", "_came", "additional_properties")
    )
    reduce = ChatSession.__reduce__ if of_session else _reduce
    body = {"__slots__": slots, "__module__": model.__module__, "__reduce__": reduce, "_schema": name}
    return type(model.__name__, (_Tolerant, model), body)


def _reduce(part: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return _rebuilt, (part._schema, part.to_dict())  # noqa: SLF001 # of a class of this module


def _rebuilt(schema: str, data: object) -> Any:
    return _build(data, _plan(schema), schema)


def _restored(data: dict[str, Any], request_id: str | None) -> ChatSession:
    session = ChatSession.from_dict(data)
    session.request_id = request_id
    return session
