"""What a page may choose, from the body of its request."""

import json
from collections.abc import Collection
from functools import partial
from typing import Any, Final, cast

from ._answers import Refusal
from ._values import Facts, Steps

_LARGEST: Final = 16 * 1024
_DEEPEST: Final = 16
_DROPPED: Final = "currentClientSecret"
"""ChatKit gives it to the page, which may pass it on."""


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
    kind = facts.header("content-type").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal("not_json")
    try:
        value = json.loads(body.decode(), object_pairs_hook=_without_duplicates)
        # NaN, infinity and lone surrogates can be read, but not sent on.
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refusal("bad_body") from None
    choice = cast("dict[str, Any]", value)
    if not isinstance(value, dict) or _depth(choice) > _DEEPEST or not choice.keys() <= {*accepts, _DROPPED}:
        raise Refusal("bad_body")
    choice.pop(_DROPPED, None)
    return choice


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name stands there twice")
    return value


def _depth(value: object) -> int:
    if not isinstance(value, dict | list):
        return 0
    parts = cast("Collection[object]", value.values() if isinstance(value, dict) else value)
    return 1 + max(map(_depth, parts), default=0)
