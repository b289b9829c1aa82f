"""What is written twice says the same in both places."""

import inspect
import re
from collections.abc import Mapping
from types import FunctionType
from typing import Any, get_args, get_origin, get_type_hints

import chatkit_sessions
import pytest
from chatkit_sessions import (
    AsyncSessions,
    ChatKitClient,
    Sessions,
    types,
)
from chatkit_sessions._call import async_exchange, call, exchange
from chatkit_sessions._generated import CREATE_PARAMS, SCHEMAS

# An async client takes a key from a function that may be async, and an httpx client of its own kind.
_SYNC = re.compile(r"\bSync(?=KeyCallable)|\b(?:Httpx2)?Async(?=Client)|\bHttpx2(?=Client)")
OWN_NAMES = {
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
}


def public(cls: type) -> dict[str, Any]:
    """Return the methods and properties that a user of a class sees, by the name of the sync twin."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        found |= vars(base)
    kept = ("__init__", "__repr__", "__reduce__", "__enter__", "__exit__", "__aenter__", "__aexit__")
    return {
        OWN_NAMES.get(name, name): value
        for name, value in found.items()
        if (not name.startswith("_") or name in kept) and isinstance(value, FunctionType | property)
    }


def parameters(function: Any) -> list[tuple[str, Any, Any, str]]:
    """Return what callers see of a function: names, kinds, defaults and annotations."""
    return [
        (each.name, each.kind, each.default, _SYNC.sub("", str(each.annotation)))
        for each in inspect.signature(function).parameters.values()
    ]


TWINS: list[tuple[type, type]] = [
    (Sessions, AsyncSessions),
    (chatkit_sessions.StreamedResponse, chatkit_sessions.AsyncStreamedResponse),
]


@pytest.mark.parametrize(("sync", "asynchronous"), TWINS)
def test_the_twins_have_the_same_methods_signatures_and_docstrings(sync: type, asynchronous: type) -> None:
    ours, theirs = public(sync), public(asynchronous)
    assert ours.keys() == theirs.keys()
    for name, mine in ours.items():
        other = theirs[name]
        if isinstance(mine, property):
            assert inspect.getdoc(mine) == inspect.getdoc(other), name
            continue
        assert parameters(mine) == parameters(other), name
        documentation = (inspect.getdoc(other) or "").replace("an `async with`", "a `with`")
        assert (inspect.getdoc(mine) or "") == documentation, name


def test_the_twins_differ_in_what_must_be_awaited() -> None:
    awaited = {name for name, each in vars(AsyncSessions).items() if inspect.iscoroutinefunction(each)}
    assert {name for name in awaited if not name.startswith("_")} == {"create", "cancel"}
    assert inspect.iscoroutinefunction(AsyncSessions.aclose)
    assert not [name for name, each in vars(Sessions).items() if inspect.iscoroutinefunction(each)]
    assert not hasattr(AsyncSessions, "close")
    assert not hasattr(Sessions, "aclose")


def test_the_exchanges_have_the_same_steps() -> None:
    ours, theirs = (
        {
            name: inspect.getdoc(each)
            for name, each in vars(module).items()
            if isinstance(each, FunctionType) and each.__module__ == module.__name__ and not name.startswith("_")
        }
        for module in (exchange, async_exchange)
    )
    assert ours.keys() == {"receive", "begin", "read", "feed"}
    assert ours == {name: theirs[name] for name in ours}


@pytest.mark.parametrize("name", ["create", "cancel"])
@pytest.mark.parametrize("sessions", [Sessions, AsyncSessions])
def test_every_way_to_call_takes_the_same_arguments(sessions: Any, name: str) -> None:
    # A response with its status has no use for an argument that turns a status into None.
    expected = [each for each in parameters(getattr(sessions, name))[1:] if each[0] != "missing_ok"]
    assert parameters(getattr(call, f"{name}_call")) == expected
    client = sessions(api_key="sk-1")
    assert parameters(getattr(client.with_raw_response, name)) == expected
    assert parameters(getattr(client.with_streaming_response, name)) == expected
    for shape in (client.with_raw_response, client.with_streaming_response):
        assert getattr(shape, name).__name__ == name
        assert getattr(shape, name).__doc__.startswith(f"Do what `{name}` of the client does")
    if name == "create":
        assert parameters(client.open) == expected


def test_open_has_a_name_and_a_docstring_of_its_own() -> None:
    for sessions in (Sessions, AsyncSessions):
        assert sessions.open.__name__ == "open"
        assert "cancels it at the end" in (sessions.open.__doc__ or "")


def test_every_client_is_made_alike() -> None:
    names = [[each[:3] for each in parameters(cls.__init__)] for cls in (Sessions, AsyncSessions, ChatKitClient)]
    assert names[0] == names[1] == names[2]
    made = set(inspect.signature(Sessions).parameters)
    copied = set(inspect.signature(Sessions.with_options).parameters) - {"self"}
    assert made - copied == {"http_client", "http_backend"}
    assert copied <= made


def test_create_takes_what_the_document_has() -> None:
    own = {"extra_headers", "extra_query", "extra_body", "timeout", "deadline", "max_retries"}
    taken = inspect.signature(Sessions.create).parameters
    places = "the arguments of create and open of both clients, and of create_call and create_body in _call"
    assert set(taken) - {"self"} - own == set(CREATE_PARAMS["properties"]), f"change {places}"
    required = {name for name, each in taken.items() if each.default is inspect.Parameter.empty}
    assert required - {"self"} == set(CREATE_PARAMS["required"])


CONFIGURATION = "ChatSessionChatKitConfigurationParam"
SHAPES: dict[Any, str] = {
    types.Workflow: "ChatSessionWorkflowParam",
    types.Tracing: "ChatSessionWorkflowParamTracing",
    types.ExpiresAfter: "ChatSessionExpiresAfterParam",
    types.RateLimits: "ChatSessionRateLimitsParam",
    types.ChatKitConfiguration: CONFIGURATION,
    types.AutomaticThreadTitling: f"{CONFIGURATION}AutomaticThreadTitling",
    types.FileUpload: f"{CONFIGURATION}FileUpload",
    types.History: f"{CONFIGURATION}History",
}
PYTHON: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "number": float}


def python_type(schema: Mapping[str, Any]) -> Any:
    """Return the annotation that a part of the document asks for."""
    if "$ref" in schema:
        return next(shape for shape, name in SHAPES.items() if name == schema["$ref"])
    if "anyOf" in schema:
        return {python_type(part) for part in schema["anyOf"]}
    if schema["type"] == "object":
        return {"of": python_type(schema["additionalProperties"])}
    return set(schema["enum"]) if "enum" in schema else PYTHON[schema["type"]]


def annotated_type(annotation: Any) -> Any:
    """Return an annotation in the same form."""
    parts = get_args(annotation)
    if get_origin(annotation) is Mapping:
        return {"of": annotated_type(parts[1])}
    if parts and all(isinstance(part, str) for part in parts):
        return set(parts)
    return set(parts) if parts else annotation


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_the_shapes_for_annotations_are_the_documents(shape: Any) -> None:
    schema = SCHEMAS[SHAPES[shape]]
    hints = get_type_hints(shape)
    if shape is types.RateLimits:
        assert hints.pop("requests_per_minute") is int  # our other name for the same
    assert {name: annotated_type(hint) for name, hint in hints.items()} == {
        name: python_type(part) for name, part in schema["properties"].items()
    }, f"change {shape.__name__} in types.py"
    filled_in = {name for name in schema["required"] if "default" in schema["properties"][name]}
    assert set(shape.__required_keys__) == set(schema["required"]) - filled_in


def test_every_shape_is_public() -> None:
    shapes = {name for name, each in vars(types).items() if hasattr(each, "__required_keys__")}
    assert shapes == {shape.__name__ for shape in SHAPES} | {"CreateArguments"}
    assert set(types.__all__) == shapes | {
        "CreatesSessions",
        "AsyncCreatesSessions",
        "Httpx2Client",
        "Httpx2AsyncClient",
        "Httpx2Timeout",
        "Httpx2URL",
    }


def test_create_takes_what_its_arguments_for_annotations_have() -> None:
    hints, parameters = get_type_hints(types.CreateArguments), inspect.signature(Sessions.create).parameters
    assert hints.keys() == CREATE_PARAMS["properties"].keys(), "add or remove the key in types.CreateArguments"
    accepted = get_type_hints(Sessions.create)
    for name, hint in hints.items():
        assert {*(get_args(hint) or [hint])} <= {*(get_args(accepted[name]) or [accepted[name]])}
    required = {name for name in hints if parameters[name].default is inspect.Parameter.empty}
    assert set(types.CreateArguments.__required_keys__) == required


def test_the_limits_that_docstrings_name_are_the_documents() -> None:
    seconds = SCHEMAS["ChatSessionExpiresAfterParam"]["properties"]["seconds"]
    text = f"from {seconds['minimum']} to {seconds['maximum']}"
    assert text in (types.ExpiresAfter.__doc__ or "")
    assert text in (Sessions.create.__doc__ or "")


def test_the_public_names_are_these() -> None:
    assert set(chatkit_sessions.__all__) == {
        "APIConnectionError",
        "APIError",
        "APIResponse",
        "APIResponseValidationError",
        "APIStatusError",
        "APITimeoutError",
        "AsyncSessions",
        "AsyncStreamedResponse",
        "AuthenticationError",
        "BadRequestError",
        "ChatKitClient",
        "ChatKitError",
        "ChatSession",
        "ConfigurationError",
        "ConflictError",
        "InternalServerError",
        "NotFoundError",
        "Omit",
        "PermissionDeniedError",
        "RateLimitError",
        "RetryPolicy",
        "Sessions",
        "StreamedResponse",
        "UnprocessableEntityError",
        "__version__",
        "omit",
    }
    for name in chatkit_sessions.__all__:
        assert getattr(chatkit_sessions, name) is not None
    assert set(chatkit_sessions.__all__) <= set(dir(chatkit_sessions))
    with pytest.raises(AttributeError, match="module 'chatkit_sessions' has no attribute 'Session'"):
        getattr(chatkit_sessions, "Session")  # noqa: B009 - for the type checkers


@pytest.mark.parametrize("thing", [ChatKitClient, chatkit_sessions.APIResponse, *TWINS[0], *TWINS[1]])
def test_what_users_see_has_a_docstring(thing: type) -> None:
    assert thing.__doc__
    for name, each in public(thing).items():
        if not name.startswith("__"):
            assert inspect.getdoc(each), name
