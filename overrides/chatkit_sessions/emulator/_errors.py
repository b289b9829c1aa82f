"""Error answers in the shape of OpenAI's API."""

from collections.abc import Mapping

from ._wire import AsciiJSONResponse


class ApiError(Exception):
    """An error answer of the API.

    Args:
        status: The HTTP status.
        message: One sentence for a human.
        code: Its code for programs.
        param: The path of the wrong parameter.
        type: The type of the error; by default the one of the status.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,  # noqa: A002 - the name on the wire
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.type = type or ("server_error" if status >= 500 else "invalid_request_error")
        self.headers = dict(headers or {})

    def response(self) -> AsciiJSONResponse:
        """Return the answer to send."""
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return AsciiJSONResponse({"error": error}, self.status, self.headers)
