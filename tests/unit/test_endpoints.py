"""An endpoint is whole or it is not there: what one place knows of it, every other place knows as well."""

import inspect
from types import FunctionType

import pytest
from chatkit_sessions import AsyncSessions, Sessions
from chatkit_sessions._call import call

from generated_client import models
from generated_client.limits import OPERATIONS

CALLS = [
    name.removesuffix("_call")
    for name, value in vars(call).items()
    if name.endswith("_call") and isinstance(value, FunctionType) and value.__module__ == call.__name__
]


@pytest.mark.parametrize(("name", "route"), OPERATIONS.items())
def test_every_endpoint_of_the_document_is_an_operation(name: str, route: tuple[str, str]) -> None:
    known = [(each.method, each.path) for each in call.OPERATIONS]
    assert route in known, f"{name} has no Operation in _call/call.py"


@pytest.mark.parametrize("operation", call.OPERATIONS, ids=lambda each: each.path)
def test_every_operation_is_of_the_document_and_has_its_model(operation: call.Operation[call.Result]) -> None:
    assert (operation.method, operation.path) in OPERATIONS.values()
    assert getattr(models, operation.model.__name__) is operation.model


def test_every_operation_has_a_function_that_makes_its_call() -> None:
    assert len(CALLS) == len(call.OPERATIONS), "an Operation needs its *_call in _call/call.py, and the other way round"


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("client", [Sessions, AsyncSessions])
def test_every_call_is_a_method_of_both_clients_and_of_their_raw_and_streaming_forms(
    client: type[Sessions | AsyncSessions], name: str
) -> None:
    made = client(api_key="sk-test")
    for form in (made, made.with_raw_response, made.with_streaming_response):
        method = getattr(form, name, None)
        assert method is not None, f"{type(form).__name__} has no method {name}"
        wanted = inspect.signature(getattr(call, f"{name}_call")).parameters.keys()
        assert wanted <= inspect.signature(method).parameters.keys()
