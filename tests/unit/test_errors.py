import copy
import json
import pickle
import sys
from collections.abc import Callable
from typing import Any, cast

import chatkit_sessions
import httpx
import pytest
from chatkit_sessions import (
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
from support.clients import Maker
from support.leaks import FAKE_SECRET
from support.mock import CANCEL_EXAMPLE, SESSION, answer

REQUEST = httpx.Request("POST", "https://api.example/v1/chatkit/sessions?a=b", json={"user": "user_1"})
BODY = {"message": "No client_secret here.", "code": "client_secret", "param": "user", "type": "t", "more": [1, None]}


def response(status: int) -> httpx.Response:
    headers = {"x-request-id": "req_1", "retry-after": "1.5"}
    return httpx.Response(status, headers=headers, json={"error": BODY}, request=REQUEST)


STATUS_ERRORS: dict[type[APIStatusError], int] = {
    APIStatusError: 302,
    BadRequestError: 400,
    AuthenticationError: 401,
    PermissionDeniedError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    UnprocessableEntityError: 422,
    RateLimitError: 429,
    InternalServerError: 529,
}
ERRORS: list[ChatKitError] = [
    ChatKitError("closed"),
    ConfigurationError("api_key: no"),
    APIError("no", REQUEST, BODY),
    APIError("no", REQUEST),
    APIConnectionError(request=REQUEST),
    APIConnectionError(message="refused", request=REQUEST),
    APITimeoutError(REQUEST),
    APIResponseValidationError(response(200), ["a"], message="the body has no client_secret"),
    APIResponseValidationError(response(200), "<html>", message="the body is not JSON"),
    *(kind(f"{status}", response=response(status), body=BODY) for kind, status in STATUS_ERRORS.items()),
]
TREE: dict[type[BaseException], type[BaseException]] = {
    ChatKitError: Exception,
    ConfigurationError: ChatKitError,
    APIError: ChatKitError,
    APIConnectionError: APIError,
    APITimeoutError: APIConnectionError,
    APIResponseValidationError: APIError,
    APIStatusError: APIError,
    **{kind: APIStatusError for kind in STATUS_ERRORS if kind is not APIStatusError},
}


def test_the_errors_form_this_tree() -> None:
    public = {getattr(chatkit_sessions, name) for name in chatkit_sessions.__all__ if name.endswith("Error")}
    assert {error: error.__base__ for error in public} == TREE
    assert issubclass(ConfigurationError, ValueError)


def plain(value: Any) -> Any:
    """Return requests and responses as what can be compared."""
    if isinstance(value, httpx.Request):
        return (value.method, str(value.url), sorted(value.headers.items()), value.content)
    if isinstance(value, httpx.Response):
        return (value.status_code, sorted(value.headers.items()), value.content, plain(value.request))
    return value


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda error: pickle.loads(pickle.dumps(error, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle-{protocol}": pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("error", ERRORS, ids=[f"{i}-{type(error).__name__}" for i, error in enumerate(ERRORS)])
def test_a_copy_of_an_error_has_all_that_it_has(error: ChatKitError, duplicate: Callable[[Any], Any]) -> None:
    duplicated = duplicate(error)
    assert duplicated is not error
    assert type(duplicated) is type(error)
    assert (str(duplicated), repr(duplicated), duplicated.args) == (str(error), repr(error), error.args)
    assert {name: plain(value) for name, value in vars(duplicated).items()} == {
        name: plain(value) for name, value in vars(error).items()
    }


FROM_TEXT: list[tuple[type[APIError], str, int | None, bool]] = [
    (APIError, "no", None, False),
    (APIConnectionError, "Connection error: refused", None, True),
    (APITimeoutError, "Timed out: slow", None, True),
    (APIResponseValidationError, "201: the body is not JSON; a session may exist", 201, False),
    (APIResponseValidationError, "no session", 200, False),
    (APIStatusError, "302 Found: no", 302, False),
    (APIStatusError, "no", 0, False),
    (InternalServerError, "529: busy", 529, True),
    (InternalServerError, "busy", 500, True),
    *((kind, f"{status}: no", status, status in (409, 429)) for kind, status in list(STATUS_ERRORS.items())[1:-1]),
    *((kind, "no", status, status in (409, 429)) for kind, status in list(STATUS_ERRORS.items())[1:-1]),
]


@pytest.mark.parametrize(("kind", "text", "status", "transient"), FROM_TEXT)
def test_an_error_can_be_made_again_from_its_text_as_task_queues_do(
    kind: Any, text: str, status: int | None, transient: bool
) -> None:
    error = kind(*kind(text).args)
    assert type(error) is kind
    assert (str(error), error.message, error.args) == (text, text, (text,))
    assert getattr(error, "status_code", None) == status
    assert error.is_transient is transient
    assert (error.request, error.body, error.code, error.request_id, error.retry_after) == (None,) * 5
    assert getattr(error, "response", None) is None
    for duplicate in COPIES.values():
        assert vars(duplicate(error)) == vars(error)


def test_the_module_of_an_error_leads_to_its_class() -> None:
    for name in chatkit_sessions.__all__:
        if name.endswith("Error"):
            kind = getattr(chatkit_sessions, name)
            assert getattr(sys.modules[kind.__module__], kind.__qualname__) is kind


def test_what_is_added_to_an_error_is_copied_too() -> None:
    error = RateLimitError("429", response=response(429), body=BODY)
    error.add_note("seen at noon")
    cast("Any", error).attempt = {"of": [1]}
    for duplicate in COPIES.values():
        duplicated = duplicate(error)
        assert duplicated.__notes__ == ["seen at noon"]
        assert duplicated.attempt == {"of": [1]}
    assert copy.deepcopy(error).body is not error.body


def test_a_deep_copy_shares_what_the_original_shares() -> None:
    error = RateLimitError("429", response=response(429), body=BODY)
    copied, body = copy.deepcopy((error, error.body))
    assert copied.body is body


def test_an_error_of_the_connection_that_you_make_yourself_has_a_text() -> None:
    lost, late = APIConnectionError(request=REQUEST), APITimeoutError(REQUEST)
    assert (str(lost), lost.request) == ("Connection error.", REQUEST)
    assert (str(late), late.request) == ("Request timed out.", REQUEST)


@pytest.mark.parametrize(
    "body",
    [
        {**SESSION, "expires_at": None},
        [SESSION],
        {"data": {"sessions": [SESSION]}},
        {"client_secret": {"value": FAKE_SECRET}},
        f'{{"client_secret": "{FAKE_SECRET}'.encode(),
        json.dumps(json.dumps(SESSION)).encode(),
        {"data": json.dumps(SESSION)},
        {"data": repr(SESSION)},
        f"client_secret={FAKE_SECRET}".encode(),
    ],
    ids=range(9),
)
@pytest.mark.anyio
async def test_a_session_that_cannot_be_used_is_reached_through_the_error_and_not_through_its_pickle(
    maker: Maker, body: object
) -> None:
    client = maker.serve(answer(200, body))
    with pytest.raises(APIResponseValidationError) as caught:
        await client.create()
    error = caught.value
    for duplicate in (error, copy.copy(error), copy.deepcopy(error)):
        assert FAKE_SECRET in str(duplicate.body)
        assert FAKE_SECRET in duplicate.response.text
    travelled = pickle.loads(pickle.dumps(error))
    assert FAKE_SECRET not in str(travelled.body)
    assert FAKE_SECRET not in travelled.response.text
    assert travelled.message == error.message


@pytest.mark.parametrize("depth", [100, 400, 900])
@pytest.mark.anyio
async def test_an_error_of_a_deeply_nested_body_pickles_and_copies(maker: Maker, depth: int) -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        await maker.serve(answer(200, b"[" * depth + b"]" * depth)).create()
    for duplicate in COPIES.values():
        assert str(duplicate(caught.value)) == str(caught.value)


@pytest.mark.anyio
async def test_the_cause_of_a_lost_connection_is_told(maker: Maker) -> None:
    with pytest.raises(APIConnectionError) as caught:
        await maker.serve(httpx.ConnectError("[Errno 111] Connection refused"), max_retries=0).create()
    error = caught.value
    assert type(error) is APIConnectionError
    assert str(error) == "Connection error: [Errno 111] Connection refused (api.openai.com:443)"
    assert isinstance(error.__cause__, httpx.ConnectError)
    assert (error.body, error.code, error.param, error.type, error.request_id) == (None,) * 5
    assert error.request.url == "https://api.openai.com/v1/chatkit/sessions"


@pytest.mark.parametrize(
    ("failure", "error", "message"),
    [
        (httpx.ConnectTimeout("slow"), APITimeoutError, "Timed out: slow (api.openai.com:443)"),
        (httpx.PoolTimeout(""), APITimeoutError, "Timed out: PoolTimeout (api.openai.com:443)"),
        (httpx.ReadError(""), APIConnectionError, "Connection error: ReadError (api.openai.com:443)"),
    ],
)
@pytest.mark.anyio
async def test_a_failure_to_connect_says_what_it_was(
    maker: Maker, failure: Exception, error: type[APIError], message: str
) -> None:
    with pytest.raises(error) as caught:
        await maker.serve(failure, max_retries=0).create()
    assert (type(caught.value), str(caught.value)) == (error, message)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.anyio
async def test_the_incomplete_cancel_example_is_no_session_for_a_create(maker: Maker, status: int) -> None:
    expected = APIResponseValidationError if status == 200 else InternalServerError
    with pytest.raises(expected):
        await maker.serve(answer(status, CANCEL_EXAMPLE), max_retries=0).create()
