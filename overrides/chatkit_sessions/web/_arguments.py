"""What an endpoint is made with, as far as nothing else checks it."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final, cast

from ._body import DROPPED

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?", re.ASCII)
_USUAL_PORT: Final = re.compile(r"https:.*:443|http:.*:80")
_SHORTEST_SECRET: Final = 16


def is_function(given: object) -> bool:
    """Return whether something is to be called. A class is not: it was meant to be an object of it."""
    return callable(given) and not isinstance(given, type)


def is_client(given: object) -> bool:
    """Return whether something creates and cancels sessions, ours or somebody's own."""
    return hasattr(given, "create") and hasattr(given, "cancel") and not isinstance(given, type)


def check_types(given: Mapping[str, object]) -> None:
    """Make sure that those arguments have the right type of which nothing more is asked.

    Raises:
        TypeError: One has not.
    """
    if not is_client(given["sessions"]) and not is_function(given["sessions"]):
        came = type(given["sessions"]).__name__  # the value is not shown, since it may be the API key
        raise TypeError(f"sessions: expected a Sessions, an AsyncSessions or a function, got {came}")
    if given["on_event"] is not None and not is_function(given["on_event"]):
        raise TypeError(f"on_event: expected a function or None, got {given['on_event']!r:.80}")
    for name in ("anonymous", "secure"):
        if not isinstance(given[name], bool):
            raise TypeError(f"{name}: expected True or False, got {given[name]!r:.80}")


def check_names(given: object) -> frozenset[str]:
    """Return the names that a page may send.

    Raises:
        TypeError: They are not a list of str.
        ValueError: One is empty, the one that is dropped, or there twice.
    """
    return _check_each(
        "accepts",
        given,
        "names",
        f"names that are neither empty nor {DROPPED!r}",
        lambda name: name not in ("", DROPPED),
    )


def check_origins(given: object) -> frozenset[str]:
    """Return the other origins whose pages may ask.

    Raises:
        TypeError: They are not a list of str.
        ValueError: One is not an origin, or there twice.
    """
    return _check_each(
        "origins",
        given,
        "origins such as 'https://app.example'",
        "'https://app.example', as browsers write it: in lower case, without a path or the usual port",
        lambda origin: bool(_ORIGIN.fullmatch(origin)) and not _USUAL_PORT.fullmatch(origin),
    )


def check_secrets(given: object) -> list[bytes]:
    """Return what the cookies are signed with.

    Raises:
        TypeError: It is neither a str nor a list of them.
        ValueError: One is too short, or there is none.
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


def _check_each(
    argument: str, given: object, plural: str, accepted: str, is_right: Callable[[str], bool]
) -> frozenset[str]:
    if not isinstance(given, list | tuple | set | frozenset):
        raise TypeError(f"{argument}: expected a list of {plural}, got {given!r:.80}")
    each = list(cast("Collection[str]", given))
    for part in each:
        if not isinstance(cast("object", part), str):
            raise TypeError(f"{argument}: expected a list of {plural}, got one with {part!r:.80}")
        if not is_right(part) or each.count(part) > 1:
            raise ValueError(f"{argument}: expected {accepted}, each once, got {part!r:.80}")
    return frozenset(each)
