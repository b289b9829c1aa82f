import math
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from chatkit_sessions import AsyncSessions, ChatKitClient, ConfigurationError, Sessions
from chatkit_sessions._config import OPTIONS
from support.clients import Maker, each_twin
from support.leaks import FAKE_KEY

TIMEOUT = "expected seconds above 0, a timedelta, an httpx.Timeout, or None for no limit, got"
DEADLINE = "expected seconds above 0, a timedelta, or None for no limit, got"
RETRIES = "expected a whole number from 0 or a RetryPolicy, got"
BYTES = "expected a whole number of bytes from 1, got"
VISIBLE = "expected visible ASCII characters without spaces, got"

# Options of a client that a call has too, and what is wrong with the value.
PER_CALL: list[tuple[str, Any, type[Exception], str]] = [
    *(("timeout", value, ValueError, f"{TIMEOUT} {value}") for value in (0, -1, -0.5, math.nan, math.inf, 1e300)),
    ("timeout", 10**400, ValueError, TIMEOUT),
    ("timeout", httpx.Timeout(5, read=-1), ValueError, ""),
    ("timeout", httpx.Timeout(5, pool=math.inf), ValueError, ""),
    ("timeout", "5", TypeError, f"{TIMEOUT} '5'"),
    ("timeout", True, TypeError, f"{TIMEOUT} True"),
    ("timeout", (5, 5), TypeError, f"{TIMEOUT} (5, 5)"),
    ("timeout", timedelta(), ValueError, TIMEOUT),
    ("timeout", timedelta(seconds=-5), ValueError, TIMEOUT),
    *(("deadline", value, ValueError, f"{DEADLINE} {value}") for value in (0, -1, math.nan, math.inf, -math.inf)),
    ("deadline", 10**400, ValueError, DEADLINE),
    ("deadline", "60", TypeError, f"{DEADLINE} '60'"),
    ("deadline", False, TypeError, f"{DEADLINE} False"),
    ("deadline", timedelta(minutes=-1), ValueError, DEADLINE),
    ("deadline", timedelta.max, ValueError, DEADLINE),
    ("max_retries", -1, ValueError, "expected a whole number from 0, got -1"),
    ("max_retries", True, TypeError, f"{RETRIES} True"),
    ("max_retries", 2.0, TypeError, f"{RETRIES} 2.0"),
    ("max_retries", "2", TypeError, f"{RETRIES} '2'"),
    ("max_retries", None, TypeError, f"{RETRIES} None"),
]
PER_CLIENT: list[tuple[str, Any, str]] = [
    ("organization", "org 1", f"{VISIBLE} 'org 1'"),
    ("organization", "org\r\nX-Other: 1", f"{VISIBLE} 'org\\r\\nX-Other: 1'"),
    ("organization", 1, "expected a str, got 1"),
    ("project", "prój", f"{VISIBLE} 'prój'"),
    ("project", b"proj_1", "expected a str, got b'proj_1'"),
    ("max_response_bytes", 0, f"{BYTES} 0"),
    ("max_response_bytes", -1, f"{BYTES} -1"),
    ("max_response_bytes", 1.5, f"{BYTES} 1.5"),
    ("max_response_bytes", True, f"{BYTES} True"),
    ("max_response_bytes", None, f"{BYTES} None"),
    ("default_query", "a=1", "expected a mapping of names to values, got str"),
    ("default_query", [("a", 1)], "expected a mapping of names to values, got list"),
    ("default_query", {1: "a"}, "a name is a str, got 1"),
    ("http_backend", "curl", "expected 'httpx' or 'aiohttp', got 'curl'"),
    ("http_backend", None, "expected 'httpx' or 'aiohttp', got None"),
]


@pytest.mark.parametrize(
    ("option", "value", "problem"), [*((row[0], row[1], row[3]) for row in PER_CALL), *PER_CLIENT], ids=repr
)
def test_an_option_that_makes_no_sense_is_refused_when_a_client_is_made(
    make: Callable[..., Any], option: str, value: Any, problem: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(**{option: value})
    assert str(caught.value).startswith((f"{option}: {problem}", f"{option}." if not problem else "\0"))
    if option != "http_backend" and value is not None:  # a copy keeps what the client has then
        client = make()
        with pytest.raises(ConfigurationError) as of_copy:
            client.with_options(**{option: value})
        assert str(of_copy.value) == str(caught.value)


@each_twin
@pytest.mark.anyio
@pytest.mark.parametrize(("option", "value", "error", "problem"), PER_CALL, ids=repr)
async def test_an_option_that_makes_no_sense_is_refused_before_a_call(
    maker: Maker, option: str, value: Any, error: type[Exception], problem: str
) -> None:
    client = maker.serve()
    for call in (client.create, client.cancel, client.create_raw, client.cancel_raw):
        with pytest.raises(error) as caught:
            await call(**{option: value})
        assert type(caught.value) is error
        assert str(caught.value).startswith(f"{option}: {problem}" if problem else f"{option}.")


UNREPLACED = {
    '"id_1"': "is in quotation marks, which docker's --env-file passes on; remove them",
    "id_1'": "is in quotation marks, which docker's --env-file passes on; remove them",
    "$ID": "is the name of a variable, not its value",
    "${ID}": "is the name of a variable, not its value",
}


@pytest.mark.parametrize(("value", "problem"), UNREPLACED.items())
@pytest.mark.parametrize(("option", "variable"), [("organization", "OPENAI_ORG_ID"), ("project", "OPENAI_PROJECT_ID")])
def test_an_id_that_a_shell_would_have_changed_is_refused(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, option: str, variable: str, value: str, problem: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(**{option: value})
    assert str(caught.value) == f"{option}: {value!r} {problem}"
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value) == f"{variable}: {value!r} {problem}"


@pytest.mark.parametrize("variable", ["OPENAI_ORG_ID", "OPENAI_PROJECT_ID"])
def test_a_malformed_variable_is_named(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "a b")
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value) == f"{variable}: {VISIBLE} 'a b'"


VALUE = "expected a str, number, bool, a list of these, or omit to remove it, got"


@each_twin
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "error", "problem"),
    [
        ({"a": None}, TypeError, f"['a']: {VALUE} NoneType"),
        ({"a": b"1"}, TypeError, f"['a']: {VALUE} bytes"),
        ({"a": {"b": 1}}, TypeError, f"['a']: {VALUE} dict"),
        ({"a": ["b", None]}, TypeError, f"['a']: {VALUE} NoneType"),
        ({b"a": "1"}, TypeError, ": a name is a str, got b'a'"),
        ("a=1", TypeError, ": expected a mapping of names to values, got str"),
        ({"a": "\ud800"}, ValueError, "['a']: expected Unicode text, got a string with a lone surrogate"),
        ({"\ud800": "a"}, ValueError, "['\\ud800']: expected Unicode text, got a string with a lone surrogate"),
    ],
)
async def test_a_query_parameter_that_cannot_be_sent_is_refused(
    maker: Maker, query: Any, error: type[Exception], problem: str
) -> None:
    with pytest.raises(error) as caught:
        await maker.serve().cancel(extra_query=query)
    assert str(caught.value) == f"extra_query{problem}"


@pytest.mark.anyio
async def test_a_query_that_is_longer_than_a_url_may_be_is_refused(maker: Maker) -> None:
    with pytest.raises(ValueError, match=r"^session_id or extra_query: the URL cannot be sent .*too long"):
        await maker.serve().create(extra_query={"a": "x" * 70_000})


def test_sync_clients_do_not_run_on_aiohttp() -> None:
    with pytest.raises(ConfigurationError, match=r"^http_backend: 'aiohttp' serves async calls only; use AsyncSess"):
        Sessions(api_key=FAKE_KEY, http_backend="aiohttp")


@pytest.mark.parametrize("client", [AsyncSessions, ChatKitClient])
def test_a_backend_and_a_client_of_httpx_exclude_each_other(client: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^http_backend: give either this or http_client, not both$"):
        client(api_key=FAKE_KEY, http_backend="aiohttp", http_client=httpx.AsyncClient())


@pytest.mark.parametrize("missing", ["aiohttp", "httpx_aiohttp"])
def test_a_backend_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "chatkit_sessions._transport.aiohttp", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        AsyncSessions(api_key=FAKE_KEY, http_backend="aiohttp")
    assert str(caught.value).startswith(
        "http_backend: 'aiohttp' needs the package and its extra installed: pip install"
    )


UNKNOWN = [
    ("retries", "did you mean 'max_retries'?"),
    ("apikey", "did you mean 'api_key'?"),
    ("headers", "did you mean 'default_headers'?"),
    ("organisation", "did you mean 'organization'?"),
    ("proxy", "expected api_key, organization, project, base_url, "),
]


@pytest.mark.parametrize(("name", "hint"), UNKNOWN)
def test_an_unknown_option_is_refused_with_the_name_of_a_known_one(
    make: Callable[..., Any], name: str, hint: str
) -> None:
    client = make()
    kind = type(client).__name__
    with pytest.raises(TypeError) as caught:
        make(**{name: FAKE_KEY})
    assert str(caught.value).startswith(f"{kind}() got an unexpected keyword argument {name!r}; {hint}")
    assert FAKE_KEY not in variables_of(caught.value)
    with pytest.raises(TypeError) as caught:
        client.with_options(**{name: FAKE_KEY})
    assert str(caught.value).startswith(f"{kind}.with_options() got an unexpected keyword argument {name!r}; {hint}")
    assert FAKE_KEY not in variables_of(caught.value)


def test_a_key_that_is_given_by_position_is_not_shown(make: Callable[..., Any]) -> None:
    with pytest.raises(TypeError) as caught:
        make(FAKE_KEY)
    assert str(caught.value).startswith(
        f"{type(make()).__name__}() takes keyword arguments only: api_key, organization, "
    )
    assert FAKE_KEY not in variables_of(caught.value)


def variables_of(error: BaseException) -> str:
    """Return what a traceback shows of the variables of our frames."""
    frames = [
        frame for frame, _ in traceback.walk_tb(error.__traceback__) if "chatkit_sessions" in frame.f_code.co_filename
    ]
    assert frames
    return repr([dict(frame.f_locals) for frame in frames])


@pytest.mark.parametrize("name", [*OPTIONS, "http_client", "http_backend", "token"])
def test_an_option_cannot_be_assigned(make: Callable[..., Any], name: str) -> None:
    client = make()
    cure = {"http_client": "make a new client", "http_backend": "make a new client", "token": "with_options(api_key=…)"}
    with pytest.raises(AttributeError) as caught:
        setattr(client, name, FAKE_KEY)
    assert str(caught.value).startswith(f"{name} of a {type(client).__name__} cannot be set; ")
    assert str(caught.value).endswith(cure.get(name, f"make a copy: with_options({name}=…)"))
    assert FAKE_KEY not in variables_of(caught.value)


@pytest.mark.parametrize("option", ["timeout", "deadline"])
@pytest.mark.parametrize("blank", ["", " "])
def test_a_blank_limit_is_not_none(make: Callable[..., Any], option: str, blank: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{option}: expected seconds above 0, "):
        make().with_options(**{option: blank})


@pytest.mark.parametrize("kind", [Sessions, AsyncSessions, ChatKitClient])
@pytest.mark.parametrize("wrong", [object(), "client", httpx.Client, httpx.HTTPTransport])
def test_an_http_client_of_another_kind_is_a_type_error(kind: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"^http_client: {kind.__name__} takes an httpx.* got {type(wrong).__name__}$"):
        kind(api_key=FAKE_KEY, http_client=wrong)


@pytest.mark.parametrize("kind", [Sessions, AsyncSessions, ChatKitClient])
def test_a_client_that_could_not_be_made_has_a_repr(kind: Any) -> None:
    half_made = object.__new__(kind)
    assert repr(half_made) == f"{kind.__name__}(not made: its options were refused)"
    with pytest.raises(ConfigurationError) as caught:
        half_made.__init__(api_key=FAKE_KEY, base_url="nowhere")
    assert repr(half_made).endswith("(not made: its options were refused)")
    assert "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
