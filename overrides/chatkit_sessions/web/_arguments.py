"""Checks those arguments of an endpoint that nothing else checks."""

import re
from collections.abc import Collection, Mapping
from typing import Final, cast

from ._request import DROPPED

_LISTS: Final = {
    "accepts": ("names", f"names that are neither empty nor {DROPPED!r}", rf"(?!{DROPPED}\Z)(?s:.+)"),
    "origins": (
        "origins such as 'https://app.example'",
        "'https://app.example', as browsers write it: in lower case, without a path or the usual port",
        r"(?!https:.*:443\Z|http:.*:80\Z)[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?",
    ),
}
"""What each is a list of, what it accepts, and how that looks."""
_SHORTEST_SECRET: Final = 16


def is_function(given: object) -> bool:
    """Return whether something is a function. A class is not one: probably somebody forgot to call it."""
    return callable(given) and not isinstance(given, type)


def is_client(given: object) -> bool:
    """Return whether something creates and cancels sessions, ours or not."""
    return hasattr(given, "create") and hasattr(given, "cancel") and not isinstance(given, type)


def check_types(given: Mapping[str, object]) -> None:
    """Check the arguments that only need the right type.

    Raises:
        TypeError: One has another type.
    """
    if not is_client(given["sessions"]) and not is_function(given["sessions"]):
        came = type(given["sessions"]).__name__  # the value is not shown, since it may be the API key
        raise TypeError(f"sessions: expected a Sessions, an AsyncSessions or a function, got {came}")
    if given["on_event"] is not None and not is_function(given["on_event"]):
        raise TypeError(f"on_event: expected a function or None, got {given['on_event']!r:.80}")
    for name in ("anonymous", "secure"):
        if not isinstance(given[name], bool):
            raise TypeError(f"{name}: expected True or False, got {given[name]!r:.80}")


def checked_list(argument: str, given: object) -> frozenset[str]:
    """Return `accepts` or `origins` as a set.

    Raises:
        TypeError: It is not a list of str.
        ValueError: One of them is not accepted, or given twice.
    """
    kind, accepted, pattern = _LISTS[argument]
    each = cast("Collection[object]", given if isinstance(given, list | tuple | set | frozenset) else [None])
    texts = [part for part in each if isinstance(part, str)]
    if len(texts) < len(each):
        raise TypeError(f"{argument}: expected a list of {kind}, got {given!r:.80}")
    for text in texts:
        if not re.fullmatch(pattern, text) or texts.count(text) > 1:
            raise ValueError(f"{argument}: expected {accepted}, each once, got {text!r:.80}")
    return frozenset(texts)


def checked_secrets(given: object) -> list[bytes]:
    """Return what the cookies are signed with.

    Raises:
        TypeError: It is neither a str nor a list of them.
        ValueError: One is too short, or the list is empty.
    """
    secrets = cast("Collection[object]", given if isinstance(given, list | tuple) else [given])
    for secret in secrets:
        if not isinstance(secret, str):
            raise TypeError(f"secret: expected a str or a list of str, got {type(secret).__name__}")
        if len(secret.strip()) < _SHORTEST_SECRET:
            raise ValueError(f"secret: expected {_SHORTEST_SECRET} characters or more, got {len(secret.strip())}")
    if not secrets:
        raise ValueError("secret: expected a str or a list of str, got an empty list")
    return [secret.encode(errors="surrogatepass") for secret in cast("Collection[str]", secrets)]
