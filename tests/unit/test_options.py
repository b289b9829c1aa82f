import copy
import pickle
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import httpx2
import pytest
from chatkit_sessions import APITimeoutError, RetryPolicy, Sessions, omit
from chatkit_sessions._config import OPTIONS
from support.clients import Maker, each_twin
from support.leaks import FAKE_KEY
from support.mock import answer


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("variables", "options", "organization", "project"),
    [
        ({}, {}, None, None),
        ({"OPENAI_ORG_ID": " org_v\n", "OPENAI_PROJECT_ID": "\tproj_v "}, {}, "org_v", "proj_v"),
        ({"OPENAI_ORG_ID": " ", "OPENAI_PROJECT_ID": ""}, {}, None, None),
        ({"OPENAI_ORG_ID": "org_v"}, {"organization": " org_a ", "project": "proj_a"}, "org_a", "proj_a"),
        ({"OPENAI_ORG_ID": "org_v"}, {"organization": "  ", "project": ""}, "org_v", None),
    ],
)
async def test_organization_and_project_come_from_the_arguments_or_else_from_the_environment(
    maker: Maker,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    options: dict[str, str],
    organization: str | None,
    project: str | None,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    client = maker.serve(answer(), **options)
    await client.create()
    headers = client.server.request.headers
    assert headers.get("openai-organization") == organization
    assert headers.get("openai-project") == project


@pytest.mark.anyio
async def test_a_copy_has_the_options_of_its_client_but_for_those_that_it_changes(maker: Maker) -> None:
    client = maker.serve(
        answer(500), answer(), project="proj_1", default_query={"a": "1", "b": "1"}, timeout=9, max_retries=1
    )
    copied = client.with_options(default_query={"b": "2", "c": "2"}, timeout=None, deadline=None)
    assert type(copied.sessions) is type(client.sessions)
    await copied.create()
    request = client.server.requests[1]
    assert dict(request.url.params) == {"a": "1", "b": "2", "c": "2"}
    assert request.headers["openai-project"] == "proj_1"
    assert set(request.extensions["timeout"].values()) == {None}


@pytest.mark.anyio
async def test_a_header_of_a_copy_of_a_copy_replaces_the_others_whatever_its_case(maker: Maker) -> None:
    client = maker.serve(answer(), default_headers={"X-Mine": "1"})
    last = client.with_options(default_headers={"x-mine": "2"}).with_options(default_headers={"X-Mine": "3"})
    await last.create()
    assert client.server.request.headers.get_list("x-mine") == ["3"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("default", "extra", "query"),
    [
        ({}, None, ""),
        ({"a": 1}, {"b": 2.5}, "a=1&b=2.5"),
        ({"a": "1"}, {"a": "2"}, "a=2"),
        ({"a": "1", "b": "1"}, {"a": omit}, "b=1"),
        ({"a": omit}, {}, ""),
        ({"a": True, "b": False}, None, "a=true&b=false"),
        ({"a": ["1", 2]}, {"b": ()}, "a=1&a=2"),
        ({"a b": "c&d=e#f"}, {"ä": "\0"}, "a+b=c%26d%3De%23f&%C3%A4=%00"),
    ],
)
async def test_query_parameters_of_a_call_come_before_those_of_the_client(
    maker: Maker, default: dict[str, Any], extra: dict[str, Any] | None, query: str
) -> None:
    client = maker.serve(answer(), default_query=default)
    await client.create(extra_query=extra)
    assert client.server.request.url.query.decode() == query


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("options", "arguments", "timeouts"),
    [
        ({}, {}, {"connect": 5, "read": 30, "write": 30, "pool": 30}),
        ({"timeout": 7}, {}, {"connect": 7, "read": 7, "write": 7, "pool": 7}),
        ({"timeout": 7}, {"timeout": httpx.Timeout(2, read=3)}, {"connect": 2, "read": 3, "write": 2, "pool": 2}),
        ({"timeout": None, "deadline": None}, {}, dict.fromkeys(("connect", "read", "write", "pool"))),
        ({"timeout": 7}, {"timeout": None, "deadline": None}, dict.fromkeys(("connect", "read", "write", "pool"))),
    ],
)
async def test_the_timeouts_of_an_attempt_are_the_calls_or_else_the_clients(
    maker: Maker, options: dict[str, Any], arguments: dict[str, Any], timeouts: dict[str, float | None]
) -> None:
    client = maker.serve(answer(), **options)
    await client.create(**arguments)
    assert client.server.request.extensions["timeout"] == timeouts


@pytest.mark.anyio
@pytest.mark.parametrize("timeout", [30, None])
async def test_no_timeout_reaches_beyond_the_deadline(maker: Maker, timeout: float | None) -> None:
    maker.patch.setattr("chatkit_sessions._deadline.time", SimpleNamespace(monotonic=lambda: 1000.0))
    client = maker.serve(answer(), timeout=timeout)
    await client.create(deadline=3)
    assert set(client.server.request.extensions["timeout"].values()) == {3}


def test_a_client_cannot_be_pickled_or_copied(make: Callable[..., Any]) -> None:
    client = make()
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="holds a key and connections: make one in each process, or with_options"):
            attempt(client)


def test_a_method_may_be_replaced_and_a_subclass_may_have_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ours(Sessions):
        def __init__(self, tenant: str) -> None:
            super().__init__(api_key=FAKE_KEY)
            self.tenant = tenant

    ours = Ours("t1")
    replacement = object()
    monkeypatch.setattr(ours, "create", replacement)
    assert ours.create is replacement
    assert ours.tenant == "t1"


@pytest.mark.parametrize("option", sorted(set(OPTIONS) - {"timeout", "deadline"}))
@pytest.mark.parametrize("blank", [None, ""])
def test_a_blank_option_of_a_copy_keeps_what_the_client_has(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, option: str, blank: str | None
) -> None:
    client = make(
        base_url="https://gateway.example/v1",
        organization="org_1",
        project="proj_1",
        max_retries=7,
        default_headers={"X-One": "1"},
        default_query={"a": "1"},
        max_response_bytes=9,
    )
    for variable in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(variable, "of-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://of-the-environment.example/v1")
    assert client.with_options(**{option: blank})._options == client._options


def test_none_as_a_limit_of_a_copy_means_no_limit(make: Callable[..., Any]) -> None:
    copied = make(timeout=3, deadline=4).with_options(timeout=None, deadline=None)._options
    assert (copied.timeout, copied.deadline) == (httpx.Timeout(None), None)


class _Timeout:
    """Like the classes of httpx and httpx2, with what neither takes."""

    connect, read, write, pool = 2.0, 3.0, None, timedelta(seconds=4)


@pytest.mark.parametrize(
    ("timeout", "phases"),
    [
        (timedelta(seconds=5), (5, 5, 5, 5)),
        (timedelta(milliseconds=1), (0.001,) * 4),
        (httpx.Timeout(5, read=1), (5, 1, 5, 5)),
        (httpx2.Timeout(5, read=1, pool=None), (5, 1, 5, None)),
        (_Timeout(), (2, 3, None, 4)),
    ],
)
def test_a_timeout_may_be_a_timedelta_or_have_four_phases(
    make: Callable[..., Any], timeout: Any, phases: tuple[float | None, ...]
) -> None:
    assert tuple(make(timeout=timeout)._options.timeout.as_dict().values()) == phases
    assert tuple(make().with_options(timeout=timeout)._options.timeout.as_dict().values()) == phases


@each_twin
@pytest.mark.anyio
async def test_the_limits_of_a_call_may_be_timedeltas(maker: Maker) -> None:
    client = maker.serve(answer(), deadline=timedelta(minutes=1))
    await client.create(timeout=timedelta(seconds=2), deadline=timedelta(seconds=9))
    assert set(client.server.request.extensions["timeout"].values()) == {2}
    with pytest.raises(APITimeoutError, match="before its deadline of 1e-06 s"):
        await maker.serve().cancel(deadline=timedelta(microseconds=1))


def test_a_policy_serves_as_max_retries(make: Callable[..., Any]) -> None:
    policy = RetryPolicy(max_retries=5)
    assert make(max_retries=policy)._options.max_retries is policy
