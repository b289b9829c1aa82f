"""What goes into an endpoint and comes out of it: plain values, of no framework."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

T = TypeVar("T")

Step: TypeAlias = Callable[[], Any]
"""Something that may take time: a function without arguments, sync or async."""

Steps: TypeAlias = Generator[Step | list["Steps[None]"], Any, T]
"""Work in steps that a driver runs; it sends back what each step returns. A list of steps runs at once."""

Cookie: TypeAlias = dict[str, Any]
"""The arguments of `set_cookie`; they have the same names in every framework."""

EventName: TypeAlias = Literal["minted", "ended", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for a client secret, given to the functions `sessions` and `workflow` of an endpoint.

    Attributes:
        user: The visitor's id.
        anonymous: Whether the id is a random one, since nobody is signed in.
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


@dataclass(slots=True)
class Facts:
    """A request, and what is known of its visitor so far.

    Attributes:
        method: Its method, in upper case.
        header: Gives the value of a header, several joined by commas, "" for none.
        cookies: Its cookies.
        address: The address that it comes from.
        read: Returns at most this many bytes of the body.
        request: The framework's own.
        refusals: Exceptions that the framework handles: answers of the application's functions, and a visitor who
            has gone.
        visitor: The id, once it is known.
        anonymous: Whether it is a random one, since nobody is signed in.
        choice: What the page sent.
        came: When the request came.
    """

    method: str
    header: Callable[[str], str]
    cookies: Mapping[str, str]
    address: str
    read: Callable[[int], Any]
    request: Any
    refusals: tuple[type[Exception], ...]
    visitor: str | None = field(default=None, init=False)
    anonymous: bool = field(default=False, init=False)
    choice: Mapping[str, Any] = field(default_factory=dict[str, Any], init=False)
    came: float = field(default_factory=time.monotonic, init=False)

    @property
    def owner(self) -> str:
        """The id, marked so that no signed-in visitor is taken for an anonymous one."""
        return f"{'anonymous' if self.anonymous else 'user'}:{self.visitor}"
