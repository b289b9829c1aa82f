"""What holds for every input, as hypothesis tries to disprove."""

import json
import math
import pickle
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx
from chatkit_sessions import APIResponseValidationError, ChatSession, Sessions
from chatkit_sessions._call.arguments import session_segment
from chatkit_sessions._call.call import create_call
from chatkit_sessions._retry import RetryPolicy, retry_after
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.bodies import JSON, SCHEMAS, sessions, spoiled, spoiled_bytes, valid
from support.clients import ARGUMENTS

# The fixtures that every test has serve all examples together, which is as meant.
thorough = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Server(httpx.MockTransport):
    """A server that gives one answer, once for each time it is told to."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        super().__init__(self._answer)

    def _answer(self, _request: httpx.Request) -> httpx.Response:
        content, self.content = self.content, None
        assert content is not None, "the call was repeated"
        return httpx.Response(200, content=content)


SERVER = Server()
CLIENT = Sessions(api_key="sk-1", http_client=httpx.Client(transport=SERVER))
CALLS: dict[str, Callable[[], ChatSession]] = {
    "create": lambda: CLIENT.create(**ARGUMENTS),
    "cancel": lambda: CLIENT.cancel("cksess_1"),
}


def outcome(operation: str, content: bytes) -> ChatSession | APIResponseValidationError:
    SERVER.content = content
    try:
        return CALLS[operation]()
    except APIResponseValidationError as error:
        return error


def check_outcomes(content: bytes) -> None:
    """Let a body be a session that gives it back, or a typed error, and nothing else."""
    for operation in CALLS:
        result = outcome(operation, content)
        assert type(pickle.loads(pickle.dumps(result))) is type(result)
        repr(result)
        if isinstance(result, ChatSession):
            assert result.to_dict() == json.loads(content)
            result.is_expired()
            if operation == "create":
                assert result.id
                assert result.client_secret
                assert isinstance(result.expires_at, int)


@thorough
@given(body=sessions())
def test_any_valid_session_is_read_and_given_back(body: dict[str, Any]) -> None:
    for operation in CALLS:
        session = outcome(operation, json.dumps(body).encode())
        assert isinstance(session, ChatSession)
        assert session.to_dict() == body
        assert pickle.loads(pickle.dumps(session)).to_dict() == body


@thorough
@given(body=spoiled(sessions()))
def test_any_spoiled_session_is_a_session_or_a_typed_error(body: dict[str, Any]) -> None:
    check_outcomes(json.dumps(body).encode())


@thorough
@given(content=spoiled_bytes(sessions()) | st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_session_or_a_typed_error(content: bytes) -> None:
    check_outcomes(content)


VALIDATOR: Any = Draft202012Validator(
    {"$ref": "#/components/schemas/CreateChatSessionBody", "components": {"schemas": SCHEMAS}}
)


@thorough
@given(body=valid(SCHEMAS["CreateChatSessionBody"]))
def test_any_valid_arguments_are_sent_as_they_are(body: dict[str, Any]) -> None:
    # The document lets ids end in what is a mistake there.
    for ids, name in ((body, "user"), (body["workflow"], "id"), (body["workflow"], "version")):
        if name in ids:
            ids[name] = f"<{ids[name]}>"
    content = create_call(**body).content
    assert content is not None
    assert json.loads(content) == body


@thorough
@given(body=spoiled(valid(SCHEMAS["CreateChatSessionBody"])))
def test_any_spoiled_arguments_are_refused_or_valid_for_the_document(body: dict[str, Any]) -> None:
    user, workflow = body.pop("user", "user_1"), body.pop("workflow", "wf_1")
    known = {name: value for name, value in body.items() if name in SCHEMAS["CreateChatSessionBody"]["properties"]}
    try:
        content = create_call(user=user, workflow=workflow, **known).content
    except (TypeError, ValueError) as error:
        named, content = str(error).partition(":")[0].partition(".")[0], None
    else:
        named = ""
    assert content or named in SCHEMAS["CreateChatSessionBody"]["properties"]
    if content:
        VALIDATOR.validate(json.loads(content))


STRAY = "".join(map(chr, (*range(32), *range(127, 160), 0xFEFF, 0x200B)))


@thorough
@given(identifier=st.text(st.characters()))
def test_any_id_is_one_segment_that_stands_for_it_or_is_refused(identifier: str) -> None:
    try:
        segment = session_segment(identifier)
    except ValueError:
        is_spoiled = identifier != identifier.strip() or identifier != identifier.strip(STRAY)
        has_no_form = identifier in ("", ".", "..") or any(
            "\ud800" <= character <= "\udfff" for character in identifier
        )
        assert is_spoiled or has_no_form
    else:
        assert unquote(segment) == identifier
        assert not set(segment) & set("/?#\\ ")


@thorough
@given(value=st.text() | st.floats().map(str) | st.datetimes().map(lambda moment: f"{moment:%a, %d %b %Y %X} GMT"))
def test_any_retry_after_is_a_number_or_none(value: str) -> None:
    seconds = retry_after({"retry-after": value, "retry-after-ms": value[::-1]})
    assert seconds is None or not math.isnan(seconds)


@thorough
@given(
    taken=st.integers(0, 10**6),
    policy=st.builds(
        RetryPolicy,
        initial_delay=st.floats(0, 1e6),
        max_delay=st.floats(0, 1e6),
        jitter=st.floats(0, 1),
    ),
    share=st.none() | st.floats(0, 1),
)
def test_any_wait_lies_within_the_policys_bounds(taken: int, policy: RetryPolicy, share: float | None) -> None:
    assert 0 <= policy.delay(taken, share=share) <= policy.max_delay
