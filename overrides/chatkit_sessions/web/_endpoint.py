"""The endpoint: from a request to an answer, whatever the framework."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import KW_ONLY, InitVar, dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from .. import APIError, AsyncSessions, RetryPolicy, Sessions, omit, types
from .._call.arguments import create_body
from .._config import check_deadline, check_retry
from ._answers import METHODS, Answer, Refusal
from ._arguments import check_types, checked_list, checked_secrets, is_client, is_function
from ._cookies import Cookies
from ._limits import Breaker, Limiter, count, is_passing, limiter_of
from ._request import is_cross_origin, read_choice
from ._values import Cookie, Event, EventName, Facts, Step, Steps, Visit

_log: Final = logging.getLogger("chatkit_sessions.web")
_DESCRIBING: Final = ("expires_after", "rate_limits", "chatkit_configuration")
_SIGN_OUT_SECONDS: Final = 3.0


@dataclass(eq=False, repr=False)
class SessionEndpoint:
    """Gives each visitor of a page a client secret for ChatKit, and ends their sessions.

    Hand it to the module of your framework, which makes the routes. One endpoint serves all requests of a process.
    In async frameworks functions may be async; a sync one runs in a worker thread.

    Args:
        sessions: The client that creates and cancels, or a function of the `Visit` that returns it: an `AsyncSessions`
            for Starlette, FastAPI and async views of Django, a `Sessions` for Flask and Django.
        workflow: As `create` takes it, or a function of the `Visit` that returns it.
        secret: Signs the cookies: a str of 16 characters or more, or a list. The first signs and all verify, so a new
            one can be put before an old one.
        anonymous: Whether a visitor who is not signed in may chat. A cookie keeps their id for 30 days.
        accepts: Names that the page may send in a JSON object; they become the visit's `choice`.
        origins: Other origins, such as `https://www.example.com`; their pages may ask too.
        limit: Client secrets for one visitor in ten minutes; or an object with throttled's `limit(key)`, sync or async,
            to share the count among processes; or None.
        anonymous_limit: The same for one address, of visitors who are not signed in.
        secure: Whether the cookies need https. Turn it off for development over http only.
        deadline: Seconds, or a `timedelta`, to wait for OpenAI. None sets no limit.
        max_retries: Retries within the deadline, or a `RetryPolicy`.
        on_event: Is called with an `Event` after each request. What it raises is logged.
        expires_after: As `create` takes it.
        rate_limits: As `create` takes it.
        chatkit_configuration: As `create` takes it.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An argument has a value that is not accepted.
    """

    sessions: Sessions | AsyncSessions | Callable[[Visit], Any]
    _: KW_ONLY
    workflow: str | types.Workflow | Callable[[Visit], Any]
    secret: InitVar[str | Sequence[str]]
    anonymous: bool = False
    accepts: Collection[str] = ()
    origins: Collection[str] = ()
    limit: int | Limiter | None = 20
    anonymous_limit: int | Limiter | None = 100
    secure: bool = True
    deadline: float | timedelta | None = 8.0
    max_retries: int | RetryPolicy = 1
    on_event: Callable[[Event], Any] | None = None
    expires_after: Any = omit
    rate_limits: Any = omit
    chatkit_configuration: Any = omit

    def __post_init__(self, secret: str | Sequence[str]) -> None:
        check_types(vars(self))
        self._options = {name: getattr(self, name) for name in _DESCRIBING}
        create_body(user="visitor", workflow="wf" if is_function(self.workflow) else self.workflow, **self._options)
        self._options |= {"deadline": check_deadline(self.deadline), "max_retries": check_retry(self.max_retries)}
        self.accepts, self.origins = checked_list("accepts", self.accepts), checked_list("origins", self.origins)
        self._limiters = {name: limiter_of(name, getattr(self, name)) for name in ("limit", "anonymous_limit")}
        self._cookies = Cookies(checked_secrets(secret), secure=self.secure)
        self._breakers = WeakKeyDictionary[Any, Breaker]()

    def handle(self, facts: Facts, user: Step) -> Steps[Answer]:
        """Answer a request. The step `user` gives the visitor's id, or None."""
        try:
            return (yield from self._answer(facts, user))
        except facts.refusals:
            raise
        except Exception as error:
            refusal = error if isinstance(error, Refusal) else Refusal("chat_misconfigured", error=error)
        if refusal.error is not None:
            _log_failure(f"chat is {refusal.code.removeprefix('chat_')}", refusal.error)
        kind: EventName = "failed" if refusal.answer.status >= 500 else "refused"
        yield from self._tell(facts, kind, code=refusal.code, error=refusal.error)
        if facts.method == "HEAD":
            refusal.answer.body = b""
        return refusal.answer

    def end(self, facts: Facts, user: object) -> Steps[Sequence[Cookie]]:
        """End a visitor's sessions in this browser, and return the cookies that make it forget them."""
        self._recognize(facts, user)
        ids = self._cookies.sessions(facts.cookies, facts.owner).values() if facts.visitor else ()
        failed = dict[str, Exception]()
        try:
            if ids:
                client = yield from _found(self.sessions, facts)
                yield [self._cancel(client, session_id, failed) for session_id in ids]
        except Exception as error:
            failed = dict.fromkeys(ids, error)
        for session_id, failure in failed.items():
            _log_failure(f"session {session_id} was not ended", failure)
            yield from self._tell(facts, "failed", session_id, error=failure)
        if ended := [session_id for session_id in ids if session_id not in failed]:
            yield from self._tell(facts, "ended", *ended)
        return self._cookies.forgotten(facts.cookies)

    def _answer(self, facts: Facts, user: Step) -> Steps[Answer]:
        if facts.method not in METHODS:
            raise Refusal("method_not_allowed")
        if is_cross_origin(facts.header, self.origins):
            raise Refusal("cross_origin")
        try:
            visitor = yield user
        except facts.refusals as error:
            if 401 not in (getattr(error, "status_code", None), getattr(error, "code", None)):
                raise
            visitor = None
        self._recognize(facts, visitor)
        if facts.visitor is None and not self.anonymous:
            raise Refusal("not_signed_in")
        if facts.method == "DELETE":
            return Answer(204, cookies=(yield from self.end(facts, visitor)))
        return (yield from self._mint(facts))

    def _recognize(self, facts: Facts, user: object) -> None:
        if isinstance(user, bool) or not isinstance(user, str | int | UUID | None):
            raise TypeError(f"user: expected a str, an int, a UUID or None, got {type(user).__name__}")
        str(user).encode()  # fails for what is not Unicode text
        facts.visitor = None if user in (None, "") else str(user)
        if facts.visitor is None and self.anonymous:
            facts.visitor, facts.anonymous = self._cookies.visitor(facts.cookies), True

    def _mint(self, facts: Facts) -> Steps[Answer]:
        facts.choice = yield from read_choice(facts, self.accepts)
        cookies = list[Cookie]()
        if facts.visitor is None:
            facts.visitor, cookies = self._cookies.new_visitor()
        client = yield from _found(self.sessions, facts)
        workflow = yield from _found(self.workflow, facts)
        breaker = self._breaker_of(client)
        breaker.check()  # calls that it refuses do not count
        yield from count(self._limiters["limit"], facts.owner)
        if facts.anonymous:
            yield from count(self._limiters["anonymous_limit"], f"address:{facts.address}")
        create = partial(client.create, user=facts.visitor, workflow=workflow, **self._options)
        session = yield from breaker.call(create)
        cookies += self._cookies.added(facts.cookies, facts.owner, session.id)
        yield from self._tell(facts, "minted", session.id)
        return Answer(200, {"client_secret": session.client_secret, "expires_at": session.expires_at}, cookies=cookies)

    def _breaker_of(self, client: object) -> Breaker:
        try:
            return self._breakers.setdefault(client, Breaker(self._options["deadline"]))
        except TypeError:  # a client of the application's own that cannot be hashed
            return self._breakers.setdefault(Breaker, Breaker(self._options["deadline"]))

    def _cancel(self, client: Any, session_id: str, failed: dict[str, Exception]) -> Steps[None]:
        patience = {"deadline": _SIGN_OUT_SECONDS, "max_retries": self.max_retries}
        try:
            yield partial(client.cancel, session_id, missing_ok=True, **patience)
        except Exception as error:
            failed[session_id] = error

    def _tell(self, facts: Facts, name: EventName, *ids: str, **outcome: Any) -> Steps[None]:
        try:
            if self.on_event is not None:
                yield partial(self.on_event, Event(name, facts.visitor, ids, time.monotonic() - facts.came, **outcome))
        except Exception as error:
            _log_failure("on_event failed", error)


def _found(given: Any, facts: Facts) -> Steps[Any]:
    if is_function(given) and not is_client(given):
        given = yield partial(given, Visit(str(facts.visitor), facts.anonymous, facts.choice, facts.request))
    return given


def _log_failure(what: str, error: BaseException) -> None:
    level = logging.WARNING if is_passing(error) else logging.ERROR
    where = None if isinstance(error, APIError) else error  # errors of the application and its store need a traceback
    _log.log(level, f"{what}: %s: %s", type(error).__name__, error, exc_info=where)
