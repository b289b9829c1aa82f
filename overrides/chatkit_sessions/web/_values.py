"""What goes into an endpoint and comes out of it: plain values, of no framework."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypedDict, TypeVar, cast

T = TypeVar("T")

Step: TypeAlias = Callable[[], Any]
"""Something that may wait: a function without arguments, sync or async."""

Steps: TypeAlias = Generator[Step | list["Steps[None]"], Any, T]
"""Work that leaves its waiting to a driver, which gives back what each step returns. A list is done at once."""

EventName: TypeAlias = Literal["minted", "ended", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for a client secret, given to the functions `sessions` and `workflow` of an endpoint.

    Attributes:
        user: The visitor's id.
        anonymous: Whether the id was made up, since nobody is signed in.
        choice: What the page sent, of the names in `accepts`. Empty at a sign-out.
        request: The framework's request.
    """

    user: str
    anonymous: bool
    choice: Mapping[str, Any] = field(repr=False)
    request: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """What an endpoint did, given to its `on_event`.

    Attributes:
        name: `minted`; `ended`, at a sign-out; `refused`, with a status from 400; `failed`, with a status from 500 or
            when a session could not be ended.
        user: The visitor's id, if it was known.
        session_ids: The sessions that it is about.
        seconds: How long it took.
        code: The code that the page got, such as `too_many_sessions`.
        error: The exception behind a failure.
    """

    name: EventName
    user: str | None
    session_ids: tuple[str, ...]
    seconds: float
    code: str | None = None
    error: BaseException | None = None


class Cookie(TypedDict):
    """A cookie, as the `set_cookie` of every framework takes it."""

    key: str
    value: str
    max_age: int
    path: str
    secure: bool
    httponly: bool
    samesite: Literal["Lax"]


@dataclass(frozen=True, slots=True)
class Facts:
    """A request.

    Attributes:
        method: Its method, in upper case.
        header: Gives the value of a header, several joined by commas, "" for none.
        cookies: Its cookies.
        address: Where it comes from.
        user: Gives the visitor's id, or None.
        read: Gives at most so many bytes of the body.
        request: The framework's own.
        refusals: Exceptions by which the application's functions answer in their own way.
    """

    method: str
    header: Callable[[str], str]
    cookies: Mapping[str, str]
    address: str
    user: Step
    read: Callable[[int], Any]
    request: Any
    refusals: tuple[type[Exception], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    cookies: Sequence[Cookie]
    body: bytes = field(repr=False)


def listed(argument: str, given: object, accepted: str) -> list[str]:
    """Return what was given as a list of str.

    Raises:
        TypeError: It is something else.
    """
    each = cast("Collection[object]", given if isinstance(given, list | tuple | set | frozenset) else [given, None])
    if not all(isinstance(part, str) for part in each):
        raise TypeError(f"{argument}: expected a list of {accepted}, got {given!r}")
    return cast("list[str]", list(each))
