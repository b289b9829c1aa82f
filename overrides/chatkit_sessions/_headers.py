"""The headers of a request: layers of names and values, of which later ones win."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

from ._omit import Omit, omit
from ._secret import HIDDEN

T = TypeVar("T")

BETA: Final = ("OpenAI-Beta", "chatkit_beta=v1")
"""Both endpoints answer 400 without it."""

HeaderValue = str | Omit

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What h11 puts on the wire: visible ASCII, with spaces and tabs inside.
_VALUE: Final = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")


def merge(*layers: Mapping[str, HeaderValue]) -> list[tuple[str, str]]:
    """Return the layers as one: names compare without case, and `omit` removes one."""
    merged: dict[str, tuple[str, HeaderValue]] = {}
    for layer in layers:
        for name, value in layer.items():
            merged[name.lower()] = (name, value)
    return [(name, value) for name, value in merged.values() if not isinstance(value, Omit)]


def override(headers: Mapping[str, HeaderValue], others: Mapping[str, HeaderValue]) -> dict[str, HeaderValue]:
    """Return the headers and the others, which replace those of the same name, whatever its case."""
    names = {name.lower() for name in others}
    return {**{name: value for name, value in headers.items() if name.lower() not in names}, **others}


def removed(*layers: Mapping[str, HeaderValue]) -> list[str]:
    """Return the names that a layer removes and no later one adds again."""
    last = {name.lower(): value for layer in layers for name, value in layer.items()}
    return [name for name, value in last.items() if value is omit]


def conceal(headers: T) -> T:
    """Hide headers, or the mappings among them, from tracebacks that print local variables.

    The result has the type of its content, so that it can replace the argument; only `check` looks inside.
    """
    return headers if not headers or isinstance(headers, _Hidden) else cast("T", _Hidden(headers))


def conceal_in(arguments: dict[str, Any]) -> None:
    """Hide the headers among the keyword arguments of a call."""
    if "extra_headers" in arguments:
        arguments["extra_headers"] = conceal(arguments["extra_headers"])


def check(headers: object, argument: str) -> dict[str, HeaderValue]:
    """Return the headers, or say which one cannot be sent. No value is shown: it may be a credential."""
    headers = conceal(headers)
    outcome = _examined(headers, argument)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


class _Hidden:
    __slots__ = ("content",)

    def __init__(self, content: object) -> None:
        self.content = content

    def __repr__(self) -> str:
        return HIDDEN


def _examined(headers: object, argument: str) -> dict[str, HeaderValue] | TypeError | ValueError:
    # The problem is returned, since the frame that raises shows its variables.
    if isinstance(headers, _Hidden):
        return _examined(headers.content, argument)
    if not isinstance(headers, Mapping):
        return TypeError(f"{argument}: expected a mapping of header names to values, got {type(headers).__name__}")
    checked: dict[str, HeaderValue] = {}
    for name, value in cast("Mapping[object, object]", headers).items():
        if not isinstance(name, str):
            return TypeError(f"{argument}: a header name is a str, got {name!r:.80}")
        if not _NAME.fullmatch(name):
            return ValueError(
                f"{argument}: {name!r:.80} is not a header name; letters, digits and hyphens are accepted"
            )
        if not isinstance(value, str | Omit):
            return TypeError(f"{argument}[{name!r}]: expected a str, or omit to remove it, got {type(value).__name__}")
        if isinstance(value, str) and not _VALUE.fullmatch(value):
            return ValueError(
                f"{argument}[{name!r}]: the value has a character that a header cannot carry; "
                "printable ASCII without spaces at its ends is accepted"
            )
        checked[name] = value
    return checked
