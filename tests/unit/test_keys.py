from collections.abc import Callable
from typing import Any

import pytest
from chatkit_sessions import ChatKitClient, ConfigurationError
from support.clients import Maker, each_twin
from support.leaks import BROKEN_KEY, FAKE_KEY
from support.mock import Step, answer

pytestmark = pytest.mark.anyio

CHARACTERS = (
    "api_key: the key from {} has white space, a control character or a character outside ASCII in it; "
    "copy it again from the OpenAI dashboard"
)
MALFORMED = [
    BROKEN_KEY,
    BROKEN_KEY.replace("\n", "\r\n"),
    *(f"sk-12345678{odd}12345678" for odd in " \t\v\0\x1b\x7f\x80äк\u2013\u00a0\u200b\u2028\ufeff😀\ud800"),
]
QUOTES = "api_key: the key from {} is in quotation marks, which docker's --env-file passes on; remove them"
VARIABLE = "api_key: the key from {} is the name of a variable, not its value"
UNREPLACED = {
    f'"{FAKE_KEY}"': QUOTES,
    f"'{FAKE_KEY}'": QUOTES,
    f'"{FAKE_KEY}': QUOTES,
    f"{FAKE_KEY}'": QUOTES,
    '""': QUOTES,
    "$OPENAI_API_KEY": VARIABLE,
    "${OPENAI_API_KEY}": VARIABLE,
    "${OPENAI_API_KEY:-none}": VARIABLE,
    "$(OPENAI_API_KEY)": VARIABLE,
    "%OPENAI_API_KEY%": VARIABLE,
}
NO_TEXT: list[Any] = [b"sk-12345678", 12345678, True, 1.5, ["sk-12345678"], {"key": "sk-12345678"}, object()]


@each_twin
@pytest.mark.parametrize("key", MALFORMED, ids=ascii)
async def test_a_malformed_key_is_refused_and_not_shown(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        maker.make(api_key=key)
    assert str(caught.value) == CHARACTERS.format("the api_key argument")

    with pytest.raises(ConfigurationError) as caught:
        await maker.serve(api_key=lambda: key).create()
    assert str(caught.value) == CHARACTERS.format("the api_key callable")

    if "\0" not in key and "\ud800" not in key:  # what an environment cannot hold
        monkeypatch.setenv("OPENAI_API_KEY", key)
        with pytest.raises(ConfigurationError) as caught:
            maker.make(api_key=None)
        assert str(caught.value) == CHARACTERS.format("the environment variable OPENAI_API_KEY")


@each_twin
@pytest.mark.parametrize(("key", "message"), UNREPLACED.items(), ids=range(len(UNREPLACED)))
async def test_a_key_that_a_shell_would_have_changed_is_refused_and_not_shown(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, key: str, message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        maker.make(api_key=key)
    assert str(caught.value) == message.format("the api_key argument")
    with pytest.raises(ConfigurationError) as caught:
        await maker.serve(api_key=lambda: key).create()
    assert str(caught.value) == message.format("the api_key callable")
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ConfigurationError) as caught:
        maker.make(api_key=None)
    assert str(caught.value) == message.format("the environment variable OPENAI_API_KEY")


@each_twin
@pytest.mark.parametrize("key", NO_TEXT, ids=lambda key: type(key).__name__)
async def test_a_key_that_is_no_text_is_refused_and_not_shown(maker: Maker, key: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        maker.make(api_key=key)
    assert str(caught.value) == f"api_key: expected a str from the api_key argument, got {type(key).__name__}"

    with pytest.raises(ConfigurationError) as caught:
        await maker.serve(api_key=lambda: key).create()
    assert str(caught.value) == f"api_key: expected a str from the api_key callable, got {type(key).__name__}"


@each_twin
@pytest.mark.parametrize("argument", [None, "", "  ", "\n"])
@pytest.mark.parametrize("variable", [None, "", " \t\n"])
async def test_without_a_key_there_is_no_client(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, argument: str | None, variable: str | None
) -> None:
    if variable is not None:
        monkeypatch.setenv("OPENAI_API_KEY", variable)
    with pytest.raises(ConfigurationError) as caught:
        maker.make(api_key=argument)
    assert str(caught.value) == "api_key: no key is given; pass api_key or set OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("argument", "variable", "sent"),
    [
        ("sk-argument", "sk-variable", "sk-argument"),
        (None, "sk-variable", "sk-variable"),
        ("", "sk-variable", "sk-variable"),
        (" \n", "\tsk-variable\n", "sk-variable"),
        (" sk-argument\r\n", None, "sk-argument"),
        ("sk-$HOME", None, "sk-$HOME"),
        ("sk-!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", None, "sk-!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ],
)
async def test_a_key_comes_from_the_argument_or_else_from_the_environment_and_is_stripped(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, argument: str | None, variable: str | None, sent: str
) -> None:
    if variable is not None:
        monkeypatch.setenv("OPENAI_API_KEY", variable)
    client = maker.serve(answer(), api_key=argument)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-changed-later")
    await client.create()
    assert client.server.request.headers["authorization"] == f"Bearer {sent}"


def callables(maker: Maker, function: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Return the forms in which the client takes a function."""
    return [function, maker.callback(function)] if maker.is_async else [function]


async def test_a_key_callable_is_called_before_every_attempt(maker: Maker) -> None:
    waiting = iter(["sk-first", " sk-second\n", "sk-third"] * 2)
    for give in callables(maker, lambda: next(waiting)):
        client = maker.serve(answer(500), answer(), answer(), api_key=give)
        await client.create()
        await client.cancel()
        sent = [request.headers["authorization"] for request in client.server.requests]
        assert sent == ["Bearer sk-first", "Bearer sk-second", "Bearer sk-third"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "api_key: expected a str from the api_key callable, got NoneType"),
        ("", "api_key: the key from the api_key callable is blank; an OpenAI API key is needed"),
        (" \n ", "api_key: the key from the api_key callable is blank; an OpenAI API key is needed"),
    ],
)
async def test_a_key_callable_that_returns_no_key_ends_the_call(maker: Maker, given: Any, message: str) -> None:
    for give in callables(maker, lambda: given):
        with pytest.raises(ConfigurationError) as caught:
            await maker.serve(api_key=give).create()
        assert str(caught.value) == message


class _VaultError(Exception):
    pass


@pytest.mark.parametrize("steps", [[], [answer(500)]])
async def test_an_error_of_a_key_callable_reaches_the_caller_and_is_not_retried(
    maker: Maker, steps: list[Step]
) -> None:
    left: list[str] = []

    def give() -> str:
        if not left:
            raise _VaultError
        return left.pop()

    for callback in callables(maker, give):
        left += ["sk-first"] * len(steps)
        with pytest.raises(_VaultError):
            await maker.serve(*steps, api_key=callback).create()


@pytest.mark.parametrize("flavour", [("sync", True)], indirect=True)
async def test_an_async_key_callable_is_refused_by_a_sync_call(maker: Maker) -> None:
    async def give() -> str:
        raise AssertionError("nothing awaits it")

    with pytest.raises(ConfigurationError) as caught:
        await maker.serve(api_key=give).create()
    assert str(caught.value) == (
        "api_key: the api_key callable is async, which only AsyncSessions can await; return a str"
    )


async def test_a_copy_may_have_another_key(maker: Maker) -> None:
    client = maker.serve(answer(), answer())
    copy = client.with_options(api_key="sk-of-the-copy")
    await copy.create()
    await client.create()
    sent = [request.headers["authorization"] for request in client.server.requests]
    assert sent == ["Bearer sk-of-the-copy", f"Bearer {FAKE_KEY}"]
    with pytest.raises(ConfigurationError) as caught:
        client.with_options(api_key=BROKEN_KEY)
    assert str(caught.value) == CHARACTERS.format("the api_key argument")


@pytest.mark.parametrize(
    ("key", "shown"),
    [(FAKE_KEY, "sk-…wxyz"), ("sk-1234567890abc", "sk-…0abc"), ("sk-1234567890ab", "…"), (str, "from a callable")],
)
async def test_a_client_shows_only_the_ends_of_its_key(maker: Maker, key: Any, shown: str) -> None:
    sessions = maker.make(api_key=key)
    name = type(sessions).__name__
    assert repr(sessions) == f"{name}(base_url='https://api.openai.com/v1', api_key={shown!r})"
    assert str(sessions) == repr(sessions)
    with ChatKitClient(api_key=key) as client:
        assert repr(client) == f"ChatKitClient(base_url='https://api.openai.com/v1', api_key={shown!r})"
