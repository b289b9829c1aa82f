"""Mint and cancel OpenAI ChatKit sessions: `Sessions` and `AsyncSessions`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
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
    from ._omit import omit
    from ._retry import RetryPolicy
    from ._session import ChatSession
    from ._sessions import Sessions

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncSessions",
    "AuthenticationError",
    "BadRequestError",
    "ChatKitClient",
    "ChatKitError",
    "ChatSession",
    "ConfigurationError",
    "ConflictError",
    "InternalServerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RetryPolicy",
    "Sessions",
    "UnprocessableEntityError",
    "__version__",
    "omit",
]

# A name is loaded when it is first used: importing httpx and the models is most of what a start costs.
_ELSEWHERE = {
    "AsyncSessions": "_async_sessions",
    "ChatKitClient": "_client",
    "ChatSession": "_session",
    "RetryPolicy": "_retry",
    "Sessions": "_sessions",
    "omit": "_omit",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_ELSEWHERE.get(name, '_errors')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
