"""The two operations, and their answers."""

import re
from collections.abc import Collection
from urllib.parse import unquote

from starlette.responses import Response

from ._admission import Admission
from ._errors import ApiError
from ._recording import Operation, RecordedRequest
from ._sessions import Session, SessionStore
from ._validation import Validator, parse_json
from ._wire import AsciiJSONResponse

PREFIX = "/v1"

# An error repeats no more of a path, which may be very long.
LONGEST_PATH = 200

_SESSIONS = re.compile(rf"{PREFIX}/chatkit/sessions(?:/([^/]+)/cancel)?")


def operation_of(method: str, path: str) -> Operation | None:
    """Return what a request asks for, if it is one of the two operations.

    Args:
        method: Its method.
        path: Its path, still encoded, without that of the application which the emulator may be mounted in.
    """
    found = _SESSIONS.fullmatch(path)
    if found is None or method != "POST":
        return None
    return "cancel" if found[1] else "create"


class Api:
    """Answers requests.

    Args:
        admission: Lets a request in or refuses it.
        sessions: Holds the state.
        validator: Validates bodies.
        workflows: The ids of the workflows; None accepts every id.
    """

    def __init__(
        self,
        *,
        admission: Admission,
        sessions: SessionStore,
        validator: Validator,
        workflows: Collection[str] | None,
    ) -> None:
        self._admission = admission
        self._sessions = sessions
        self._validator = validator
        self._workflows = workflows

    def answer(self, request: RecordedRequest, path: str) -> Response:
        """Return the answer to a request.

        Args:
            request: The request.
            path: Its path, as `operation_of` takes it.
        """
        try:
            found = _SESSIONS.fullmatch(path)
            if found is None:
                raise not_routed(404, request.method, path)
            if request.method != "POST":
                raise not_routed(405, request.method, path, headers={"allow": "POST"})
            return self._admitted(request, found[1])
        except ApiError as error:
            return error.response()

    def _admitted(self, request: RecordedRequest, session_id: str | None) -> Response:
        headers = request.headers
        project = self._admission.authenticate(headers)
        limits = self._admission.admit(headers)
        try:
            if session_id is None:
                session = self._create(request, headers.get("content-type", ""), project)
            else:
                session = self._sessions.cancel(unquote(session_id), project=project)
            response = AsciiJSONResponse(session.resource())
        except ApiError as error:
            response = error.response()
        response.headers.update(limits)
        return response

    def _create(self, request: RecordedRequest, content_type: str, project: str | None) -> Session:
        body = self._validator.validate(parse_json(content_type, request.body))
        workflow = body["workflow"]["id"]
        if not workflow or (self._workflows is not None and workflow not in self._workflows):
            raise ApiError(404, f"Workflow with id '{workflow}' not found.")
        return self._sessions.create(body, project=project, size=len(request.body))


def not_routed(status: int, method: str, path: str, *, headers: dict[str, str] | None = None) -> ApiError:
    """Return the refusal of an unknown URL, 404, or of a method that a URL does not take, 405."""
    code, reason = {
        404: ("unknown_url", "There is nothing at this URL"),
        405: ("method_not_supported", "This URL does not take this method"),
    }[status]
    return ApiError(status, f"{reason}: {method[:20]} {path[:LONGEST_PATH]}", code=code, headers=headers)
