"""Mint and cancel OpenAI ChatKit sessions: `Sessions` and `AsyncSessions`."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from ._async_responses import AsyncStreamedResponse
    from ._async_sessions import AsyncSessions
    from ._client import ChatKitClient
    from ._errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ChatKitError,
        ConfigurationError,
        ConflictError,
        InternalServerError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        UnprocessableEntityError,
    )
    from ._omit import Omit, omit
    from ._responses import APIResponse, StreamedResponse
    from ._retry import RetryPolicy
    from ._session import ChatSession
    from ._sessions import Sessions

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponse",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncSessions",
    "AsyncStreamedResponse",
    "AuthenticationError",
    "BadRequestError",
    "ChatKitClient",
    "ChatKitError",
    "ChatSession",
    "ConfigurationError",
    "ConflictError",
    "InternalServerError",
    "NotFoundError",
    "Omit",
    "PermissionDeniedError",
    "RateLimitError",
    "RetryPolicy",
    "Sessions",
    "StreamedResponse",
    "UnprocessableEntityError",
    "__version__",
    "omit",
]


# A name is loaded when it is first used, since importing httpx and the models takes most of a start. The imports are
# literal, so that tools which freeze an application find them.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_home(name), name)
    globals()[name] = value
    return value


def _home(name: str) -> ModuleType:
    if name == "Sessions":
        from . import _sessions

        return _sessions
    if name == "AsyncSessions":
        from . import _async_sessions

        return _async_sessions
    if name == "ChatKitClient":
        from . import _client

        return _client
    if name == "ChatSession":
        from . import _session

        return _session
    if name in ("APIResponse", "StreamedResponse"):
        from . import _responses

        return _responses
    if name == "AsyncStreamedResponse":
        from . import _async_responses

        return _async_responses
    if name == "RetryPolicy":
        from . import _retry

        return _retry
    if name in ("Omit", "omit"):
        from . import _omit

        return _omit
    from . import _errors

    return _errors


def __dir__() -> list[str]:
    return __all__
