"""What a page may choose, from the body of its request."""

import json
import re
from collections.abc import Collection
from functools import partial
from typing import Any, Final, cast

from ._answers import Refusal
from ._values import Facts, Steps

DROPPED: Final = "currentClientSecret"
"""ChatKit gives it to the page, which may pass it on."""
_LARGEST: Final = 16 * 1024
_DEEPEST: Final = 16
_JSON: Final = re.compile(r"application/([^;]*\+)?json\s*(;.*)?", re.IGNORECASE)


def read_choice(facts: Facts, accepts: Collection[str]) -> Steps[dict[str, Any]]:
    """Read what the page chose, of the names that it may. Without such names the body is not read.

    Raises:
        Refusal: The body is not accepted.
    """
    if not accepts:
        return {}
    declared = facts.header("content-length")
    if declared.isdecimal() and float(declared) > _LARGEST:  # before it has come, however slowly it comes
        raise Refusal("body_too_large")
    body: bytes = yield partial(facts.read, _LARGEST + 1)
    if len(body) > _LARGEST:
        raise Refusal("body_too_large")
    if not body:
        return {}
    if not _JSON.fullmatch(facts.header("content-type").strip()):
        raise Refusal("not_json")
    try:
        value = json.loads(body.decode(), object_pairs_hook=_without_duplicates)
        # NaN, infinity and lone surrogates can be read, but not sent on.
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refusal("bad_body") from None
    if not isinstance(value, dict) or _is_deep(cast("object", value), _DEEPEST):
        raise Refusal("bad_body")
    choice = cast("dict[str, Any]", value)
    choice.pop(DROPPED, None)
    if not choice.keys() <= set(accepts):
        raise Refusal("bad_body")
    return choice


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name stands there twice")
    return value


def _is_deep(value: object, most: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = cast("Collection[object]", value.values() if isinstance(value, dict) else value)
    return most == 0 or any(_is_deep(part, most - 1) for part in parts)
