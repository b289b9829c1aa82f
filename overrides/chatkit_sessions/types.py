"""The shapes that `create` accepts as plain dictionaries, for annotations in your own code.

Names, keys and limits are those of OpenAI's document.
"""

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

__all__ = [
    "AutomaticThreadTitling",
    "ChatKitConfiguration",
    "ExpiresAfter",
    "FileUpload",
    "History",
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
    """Whether threads get titles by themselves."""

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
