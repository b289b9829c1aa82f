"""The endpoint: from a request to an answer, whatever the framework."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import KW_ONLY, InitVar, dataclass, field, replace
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Final, TypeAlias
from uuid import UUID
from weakref import WeakKeyDictionary

from .. import APIConnectionError, APIError, APIStatusError, AsyncSessions, RetryPolicy, Sessions, omit, types
from ._answers import METHODS, Refusal, answer
from ._body import read_choice
from ._cookies import Cookies
from ._limits import Breaker, Limit, Limiter, place_of
from ._log import log
from ._origin import checked_origins, is_cross_origin
from ._values import Answer, Cookie, Event, EventName, Facts, Step, Steps, Visit, listed

Client: TypeAlias = Sessions | AsyncSessions
_SIGN_OUT_SECONDS: Final = 3.0
_PASSING: Final = frozenset({408, 409, 429})
_GONE: Final = frozenset({404, 409})


@dataclass(eq=False, repr=False)
class SessionEndpoint:
    """Gives each visitor of a page a client secret for ChatKit, and ends their sessions.

    Hand it to the module of your framework, which makes the routes. One endpoint serves all requests of a process.
    Functions may be async where the framework is; there, one that is not runs in a worker thread.

    Args:
        sessions: The client that creates and cancels, or a function of the `Visit` that returns it: an `AsyncSessions`
            for Starlette, FastAPI and async views of Django, a `Sessions` for Flask and Django.
        workflow: As `create` takes it, or a function of the `Visit` that returns it.
        secret: Signs the cookies: a str of 16 characters or more, or a list of them, of which the first signs and all
            verify, so that a new one can be put before an old one.
        anonymous: Whether a visitor who is not signed in may chat, by an id that a cookie keeps for 30 days.
        accepts: Names that the page may send in a JSON object; they become the visit's `choice`.
        origins: Other origins, such as `https://www.example.com`, whose pages may ask as well.
        limit: Client secrets for one visitor in ten minutes; or an object with throttled's `limit(key)`, sync or async,
            to share the count among processes; or None.
        anonymous_limit: The same for one address, of visitors who are not signed in.
        secure: Whether the cookies need https. Turn it off for development over http only.
        deadline: Seconds after which OpenAI is given up.
        max_retries: Retries within the deadline, or a `RetryPolicy`.
        on_event: Is called with an `Event` after each request. What it raises is logged.
        expires_after: As `create` takes it.
        rate_limits: As `create` takes it.
        chatkit_configuration: As `create` takes it.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a value that is not accepted.
    """

    sessions: Client | Callable[[Visit], Any]
    _: KW_ONLY
    workflow: str | types.Workflow | Callable[[Visit], Any]
    secret: InitVar[str | Sequence[str]]
    anonymous: bool = False
    accepts: Collection[str] = ()
    origins: Collection[str] = ()
    limit: int | Limiter | None = 20
    anonymous_limit: int | Limiter | None = 100
    secure: bool = True
    deadline: float = 8.0
    max_retries: int | RetryPolicy = 1
    on_event: Callable[[Event], Any] | None = None
    expires_after: Any = omit
    rate_limits: Any = omit
    chatkit_configuration: Any = omit
    _breakers: WeakKeyDictionary[Any, Breaker] = field(default_factory=WeakKeyDictionary[Any, Breaker], init=False)

    def __post_init__(self, secret: str | Sequence[str]) -> None:
        if isinstance(self.sessions, type) or not (callable(self.sessions) or _is_client(self.sessions)):
            raise TypeError(f"sessions: expected a Sessions, an AsyncSessions or a function, got {self.sessions!r}")
        if isinstance(self.sessions, Client):
            self.sessions.with_options(deadline=self.deadline, max_retries=self.max_retries)  # which checks them
        if self.on_event is not None and not callable(self.on_event):
            raise TypeError(f"on_event: expected a function, got {self.on_event!r}")
        if not self.workflow:
            raise ValueError(f"workflow: expected an id, a dictionary or a function, got {self.workflow!r}")
        self.accepts = listed("accepts", self.accepts, "names")
        self.origins = checked_origins(self.origins)
        self._cookies = Cookies(secret, secure=self.secure)
        self._limits = [Limit("limit", self.limit), Limit("anonymous_limit", self.anonymous_limit)]

    def check(self, *, is_async: bool) -> None:
        """Make sure that the endpoint waits in the way that a framework does.

        Raises:
            TypeError: It waits in the other way.
        """
        create = getattr(self.sessions, "create", None)
        if create is not None and iscoroutinefunction(create) != is_async:
            wanted = "AsyncSessions for async" if is_async else "Sessions for sync"
            raise TypeError(f"sessions: expected {wanted} routes, got {type(self.sessions).__name__}")
        functions = {"sessions": self.sessions, "workflow": self.workflow, "on_event": self.on_event}
        for name, function in (functions | {limit.name: limit.limit for limit in self._limits}).items():
            if not is_async and iscoroutinefunction(function):
                raise TypeError(f"{name}: expected a synchronous function for sync routes, got an async one")

    def handle(self, facts: Facts) -> Steps[Answer]:
        """Answer a request."""
        visitor = _Visitor(facts)
        try:
            done = yield from self._answer(visitor)
        except Refusal as refusal:
            done = refusal.answer()
            name: EventName = "failed" if refusal.status >= 500 else "refused"
            yield from self._tell(visitor, name, code=refusal.code, error=refusal.error)
        return replace(done, body=b"") if facts.method == "HEAD" else done

    def end(self, facts: Facts, user: object) -> Steps[Sequence[Cookie]]:
        """End the sessions that this browser holds of a visitor, and return what makes it forget them."""
        visitor = _Visitor(facts)
        self._recognize(visitor, user)
        return (yield from self._end(visitor))

    def _answer(self, visitor: "_Visitor") -> Steps[Answer]:
        facts = visitor.facts
        if facts.method not in METHODS:
            raise Refusal("method_not_allowed")
        if is_cross_origin(facts.header, self.origins):
            raise Refusal("cross_origin")
        try:
            user = yield from _asked(facts.user, facts)
        except facts.refusals as error:
            if 401 not in (getattr(error, "status_code", None), getattr(error, "code", None)):
                raise
            user = None
        try:
            self._recognize(visitor, user)
        except (TypeError, ValueError) as error:
            raise _misconfigured(error) from None
        if visitor.id is None and not self.anonymous:
            raise Refusal("not_signed_in")
        if facts.method == "DELETE":
            return answer(204, cookies=(yield from self._end(visitor)))
        return (yield from self._mint(visitor))

    def _recognize(self, visitor: "_Visitor", user: object) -> None:
        visitor.id = _as_text(user)
        if visitor.id is None and self.anonymous:
            visitor.id, visitor.anonymous = self._cookies.visitor(visitor.facts.cookies), True

    def _mint(self, visitor: "_Visitor") -> Steps[Answer]:
        facts, cookies = visitor.facts, list[Cookie]()
        visitor.choice = yield from read_choice(facts, self.accepts)
        if visitor.id is None:
            visitor.id, cookie = self._cookies.new_visitor()
            cookies.append(cookie)
        client = yield from self._found(self.sessions, visitor)
        workflow = yield from self._found(self.workflow, visitor)
        breaker = self._breaker_of(client)
        breaker.check(enter=False)
        for limit, key in zip(self._limits, visitor.keys, strict=False):
            yield from limit.count(key)
        breaker.check(enter=True)
        session = yield from self._create(client, visitor.id, workflow, breaker)
        cookies += self._cookies.surplus(facts.cookies, visitor.owner)
        cookies.append(self._cookies.handle(session.id, visitor.owner))
        yield from self._tell(visitor, "minted", session.id)
        told = {"client_secret": session.client_secret, "expires_at": session.expires_at}
        return answer(200, told, cookies=cookies)

    def _breaker_of(self, client: object) -> Breaker:
        try:
            return self._breakers.setdefault(client, Breaker())
        except TypeError:  # a client of somebody's own, without a hash
            return self._breakers.setdefault(Breaker, Breaker())

    def _create(self, client: Client, user: str, workflow: Any, breaker: Breaker) -> Steps[Any]:
        try:
            session = yield partial(
                client.create,
                user=user,
                workflow=workflow,
                expires_after=self.expires_after,
                rate_limits=self.rate_limits,
                chatkit_configuration=self.chatkit_configuration,
                deadline=self.deadline,
                max_retries=self.max_retries,
            )
        except Exception as error:
            if isinstance(error, APIError):
                breaker.note(is_failure=_is_passing(error))
            if not _is_passing(error):
                raise _misconfigured(error) from None
            log.warning("chat is not available: %s: %s", type(error).__name__, error)
            wait = getattr(error, "retry_after", None) or 0
            raise Refusal("chat_unavailable", retry_after=wait, error=error) from None
        breaker.note(is_failure=False)
        return session

    def _end(self, visitor: "_Visitor") -> Steps[Sequence[Cookie]]:
        cookies = visitor.facts.cookies
        if visitor.id is not None and (ids := list(self._cookies.sessions(cookies, visitor.owner).values())):
            ended: list[str] = []
            failures: tuple[type[Exception], ...] = (Refusal, *visitor.facts.refusals)
            try:
                client = yield from self._found(self.sessions, visitor)
                yield [self._cancel(client, session_id, visitor, ended) for session_id in ids]
            except failures as error:
                yield from self._tell(visitor, "failed", *ids, error=getattr(error, "error", error))
            if ended:
                yield from self._tell(visitor, "ended", *ended)
        return self._cookies.forgotten(cookies)

    def _cancel(self, client: Client, session_id: str, visitor: "_Visitor", ended: list[str]) -> Steps[None]:
        try:
            yield partial(client.cancel, session_id, deadline=_SIGN_OUT_SECONDS, max_retries=self.max_retries)
        except Exception as error:
            if getattr(error, "status_code", None) not in _GONE:
                log.error("session %s was not ended: %s: %s", session_id, type(error).__name__, error)
                yield from self._tell(visitor, "failed", session_id, error=error)
                return
        ended.append(session_id)

    def _found(self, given: Any, visitor: "_Visitor") -> Steps[Any]:
        if not callable(given) or _is_client(given):
            return given
        visit = Visit(str(visitor.id), visitor.anonymous, visitor.choice, visitor.facts.request)
        return (yield from _asked(partial(given, visit), visitor.facts))

    def _tell(
        self,
        visitor: "_Visitor",
        name: EventName,
        *session_ids: str,
        code: str | None = None,
        error: BaseException | None = None,
    ) -> Steps[None]:
        event = Event(name, visitor.id, session_ids, time.monotonic() - visitor.came, code, error)
        try:
            if self.on_event is not None:
                yield partial(self.on_event, event)
        except Exception:
            log.exception("on_event failed")


class _Visitor:
    """A request on its way, and whose it is."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.came = time.monotonic()
        self.id: str | None = None
        self.anonymous = False
        self.choice: dict[str, Any] = {}

    @property
    def owner(self) -> str:
        """The id, such that nobody who is signed in is taken for somebody who is not."""
        return f"{'anonymous' if self.anonymous else 'user'}:{self.id}"

    @property
    def keys(self) -> list[str]:
        """What the limits count by: the owner, and the place of somebody who may have a new id each time."""
        return [self.owner, f"address:{place_of(self.facts.address)}"] if self.anonymous else [self.owner]


def _asked(function: Step, facts: Facts) -> Steps[Any]:
    try:
        return (yield function)
    except facts.refusals:
        raise
    except Exception as error:
        raise _misconfigured(error) from None


def _as_text(user: object) -> str | None:
    if user is None or user == "":
        return None
    if isinstance(user, bool) or not isinstance(user, str | int | UUID):
        raise TypeError(f"user: expected a str, an int, a UUID or None, got {type(user).__name__}")
    str(user).encode()  # which refuses what is not Unicode text
    return str(user)


def _is_passing(error: Exception) -> bool:
    if isinstance(error, APIStatusError):
        return error.status_code in _PASSING or error.status_code >= 500
    return isinstance(error, APIConnectionError)


def _misconfigured(error: Exception) -> Refusal:
    trace = None if isinstance(error, APIError) else error  # where the application's own code failed
    log.error("chat is misconfigured: %s: %s", type(error).__name__, error, exc_info=trace)
    return Refusal("chat_misconfigured", error=error)


def _is_client(given: object) -> bool:
    return hasattr(given, "create") and hasattr(given, "cancel")
