"""The errors that callers see; no others reach them."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

import httpx

from ._retry import is_transient, retry_after
from ._secret import HIDDEN
from ._version import public

if TYPE_CHECKING:
    from collections.abc import Callable

_E = TypeVar("_E", bound="ChatKitError")
_HIDDEN_FIELD: Final = "client_secret"
# `re` compiles them at first use, so a start does not pay for them.
_SECRET_IN_TEXT: Final = _HIDDEN_FIELD + r"""[\\"']*\s*[:=]"""
_STATUS: Final = r"(?a)[1-9]\d\d\b"
_DEEPEST: Final = 100
"""How deeply nested a body may be to be pickled: Python limits the recursion."""


@public
class ChatKitError(Exception):
    """The base of every error of this package; raised itself when a closed client is used."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # A pickle travels to logs and queues, so it carries no secret; copies within the process stay whole.
        state = {name: _fit_to_travel(name, value) for name, value in vars(self).items()}
        return _restore, (type(self), self.args, state)

    def __copy__(self) -> Self:
        return _restore(type(self), self.args, vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return _restore(type(self), self.args, {name: _copied(value, memo) for name, value in vars(self).items()})


@public
class ConfigurationError(ChatKitError, ValueError):
    """A key, base URL or option is missing or malformed: raised when a client is made, or by an API key callable."""


@public
class APIError(ChatKitError):
    """A call that was sent, or was about to be, and failed.

    Every class can be made from a message alone, as task queues do that keep errors as JSON. There is no request then,
    no response and no body.

    Attributes:
        message: What went wrong, in words.
        request: What was sent, without credentials.
        body: The decoded error object or body of the response, its text if it is not JSON, None without a response.
        code: The `code` of OpenAI's error object, if any.
        param: The `param` of OpenAI's error object: the wrong argument, if the server names one.
        type: The `type` of OpenAI's error object, if any.
        request_id: The `x-request-id` of the response, to quote to OpenAI's support; None without a response.
        is_transient: Whether the same call may succeed later, by the rules of `RetryPolicy`. Once a 2xx status has come
            it is False: another call would take effect a second time.
        retry_after: Seconds that the server asked to wait, if it did; never negative.
    """

    request_id: str | None = None
    is_transient: bool = False
    retry_after: float | None = None

    def __init__(self, message: str, request: httpx.Request | None = None, body: object = None) -> None:
        super().__init__(message)
        self.message: str = message
        self.request: httpx.Request = cast("httpx.Request", request)
        self.body: object = body
        self.code: str | None = _text(body, "code")
        self.param: str | None = _text(body, "param")
        self.type: str | None = _text(body, "type")


@public
class APIConnectionError(APIError):
    """No complete answer came: the connection failed, and every allowed retry too."""

    is_transient = True

    def __init__(self, message: str = "Connection error.", *, request: httpx.Request | None = None) -> None:
        super().__init__(message, request)


@public
class APITimeoutError(APIConnectionError):
    """A timeout or the deadline of the call passed, and every allowed retry failed too."""

    def __init__(self, request: httpx.Request | None = None, *, message: str = "Request timed out.") -> None:
        if isinstance(cast("object", request), str):  # the message, from a task queue
            request, message = None, str(request)
        super().__init__(message, request=request)


@public
class APIResponseValidationError(APIError):
    """The server answered with a 2xx status, but not with a session. A session may still exist.

    Attributes:
        response: The response as it came.
        status_code: Its status.
    """

    response: httpx.Response
    status_code: int

    def __init__(
        self,
        response: httpx.Response,
        body: object = None,
        *,
        message: str = "The answer is not a session.",
    ) -> None:
        if isinstance(cast("object", response), str):  # the message, from a task queue
            super().__init__(str(response))
            self.response = cast("httpx.Response", None)
            self.status_code = _status_of(type(self), self.message) or 200
            return
        super().__init__(message, response.request, body)
        self.response = response
        self.status_code = response.status_code
        self.request_id = response.headers.get("x-request-id")


@public
class APIStatusError(APIError):
    """The server answered with a status other than 2xx, and so did every allowed retry.

    Raised itself for a status without another class, for instance a redirect.

    Attributes:
        response: The response, read to its end.
        status_code: Its status.
    """

    response: httpx.Response
    status_code: int

    def __init__(self, message: str, *, response: httpx.Response | None = None, body: object = None) -> None:
        super().__init__(message, None if response is None else response.request, body)
        headers = httpx.Headers() if response is None else response.headers
        self.response = cast("httpx.Response", response)
        self.status_code = _status_of(type(self), message) if response is None else response.status_code
        self.request_id = headers.get("x-request-id")
        self.is_transient = is_transient(self.status_code, headers, self.code or self.type)
        asked = retry_after(headers)
        self.retry_after = None if asked is None else max(asked, 0.0)


@public
class BadRequestError(APIStatusError):
    """400: the server does not accept an argument; `param` often names it."""


@public
class AuthenticationError(APIStatusError):
    """401: the API key is not accepted."""


@public
class PermissionDeniedError(APIStatusError):
    """403: the key may not do this, or not from this place."""


@public
class NotFoundError(APIStatusError):
    """404: no such session, no such workflow in the key's project, or no API at the base URL."""


@public
class ConflictError(APIStatusError):
    """409: the session is not in a state that allows this."""


@public
class UnprocessableEntityError(APIStatusError):
    """422: the request was understood and cannot be carried out."""


@public
class RateLimitError(APIStatusError):
    """429: too many requests, or no quota left."""


@public
class InternalServerError(APIStatusError):
    """500 and above: the server, or a proxy before it, failed."""


_BY_STATUS: Final[dict[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: InternalServerError,
}


def status_error_class(status: int) -> type[APIStatusError]:
    """Return the class of error for a status that is not 2xx."""
    return _BY_STATUS.get(status, InternalServerError if status >= 500 else APIStatusError)


def causes(error: BaseException) -> list[BaseException]:
    """Return an error and its causes, each once: a chain may be a circle."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    return chain


def _restore(cls: type[_E], args: tuple[Any, ...], state: dict[str, Any]) -> _E:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


def _status_of(kind: type[APIError], message: str) -> int:
    """Return the status at the start of an error's message, or else that of its class."""
    if found := re.match(_STATUS, message):
        return int(found[0])
    return next((status for status, each in _BY_STATUS.items() if issubclass(kind, each)), 0)


def _text(body: object, field: str) -> str | None:
    value = cast("dict[str, object]", body).get(field) if isinstance(body, dict) else None
    return str(value) if isinstance(value, str | int) else None


def _copied(value: object, memo: dict[int, Any]) -> object:
    # Requests and responses are finished and may hold parts that cannot be copied: they are shared.
    if isinstance(value, httpx.Request | httpx.Response):
        return value
    try:
        return copy.deepcopy(value, memo)
    except RecursionError:
        return value


def _fit_to_travel(name: str, value: object) -> object:
    if name == "body":
        return _without_secrets(value)
    if isinstance(value, httpx.Response) and _HIDDEN_FIELD.encode() in value.content:
        try:
            body = value.json()
        except (ValueError, RecursionError):
            body = value.content.decode(errors="replace")
        safe = _without_secrets(body)
        if safe != body:
            headers = [(name, field) for name, field in value.headers.raw if name.lower() != b"content-length"]
            content = json.dumps(safe)
            return httpx.Response(value.status_code, headers=headers, content=content, request=value.request)
    return value


def _without_secrets(value: object, depth: int = 0) -> object:
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, dict):
        fields = cast("dict[object, object]", value)
        return {
            key: HIDDEN if key == _HIDDEN_FIELD else _without_secrets(item, depth + 1) for key, item in fields.items()
        }
    if isinstance(value, list):
        return [_without_secrets(item, depth + 1) for item in cast("list[object]", value)]
    return HIDDEN if isinstance(value, str) and re.search(_SECRET_IN_TEXT, value) else value
