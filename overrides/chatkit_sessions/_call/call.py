"""Each endpoint of the API as a value, and each call as a value made of its arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol, TypeVar

from .. import _generated as generated
from .. import _headers, _query
from .._config import check_deadline, check_retry, check_timeout
from .._errors import ChatKitError
from .._omit import Omit, omit
from .._session import ChatSession
from .arguments import create_body, encode, session_segment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    import httpx

    from .. import types
    from .._headers import HeaderValue
    from .._query import QueryValue
    from .._retry import RetryPolicy


F = TypeVar("F", bound="Callable[..., object]")


class Result(Protocol):
    """What every call returns: it knows the request that it came from."""

    request_id: str | None


class Model(Protocol):
    """A model of the generated package."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Any:
        """Build it from decoded JSON."""


ResultT = TypeVar("ResultT", bound=Result)


class Operation(NamedTuple, Generic[ResultT]):
    """An endpoint: where it is, and what its answers mean.

    Attributes:
        method: The HTTP method.
        path: The path below the base URL, with `{parameters}`.
        effect: What an error says may have happened although no usable answer came.
        not_found: What an error adds to a 404, if anything.
        requires: The properties without which an answer is of no use, and their types; any other may be missing.
        model: The class that a generated endpoint function returns an instance of.
        result: Builds what the call returns from the decoded answer; raises TypeError where it does not fit.
    """

    method: str
    path: str
    effect: str
    not_found: str
    requires: Mapping[str, type[str | int]]
    model: type[Model]
    result: Callable[[Mapping[str, Any]], ResultT]


CREATE: Final = Operation(
    *generated.CREATE,
    effect="a session may exist",
    not_found="The workflow may belong to another project than the API key's",
    requires={"id": str, "client_secret": str, "expires_at": int},
    model=generated.ChatSession,
    result=ChatSession.from_dict,
)
CANCEL: Final = Operation(
    *generated.CANCEL,
    effect="the session may be cancelled",
    not_found="",
    requires={},
    model=generated.ChatSession,
    result=ChatSession.from_dict,
)
OPERATIONS: Final = (CREATE, CANCEL)


@dataclass(slots=True, eq=False)
class Call(Generic[ResultT]):
    """What to send, with which timeouts and retries; `omit` leaves an option to the client."""

    operation: Operation[ResultT]
    path: str
    content: bytes | None = field(default=None, repr=False)
    extra_headers: Mapping[str, HeaderValue] = field(default_factory=dict[str, "HeaderValue"], repr=False)
    extra_query: Mapping[str, QueryValue] = field(default_factory=dict[str, "QueryValue"], repr=False)
    timeout: httpx.Timeout | Omit = omit
    deadline: float | Omit | None = omit
    max_retries: RetryPolicy | Omit = omit


def create_call(
    *,
    user: str,
    workflow: str | types.Workflow | generated.ChatSessionWorkflowParam,
    chatkit_configuration: types.ChatKitConfiguration | generated.ChatSessionChatKitConfigurationParam | Omit = omit,
    expires_after: timedelta | int | types.ExpiresAfter | generated.ChatSessionExpiresAfterParam | Omit = omit,
    rate_limits: int | types.RateLimits | generated.ChatSessionRateLimitsParam | Omit = omit,
    extra_headers: Mapping[str, HeaderValue] | None = None,
    extra_query: Mapping[str, QueryValue] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | Omit | None = omit,
    deadline: float | timedelta | Omit | None = omit,
    max_retries: int | RetryPolicy | Omit = omit,
) -> Call[ChatSession]:
    """Return the call that creates a session. The arguments are those of `Sessions.create`."""
    body = create_body(
        user=user,
        workflow=workflow,
        chatkit_configuration=chatkit_configuration,
        expires_after=expires_after,
        rate_limits=rate_limits,
        extra_body=extra_body,
    )
    return Call(
        CREATE,
        CREATE.path,
        encode(body, extra_body),
        **_options(extra_headers, extra_query, timeout, deadline, max_retries),
    )


def cancel_call(
    session_id: str | generated.ChatSession,
    *,
    extra_headers: Mapping[str, HeaderValue] | None = None,
    extra_query: Mapping[str, QueryValue] | None = None,
    extra_body: Mapping[str, Any] | None = None,
    timeout: float | timedelta | httpx.Timeout | types.Httpx2Timeout | Omit | None = omit,
    deadline: float | timedelta | Omit | None = omit,
    max_retries: int | RetryPolicy | Omit = omit,
) -> Call[ChatSession]:
    """Return the call that cancels a session. The arguments are those of `Sessions.cancel`."""
    return Call(
        CANCEL,
        CANCEL.path.format(session_id=session_segment(session_id)),
        encode({}, extra_body),
        **_options(extra_headers, extra_query, timeout, deadline, max_retries),
    )


def cancel_after(call: Call[Any], session: ChatSession) -> Call[ChatSession]:
    """Return the call that cancels a session, with the headers, query, timeouts and retries of its create."""
    try:
        segment = session_segment(session)
    except ValueError:
        raise ChatKitError(
            f"the server's id {session.id!a:.80} cannot be cancelled: it cannot be part of a path"
        ) from None
    return Call(
        CANCEL,
        CANCEL.path.format(session_id=segment),
        extra_headers=call.extra_headers,
        extra_query=call.extra_query,
        timeout=call.timeout,
        deadline=call.deadline,
        max_retries=call.max_retries,
    )


def named_after(build: Callable[..., Call[Any]], outcome: str) -> Callable[[F], F]:
    """Give a function the arguments of one that makes a call, and the name and docstring of a method of a client."""

    def named(function: F) -> F:
        name = build.__name__.removesuffix("_call")
        wraps(build)(function)
        function.__name__ = function.__qualname__ = name
        function.__doc__ = f"Do what `{name}` of the client does, with the same arguments, and return {outcome}."
        return function

    return named


def _options(
    extra_headers: object, extra_query: object, timeout: object, deadline: object, max_retries: object
) -> dict[str, Any]:
    return {
        "extra_headers": {} if extra_headers is None else _headers.check(extra_headers, "extra_headers"),
        "extra_query": {} if extra_query is None else _query.check(extra_query, "extra_query"),
        "timeout": timeout if timeout is omit else check_timeout(timeout),
        "deadline": deadline if deadline is omit else check_deadline(deadline),
        "max_retries": max_retries if max_retries is omit else check_retry(max_retries),
    }
