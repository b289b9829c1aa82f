"""The reference has every public name, and every public name has a docstring to put there."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import attrs
import chatkit_sessions
import pytest
from chatkit_sessions import emulator, types, web

from generated_client.models import ChatSession

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = [
    line.removeprefix("::: ")
    for page in DOCS.glob("reference/*.md")
    for line in page.read_text("utf-8").splitlines()
    if line.startswith("::: ")
]
PUBLIC = [
    *(f"chatkit_sessions.{name}" for name in chatkit_sessions.__all__ if name != "__version__"),
    *(f"chatkit_sessions.emulator.{name}" for name in emulator.__all__),
    *(f"chatkit_sessions.web.{name}" for name in web.__all__),
]


def found(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of ours that a class has."""
    for base in value.__mro__ if isinstance(value, type) else ():
        if base.__module__.startswith("chatkit_sessions"):
            for name, member in vars(base).items():
                if not name.startswith("_") and isinstance(member, FunctionType | property | classmethod):
                    yield f"{base.__name__}.{name}", member


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_name_is_in_the_reference(path: str) -> None:
    assert path in SHOWN


def test_the_reference_shows_nothing_twice() -> None:
    assert sorted(SHOWN) == sorted(set(SHOWN))


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_name_and_what_it_has_are_documented(path: str) -> None:
    value = found(path)
    assert value.__doc__
    assert [name for name, member in members(value) if not member.__doc__] == []


def test_the_page_on_sessions_shows_what_a_session_holds() -> None:
    page = DOCS.parent / "site" / "reference" / "sessions.html"
    if not page.exists():
        pytest.skip("the site is not built: .ci/docs")
    anchors = set(re.findall(r'id="generated_client\.models\.ChatSession\.(\w+)"', page.read_text("utf-8")))
    assert {field.name for field in attrs.fields(ChatSession)} <= anchors


@pytest.mark.parametrize("name", types.__all__)
def test_a_type_of_the_arguments_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(types, name)) not in (None, inspect.getdoc(dict))
