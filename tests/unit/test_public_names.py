"""What users read of the public names: in tracebacks, in help texts and in pickles."""

import inspect
import pickle
import pydoc
import typing
from collections.abc import Callable
from typing import Any

import chatkit_sessions
import msgspec
import pydantic
import pytest
from cattrs.preconf.json import make_converter
from chatkit_sessions import AsyncSessions, ChatKitClient, ChatSession, RetryPolicy, Sessions, omit, types
from support.mock import SESSION

CLASSES = [each for name in chatkit_sessions.__all__ if isinstance(each := getattr(chatkit_sessions, name), type)]
typed_dictionaries = pytest.mark.parametrize(
    "name", [name for name in types.__all__ if hasattr(getattr(types, name), "__required_keys__")]
)
CLIENTS = [Sessions, AsyncSessions, ChatKitClient]


@pytest.mark.parametrize("cls", CLASSES)
def test_a_public_class_says_that_it_belongs_to_the_package(cls: type) -> None:
    assert f"{cls.__module__}.{cls.__qualname__}" == f"chatkit_sessions.{cls.__name__}"


@pytest.mark.parametrize("value", [RetryPolicy(max_retries=7), omit, *CLASSES])
def test_a_public_value_pickles_under_its_public_name(value: object) -> None:
    pickled = pickle.dumps(value, protocol=0)
    assert b"chatkit_sessions._" not in pickled
    assert pickle.loads(pickled) == value


@pytest.mark.parametrize("client", CLIENTS)
def test_a_wrong_argument_of_a_constructor_is_blamed_on_the_class_that_was_called(client: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{client.__name__}\b"):
        client("sk-1")
    with pytest.raises(TypeError, match=rf"^{client.__name__}\b.*'foo'"):
        client(foo=1)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_help_of_a_client_shows_types_that_a_person_can_read(client: type) -> None:
    text = pydoc.plain(pydoc.render_doc(client))
    text = text.replace("'", "")  # of the annotations, which Python 3.14 shows without them
    assert "api_key: str | " in text
    assert "http_client: httpx." in text
    assert "~" not in text


@pytest.mark.parametrize("client", [Sessions, AsyncSessions])
@pytest.mark.parametrize("method", ["__init__", "create", "cancel", "open"])
def test_the_hints_of_a_method_can_be_evaluated(client: type, method: str) -> None:
    hints = typing.get_type_hints(getattr(client, method))
    parameters = set(inspect.signature(getattr(client, method)).parameters) - {"self"}
    assert parameters <= hints.keys()


@typed_dictionaries
def test_the_hints_of_a_typed_dictionary_can_be_evaluated(name: str) -> None:
    assert typing.get_type_hints(getattr(types, name))


@typed_dictionaries
def test_pydantic_describes_a_typed_dictionary(name: str) -> None:
    shape: Any = getattr(types, name)
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(shape)
    schema = adapter.json_schema()
    assert set(schema["properties"]) == set(typing.get_type_hints(shape))
    assert set(schema.get("required", ())) == shape.__required_keys__


def as_cattrs_reads(data: dict[str, Any]) -> ChatSession:
    return make_converter().structure(data, ChatSession)


def as_msgspec_reads(data: dict[str, Any]) -> ChatSession:
    return msgspec.convert(data, ChatSession)


@pytest.mark.parametrize("read", [as_cattrs_reads, as_msgspec_reads])
def test_another_library_reads_a_session_by_its_hints(read: Callable[[dict[str, Any]], ChatSession]) -> None:
    session, expected = read(SESSION), ChatSession.from_dict(SESSION)
    for name in ("id", "client_secret", "expires_at", "user", "status", "rate_limits", "chatkit_configuration"):
        assert getattr(session, name) == getattr(expected, name)
    assert session.workflow.tracing == expected.workflow.tracing


def test_another_library_writes_every_property_of_a_session() -> None:
    session = ChatSession.from_dict(SESSION)
    for written in (make_converter().unstructure(session), msgspec.to_builtins(session)):
        assert (written["id"], written["client_secret"]) == (session.id, session.client_secret)
        assert SESSION.keys() - written.keys() <= {"object"}  # which it has as object_


def test_pydantic_makes_validators_of_the_typed_dictionaries() -> None:
    adapter = pydantic.TypeAdapter(types.CreateArguments)
    arguments = {"user": "user_1", "workflow": {"id": "wf_1", "version": "2"}, "expires_after": 300}
    assert adapter.validate_python(arguments) == arguments
    with pytest.raises(pydantic.ValidationError, match=r"workflow\.Workflow\.id"):
        adapter.validate_python({"user": "user_1", "workflow": {"version": "2"}})
