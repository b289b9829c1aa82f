import pytest
from chatkit_sessions import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from support.clients import Maker
from support.mock import answer

pytestmark = pytest.mark.anyio

CLASSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}
STATUSES = [*range(300, 600), 600, 999]


async def test_every_status_that_is_not_2xx_is_an_error_of_its_class(maker: Maker) -> None:
    client = maker.serve(*map(answer, STATUSES), max_retries=0)
    for status in STATUSES:
        with pytest.raises(APIStatusError) as caught:
            await client.create()
        expected = CLASSES.get(status, InternalServerError if status >= 500 else APIStatusError)
        error = caught.value
        assert (type(error), error.status_code, error.response.status_code) == (expected, status, status)
        assert (error.code, error.param, error.type) == ("some_code", "some_param", "some_type")
        assert error.request_id == "req_1"
        assert str(error).startswith(f"{status}")
        assert "Something is wrong. (request id req_1)" in str(error)
