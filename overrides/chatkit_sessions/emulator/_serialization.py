"""The emulator's values as JSON data."""

from typing import Any

from .._secret import mask
from ._errors import ApiError
from ._fault_plan import fault_document
from ._recording import RawHeaders, RecordedRequest
from ._sessions import Session
from ._validation import Validator, parse_json

_SEEDS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["sessions"],
    "properties": {
        "sessions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["user"],
                "properties": {
                    "id": {"type": "string"},
                    "user": {"type": "string"},
                    "workflow": {"type": "string"},
                    "client_secret": {"type": "string"},
                    "expires_after": {"type": "number"},
                    "cancelled": {"type": "boolean"},
                },
            },
        },
    },
}
SEEDS = Validator(_SEEDS_SCHEMA)
"""What seeds are as JSON data: the arguments of `SessionStore.add` for each."""


def session_document(session: Session) -> dict[str, Any]:
    """Return a session as the API shows it, and what else the emulator knows of it."""
    return session.resource() | {
        "created_at": session.created_at,
        "project": session.project,
        "messages": session.messages,
    }


def read_seeds(content: bytes) -> list[dict[str, Any]]:
    """Return the seeds of a file.

    Raises:
        ValueError: It is not JSON, or does not hold seeds.
    """
    try:
        seeds: list[dict[str, Any]] = SEEDS.validate(parse_json("application/json", content))["sessions"]
    except ApiError as error:
        raise ValueError(str(error)) from None
    return seeds


def request_document(request: RecordedRequest) -> dict[str, Any]:
    """Return a recorded request and its answer.

    The API key is masked: it may be a real one that came here by mistake.
    """
    answer = request.answer and {
        "status": request.answer.status,
        "headers": _headers(request.answer.raw_headers),
        "body": request.answer.body.decode(errors="surrogateescape"),
    }
    return {
        "id": request.id,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": _headers(request.raw_headers),
        "body": request.body.decode(errors="surrogateescape"),
        "operation": request.operation,
        "fault": request.fault and fault_document(request.fault),
        "status": request.status,
        "answer": answer,
    }


def _headers(raw_headers: RawHeaders) -> list[list[str]]:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw_headers]
    return [[name, _masked(value) if name == "authorization" else value] for name, value in headers]


def _masked(credential: str) -> str:
    scheme, space, token = credential.partition(" ")
    # In ASCII, as a header can be.
    return f"{scheme}{space}{mask(token)}".replace("…", "...")
