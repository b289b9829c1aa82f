"""What users read of the public names: in tracebacks, in help texts and in pickles."""

import inspect
import pickle
import pydoc
import typing
from typing import Any

import chatkit_sessions
import pydantic
import pytest
from chatkit_sessions import AsyncSessions, ChatKitClient, RetryPolicy, Sessions, omit, types

CLASSES = [each for name in chatkit_sessions.__all__ if isinstance(each := getattr(chatkit_sessions, name), type)]
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


@pytest.mark.parametrize("name", [name for name in types.__all__ if hasattr(getattr(types, name), "__required_keys__")])
def test_the_hints_of_a_typed_dictionary_can_be_evaluated(name: str) -> None:
    assert typing.get_type_hints(getattr(types, name))


def test_pydantic_makes_validators_of_the_typed_dictionaries() -> None:
    adapter = pydantic.TypeAdapter(types.CreateArguments)
    arguments = {"user": "user_1", "workflow": {"id": "wf_1", "version": "2"}, "expires_after": 300}
    assert adapter.validate_python(arguments) == arguments
    with pytest.raises(pydantic.ValidationError, match=r"workflow\.Workflow\.id"):
        adapter.validate_python({"user": "user_1", "workflow": {"version": "2"}})
