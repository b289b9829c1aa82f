"""What the API can do, one value for each endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from .. import _generated as generated
from .._session import ChatSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Result(Protocol):
    """What every call returns: it knows the request that it came from."""

    request_id: str | None


class Model(Protocol):
    """A model of the generated package."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Any:
        """Build it from decoded JSON."""


ResultT = TypeVar("ResultT", bound=Result)


@dataclass(frozen=True, slots=True)
class Operation(Generic[ResultT]):
    """An endpoint: where it is, and what its answers mean.

    Attributes:
        method: The HTTP method.
        path: The path below the base URL, with `{parameters}`.
        effect: What an error says may have happened although no usable answer came.
        not_found: What an error adds to a 404, if anything.
        requires: The properties without which an answer is of no use, and their types; any other may be missing.
        model: The class of which a generated endpoint function makes an instance.
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
