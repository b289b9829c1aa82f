"""Decides which pages may ask, and reads what a page chose in the body."""

import json
import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Final, cast

from ._answers import Refusal
from ._values import Facts, Steps

DROPPED: Final = "currentClientSecret"
"""ChatKit gives this to the page, which may send it along."""
_LARGEST: Final = 16 * 1024
_DEEPEST: Final = 16
_JSON: Final = re.compile(r"application/([^;]*\+)?json\s*(;.*)?", re.IGNORECASE)


def is_cross_origin(header: Callable[[str], str], origins: Collection[str]) -> bool:
    """Return whether a page of another origin sent the request. The rules are those of Go's `CrossOriginProtection`.

    Args:
        header: Gives the value of a header, "" for none.
        origins: Other origins that may send it.
    """
    origin, site, host = header("origin"), header("sec-fetch-site"), header("host")
    if "," in origin:  # from two headers, which no browser sends
        return True
    if origin in origins:
        return False
    if site:
        return site not in ("same-origin", "none")
    return bool(origin) and (not host or origin.partition("://")[2].lower() != host.lower())


def read_choice(facts: Facts, accepts: Collection[str]) -> Steps[dict[str, Any]]:
    """Read what the page chose, among the accepted names. Without such names the body is not read.

    Raises:
        Refusal: The body is not accepted.
    """
    if not accepts:
        return {}
    declared = facts.header("content-length")
    if declared.isdecimal() and float(declared) > _LARGEST:  # before it is read, which may take long
        raise Refusal("body_too_large")
    body: bytes = yield partial(facts.read, _LARGEST + 1)
    if len(body) > _LARGEST:
        raise Refusal("body_too_large")
    if body and not _JSON.fullmatch(facts.header("content-type").strip()):
        raise Refusal("not_json")
    try:
        value = json.loads(body.decode() or "{}", object_pairs_hook=_without_duplicates)
        # NaN, infinity and lone surrogates can be read, but not sent on.
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refusal("bad_body") from None
    choice = cast("dict[str, Any]", value)
    if not isinstance(value, dict) or _is_deep(choice, _DEEPEST) or not choice.keys() <= {*accepts, DROPPED}:
        raise Refusal("bad_body")
    choice.pop(DROPPED, None)
    return choice


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name is given twice")
    return value


def _is_deep(value: object, most: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = cast("Collection[object]", value.values() if isinstance(value, dict) else value)
    return most == 0 or any(_is_deep(part, most - 1) for part in parts)
