import pickle
from typing import Any

import pytest
from chatkit_sessions import (
    APIError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ChatKitError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
    omit,
)
from support.clients import Maker, each_twin, injected_only
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


@each_twin
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


async def test_an_error_holds_what_was_sent_and_what_came(maker: Maker) -> None:
    client = maker.serve(answer(429, headers={"retry-after": "7", "x-mine": "1"}), max_retries=0, project="proj_1")
    with pytest.raises(RateLimitError) as caught:
        await client.create(rate_limits=5, extra_query={"a": "b"})
    error = caught.value
    assert isinstance(error, APIStatusError | APIError | ChatKitError)
    assert error.message == str(error) == "429 Too Many Requests: Something is wrong. (request id req_1)"
    assert error.body == {
        "message": "Something is wrong.",
        "type": "some_type",
        "param": "some_param",
        "code": "some_code",
    }
    assert error.response.json() == {"error": error.body}
    assert error.response.headers["x-mine"] == "1"
    assert error.retry_after == 7
    assert (error.request.method, str(error.request.url)) == (
        "POST",
        "https://api.openai.com/v1/chatkit/sessions?a=b",
    )
    assert error.request.content == client.server.request.content
    assert error.request.headers["openai-project"] == "proj_1"
    assert error.request.headers["authorization"] == "[hidden]"
    assert error.response.request is error.request


@each_twin
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "3600"}, 3600),
        ({"retry-after-ms": "20", "retry-after": "9"}, 0.02),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
    ],
)
async def test_an_error_tells_how_long_the_server_asked_to_wait(
    maker: Maker, headers: dict[str, str], seconds: float | None
) -> None:
    with pytest.raises(RateLimitError) as caught:
        await maker.serve(answer(429, headers=headers), max_retries=0).create()
    assert caught.value.retry_after == seconds


@each_twin
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("location", ["https://elsewhere.example/", "/v2/chatkit/sessions", "http://api.openai.com/v1"])
async def test_a_redirect_is_an_error_and_nothing_goes_to_the_other_place(
    maker: Maker, status: int, location: str
) -> None:
    client = maker.serve(answer(status, b"", headers={"location": location}))
    with pytest.raises(APIStatusError, match="Redirects are not followed") as caught:
        await client.create()
    assert type(caught.value) is APIStatusError
    assert caught.value.response.headers["location"] == location


NOT_FOUND = "The workflow may belong to another project than the API key's"
BETA = {"error": {"message": "You must provide the 'OpenAI-Beta: chatkit_beta=v1' header.", "code": "invalid_beta"}}
ELSEWHERE = "The answer does not come from the API: the API is not at the base URL. The base URL is"
DEFAULT_URL = "https://api.openai.com/v1 (the default)."
QUOTA = "The quota is used up, so trying again does not help; see the organization's plan and billing."


def error(message: str, code: str | None = None) -> Any:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


# 404s of something that is not the API, or where the API has no such path
NOT_OF_THE_API: list[Any] = [
    error("Invalid URL (POST /v1/chatkit/chatkit/sessions)"),
    error("Unknown request URL: POST /chatkit/sessions.", "unknown_url"),
    b"<html><head><title>404 Not Found</title></head></html>",
    b"404 page not found",
    b"",
    {"detail": "Not Found"},
    {"message": "no Route matched with those values"},
    {"error": {"code": "404", "message": "Resource not found"}},
    {"error": "Not Found", "status": 404},
    {"error": {"type": "not_found"}},
    [],
    b"null",
]
OF_THE_API = [error("Workflow with id 'wf_1' not found."), error("No such session", "not_found")]

HINTS: list[tuple[int, Any, dict[str, Any], dict[str, Any], str]] = [
    *((404, body, {}, {}, f"{ELSEWHERE} {DEFAULT_URL}") for body in NOT_OF_THE_API),
    (
        404,
        error("Invalid URL (POST /chatkit/sessions)"),
        {"base_url": "https://api.openai.com"},
        {},
        f"{ELSEWHERE} https://api.openai.com (the base_url argument; OpenAI's ends in /v1).",
    ),
    (
        404,
        b"<html>",
        {"data_residency": "eu"},
        {},
        f"{ELSEWHERE} https://eu.api.openai.com/v1 (the data_residency argument).",
    ),
    *((404, body, {}, {}, f"{NOT_FOUND} (key sk-…wxyz; no OpenAI-Project header was sent).") for body in OF_THE_API),
    (429, error("You exceeded your current quota.", "insufficient_quota"), {}, {}, QUOTA),
    (429, {"error": {"message": "No quota.", "type": "insufficient_quota", "code": None}}, {}, {}, QUOTA),
    (429, error("Your account is not active.", "billing_not_active"), {}, {}, QUOTA),
    (
        401,
        error("No such organization: org_1.", "invalid_organization"),
        {"organization": "org_1"},
        {},
        "OpenAI-Organization: org_1 was sent, from the organization argument.",
    ),
    (
        401,
        error("OpenAI-Project header should match project for API key", "mismatched_project"),
        {},
        {},
        "OpenAI-Project: proj_of_the_variable was sent, from the environment variable OPENAI_PROJECT_ID.",
    ),
    (
        401,
        error("OpenAI-Project header should match project for API key"),
        {"project": "proj_1"},
        {"extra_headers": {"openai-PROJECT": "proj_2"}},
        "OpenAI-Project: proj_2 was sent, set by extra_headers.",
    ),
    (
        401,
        error("You must be a member of an organization to use the API.", "no_organization"),
        {},
        {},
        "No OpenAI-Organization header was sent.",
    ),
    (
        403,
        error("Project `proj_1` does not belong to this organization"),
        {"project": "proj_1", "organization": "org_1"},
        {},
        (
            "OpenAI-Organization: org_1 was sent, from the organization argument. "
            "OpenAI-Project: proj_1 was sent, from the project argument."
        ),
    ),
    (
        401,
        error("Attempted to access resource with incorrect regional hostname.", "incorrect_hostname"),
        {},
        {},
        f"The base URL is {DEFAULT_URL} data_residency chooses the host of a project's region.",
    ),
    (401, b"<html>", {}, {}, "The key sk-…wxyz came from the api_key argument."),
    (404, None, {}, {}, f"{NOT_FOUND} (key sk-…wxyz; no OpenAI-Project header was sent)."),
    (404, None, {"project": "proj_1"}, {}, f"{NOT_FOUND} (key sk-…wxyz; the OpenAI-Project header names proj_1)."),
    (
        404,
        None,
        {"project": "proj_1"},
        {"extra_headers": {"openai-project": "proj_2"}},
        f"{NOT_FOUND} (key sk-…wxyz; the OpenAI-Project header names proj_2).",
    ),
    (401, None, {}, {}, "The key sk-…wxyz came from the api_key argument."),
    (
        401,
        None,
        {"api_key": None},
        {},
        "The key sk-…able came from the environment variable OPENAI_API_KEY.",
    ),
    (401, None, {"api_key": lambda: "sk-from-a-callable"}, {}, "The key sk-…able came from the api_key callable."),
    (401, None, {"api_key": "short"}, {}, "The key … came from the api_key argument."),
    (
        401,
        None,
        {"default_headers": {"authorization": "Basic x"}},
        {},
        "The Authorization header was set by default_headers.",
    ),
    (
        401,
        None,
        {"default_headers": {"authorization": "Basic x"}},
        {"extra_headers": {"AUTHORIZATION": omit}},
        "The Authorization header was removed by extra_headers.",
    ),
    (400, BETA, {}, {}, "OpenAI-Beta: chatkit_beta=v1 was sent."),
    (
        400,
        BETA,
        {},
        {"extra_headers": {"openai-beta": "assistants=v2"}},
        "OpenAI-Beta: chatkit_beta=v1 is needed; it was changed to 'assistants=v2' by extra_headers.",
    ),
    (
        400,
        BETA,
        {"default_headers": {"OpenAI-Beta": "x"}},
        {"extra_headers": {"OpenAI-BETA": omit}},
        "OpenAI-Beta: chatkit_beta=v1 is needed; it was removed by extra_headers.",
    ),
    (400, {"error": {"code": "invalid_beta"}}, {}, {}, "OpenAI-Beta: chatkit_beta=v1 was sent."),
    (400, {"error": {"message": "An OPENAI-BETA header is needed."}}, {}, {}, "OpenAI-Beta: chatkit_beta=v1 was sent."),
    (400, None, {}, {}, ""),
    (400, b"OpenAI-Beta", {}, {}, ""),
    (403, None, {}, {}, ""),
    (500, BETA, {"max_retries": 0}, {}, ""),
]


@each_twin
@pytest.mark.parametrize(("status", "body", "options", "arguments", "hint"), HINTS, ids=range(len(HINTS)))
async def test_an_error_says_what_a_user_of_chatkit_should_look_at(
    maker: Maker,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: object,
    options: dict[str, Any],
    arguments: dict[str, Any],
    hint: str,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-variable")
    if status == 401:
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_of_the_variable")
    with pytest.raises(APIStatusError) as caught:
        await maker.serve(answer(status, body), **options).create(**arguments)
    text = str(caught.value)
    assert text.endswith(f"(request id req_1). {hint}" if hint else "(request id req_1)")


@each_twin
@pytest.mark.parametrize("body", NOT_OF_THE_API, ids=range(len(NOT_OF_THE_API)))
async def test_a_404_of_something_else_says_so_of_a_cancel_too(maker: Maker, body: Any) -> None:
    with pytest.raises(NotFoundError) as caught:
        await maker.serve(answer(404, body)).cancel()
    assert str(caught.value).endswith(f"{ELSEWHERE} {DEFAULT_URL}")


async def test_a_hint_of_a_copy_names_where_its_base_url_came_from(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example/v1")
    client = maker.serve(*[answer(404, b"<html>")] * 3)
    copies = (client, client.with_options(timeout=9), client.with_options(base_url="https://other.example/v1"))
    sources = (
        "the environment variable OPENAI_BASE_URL",
        "the environment variable OPENAI_BASE_URL",
        "the base_url argument",
    )
    for copied, source in zip(copies, sources, strict=True):
        with pytest.raises(NotFoundError, match=rf" \({source}\)\.$"):
            await copied.create()


TRANSIENT: list[tuple[int, str | None, dict[str, str], bool]] = [
    *((status, None, {}, status in (408, 409, 429)) for status in (*range(300, 309), *range(400, 432))),
    *((status, None, {}, True) for status in (500, 502, 503, 504, 520, 529, 599, 600, 999)),
    (400, None, {"x-should-retry": "true"}, True),
    (503, None, {"x-should-retry": "false"}, False),
    (429, None, {"retry-after": "3600"}, True),
    (429, "rate_limit_exceeded", {}, True),
    (429, "insufficient_quota", {}, False),
    (429, "insufficient_quota", {"x-should-retry": "true"}, False),
    (429, "billing_hard_limit_reached", {}, False),
    (503, "insufficient_quota", {}, True),
]


@each_twin
@pytest.mark.parametrize(("status", "code", "headers", "transient"), TRANSIENT)
async def test_an_error_is_transient_where_the_policy_would_try_again(
    maker: Maker, sleeps: list[float], status: int, code: str | None, headers: dict[str, str], transient: bool
) -> None:
    step = answer(status, {"error": {"message": "no", "type": "t", "code": code}}, headers=headers)
    is_too_long = "retry-after" in headers
    client = maker.serve(*[step] * (3 if transient and not is_too_long else 1))
    with pytest.raises(APIStatusError) as caught:
        await client.create()
    assert caught.value.is_transient is transient
    assert len(sleeps) == (2 if transient and not is_too_long else 0)
    assert caught.value.retry_after == (3600 if is_too_long else None)
    assert pickle.loads(pickle.dumps(caught.value)).is_transient is transient


@injected_only
async def test_an_organization_that_the_http_client_sends_is_named_too(maker: Maker) -> None:
    server = maker.script(answer(401, error("No such organization", "invalid_organization")))
    http_client = maker.http_client(transport=server, headers={"OpenAI-Organization": "org_2"})
    with pytest.raises(AuthenticationError, match=r"OpenAI-Organization: org_2 was sent, from your http_client\.$"):
        await maker.client(server, http_client=http_client).create()


async def test_a_404_of_a_cancel_says_nothing_of_workflows(maker: Maker) -> None:
    with pytest.raises(NotFoundError) as caught:
        await maker.serve(answer(404)).cancel()
    assert str(caught.value) == "404 Not Found: Something is wrong. (request id req_1)"
