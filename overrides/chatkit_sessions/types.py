"""Types for annotations in your code: the dictionaries that `create` accepts, and what wrappers of it need.

Names, keys and limits are those of OpenAI's document.
"""

import sys
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NotRequired, Protocol, TypeVar

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    # Below Python 3.12 pydantic refuses those of typing, and brings typing_extensions.
    try:
        from typing_extensions import TypedDict
    except ImportError:
        from typing import TypedDict

from ._omit import Omit

if TYPE_CHECKING:
    from ._session import ChatSession

ResultT_co = TypeVar("ResultT_co", covariant=True)

__all__ = [
    "AsyncCreatesSessions",
    "AutomaticThreadTitling",
    "ChatKitConfiguration",
    "CreateArguments",
    "CreatesSessions",
    "ExpiresAfter",
    "FileUpload",
    "History",
    "Httpx2AsyncClient",
    "Httpx2Client",
    "Httpx2Timeout",
    "Httpx2URL",
    "RateLimits",
    "Tracing",
    "Workflow",
]


class Tracing(TypedDict):
    """Diagnostic tracing of the workflow."""

    enabled: NotRequired[bool]


class Workflow(TypedDict):
    """The workflow that answers the visitor. `version` is a deployed version's name; left out, the newest one runs."""

    id: str
    version: NotRequired[str]
    state_variables: NotRequired[Mapping[str, str | int | bool | float]]
    tracing: NotRequired[Tracing]


class ExpiresAfter(TypedDict):
    """How long the client secret lives, from 1 to 600 seconds."""

    seconds: int
    anchor: NotRequired[Literal["created_at"]]


class RateLimits(TypedDict):
    """How many requests the visitor may make in a minute. Both names mean the same; give one."""

    max_requests_per_1_minute: NotRequired[int]
    requests_per_minute: NotRequired[int]


class AutomaticThreadTitling(TypedDict):
    """Whether threads get titles automatically."""

    enabled: NotRequired[bool]


class FileUpload(TypedDict):
    """Whether and how much the visitor may upload; `max_file_size` is in megabytes."""

    enabled: NotRequired[bool]
    max_file_size: NotRequired[int]
    max_files: NotRequired[int]


class History(TypedDict):
    """Whether the visitor sees earlier threads, and how many."""

    enabled: NotRequired[bool]
    recent_threads: NotRequired[int]


class ChatKitConfiguration(TypedDict):
    """Features of the chat, for this session."""

    automatic_thread_titling: NotRequired[AutomaticThreadTitling]
    file_upload: NotRequired[FileUpload]
    history: NotRequired[History]


class CreateArguments(TypedDict):
    """The keyword arguments of `create` that describe a session, for wrappers that pass them on.

    `create` itself takes more forms: the generated models, and `omit` for what is left out here.
    """

    user: str
    workflow: str | Workflow
    chatkit_configuration: NotRequired[ChatKitConfiguration]
    expires_after: NotRequired[int | timedelta | ExpiresAfter]
    rate_limits: NotRequired[int | RateLimits]


class _Creates(Protocol[ResultT_co]):
    def create(
        self,
        *,
        user: str,
        workflow: str | Workflow,
        chatkit_configuration: ChatKitConfiguration | Omit = ...,
        expires_after: int | timedelta | ExpiresAfter | Omit = ...,
        rate_limits: int | RateLimits | Omit = ...,
    ) -> ResultT_co:
        """Create a session."""
        ...


class CreatesSessions(_Creates["ChatSession"], Protocol):
    """`Sessions`, or what stands in for it: it takes `CreateArguments`."""

    def cancel(self, session_id: str, /) -> object:
        """Cancel a session."""
        ...


class AsyncCreatesSessions(_Creates[Coroutine[Any, Any, "ChatSession"]], Protocol):
    """`AsyncSessions`, or what stands in for it: it takes `CreateArguments`."""

    async def cancel(self, session_id: str, /) -> object:
        """Cancel a session."""
        ...


class Httpx2Timeout(Protocol):
    """`httpx2.Timeout` without that package; every `timeout` accepts it."""

    @property
    def connect(self) -> float | None: ...  # noqa: D102

    @property
    def read(self) -> float | None: ...  # noqa: D102

    @property
    def write(self) -> float | None: ...  # noqa: D102

    @property
    def pool(self) -> float | None: ...  # noqa: D102


class Httpx2URL(Protocol):
    """`httpx2.URL` without that package; `base_url` accepts it."""

    @property
    def raw_host(self) -> bytes: ...  # noqa: D102

    @property
    def raw_path(self) -> bytes: ...  # noqa: D102

    def copy_with(self, **kwargs: Any) -> Any: ...  # noqa: D102


class Httpx2Client(Protocol):
    """`httpx2.Client` without that package; `http_client` of `Sessions` accepts it."""

    @property
    def is_closed(self) -> bool: ...  # noqa: D102

    def build_request(self, *args: Any, **kwargs: Any) -> Any: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102


class Httpx2AsyncClient(Protocol):
    """`httpx2.AsyncClient` without that package; `http_client` of `AsyncSessions` accepts it."""

    @property
    def is_closed(self) -> bool: ...  # noqa: D102

    def build_request(self, *args: Any, **kwargs: Any) -> Any: ...  # noqa: D102

    async def aclose(self) -> None: ...  # noqa: D102
