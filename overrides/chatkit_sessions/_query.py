"""Query parameters in addition to those of the document."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import httpx

from ._omit import Omit, omit

QueryValue = str | int | float | bool | Sequence[str | int | float | bool] | Omit


def check(query: object, argument: str) -> dict[str, QueryValue]:
    """Return the parameters, or say which one cannot be sent."""
    if not isinstance(query, Mapping):
        raise TypeError(f"{argument}: expected a mapping of names to values, got {type(query).__name__}")
    given = cast("Mapping[object, object]", query)
    for name, value in given.items():
        if not isinstance(name, str):
            raise TypeError(f"{argument}: a name is a str, got {name!r:.80}")
        items = cast("Sequence[object]", value) if isinstance(value, list | tuple) else [value]
        for item in items:
            if not isinstance(item, str | int | float | Omit):
                raise TypeError(
                    f"{argument}[{name!r}]: expected a str, number, bool, a list of these, or omit to remove it, "
                    f"got {type(item).__name__}"
                )
        try:
            "".join(item for item in (name, *items) if isinstance(item, str)).encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"{argument}[{name!a}]: expected Unicode text, got a string with a lone surrogate"
            ) from None
    return cast("dict[str, QueryValue]", dict(given))


def add(url: httpx.URL, *layers: Mapping[str, QueryValue]) -> httpx.URL:
    """Return the URL with the parameters of the layers; later layers win."""
    if not any(layers):
        return url
    merged: dict[str, Any] = {}
    for layer in layers:
        merged.update(layer)
    parameters = {name: value for name, value in merged.items() if value is not omit}
    return url.copy_merge_params(parameters) if parameters else url
