"""The endpoint: from a request to an answer, whatever the framework."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import KW_ONLY, InitVar, dataclass, field
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Final, TypeAlias
from uuid import UUID
from weakref import WeakKeyDictionary

from .. import APIError, AsyncSessions, RetryPolicy, Sessions, omit, types
from .._call.arguments import create_body
from .._config import check_deadline, check_retry
from ._answers import METHODS, Answer, Refusal
from ._body import read_choice
from ._cookies import Cookies
from ._limits import Breaker, Limit, Limiter, place_of
from ._origin import checked_origins, is_cross_origin
from ._values import Cookie, Event, EventName, Facts, Steps, Visit, listed

Client: TypeAlias = Sessions | AsyncSessions
_log: Final = logging.getLogger("chatkit_sessions.web")
_DESCRIBING: Final = ("expires_after", "rate_limits", "chatkit_configuration")
_SIGN_OUT_SECONDS: Final = 3.0


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
        if self.on_event is not None and not callable(self.on_event):
            raise TypeError(f"on_event: expected a function, got {self.on_event!r}")
        for name in ("anonymous", "secure"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name}: expected True or False, got {getattr(self, name)!r}")
        self._options = {name: getattr(self, name) for name in _DESCRIBING}
        create_body(user="visitor", workflow="wf" if callable(self.workflow) else self.workflow, **self._options)
        self._options |= {"deadline": check_deadline(self.deadline), "max_retries": check_retry(self.max_retries)}
        self.accepts = listed("accepts", self.accepts, "names")
        self.origins = checked_origins(self.origins)
        self._cookies = Cookies(secret, secure=self.secure)
        self._limit, self._anonymous_limit = Limit("limit", self.limit), Limit("anonymous_limit", self.anonymous_limit)

    def check(self, *, is_async: bool) -> None:
        """Make sure that the endpoint waits in the way that a framework does.

        Raises:
            TypeError: It waits in the other way.
        """
        create = getattr(self.sessions, "create", None)
        if create is not None and iscoroutinefunction(create) != is_async:
            wanted = "AsyncSessions for async" if is_async else "Sessions for sync"
            raise TypeError(f"sessions: expected {wanted} routes, got {type(self.sessions).__name__}")
        for name in ("sessions", "workflow", "on_event", "limit", "anonymous_limit"):
            given = getattr(self, name)
            if not is_async and iscoroutinefunction(getattr(given, "limit", given)):
                raise TypeError(f"{name}: expected a synchronous function for sync routes, got an async one")

    def handle(self, facts: Facts) -> Steps[Answer]:
        """Answer a request."""
        try:
            return (yield from self._answer(facts))
        except facts.refusals:
            raise
        except Exception as error:
            refusal = error if isinstance(error, Refusal) else Refusal("chat_misconfigured", error=error)
        _log_cause(refusal)
        kind: EventName = "failed" if refusal.status >= 500 else "refused"
        yield from self._tell(facts, kind, code=refusal.code, error=refusal.error)
        return refusal.answer(has_body=facts.method != "HEAD")

    def end(self, facts: Facts, user: object) -> Steps[Sequence[Cookie]]:
        """End the sessions that this browser holds of a visitor, and return what makes it forget them."""
        self._recognize(facts, user)
        return (yield from self._end(facts))

    def _answer(self, facts: Facts) -> Steps[Answer]:
        if facts.method not in METHODS:
            raise Refusal("method_not_allowed")
        if is_cross_origin(facts.header, self.origins):
            raise Refusal("cross_origin")
        try:
            user = yield partial(facts.user, facts.request)
        except facts.refusals as error:
            if 401 not in (getattr(error, "status_code", None), getattr(error, "code", None)):
                raise
            user = None
        self._recognize(facts, user)
        if facts.visitor is None and not self.anonymous:
            raise Refusal("not_signed_in")
        if facts.method == "DELETE":
            return Answer(204, cookies=(yield from self._end(facts)))
        return (yield from self._mint(facts))

    def _recognize(self, facts: Facts, user: object) -> None:
        facts.visitor = _as_text(user)
        if facts.visitor is None and self.anonymous:
            facts.visitor, facts.anonymous = self._cookies.visitor(facts.cookies), True

    def _mint(self, facts: Facts) -> Steps[Answer]:
        cookies = list[Cookie]()
        facts.choice = yield from read_choice(facts, self.accepts)
        if facts.visitor is None:
            facts.visitor, cookie = self._cookies.new_visitor()
            cookies.append(cookie)
        client = yield from self._found(self.sessions, facts)
        workflow = yield from self._found(self.workflow, facts)
        breaker = self._breaker_of(client)
        breaker.check(enter=False)
        yield from self._limit.count(facts.owner)
        if facts.anonymous:
            yield from self._anonymous_limit.count(f"address:{place_of(facts.address)}")
        breaker.check(enter=True)
        create = partial(client.create, user=facts.visitor, workflow=workflow, **self._options)
        session = yield from breaker.watch(create)
        cookies += self._cookies.surplus(facts.cookies, facts.owner)
        cookies.append(self._cookies.handle(session.id, facts.owner))
        yield from self._tell(facts, "minted", session.id)
        return Answer(200, {"client_secret": session.client_secret, "expires_at": session.expires_at}, cookies=cookies)

    def _breaker_of(self, client: object) -> Breaker:
        try:
            return self._breakers.setdefault(client, Breaker(self._options["deadline"]))
        except TypeError:  # a client of somebody's own, without a hash
            return self._breakers.setdefault(Breaker, Breaker(self._options["deadline"]))

    def _end(self, facts: Facts) -> Steps[Sequence[Cookie]]:
        ids = self._cookies.sessions(facts.cookies, facts.owner).values() if facts.visitor else ()
        ended: list[str] = []
        if ids:
            try:
                client = yield from self._found(self.sessions, facts)
                yield [self._cancel(client, session_id, facts, ended) for session_id in ids]
            except Exception as error:
                _log.exception("the sessions of a visitor were not ended")
                yield from self._tell(facts, "failed", *ids, error=error)
        if ended:
            yield from self._tell(facts, "ended", *ended)
        return self._cookies.forgotten(facts.cookies)

    def _cancel(self, client: Client, session_id: str, facts: Facts, ended: list[str]) -> Steps[None]:
        options = {"deadline": _SIGN_OUT_SECONDS, "max_retries": self.max_retries}
        try:
            yield partial(client.cancel, session_id, missing_ok=True, **options)
        except Exception as error:
            _log.error("session %s was not ended: %s: %s", session_id, type(error).__name__, error)
            yield from self._tell(facts, "failed", session_id, error=error)
        else:
            ended.append(session_id)

    def _found(self, given: Any, facts: Facts) -> Steps[Any]:
        if not callable(given) or _is_client(given):
            return given
        return (yield partial(given, Visit(str(facts.visitor), facts.anonymous, facts.choice, facts.request)))

    def _tell(self, facts: Facts, name: EventName, *ids: str, **outcome: Any) -> Steps[None]:
        event = Event(name, facts.visitor, ids, time.monotonic() - facts.came, **outcome)
        try:
            if self.on_event is not None:
                yield partial(self.on_event, event)
        except Exception:
            _log.exception("on_event failed")


def _as_text(user: object) -> str | None:
    if user is None or user == "":
        return None
    if isinstance(user, bool) or not isinstance(user, str | int | UUID):
        raise TypeError(f"user: expected a str, an int, a UUID or None, got {type(user).__name__}")
    str(user).encode()  # which refuses what is not Unicode text
    return str(user)


def _log_cause(refusal: Refusal) -> None:
    if (error := refusal.error) is not None:
        of_openai = isinstance(error, APIError)  # otherwise the application's own code or its store failed
        level = logging.WARNING if of_openai and refusal.code == "chat_unavailable" else logging.ERROR
        text = f"chat is {refusal.code.removeprefix('chat_')}: %s: %s"
        _log.log(level, text, type(error).__name__, error, exc_info=None if of_openai else error)


def _is_client(given: object) -> bool:
    return hasattr(given, "create") and hasattr(given, "cancel")
